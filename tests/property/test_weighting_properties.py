"""Properties of weights: scale, balance, invariance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.attribution.matching.cem import cem_strata
from wlz_eval.attribution.matching.subclass import subclass_strata
from wlz_eval.attribution.matching.weights import stratum_weights
from wlz_eval.attribution.weighting.entropy import entropy_weights
from wlz_eval.attribution.weighting.propensity_weights import propensity_weights, trim_weights
from wlz_eval.core.errors import DesignError

seeds = st.integers(0, 10_000)
estimands = st.sampled_from(["ATT", "ATC", "ATE"])


def _world(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(60, 200))
    X = pd.DataFrame({"a": rng.normal(size=n), "b": rng.exponential(size=n), "c": (rng.random(n) < 0.4) * 1.0})
    score = 1 / (1 + np.exp(1 - 0.8 * X["a"] - 0.3 * X["b"]))
    return X, score.to_numpy(), rng.random(n) < score, rng


@given(seeds, estimands)
@settings(max_examples=25, deadline=None)
def test_weights_sum_to_group_sizes_and_never_fall_below_zero(seed, estimand):
    X, score, treated, _ = _world(seed)
    if not 15 < treated.sum() < len(treated) - 15:
        return
    found = [
        propensity_weights(score, treated, estimand),
        trim_weights(propensity_weights(score, treated, estimand), treated, 0.95),
        trim_weights(propensity_weights(score, treated, estimand), treated, 2.5),
        stratum_weights(subclass_strata(score, treated, subclasses=4, estimand=estimand), treated, estimand),
        stratum_weights(cem_strata(X, ["a", "c"], treated, cutpoints=3), treated, estimand),
    ]
    for weights in found:
        assert (weights >= 0).all()
        for group in (treated, ~treated):
            np.testing.assert_allclose(weights[group].sum(), (weights[group] > 0).sum())


@given(seeds, estimands)
@settings(max_examples=25, deadline=None)
def test_entropy_balances_exactly_or_refuses_and_scale_does_not_matter(seed, estimand):
    X, _, treated, rng = _world(seed)
    try:
        weights = entropy_weights(X, treated, estimand)
    except DesignError:
        return
    target = {"ATT": X[treated], "ATC": X[~treated], "ATE": X}[estimand].mean()
    for group in (treated, ~treated):
        np.testing.assert_allclose(np.average(X[group], axis=0, weights=weights[group]), target, atol=1e-7)
        np.testing.assert_allclose(weights[group].sum(), group.sum())
    stretched = X * [1000.0, 0.01, 1.0] + [5.0, -3.0, 0.0]
    np.testing.assert_allclose(entropy_weights(stretched, treated, estimand), weights, rtol=1e-5, atol=1e-8)
    rows = rng.permutation(len(X))
    shuffled = entropy_weights(X.iloc[rows], treated[rows], estimand)
    np.testing.assert_allclose(shuffled, weights[rows], rtol=1e-5, atol=1e-8)


@given(seeds)
@settings(max_examples=25, deadline=None)
def test_strata_hold_both_groups_and_agree_within_bins(seed):
    X, score, treated, rng = _world(seed)
    if not 15 < treated.sum() < len(treated) - 15:
        return
    block = rng.integers(0, 2, len(X))
    inside = rng.random(len(X)) < 0.9
    for strata in (
        cem_strata(X, ["a", "c"], treated, cutpoints={"a": 3}, inside=inside, block=block),
        subclass_strata(score, treated, subclasses=3, inside=inside, block=block),
    ):
        assert (strata.code[~inside] == -1).all()
        for number in range(strata.code.max() + 1):
            here = strata.code == number
            assert treated[here].any()
            assert (~treated[here]).any()
            assert len(set(block[here])) == 1
