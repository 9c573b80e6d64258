"""The whole of attribution in one verb: map, design, balance, effects, claims."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect
from wlz_eval.attribution.claims import claim_verdict
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import OutcomeModel, estimate_effect, naive_difference
from wlz_eval.attribution.make import make_design
from wlz_eval.attribution.options import MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.attribution.raters import raters_knew
from wlz_eval.attribution.selection import SelectionVerdict, selection_verdict
from wlz_eval.attribution.sensitivity.placebo import placebo
from wlz_eval.attribution.tiers import MeasurementMap, measurement_map
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import DesignError, WlzEvalError
from wlz_eval.inference import holm
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.labels import column_label

__all__ = ["attribute", "cluster_column", "design_for"]


def design_for(frame: AnalysisFrame, matching: MatchingOptions, comparison: str, seed: int = 0) -> Design:
    """Match the programme children with comparison children of one type, as the plan says.

    Agreement on the school is asked for only among children of the same school: nobody else can agree.

    Parameters
    ----------
    frame : AnalysisFrame
    matching : MatchingOptions
    comparison : str
        ``same_school``, ``other_school``, …
    seed : int
    """
    data = frame.data
    kind = (
        data["comparison_type"].astype(object)
        if "comparison_type" in data
        else pd.Series(None, index=data.index)
    )
    pool = (data["programme"] == 0) & (kind == comparison)
    if not pool.any():
        held = sorted(set(kind[data["programme"] == 0].dropna()))
        raise DesignError(
            f"The cohort has no comparison child of type {comparison!r}"
            + (f"; it has {', '.join(held)}. Change matching.comparison in the plan." if held else ".")
        )
    options = matching.engine_options(comparison)
    kept = data.loc[(data["programme"] == 1) | pool, ["programme", *frame.baseline_columns]]
    return make_design(matching.formula, kept, **options, seed=seed)


def _designs(
    frame: AnalysisFrame, matching: MatchingOptions, seed: int
) -> tuple[dict[str, Design], dict[str, str]]:
    """Make a design for each type of comparison child, the headline first; note what could not be made, and why."""
    comparison = frame.data.loc[frame.data["programme"] == 0]
    held = (
        sorted({str(v) for v in comparison["comparison_type"].dropna()})
        if "comparison_type" in comparison
        else []
    )
    types = [matching.comparison, *(t for t in held if t != matching.comparison)]
    designs: dict[str, Design] = {}
    refusals: dict[str, str] = {}
    for kind in types:
        try:
            designs[kind] = design_for(frame, matching, kind, seed)
        except NobodyMatchedError as error:
            refusals[kind] = str(error)
        except DesignError as error:
            if kind == matching.comparison:
                raise
            refusals[kind] = str(error)
    return designs, refusals


def _outcome_effects(
    cohort: Cohort,
    frame: AnalysisFrame,
    matching: MatchingOptions,
    outcome: OutcomeOptions,
    mapped: MeasurementMap,
    designs: Mapping[str, Design],
    imbalance: Mapping[str, float],
    verdict: SelectionVerdict,
    unfair: Collection[str],
) -> list[OutcomeEffect]:
    """ATT, naive difference and claim of one outcome for each type of comparison children."""
    row = mapped.row(outcome.measure, outcome.wave)
    column, baseline = f"{outcome.measure}_{outcome.wave}", f"{outcome.measure}_baseline"
    if row.tier == "C" or column not in frame.data:
        return []
    model: OutcomeModel = "interacted" if matching.adjust else "unadjusted"
    results = []
    for kind, design in designs.items():
        try:
            att = estimate_effect(
                design,
                frame.data,
                column,
                model=model,
                cluster=cluster_column(frame),
                baseline=baseline if baseline in frame.data and row.tier == "A" and matching.adjust else None,
            )
            naive = naive_difference(design.treatment, frame.data, column, cluster=cluster_column(frame))
        except DesignError:
            continue
        results.append(
            OutcomeEffect(
                outcome=outcome,
                comparison=kind,
                headline=kind == matching.comparison,
                tier=row.tier,
                label=row.label,
                unit=cohort.measure(outcome.measure).unit,
                better=outcome.better or cohort.measure(outcome.measure).better,
                att=att,
                naive=naive,
                raters_knew=bool(raters_knew(cohort, row)),
                verdict=claim_verdict(
                    row.tier,
                    verdict,
                    worst_imbalance=imbalance[kind],
                    balance_limit=matching.balance_limit,
                    adjusted=att.model != "unadjusted",
                    matched=att.n_programme,
                    illustrative=att.illustrative,
                    placebo_fails=kind in unfair,
                ),
            )
        )
    return results


def _placebo_fails(design: Design, frame: AnalysisFrame) -> bool:
    """Whether the matched groups differ on an earlier wave; False where none is held."""
    try:
        return placebo(design, frame.data, cluster=cluster_column(frame)).verdict == "fails"
    except WlzEvalError:
        return False


def cluster_column(frame: AnalysisFrame) -> str | None:
    """Column of schools; None where none is known."""
    return "school_id" if "school_id" in frame.data and frame.data["school_id"].notna().any() else None


def _with_family(effects: Sequence[OutcomeEffect]) -> tuple[OutcomeEffect, ...]:
    """Correct the p-values of each comparison's family of outcomes."""
    adjusted: dict[int, float] = {}
    for kind in dict.fromkeys(e.comparison for e in effects):
        family = [i for i, e in enumerate(effects) if e.comparison == kind]
        for i, p in zip(family, holm([effects[i].att.p for i in family]), strict=True):
            adjusted[i] = float(p)
    return tuple(e.with_family_p(adjusted[i]) for i, e in enumerate(effects))


