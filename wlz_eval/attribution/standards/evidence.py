"""The suite's own rating of its evidence on three published scales, each step with its reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.finding import Finding, Tier
from wlz_eval.core.numbers import format_number
from wlz_eval.core.result import Result
from wlz_eval.reference.evidence import RubricRow, rubric, rubric_threshold

__all__ = ["DESIGNS", "SCALES", "EvidenceFacts", "EvidenceRating", "EvidenceStep", "rate_evidence"]

Scale = Literal["maryland", "nesta", "eef_style"]
#: Kinds of design, weakest first.
DESIGNS: tuple[str, ...] = ("before_after", "unmatched", "matched", "difference_in_differences", "randomised")
#: Scales and what reports call them.
SCALES: Mapping[str, str] = MappingProxyType(
    {
        "eef_style": "Self-rating in the style of the EEF",
        "maryland": "Maryland Scientific Methods Scale",
        "nesta": "Nesta Standards of Evidence",
    }
)
HIGHEST = 5


@dataclass(frozen=True, kw_only=True)
class EvidenceFacts:
    """What a rating is computed from; ``nan`` and None where something is not known.

    Parameters
    ----------
    design : str
        One of :data:`DESIGNS`.
    basis : str
        How children were chosen, as the data bear it out: ``rules``, ``judgement``, ``mixed``, ``unknown``.
    tier : str
        Of the outcome, from the measurement map.
    worst_imbalance : float
        Largest absolute standardised mean difference at baseline, on the children analysed.
    adjusted : bool
        Whether the outcome model adjusts for the covariates.
    attrition : float
        Share of the children of the design whose outcome is not known.
    mde : float
        Smallest detectable effect in SDs.
    raters_knew : bool or None
        Whether those who rated the outcome knew who was on the programme; False for tests and registers.
    coverage, coverage_error, false_positives, false_positives_error : float
        Of the calibration on the cohort's own data, as shares.
    few_repeats : bool
        Whether the calibration had so few repeats that it shows gross failures only.
    effect_shown : bool
        Whether an effect may be claimed and its interval leaves zero out on the good side.
    change_seen : bool
        Whether the programme children's outcome changed for the better.
    """

    design: str
    basis: str = "unknown"
    tier: Tier = "A"
    worst_imbalance: float = math.nan
    adjusted: bool = False
    attrition: float = math.nan
    mde: float = math.nan
    raters_knew: bool | None = None
    coverage: float = math.nan
    coverage_error: float = math.nan
    false_positives: float = math.nan
    false_positives_error: float = math.nan
    few_repeats: bool = False
    effect_shown: bool = False
    change_seen: bool = False


@dataclass(frozen=True, kw_only=True)
class EvidenceStep:
    """One step of a rating: what was looked at, the level after it, and why."""

    scale: str
    criterion: str
    value: str
    rating: int
    lowered: bool
    reason: str


class _Ladder:
    """A level on one scale that steps can only lower, and the steps taken."""

    def __init__(self, scale: str):
        self.scale, self.level = scale, HIGHEST
        self.steps: list[EvidenceStep] = []

    def step(self, criterion: str, value: str, level: int, reason: str) -> None:
        """Go down to `level`, or stay when already below it; the first step only says where to begin."""
        after = max(min(self.level, level), 0)
        lowered = bool(self.steps) and after < self.level
        self.level = after
        self.steps.append(
            EvidenceStep(
                scale=self.scale, criterion=criterion, value=value, rating=after, lowered=lowered, reason=reason
            )
        )


def _level_at_most(scale: str, criterion: str, value: float) -> int:
    """Look up the level whose threshold a value does not exceed; 0 beyond the last, or when not known."""
    steps = rubric(scale, criterion)
    return max((r.level for r in steps if value <= float(r.value) + 1e-9), default=0)


def _cap(criterion: str) -> int:
    return rubric("any", criterion)[0].level


def _known(value: float, text: str) -> str:
    return text if math.isfinite(value) else "not known"


def _by_design(ladder: _Ladder, facts: EvidenceFacts) -> None:
    """Begin with the design; an outcome that only programme children have is a before-and-after figure."""
    kind = "before_after" if facts.tier == "C" else facts.design
    row: RubricRow = next(r for r in rubric(ladder.scale, "design") if r.value == kind)
    reason = row.meaning + "."
    if facts.tier == "C":
        reason = "The outcome is not measured alike in both groups, so there is no comparison."
    ladder.step("design", kind.replace("_", " "), row.level, reason)
    if kind == "matched":
        cap = _cap("matched")
        ladder.step("matched design", "yes", cap, "Matching deals with what was measured, and with nothing else.")


def _by_measurement(ladder: _Ladder, facts: EvidenceFacts) -> None:
    if facts.tier == "B":
        reason = "No baseline of this outcome is held for both groups, so it is not known that they began alike on it."
        ladder.step("baseline of the outcome", "not held", _cap("judgement"), reason)


def _by_selection(ladder: _Ladder, facts: EvidenceFacts) -> None:
    if facts.basis == "rules":
        ladder.step("choice of children", "rules", HIGHEST, "Rules on measured columns chose the children.")
        return
    reason = {
        "unknown": "It is not known how children were chosen, so judgement that was not measured cannot be ruled out.",
    }.get(facts.basis, "Judgement that was not measured helped to choose the children.")
    ladder.step("choice of children", facts.basis, _cap("judgement"), reason)


def _by_balance(ladder: _Ladder, facts: EvidenceFacts) -> None:
    worst = facts.worst_imbalance
    value = _known(worst, f"{format_number(worst, 2)} SD at most")
    fallen = next(r.level for r in rubric(ladder.scale, "design") if r.value == "unmatched")
    if facts.design not in ("matched", "difference_in_differences") or facts.tier == "C":
        return
    if worst <= rubric_threshold("balance_good"):
        ladder.step("balance", value, ladder.level, "The groups are alike at the start.")
    elif worst <= rubric_threshold("balance_adjustable") and facts.adjusted:
        reason = "The groups differ a little at the start, and the analysis adjusts for it."
        ladder.step("balance", value, ladder.level, reason)
    elif worst <= rubric_threshold("balance_adjustable"):
        ladder.step("balance", value, ladder.level - 1, "The groups differ at the start and nothing adjusts for it.")
    else:
        reason = "The groups differ more at the start than adjustment can deal with, or it is not known."
        ladder.step("balance", value, fallen, reason)


def _by_power(ladder: _Ladder, facts: EvidenceFacts) -> None:
    level = _level_at_most(ladder.scale, "mde", facts.mde)
    value = _known(facts.mde, f"{format_number(facts.mde, 2)} SD")
    fine = level >= ladder.level
    reason = "Smaller effects would be missed; this is small enough for the level reached." if fine else (
        "As it was planned, the study could see only effects larger than the next level up asks for."
    )
    ladder.step("smallest detectable effect, as planned", value, level, reason)


def _by_attrition(ladder: _Ladder, facts: EvidenceFacts) -> None:
    level = _level_at_most(ladder.scale, "attrition", facts.attrition)
    value = _known(facts.attrition, f"about {format_number(100 * facts.attrition, 0)}%")
    reason = "The outcome is known for most children." if level >= ladder.level else "Too many outcomes are not known."
    ladder.step("outcomes not known", value, level, reason)


def _by_raters(ladder: _Ladder, facts: EvidenceFacts) -> None:
    if facts.raters_knew:
        reason = "Those who rated the outcome knew who was on the programme."
        ladder.step("its raters", "knew", ladder.level - 1, reason)
    elif facts.raters_knew is None:
        reason = "It is not recorded whether those who rated the outcome knew who was on the programme."
        ladder.step("its raters", "not known", ladder.level, reason)
    else:
        # Marking of tests by the children's own teachers is not looked for, so that no more than this is known.
        reason = "The outcome is a test or a record, or its raters are recorded as not knowing."
        ladder.step("its raters", "none is known to have known", ladder.level, reason)


def _by_calibration(ladder: _Ladder, facts: EvidenceFacts) -> None:
    if not (math.isfinite(facts.coverage) and math.isfinite(facts.false_positives)):
        ladder.step("calibration", "not done", ladder.level, "Not checked on the cohort's own data.")
        return
    value = f"{format_number(100 * facts.coverage, 0)}% held, {format_number(100 * facts.false_positives, 0)}% false"
    error = 2 * (facts.coverage_error if math.isfinite(facts.coverage_error) else 0.0)
    false_error = 2 * (facts.false_positives_error if math.isfinite(facts.false_positives_error) else 0.0)
    holds = facts.coverage + error >= rubric_threshold("coverage")
    holds = holds and facts.false_positives - false_error <= rubric_threshold("false_positives")
    if holds and facts.few_repeats:
        reason = "No gross failure where the truth is known; so few repeats could show no more."
        ladder.step("calibration", value, ladder.level, reason)
    elif holds:
        ladder.step("calibration", value, ladder.level, "Where the truth is known, intervals hold it as they should.")
    else:
        ladder.step("calibration", value, ladder.level - 1, "Where the truth is known, intervals promise too much.")


def _by_cause(ladder: _Ladder, facts: EvidenceFacts) -> None:
    """Say what Nesta's scale asks beside the design: that a cause is shown, or at least a change seen."""
    if facts.effect_shown and facts.tier != "C":
        ladder.step("effect", "shown", HIGHEST, "An effect may be claimed, and its interval leaves zero out.")
    elif facts.change_seen:
        ladder.step("effect", "not shown", 2, "A change for the better is seen, but no effect may be claimed.")
    else:
        reason = "Neither an effect nor a change for the better beside matched children is shown."
        ladder.step("effect", "not shown", 1, reason)
    if ladder.level >= 3:
        ladder.step("replication", "not judged", 3, "Replication and scale are beyond one cohort and are not judged.")


