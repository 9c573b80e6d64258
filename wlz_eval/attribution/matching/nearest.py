"""Nearest-neighbour matching: who chooses first, how often a partner may serve, and in how many rounds.

Each focal unit takes the nearest allowed partner that is still free. Finding that partner is left to a
*search* (`search_line.py` for one number a unit, `search_space.py` for points and matrices); this module holds the
rules that are the same for all: order, rounds, reuse, preference.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.problem import Pairs, Problem, codes_of

__all__ = ["Search", "focal_order", "nearest_pairs", "variable_ratios"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: Partners that a focal unit already has.
Taken = Sequence[int]


class Search(Protocol):
    """Finds the nearest allowed and still free partner of a focal unit."""

    def nearest(self, i: int, own: Taken) -> tuple[int, float]:
        """Row of the partner of focal row `i` who is not among `own`, and its distance; (-1, inf) if there is none."""

    def use_up(self, j: int) -> None:
        """Row `j` serves nobody any more."""


def make_search(problem: Problem) -> Search:
    """Choose the search that suits the form of the distance."""
    from wlz_eval.attribution.matching.search_line import LineSearch
    from wlz_eval.attribution.matching.search_space import SpaceSearch

    return LineSearch(problem) if problem.distance.scalar is not None else SpaceSearch(problem)


def focal_order(priority: Array, order: str, seed: int) -> Ints:
    """Who chooses first: positions of the focal units in the order in which they choose.

    Parameters
    ----------
    priority : array, shape (n,)
        Distances of the focal units, in the order of their labels, which settles ties.
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
        return np.argsort(-priority, kind="stable")
    if order == "smallest":
        return np.argsort(priority, kind="stable")
    if order == "random":
        return np.random.default_rng(seed).permutation(len(priority))
    return np.arange(len(priority))


