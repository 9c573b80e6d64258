"""What holds for every optimal design: limits kept, and nothing better among all choices (all tried when few)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlz_eval.attribution.matching.optimal import optimal_pairs
from wlz_eval.attribution.matching.optimal_line import line_pairs, reach
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.core.errors import DesignError

CLOSE = 1e-9


@st.composite
def problems(draw, most_focal: int = 4, most_pool: int = 5) -> Problem:
    """Small problems of every kind; few distinct numbers, so that ties are common."""
    m, n = draw(st.integers(1, most_focal)), draw(st.integers(1, most_pool))
    rng = np.random.default_rng(draw(st.integers(0, 100_000)))
    size = m + n
    place = rng.permutation(size)
    focal, pool = np.sort(place[:m]), np.sort(place[m:])
    scalar = rng.integers(0, 9, size) / 10 if draw(st.booleans()) else rng.normal(size=size)
    row = np.zeros(size, dtype=np.intp)
    row[focal], row[pool] = np.arange(m), np.arange(n)
    kind = draw(st.sampled_from(["scalar", "points", "matrix"]))
    distance = {
        "scalar": Distances(scalar=scalar),
        "points": Distances(points=rng.integers(0, 5, (size, 2)) / 4),
        "matrix": Distances(matrix=rng.integers(0, 6, (m, n)) / 5, row=row),
    }[kind]
    calipers = []
    if draw(st.booleans()):
        values = scalar if kind == "scalar" and draw(st.booleans()) else None
        calipers.append(Caliper("distance", draw(st.sampled_from([0.0, 0.2, 0.3, 0.6])), values))
    if draw(st.integers(0, 3)) == 0:
        calipers.append(Caliper("age", 1.0, rng.integers(0, 4, size).astype(float)))
    block = rng.integers(0, 2, size) if draw(st.integers(0, 3)) == 0 else np.zeros(0, dtype=np.intp)
    antiexact = rng.integers(0, 3, (size, 1)) if draw(st.integers(0, 3)) == 0 else np.zeros((0, 0), dtype=np.intp)
    return Problem(focal, pool, distance, tuple(calipers), block, antiexact)


def _every_choice(problem: Problem):
    """Each way of giving every pool unit to one allowed focal unit or to nobody, with its total distance."""
    options = []
    for j in problem.pool:
        allowed = [i for i in problem.focal if problem.allowed(i, j)]
        options.append([(None, 0.0), *((i, float(problem.distance.between(i, j))) for i in allowed)])
    for choice in itertools.product(*options):
        served = [i for i, _ in choice if i is not None]
        yield {i: served.count(i) for i in served}, sum(d for _, d in choice)


def _key(partners: dict, total: float) -> tuple[int, int, float]:
    return -len(partners), -sum(partners.values()), total


def _same(found: tuple, best: tuple) -> bool:
    return found[:2] == best[:2] and math.isclose(found[2], best[2], abs_tol=CLOSE)


def _found(problem: Problem, **options) -> tuple[dict, float]:
    pairs = optimal_pairs(problem, **options)
    assert problem.allowed(pairs.one, pairs.two).all()
    assert len(np.unique(pairs.two)) == len(pairs.two)
    gaps = problem.distance.between(pairs.one, pairs.two)
    np.testing.assert_array_equal(np.lexsort((pairs.two, gaps, pairs.one)), np.arange(len(gaps)))
    one, count = np.unique(pairs.one, return_counts=True)
    return dict(zip(one.tolist(), count.tolist(), strict=True)), float(gaps.sum())


@given(problems(), st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_no_other_choice_of_up_to_k_partners_is_better(problem, ratio):
    best = min(_key(p, d) for p, d in _every_choice(problem) if max(p.values(), default=0) <= ratio)
    found, total = _found(problem, ratio=ratio)
    assert max(found.values(), default=0) <= ratio
    assert _same(_key(found, total), best)


@given(problems(), st.integers(1, 2), st.integers(2, 3), st.sampled_from([1, 1.5, 2, 2.5]))
@settings(max_examples=60, deadline=None)
def test_varying_number_of_partners(problem, least, most, ratio):
    assume(least <= ratio <= most)
    able = [i for i in problem.focal if problem.allowed(i, problem.pool).sum() >= least]
    choices = []
    for partners, total in _every_choice(problem):
        fits = all(least <= count <= most for count in partners.values()) and set(partners) <= set(able)
        if fits and (least == 1 or len(partners) == len(able)):
            choices.append((partners, total))
    if not choices:
        with pytest.raises(DesignError, match="min_controls"):
            optimal_pairs(problem, ratio, least, most)
        return
    covered = max(len(p) for p, _ in choices)
    average = [(p, d) for p, d in choices if sum(p.values()) <= math.floor(ratio * covered)]
    found, total = _found(problem, ratio=ratio, min_controls=least, max_controls=most)
    assert all(least <= count <= most for count in found.values())
    assert _same(_key(found, total), min(_key(p, d) for p, d in average))


@given(problems(6, 9), st.sampled_from(["largest", "smallest", "data"]))
@settings(max_examples=40, deadline=None)
def test_never_worse_than_taking_the_nearest_in_turn(problem, order):
    turns = {"largest": problem.focal[::-1], "smallest": problem.focal, "data": np.roll(problem.focal, 1)}[order]
    free, one, two = problem.pool, [], []
    for i in turns:
        open_to = free[problem.allowed(i, free)]
        if len(open_to):
            j = open_to[np.argmin(problem.distance.between(i, open_to))]
            one, two, free = [*one, i], [*two, j], free[free != j]
    found, total = _found(problem)
    greedy = float(problem.distance.between(one, two).sum())
    assert (-sum(found.values()), total) <= (-len(one), greedy + CLOSE)


@given(st.integers(0, 100_000), st.sampled_from([0.02, 0.1, np.inf]), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_what_lies_out_of_reach_is_never_needed(seed, width, ratio):
    """Some optimal set stays within reach; and the line's optimum has the pairs and total of the assignment solver."""
    rng = np.random.default_rng(seed)
    x, y = np.sort(rng.normal(0.8, 1, 30)).round(2), np.sort(rng.normal(0, 1, 60)).round(2)
    one, two = line_pairs(x, y, width, ratio)
    assert (np.abs(x[one] - y[two]) <= width).all()
    units = np.concatenate([x, y])
    calipers = (Caliper("distance", width, units),) if np.isfinite(width) else ()
    line = Problem(np.arange(30), 30 + np.arange(60), Distances(scalar=units), calipers)
    matrix = Distances(matrix=np.abs(x[:, None] - y), row=np.concatenate([np.arange(30), np.arange(60)]))
    general = Problem(line.focal, line.pool, matrix, calipers)
    low, high = reach(x, y, ratio)
    assert ((low >= 0) & (high <= 60)).all()
    assert _same(_key(*_found(line, ratio=ratio)), _key(*_found(general, ratio=ratio)))
    if ratio == 1:
        assert len(one) == len(optimal_pairs(general).one)
        assert ((low[one] <= two) & (two < high[one])).all()


@given(problems(5, 6), st.integers(1, 2), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_renumbering_the_units_changes_no_count_and_no_total(problem, ratio, seed):
    size = len(problem.focal) + len(problem.pool)
    new = np.random.default_rng(seed).permutation(size)
    old = np.argsort(new)
    distance = problem.distance
    moved = Distances(
        scalar=None if distance.scalar is None else distance.scalar[old],
        points=None if distance.points is None else distance.points[old],
        matrix=distance.matrix,
        row=None if distance.row is None else distance.row[old],
    )
    calipers = tuple(
        Caliper(c.name, c.width, None if c.values is None else c.values[old]) for c in problem.calipers
    )
    again = Problem(
        np.sort(new[problem.focal]),
        np.sort(new[problem.pool]),
        moved,
        calipers,
        problem.block[old] if len(problem.block) else problem.block,
        problem.antiexact[old] if problem.antiexact.size else problem.antiexact,
    )
    assert _same(_key(*_found(again, ratio=ratio)), _key(*_found(problem, ratio=ratio)))
