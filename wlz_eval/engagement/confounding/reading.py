"""Which reading of an association of dose with an outcome the data support: one of a few, none of them an effect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from wlz_eval.core.result import Result
from wlz_eval.reference.confounding import confounding_cut

__all__ = ["READINGS", "Evidence", "Reading", "Slope", "reading"]

#: Every reading there is, and its sentence. Each is about an association; none says what dose did.
READINGS: Mapping[str, str] = MappingProxyType(
    {
        "cannot_be_judged": "These data cannot say whether {outcome} goes with {dose}.",
        "nothing_shown": "These data do not show that {outcome} goes with {dose}.",
        "explained_by_start": (
            "{Outcome} goes with {dose}, but once what was known of the children at the start is taken into account, "
            "that can no longer be told from nothing: an association, and one that the start may explain."
        ),
        "fragile": (
            "{Outcome} goes with {dose}, also once what was known at the start is taken into account, but little may "
            "be built on that: an association, and no more."
        ),
        "robust": (
            "{Outcome} goes with {dose}, also once what was known at the start is taken into account. To explain that "
            "away, something unseen would have to go with both more closely than any one thing known at the start, as "
            "motivation may: an association still, since nobody drew lots for it."
        ),
        "ways_disagree": (
            "One way of allowing for what was known at the start shows that {outcome} goes with {dose}, another does "
            "not, so it should not be relied on: an association at most."
        ),
        "depends_on_schools": (
            "Whether {outcome} goes with {dose} depends on how schools are treated, so it should not be relied on: an "
            "association at most."
        ),
    }
)
#: What may stand against the strongest reading, and its words.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "robustness": "little of what is left of dose and of outcome would have to be explained to undo it",
        "benchmark": "something as strong as what was known at the start would undo it",
        "no_sensitivity": "how strong an unseen cause would have to be could not be worked out",
        "unbalanced": "children with more and with less could not be made alike on what was known",
        "control": "dose also goes with what came before it, so something unseen is at work",
        "within": "it is not clear among children of the same school",
        "no_yardstick": "what was known at the start says hardly anything of who had more, so that it is no yardstick "
        "for what is unseen",
        "no_start": "nothing known at the start could be taken into account",
    }
)


@dataclass(frozen=True, kw_only=True)
class Slope:
    """A slope and its 95% interval; ``nan`` where it could not be estimated."""

    estimate: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan

    @property
    def sign(self) -> int:
        """1 or -1 where the interval leaves zero out, else 0."""
        return 1 if self.ci_low > 0 else -1 if self.ci_high < 0 else 0

    @property
    def estimated(self) -> bool:
        """Whether there is an interval."""
        return math.isfinite(self.ci_low) and math.isfinite(self.ci_high)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a reading rests on.

    Parameters
    ----------
    unadjusted, adjusted : Slope
        Of the outcome on dose alone, and given what was known at the start.
    balanced : Slope
        By weights that balance dose; not estimated where there are none.
    within : Slope
        Among children of the same school; not estimated where there is one school.
    start_known : bool
        Whether anything known at the start is adjusted for.
    share_explained : float
        Adjusted share of the variance of dose that it explains.
    balance_reached : bool
    robustness_interval : float
        Equal share of what is left of dose and outcome that brings the interval to zero.
    benchmark_undoes : bool
        Whether something as strong as a measure known at the start would.
    control_alarmed : bool
        Whether a negative control that counts is clear.
    answer : Slope
        The slope that the page answers with, where it treats schools otherwise than `adjusted`.
    """

    unadjusted: Slope
    adjusted: Slope
    balanced: Slope
    within: Slope
    start_known: bool
    share_explained: float
    balance_reached: bool
    robustness_interval: float
    benchmark_undoes: bool
    control_alarmed: bool
    answer: Slope = Slope()

    @property
    def yardstick(self) -> bool:
        """Whether what was known says enough of who had more for what is unseen to be measured by it."""
        return self.share_explained >= confounding_cut("need_some")

    @property
    def answers_alike(self) -> bool:
        """Whether the slope of the answer says of no association what the adjusted one does."""
        return not self.answer.estimated or self.answer.sign == self.adjusted.sign