def _labels(cohort: Cohort, designs: Mapping[str, Design]) -> dict[str, str]:
    """Name the covariates of the designs, each level and each missing marker, in plain words."""
    names = [
        str(name)
        for design in designs.values()
        for name in (*design.covariates.balance.columns, *design.covariates.missing["covariate"])
    ]
    return {name: column_label(cohort, name) for name in names}


def attribute(
    cohort: Cohort,
    frame: AnalysisFrame,
    matching: MatchingOptions | None,
    outcomes: Sequence[OutcomeOptions],
    selection: SelectionOptions,
    seed: int = 0,
) -> Attribution:
    """Say what the programme changed, as far as the data can say.

    Makes the measurement map; a matched design for each type of comparison child, from baseline columns
    only; then, for each tier A and B outcome, the effect on the matched programme children with an interval
    that holds with few schools (CR2 with Imbens-Kolesár degrees of freedom) beside the naive difference; and
    decides what each may be called.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
        Of that cohort.
    matching : MatchingOptions or None
        The plan's primary design; None when there is nobody to compare with.
    outcomes : sequence of OutcomeOptions
    selection : SelectionOptions
        How the plan says that children were chosen.
    seed : int

    Returns
    -------
    Attribution
        Without comparison children it holds the measurement map only, and ``reason`` says why.

    Raises
    ------
    DesignError
        When the plan's formula or comparison cannot work on these data.
    OptionError
        When the plan names a column that is not there.
    """
    mapped = measurement_map(cohort, outcomes, frame)
    verdict = selection_verdict(frame.data, selection)
    reason = ""
    if not (frame.data["programme"] == 0).any():
        reason = "The cohort has no comparison children, so nothing can be said about what would have happened anyway."
    elif matching is None:
        reason = (
            "The plan names no matched design, so nothing can be said about what would have happened anyway."
        )
    if reason or matching is None:
        return Attribution(map=mapped, selection=verdict, reason=reason, seed=seed)
    designs, refusals = _designs(frame, matching, seed)
    imbalance = {kind: design.balance().worst_after for kind, design in designs.items()}
    unfair = [kind for kind, design in designs.items() if _placebo_fails(design, frame)]
    effects = [
        effect
        for outcome in outcomes
        for effect in _outcome_effects(cohort, frame, matching, outcome, mapped, designs, imbalance, verdict, unfair)
    ]
    if matching.comparison in refusals:
        reason = refusals[matching.comparison]
    return Attribution(
        map=mapped,
        selection=verdict,
        designs=designs,
        effects=_with_family(effects),
        refusals=refusals,
        headline=matching.comparison,
        balance_limit=matching.balance_limit,
        reason=reason,
        seed=seed,
        labels=_labels(cohort, designs),
    )
