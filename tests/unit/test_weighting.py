"""Weights from scores and from moments, on cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.weighting.entropy import entropy_weights, moment_columns
from wlz_eval.attribution.weighting.propensity_weights import (
    block_totals,
    propensity_weights,
    scale_within_blocks,
    trim_weights,
)
from wlz_eval.core.errors import DesignError, OptionError

SCORE = np.array([0.5, 0.8, 0.5, 0.8, 0.2])
TREATED = np.array([1, 1, 0, 0, 0], dtype=bool)


@pytest.mark.parametrize(
    ("estimand", "programme", "comparison"),
    [
        ("ATT", [1.0, 1.0], [1.0, 4.0, 0.25]),
        ("ATC", [1.0, 0.25], [1.0, 1.0, 1.0]),
        ("ATE", [2.0, 1.25], [2.0, 5.0, 1.25]),
        ("ATO", [0.5, 0.2], [0.5, 0.8, 0.2]),
    ],
)
def test_weights_follow_their_definitions_with_mean_one_in_each_group(estimand, programme, comparison):
    weights = propensity_weights(SCORE, TREATED, estimand)
    np.testing.assert_allclose(weights[TREATED], np.array(programme) / np.mean(programme))
    np.testing.assert_allclose(weights[~TREATED], np.array(comparison) / np.mean(comparison))


def test_infinite_weights_are_refused_only_where_they_would_be_needed():
    score = np.array([0.5, 0.8, 1.0, 0.5])
    treated = np.array([1, 1, 0, 0], dtype=bool)
    for estimand in ("ATT", "ATE"):
        with pytest.raises(DesignError, match="infinite"):
            propensity_weights(score, treated, estimand)
    assert np.isfinite(propensity_weights(score, treated, "ATC")).all()
    assert np.isfinite(propensity_weights(score, treated, "ATO")).all()
    with pytest.raises(OptionError, match="probabilities"):
        propensity_weights(np.array([-1.2, 0.4]), [True, False])
    with pytest.raises(OptionError, match="Did you mean ATT"):
        propensity_weights(SCORE, TREATED, "ATTT")


def test_blocks_weigh_the_same_in_both_groups():
    treated = np.array([1, 1, 1, 0, 0, 0, 0], dtype=bool)
    block = np.array([0, 0, 1, 0, 1, 1, 1])
    score = np.full(7, 0.4)
    for estimand, shares in (("ATT", [2, 1]), ("ATC", [1, 3]), ("ATE", [3, 4]), ("ATO", [3, 4])):
        totals = block_totals(score, treated, block, estimand)
        weights = scale_within_blocks(propensity_weights(score, treated, estimand), treated, block, totals)
        for group in (treated, ~treated):
            share = np.bincount(block[group], weights=weights[group])
            np.testing.assert_allclose(share / share.sum(), np.array(shares) / sum(shares))


def test_trimming_at_a_quantile_touches_only_the_weights_above_it():
    rng = np.random.default_rng(0)
    treated = np.r_[True, np.zeros(200, dtype=bool)]
    weights = np.r_[1.0, rng.exponential(size=200)]
    trimmed = trim_weights(weights, treated, 0.9)
    limit = np.quantile(weights[1:], 0.9)
    below = np.flatnonzero(weights[1:] < limit) + 1
    ratio = trimmed[below] / weights[below]
    np.testing.assert_allclose(ratio, ratio[0])
    above = np.flatnonzero(weights[1:] >= limit) + 1
    assert len(above) == 20
    np.testing.assert_allclose(trimmed[above], trimmed.max())
    assert trimmed[1:].sum() == pytest.approx(200)


def test_trimming_at_a_limit_keeps_every_weight_below_it_and_the_mean_at_one():
    rng = np.random.default_rng(1)
    treated = rng.random(300) < 0.3
    weights = rng.exponential(size=300) ** 2
    trimmed = trim_weights(weights, treated, 3)
    for group in (treated, ~treated):
        assert trimmed[group].max() <= 3 + 1e-9
        assert trimmed[group].mean() == pytest.approx(1)
        order = np.argsort(weights[group])
        assert (np.diff(trimmed[group][order]) >= 0).all()


@pytest.mark.parametrize("trim", [0, 0.5, 1, -2, True, "0.9", float("inf")])
def test_trims_that_are_neither_quantile_nor_limit_are_refused(trim):
    with pytest.raises(OptionError, match="trim"):
        trim_weights(np.ones(5), TREATED, trim)


def test_entropy_weights_of_one_yes_no_column_are_the_ratio_of_shares():
    X = pd.DataFrame({"sen": [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]})
    treated = np.array([1, 1, 1, 1, 0, 0, 0, 0], dtype=bool)
    weights = entropy_weights(X, treated)
    np.testing.assert_allclose(weights[~treated], [3.0, 1 / 3, 1 / 3, 1 / 3])


def test_entropy_weights_stay_near_to_the_base_weights():
    X = pd.DataFrame({"sen": [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]})
    treated = np.array([1, 1, 0, 0, 0, 0], dtype=bool)
    weights = entropy_weights(X, treated, base=[1, 1, 1, 3, 1, 1])
    np.testing.assert_allclose(weights[2:], [0.5, 1.5, 1.0, 1.0])
    with pytest.raises(OptionError, match="above 0"):
        entropy_weights(X, treated, base=[1, 1, 1, 0, 1, 1])


def test_a_column_that_repeats_others_or_is_constant_does_no_harm():
    rng = np.random.default_rng(3)
    X = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80)})
    treated = rng.random(80) < 0.4
    plain = entropy_weights(X, treated)
    X["sum"], X["one"] = X["a"] + X["b"], 1.0
    np.testing.assert_allclose(entropy_weights(X, treated), plain, rtol=1e-6)


def test_a_mean_out_of_reach_is_named():
    X = pd.DataFrame({"score": [9.0, 8.0, 1.0, 2.0, 3.0], "age": [1.0, 2.0, 1.0, 2.0, 3.0]})
    treated = np.array([1, 1, 0, 0, 0], dtype=bool)
    with pytest.raises(DesignError, match=r"'score'.*comparison children.*above"):
        entropy_weights(X, treated)
    with pytest.raises(DesignError, match=r"'score'.*programme children.*below"):
        entropy_weights(X, treated, "ATC")


def test_a_category_that_only_one_group_has_is_named():
    X = pd.DataFrame({"plan": [1.0, 0.0, 0.0, 0.0, 0.0]})
    with pytest.raises(DesignError, match="'plan'"):
        entropy_weights(X, np.array([1, 1, 0, 0, 0], dtype=bool))


def test_means_that_are_only_jointly_out_of_reach_are_named():
    # Each mean is within the range of the comparison children, but never both at once: they are on one line.
    line = np.linspace(0, 1, 7)
    X = pd.DataFrame({"a": np.r_[0.5, 0.5, line], "b": np.r_[0.8, 0.8, line], "free": np.r_[0.4, 0.6, line**2]})
    with pytest.raises(DesignError, match=r"together with the other columns.*comparison"):
        entropy_weights(X, np.r_[True, True, np.zeros(7, dtype=bool)])


def test_powers_are_added_for_numbers_only():
    X = pd.DataFrame({"age": np.arange(6.0), "sen": [0.0, 1, 0, 1, 0, 1]})
    assert moment_columns(X, 3).columns.tolist() == ["age", "sen", "age squared", "age cubed"]
    for moments in (0, 1.5, 9):
        with pytest.raises(OptionError, match="moments"):
            moment_columns(X, moments)
