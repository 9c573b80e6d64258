"""Optimal matching without replacement: most focal units matched, then most pairs, then least total distance.

A focal unit is matched when it has at least one partner. With several partners each, the focal units matched come
first, which costs no pair: a set with the most pairs can always be reached that matches them all.

Three exact ways, chosen by the problem: one line (:mod:`.optimal_line`, n log n); any distance and limits (sparse
assignment); a varying number of partners (min-cost flow). Ties between sets equally good in all three respects
are settled by the solvers, which see units in the order of their labels, so that the order of the data never does.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.edges import Edges, allowed_edges, blocks_of, connected, on_a_line
from wlz_eval.attribution.matching.flow import Side, chosen_edges, most_covered
from wlz_eval.attribution.matching.optimal_line import line_pairs, reach
from wlz_eval.attribution.matching.problem import Pairs, Problem, codes_of
from wlz_eval.core.errors import DesignError, OptionError

__all__ = ["optimal_pairs"]

Ints = npt.NDArray[np.intp]
#: Positions of pairs in focal and in pool.
Found = tuple[Ints, Ints]


def _on_lines(problem: Problem, ratio: int) -> Found:
    scalar = problem.distance.scalar
    assert scalar is not None
    width = min((c.width for c in problem.calipers), default=np.inf)
    found = [(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))]
    for focal, pool in blocks_of(problem):
        one, two = line_pairs(scalar[problem.focal[focal]], scalar[problem.pool[pool]], width, ratio)
        found.append((focal[one], pool[two]))
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])


def _several_on_lines(problem: Problem, ratio: int) -> Found:
    """Several partners each: the line's most pairs, but where they leave out a unit that could have one, assigned."""
    m, n = len(problem.focal), len(problem.pool)
    one, two = _on_lines(problem, ratio)
    has = np.bincount(one, minlength=m) > 0
    could = np.bincount(_on_lines(problem, 1)[0], minlength=m) > 0
    if has.sum() == could.sum():
        return one, two
    again, found = np.zeros(m, dtype=bool), []
    for part in connected(allowed_edges(problem, windows=partial(reach, ratio=ratio)), (m, n)):
        members = np.unique(part.one)
        if has[members].sum() < could[members].sum():
            found.append(_assigned(part, ratio))
            again[members] = True
    found.append((one[~again[one]], two[~again[one]]))
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])


