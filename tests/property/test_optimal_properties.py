"""What holds for every optimal design: limits kept, and nothing better among all choices (all tried when few)."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from wlz_eval.attribution.matching.full import full_strata
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
@settings(max_examples=30, deadline=None)
def test_no_other_choice_of_up_to_k_partners_is_better(problem, ratio):
    best = min(_key(p, d) for p, d in _every_choice(problem) if max(p.values(), default=0) <= ratio)
    found, total = _found(problem, ratio=ratio)
    assert max(found.values(), default=0) <= ratio
    assert _same(_key(found, total), best)


@given(problems(), st.integers(1, 2), st.integers(2, 3), st.sampled_from([1, 1.5, 2, 2.5]))
@settings(max_examples=30, deadline=None)
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
@settings(max_examples=25, deadline=None)
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
@settings(max_examples=25, deadline=None)
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
@settings(max_examples=25, deadline=None)
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


def _every_division(problem: Problem):
    """Each choice of allowed edges in which no edge joins two units that both have another: sets around one unit."""
    edges = [
        (a, b, float(problem.distance.between(i, j)))
        for a, i in enumerate(problem.focal)
        for b, j in enumerate(problem.pool)
        if problem.allowed(i, j)
    ]
    m, n, k = len(problem.focal), len(problem.pool), len(edges)
    chosen = (np.arange(2**k)[:, np.newaxis] >> np.arange(k)) & 1
    one, two = np.zeros((2**k, m), dtype=int), np.zeros((2**k, n), dtype=int)
    for e, (a, b, _) in enumerate(edges):
        one[:, a] += chosen[:, e]
        two[:, b] += chosen[:, e]
    star = np.ones(2**k, dtype=bool)
    for e, (a, b, _) in enumerate(edges):
        star &= (chosen[:, e] == 0) | (one[:, a] == 1) | (two[:, b] == 1)
    total = chosen @ np.array([d for *_, d in edges]) if k else np.zeros(1)
    return one[star], two[star], total[star]


def _division(problem: Problem, **options):
    """How many partners each unit has, and the total distance, of the strata found."""
    code = full_strata(problem, **options).code
    one, two = np.zeros(len(problem.focal), dtype=int), np.zeros(len(problem.pool), dtype=int)
    total = 0.0
    for number in range(code.max() + 1):
        focal, pool = np.flatnonzero(code[problem.focal] == number), np.flatnonzero(code[problem.pool] == number)
        assert min(len(focal), len(pool)) == 1
        one[focal], two[pool] = len(pool), len(focal)
        i, j = np.meshgrid(problem.focal[focal], problem.pool[pool])
        assert problem.allowed(i.ravel(), j.ravel()).all()
        total += float(problem.distance.between(i.ravel(), j.ravel()).sum())
    return one, two, total


@given(
    problems(3, 4),
    st.sampled_from([(0, math.inf), (0, 2), (0, 1), (0.5, 2), (0.5, 1), (1, 2), (1 / 3, 1.5), (0.5, math.inf)]),
    st.sampled_from([0, 0, 0.3, 0.6]),
)
@settings(max_examples=30, deadline=None)
def test_no_other_division_is_better(problem, limits, omit):
    least, most = limits
    one, two, total = _every_division(problem)
    fits = (one <= max(most, 1)).all(axis=1)
    fits &= (two <= (1 / least if least else math.inf)).all(axis=1) if least < 1 else (two <= 1).all(axis=1)
    one, two, total = one[fits], two[fits], total[fits]
    placed_one, placed_two = (one > 0).sum(axis=1), (two > 0).sum(axis=1)
    able = problem.allowed(*np.meshgrid(problem.focal, problem.pool, indexing="ij")).any(axis=0).sum()
    demanded = min(placed_two.max(), math.ceil((1 - omit) * able - CLOSE))
    best = (placed_one == placed_one.max()) & (placed_two >= demanded)
    found_one, found_two, found = _division(problem, min_controls=least, max_controls=most, omit_fraction=omit)
    assert (found_one > 0).sum() == placed_one.max()
    assert (found_two > 0).sum() >= demanded
    assert (found_one <= max(most, 1)).all()
    assert math.isclose(found, total[best].min(), abs_tol=CLOSE)


@given(problems(3, 4), st.sampled_from([(2, 3), (2, 2), (2, math.inf), (0, 0.5), (1 / 3, 0.5)]))
@settings(max_examples=30, deadline=None)
def test_division_with_a_least_number_for_all(problem, limits):
    least, most = limits
    one, two, total = _every_division(problem)
    allowed = problem.allowed(*np.meshgrid(problem.focal, problem.pool, indexing="ij"))
    if least >= 2:
        allowed &= allowed.sum(axis=1, keepdims=True) >= 2
        fits = (np.isin(one, np.arange(2, most + 1) if most < 9 else np.arange(2, 9)) | (one == 0)).all(axis=1)
        fits &= (two <= 1).all(axis=1) & ((one > 0) == allowed.any(axis=1)).all(axis=1)
    else:
        allowed &= allowed.sum(axis=0, keepdims=True) >= 2
        fits = ((two == 0) | ((two >= 2) & (two <= (1 / least + CLOSE if least else 9)))).all(axis=1)
        fits &= (one <= 1).all(axis=1) & ((two > 0) == allowed.any(axis=0)).all(axis=1)
    if not fits.any():
        with pytest.raises(DesignError, match="min_controls"):
            full_strata(problem, *limits)
        return
    placed = ((one > 0).sum(axis=1) + (two > 0).sum(axis=1)) * fits
    found_one, found_two, found = _division(problem, min_controls=least, max_controls=most)
    assert (found_one > 0).sum() + (found_two > 0).sum() == placed.max()
    assert math.isclose(found, total[fits & (placed == placed.max())].min(), abs_tol=CLOSE)