_STEPS: Mapping[str, tuple[Callable[[_Ladder, EvidenceFacts], None], ...]] = MappingProxyType(
    {
        "eef_style": (
            _by_design, _by_measurement, _by_selection, _by_power, _by_attrition, _by_balance, _by_raters,
            _by_calibration,
        ),
        "maryland": (_by_design, _by_measurement, _by_selection, _by_balance),
        "nesta": (_by_design, _by_measurement, _by_selection, _by_balance, _by_cause),
    }
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, repr=False)
class EvidenceRating(Result):
    """The suite's own rating of one outcome's evidence; no reviewer has given it.

    Parameters
    ----------
    steps : tuple of EvidenceStep
        In the order in which they were taken, by scale.
    outcome : str
    programme, comparison : int or None
        Children behind the estimate.
    """

    steps: tuple[EvidenceStep, ...]
    outcome: str = ""
    programme: int | None = None
    comparison: int | None = None
    title: str = "How strong this evidence is, by the suite's own rating"

    def level(self, scale: str) -> int:
        """Level reached on a scale.

        Raises
        ------
        OptionError
            When there is no such scale.
        """
        if scale not in SCALES:
            raise OptionError(f"There is no scale {scale!r}. {suggestion(scale, list(SCALES))}")
        return [s.rating for s in self.steps if s.scale == scale][-1]

    def reasons(self, scale: str) -> tuple[str, ...]:
        """Reasons of the steps that lowered the level on a scale."""
        return tuple(s.reason for s in self.steps if s.scale == scale and s.lowered)

    def table(self) -> pd.DataFrame:
        """One row a step: ``scale``, ``criterion``, ``value``, ``rating`` (level after it), ``lowered``, ``reason``."""
        names = ("scale", "criterion", "value", "rating", "lowered", "reason")
        rows = pd.DataFrame([{name: getattr(s, name) for name in names} for s in self.steps], columns=list(names))
        rows["scale"] = rows["scale"].map(dict(SCALES))
        return rows

    def findings(self) -> tuple[Finding, ...]:
        """Give the level on each scale as ``attribution.evidence.<scale>[.<outcome>]``."""
        end = f".{self.outcome}" if self.outcome else ""
        return tuple(
            Finding(
                finding_id=f"attribution.evidence.{scale}{end}",
                quantity="level of evidence",
                estimate=float(self.level(scale)),
                unit="level",
                claim="description",
                outcome=self.outcome,
                n_programme=self.programme,
                n_comparison=self.comparison,
                method=f"{name}: rated by the suite itself",
                note=" ".join(self.reasons(scale)),
            )
            for scale, name in SCALES.items()
        )

    def values(self) -> Mapping[str, Finding]:
        """Name the findings as :meth:`sentences` does."""
        return MappingProxyType({f"evidence_{f.finding_id.split('.')[2]}": f for f in self.findings()})

    def sentences(self) -> tuple[str, ...]:
        """Say the rating in words, as templates whose placeholders are keys of :meth:`values`."""
        said = [
            "By the suite's own rating, which no reviewer has given, this evidence stands at {evidence_eef_style} of "
            "five in the style of the EEF, at level {evidence_maryland} of five on the Maryland scale and at level "
            "{evidence_nesta} of five of the Nesta standards."
        ]
        reasons = dict.fromkeys(reason for scale in SCALES for reason in self.reasons(scale))
        return (*said, *(["What holds it down: " + " ".join(reasons)] if reasons else []))


