"""Optimal pairs against the optima found by R's solvers on MatchIt's lalonde data: optimal_pairs.csv.

Which pairs reach an optimum is arbitrary where there are ties; how many pairs and how far apart in total is not. The
distances come from our own propensity model, which agrees with R's to 1e-8.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.matching.edges import allowed_edges
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
