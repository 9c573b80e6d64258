"""Methods that optimise against the optima found by R's solvers on MatchIt's lalonde data.

Pairs: optimal_pairs.csv. Full matching and cardinality matching: what MatchIt's own tests pin
(tests/testthat/_snaps/method_full.md with optmatch's tolerance at 1e-7, and method_cardinality.md with HiGHS), summed
up as the number of sets, their total distance, and the sizes of the samples.

Which units reach an optimum is arbitrary where there are ties; how many and how far apart in total is not. The
distances come from our own propensity model, which agrees with R's to 1e-8.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.matching.cardinality import cardinality_match
from wlz_eval.attribution.matching.edges import allowed_edges
from wlz_eval.attribution.matching.full import full_strata
from wlz_eval.attribution.matching.optimal import _by_assignment, _by_flow, optimal_pairs
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.attribution.propensity import propensity

DATA = Path(__file__).parent / "data" / "matchit_lalonde"
EXPECTED = pd.read_csv(DATA / "optimal_pairs.csv")
TOLERANCE = 1e-6


def _problem(caliper_sd: float, exact: bool) -> Problem:
    units = pd.read_csv(DATA / "data.csv").set_index("unit").sort_index()
    X = pd.get_dummies(units.drop(columns=["treat", "re78"]), drop_first=True).astype(float)
    treated = units["treat"].to_numpy() == 1
    score = propensity(X, treated).probability
    calipers = () if np.isnan(caliper_sd) else (Caliper("distance", caliper_sd * score.std(ddof=1), score),)
    block = units["race"].astype("category").cat.codes.to_numpy().astype(np.intp) if exact else np.zeros(0, np.intp)
    return Problem(np.flatnonzero(treated), np.flatnonzero(~treated), Distances(scalar=score), calipers, block)


@pytest.mark.parametrize("row", EXPECTED.index)
def test_number_and_total_distance_of_the_optimum(row: int) -> None:
    expected = EXPECTED.loc[row]
    problem = _problem(expected["caliper_sd"], expected["exact"])
    pairs = optimal_pairs(problem)
    gaps = problem.distance.between(pairs.one, pairs.two)
    assert problem.allowed(pairs.one, pairs.two).all()
    assert len(pairs.one) == expected["pairs"]
    np.testing.assert_allclose(gaps.sum(), expected["total_distance"], rtol=0, atol=TOLERANCE)
    if not np.isnan(expected["caliper_sd"]):
        assert gaps.max() <= problem.calipers[0].width


@pytest.mark.parametrize("row", EXPECTED.index)
def test_the_other_two_solvers_find_the_same_optimum(row: int) -> None:
    expected = EXPECTED.loc[row]
    problem = _problem(expected["caliper_sd"], expected["exact"])
    edges = allowed_edges(problem)
    shape = len(problem.focal), len(problem.pool)
    for one, two in (_by_assignment(edges, shape, 1), _by_flow(edges, shape, 1, 1, 1)):
        assert len(one) == expected["pairs"]
        total = problem.distance.between(problem.focal[one], problem.pool[two]).sum()
        np.testing.assert_allclose(total, expected["total_distance"], rtol=0, atol=TOLERANCE)


def test_full_matching_has_the_sets_and_the_total_of_optmatch() -> None:
    problem = _problem(np.nan, False)
    code = full_strata(problem).code
    assert (code >= 0).all()
    assert code.max() + 1 == 101
    total = 0.0
    for number in range(101):
        one, two = (rows[code[rows] == number] for rows in (problem.focal, problem.pool))
        assert min(len(one), len(two)) == 1
        total += problem.distance.between(one[:, np.newaxis], two).sum()
    np.testing.assert_allclose(total, 2.1416162339295584, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("tolerance", "ratio", "kept"), [(0.05, 1, 118), (0.1, 1, 120), (0.05, 2, 73)])
def test_cardinality_matching_keeps_as_many_as_matchit(tolerance: float, ratio: int, kept: int) -> None:
    units = pd.read_csv(DATA / "data.csv").set_index("unit").sort_index()
    X = pd.get_dummies(units.drop(columns=["treat", "re78"])).to_numpy(dtype=float)
    selection = cardinality_match(_problem(np.nan, False), X, tolerance, ratio=ratio, gap=0)
    assert selection.proven
    assert (len(selection.focal), len(selection.pool)) == (kept, ratio * kept)
    assert (np.abs(selection.differences) <= tolerance).all()
