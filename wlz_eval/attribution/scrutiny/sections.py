"""The questions themselves: one short function each, on one case. A new question is one function and one entry.

A function answers with a result object, or raises a :class:`~wlz_eval.core.errors.WlzEvalError` that says why the
question cannot be put to these data.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from wlz_eval.attribution.balance import PrognosticBalance, prognostic_balance
from wlz_eval.attribution.effects import EffectEstimate
from wlz_eval.attribution.effects.aipw import aipw_effect
from wlz_eval.attribution.effects.did import BaselineComparison, baseline_comparison, with_and_without
from wlz_eval.attribution.effects.offered import StartedAndOffered, offered_and_started
from wlz_eval.attribution.effects.spillover import Spillover, spillover
from wlz_eval.attribution.effects.subgroups import SubgroupEffects, effects_by_subgroup
from wlz_eval.attribution.effects.trend import ParallelTrend, parallel_trend
from wlz_eval.attribution.scrutiny.case import Case
from wlz_eval.attribution.sensitivity import (
    EValue,
    NoisyBaseline,
    OmittedVariable,
    PlaceboTests,
    ProgrammeOnly,
    RosenbaumBounds,
    e_value_of_effect,
    noisy_baseline,
    omitted_variable_of_design,
    placebo,
    programme_only,
    rosenbaum,
)
from wlz_eval.attribution.standards.attrition import Attrition, attrition, response_weighted_effect
from wlz_eval.attribution.standards.bounds import EffectBounds, lee_bounds, worst_case_bounds
from wlz_eval.attribution.standards.collection import CollectionDifferences, collection_differences
from wlz_eval.attribution.standards.months import MonthsOfProgress, effect_in_months
from wlz_eval.attribution.standards.multiplicity import SeveralOutcomes, several_outcomes
from wlz_eval.attribution.standards.power import DetectableEffect, minimum_detectable_effect
from wlz_eval.attribution.standards.wwc import BaselineEquivalence, baseline_equivalence
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.measures.frame import analysis_frame

__all__ = ["QUICK_SECTIONS", "SUBGROUP_COLUMNS"]

#: Characteristics by which effects are shown apart, where the cohort holds them.
SUBGROUP_COLUMNS: tuple[str, ...] = ("fsm", "gender", "sen", "eal")


def _prognostic(case: Case) -> tuple[PrognosticBalance, ...]:
    return tuple(prognostic_balance(case.design, case.data, e.att.outcome) for e in case.result.headline_effects)


def _detectable(case: Case) -> DetectableEffect:
    if case.cluster is None:
        raise OptionError("The data do not hold schools, so power with clustering cannot be computed.")
    family = "attendance" if case.measure.family == "attendance" else "attainment"
    return minimum_detectable_effect(case.design, case.data["school_id"], family=family, icc=case.measure.icc)


def _equivalence(case: Case) -> BaselineEquivalence:
    baselines = {e.att.outcome: [case.baseline_of(e)] for e in case.result.headline_effects if case.baseline_of(e)}
    if not baselines:
        raise OptionError("No outcome was measured at the start for both groups.")
    return baseline_equivalence(case.design, case.data, baselines, adjusted=case.matching.adjust)  # type: ignore[arg-type]


def _attrition(case: Case) -> Attrition:
    return attrition(case.design, case.data, [e.att.outcome for e in case.result.headline_effects])


def _response_weighted(case: Case) -> EffectEstimate:
    _refuse_complete(case)
    return response_weighted_effect(
        case.design, case.data, case.outcome, cluster=case.cluster, model=case.model, baseline=case.adjusted_baseline
    )


def _refuse_complete(case: Case) -> None:
    if case.effect.att.n_missing_programme + case.effect.att.n_missing_comparison == 0:
        raise DesignError("Every child of the design has the outcome, so nothing was lost.")


def _lee(case: Case) -> EffectBounds:
    _refuse_complete(case)
    return lee_bounds(case.design, case.data, case.outcome, cluster=case.cluster)


def _worst_case(case: Case) -> EffectBounds:
    _refuse_complete(case)
    return worst_case_bounds(
        case.design, case.data, case.outcome, case.measure.low, case.measure.high, cluster=case.cluster
    )


def _collection(case: Case) -> CollectionDifferences:
    known = case.data[case.outcome].notna() & case.data.index.isin(case.design.weights.index[case.design.weights > 0])
    return collection_differences(case.design.treatment.loc[case.data.index[known]], case.readings(case.effect))


def _months(case: Case) -> tuple[MonthsOfProgress, ...]:
    """Translate every attainment outcome, by the Toolkit's table and by that of trial reports."""
    measures = [(e, case.cohort.measure(e.outcome.measure)) for e in case.result.headline_effects]
    found = [
        effect_in_months(effect.att, measure, table)
        for effect, measure in measures
        if measure.family == "attainment" and math.isfinite(effect.att.g.estimate)
        for table in ("toolkit", "trial")
    ]
    if not found:
        raise OptionError("No outcome that could be compared is attainment, so nothing is said in months of progress.")
    return tuple(found)


def _several(case: Case) -> SeveralOutcomes:
    return several_outcomes({e.att.outcome: e.att for e in case.result.headline_effects}, seed=case.seed)


