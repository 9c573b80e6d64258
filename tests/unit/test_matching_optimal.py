"""Optimal pairs on small problems that can be worked out by hand, and its refusals."""

from __future__ import annotations

import numpy as np
import pytest

from wlz_eval.attribution.matching import edges as edges_module
from wlz_eval.attribution.matching.edges import allowed_edges, on_a_line
from wlz_eval.attribution.matching.optimal import optimal_pairs
from wlz_eval.attribution.matching.optimal_line import line_pairs
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.core.errors import DesignError, OptionError


def _line(focal, pool, width=np.inf, **more) -> Problem:
    x = np.array([*focal, *pool], dtype=float)
    calipers = (Caliper("distance", width, x),) if np.isfinite(width) else ()
    return Problem(
        np.arange(len(focal)), len(focal) + np.arange(len(pool)), Distances(scalar=x), calipers, **more
    )


def _pairs(problem: Problem, **options) -> list[tuple[int, int]]:
    pairs = optimal_pairs(problem, **options)
    return list(zip(pairs.one.tolist(), pairs.two.tolist(), strict=True))


def test_a_pair_more_beats_any_distance() -> None:
    # 0 at 5 is at home with 3, but then 1 at 6 has nobody within 2.
    assert _pairs(_line([5, 6], [3.2, 5], 2)) == [(0, 2), (1, 3)]
    assert _pairs(_line([5, 6], [2.9, 5], 2)) == [(0, 3)]


def test_zero_distances_are_pairs_and_not_gaps_in_the_matrix() -> None:
    row = np.array([0, 1, 0, 1])
    problem = Problem(np.array([0, 1]), np.array([2, 3]), Distances(matrix=np.zeros((2, 2)), row=row))
    assert len(_pairs(problem)) == 2
    assert len(_pairs(problem, ratio=1, max_controls=2)) == 2


def test_a_caliper_holds_to_the_last_bit() -> None:
    x, y = np.array([0.1, 0.30000000000000004]), np.array([0.2, 0.4])
    width = abs(0.1 - 0.2)
    # 0.30000000000000004 lies 0.10000000000000003 from 0.2: outside a caliper of 0.1.
    assert line_pairs(x, y[:1], width)[0].tolist() == [0]
    assert line_pairs(x[1:], y[:1], width)[0].tolist() == []
    tight = np.nextafter(width, 0)
    assert line_pairs(x[:1], y[:1], tight)[0].tolist() == []


def test_blocks_and_other_limits_lead_to_the_same_optimum_by_either_way() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=90)
    block = rng.integers(0, 4, 90)
    focal, pool = np.arange(30), 30 + np.arange(60)
    line = Problem(focal, pool, Distances(scalar=x), (Caliper("distance", 0.3, x),), block)
    # A second caliper that nothing exceeds sends the same problem to the assignment solver.
    general = Problem(focal, pool, line.distance, (*line.calipers, Caliper("any", 9.0, np.zeros(90))), block)
    assert on_a_line(line)
    assert not on_a_line(general)
    one, other = optimal_pairs(line), optimal_pairs(general)
    assert len(one.one) == len(other.one)
    totals = [line.distance.between(p.one, p.two).sum() for p in (one, other)]
    np.testing.assert_allclose(*totals, rtol=1e-12)


def test_everybody_first_then_as_many_partners_as_there_are() -> None:
    problem = _line([1, 2], [1, 1.1, 2.5], 5)
    assert _pairs(problem, ratio=2) == [(0, 2), (0, 3), (1, 4)]
    assert _pairs(_line([1, 9], [1, 1, 1, 9]), ratio=2, min_controls=1, max_controls=3) == [
        (0, 2),
        (0, 3),
        (0, 4),
        (1, 5),
    ]


def test_unit_with_too_few_partners_stays_out_and_impossible_minimum_is_refused() -> None:
    assert _pairs(_line([1, 9], [1, 1.2, 9], 1), ratio=2, min_controls=2, max_controls=2) == [(0, 2), (0, 3)]
    with pytest.raises(DesignError, match="Lower min_controls"):
        optimal_pairs(_line([1, 1], [1, 1, 1], 1), ratio=2, min_controls=2, max_controls=2)


@pytest.mark.parametrize(
    ("ratio", "least", "most"),
    [(1, 2, None), (1.5, None, None), (1, 2, 3), (4, 1, 3), (2, 0, 3), (2, 1, 2.5), (0, None, None)],
)
def test_ratios_that_make_no_sense(ratio, least, most) -> None:
    with pytest.raises(OptionError, match="max_controls"):
        optimal_pairs(_line([1], [2]), ratio, least, most)


def test_preferred_pairs_are_made_first_and_the_others_from_who_is_left() -> None:
    school = np.array([[0], [0], [1], [0], [1]])
    problem = _line([1, 2], [1, 5, 2.5], prefer=school)
    assert _pairs(problem) == [(0, 2), (1, 3)]
    plain = _line([1, 2], [1, 5, 2.5])
    assert _pairs(plain) == [(0, 2), (1, 4)]
    with pytest.raises(OptionError, match="prefer"):
        optimal_pairs(problem, ratio=2)


@pytest.mark.parametrize("ratio", [1, 2])
def test_nobody_to_pair(ratio) -> None:
    assert _pairs(_line([], [1, 2]), ratio=ratio) == []
    assert _pairs(_line([1], []), ratio=ratio) == []
    assert _pairs(_line([1], [3], 1), ratio=ratio) == []
    assert _pairs(_line([1], [3], 1), ratio=ratio, max_controls=3) == []


def test_problem_too_large_is_refused_before_memory_is_spent(monkeypatch) -> None:
    monkeypatch.setattr(edges_module, "MOST_EDGES", 3)
    points = Distances(points=np.arange(8.0).reshape(4, 2))
    with pytest.raises(DesignError, match="more than 3 allowed pairs"):
        optimal_pairs(Problem(np.array([0, 1]), np.array([2, 3]), points))


def test_edges_by_tree_and_by_window_are_the_same() -> None:
    rng = np.random.default_rng(1)
    points = rng.normal(size=(200, 2))
    focal, pool = np.arange(60), 60 + np.arange(140)
    near = Problem(focal, pool, Distances(points=points), (Caliper("distance", 0.3),))
    edges = allowed_edges(near)
    every = Problem(focal, pool, Distances(points=points))
    full = allowed_edges(every)
    kept = full.keep(full.distance <= 0.3)
    np.testing.assert_array_equal(edges.one, kept.one)
    np.testing.assert_array_equal(edges.two, kept.two)
    assert len(full) == 60 * 140


def test_infinite_distance_means_never() -> None:
    matrix = np.array([[np.inf, 1.0], [np.inf, 2.0]])
    problem = Problem(np.array([0, 1]), np.array([2, 3]), Distances(matrix=matrix, row=np.array([0, 1, 0, 1])))
    assert _pairs(problem) == [(0, 3)]
