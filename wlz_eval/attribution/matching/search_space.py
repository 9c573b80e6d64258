"""Nearest free partner when the distance is between points, or given as a matrix.

Pool units at the very same point are kept together, and a k-d tree a block finds the nearest points, a few at
first and twice as many whenever they run out. Distances that differ by rounding only are a tie, which the lower
label settles; so a batch is used only as far as its last tie is surely complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.problem import TIE, Problem
from wlz_eval.attribution.matching.search_line import PairRule, find_free

__all__ = ["SpaceSearch"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
INFINITE = float("inf")
#: Nearest points asked for at first.
FIRST = 8


class _Places:
    """Pool units grouped by point: members of each place are neighbours, lowest label first."""

    def __init__(self, rows: Ints, place: Ints):
        order = np.lexsort((rows, place))
        self.rows = rows[order].tolist()
        self.start = np.searchsorted(place[order], np.arange(int(place.max(initial=-1)) + 2)).tolist()
        self.position = dict(zip(self.rows, range(len(self.rows)), strict=True))
        self.next = list(range(len(self.rows) + 1))

    def use_up(self, j: int) -> None:
        at = self.position[j]
        self.next[at] = at + 1

    def alive(self, place: int) -> bool:
        """Whether anybody of this place is still free."""
        return find_free(self.next, self.start[place]) < self.start[place + 1]


def _distinct_points(points: Array, rows: Ints, block: Ints) -> tuple[Ints, Ints]:
    """Place of each row (same block, same point), and one row that stands for each place."""
    keys = np.column_stack([block[rows].astype(float), points[rows]])
    _, first, place = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return place.reshape(-1).astype(np.intp), rows[first]


class _Queue:
    """Places that one focal unit has yet to try: groups of equal distance, nearest first."""

    __slots__ = ("asked", "at", "complete", "groups", "reach", "unit")

    def __init__(self, unit: float) -> None:
        self.unit = unit
        self.groups: list[tuple[float, list[int]]] = []
        self.at = self.asked = 0
        self.complete = False
        self.reach = -1.0

    def refill(self, groups: list[tuple[float, list[int]]], asked: int, complete: bool) -> None:
        """Take in a larger answer, without what was tried before."""
        beyond = self.reach + TIE * (self.unit + self.reach) if self.reach >= 0 else -1.0
        self.groups, self.at = [group for group in groups if group[0] > beyond], 0
        self.asked, self.complete = asked, complete
        if self.groups:
            self.reach = self.groups[-1][0]


def _tie_groups(distance: Array, places: Ints, complete: bool, unit: float) -> list[tuple[float, list[int]]]:
    """Group places by distance; leave the last group out unless nothing can be missing from it."""
    if not len(distance):
        return []
    order = np.argsort(distance, kind="stable")
    distance, places = distance[order], places[order]
    new = np.diff(distance, prepend=-np.inf) > TIE * (unit + distance)
    starts = np.flatnonzero(new)
    ends = np.append(starts[1:], len(distance))
    groups = [(float(distance[a]), places[a:b].tolist()) for a, b in zip(starts, ends, strict=True)]
    return groups if complete else groups[:-1]


def _unit(problem: Problem) -> float:
    """Size to which rounding is relative: 1, or the largest number where all are smaller."""
    values = problem.distance.matrix
    if problem.distance.points is not None:
        values = problem.distance.points[np.concatenate([problem.focal, problem.pool])]
    assert values is not None
    return float(np.abs(values).max(initial=0.0, where=np.isfinite(values)).clip(max=1.0))


def _all_tie_groups(
    distance: Array, places: Ints, complete: bool, unit: float
) -> Iterator[list[tuple[float, list[int]]]]:
    """Make the groups of many units at once, one row a unit: few have ties, and only those are looked at one by one."""
    order = np.argsort(distance, axis=1, kind="stable")
    distance, places = np.take_along_axis(distance, order, axis=1), np.take_along_axis(places, order, axis=1)
    untied = np.asarray((np.diff(distance, axis=1) > TIE * (unit + distance[:, 1:])).all(axis=1), dtype=bool)
    last = distance.shape[1] if complete else distance.shape[1] - 1
    gaps, own = distance[:, :last].tolist(), places[:, :last, None].tolist()
    for row in range(len(distance)):
        if untied[row]:
            yield list(zip(gaps[row], own[row], strict=True))
        else:
            yield _tie_groups(distance[row], places[row], complete, unit)


class SpaceSearch:
    """Search among points or in a matrix."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.rule = PairRule(problem)
        widths = [c.width for c in problem.calipers if c.values is None]
        self.caliper = min(widths, default=INFINITE)
        n = int(max(problem.focal.max(initial=-1), problem.pool.max(initial=-1))) + 1
        self.block = problem.block if len(problem.block) else np.zeros(n, dtype=np.intp)
        points = problem.distance.points
        self.unit = _unit(problem)
        self.queues: dict[int, _Queue] = {i: _Queue(self.unit) for i in problem.focal.tolist()}
        if points is None:
            place, self.stands_for = np.arange(len(problem.pool)), problem.pool
        else:
            place, self.stands_for = _distinct_points(points, problem.pool, self.block)
        self.places = _Places(problem.pool, place)
        self.place_of = dict(zip(problem.pool.tolist(), place.tolist(), strict=True))
        by_block = np.argsort(self.block[self.stands_for], kind="stable")
        codes, starts = np.unique(self.block[self.stands_for][by_block], return_index=True)
        self.of_block: dict[int, Ints] = dict(zip(codes.tolist(), np.split(by_block, starts[1:]), strict=True))
        self.dead = dict.fromkeys(self.of_block, 0)
        self.trees: dict[int, Any] = {}
        if points is not None:
            self._ask_all(points)

    def use_up(self, j: int) -> None:
        """Row `j` serves nobody any more."""
        self.places.use_up(j)
        if not self.places.alive(self.place_of[j]):
            self.dead[int(self.block[j])] += 1

    def _tree(self, block: int) -> Any:
        """Tree of a block's places, without those that are used up once they are the most."""
        from scipy.spatial import cKDTree

        places = self.of_block[block]
        crowded = 2 * self.dead[block] > len(places)
        if block not in self.trees or crowded:
            if crowded:
                places = np.array([p for p in places.tolist() if self.places.alive(p)], dtype=np.intp)
                self.of_block[block], self.dead[block] = places, 0
            points = self.problem.distance.points
            assert points is not None
            self.trees[block] = cKDTree(points[self.stands_for[places]]) if len(places) else None
        return self.trees[block]

    def _ask_all(self, points: Array) -> None:
        """Ask for the first few nearest places of every focal unit at once, block by block."""
        focal = self.problem.focal
        by_block = np.argsort(self.block[focal], kind="stable")
        codes, starts = np.unique(self.block[focal][by_block], return_index=True)
        for code, here in zip(codes.tolist(), np.split(focal[by_block], starts[1:]), strict=True):
            if code not in self.of_block:
                continue
            tree, places = self._tree(code), self.of_block[code]
            k = min(FIRST, len(places))
            _, found = tree.query(points[here], k=range(1, k + 1))
            distance = self.problem.distance.between(here[:, None], self.stands_for[places[found]])
            complete = k == len(places)
            answers = _all_tie_groups(distance, places[found], complete, self.unit)
            for i, groups in zip(here.tolist(), answers, strict=True):
                self.queues[i].refill(groups, k, complete)

    def _ask_more(self, i: int) -> bool:
        """Find farther places for one focal unit; False when it has tried them all."""
        queue, block = self.queues[i], int(self.block[i])
        if queue.complete or block not in self.of_block:
            return False
        if self.problem.distance.points is None:
            self._ask_matrix(i, queue, self.of_block[block])
            return True
        before = len(self.of_block[block])
        tree, places = self._tree(block), self.of_block[block]
        if not len(places):
            return False
        asked = queue.asked if len(places) == before else 0
        k = min(max(2 * asked, FIRST), len(places))
        _, found = tree.query(self.problem.distance.points[i], k=range(1, k + 1))
        gaps = self.problem.distance.between(np.full(k, i), self.stands_for[places[found]])
        groups = _tie_groups(gaps, places[found], k == len(places), self.unit)
        queue.refill(groups, k, k == len(places))
        return True

    def _ask_matrix(self, i: int, queue: _Queue, places: Ints) -> None:
        gaps = self.problem.distance.between(np.full(len(places), i), self.stands_for[places])
        finite = np.isfinite(gaps)
        groups = _tie_groups(gaps[finite], places[finite], complete=True, unit=self.unit)
        queue.refill(groups, len(places), complete=True)

    def _best_of(self, i: int, group: list[int], own: Sequence[int]) -> int:
        """Lowest row among the free and allowed units of these places; -1 if there is none."""
        best = -1
        places = self.places
        for place in group:
            end = places.start[place + 1]
            at = find_free(places.next, places.start[place])
            while at < end:
                j = places.rows[at]
                if 0 <= best <= j:
                    break
                if j not in own and (not self.rule.needed or self.rule(i, j)):
                    best = j
                    break
                at = find_free(places.next, at + 1)
        return best

    def nearest(self, i: int, own: Sequence[int]) -> tuple[int, float]:
        """Row of the nearest allowed and free partner of row `i`, and its distance; (-1, inf) if there is none."""
        queue = self.queues[i]
        while True:
            if queue.at >= len(queue.groups):
                if not self._ask_more(i):
                    return -1, INFINITE
                continue
            gap, group = queue.groups[queue.at]
            if gap > self.caliper:
                return -1, INFINITE
            j = self._best_of(i, group, own)
            if j >= 0:
                return j, gap
            queue.at += 1
