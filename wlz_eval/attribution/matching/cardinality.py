"""Cardinality matching: the largest sample whose groups differ by no more than is stated, as an integer programme.

Zubizarreta, Paredes and Rosenbaum 2014, Annals of Applied Statistics 8; with a target in place of the other group,
profile matching (Cohn and Zubizarreta 2022, Epidemiology 33). Balance is a condition here, not a hope, and the price
is paid in units. Solved by HiGHS. Units of one group that agree on every column are one variable, a count, so that
the search does not try them in turn; of these the first in the order of the labels are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.large_pool import all_kept
from wlz_eval.attribution.matching.problem import Problem, Strata
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["CardinalitySelection", "cardinality_match"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

TARGETS = ("focal", "all")
#: Allowed differences are drawn in by this much, so that the solver's own tolerance cannot exceed them.
MARGIN = 1e-6


@dataclass(frozen=True)
class CardinalitySelection:
    """The sample that was kept.

    Parameters
    ----------
    focal, pool : array of int
        Rows kept; ascending.
    differences : array, shape (p,)
        Focal less pool mean of each balance column, in SDs.
    proven : bool
        Whether no sample within the tolerances is larger than this one by more than the `gap` asked for.
    bound : int
        No sample within the tolerances holds more units.
    status : str
        What the solver reports, in words.
    """

    focal: Ints
    pool: Ints
    differences: Array
    proven: bool
    bound: int
    status: str

    @property
    def gap(self) -> float:
        """Largest share by which a larger sample could exceed this one."""
        size = len(self.focal) + len(self.pool)
        return self.bound / size - 1.0

    def strata(self, size: int) -> Strata:
        """Everybody kept is in one stratum, everybody else in none."""
        code = np.full(size, -1, dtype=np.intp)
        code[self.focal] = 0
        code[self.pool] = 0
        return Strata(code)

    def within(self, problem: Problem) -> Problem:
        """Narrow the problem to the units kept, so that ``optimal_pairs`` can pair them."""
        return replace(problem, focal=self.focal, pool=self.pool)


@dataclass(frozen=True)
class _Types:
    """Units of one group that agree on every column, counted.

    Parameters
    ----------
    focal : array of bool, shape (t,)
    values : array, shape (t, c)
        Balance columns in SDs, then one column for each level to be balanced exactly.
    counts : array of int, shape (t,)
    of : array of int, shape (n,)
        Type of each candidate, focal ones first.
    """

    focal: npt.NDArray[np.bool_]
    values: Array
    counts: Ints
    of: Ints


def _levels(problem: Problem, fine: npt.NDArray[np.intp] | None, rows: Ints) -> Array:
    """One 0/1 column for each level of each column of `fine` and for each block."""
    columns = [] if fine is None else list(np.asarray(fine)[rows].reshape(len(rows), -1).T)
    if len(problem.block):
        columns.append(problem.block[rows])
    if not columns:
        return np.zeros((len(rows), 0))
    return np.column_stack([(c[:, np.newaxis] == np.unique(c)).astype(float) for c in columns])


def _types(problem: Problem, values: Array) -> _Types:
    is_focal = np.repeat([True, False], [len(problem.focal), len(problem.pool)])
    # The order of the types is that of their values, so labels do not steer the solver.
    table, of, counts = np.unique(
        np.column_stack([~is_focal, values]), axis=0, return_inverse=True, return_counts=True
    )
    return _Types(table[:, 0] == 0, table[:, 1:], counts, of.reshape(-1))


def _scale(x: Array, scale: npt.ArrayLike | None) -> Array:
    """SDs to divide by: as given, or of the focal units; 1 for a column that does not vary among them."""
    if scale is not None:
        return np.asarray(scale, dtype=float)
    sd = x.std(axis=0, ddof=1) if len(x) > 1 else np.ones(x.shape[1])
    return np.where(sd > 0, sd, 1.0)


def _balance_rows(types: _Types, tolerance: Array, ratio: float | None, aim: Array | None) -> tuple[Array, Array]:
    """Rows of the programme and their upper limits; each row bounds one difference from one side."""
    sides = (types.focal.astype(float), (~types.focal).astype(float))
    if aim is None:
        assert ratio is not None
        gaps = [((sides[0] - sides[1] / ratio)[:, np.newaxis] * types.values, sides[0], tolerance)]
    else:
        gaps = [(side[:, np.newaxis] * (types.values - aim), side, tolerance) for side in sides]
    allowance = [np.maximum(limit - MARGIN, 0.0)[:, np.newaxis] * side for _, side, limit in gaps]
    rows = [sign * gap.T - spare for (gap, _, _), spare in zip(gaps, allowance, strict=True) for sign in (1.0, -1.0)]
    return np.vstack(rows), np.zeros(sum(len(r) for r in rows))


def _solve(types: _Types, rows: Array, upper: Array, options: dict[str, Any], ratio: float | None, keep: bool) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    limits = [LinearConstraint(csr_array(rows), -np.inf, upper)]
    if ratio is not None:
        limits.append(LinearConstraint(csr_array([np.where(types.focal, ratio, -1.0)]), 0.0, 0.0))
    most = types.counts.astype(float)
    least = np.where(types.focal & keep, most, 0.0)
    return milp(
        -np.ones(len(most)),
        constraints=limits,
        integrality=np.ones(len(most)),
        bounds=Bounds(least, most),
        options=options,
    )


def _first_of_each(types: _Types, wanted: Ints) -> Ints:
    """Take as many units of each type as are wanted, the first by label; give positions among the candidates."""
    order = np.argsort(types.of, kind="stable")
    start = np.concatenate([[0], np.cumsum(types.counts)[:-1]])
    rank = np.arange(len(order)) - start[types.of[order]]
    return np.sort(order[rank < wanted[types.of[order]]])


def _check(problem: Problem, ratio: float | None, target: str | None, tolerance: Array, gap: float) -> None:
    if problem.calipers or problem.antiexact.size or problem.prefer.shape[1]:
        raise OptionError(
            "Cardinality matching chooses samples, not pairs, so it knows no caliper, antiexact or prefer. Leave them "
            "out, or choose method 'optimal'."
        )
    if target is not None and target not in TARGETS:
        raise OptionError(f"target {target!r} is not known. {suggestion(str(target), TARGETS)}")
    if ratio is None and target is None:
        raise OptionError("Cardinality matching needs a ratio of the group sizes, a target profile, or both.")
    if ratio is not None and not 0 < ratio < np.inf:
        raise OptionError(f"ratio must be a number above 0, not {ratio!r}.")
    if not ((tolerance >= 0) & np.isfinite(tolerance)).all():
        raise OptionError("Every tolerance must be a finite number of SDs of at least 0.")
    if not 0 <= gap < 1:
        raise OptionError(f"gap must be at least 0 and less than 1, not {gap!r}.")


def cardinality_match(
    problem: Problem,
    X: npt.ArrayLike,
    tolerances: npt.ArrayLike,
    *,
    ratio: float | None = 1,
    target: str | None = None,
    fine: npt.NDArray[np.intp] | None = None,
    scale: npt.ArrayLike | None = None,
    gap: float = 0.005,
    node_limit: int = 1000,
    time_limit: float = 300.0,
) -> CardinalitySelection:
    """Keep the largest sample whose groups agree within stated tolerances.

    Parameters
    ----------
    problem : Problem
        Its distance plays no part. Blocks are balanced exactly, as a column of `fine` is.
    X : array, shape (n, p)
        Columns to balance in the mean, by row number; squares or products balance more than means.
    tolerances : array, shape (p,), or float
        Largest difference between the means of the two groups, in SDs.
    ratio : float or None
        Pool units kept for each focal unit kept. None: the sizes are free; then a target is needed.
    target : {"focal", "all"} or None
        Profile that the sample should resemble: that of all focal units (with ``ratio=None`` all of these are kept,
        which keeps the ATT or ATC), or of all units of the problem (ATE). Where both groups can vary, each must lie
        within half the tolerance of the target, so that they lie within the tolerance of each other. None: the groups
        are balanced against each other, and the sample decides whom the effect is about.
    fine : array of int, shape (n,) or (n, q), optional
        Codes whose shares must be exactly the same in both groups (fine balance), or those of the target.
    scale : array, shape (p,), optional
        SDs; by default those of the focal units.
    gap : float
        The search ends when no sample can be larger by more than this share; 0 for the proven largest.
    node_limit : int
        Branches of the search after which the best sample found so far is taken; the same on every machine.
    time_limit : float
        Seconds after which the same happens, as a guard for searches whose first branch is already too large.

    Returns
    -------
    CardinalitySelection

    Raises
    ------
    DesignError
        When no sample meets the tolerances, or none was found in time.
    OptionError
        For options that contradict each other, or limits on pairs.

    Notes
    -----
    A sample that holds all focal units, and all pool units that go with them, cannot be larger. So in a large pool such
    a sample is sought first (:mod:`.large_pool`), and all of the pool is searched only where none is found.

    The same on every run as long as the clock does not end the search; `status` says when it did. Seconds for hundreds
    of focal and thousands of pool units and half a dozen columns; proof of the last unit or two can take far longer,
    which is why `node_limit` ends most searches that `gap` does not.

    Examples
    --------
    >>> from wlz_eval.attribution.matching.problem import Distances
    >>> x = np.array([1.0, 2.0, 4.0, 0.0, 1.0, 2.0, 2.0])
    >>> problem = Problem(np.array([0, 1, 2]), np.array([3, 4, 5, 6]), Distances(scalar=x))
    >>> kept = cardinality_match(problem, x[:, None], 0.1, gap=0)
    >>> kept.focal.tolist(), kept.pool.tolist()
    ([0, 1], [4, 5])
    """
    values = np.asarray(X, dtype=float)
    tolerance = np.broadcast_to(np.asarray(tolerances, dtype=float), (values.shape[1],))
    _check(problem, ratio, target, tolerance, gap)
    rows = np.concatenate([problem.focal, problem.pool]).astype(np.intp)
    if not len(problem.focal) or not len(problem.pool):
        raise DesignError("One group is empty, so there is nothing to balance.")
    if not np.isfinite(values[rows]).all():
        raise DesignError("A balance column holds missing or infinite values. Fill them in or leave these units out.")
    standard = (values[rows] - values[rows].mean(axis=0)) / _scale(values[problem.focal], scale)
    columns = np.column_stack([standard, _levels(problem, fine, rows)])
    m = len(problem.focal)
    aim = None if target is None else columns[:m].mean(axis=0) if target == "focal" else columns.mean(axis=0)
    whole = ratio is None and target == "focal"
    limit = np.concatenate([tolerance, np.zeros(columns.shape[1] - len(tolerance))])
    spare = limit if aim is None or whole else limit / 2
    kept = None if ratio is None else all_kept(columns, m, ratio, np.maximum(spare - MARGIN, 0.0), aim)
    if kept is not None:
        return CardinalitySelection(
            focal=np.sort(problem.focal), pool=np.sort(problem.pool[kept]),
            differences=standard[:m].mean(axis=0) - standard[m + kept].mean(axis=0),
            proven=True, bound=m + len(kept), status=ENDED[0],
        )
    types = _types(problem, columns)
    limits = _balance_rows(types, spare, ratio, aim)
    answer = _solve(types, *limits, _search_options(gap, node_limit, time_limit), ratio, whole)
    return _read(problem, types, standard, answer)


def _search_options(gap: float, node_limit: int, time_limit: float) -> dict[str, Any]:
    return {"mip_rel_gap": gap, "node_limit": int(node_limit), "time_limit": time_limit}


#: What ended the search, by scipy's status: a limit on nodes has no status of its own there.
ENDED = {
    0: "largest within the gap asked for",
    1: "stopped by the clock (time_limit), so another run may find another sample",
    4: "stopped after node_limit branches, so a larger sample may exist",
}


def _read(problem: Problem, types: _Types, standard: Array, answer: Any) -> CardinalitySelection:
    wanted = np.zeros(len(types.counts), np.intp) if answer.x is None else np.rint(answer.x).astype(np.intp)
    chosen = _first_of_each(types, wanted)
    m = len(problem.focal)
    one, two = chosen[chosen < m], chosen[chosen >= m]
    if not len(one) or not len(two):
        _refuse_empty(answer.status)
    return CardinalitySelection(
        focal=problem.focal[one],
        pool=problem.pool[two - m],
        differences=standard[one].mean(axis=0) - standard[two].mean(axis=0),
        proven=answer.status == 0,
        bound=int(np.floor(min(-answer.mip_dual_bound, float(types.counts.sum())) + 1e-6)),
        status=ENDED[answer.status],
    )


def _refuse_empty(status: int) -> NoReturn:
    """Nobody in the sample: because none can be, or because the search ended before it found one."""
    if status == 1:
        raise DesignError("No sample within the tolerances was found in time. Raise time_limit or the tolerances.")
    if status == 4:
        raise DesignError("No sample within the tolerances was found in node_limit branches. Raise that or these.")
    raise NobodyMatchedError("No sample of both groups meets the tolerances. Raise them, or balance fewer columns.")