@dataclass(frozen=True, kw_only=True, repr=False)
class Reading(Result):
    """The reading that the data support, and what keeps it from a stronger one.

    Parameters
    ----------
    name : str
        A key of :data:`READINGS`.
    against : tuple of str
        Keys of :data:`REASONS`: why an association that remains counts as fragile.
    evidence : Evidence
    title : str
    """

    name: str
    against: tuple[str, ...]
    evidence: Evidence
    title: str = "Which reading the data support"

    def table(self) -> pd.DataFrame:
        """One row: ``reading``, ``against`` (words)."""
        return pd.DataFrame([{"reading": self.name, "against": "; ".join(REASONS[key] for key in self.against)}])

    def words(self, outcome: str, dose: str) -> tuple[str, dict[str, str]]:
        """Say the reading in a sentence or two: a template and its values."""
        values = {"outcome": outcome, "Outcome": outcome[:1].upper() + outcome[1:], "dose": dose}
        template = READINGS[self.name]
        if self.name == "fragile" and self.against:
            return template + " Why so little: {against}.", {
                **values, "against": "; ".join(REASONS[key] for key in self.against),
            }
        return template, values


def reading(evidence: Evidence) -> Reading:
    """Decide which reading the data support, by the cut-points of ``data/reference/confounding_cuts.csv``.

    - *cannot be judged*: there is no adjusted slope with an interval.
    - *depends on schools*: the slope of the answer has room for none and the adjusted one has not, or the other way.
    - *nothing shown*: the interval has room for none, adjusted and unadjusted.
    - *explained by the start*: it is clear unadjusted, but not once adjusted.
    - *ways disagree*: it is clear once adjusted, but not, or the other way, by weights that do balance dose. Weights
      leave wider intervals, so this errs towards saying less.
    - *fragile*: it remains, but anything of :data:`REASONS` stands against it.
    - *robust*: it remains, and nothing of that does.

    Parameters
    ----------
    evidence : Evidence

    Returns
    -------
    Reading

    Examples
    --------
    >>> clear, none = Slope(estimate=1.0, ci_low=0.5, ci_high=1.5), Slope(estimate=0.1, ci_low=-0.5, ci_high=0.7)
    >>> facts = {"start_known": True, "share_explained": 0.1, "balance_reached": True, "robustness_interval": 0.2,
    ...          "benchmark_undoes": False,
    ...          "control_alarmed": False, "balanced": clear, "within": clear}
    >>> reading(Evidence(unadjusted=clear, adjusted=none, **facts)).name
    'explained_by_start'
    >>> reading(Evidence(unadjusted=clear, adjusted=clear, **facts)).name
    'robust'
    """
    adjusted = evidence.adjusted
    if not adjusted.estimated:
        return Reading(name="cannot_be_judged", against=(), evidence=evidence)
    if not evidence.answers_alike:
        return Reading(name="depends_on_schools", against=(), evidence=evidence)
    if not evidence.unadjusted.sign and not adjusted.sign:
        return Reading(name="nothing_shown", against=(), evidence=evidence)
    by_weights = evidence.balanced.estimated and evidence.balance_reached
    if not adjusted.sign:
        return Reading(name="explained_by_start", against=(), evidence=evidence)
    if by_weights and evidence.balanced.sign != adjusted.sign:
        return Reading(name="ways_disagree", against=(), evidence=evidence)
    against = _against(evidence)
    return Reading(name="fragile" if against else "robust", against=against, evidence=evidence)


def _against(evidence: Evidence) -> tuple[str, ...]:
    """List what stands against the strongest reading of an association that remains."""
    known = math.isfinite(evidence.robustness_interval)
    within = evidence.within
    stands = {
        "no_start": not evidence.start_known,
        "no_yardstick": evidence.start_known and not evidence.yardstick,
        "no_sensitivity": not known,
        "robustness": known and evidence.robustness_interval < confounding_cut("robustness_modest"),
        "benchmark": evidence.benchmark_undoes,
        "unbalanced": evidence.start_known and not evidence.balance_reached,
        "control": evidence.control_alarmed,
        "within": within.estimated and within.sign != evidence.adjusted.sign,
    }
    return tuple(key for key, holds in stands.items() if holds)
