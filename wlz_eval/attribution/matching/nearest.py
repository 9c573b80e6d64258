"""Nearest-neighbour matching on one number, in order, within blocks and a caliper.

The pool is sorted once by block and distance; each child finds its place by binary search, and two
union-finds lead from there to the next free neighbour on either side. So n children cost about n log n.
The pool's order (block, distance, label) settles every tie: of two neighbours equally far away the one with
the lower distance is taken; of several with the same distance, the one that stands next to the child.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["focal_order", "nearest_pairs"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: For each focal child: first and one past the last unit of its block, and where it would stand.
Places = tuple[list[int], list[int], list[int]]


def focal_order(distance: Array, order: str, seed: int) -> Ints:
    """Who chooses first: positions of the focal children in the order in which they choose.

    Parameters
    ----------
    distance : array, shape (n,)
        Distances of the focal children, in the order of their labels, which settles ties.
    order : {"largest", "smallest", "data", "random"}
        ``data`` is the order of the labels, so that shuffled rows give the same pairs.
    seed : int
        Of ``random``.

    Examples
    --------
    >>> focal_order(np.array([0.2, 0.9, 0.2]), "largest", 0).tolist()
    [1, 0, 2]
    """
    if order == "largest":
        return np.argsort(-distance, kind="stable")
    if order == "smallest":
        return np.argsort(distance, kind="stable")
    if order == "random":
        return np.random.default_rng(seed).permutation(len(distance))
    return np.arange(len(distance))


class _Pool:
    """Comparison units sorted by block, distance and (the sort being stable) label."""

    def __init__(self, distance: Array, block: Ints):
        self.order = np.lexsort((distance, block))
        self.value = distance[self.order]
        self.block = block[self.order]

    def places(self, distance: Array, block: Ints, side: Literal["left", "right"]) -> Places:
        """For each focal child: first and one past the last unit of its block, and where it would stand."""
        low = np.searchsorted(self.block, block, side="left")
        high = np.searchsorted(self.block, block, side="right")
        place = np.empty(len(distance), dtype=np.intp)
        for b in np.unique(block):
            here = block == b
            lo, hi = int(low[here][0]), int(high[here][0])
            place[here] = lo + np.searchsorted(self.value[lo:hi], distance[here], side=side)
        return low.tolist(), high.tolist(), place.tolist()


def _find(link: list[int], i: int) -> int:
    """Follow links to a free unit, shortening the way for the next search."""
    root = i
    while link[root] != root:
        root = link[root]
    while link[i] != root:
        link[i], i = root, link[i]
    return root


def _without_replacement(
    pool: _Pool, target: Array, places: Places, turns: Ints, ratio: int, caliper: float
) -> list[tuple[int, int]]:
    n = len(pool.value)
    # Shifted by one: 0 and n + 1 stand for "nobody left on this side".
    left, right = list(range(n + 2)), list(range(n + 2))
    value = pool.value.tolist()
    low, high, place = places
    pairs: list[tuple[int, int]] = []
    goals = target.tolist()
    open_turns = turns.tolist()
    for _ in range(ratio):
        served = []
        for i in open_turns:
            lo, hi, at, goal = low[i], high[i], place[i], goals[i]
            below = _find(left, at) - 1
            above = _find(right, at + 1) - 1
            gap_below = goal - value[below] if below >= lo else np.inf
            gap_above = value[above] - goal if above < hi else np.inf
            gap = min(gap_below, gap_above)
            if gap == np.inf or gap > caliper:
                continue
            taken = below if gap_below <= gap_above else above
            left[taken + 1], right[taken + 1] = taken, taken + 2
            pairs.append((i, taken))
            served.append(i)
        open_turns = served
    return pairs


def _with_replacement(
    pool: _Pool, target: Array, places: Places, turns: Ints, ratio: int, caliper: float
) -> list[tuple[int, int]]:
    value = pool.value.tolist()
    low, high, place = places
    goals = target.tolist()
    pairs: list[tuple[int, int]] = []
    for i in turns.tolist():
        lo, hi, goal = low[i], high[i], goals[i]
        above, below = place[i], place[i] - 1
        for _ in range(ratio):
            gap_below = goal - value[below] if below >= lo else np.inf
            gap_above = value[above] - goal if above < hi else np.inf
            gap = min(gap_below, gap_above)
            if gap == np.inf or gap > caliper:
                break
            if gap_below <= gap_above:
                pairs.append((i, below))
                below -= 1
            else:
                pairs.append((i, above))
                above += 1
    return pairs


def nearest_pairs(
    focal: npt.ArrayLike,
    pool: npt.ArrayLike,
    *,
    ratio: int = 1,
    replace: bool = False,
    caliper: float = np.inf,
    order: str = "largest",
    focal_block: npt.ArrayLike | None = None,
    pool_block: npt.ArrayLike | None = None,
    focal_first: bool = True,
    seed: int = 0,
) -> tuple[Ints, Ints]:
    """Pair each focal child with its nearest comparison children.

    Parameters
    ----------
    focal, pool : array
        Distances, each sorted by the units' labels.
    ratio : int
        Comparison children for each focal child. Without replacement everybody gets a first before
        anybody gets a second.
    replace : bool
        Whether a comparison child may serve several times (never twice for the same child).
    caliper : float
        Widest absolute distance within a pair; never exceeded.
    order : {"largest", "smallest", "data", "random"}
        See :func:`focal_order`.
    focal_block, pool_block : array of int, optional
        Only units of the same block are paired.
    focal_first : bool
        Whether a focal child stands before the pool's units of the very same distance: then it meets the first
        of them, else the last.
    seed : int

    Returns
    -------
    tuple of array
        Positions in `focal` and in `pool`, one element a pair, by focal position and then by nearness.

    Examples
    --------
    >>> nearest_pairs([0.5, 0.6], [0.1, 0.55, 0.9])[1].tolist()
    [0, 1]
    """
    target, candidates = np.asarray(focal, dtype=float), np.asarray(pool, dtype=float)
    one = (
        np.zeros(len(target), dtype=np.intp)
        if focal_block is None
        else np.asarray(focal_block, dtype=np.intp)
    )
    two = (
        np.zeros(len(candidates), dtype=np.intp)
        if pool_block is None
        else np.asarray(pool_block, dtype=np.intp)
    )
    sorted_pool = _Pool(candidates, two)
    turns = focal_order(target, order, seed)
    pair = _with_replacement if replace else _without_replacement
    places = sorted_pool.places(target, one, "left" if focal_first else "right")
    pairs = pair(sorted_pool, target, places, turns, ratio, caliper)
    if not pairs:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    found = np.array(pairs, dtype=np.intp)
    by_focal = np.argsort(found[:, 0], kind="stable")
    return found[by_focal, 0], sorted_pool.order[found[by_focal, 1]]