def variable_ratios(priority: Array, ratio: float, least: int, most: int) -> Ints:
    """How many partners each focal unit gets, so that the average is `ratio` and each has `least` to `most`.

    Units who are least like the pool (largest priority) get the fewest (Ming and Rosenbaum 2000).

    Examples
    --------
    >>> variable_ratios(np.array([0.9, 0.5, 0.1]), 2, 1, 3).tolist()
    [1, 2, 3]
    """
    n = len(priority)
    total = round(ratio * n)
    at_most = int((total - least * (n - 1)) // (most - least))
    if total - least * (n - at_most - 1) - most * at_most < least:
        # The one in between would fall below the fewest: one unit less gets the most.
        at_most -= 1
    at_least = n - at_most - 1
    middle = total - (least * at_least + most * at_most)
    counts = [*[least] * max(at_least, 0), *([middle] if at_least >= 0 else []), *[most] * at_most]
    given = np.empty(n, dtype=np.intp)
    given[np.argsort(-priority, kind="stable")] = counts[:n]
    return given


class _Greedy:
    """Pairs made one after the other; every search knows at once when a partner is used up."""

    def __init__(self, searches: Sequence[Search], turns: Sequence[int], uses: Ints):
        self.searches, self.uses = searches, uses
        self.partners: dict[int, list[int]] = {i: [] for i in turns}
        self.gaps: dict[int, list[float]] = {i: [] for i in turns}

    def _pair(self, i: int, j: int, gap: float) -> None:
        self.partners[i].append(j)
        self.gaps[i].append(gap)
        self.uses[j] -= 1
        if self.uses[j] == 0:
            for search in self.searches:
                search.use_up(j)

    def in_turn(self, search: Search, turns: Sequence[int]) -> list[int]:
        """Let each unit choose in turn; return those who found nobody."""
        left = []
        for i in turns:
            j, gap = search.nearest(i, self.partners[i])
            if j < 0:
                left.append(i)
            else:
                self._pair(i, j, gap)
        return left

    def by_distance(self, search: Search, turns: Sequence[int], sign: float) -> list[int]:
        """Make the closest pair of all first (sign 1), or serve whoever is farthest from the nearest (sign -1)."""
        queue = []
        served = set()
        for place, i in enumerate(turns):
            j, gap = search.nearest(i, self.partners[i])
            if j >= 0:
                queue.append((sign * gap, place, i, j))
        heapq.heapify(queue)
        while queue:
            _, place, i, j = heapq.heappop(queue)
            found, gap = search.nearest(i, self.partners[i])
            if found == j:
                self._pair(i, j, gap)
                served.add(i)
            elif found >= 0:
                heapq.heappush(queue, (sign * gap, place, i, found))
        return [i for i in turns if i not in served]

    def round(self, turns: Sequence[int], order: str) -> None:
        """Give each of these units one more partner, preferred partners first."""
        for search in self.searches:
            if order in ("closest", "farthest"):
                turns = self.by_distance(search, turns, 1.0 if order == "closest" else -1.0)
            else:
                turns = self.in_turn(search, turns)

    def pairs(self) -> Pairs:
        """Pairs by focal row, nearest partner first."""
        one = np.array([i for i, partners in self.partners.items() for _ in partners], dtype=np.intp)
        two = np.array([j for partners in self.partners.values() for j in partners], dtype=np.intp)
        gap = np.array([g for gaps in self.gaps.values() for g in gaps], dtype=float)
        by_focal = np.lexsort((two, gap, one))
        return Pairs(one[by_focal], two[by_focal])


def _narrowing(problem: Problem) -> list[Problem]:
    """Narrow the blocks of a problem: agree on all preferred columns first, then on all but the last, and so on."""
    base = problem.block if len(problem.block) else np.zeros(len(problem.prefer), dtype=np.intp)
    depths = range(problem.prefer.shape[1], 0, -1)
    blocks = [codes_of(np.column_stack([base, problem.prefer[:, :depth]])) for depth in depths]
    return [*(replace(problem, block=block) for block in blocks), problem]


def nearest_pairs(
    problem: Problem,
    *,
    ratio: int = 1,
    with_replacement: bool = False,
    order: str = "largest",
    reuse_max: int | None = None,
    min_controls: int | None = None,
    max_controls: int | None = None,
    seed: int = 0,
) -> Pairs:
    """Pair each focal unit with its nearest partners.

    Parameters
    ----------
    problem : Problem
    ratio : int
        Partners for each focal unit. Everybody gets a first before anybody gets a second.
    with_replacement : bool
        Whether a partner may serve several focal units (never twice the same one).
    order : {"largest", "smallest", "closest", "farthest", "data", "random"}
        Who chooses first, see :func:`focal_order`; ``closest`` makes the closest remaining pair of all first,
        ``farthest`` serves first whoever is farthest from the nearest partner.
    reuse_max : int, optional
        How often a partner may serve; unlimited with replacement, once without, when left out.
    min_controls, max_controls : int, optional
        Least and most partners a focal unit; `ratio` is then the average (:func:`variable_ratios`).
    seed : int
        Of order ``random``.

    Returns
    -------
    Pairs

    References
    ----------
    Rubin (1973), Biometrics 29; agrees pair for pair with R's MatchIt 4.7.2.

    Examples
    --------
    >>> from wlz_eval.attribution.matching.problem import Distances
    >>> distance = Distances(scalar=np.array([0.5, 0.6, 0.1, 0.55, 0.9]))
    >>> nearest_pairs(Problem(focal=np.array([0, 1]), pool=np.array([2, 3, 4]), distance=distance)).two.tolist()
    [2, 3]
    """
    n = int(max(problem.focal.max(initial=-1), problem.pool.max(initial=-1))) + 1
    priority = problem.distance.scalar if problem.priority is None else problem.priority
    own_priority = np.zeros(len(problem.focal)) if priority is None else priority[problem.focal]
    turns = problem.focal[focal_order(own_priority, order, seed)].tolist()
    wanted = np.full(len(problem.focal), ratio)
    if max_controls is not None:
        wanted = variable_ratios(own_priority, ratio, min_controls or 1, max_controls)
    goal = dict(zip(problem.focal.tolist(), wanted.tolist(), strict=True))
    limit = reuse_max or (len(turns) + 1 if with_replacement else 1)
    searches = [make_search(step) for step in _narrowing(problem)]
    greedy = _Greedy(searches, turns, np.full(n, limit, dtype=np.intp))
    for number in range(int(wanted.max(initial=0))):
        greedy.round([i for i in turns if goal[i] > number and len(greedy.partners[i]) == number], order)
    return greedy.pairs()
