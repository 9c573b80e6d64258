"""Optimal full matching: everybody into sets of one focal unit with pool units, or one pool unit with focal units.

Hansen and Klopfer 2006, Journal of Computational and Graphical Statistics 15: of all such divisions, the one with the
least total distance between the unit that stands alone on its side and the others of its set.

Without limits on the sizes of the sets this is the least edge cover: every unit could have its nearest, and a pair
that serves both its units at once saves the sum of their two nearest distances less its own. So the pairs that save
anything, which are few, go to an assignment that saves most, and whoever is left joins the nearest. With limits that
this breaks, the division comes from min-cost flow over all allowed pairs (:mod:`.flow`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.edges import Edges, allowed_edges, connected
from wlz_eval.attribution.matching.flow import Side, chosen_edges, most_covered
from wlz_eval.attribution.matching.problem import Problem, Strata
from wlz_eval.core.errors import DesignError, OptionError

__all__ = ["adjacent", "full_strata"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Limits:
    """How many pairs a unit of each side must have and may have."""

    focal_least: int
    focal_most: int
    pool_least: int
    pool_most: int


def _limits(least: float, most: float, m: int, n: int) -> _Limits:
    """Turn pool units per focal unit into limits on both sides, as R's optmatch does."""
    if not (0 <= least <= most and most > 0):
        raise OptionError(
            f"min_controls {least} and max_controls {most} must satisfy 0 <= min_controls <= max_controls, and "
            "max_controls more than 0. 0.5 means one comparison unit to two units that are matched."
        )
    small = 1e-9
    return _Limits(
        focal_least=max(1, math.ceil(least - small)),
        focal_most=n if most >= n else max(1, math.floor(most + small)),
        pool_least=1 if most >= 1 else math.ceil(1 / most - small),
        pool_most=1 if least >= 1 else m if least * m <= 1 else math.floor(1 / least + small),
    )


def adjacent(x: Array, y: Array) -> tuple[Ints, Ints]:
    """Windows of a sorted pool outside of which no pair of the least cover lies: first and one past the last.

    If a pool unit and, beyond it, a focal unit stand between the two of a pair, both have somebody nearer, and
    together no further away than each other.

    Parameters
    ----------
    x, y : array, sorted
        Numbers of focal and of pool units.
    """
    n = len(y)
    padded = np.concatenate([[-np.inf], y, [np.inf]])
    focal = np.concatenate([[-np.inf], x, [np.inf]])
    # The first pool unit to the right and then the first focal unit beyond it; the same to the left.
    right = padded[np.searchsorted(y, x, side="left") + 1]
    left = padded[np.searchsorted(y, x, side="right")]
    beyond = focal[np.searchsorted(x, right, side="right") + 1]
    before = focal[np.searchsorted(x, left, side="left")]
    low = np.searchsorted(y, before, side="left")
    high = np.where(beyond == np.inf, n, np.searchsorted(y, beyond, side="right"))
    return low, high


def _nearest(problem: Problem) -> tuple[Array, Array]:
    """Distance of each focal and of each pool unit to the nearest allowed one of the other side."""
    one, two = np.full(len(problem.focal), np.inf), np.full(len(problem.pool), np.inf)

    def note(edges: Edges) -> Bools:
        np.minimum.at(one, edges.one, edges.distance)
        np.minimum.at(two, edges.two, edges.distance)
        return np.zeros(len(edges), dtype=bool)

    allowed_edges(problem, windows=adjacent, useful=note)
    return one, two


