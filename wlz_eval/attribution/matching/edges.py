"""Pairs that a matching problem allows, as a list: what the optimising methods choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.problem import Caliper, Problem
from wlz_eval.core.errors import DesignError

__all__ = ["MOST_EDGES", "Edges", "allowed_edges", "blocks_of", "connected", "on_a_line"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

#: From sorted numbers of focal and pool units to a window of the pool for each focal unit: first, one past the last.
Windows = Callable[[Array, Array], tuple[Ints, Ints]]

#: More allowed pairs than this do not fit a small computer's memory together with a solver (about 100 bytes each).
MOST_EDGES = 20_000_000
#: Pairs looked at in one go.
CHUNK = 2_000_000


@dataclass(frozen=True)
class Edges:
    """Allowed pairs, by focal unit and then by pool unit.

    Parameters
    ----------
    one, two : array of int
        Positions in ``problem.focal`` and in ``problem.pool``.
    distance : array
    """

    one: Ints
    two: Ints
    distance: Array

    def __len__(self) -> int:
        return len(self.one)

    def keep(self, which: Bools | Ints) -> Edges:
        """Only some of the pairs, by mask or by number."""
        return Edges(self.one[which], self.two[which], self.distance[which])


def _is_the_distance(caliper: Caliper, problem: Problem) -> bool:
    scalar = problem.distance.scalar
    if caliper.values is None or caliper.values is scalar:
        return True
    return scalar is not None and np.array_equal(caliper.values, scalar)


def on_a_line(problem: Problem) -> bool:
    """Whether, within a block, the distance and the limits are all about one number a unit."""
    line = problem.distance.scalar is not None and problem.antiexact.size == 0
    return line and all(_is_the_distance(caliper, problem) for caliper in problem.calipers)


def blocks_of(problem: Problem) -> Iterator[tuple[Ints, Ints]]:
    """Positions in focal and in pool of each block that has both, in the order of the blocks."""
    m, n = len(problem.focal), len(problem.pool)
    if not len(problem.block):
        if m and n:
            yield np.arange(m), np.arange(n)
        return
    one, two = problem.block[problem.focal], problem.block[problem.pool]
    by_one, by_two = np.argsort(one, kind="stable"), np.argsort(two, kind="stable")
    for block in np.intersect1d(one, two):
        first, last = np.searchsorted(one[by_one], [block, block + 1])
        low, high = np.searchsorted(two[by_two], [block, block + 1])
        yield by_one[first:last], by_two[low:high]


def _narrowest(problem: Problem, focal: Ints, pool: Ints) -> tuple[Ints, Ints, Ints]:
    """Order the pool by the covariate whose caliper leaves fewest candidates, and a window in it for each focal unit.

    Windows are a little too wide rather than too narrow; the exact limits are checked afterwards.
    """
    best = np.zeros(len(focal), dtype=np.intp), np.full(len(focal), len(pool), dtype=np.intp), np.arange(len(pool))
    for caliper in problem.calipers:
        values = problem.distance.scalar if caliper.values is None else caliper.values
        if values is None or not np.isfinite(caliper.width):
            continue
        x, y = values[problem.focal[focal]], values[problem.pool[pool]]
        order = np.argsort(y, kind="stable")
        slack = caliper.width + 1e-9 * (caliper.width + np.abs(x))
        low, high = np.searchsorted(y[order], x - slack), np.searchsorted(y[order], x + slack, side="right")
        if (high - low).sum() < (best[1] - best[0]).sum():
            best = low, high, order
    return best


def _candidates(problem: Problem, focal: Ints, pool: Ints, windows: Windows | None) -> tuple[Ints, Ints, Ints]:
    low, high, order = _narrowest(problem, focal, pool)
    if windows is None or not on_a_line(problem):
        return low, high, order
    scalar = problem.distance.scalar
    assert scalar is not None
    x, y = scalar[problem.focal[focal]], scalar[problem.pool[pool]]
    by_x, by_y = np.argsort(x, kind="stable"), np.argsort(y, kind="stable")
    first, last = np.empty_like(by_x), np.empty_like(by_x)
    first[by_x], last[by_x] = windows(x[by_x], y[by_y])
    if low.any() or (high < len(pool)).any():
        # The window of the caliper is in the same order, since the only calipers are on the distance itself.
        return np.maximum(first, low), np.maximum(np.minimum(last, high), np.maximum(first, low)), by_y
    return first, last, by_y


def _near_in_space(problem: Problem, focal: Ints, pool: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Candidates for a caliper on a Euclidean distance, by a k-d tree."""
    from scipy.spatial import KDTree

    points = problem.distance.points
    assert points is not None
    width = min(c.width for c in problem.calipers if c.values is None)
    tree = KDTree(points[problem.pool[pool]])
    here = points[problem.focal[focal]]
    slack = width * (1 + 1e-9) + 1e-300
    counts = tree.query_ball_point(here, slack, return_length=True)
    for part in _parts(counts):
        found = tree.query_ball_point(here[part], slack, return_sorted=True)
        flat = np.concatenate([np.asarray(f, dtype=np.intp) for f in found]) if len(found) else np.zeros(0, np.intp)
        yield focal[np.repeat(np.arange(len(focal))[part], counts[part])], pool[flat]