def _baselines(case: Case) -> BaselineComparison:
    if case.baseline is None:
        raise OptionError("The outcome was not measured at the start for both groups.")
    columns = case.data.loc[case.headline_rows, ["programme", *case.frame.baseline_columns]]
    without, with_baseline = with_and_without(case.design, columns, case.baseline)
    return baseline_comparison(
        without, with_baseline, case.data, case.outcome, case.baseline,
        reliability=case.agreement, cluster=case.cluster,
    )


def _trend(case: Case) -> ParallelTrend:
    earlier = f"{case.effect.outcome.measure}_pre_baseline"
    if earlier not in case.data or case.baseline is None:
        raise OptionError(
            "There is no measurement of this outcome before the baseline, so whether the groups were drifting apart "
            "before the programme cannot be tested: it stays open."
        )
    return parallel_trend(case.design.treatment, case.data, earlier, case.baseline, cluster=case.cluster)


def _aipw(case: Case) -> EffectEstimate:
    return aipw_effect(case.design, case.data, case.outcome, cluster=case.cluster, seed=case.seed)


def _offered(case: Case) -> StartedAndOffered:
    if "offered" not in case.data:
        raise OptionError("The data do not hold who was offered a place, so this is about those who started.")
    everyone = analysis_frame(case.cohort, case.informants, offered=True).data
    return offered_and_started(
        case.matching.formula, everyone[case.headline_of(everyone)], case.outcome,
        cluster=case.cluster, model=case.model, baseline=case.adjusted_baseline,
        **case.matching.engine_options(case.matching.comparison), seed=case.seed,
    )


def _spillover(case: Case) -> Spillover:
    """Look at children of the same schools, also where the plan's own comparison children are others."""
    design = case.result.designs.get("same_school")
    if design is None:
        raise OptionError(
            "No comparison children of the same schools are matched, so whether they felt the programme cannot be seen."
        )
    return spillover(
        design, case.data, case.outcome, cluster=case.cluster, model=case.model, baseline=case.adjusted_baseline
    )


def _subgroups(case: Case) -> tuple[SubgroupEffects, ...]:
    found = []
    reasons = []
    for column in SUBGROUP_COLUMNS:
        if column not in case.data or case.data[column].nunique() < 2:
            continue
        try:
            found.append(
                effects_by_subgroup(
                    case.design, case.data, case.outcome, column, cluster=case.cluster, model=case.model,
                    baseline=case.adjusted_baseline, seed=case.seed,
                )
            )
        except DesignError as error:
            reasons.append(str(error))
    if not found:
        raise DesignError(reasons[0] if reasons else "The cohort holds no characteristic to divide children by.")
    return tuple(found)


def _omitted(case: Case) -> OmittedVariable:
    return omitted_variable_of_design(
        case.design, case.data, case.outcome, baseline=case.adjusted_baseline, cluster=case.cluster
    )


def _rosenbaum(case: Case) -> RosenbaumBounds:
    return rosenbaum(case.design, case.data, case.outcome)


def _e_value(case: Case) -> EValue:
    return e_value_of_effect(case.effect.att)


def _noisy_baseline(case: Case) -> NoisyBaseline:
    if case.baseline is None:
        raise OptionError("The outcome was not measured at the start for both groups.")
    return noisy_baseline(case.design, case.data, case.baseline, r=case.agreement, effect=case.effect.att)


def _placebo(case: Case) -> PlaceboTests:
    return placebo(case.design, case.data, cluster=case.cluster)


def _programme_only(case: Case) -> tuple[ProgrammeOnly, ...]:
    """Sweep each measure whose baseline only programme children have, from no gap to the gap from the norm."""
    found = []
    for row in case.result.map.tiers:
        column, facts = f"{row.measure}_baseline", case.cohort.measure(row.measure)
        if row.tier != "C" or column not in case.data or facts.mean is None:
            continue
        held: pd.Series[Any] = case.data[column].notna()
        if held[case.data["programme"] == 0].any():
            continue
        found.append(
            programme_only(
                case.design, case.data, case.outcome, column, norm=facts.mean, effect=case.effect.att,
                cluster=case.cluster,
            )
        )
    if not found:
        raise OptionError("No measure is held at the start for programme children only, with a known national mean.")
    return tuple(found)


#: Sections that take a second or two, by name.
QUICK_SECTIONS: Mapping[str, Callable[[Case], Any]] = MappingProxyType(
    {
        "detectable": _detectable,
        "prognostic": _prognostic,
        "equivalence": _equivalence,
        "attrition": _attrition,
        "response_weighted": _response_weighted,
        "lee": _lee,
        "worst_case": _worst_case,
        "collection": _collection,
        "months": _months,
        "several": _several,
        "baselines": _baselines,
        "trend": _trend,
        "aipw": _aipw,
        "offered": _offered,
        "spillover": _spillover,
        "subgroups": _subgroups,
        "omitted": _omitted,
        "rosenbaum": _rosenbaum,
        "e_value": _e_value,
        "noisy_baseline": _noisy_baseline,
        "placebo": _placebo,
        "programme_only": _programme_only,
    }
)
