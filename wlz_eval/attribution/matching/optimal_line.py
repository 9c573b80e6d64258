"""Optimal pairs when the distance is one number a unit and the caliper on it is the only limit: exact, n log n.

Put focal and pool units on one line, sorted. Some optimal set of pairs then has three properties, because mending a
breach loses no pair and no distance: pairs do not cross; no free pool unit lies between a focal unit and its
partner; nor does a free focal unit. So the line falls into stretches that hold as many focal as pool units, in
which the first focal unit has the first pool unit and so on, all to the same side, and each stretch is fixed by
where it begins: it ends where the counts first balance again. What remains is to choose among at most one stretch
a unit, by dynamic programming from left to right. (Properties of matching on a line: Karp and Li 1975, Discrete
Mathematics 13; here with a limit on the gap.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["line_pairs", "reach"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Stretches:
    """Stretches that may be used, by their last place on the line.

    Parameters
    ----------
    start, end : array of int
        First and last place on the line.
    focal, pool : array of int
        First focal and first pool unit (sorted positions); the others follow one by one.
    pairs : array of int
    cost : array
        Sum of the gaps within the pairs.
    """

    start: Ints
    end: Ints
    focal: Ints
    pool: Ints
    pairs: Ints
    cost: Array


def _window(x: Array, y: Array, width: float) -> tuple[Ints, Ints]:
    """First and one past the last of the sorted `y` within `width` of each `x`, exact to the last bit."""
    values, first = np.unique(y, return_index=True)
    edge = np.append(first, len(y)).astype(np.intp)
    low = np.searchsorted(values, x - width)
    high = np.searchsorted(values, x + width, side="right")
    # x ± width is rounded, so the window may be off by a value or two at either end.
    padded = np.concatenate([[-np.inf], values, [np.inf]])
    while (more := x - padded[low] <= width).any():
        low = low - more
    while (less := x - padded[low + 1] > width).any():
        low = low + less
    while (more := padded[high + 1] - x <= width).any():
        high = high + more
    while (less := padded[high] - x > width).any():
        high = high - less
    return edge[low], edge[high]


def _lowest(values: Ints, start: Ints, length: Ints) -> Ints:
    """Minimum of each stretch of `values`, by tables of the minima of 1, 2, 4, ... neighbours."""
    answer = np.empty(len(start), dtype=values.dtype)
    level = np.floor(np.log2(length)).astype(np.intp)
    table = values
    for k in range(int(level.max(initial=-1)) + 1):
        here = level == k
        last = start[here] + length[here] - (1 << k)
        answer[here] = np.minimum(table[start[here]], table[last])
        if len(table) > 1 << k:
            table = np.minimum(table[: -(1 << k)], table[1 << k :])
    return answer


def _stretches(x: Array, y: Array, width: float) -> _Stretches:
    """All balanced stretches of the merged line whose every pair is within `width`."""
    m, n = len(x), len(y)
    # A focal unit stands before the pool units of its own value.
    place_x = np.arange(m) + np.searchsorted(y, x, side="left")
    place_y = np.arange(n) + np.searchsorted(x, y, side="right")
    step = np.full(m + n, -1, dtype=np.intp)
    step[place_x] = 1
    value = np.empty(m + n)
    value[place_x], value[place_y] = x, y
    above = np.cumsum(step)
    level = np.minimum(above, above - step)
    # Crossings of one level go up and down in turn, so a stretch ends at the next crossing of its level.
    order = np.argsort(level, kind="stable")
    same = level[order[1:]] == level[order[:-1]]
    start, end = order[:-1][same], order[1:][same]
    by_end = np.argsort(end, kind="stable")
    start, end = start[by_end], end[by_end]
    focal = np.concatenate([[0], np.cumsum(step == 1)])[start].astype(np.intp)
    pool, pairs = start - focal, (end - start + 1) // 2
    if np.isfinite(width):
        low, high = _window(x, y, width)
        at = np.arange(m)
        fine = (pool - focal < _lowest(high - at, focal, pairs)) & (focal - pool <= _lowest(at - low, focal, pairs))
        start, end, focal, pool, pairs = start[fine], end[fine], focal[fine], pool[fine], pairs[fine]
    total = np.concatenate([[0.0], np.cumsum(step * (value - (value[0] if len(value) else 0.0)))])
    return _Stretches(start, end, focal, pool, pairs, np.abs(total[end + 1] - total[start]))


def _chosen(stretches: _Stretches) -> list[int]:
    """Disjoint stretches with the most pairs, then the least total gap; of equally good ones, the fewest."""
    before = np.searchsorted(stretches.end, stretches.start).tolist()
    pairs, cost = stretches.pairs.tolist(), stretches.cost.tolist()
    best: list[tuple[int, float]] = [(0, 0.0)]
    taken = []
    for k, earlier in enumerate(before):
        most, least = best[earlier]
        with_it = (most - pairs[k], least + cost[k])
        taken.append(with_it < best[k])
        best.append(min(with_it, best[k]))
    chosen, k = [], len(before)
    while k:
        if taken[k - 1]:
            chosen.append(k - 1)
            k = before[k - 1]
        else:
            k -= 1
    return chosen[::-1]


def line_pairs(x: Array, y: Array, width: float = np.inf, ratio: int = 1) -> tuple[Ints, Ints]:
    """Most pairs, then least total distance, on one line.

    Parameters
    ----------
    x, y : array, shape (m,), (n,)
        Distances of focal and pool units, in the order of their labels.
    width : float
        Widest gap within a pair.
    ratio : int
        Most pool units for a focal unit; a pool unit has one focal unit.

    Returns
    -------
    tuple of array
        Positions in `x` and in `y`, one element a pair.

    Examples
    --------
    >>> [a.tolist() for a in line_pairs(np.array([0.5, 0.6]), np.array([0.1, 0.55, 0.9]), 0.4)]
    [[0, 1], [1, 2]]

    The nearest partner of 0.5 is 0.55, but then 0.6 would have 0.9, and 0.35 is more than is needed:

    >>> [a.tolist() for a in line_pairs(np.array([0.5, 0.6]), np.array([0.4, 0.55, 0.9]), 0.4)]
    [[0, 1], [0, 1]]
    """
    by_x, by_y = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    if not len(x) or not len(y):
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    stretches = _stretches(np.repeat(x[by_x], ratio), y[by_y], width)
    chosen = _chosen(stretches)
    length = stretches.pairs[chosen]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    focal = np.repeat(stretches.focal[chosen], length) + within
    pool = np.repeat(stretches.pool[chosen], length) + within
    return by_x[focal // ratio], by_y[pool]


def reach(x: Array, y: Array, ratio: int) -> tuple[Ints, Ints]:
    """How far along a sorted pool a focal unit can need to go: first and one past the last pool unit.

    If the pool unit at place j serves the focal unit i from the right, every pool unit between some focal unit
    a <= i and j serves the focal units a to i, at most `ratio` each: so j < (pool units before a) + ratio (i - a + 1).
    The same from the left. Holds for every choice of how many partners each focal unit has, up to `ratio`.

    Parameters
    ----------
    x, y : array, sorted
    ratio : int
    """
    at = np.arange(len(x)) * ratio
    before = np.searchsorted(y, x, side="left")
    high = np.maximum.accumulate(before - at) + at + ratio
    low = np.minimum.accumulate((before - at)[::-1])[::-1] + at - ratio
    # From the left: pool units before the last focal unit b >= i, less `ratio` for each of i to b.
    return np.clip(low, 0, len(y)), np.clip(high, 0, len(y))