def rate_evidence(
    facts: EvidenceFacts, outcome: str = "", programme: int | None = None, comparison: int | None = None
) -> EvidenceRating:
    """Rate one outcome's evidence on three scales, by rules that anybody can follow.

    Each scale begins at the level of the design; every further step can only lower it. A matched design reaches 3 at
    most; where judgement that was not measured chose the children, or may have, 2 at most. In the EEF's style the
    smallest detectable effect and attrition set levels of their own, and a level is lost when raters knew,
    when a calibration on the cohort's own data failed, or for imbalance that is left unadjusted. Thresholds are in
    ``data/reference/evidence_rubric.csv``, with their sources.

    Parameters
    ----------
    facts : EvidenceFacts
    outcome : str
        For the names of findings.
    programme, comparison : int, optional
        Children behind the estimate, for findings.

    Returns
    -------
    EvidenceRating

    Raises
    ------
    OptionError
        When the design, the basis or the tier is not known.

    Examples
    --------
    >>> good = EvidenceFacts(design="matched", basis="rules", worst_imbalance=.04, attrition=.05, mde=.18,
    ...                      raters_knew=False, effect_shown=True)
    >>> rating = rate_evidence(good)
    >>> [rating.level(scale) for scale in ("eef_style", "maryland", "nesta")]
    [3, 3, 3]
    """
    valid = {"design": DESIGNS, "basis": ("rules", "judgement", "mixed", "unknown"), "tier": ("A", "B", "C")}
    for name, values in valid.items():
        value = getattr(facts, name)
        if value not in values:
            raise OptionError(f"{name} {value!r} is not known. {suggestion(str(value), values)}")
    steps: list[EvidenceStep] = []
    for scale in SCALES:
        ladder = _Ladder(scale)
        for step in _STEPS[scale]:
            step(ladder, facts)
        steps.extend(ladder.steps)
    return EvidenceRating(steps=tuple(steps), outcome=outcome, programme=programme, comparison=comparison)