def _assigned(edges: Edges, ratio: int) -> Found:
    """Up to `ratio` partners each, within one connected set of edges: an assignment of `ratio` copies of each unit.

    Costs lie between 1 and 2, since a zero would be no edge. Every copy may go without, which costs more than any set
    of pairs can save, and twice that for the first copy; since most pairs and most units matched can be had at once,
    these two prices lead to both.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    rows, one = np.unique(edges.one, return_inverse=True)
    columns, two = np.unique(edges.two, return_inverse=True)
    m, n = len(rows), len(columns)
    if n == 1 or (m == 1 and ratio == 1):
        best = int(np.argmin(edges.distance))
        return edges.one[best : best + 1], edges.two[best : best + 1]
    cost = 1.0 + edges.distance / max(float(edges.distance.max()), np.finfo(float).tiny)
    copies = np.arange(m * ratio)
    without = np.full(m * ratio, m * ratio + 3.0)
    without[:m] *= 2
    row = (one + m * np.arange(ratio)[:, np.newaxis]).ravel()
    graph = csr_array(
        (
            np.concatenate([np.tile(cost, ratio), without]),
            (np.concatenate([row, copies]), np.concatenate([np.tile(two, ratio), n + copies])),
        ),
        shape=(m * ratio, n + m * ratio),
    )
    i, j = min_weight_full_bipartite_matching(graph)
    real = j < n
    return rows[i[real] % m], columns[j[real]]


def _by_assignment(edges: Edges, shape: tuple[int, int], ratio: int) -> Found:
    found = [_assigned(part, ratio) for part in connected(edges, shape)]
    if not found:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])


def _without_the_short(edges: Edges, m: int, least: int) -> Edges:
    """Leave out focal units that have fewer than `least` allowed partners."""
    return edges.keep(np.bincount(edges.one, minlength=m)[edges.one] >= least)


def _by_flow(edges: Edges, shape: tuple[int, int], ratio: float, least: int, most: int) -> Found:
    """Several partners each: `least` to `most`, on average `ratio`."""
    m, n = shape
    edges = _without_the_short(edges, m, least)
    covered = most_covered(edges, shape, 1) if least == 1 else len(np.unique(edges.one))
    if not covered:
        return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    # Turned round: the pool units that can be used at once, if a focal unit may have `most`.
    reachable = most_covered(Edges(edges.two, edges.one, edges.distance), (n, m), most)
    total = min(reachable, int(np.floor(ratio * covered + 1e-9)))
    used = np.unique(edges.one, return_inverse=True)
    narrow = Edges(used[1], edges.two, edges.distance)
    chosen = chosen_edges(narrow, Side(len(used[0]), least, most, least * covered), Side(n, 1, 1, total))
    if chosen is None:
        raise DesignError(
            f"The {covered:,} units to match that have at least {least} allowed partners cannot all have {least} "
            "at once. Lower min_controls, or widen the caliper."
        )
    return edges.one[chosen], edges.two[chosen]


def _check(ratio: float, least: int | None, most: int | None) -> None:
    if most is None and (least is not None or ratio != int(ratio)):
        raise OptionError("A varying number of partners needs max_controls: say how many a unit may have at most.")
    low, high = least if least is not None else 1, most if most is not None else ratio
    if low != int(low) or high != int(high) or not 1 <= low <= ratio <= high:
        raise OptionError(
            f"min_controls {low}, ratio {ratio} and max_controls {high} must not fall below 1 or below one another, "
            "and the first and the last must be whole numbers."
        )


def _one_stage(problem: Problem, ratio: float, least: int | None, most: int | None) -> Found:
    shape = len(problem.focal), len(problem.pool)
    if most is None:
        k = int(ratio)
        if on_a_line(problem):
            return _on_lines(problem, 1) if k == 1 else _several_on_lines(problem, k)
        return _by_assignment(allowed_edges(problem), shape, k)
    edges = allowed_edges(problem, windows=partial(reach, ratio=int(most)))
    return _by_flow(edges, shape, ratio, int(least or 1), int(most))


def _in_stages(problem: Problem) -> Found:
    """Pairs that agree on all of `prefer` first, then on all but the last column, and so on."""
    n = len(problem.prefer)
    block = problem.block if len(problem.block) else np.zeros(n, dtype=np.intp)
    focal, pool = np.arange(len(problem.focal)), np.arange(len(problem.pool))
    found: list[Found] = []
    for columns in range(problem.prefer.shape[1], -1, -1):
        agree = codes_of(np.column_stack([block, problem.prefer[:, :columns]]))
        stage = replace(problem, focal=problem.focal[focal], pool=problem.pool[pool], block=agree)
        one, two = _one_stage(stage, 1, None, None)
        found.append((focal[one], pool[two]))
        focal, pool = np.delete(focal, one), np.delete(pool, two)
    return np.concatenate([i for i, _ in found]), np.concatenate([j for _, j in found])


def optimal_pairs(
    problem: Problem, ratio: float = 1, min_controls: int | None = None, max_controls: int | None = None
) -> Pairs:
    """Pair without replacement: most focal units matched, then most pairs, then the least total distance.

    Parameters
    ----------
    problem : Problem
        Any distance; blocks, calipers and antiexact columns are kept. With `prefer`, the optimum among pairs that
        agree is found first, then among the units left over (one partner each only).
    ratio : float
        Partners for each focal unit; whoever finds fewer within the limits keeps those. With `max_controls`, the
        average over the matched focal units, as far as the pool goes.
    min_controls, max_controls : int, optional
        Fewest (default 1) and most partners of a matched focal unit. Focal units with fewer allowed partners than
        `min_controls` stay unmatched.

    Returns
    -------
    Pairs

    Raises
    ------
    DesignError
        When the focal units cannot all have `min_controls` partners at once, or the problem is too large.
    OptionError
        For a ratio outside `min_controls` and `max_controls`, or `prefer` with several partners.

    Notes
    -----
    Total distances are least to about 1e-9 of the largest distance. One line, one partner each: n log n (10^6 units
    in a second or two). Otherwise work and memory grow with the allowed pairs, of which there may be
    :data:`~wlz_eval.attribution.matching.edges.MOST_EDGES`.

    Examples
    --------
    The nearest partner of 0.5 is 0.55, but 0.6 can have nobody else:

    >>> from wlz_eval.attribution.matching.problem import Caliper, Distances
    >>> x = np.array([0.5, 0.6, 0.35, 0.55])
    >>> problem = Problem(np.array([0, 1]), np.array([2, 3]), Distances(scalar=x), (Caliper("distance", 0.2, x),))
    >>> optimal_pairs(problem).two.tolist()
    [2, 3]
    """
    _check(ratio, min_controls, max_controls)
    if problem.prefer.shape[1]:
        if ratio != 1 or max_controls is not None:
            raise OptionError(
                "Optimal matching knows prefer for one partner each only. Use ratio 1, or method 'nearest'."
            )
        i, j = _in_stages(problem)
    else:
        i, j = _one_stage(problem, ratio, min_controls, max_controls)
    one, two = problem.focal[i], problem.pool[j]
    order = np.lexsort((two, problem.distance.between(one, two), one))
    return Pairs(one[order], two[order])