def _most_saved(edges: Edges, saved: Array) -> Bools:
    """Choose the disjoint edges that save most in total, within one connected set."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    chosen = np.zeros(len(edges), dtype=bool)
    rows, one = np.unique(edges.one, return_inverse=True)
    columns, two = np.unique(edges.two, return_inverse=True)
    m, n = len(rows), len(columns)
    if m == 1 or n == 1:
        chosen[np.argmax(saved)] = True
        return chosen
    # Going without saves nothing and costs 2; a zero would be no edge.
    cost = np.concatenate([2.0 - saved / saved.max(), np.full(m, 2.0)])
    row, column = np.concatenate([one, np.arange(m)]), np.concatenate([two, n + np.arange(m)])
    i, j = min_weight_full_bipartite_matching(csr_array((cost, (row, column)), shape=(m, n + m)))
    return np.isin(one * n + two, (i * n + j)[j < n])


def _least_cover(problem: Problem) -> Edges:
    """Edges of least total distance such that every unit that has an allowed pair is in one."""
    one, two = _nearest(problem)

    def useful(edges: Edges) -> Bools:
        near = (edges.distance <= one[edges.one]) | (edges.distance <= two[edges.two])
        return near | (edges.distance < one[edges.one] + two[edges.two])

    edges = allowed_edges(problem, windows=adjacent, useful=useful)
    number = np.arange(len(edges))
    saved = one[edges.one] + two[edges.two] - edges.distance
    worth = number[saved > 0]
    numbered = Edges(edges.one[worth], edges.two[worth], worth.astype(float))
    chosen = np.zeros(len(edges), dtype=bool)
    for part in connected(numbered, (len(one), len(two))):
        its = part.distance.astype(np.intp)
        chosen[its] = _most_saved(part, saved[its])
    for side, nearest in ((edges.one, one), (edges.two, two)):
        left = ~np.isin(side, side[chosen]) & (edges.distance <= nearest[side])
        _, first = np.unique(side[left], return_index=True)
        chosen[number[left][first]] = True
    return edges.keep(chosen)


def _stars(edges: Edges) -> Edges:
    """Take out edges both of whose units have another one: they cost nothing, or the total would not be least."""
    one, two = np.bincount(edges.one), np.bincount(edges.two)
    keep = np.ones(len(edges), dtype=bool)
    for e in np.flatnonzero((one[edges.one] > 1) & (two[edges.two] > 1)):
        i, j = edges.one[e], edges.two[e]
        if one[i] > 1 and two[j] > 1:
            keep[e] = False
            one[i] -= 1
            two[j] -= 1
    return edges.keep(keep)


def _fits(edges: Edges, limits: _Limits) -> bool:
    if not len(edges):
        return True
    focal, pool = np.bincount(edges.one), np.bincount(edges.two)
    return focal.max() <= limits.focal_most and pool.max() <= limits.pool_most


def _by_flow(edges: Edges, shape: tuple[int, int], limits: _Limits, omit: float) -> Edges:
    """Least total distance within the limits, most units of either side in a set."""
    edges = edges.keep(np.bincount(edges.one, minlength=shape[0])[edges.one] >= limits.focal_least)
    edges = edges.keep(np.bincount(edges.two, minlength=shape[1])[edges.two] >= limits.pool_least)
    if not len(edges):
        return edges
    rows, one = np.unique(edges.one, return_inverse=True)
    columns, two = np.unique(edges.two, return_inverse=True)
    m, n = len(rows), len(columns)
    narrow = Edges(one, two, edges.distance)
    focal_total, pool_total = limits.focal_least * m, limits.pool_least * n
    # A unit of one side is in a set when it has one pair: then as many as can be are demanded, which both sides reach
    # at once. Where it needs several, all units must have them.
    if limits.focal_least == 1:
        focal_total = most_covered(narrow, (m, n), limits.pool_most)
    if limits.pool_least == 1:
        most = most_covered(Edges(two, one, edges.distance), (n, m), limits.focal_most)
        pool_total = min(most, math.ceil((1 - omit) * n - 1e-9))
    focal = Side(m, limits.focal_least, min(limits.focal_most, n), focal_total)
    pool = Side(n, limits.pool_least, min(limits.pool_most, m), pool_total, exact=False)
    chosen = chosen_edges(narrow, focal, pool) if focal.first <= focal.most and pool.first <= pool.most else None
    if chosen is None:
        raise DesignError(
            "No division into sets gives every unit as many partners as min_controls and max_controls demand. "
            "Lower min_controls, raise max_controls, or widen the caliper."
        )
    return edges.keep(chosen)


def _codes(problem: Problem, edges: Edges) -> Strata:
    """Give each set a number, in the order of their lowest rows."""
    distance = problem.distance
    size = next(len(a) for a in (distance.scalar, distance.points, distance.row) if a is not None)
    code = np.full(size, -1, dtype=np.intp)
    one, two = problem.focal[edges.one], problem.pool[edges.two]
    lowest = np.arange(size)
    # In a star two rounds reach everybody: to the centre and back.
    for _ in range(2):
        np.minimum.at(lowest, one, lowest[two])
        np.minimum.at(lowest, two, lowest[one])
    inside = np.unique(np.concatenate([one, two]))
    code[inside] = np.unique(lowest[inside], return_inverse=True)[1]
    return Strata(code)


def full_strata(
    problem: Problem, min_controls: float = 0.0, max_controls: float = math.inf, omit_fraction: float = 0.0
) -> Strata:
    """Divide all units into sets of least total distance, each around one focal or one pool unit.

    Parameters
    ----------
    problem : Problem
        Blocks, calipers and antiexact columns hold between the unit in the centre of a set and every other.
    min_controls, max_controls : float
        Fewest and most pool units to a focal unit of a set; below 1 they stand for sets of several focal units:
        ``min_controls=0.5`` allows two focal units to share one pool unit, ``max_controls=0.5`` demands it.
    omit_fraction : float
        Largest share of the pool that may be left out, to bring the total down.

    Returns
    -------
    Strata
        Sets numbered by their lowest row. Units without an allowed partner are in none (-1); where the limits leave
        no room for all, as many units of either side as can be are placed, then at the least total distance.

    Raises
    ------
    DesignError
        When a minimum above 1, or a maximum below 1, cannot be met by all at once.
    OptionError
        For limits that contradict each other, or `prefer`.

    Notes
    -----
    Without limits on the sizes, time grows with the pairs looked at (all allowed ones; on one line, neighbours only).
    With limits that bind, every allowed pair goes to the solver.

    Examples
    --------
    >>> from wlz_eval.attribution.matching.problem import Distances
    >>> x = np.array([1.0, 9.0, 9.5, 1.1, 1.2, 9.1])
    >>> full_strata(Problem(np.array([0, 1, 2]), np.array([3, 4, 5]), Distances(scalar=x))).code.tolist()
    [0, 1, 1, 0, 0, 1]
    """
    if problem.prefer.shape[1]:
        raise OptionError("Full matching does not know prefer: it places everybody. Use exact, or method 'nearest'.")
    if not 0 <= omit_fraction < 1:
        raise OptionError(f"omit_fraction must be at least 0 and less than 1, not {omit_fraction!r}.")
    shape = len(problem.focal), len(problem.pool)
    limits = _limits(min_controls, max_controls, *shape)
    edges = None
    if limits.focal_least == limits.pool_least == 1 and omit_fraction == 0:
        edges = _stars(_least_cover(problem))
    if edges is None or not _fits(edges, limits):
        edges = _stars(_by_flow(allowed_edges(problem), shape, limits, omit_fraction))
    return _codes(problem, edges)
