"""Nearest free partner when the distance is one number a unit: sorted pool, binary search, two union-finds.

The pool is sorted once by block and distance. Each focal unit finds its place by binary search, and two union-finds
lead from there to the next free unit on either side, so n units cost about n log n. The pool's order (block,
distance, label) settles every tie: of two units equally far away the one with the lower distance is taken; of
several with the same distance, the one that stands next to the focal unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wlz_eval.attribution.matching.problem import Problem

__all__ = ["LineSearch", "PairRule", "find_free"]

INFINITE = float("inf")
#: Where to look next from each place. Of a nation's places few are ever looked at, so that a view of an array, from
#: which numbers are made as they are read, is built faster and needs a fifth of the memory of a list.
Links = list[int] | memoryview


def find_free(link: Links, i: int) -> int:
    """Follow links to a free place, shortening the way for the next search."""
    root = i
    while link[root] != root:
        root = link[root]
    while link[i] != root:
        link[i], i = root, link[i]
    return root


class PairRule:
    """Whether two rows may be paired by the calipers on covariates and by antiexact, one pair at a time."""

    def __init__(self, problem: Problem):
        scalar = problem.distance.scalar
        self.limits = [
            (c.values.tolist(), c.width) for c in problem.calipers if c.values is not None and c.values is not scalar
        ]
        self.unlike = [codes.tolist() for codes in problem.antiexact.T]
        self.needed = bool(self.limits or self.unlike)

    def __call__(self, i: int, j: int) -> bool:
        """Judge one pair of rows."""
        return all(abs(v[i] - v[j]) <= width for v, width in self.limits) and all(
            codes[i] != codes[j] for codes in self.unlike
        )


class LineSearch:
    """Search along one number."""

    def __init__(self, problem: Problem):
        scalar = problem.distance.scalar
        assert scalar is not None
        pool, focal = problem.pool, problem.focal
        block = problem.block if len(problem.block) else np.zeros(len(scalar), dtype=np.intp)
        order = pool[np.lexsort((scalar[pool], block[pool]) if len(problem.block) else (scalar[pool],))]
        self.caliper = problem.scalar_caliper
        self.rule = PairRule(problem)
        self.rows, self.value = order.data, scalar[order].data
        self.place = np.empty(len(scalar), dtype=np.intp)
        self.place[order] = np.arange(len(order))
        # Shifted by one: 0 and n + 1 stand for "nobody left on this side".
        self.left, self.right = np.arange(len(order) + 2).data, np.arange(len(order) + 2).data
        self._seat(focal, scalar, block, order, "left" if problem.focal_first else "right")

    def _seat(
        self, focal: np.ndarray, scalar: np.ndarray, block: np.ndarray, order: np.ndarray, side: str
    ) -> None:
        """Find, for each focal unit, the ends of its block in the pool and where it would stand."""
        low = np.searchsorted(block[order], block[focal], side="left")
        high = np.searchsorted(block[order], block[focal], side="right")
        at = np.empty(len(focal), dtype=np.intp)
        by_block = np.argsort(block[focal], kind="stable")
        starts = np.flatnonzero(np.diff(block[focal][by_block], prepend=-1))
        for here in np.split(by_block, starts[1:]) if len(focal) else []:
            lo, hi = int(low[here[0]]), int(high[here[0]])
            at[here] = lo + np.searchsorted(scalar[order[lo:hi]], scalar[focal[here]], side=side)  # type: ignore[call-overload]
        seats = zip(low.tolist(), high.tolist(), at.tolist(), scalar[focal].tolist(), strict=True)
        self.seat = dict(zip(focal.tolist(), seats, strict=True))

    def use_up(self, j: int) -> None:
        """Row `j` serves nobody any more."""
        at = int(self.place[j]) + 1
        self.left[at], self.right[at] = at - 1, at + 1

    def nearest(self, i: int, own: Sequence[int]) -> tuple[int, float]:
        """Row of the nearest allowed and free partner of row `i`, and its distance; (-1, inf) if there is none."""
        lo, hi, at, goal = self.seat[i]
        value, rows = self.value, self.rows
        below, above = find_free(self.left, at) - 1, find_free(self.right, at + 1) - 1
        while True:
            gap_below = goal - value[below] if below >= lo else INFINITE
            gap_above = value[above] - goal if above < hi else INFINITE
            lower = gap_below <= gap_above
            gap, here = (gap_below, below) if lower else (gap_above, above)
            if gap > self.caliper or gap == INFINITE:
                return -1, INFINITE
            j = rows[here]
            if j not in own and (not self.rule.needed or self.rule(i, j)):
                return j, gap
            if lower:
                below = find_free(self.left, below) - 1
            else:
                above = find_free(self.right, above + 2) - 1
