"""Full matching: small problems by hand, refusals, and a large one whose optimum is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from wlz_eval.attribution.matching import full
from wlz_eval.attribution.matching.full import full_strata
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.core.errors import DesignError, OptionError


def _line(focal, pool, width=math.inf, **more) -> Problem:
    x = np.array([*focal, *pool], dtype=float)
    calipers = (Caliper("distance", width, x),) if math.isfinite(width) else ()
    return Problem(
        np.arange(len(focal)), len(focal) + np.arange(len(pool)), Distances(scalar=x), calipers, **more
    )


def _codes(problem: Problem, **options) -> list[int]:
    return full_strata(problem, **options).code.tolist()


def test_sets_form_around_either_side() -> None:
    assert _codes(_line([1, 9, 9.5], [1.1, 1.2, 9.1])) == [0, 1, 1, 0, 0, 1]


def test_units_beyond_the_caliper_and_of_lonely_blocks_are_in_no_set() -> None:
    assert _codes(_line([1, 5], [1.5, 2.5], 1)) == [0, -1, 0, -1]
    block = np.array([0, 1, 0, 2])
    assert _codes(_line([1, 2], [2, 2], block=block)) == [0, -1, 0, -1]
    assert _codes(_line([1], [3], 1)) == [-1, -1]
    assert _codes(_line([], [1])) == [-1]


def test_limits_on_the_sizes() -> None:
    problem = _line([1, 2], [1, 1, 1, 3])
    assert _codes(problem) == [0, 1, 0, 0, 0, 1]
    # At most two each: one of those at 1 must go to 2.
    assert np.bincount(_codes(problem, max_controls=2)).tolist() == [3, 3]
    # One each: two of the pool find no place.
    assert _codes(_line([1, 2], [1, 1.5, 7, 3]), max_controls=1) == [0, 1, 0, 1, -1, -1]
    assert np.bincount(_codes(problem, min_controls=2)).tolist() == [3, 3]
    crowded = _line([1, 1, 1, 3], [1, 2])
    assert _codes(crowded) == [0, 0, 0, 1, 0, 1]
    assert np.bincount(_codes(crowded, min_controls=0.5)).tolist() == [3, 3]
    assert np.bincount(_codes(crowded, max_controls=0.5)).tolist() == [3, 3]


def test_the_costliest_of_the_pool_is_left_out_on_request() -> None:
    problem = _line([1, 2], [1, 2, 7, 3])
    assert _codes(problem, omit_fraction=0.25) == [0, 1, 0, 1, -1, 1]
    assert _codes(problem, omit_fraction=0.24) == [0, 1, 0, 1, 1, 1]
    assert _codes(problem, omit_fraction=0.9) == [0, 1, 0, 1, -1, -1]


def test_zero_distances_make_stars_not_chains() -> None:
    code = full_strata(_line([1] * 4, [1] * 5)).code
    for number in range(code.max() + 1):
        members = np.flatnonzero(code == number)
        assert 1 in ((members < 4).sum(), (members >= 4).sum())
        assert (members < 4).any()
        assert (members >= 4).any()


@pytest.mark.parametrize(
    "options", [{"min_controls": 3}, {"min_controls": 2, "max_controls": 2}, {"max_controls": 0.5}]
)
def test_limits_that_cannot_be_met_are_refused(options) -> None:
    with pytest.raises(DesignError, match="min_controls"):
        full_strata(_line([1, 1], [1, 1, 1]), **options)


@pytest.mark.parametrize(
    "options", [{"min_controls": -1}, {"min_controls": 2, "max_controls": 1}, {"max_controls": 0}, {"omit_fraction": 1}]
)
def test_options_that_make_no_sense(options) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        full_strata(_line([1], [1]), **options)


def test_prefer_is_refused() -> None:
    with pytest.raises(OptionError, match="prefer"):
        full_strata(_line([1], [1], prefer=np.zeros((2, 1), dtype=np.intp)))


def test_both_solvers_agree_on_a_larger_problem() -> None:
    rng = np.random.default_rng(2)
    focal, pool = np.arange(60), 60 + np.arange(240)
    points = rng.normal(size=(300, 2)) + np.r_[np.full(60, 0.4), np.zeros(240)][:, np.newaxis]
    for distance in (Distances(points=points), Distances(scalar=points[:, 0])):
        problem = Problem(focal, pool, distance)
        cover = full._stars(full._least_cover(problem))
        flow = full._by_flow(full.allowed_edges(problem), (60, 240), full._limits(0, math.inf, 60, 240), 0.0)
        np.testing.assert_allclose(cover.distance.sum(), flow.distance.sum(), rtol=1e-9)
        assert len(np.unique(cover.two)) == 240
