"""Wilcoxon's signed-rank statistic when pairs may be biased: p-values, point estimates and intervals.

In a pair matched on everything that matters each child is as likely to be the programme child. Where hidden
differences make one of the two up to Gamma times as likely (in odds), the sign of each difference is positive with
a probability between 1/(1+Gamma) and Gamma/(1+Gamma), and the ends of that range bound everything that follows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["EXACT_PAIRS", "interval_bounds", "losing_gamma", "p_bounds", "point_bounds", "signed_ranks"]

Array = npt.NDArray[np.float64]
Zeros = Literal["pratt", "wilcox"]
Alternative = Literal["two-sided", "greater", "less"]

#: Up to so many pairs the distribution is counted out; beyond, it is taken as normal.
EXACT_PAIRS = 50
_HALVINGS = 64


def signed_ranks(differences: npt.ArrayLike, zeros: Zeros = "pratt") -> tuple[Array, Array]:
    """Rank the sizes of the differences, ties sharing their mean rank.

    Parameters
    ----------
    differences : array, shape (n,)
    zeros : {"pratt", "wilcox"}
        ``pratt`` ranks zero differences and then leaves them out, as Rosenbaum does; ``wilcox`` leaves them
        out first.

    Returns
    -------
    tuple of array, shape (m,)
        Ranks of the m differences that are not zero, and those of the positive ones (0 for the negative).

    Examples
    --------
    >>> [part.tolist() for part in signed_ranks([0.0, 2.0, -2.0, 5.0])]
    [[2.5, 2.5, 4.0], [2.5, 0.0, 4.0]]
    """
    d = np.asarray(differences, dtype=float)
    if zeros == "wilcox":
        d = d[d != 0]
    _, place, counts = np.unique(np.abs(d), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    moved = d != 0
    return ranks[moved], np.where(d > 0, ranks, 0.0)[moved]


def _tail(ranks: Array, total: float, chance: float, exact: bool) -> float:
    """Probability of a sum of ranks at least `total`, each rank counting with probability `chance`."""
    if not len(ranks):
        return 1.0
    if not exact:
        spread = np.sqrt(chance * (1 - chance) * (ranks**2).sum())
        return float(special.ndtr(-(total - chance * ranks.sum()) / spread))
    # Mean ranks are whole or half numbers, so twice the ranks are whole.
    steps = np.rint(2 * ranks).astype(int)
    mass = np.zeros(int(steps.sum()) + 1)
    mass[0] = 1.0
    for step in steps:
        added = chance * mass[:-step]
        mass *= 1 - chance
        mass[step:] += added
    return float(min(mass[round(2 * total) :].sum(), 1.0))


def _one_sided(d: Array, chance: float, zeros: Zeros, exact: bool) -> float:
    ranks, positive = signed_ranks(d, zeros)
    return _tail(ranks, float(positive.sum()), chance, exact)


def p_bounds(
    differences: npt.ArrayLike,
    gamma: float,
    alternative: Alternative = "two-sided",
    zeros: Zeros = "pratt",
    exact: bool = False,
) -> tuple[float, float]:
    """Smallest and largest p-value of "no effect" when hidden bias is at most `gamma`.

    Two-sided, the smaller one-sided value is doubled (Rosenbaum).

    Examples
    --------
    >>> low, high = p_bounds([3.0, 1.0, 4.0, 2.0, 5.0], 2.0, "greater", exact=True)
    >>> round(low, 6) == round((1 / 3) ** 5, 6), round(high, 6) == round((2 / 3) ** 5, 6)
    (True, True)
    """
    d = np.asarray(differences, dtype=float)
    low, high = 1 / (1 + gamma), gamma / (1 + gamma)
    if alternative == "two-sided":
        ends = [min(1.0, 2 * min(_one_sided(s * d, chance, zeros, exact) for s in (1, -1))) for chance in (low, high)]
        return ends[0], ends[1]
    side = d if alternative == "greater" else -d
    return _one_sided(side, low, zeros, exact), _one_sided(side, high, zeros, exact)


def losing_gamma(
    differences: npt.ArrayLike,
    alpha: float = 0.05,
    alternative: Alternative = "two-sided",
    zeros: Zeros = "pratt",
    exact: bool = False,
) -> float:
    """Largest Gamma at which the largest p-value is still at most `alpha`; ``nan`` when it is above at Gamma 1."""

    def kept(gamma: float) -> bool:
        return p_bounds(differences, gamma, alternative, zeros, exact)[1] <= alpha

    if not kept(1.0):
        return float("nan")
    high = 2.0
    while kept(high):
        high *= 2
    return _last(kept, 1.0, high)


def _last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where a condition that holds at `low` and not at `high` ceases to hold, by halving."""
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def _solve(d: Array, chance: float) -> float:
    """Shift at which the signed-rank sum equals its expectation: Hodges and Lehmann's estimate."""

    def excess(shift: float) -> float:
        ranks, positive = signed_ranks(d - shift)
        return float(positive.sum() - chance * ranks.sum()) / max(float(ranks.sum()), 1.0)

    low, high = float(d.min()) - 1.0, float(d.max()) + 1.0
    above = _last(lambda shift: excess(shift) > 1e-12, low, high)
    below = _last(lambda shift: excess(shift) >= -1e-12, low, high)
    return (above + below) / 2


def point_bounds(differences: npt.ArrayLike, gamma: float) -> tuple[float, float]:
    """Smallest and largest Hodges-Lehmann estimate of a shift when hidden bias is at most `gamma`.

    Examples
    --------
    >>> [round(end, 6) for end in point_bounds([1.0, 2.0, 6.0], 1.0)]
    [2.75, 2.75]
    """
    d = np.asarray(differences, dtype=float)
    return _solve(d, gamma / (1 + gamma)), _solve(d, 1 / (1 + gamma))


def interval_bounds(
    differences: npt.ArrayLike, gamma: float, alpha: float = 0.05, exact: bool = False
) -> tuple[float, float]:
    """Interval of shifts that a two-sided test at level `alpha` cannot reject with hidden bias at most `gamma`.

    An end is infinite when there are too few pairs to reject any shift.

    Examples
    --------
    >>> low, high = interval_bounds([3.0, 1.0, 4.0, 2.0, 5.0, 7.0], 1.0, exact=True)
    >>> round(low, 6), round(high, 6)
    (1.0, 7.0)
    """
    d = np.asarray(differences, dtype=float)
    chance = gamma / (1 + gamma)

    def lower_end(values: Array) -> float:
        low, high = float(values.min()) - 1.0, float(values.max()) + 1.0

        def rejected(shift: float) -> bool:
            return _one_sided(values - shift, chance, "pratt", exact) <= alpha / 2

        return _last(rejected, low, high) if rejected(low) else -float("inf")

    return lower_end(d), -lower_end(-d)
