"""Effects of given weights against R, and marginal risks of a logistic model against statsmodels.

The weights of R's subclass and CEM designs are taken as they are, so that only the outcome model is compared. Of the
ATE design R's script has no marginal effect: its regression coefficients are compared.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

from wlz_eval.attribution import estimate_effect, match

DATA = Path(__file__).parent / "data" / "matchit_lalonde"
FORMULA = "treat ~ age + educ + race + married + nodegree + re74 + re75"
MODELS = {"adjusted": "additive", "difference_in_means": "unadjusted", "g_computation_att": "interacted"}


@pytest.fixture(scope="module")
def units():
    return pd.read_csv(DATA / "data.csv").set_index("unit")


@pytest.fixture(scope="module")
def plain(units):
    return match(FORMULA, units.drop(columns="re78"))


def _weighted(plain, units, name, estimand):
    table = pd.read_csv(DATA / name / "weights.csv").set_index("unit").loc[units.index]
    design = dataclasses.replace(
        plain, weights=table["weight"], spec=dataclasses.replace(plain.spec, estimand=estimand)
    )
    return design, units.assign(subclass=table["subclass"])


@pytest.mark.parametrize(("name", "estimand"), [("subclass6", "ATT"), ("cem", "ATT"), ("subclass10_ate", "ATE")])
def test_effects_of_weighted_designs_agree_with_r(plain, units, name, estimand):
    design, outcomes = _weighted(plain, units, name, estimand)
    expected = pd.read_csv(DATA / name / "effect.csv").set_index("model")
    if estimand == "ATE":
        expected = expected.drop(index="g_computation_att")
    for model, row in expected.iterrows():
        found = estimate_effect(
            design, outcomes, "re78", model=MODELS[str(model)], cluster="subclass", variance="CR1S", df="residual"
        )
        np.testing.assert_allclose([found.estimate, found.se], row[["Estimate", "Std..Error"]].astype(float), rtol=1e-6)




@pytest.mark.filterwarnings("ignore:cov_type not fully supported")
@pytest.mark.parametrize("estimand", ["ATT", "ATE"])
@pytest.mark.parametrize("measure", ["risk_difference", "risk_ratio", "odds_ratio"])
def test_logistic_g_computation_agrees_with_statsmodels(plain, units, measure, estimand):
    """Fit by statsmodels' GLM, sandwich by school-like groups (its own), delta method by numerical derivative."""
    design, outcomes = _weighted(plain, units, "subclass6", estimand)
    outcomes["poor"] = (outcomes["re78"] < 3000).astype(float)
    found = estimate_effect(
        design, outcomes, "poor", model="logistic", measure=measure, cluster="subclass", variance="CR0", df="normal"
    )
    rows = design.weights.index[design.weights > 0]
    covariates = design.covariates.model.loc[rows].to_numpy()
    treated, w = units.loc[rows, "treat"].to_numpy(float), design.weights.loc[rows].to_numpy()

    def matrix(a):
        return np.column_stack([np.ones(len(a)), a, covariates, covariates * a[:, None]])

    fit = sm.GLM(
        outcomes.loc[rows, "poor"].to_numpy(), matrix(treated), family=sm.families.Binomial(), freq_weights=w
    ).fit(
        tol=1e-12,
        cov_type="cluster",
        cov_kwds={"groups": outcomes.loc[rows, "subclass"].to_numpy(dtype=int), "use_correction": False},
    )
    over = treated == 1 if estimand == "ATT" else np.ones(len(rows), bool)
    share = w[over] / w[over].sum()
    ones, zeros = matrix(np.ones(len(rows)))[over], matrix(np.zeros(len(rows)))[over]

    def value(beta):
        one, none = share @ special.expit(ones @ beta), share @ special.expit(zeros @ beta)
        return {
            "risk_difference": one - none,
            "risk_ratio": np.log(one / none),
            "odds_ratio": special.logit(one) - special.logit(none),
        }[measure]

    beta = np.asarray(fit.params)
    scale = np.maximum(np.abs(beta), 1e-3) * 1e-5
    gradient = np.array([
        (value(beta + step) - value(beta - step)) / (2 * step.sum()) for step in np.diag(scale)
    ])
    theirs = value(beta)
    assert found.estimate == pytest.approx(theirs if measure == "risk_difference" else np.exp(theirs), rel=1e-6)
    assert found.se == pytest.approx(np.sqrt(gradient @ np.asarray(fit.cov_params()) @ gradient), rel=1e-5)
    assert found.model == "logistic"
    assert found.notes == () or not any("left out" in n for n in found.notes)


@pytest.mark.parametrize(("method", "second"), [("nearest_replace", "unit"), ("nearest", "race"), ("ratio", "unit")])
def test_two_way_variances_agree_with_statsmodels(units, method, second):
    """One row for each pair that a unit serves in, as R's get_matches has it, clustered by pair and by unit or race."""
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    options = {"nearest_replace": {"replace": True}, "nearest": {}, "ratio": {"ratio": 3, "replace": True}}[method]
    design = match(FORMULA, units.drop(columns="re78"), **options)
    found = estimate_effect(
        design, units, "re78", model="unadjusted", cluster=("pair", second), variance="CR0", df="clusters"
    )
    pairs = design.pairs
    focal = pairs[["focal", "pair"]].drop_duplicates()
    unit = np.r_[focal["focal"], pairs["partner"]]
    pair = np.r_[focal["pair"], pairs["pair"]]
    weight = np.r_[np.ones(len(focal)), pairs["weight"]]
    rows = units.loc[unit]
    fit = sm.WLS(rows["re78"].to_numpy(), sm.add_constant(rows["treat"].to_numpy(float)), weights=weight).fit()
    groups = pd.factorize(unit if second == "unit" else rows[second])[0]
    covariance = cov_cluster_2groups(fit, pair, groups, use_correction=False)[0]
    assert found.estimate == pytest.approx(fit.params[1])
    assert found.se == pytest.approx(np.sqrt(covariance[1, 1]), rel=1e-8)
    assert found.n_comparison == pairs["partner"].nunique()
    assert found.clustering == f"pair and {second}"
