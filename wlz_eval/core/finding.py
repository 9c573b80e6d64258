"""A finding: one number that leaves a notebook, with all that a reader needs to judge it."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Literal

__all__ = ["FINDING_COLUMNS", "Claim", "Counted", "Evidence", "Finding", "FindingCovariance", "Tier", "Unit"]

#: What a number may be called. Only ``effect`` may be worded as caused by the programme.
Claim = Literal["description", "association", "adjusted_difference", "effect", "projection"]

#: Where a number comes from.
Evidence = Literal["measured", "published", "illustrative", "simulated"]

#: How far an outcome can be attributed; empty for findings that are about no outcome.
Tier = Literal["A", "B", "C", ""]

#: How the number is counted and printed (see :mod:`wlz_eval.core.numbers`).
Unit = Literal[
    "children", "schools", "count", "percent", "percentage_points", "points", "sd", "ratio", "hours",
    "minutes", "sessions", "years", "money", "probability", "level", "share",
]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Children of one kind who make up a number: at a public price, a sum of money tells how many they are.

    Parameters
    ----------
    children : str
        What they are called where they are counted; empty for those whose number other such numbers tell already.
    n : int
        How many they are.
    each : float
        What each of them adds to the number, in its unit; of a mean, to the sum that it is the mean of.
    over : bool
        Whether they are those over whom the number is a mean, instead of a part of it.
    """

    children: str
    n: int
    each: float = 0.0
    over: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One number that leaves a notebook, at full precision.

    Parameters
    ----------
    finding_id : str
        Dotted and stable, ``topic.quantity.outcome.wave``: ``attribution.att.reading.endline``.
    quantity : str
        What is estimated, in the field's standard term: ``att``, ``mean``, ``count``, ``slope``, …
    estimate : float
        The number. ``nan`` when it could not be estimated; `note` then says why.
    unit : str
        One of :data:`Unit`.
    claim : str
        One of :data:`Claim`: how the number may be worded.
    outcome, wave, group, subgroup, comparator : str
        What and whom the number is about; empty where it does not apply.
    se, ci_low, ci_high : float
        Standard error and 95% interval; ``nan`` where there is none (a count of these very children).
    n_programme, n_comparison : int or None
        Children behind the number in each group. The release rule reads them: a number
        that rests on fewer children than the threshold is never shown in public.
    method : str
        How it was estimated, in a few words.
    tier : str
        ``A``, ``B``, ``C`` of the measurement map, or empty.
    primary : bool
        Whether the plan names this outcome as the primary one.
    only_by_itself : bool
        Of a further outcome: whether it is clear by itself, but not once the number of outcomes is allowed for.
    price_year : int or None
        Year in whose prices money is counted.
    perspective : str
        Who gains or pays: ``society``, ``fiscal``, ``programme``, …; empty for what is not money.
    currency : str
        ISO code, for money.
    evidence : str
        One of :data:`Evidence`.
    note : str
        One plain sentence of caution, shown beside the number.
    largest, second : float
        Of a sum of money or time: its two largest contributions of one child, in the unit of `estimate`, or, where
        a part of it that follows from other numbers is more concentrated, so much that this stands for the part.
        ``nan`` for what is no sum. Private, like `fewest` and `residual_df`: only the release rule reads them.
    fewest : int or None
        Fewest children behind any part of a sum, or beside a share, that follows from other numbers.
    residual_df : float
        Residual degrees of freedom of the regression that gave the number; ``nan`` where it is none.
    counted : tuple of Counted
        Of a sum that is worked out from numbers of children, or a mean of one: the children. In public it is worked out
        from their released numbers, and hidden with any of them.
    """

    finding_id: str
    quantity: str
    estimate: float
    unit: Unit
    claim: Claim
    outcome: str = ""
    wave: str = ""
    group: str = ""
    subgroup: str = ""
    comparator: str = ""
    se: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    n_programme: int | None = None
    n_comparison: int | None = None
    method: str = ""
    tier: Tier = ""
    primary: bool = False
    only_by_itself: bool = False
    price_year: int | None = None
    perspective: str = ""
    currency: str = ""
    evidence: Evidence = "measured"
    note: str = ""
    largest: float = math.nan
    second: float = math.nan
    fewest: int | None = None
    residual_df: float = math.nan
    counted: tuple[Counted, ...] = ()

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the 95% interval are known."""
        return math.isfinite(self.ci_low) and math.isfinite(self.ci_high)

    @property
    def interval_excludes_zero(self) -> bool:
        """Whether the 95% interval lies wholly on one side of zero."""
        return self.has_interval and (self.ci_low > 0 or self.ci_high < 0)


@dataclass(frozen=True, kw_only=True)
class FindingCovariance:
    """Covariance between the estimates of two findings, so that value can draw them jointly."""

    finding_a: str
    finding_b: str
    covariance: float


#: Columns of a findings table: what the author gives, then what the store stamps on it.
FINDING_COLUMNS: tuple[str, ...] = (
    *(f.name for f in fields(Finding)),
    "notebook", "cohort", "cell", "plan_hash", "data_hash",
)
