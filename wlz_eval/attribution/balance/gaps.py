"""Gaps between the distributions of two groups, and within matched pairs and strata.

A table of balance asks the same column many things, before and after. Each column is therefore sorted once
(:class:`Distinct`), a yes/no column not at all, and the groups are found once for all columns (:class:`Sides`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.balance.measures import is_two_valued, sample_variance, weighted_mean, weighted_variance

__all__ = [
    "ColumnGaps",
    "Distinct",
    "Side",
    "Sides",
    "all_pairs_gap",
    "column_gaps",
    "ecdf_gaps",
    "pair_gap",
    "stratum_gap",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
NAN = float("nan")


@dataclass(frozen=True)
class Side:
    """One group at one time: who has a weight, and how much.

    Parameters
    ----------
    rows : array of int
        Positions of the units with a weight above zero.
    weights : array or None
        Their weights; None when all are equal, which saves a pass over each column.
    """

    rows: Ints
    weights: Array | None

    def mean(self, x: Array) -> float:
        """Weighted mean of a column; missing for nobody."""
        values = x[self.rows]
        if not len(values):
            return NAN
        return float(values.mean()) if self.weights is None else weighted_mean(values, self.weights)

    def variance(self, x: Array) -> float:
        """Weighted variance of a column."""
        values = x[self.rows]
        if self.weights is None or not len(values):
            return sample_variance(values)
        return weighted_variance(values, self.weights)


@dataclass(frozen=True)
class Sides:
    """The two groups before and after, found once for all columns.

    Parameters
    ----------
    treated : array of bool, shape (n,)
    before, after : tuple of Side
        Programme, then comparison.
    """

    treated: Bools
    before: tuple[Side, Side]
    after: tuple[Side, Side]

    @classmethod
    def of(cls, treated: Bools, weights: Array) -> Sides:
        """Find the groups of a treatment and its weights."""
        after = []
        for group in (treated, ~treated):
            rows = np.flatnonzero(group & (weights > 0))
            w = weights[rows]
            after.append(Side(rows, None if len(w) and (w == w[0]).all() else w))
        before = (Side(np.flatnonzero(treated), None), Side(np.flatnonzero(~treated), None))
        return cls(treated, before, (after[0], after[1]))


@dataclass(frozen=True)
class Distinct:
    """The distinct values of a column, sorted once for everything that is asked of their order.

    Parameters
    ----------
    values : array, shape (k,)
        Ascending.
    upto : array of int, shape (k,)
        Units at or below each.
    """

    values: Array
    upto: Ints

    @classmethod
    def of(cls, x: Array) -> Distinct:
        """Sort a column."""
        ordered = np.sort(x)
        last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(ordered) - 1)
        return cls(ordered if len(last) == len(ordered) else ordered[last], last + 1)

    def share_upto(self, x: Array, side: Side) -> Array:
        """Weighted cumulative distribution of a group at each distinct value."""
        mine = x[side.rows]
        if side.weights is None:
            counts = np.bincount(np.searchsorted(self.values, np.sort(mine)), minlength=len(self.values))
            return np.cumsum(counts) / len(mine)
        # Looking values up in their order is several times faster than as they come.
        order = np.argsort(mine)
        place = np.searchsorted(self.values, mine[order])
        summed = np.cumsum(np.bincount(place, weights=side.weights[order], minlength=len(self.values)))
        return summed / summed[-1]

    def gaps(self, x: Array, one: Side, none: Side) -> tuple[float, float]:
        """Mean and largest gap between the cumulative distributions of two groups."""
        if not len(one.rows) or not len(none.rows):
            return NAN, NAN
        gap = self.share_upto(x, one)
        gap -= self.share_upto(x, none)
        np.abs(gap, out=gap)
        return float(gap.mean()), float(gap.max())


def ecdf_gaps(x: Array, treated: Bools, w: Array) -> tuple[float, float]:
    """Mean and largest gap between the two weighted cumulative distributions, over the distinct values.

    The largest is the Kolmogorov-Smirnov statistic. For a yes/no column both are the gap in shares.

    Examples
    --------
    >>> ecdf_gaps(np.array([1.0, 2, 3, 4]), np.array([True, True, False, False]), np.ones(4))
    (0.5, 1.0)
    """
    one, none = Sides.of(treated, w).after
    if is_two_valued(x):
        gap = _share_gap(x, one, none)
        return gap, gap
    return Distinct.of(x).gaps(x, one, none)


def _share_gap(x: Array, one: Side, none: Side) -> float:
    """Gap in shares of a two-valued column."""
    step = float(x.max() - x.min())
    return abs(one.mean(x) - none.mean(x)) / step if step > 0 else 0.0


@dataclass(frozen=True)
class ColumnGaps:
    """Gaps between distributions, before and after.

    Parameters
    ----------
    before, after : tuple of float
        Mean and largest gap of the cumulative distributions.
    pairs : float
        Mean absolute difference of any programme from any comparison unit, before.
    """

    before: tuple[float, float]
    after: tuple[float, float]
    pairs: float


def column_gaps(x: Array, sides: Sides) -> ColumnGaps:
    """Measure all gaps of a column with one sort, or with none where it has two values."""
    if is_two_valued(x):
        before, after = _share_gap(x, *sides.before), _share_gap(x, *sides.after)
        return ColumnGaps((before, before), (after, after), _two_valued_pairs(x, sides))
    distinct = Distinct.of(x)
    n1, n0 = (len(side.rows) for side in sides.before)
    one = distinct.share_upto(x, sides.before[0])
    # Whoever is at or below a value and not of the one group is of the other.
    none = distinct.upto / n0
    none -= one * (n1 / n0)
    gap = np.abs(one - none)
    return ColumnGaps(
        before=(float(gap.mean()), float(gap.max())),
        after=distinct.gaps(x, *sides.after),
        pairs=_pairs_between(distinct.values, one, none),
    )


def _two_valued_pairs(x: Array, sides: Sides) -> float:
    low, step = float(x.min()), float(x.max() - x.min())
    if step == 0:
        return 0.0
    one, none = ((side.mean(x) - low) / step for side in sides.before)
    return step * (one * (1 - none) + none * (1 - one))


def _pairs_between(values: Array, one: Array, none: Array) -> float:
    """Mean absolute difference of two groups: each step between values, times the share of pairs astride it."""
    astride = one[:-1] * (1 - none[:-1]) + none[:-1] * (1 - one[:-1])
    return float(np.diff(values) @ astride)


def all_pairs_gap(x: Array, treated: Bools) -> float:
    """Mean absolute difference of any programme from any comparison unit: what pairs at random would have.

    Examples
    --------
    >>> all_pairs_gap(np.array([1.0, 2.0, 4.0]), np.array([True, False, False]))
    2.0
    """
    return column_gaps(x, Sides.of(treated, np.ones(len(x)))).pairs


def pair_gap(x: Array, focal: Ints, partner: Ints) -> float:
    """Mean absolute difference within pairs."""
    return float(np.abs(x[focal] - x[partner]).mean()) if len(focal) else NAN


def stratum_gap(x: Array, treated: Bools, code: Ints) -> float:
    """Mean absolute difference over all programme-comparison pairs of the same stratum (-1 for none).

    By sorting, so that n units cost n log n however large the strata.

    Examples
    --------
    >>> stratum_gap(np.array([1.0, 2.0, 4.0]), np.array([True, False, False]), np.array([0, 0, 0]))
    2.0
    """
    inside = np.flatnonzero(code >= 0)
    here, x = code[inside], x[inside]
    # Sorting by value and then, keeping that order, by a short number is several times faster than a sort by both.
    short = here.astype(np.int16) if here.max(initial=0) < 2**15 else here
    order = np.argsort(x)
    order = order[np.argsort(short[order], kind="stable")]
    value, one, group = x[order], treated[inside][order], here[order]
    first = np.concatenate([[0], np.cumsum(np.bincount(here))])[group]
    total = pairs = 0.0
    for mine in (one, ~one):
        # Whoever of the other group stands before, in the same stratum, is smaller by the difference.
        number = np.concatenate([[0], np.cumsum(~mine)])
        summed = np.concatenate([[0.0], np.cumsum(np.where(mine, 0.0, value))])
        at = np.flatnonzero(mine)
        before = number[at] - number[first[at]]
        total += float((before * value[at] - (summed[at] - summed[first[at]])).sum())
        pairs += float(before.sum())
    return total / pairs if pairs else NAN
