"""Hands a matching problem to the method that was asked for: one short function a method."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance.measures import standardising_sd
from wlz_eval.attribution.capabilities import MatchSpec
from wlz_eval.attribution.distance import covariate_points
from wlz_eval.attribution.matching.cardinality import cardinality_match
from wlz_eval.attribution.matching.cem import cem_strata
from wlz_eval.attribution.matching.exact import common_strata, exact_strata
from wlz_eval.attribution.matching.full import full_strata
from wlz_eval.attribution.matching.k2k import k2k_pairs
from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.attribution.matching.optimal import optimal_pairs
from wlz_eval.attribution.matching.problem import Distances, Pairs, Problem, Strata, codes_of
from wlz_eval.attribution.matching.subclass import subclass_strata
from wlz_eval.attribution.matching.weights import pair_strata, pair_weights, stratum_weights
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.attribution.units import Units, column_codes, unknown_notes
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["RUNNERS", "Found", "Task", "run_method"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
#: Largest difference, in SDs, on covariates for which cardinality matching is given none.
DEFAULT_TOLERANCE = MatchSpec().tolerances


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
        ratio=spec.ratio or 1,
        with_replacement=spec.replace,
        order=order,
        reuse_max=spec.reuse_max,
        min_controls=None if spec.min_controls is None else int(spec.min_controls),
        max_controls=None if spec.max_controls is None else int(spec.max_controls),
        seed=spec.seed,
    )
    found = _from_pairs(task, pairs, several=spec.replace or spec.reuse_max is not None)
    return replace(found, notes=_short_notes(spec, pairs))


def _short_notes(spec: MatchSpec, pairs: Pairs) -> tuple[str, ...]:
    """Say how many matched children found fewer partners than were asked for."""
    if spec.max_controls is not None or spec.ratio in (None, 1) or not len(pairs.one):
        return ()
    partners = np.unique(pairs.one, return_counts=True)[1]
    short = int((partners < spec.ratio).sum())
    return (f"{short:,} of {len(partners):,} matched children have fewer than {spec.ratio} partners.",) if short else ()


def _optimal(task: Task) -> Found:
    spec = task.spec
    least, most = (None if n is None else int(n) for n in (spec.min_controls, spec.max_controls))
    pairs = optimal_pairs(task.problem, spec.ratio or 1, least, most)
    return replace(_from_pairs(task, pairs), notes=_short_notes(spec, pairs))


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
    return replace(_from_strata(task, strata), notes=unknown_notes(units.frame, units.formula.columns, "this method"))


def _cem(task: Task) -> Found:
    units, spec = task.units, task.spec
    strata = cem_strata(
        units.frame, units.formula.columns, units.treated, cutpoints=spec.cutpoints, grouping=spec.grouping,
        block=task.problem.block,
    )
    notes = unknown_notes(units.frame, units.formula.columns, "this method")
    one_bin = [name for name in units.formula.columns if _left_out(spec.cutpoints, name, units.frame[name])]
    if one_bin:
        notes += (f"One bin holds everybody, so that nobody is matched on: {', '.join(one_bin)}.",)
    if not spec.k2k:
        return replace(_from_strata(task, strata), notes=notes)
    points = covariate_points(units.covariates.balance, units.treated, "mahalanobis")
    problem = replace(task.problem, distance=Distances(points=points))
    return replace(_from_pairs(replace(task, problem=problem), k2k_pairs(strata, problem)), notes=notes)


def _left_out(cutpoints: Any, name: str, values: pd.Series) -> bool:
    """Whether a number is given a single bin."""
    own = cutpoints.get(name) if isinstance(cutpoints, Mapping) else cutpoints
    return isinstance(own, (int, np.integer)) and own == 1 and pd.api.types.is_numeric_dtype(values.dtype)


def _tolerances(task: Task) -> Array:
    """Tolerance of each balance column; a name stands for all levels and the missing marker of a covariate."""
    columns, asked = list(task.units.covariates.balance.columns), task.spec.tolerances
    if not isinstance(asked, Mapping):
        asked = dict.fromkeys(columns, asked)
    found = dict.fromkeys(columns, DEFAULT_TOLERANCE)
    for name, tolerance in asked.items():
        here = [c for c in columns if c == name or c.startswith(f"{name}: ")]
        if not here:
            valid = list(dict.fromkeys([*task.units.formula.columns, *columns]))
            raise OptionError(f"tolerances names {name!r}, which is not balanced. {suggestion(str(name), valid)}")
        number = isinstance(tolerance, (int, float, np.number)) and not isinstance(tolerance, bool)
        if not number or not 0 <= tolerance < math.inf:
            raise OptionError(f"tolerances of {name} must be a number of SDs of at least 0, not {tolerance!r}.")
        found.update(dict.fromkeys(here, float(tolerance)))
    return np.array([found[c] for c in columns])


def _balance_sds(task: Task) -> Array:
    """SDs as the balance table has them, so that its differences are the ones that were bounded."""
    covariates, treated = task.units.covariates, task.units.treated
    columns = {c: covariates.balance[c].to_numpy(dtype=float) for c in covariates.balance.columns}
    estimand, kinds = task.spec.estimand, covariates.kinds
    sds = np.array([standardising_sd(x, treated, estimand, kinds[c] != "continuous") for c, x in columns.items()])
    return np.where(sds > 0, sds, 1.0)


def _cardinality(task: Task) -> Found:
    spec, units = task.spec, task.units
    if len(task.problem.block):
        # Refused in its own words: no tolerance is at fault.
        common_strata(task.problem.block[:, None], units.treated)
    if spec.ratio is not None and len(task.problem.pool) < spec.ratio:
        raise NobodyMatchedError(f"There are not {spec.ratio} children to choose partners from. Lower the ratio.")
    kept = cardinality_match(
        task.problem,
        units.covariates.balance.to_numpy(dtype=float),
        _tolerances(task),
        ratio=spec.ratio,
        target=spec.target,
        fine=column_codes(units.frame, spec.fine, "fine"),
        scale=_balance_sds(task),
        gap=spec.gap,
        node_limit=spec.node_limit,
        time_limit=spec.time_limit,
    )
    notes = (f"Sample kept: {kept.status}; none that is allowed holds more than {kept.bound:,} children.",)
    if not spec.mahvars:
        # Blocks have the same share in both groups, so every weight is one; children are compared within them.
        blocks = kept.strata(len(units.treated)).code
        inside = blocks >= 0
        if len(task.problem.block):
            blocks[inside] = codes_of(task.problem.block[inside, None])
        return replace(_from_strata(task, Strata(blocks)), notes=notes)
    assert spec.ratio is not None
    pairs = optimal_pairs(kept.within(task.problem), spec.ratio)
    return replace(_from_pairs(task, pairs), notes=notes)


def _subclass(task: Task) -> Found:
    score = task.problem.priority
    if score is None:
        raise OptionError("Subclasses are cut along a distance that is one number a child, not a matrix.")
    strata = subclass_strata(
        score, task.units.treated, subclasses=task.spec.subclass, estimand=task.spec.estimand,
        min_n=task.spec.min_n, inside=~task.discarded, block=task.problem.block,
    )
    found = _from_strata(task, strata)
    asked = 0 if isinstance(task.spec.subclass, (tuple, list)) else int(task.spec.subclass)
    inside = strata.code >= 0
    blocks = task.problem.block[inside] if len(task.problem.block) else np.zeros(inside.sum(), dtype=np.intp)
    classes = pd.Series(strata.code[inside]).groupby(blocks).nunique()
    fewer = int((classes < asked).sum())
    if fewer:
        exact = " and ".join(task.spec.exact)
        where = f" in {fewer:,} of {len(classes):,} groups of {exact}" if exact else ""
        note = f"Fewer than {asked} classes{where}: too few children, or too many at the same distance, for more."
        return replace(found, notes=(note,))
    return found


RUNNERS: Mapping[str, Callable[[Task], Found]] = MappingProxyType(
    {
        "nearest": _nearest,
        "optimal": _optimal,
        "full": _full,
        "exact": _exact,
        "cem": _cem,
        "subclass": _subclass,
        "cardinality": _cardinality,
    }
)


def run_method(task: Task) -> Found:
    """Run the method that the options name."""
    return RUNNERS[task.spec.method](task)
