"""Weights that balance a dose, against a general optimiser on the primal problem; the slope, against statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

from wlz_eval.engagement.confounding import balanced_slope, slope_sensitivity
from wlz_eval.engagement.confounding.weights import balancing_columns, dose_weights


def _children(seed=4, n=80):
    rng = np.random.default_rng(seed)
    need, sen = rng.normal(size=n), (rng.random(n) < 0.4) * 1.0
    hours = 10 + 0.8 * need + sen + rng.gamma(2, 2, n)
    school = np.resize(list("abcde"), n)
    return pd.DataFrame({"school_id": school, "need": need, "sen": sen, "hours": hours, "y": need + rng.normal(size=n)})


def _constraints(X, dose):
    """The conditions themselves: weights of mean one that keep means and the spread of dose, and no covariance."""
    d = (dose - dose.mean()) / dose.std()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return np.column_stack([np.ones(len(d)), Z, d, d**2 - 1, Z * d[:, None]])


@pytest.mark.parametrize("moments", [1, 2])
def test_weights_are_those_of_the_primal_problem(moments):
    data = _children()
    columns = balancing_columns(data[["need", "sen"]], moments)
    dose = data["hours"].to_numpy()
    own = dose_weights(columns, dose)
    C = _constraints(columns.to_numpy(), dose)
    target = np.zeros(C.shape[1])
    target[0] = len(dose)
    found = minimize(
        lambda w: float(w @ np.log(w)), np.ones(len(dose)), jac=lambda w: np.log(w) + 1, method="SLSQP",
        bounds=[(1e-9, None)] * len(dose), options={"maxiter": 500, "ftol": 1e-13},
        constraints={"type": "eq", "fun": lambda w: C.T @ w - target, "jac": lambda w: C.T},
    )
    assert found.success
    np.testing.assert_allclose(C.T @ own, target, atol=1e-6)
    assert own @ np.log(own) == pytest.approx(found.fun, abs=1e-6)
    np.testing.assert_allclose(own, found.x, atol=2e-3)


def test_weights_come_out_as_the_exponential_of_a_sum_of_the_columns():
    """The dual's form, which marks the one solution: log weights lie in the span of the conditions."""
    data = _children(seed=9, n=120)
    columns = balancing_columns(data[["need", "sen"]], 2)
    own = dose_weights(columns, data["hours"])
    C = _constraints(columns.to_numpy(), data["hours"].to_numpy())
    left = np.log(own) - C @ np.linalg.lstsq(C, np.log(own), rcond=None)[0]
    assert np.abs(left).max() < 1e-8


def test_the_balanced_slope_is_the_weighted_regression_of_statsmodels():
    data = _children(seed=2, n=150)
    result = balanced_slope(data, "y", "hours", ["need", "sen"], step=10, moments=1)
    ordered = data.sort_values(["hours", "y"])
    w = dose_weights(balancing_columns(ordered[["need", "sen"]], 1), ordered["hours"])
    alone = sm.WLS(ordered["y"], sm.add_constant(ordered[["hours"]]), weights=w).fit()
    given = sm.WLS(ordered["y"], sm.add_constant(ordered[["hours", "need", "sen"]]), weights=w).fit()
    # Balanced over the covariates, dose has the same slope with them and without.
    assert result.estimate == pytest.approx(10 * alone.params["hours"], rel=1e-6)
    assert result.estimate == pytest.approx(10 * given.params["hours"], rel=1e-6)


def test_the_bias_of_a_left_out_cause_is_exactly_what_its_strengths_say():
    """Short against long regression: the strengths of the cause that was left out give back the long slope."""
    rng = np.random.default_rng(8)
    n = 300
    data = pd.DataFrame({"school_id": np.resize(list("abcdef"), n), "need": rng.normal(size=n)})
    keen = rng.normal(size=n) + 0.3 * data["need"]
    data["hours"] = 20 + data["need"] + 2 * keen + rng.normal(scale=3, size=n)
    data["y"] = 0.1 * data["hours"] + data["need"] + 2 * keen + rng.normal(scale=2, size=n)
    short = slope_sensitivity(data, "y", "hours", ["need"], step=5)
    X = sm.add_constant(data[["need"]].assign(keen=keen, hours=data["hours"]))
    long = sm.OLS(data["y"], X).fit()
    dose = sm.OLS(data["hours"], X.drop(columns="hours")).fit()
    strength = [fit.tvalues["keen"] ** 2 / (fit.tvalues["keen"] ** 2 + fit.df_resid) for fit in (dose, long)]
    left = short.adjusted(*strength)
    assert left["estimate"].iloc[0] == pytest.approx(5 * long.params["hours"], rel=1e-9)
    own = sm.OLS(data["y"], X.drop(columns="keen")).fit().tvalues["hours"]
    assert short.partial_r2 == pytest.approx(own**2 / (own**2 + n - 3))
    with_need = sm.OLS(data["y"], X.drop(columns="keen")).fit().tvalues["need"]
    assert short.observed["r2_outcome"].iloc[0] == pytest.approx(with_need**2 / (with_need**2 + n - 3))


def test_published_robustness_of_the_darfur_example():
    """Figures of sensemakr's own example (Cinelli and Hazlett 2020), by data that have its slope and error."""
    from wlz_eval.inference.omitted import robustness_values

    estimate, se, df = 0.09731582, 0.02325654, 783
    found = robustness_values(estimate, se, df - 1, se * df**0.5, df)
    np.testing.assert_allclose(found, (0.02187, 0.13878, 0.07626), atol=5e-6)
