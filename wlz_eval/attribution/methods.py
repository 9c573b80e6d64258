"""Hands a matching problem to the method that was asked for: one short function a method."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.capabilities import MatchSpec
from wlz_eval.attribution.distance import covariate_points
from wlz_eval.attribution.matching.cem import cem_strata
from wlz_eval.attribution.matching.exact import exact_strata
from wlz_eval.attribution.matching.full import full_strata
from wlz_eval.attribution.matching.k2k import k2k_pairs
from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.attribution.matching.optimal import optimal_pairs
from wlz_eval.attribution.matching.problem import Distances, Pairs, Problem, Strata
from wlz_eval.attribution.matching.subclass import subclass_strata
from wlz_eval.attribution.matching.weights import pair_strata, pair_weights, stratum_weights
from wlz_eval.attribution.units import Units
from wlz_eval.core.errors import OptionError

__all__ = ["RUNNERS", "Found", "Task", "run_method"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Task:
    """Everything that a method may need: the problem in arrays, the options, and the units behind it."""

    problem: Problem
    spec: MatchSpec
    units: Units
    discarded: Bools

    @property
    def focal(self) -> Bools:
        """Which units are matched: programme, or comparison for the ATC."""
        return ~self.units.treated if self.spec.estimand == "ATC" else self.units.treated


@dataclass(frozen=True)
class Found:
    """What a method found.

    Parameters
    ----------
    weights : array, shape (n,)
    code : array of int, shape (n,)
        Stratum; -1 for none.
    pairs : Pairs or None
        None where strata hold more than pairs.
    distances : Distances
        Distance by which the pairs were made.
    notes : tuple of str
    """

    weights: Array
    code: Ints
    pairs: Pairs | None
    distances: Distances
    notes: tuple[str, ...] = ()


def _from_pairs(task: Task, pairs: Pairs, several: bool = False) -> Found:
    n = len(task.focal)
    code = np.full(n, -1, dtype=np.intp) if several else pair_strata(pairs, n).code
    return Found(pair_weights(pairs, task.focal), code, pairs, task.problem.distance)


def _from_strata(task: Task, strata: Strata) -> Found:
    weights = stratum_weights(strata, task.units.treated, task.spec.estimand)
    code = np.where(weights > 0, strata.code, -1)
    return Found(weights, code, None, task.problem.distance)


def _nearest(task: Task) -> Found:
    spec, problem = task.spec, task.problem
    order = spec.order or ("data" if problem.priority is None else "largest")
    if problem.priority is None and order in ("largest", "smallest"):
        raise OptionError(f"order {order!r} needs a distance that is one number a child. Use data, closest or random.")
    pairs = nearest_pairs(
        problem,
        ratio=spec.ratio,
        with_replacement=spec.replace,
        order=order,
        reuse_max=spec.reuse_max,
        min_controls=None if spec.min_controls is None else int(spec.min_controls),
        max_controls=None if spec.max_controls is None else int(spec.max_controls),
        seed=spec.seed,
    )
    return _from_pairs(task, pairs, several=spec.replace or spec.reuse_max is not None)


def _optimal(task: Task) -> Found:
    spec = task.spec
    least, most = (None if n is None else int(n) for n in (spec.min_controls, spec.max_controls))
    return _from_pairs(task, optimal_pairs(task.problem, spec.ratio, least, most))


def _full(task: Task) -> Found:
    spec = task.spec
    most = math.inf if spec.max_controls is None else spec.max_controls
    strata = full_strata(task.problem, spec.min_controls or 0.0, most, spec.omit_fraction)
    found = _from_strata(task, strata)
    return replace(found, pairs=_star_pairs(found.code, task.focal))


def _star_pairs(code: Ints, focal: Bools) -> Pairs:
    """Pairs within sets that have one unit on one side: that unit with every other."""
    ones = pd.DataFrame({"code": code[focal], "one": np.flatnonzero(focal)})
    twos = pd.DataFrame({"code": code[~focal], "two": np.flatnonzero(~focal)})
    both = ones[ones["code"] >= 0].merge(twos[twos["code"] >= 0], on="code")
    both = both.sort_values(["one", "two"])
    return Pairs(both["one"].to_numpy(dtype=np.intp), both["two"].to_numpy(dtype=np.intp))


def _exact(task: Task) -> Found:
    units = task.units
    strata = exact_strata(units.frame, units.formula.columns, units.treated, block=task.problem.block)
    return _from_strata(task, strata)


def _cem(task: Task) -> Found:
    units, spec = task.units, task.spec
    strata = cem_strata(
        units.frame, units.formula.columns, units.treated, cutpoints=spec.cutpoints, grouping=spec.grouping,
        block=task.problem.block,
    )
    if not spec.k2k:
        return _from_strata(task, strata)
    points = covariate_points(units.covariates.balance, units.treated, "mahalanobis")
    problem = replace(task.problem, distance=Distances(points=points))
    return _from_pairs(replace(task, problem=problem), k2k_pairs(strata, problem))


def _subclass(task: Task) -> Found:
    score = task.problem.priority
    assert score is not None
    strata = subclass_strata(
        score, task.units.treated, subclasses=task.spec.subclass, estimand=task.spec.estimand,
        min_n=task.spec.min_n, inside=~task.discarded, block=task.problem.block,
    )
    return _from_strata(task, strata)


RUNNERS: Mapping[str, Callable[[Task], Found]] = MappingProxyType(
    {"nearest": _nearest, "optimal": _optimal, "full": _full, "exact": _exact, "cem": _cem, "subclass": _subclass}
)


def run_method(task: Task) -> Found:
    """Run the method that the options name."""
    return RUNNERS[task.spec.method](task)