def _parts(counts: Ints) -> Iterator[slice]:
    """Cut the focal units into runs of at most about CHUNK candidates."""
    total = np.cumsum(counts)
    start = 0
    while start < len(counts):
        done = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, done + CHUNK, side="right")))
        yield slice(start, stop)
        start = stop


def _in_windows(problem: Problem, focal: Ints, pool: Ints, windows: Windows | None) -> Iterator[tuple[Ints, Ints]]:
    low, high, order = _candidates(problem, focal, pool, windows)
    counts = high - low
    for part in _parts(counts):
        length = counts[part]
        within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
        yield focal[part].repeat(length), pool[order[np.repeat(low[part], length) + within]]


def _too_many(problem: Problem) -> DesignError:
    return DesignError(
        f"{len(problem.focal):,} units to match and {len(problem.pool):,} in the pool leave more than {MOST_EDGES:,} "
        "allowed pairs, too many to optimise over. Set a narrower caliper, add exact blocks, or use method 'nearest'."
    )


def allowed_edges(
    problem: Problem, *, windows: Windows | None = None, useful: Callable[[Edges], Bools] | None = None
) -> Edges:
    """Every pair that the problem allows.

    Parameters
    ----------
    problem : Problem
    windows : callable, optional
        On one line (see :func:`on_a_line`) only pairs within these windows are listed; elsewhere it is not asked.
    useful : callable, optional
        Which of some edges are needed; the others are dropped as they are found.

    Returns
    -------
    Edges

    Raises
    ------
    DesignError
        For more than :data:`MOST_EDGES` pairs.

    Examples
    --------
    >>> from wlz_eval.attribution.matching.problem import Caliper, Distances
    >>> x = np.array([0.1, 0.5, 0.2, 0.9])
    >>> problem = Problem(np.array([0, 1]), np.array([2, 3]), Distances(scalar=x), (Caliper("distance", 0.4, x),))
    >>> edges = allowed_edges(problem)
    >>> edges.one.tolist(), edges.two.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    limits = [c.width for c in problem.calipers if c.values is None]
    in_space = problem.distance.points is not None and min(limits, default=np.inf) < np.inf
    found: list[Edges] = []
    size = 0
    for focal, pool in blocks_of(problem):
        pieces = _near_in_space(problem, focal, pool) if in_space else _in_windows(problem, focal, pool, windows)
        for i, j in pieces:
            one, two = problem.focal[i], problem.pool[j]
            fine = problem.allowed(one, two)
            i, j = i[fine], j[fine]
            distance = problem.distance.between(one[fine], two[fine])
            edges = Edges(i, j, distance).keep(np.isfinite(distance))
            edges = edges.keep(useful(edges)) if useful else edges
            size += len(edges)
            if size > MOST_EDGES:
                raise _too_many(problem)
            found.append(edges)
    if not found:
        return Edges(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))
    one, two, distance = (np.concatenate([getattr(e, name) for e in found]) for name in ("one", "two", "distance"))
    order = np.lexsort((two, one))
    return Edges(one[order], two[order], distance[order])


def connected(edges: Edges, shape: tuple[int, int]) -> list[Edges]:
    """Split the edges by connected component.

    Examples
    --------
    >>> edges = Edges(np.array([0, 1, 1]), np.array([1, 0, 2]), np.zeros(3))
    >>> [part.two.tolist() for part in connected(edges, (2, 3))]
    [[1], [0, 2]]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(edges):
        return []
    m, n = shape
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges.one, m + edges.two)), shape=(m + n, m + n))
    part = connected_components(graph, directed=False)[1][edges.one]
    order = np.argsort(part, kind="stable")
    return [edges.keep(piece) for piece in np.split(order, np.flatnonzero(np.diff(part[order])) + 1)]
