"""Cardinality matching: the largest sample, compared with every possible one on small problems."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import OptimizeResult

from wlz_eval.attribution.matching import cardinality, large_pool
from wlz_eval.attribution.matching.cardinality import cardinality_match
from wlz_eval.attribution.matching.optimal import optimal_pairs
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.core.errors import DesignError, OptionError

LALONDE = Path(__file__).parents[1] / "reference" / "data" / "matchit_lalonde" / "data.csv"


def _problem(m: int, n: int, **more) -> Problem:
    return Problem(np.arange(m), m + np.arange(n), Distances(scalar=np.zeros(m + n)), **more)


def _subsets(rows):
    for size in range(1, len(rows) + 1):
        yield from (list(c) for c in itertools.combinations(rows, size))


def _largest(problem, X, tolerance, ratio, target, fine) -> int:
    """Size of the largest sample, by trying them all."""
    sd = X[problem.focal].std(axis=0, ddof=1)
    shares = np.column_stack([fine == level for level in np.unique(fine)]).astype(float)
    everybody = np.concatenate([problem.focal, problem.pool])
    rows = problem.focal if target == "focal" else everybody
    best = 0
    keep = ratio is None and target == "focal"
    half = tolerance if target is None or keep else tolerance / 2
    ones = [problem.focal] if keep else list(_subsets(problem.focal))

    def near(one, other) -> bool:
        fits = (np.abs(X[one].mean(axis=0) - X[other].mean(axis=0)) / sd <= half + 1e-12).all()
        return bool(fits and np.allclose(shares[one].mean(axis=0), shares[other].mean(axis=0), atol=1e-12))

    twos = list(_subsets(problem.pool))
    if target is not None:
        ones, twos = [o for o in ones if near(o, rows)], [t for t in twos if near(t, rows)]
    for one in ones:
        for two in twos:
            if len(one) + len(two) <= best or (ratio is not None and len(two) != ratio * len(one)):
                continue
            if target is not None or near(one, two):
                best = len(one) + len(two)
    return best


@pytest.mark.parametrize(
    ("ratio", "target"), [(1, None), (2, None), (0.5, None), (1, "focal"), (None, "focal"), (None, "all")]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_sample_within_the_tolerances_is_larger(ratio, target, seed) -> None:
    rng = np.random.default_rng(seed)
    m, n = 5, 8
    X = np.column_stack([rng.normal(size=m + n).round(1), rng.integers(0, 3, m + n)]).astype(float)
    fine = np.zeros(m + n, dtype=np.intp) if seed == 1 else np.arange(m + n) % 2
    if target is not None:
        fine = np.zeros(m + n, dtype=np.intp)
    problem = _problem(m, n)
    tolerance = np.array([0.3, 0.45])
    largest = _largest(problem, X, tolerance, ratio, target, fine)
    options = {"ratio": ratio, "target": target, "fine": fine, "gap": 0}
    if not largest:
        with pytest.raises(DesignError, match="meets the tolerances"):
            cardinality_match(problem, X, tolerance, **options)
        return
    kept = cardinality_match(problem, X, tolerance, **options)
    assert len(kept.focal) + len(kept.pool) == largest == kept.bound
    assert kept.proven
    assert kept.gap == 0
    assert (np.abs(kept.differences) <= tolerance).all()
    np.testing.assert_allclose(
        kept.differences,
        (X[kept.focal].mean(axis=0) - X[kept.pool].mean(axis=0)) / X[:m].std(axis=0, ddof=1),
        atol=1e-12,
    )


@pytest.fixture(scope="module")
def lalonde():
    units = pd.read_csv(LALONDE).set_index("unit").sort_index()
    treated = units["treat"].to_numpy() == 1
    X = units[["age", "educ", "married", "nodegree", "re74", "re75"]].to_numpy(dtype=float)
    race = units["race"].astype("category").cat.codes.to_numpy().astype(np.intp)
    return treated, X, race


def test_balance_levels_and_pairs_on_real_data(lalonde) -> None:
    treated, X, race = lalonde
    problem = Problem(np.flatnonzero(treated), np.flatnonzero(~treated), Distances(points=X / X.std(axis=0)))
    kept = cardinality_match(problem, X, 0.05, fine=race, time_limit=120)
    assert kept.proven
    assert len(kept.focal) == len(kept.pool) > 90
    assert (np.abs(kept.differences) <= 0.05).all()
    np.testing.assert_array_equal(np.bincount(race[kept.focal]), np.bincount(race[kept.pool]))
    blocked = cardinality_match(dataclasses.replace(problem, block=race), X, 0.05, time_limit=120)
    np.testing.assert_array_equal(blocked.focal, kept.focal)
    np.testing.assert_array_equal(blocked.pool, kept.pool)
    pairs = optimal_pairs(kept.within(problem))
    assert len(pairs.one) == len(kept.focal)
    code = kept.strata(len(X)).code
    np.testing.assert_array_equal(np.flatnonzero(code == 0), np.sort(np.concatenate([kept.focal, kept.pool])))
    # Tighter balance is never had for more units.
    assert len(cardinality_match(problem, X, 0.2, fine=race).focal) >= len(kept.focal)


def test_renumbering_the_units_keeps_the_same_kinds_of_unit(lalonde) -> None:
    treated, X, _ = lalonde
    old = np.random.default_rng(4).permutation(len(X))
    samples = []
    for order in (np.arange(len(X)), old):
        group, values = treated[order], X[order]
        problem = Problem(np.flatnonzero(group), np.flatnonzero(~group), Distances(scalar=np.zeros(len(X))))
        kept = cardinality_match(problem, values[:, :3], 0.1)
        samples.append([sorted(map(tuple, values[rows, :3])) for rows in (kept.focal, kept.pool)])
    assert samples[0] == samples[1]


def test_of_equal_units_the_first_are_kept() -> None:
    X = np.array([1.0, 1, 1, 1, 1, 5])[:, np.newaxis]
    kept = cardinality_match(_problem(2, 4), X, 0.0)
    assert kept.focal.tolist() == [0, 1]
    assert kept.pool.tolist() == [2, 3]


def _hard() -> tuple[Problem, np.ndarray]:
    rng = np.random.default_rng(0)
    return _problem(300, 2500), np.vstack([rng.normal(1, 1, (300, 6)), rng.normal(0, 1, (2500, 6))])


def test_a_limited_search_keeps_the_same_sample_twice_and_says_what_ended_it() -> None:
    problem, X = _hard()
    kept, again = (cardinality_match(problem, X, 0.01, gap=0, node_limit=2) for _ in range(2))
    assert not kept.proven
    assert "node_limit" in kept.status
    assert kept.bound >= len(kept.focal) + len(kept.pool)
    np.testing.assert_array_equal(kept.focal, again.focal)
    np.testing.assert_array_equal(kept.pool, again.pool)


@pytest.mark.parametrize(
    ("status", "error", "match"),
    [(1, DesignError, "time_limit"), (4, DesignError, "node_limit"), (2, NobodyMatchedError, "balance fewer columns")],
)
@pytest.mark.parametrize("answer", [None, "empty"])
def test_an_empty_answer_says_whether_none_exists_or_none_was_found(monkeypatch, status, error, match, answer) -> None:
    """A search that the clock ended with the empty sample in hand once said that no sample exists."""
    problem, X = _hard()

    def milp(c, **_):
        return OptimizeResult(status=status, x=None if answer is None else np.zeros(len(c)), mip_dual_bound=-1.0)

    monkeypatch.setattr("scipy.optimize.milp", milp)
    with pytest.raises(error, match=match):
        cardinality_match(problem, X, 0.01)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"ratio": None}, "ratio"),
        ({"ratio": 0}, "ratio"),
        ({"target": "focus"}, "focal"),
        ({"gap": 1}, "gap"),
        ({"tolerances": [-0.1]}, "tolerance"),
    ],
)
def test_options_that_make_no_sense(options, match) -> None:
    tolerances = options.pop("tolerances", [0.1])
    with pytest.raises(OptionError, match=match):
        cardinality_match(_problem(2, 2), np.zeros((4, 1)), tolerances, **options)


def test_limits_on_pairs_are_refused() -> None:
    x = np.zeros(4)
    with pytest.raises(OptionError, match="caliper"):
        cardinality_match(_problem(2, 2, calipers=(Caliper("distance", 1.0, x),)), x[:, np.newaxis], 0.1)


def test_groups_that_nothing_can_balance() -> None:
    with pytest.raises(DesignError, match="meets the tolerances"):
        cardinality_match(_problem(2, 2), np.array([1.0, 2, 8, 9])[:, np.newaxis], 0.1)
    with pytest.raises(DesignError, match="empty"):
        cardinality_match(_problem(0, 2), np.zeros((2, 1)), 0.1)
    with pytest.raises(DesignError, match="missing"):
        cardinality_match(_problem(1, 1), np.array([[np.nan], [1.0]]), 0.1)


class TestLargePool:
    """Of a million pool children the solver took more than 8 GB; a part of them shows that all can be kept."""

    def problem(self, pool, shift=0.0):
        rng = np.random.default_rng(5)
        x = np.concatenate([rng.normal(0.3, 1, (40, 2)), rng.normal(shift, 1, (pool, 2))])
        return Problem(np.arange(40), np.arange(40, 40 + pool), Distances(scalar=x[:, 0])), x

    @pytest.mark.parametrize("ratio", [1, 2])
    @pytest.mark.parametrize("target", [None, "focal"])
    def test_a_part_that_holds_all_is_enough(self, monkeypatch, ratio, target):
        problem, x = self.problem(4000)
        whole = cardinality_match(problem, x, 0.2, ratio=ratio, target=target)
        monkeypatch.setattr(large_pool, "LARGE_POOL", 1000)
        monkeypatch.setattr(cardinality, "_solve", None)
        found = cardinality_match(problem, x, 0.2, ratio=ratio, target=target)
        assert (len(found.focal), len(found.pool), found.proven) == (40, 40 * ratio, True)
        assert found.bound == whole.bound == 40 * (1 + ratio)
        assert len(set(found.pool)) == 40 * ratio
        gap = (x[found.focal].mean(axis=0) - x[found.pool].mean(axis=0)) / x[:40].std(axis=0, ddof=1)
        assert np.abs(gap).max() <= (0.2 if target is None else 0.1)
        assert found.differences == pytest.approx(gap)

    def test_the_part_is_like_the_focal_units_and_not_like_the_pool(self):
        _, x = self.problem(4000)
        part, larger = large_pool._parts(x, 40, 40.0)
        assert (len(part), len(larger)) == (200, 800)
        assert np.abs(x[40 + part].mean(axis=0) - x[:40].mean(axis=0)).max() < 0.15
        assert np.abs(x[40:].mean(axis=0) - x[:40].mean(axis=0)).max() > 0.2

    def test_all_of_the_pool_is_searched_where_not_all_can_be_kept(self, monkeypatch):
        problem, x = self.problem(2000, shift=-2.0)
        whole = cardinality_match(problem, x, 0.05)
        assert len(whole.focal) < 40
        monkeypatch.setattr(large_pool, "LARGE_POOL", 1000)
        found = cardinality_match(problem, x, 0.05)
        assert found.focal.tolist() == whole.focal.tolist()
        assert found.pool.tolist() == whole.pool.tolist()

    def test_what_is_balanced_exactly_stays_exact(self, monkeypatch):
        problem, x = self.problem(2000)
        monkeypatch.setattr(large_pool, "LARGE_POOL", 1000)
        sex = np.arange(2040) % 3
        found = cardinality_match(problem, x, 0.2, fine=sex)
        assert (np.bincount(sex[found.focal]) == np.bincount(sex[found.pool])).all()
