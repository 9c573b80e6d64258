"""The verb that puts every question to the primary result, and keeps the reason where one cannot be put."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.calibration.calibrate import calibrate
from wlz_eval.attribution.calibration.result import ENOUGH, Calibration
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.scrutiny.case import EFFORTS, Case
from wlz_eval.attribution.scrutiny.sections import QUICK_SECTIONS
from wlz_eval.attribution.specification.curve import SpecificationCurve, specification_curve
from wlz_eval.attribution.standards.evidence import EvidenceFacts, EvidenceRating, rate_evidence
from wlz_eval.attribution.standards.power import DetectableEffect, minimum_detectable_effect
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, WlzEvalError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["SECTIONS", "Scrutiny", "scrutinise"]


def _specifications(case: Case, found: Mapping[str, Any]) -> SpecificationCurve:
    planned = {**case.matching.engine_options(), "seed": case.seed}
    return specification_curve(
        case.frame, case.matching.formula, case.outcome, planned=planned, comparison=case.matching.comparison,
        baseline=case.baseline, model=case.model, cluster=case.cluster, limit=case.matching.balance_limit,
        unit=case.effect.unit, claim=case.effect.verdict.claim, most=case.effort.specifications,
        seed=case.seed, workers=case.workers,
    )


def _calibration(case: Case, found: Mapping[str, Any]) -> Calibration:
    return calibrate(
        case.design, case.frame, case.outcome, replicates=case.effort.replicates, model=case.model,
        baseline=case.adjusted_baseline, school=case.cluster, clustered=case.cluster is not None,
        seed=case.seed, workers=case.workers,
    )


def _detectable_seen(case: Case, found: Mapping[str, Any]) -> DetectableEffect:
    """Work the smallest detectable effect out again, with what comparison children's outcomes show; of no other's."""
    calibration = found.get("calibration")
    if calibration is None or case.cluster is None:
        raise OptionError("How alike children of one school are could not be seen in these data.")
    att = case.effect.att
    missing = att.n_missing_programme + att.n_missing_comparison
    return minimum_detectable_effect(
        case.design, case.data["school_id"], icc=calibration.icc, r2=calibration.r2, seen=True,
        attrition=missing / (missing + att.n_programme + att.n_comparison),
    )


def _evidence(case: Case, found: Mapping[str, Any]) -> EvidenceRating:
    effect, calibration = case.effect, found.get("calibration")
    lost = found.get("attrition")
    overall = float("nan")
    if lost is not None:
        table = lost.table().set_index("outcome")
        overall = float(table["overall"].to_dict()[case.outcome]) / 100
    checked = {} if calibration is None else {
        "coverage": calibration.coverage,
        "coverage_error": calibration.coverage_error,
        "false_positives": calibration.false_positive_rate,
        "false_positives_error": calibration.false_positive_error,
        "few_repeats": calibration.replicates < ENOUGH,
    }
    detectable = found.get("detectable")
    good = {"higher": 1, "lower": -1}.get(effect.better, 0)
    facts = EvidenceFacts(
        design="matched",
        basis=case.result.selection.basis,
        tier=effect.tier,
        worst_imbalance=case.result.balance.worst_after,
        adjusted=effect.att.model != "unadjusted",
        attrition=overall,
        mde=float("nan") if detectable is None else detectable.mde,
        raters_knew=case.raters_knew,
        effect_shown=effect.verdict.claim == "effect" and good * effect.att.estimate > 0 and effect.att.p < 0.05,
        # Children grow: a change for the better that is smaller than that of matched children is none to speak of.
        change_seen=good * _change(case) > 0 and not good * effect.att.estimate < 0,
        **checked,
    )
    return rate_evidence(facts, case.outcome, effect.att.n_programme, effect.att.n_comparison)


def _change(case: Case) -> float:
    """Average change of the programme children since the start; zero where it is not known."""
    if case.baseline is None:
        return 0.0
    rows = case.data[case.data["programme"] == 1]
    change = (rows[case.outcome].astype(float) - rows[case.baseline].astype(float)).dropna()
    return float(change.mean()) if len(change) else 0.0


#: Sections that look at others, or take longer; in this order, after the quick ones.
_LATER: Mapping[str, Callable[[Case, Mapping[str, Any]], Any]] = MappingProxyType(
    {
        "specifications": _specifications, "calibration": _calibration, "detectable_seen": _detectable_seen,
        "evidence": _evidence,
    }
)
SECTIONS: tuple[str, ...] = (*QUICK_SECTIONS, *_LATER)


@dataclass(frozen=True, kw_only=True, repr=False)
class Scrutiny(Result):
    """What was asked of the primary result, and answered.

    Parameters
    ----------
    case : Case or None
        What was looked at; None where there is no estimate to look at.
    found : mapping of str to result
        Answers, by section.
    reasons : mapping of str to str
        Why a section has no answer.
    """

    case: Case | None
    found: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    title: str = "What was asked of the primary result"

    def __post_init__(self) -> None:
        object.__setattr__(self, "found", MappingProxyType(dict(self.found)))
        object.__setattr__(self, "reasons", MappingProxyType(dict(self.reasons)))

    def get(self, section: str) -> Any:
        """Answer of a section; None where there is none (:attr:`reasons` says why)."""
        if section not in SECTIONS:
            raise OptionError(f"There is no section {section!r}. {suggestion(section, SECTIONS)}")
        return self.found.get(section)

    def table(self) -> pd.DataFrame:
        """One row a section: whether it was answered, or why not."""
        rows = [
            {"section": name, "answered": name in self.found, "reason": self.reasons.get(name, "")} for name in SECTIONS
        ]
        return pd.DataFrame(rows)


def scrutinise(
    cohort: Cohort,
    frame: AnalysisFrame,
    matching: MatchingOptions | None,
    result: Attribution,
    *,
    effort: str = "quick",
    workers: int = 1,
    seed: int = 0,
) -> Scrutiny:
    """Put every further question to the primary result of an attribution.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    matching : MatchingOptions or None
        The plan's, as given to :func:`wlz_eval.attribute`.
    result : Attribution
    effort : {"draft", "quick", "full"}
        How many specifications and replicates.
    workers : int
        Processes; the results do not depend on it.
    seed : int

    Returns
    -------
    Scrutiny
        Without an estimate it holds nothing, and each reason says so.
    """
    if effort not in EFFORTS:
        raise OptionError(f"effort {effort!r} is not known. {suggestion(effort, tuple(EFFORTS))}")
    if matching is None or not result.has_design or result.primary is None:
        why = result.reason or "The primary outcome could not be compared between the groups."
        return Scrutiny(case=None, reasons=dict.fromkeys(SECTIONS, why))
    case = Case(
        cohort=cohort, frame=frame, matching=matching, result=result, effect=result.primary,
        effort=EFFORTS[effort], workers=workers, seed=seed,
    )
    found: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for name in SECTIONS:
        try:
            found[name] = QUICK_SECTIONS[name](case) if name in QUICK_SECTIONS else _LATER[name](case, found)
        except WlzEvalError as error:
            reasons[name] = str(error)
    return Scrutiny(case=case, found=found, reasons=reasons)
