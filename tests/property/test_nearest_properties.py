"""What holds for every nearest-neighbour design, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.attribution import match
from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.core.errors import DesignError

# Few distinct distances, so that ties are common.
DISTANCES = st.lists(st.integers(0, 12).map(lambda i: i / 10), min_size=1, max_size=25)
ORDERS = st.sampled_from(["largest", "smallest", "closest", "farthest", "data", "random"])


def _blocks(draw, n):
    return draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))


@st.composite
def problems(draw):
    focal, pool = draw(DISTANCES), draw(DISTANCES)
    return {
        "focal": focal,
        "pool": pool,
        "ratio": draw(st.integers(1, 4)),
        "replace": draw(st.booleans()),
        "caliper": draw(st.sampled_from([0.05, 0.15, 0.4, np.inf])),
        "order": draw(ORDERS),
        "focal_block": _blocks(draw, len(focal)),
        "pool_block": _blocks(draw, len(pool)),
        "seed": draw(st.integers(0, 9)),
    }


def _pairs(problem):
    """Pairs as positions among the focal and among the pool's units."""
    n = len(problem["focal"])
    value = np.array([*problem["focal"], *problem["pool"]], dtype=float)
    found = nearest_pairs(
        Problem(
            focal=np.arange(n),
            pool=np.arange(n, len(value)),
            distance=Distances(scalar=value),
            calipers=(Caliper("distance", problem["caliper"], value),),
            block=np.array([*problem["focal_block"], *problem["pool_block"]]),
        ),
        ratio=problem["ratio"],
        with_replacement=problem["replace"],
        order=problem["order"],
        seed=problem["seed"],
    )
    return found.one, found.two - n


@given(problems())
@settings(max_examples=150, deadline=None)
def test_caliper_blocks_ratio_and_reuse_are_kept(problem):
    one, two = _pairs(problem)
    gap = np.abs(np.array(problem["focal"])[one] - np.array(problem["pool"])[two])
    assert (gap <= problem["caliper"]).all()
    assert (np.array(problem["focal_block"])[one] == np.array(problem["pool_block"])[two]).all()
    assert (np.bincount(one, minlength=1) <= problem["ratio"]).all()
    assert len(set(zip(one.tolist(), two.tolist(), strict=True))) == len(one)
    if not problem["replace"]:
        assert len(np.unique(two)) == len(two)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_with_replacement_nobody_nearer_is_passed_over(problem):
    problem = {**problem, "replace": True}
    one, two = _pairs(problem)
    focal, pool = np.array(problem["focal"]), np.array(problem["pool"])
    for i in range(len(focal)):
        allowed = np.abs(pool - focal[i])[np.array(problem["pool_block"]) == problem["focal_block"][i]]
        allowed = np.sort(allowed[allowed <= problem["caliper"]])[: problem["ratio"]]
        np.testing.assert_allclose(np.sort(np.abs(pool[two[one == i]] - focal[i])), allowed)


@given(problems())
@settings(max_examples=100, deadline=None)
def test_without_replacement_nobody_is_left_who_could_be_served(problem):
    problem = {**problem, "replace": False, "ratio": 1}
    one, two = _pairs(problem)
    focal, pool = np.array(problem["focal"]), np.array(problem["pool"])
    free = np.setdiff1d(np.arange(len(pool)), two)
    for i in np.setdiff1d(np.arange(len(focal)), one):
        same = np.array(problem["pool_block"])[free] == problem["focal_block"][i]
        assert not (np.abs(pool[free][same] - focal[i]) <= problem["caliper"]).any()


@st.composite
def frames(draw):
    n = draw(st.integers(12, 60))
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, n).astype(float)
    data = pd.DataFrame(
        {
            "programme": (rng.random(n) < 0.35).astype(int),
            "x": x,
            "z": rng.normal(size=n).round(1),
            "block": rng.integers(0, 3, n),
        },
        index=[f"c{i}" for i in rng.permutation(n)],
    )
    data.loc[data.index[:2], "programme"] = [0, 1]
    options = {
        "ratio": draw(st.integers(1, 3)),
        "replace": draw(st.booleans()),
        "order": draw(ORDERS),
        "caliper": draw(st.sampled_from([None, 0.3, 1.0])),
        "exact": draw(st.sampled_from([(), ("block",)])),
        "seed": 4,
    }
    return data, options, seed


@given(frames())
@settings(max_examples=80, deadline=None)
def test_shuffled_rows_give_the_same_design_and_weights_add_up(case):
    data, options, seed = case
    try:
        design = match("programme ~ x + z", data, **options)
    except DesignError:
        return
    shuffled = data.iloc[np.random.default_rng(seed + 1).permutation(len(data))]
    again = match("programme ~ x + z", shuffled, **options)
    pd.testing.assert_frame_equal(design.pairs, again.pairs)
    pd.testing.assert_series_equal(design.weights, again.weights.loc[data.index])
    used = design.weights[~design.treatment & (design.weights > 0)]
    np.testing.assert_allclose(used.sum(), len(used))
    assert set(design.weights[design.treatment].unique()) <= {0.0, 1.0}
    assert (design.pairs["distance"] <= design.caliper_widths.get("distance", np.inf)).all()
    if options["exact"]:
        one, two = data.loc[design.pairs["focal"], "block"], data.loc[design.pairs["partner"], "block"]
        assert (one.to_numpy() == two.to_numpy()).all()
    np.testing.assert_allclose(design.pairs.groupby("focal")["weight"].sum(), 1.0)
