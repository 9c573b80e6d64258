"""Engagement slopes against R (lme4, clubSandwich, MASS, brant) and statsmodels.

Inner London pupils: ``regression_reference.R``. Applications to graduate school: invented data of 400 students that
UCLA's statistical consulting group publishes with its examples of ordered regression (``ologit_ucla.csv``); the
published fits are those of ``polr`` (MASS) and of ``brant``. Tolerances: 1e-5 relative for R, as asked for; printed
numbers to the digits printed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special

from wlz_eval.engagement import engagement_slope
from wlz_eval.engagement.regress import influence, proportional_odds, several_exposures
from wlz_eval.engagement.regress.assumptions import breusch_pagan
from wlz_eval.engagement.regress.families import fit_logistic

DATA = Path(__file__).parent / "data"
EXAM = DATA / "regressions_exam"
#: R's names of the columns, and ours.
TERMS = {
    "(Intercept)": "constant", "standLRT": "standLRT", "sexM": "sex=M", "schgendgirls": "schgend=girls",
    "schgendmixed": "schgend=mixed",
}


def pupils(six: bool = False) -> pd.DataFrame:
    data = pd.read_csv(EXAM / "data.csv")
    return data[data["school"] <= 6] if six else data


def exam(data: pd.DataFrame, **options):
    return engagement_slope(data, "normexam", "standLRT", ["sex", "schgend"], school="school", **options)


@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR1S", "CR2", "CR3"])
@pytest.mark.parametrize("six", [False, True])
def test_schools_as_clusters_are_those_of_clubsandwich(kind, six):
    file = "ols_six_schools.csv" if six else "ols_cluster_robust.csv"
    expected = pd.read_csv(EXAM / file).query("type == @kind").set_index("term")
    slope = exam(pupils(six), variance=kind, df="bm")
    found = slope.coefficients.set_index("term").loc[[TERMS[t] for t in expected.index]]
    for column in ("estimate", "se", "df"):
        np.testing.assert_allclose(found[column], expected[column], rtol=1e-5)
    own = expected.loc["standLRT"]
    own = own[["estimate", "se", "df"]].astype(float)
    np.testing.assert_allclose([slope.estimate, slope.se, slope.df], own, rtol=1e-5)


def test_schools_at_random_are_those_of_lme4():
    expected = pd.read_csv(EXAM / "mixed_reml_fixed.csv", index_col="term")
    slope = exam(pupils(), school_effects="random", df="satterthwaite")
    found = slope.coefficients.set_index("term").loc[[TERMS[t] for t in expected.index]]
    np.testing.assert_allclose(found["estimate"], expected["Estimate"], rtol=1e-5)
    np.testing.assert_allclose(found["se"], expected["Std..Error"], rtol=1e-5)
    variances = pd.read_csv(EXAM / "mixed_reml_variance.csv", index_col="component")["variance"]
    np.testing.assert_allclose(
        [slope.variance_between, slope.variance_within], variances[["school", "residual"]], rtol=1e-5
    )


def test_fixed_schools_are_a_column_each():
    import statsmodels.api as sm

    data = pupils()
    inside = data[["normexam", "standLRT"]].assign(male=(data["sex"] == "M") * 1.0)
    inside = inside - inside.groupby(data["school"]).transform("mean")
    other = sm.OLS(inside["normexam"], inside[["standLRT", "male"]]).fit(
        cov_type="cluster", cov_kwds={"groups": data["school"], "use_correction": False}
    )
    slope = exam(data, school_effects="fixed", variance="CR0")
    np.testing.assert_allclose([slope.estimate, slope.se], [other.params.iloc[0], other.bse.iloc[0]], rtol=1e-8)


@pytest.fixture(scope="module")
def met():
    data = pupils()
    return data.assign(met=data["normexam"] > 0.3)


def test_a_logistic_slope_and_its_margin_are_those_of_statsmodels(met):
    import statsmodels.api as sm

    slope = engagement_slope(met, "met", "standLRT", ["sex"], school="school", model="logistic", variance="CR0")
    X = pd.DataFrame({"constant": 1.0, "sex=M": (met["sex"] == "M") * 1.0, "standLRT": met["standLRT"]})
    groups = {"groups": met["school"].to_numpy(), "use_correction": False}
    model = sm.GLM(met["met"] * 1.0, X, family=sm.families.Binomial())
    other = model.fit(cov_type="cluster", cov_kwds=groups, tol=1e-12)
    np.testing.assert_allclose(slope.coefficients["estimate"], other.params, rtol=1e-7)
    np.testing.assert_allclose(slope.coefficients["se"], other.bse, rtol=1e-6)
    beta = other.params.to_numpy()

    def difference(b):
        return float((special.expit(X @ b + b[2]) - special.expit(X @ b)).mean())

    slopes = optimize.approx_fprime(beta, difference, 1e-7)
    row = slope.margins.iloc[0]
    assert row["estimate"] == pytest.approx(100 * difference(beta), rel=1e-7)
    assert row["se"] == pytest.approx(100 * np.sqrt(slopes @ other.cov_params().to_numpy() @ slopes), rel=1e-5)


def test_firth_is_the_maximum_of_its_penalised_likelihood():
    """Against a general optimiser; with these data maximum likelihood has no finite solution."""
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(60), (np.arange(60) < 6) * 1.0, rng.normal(size=60)])
    y = np.where(np.arange(60) < 6, 1.0, (rng.random(60) < special.expit(X[:, 2])) * 1.0)

    def loss(b):
        eta = X @ b
        p = special.expit(eta)
        information = X.T @ (X * (p * (1 - p))[:, None])
        return -(y * eta - np.logaddexp(0, eta)).sum() - np.linalg.slogdet(information)[1] / 2

    other = optimize.minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    np.testing.assert_allclose(fit_logistic(X, y, firth=True).coefficients, other.x, atol=1e-6)


@pytest.fixture(scope="module")
def applications():
    data = pd.read_csv(DATA / "ologit_ucla.csv")
    levels = ["unlikely", "somewhat likely", "very likely"]
    return data.assign(apply=pd.Categorical(data["apply"], levels, ordered=True), place=np.arange(400) % 40)


@pytest.fixture(scope="module")
def of_statsmodels(applications):
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    model = OrderedModel(applications["apply"], applications[["pared", "public", "gpa"]], distr="logit")
    return model.fit(method="bfgs", disp=False, gtol=1e-9, skip_hessian=True)


@pytest.fixture(scope="module")
def ordered(applications):
    return engagement_slope(applications, "apply", "gpa", ["pared", "public"], school="place", model="ordered")


def test_an_ordered_slope_is_that_of_polr_and_statsmodels(ordered, of_statsmodels):
    """`polr` ends its search early: it agrees with either to four digits only."""
    found = ordered.coefficients.set_index("term")["estimate"]
    np.testing.assert_allclose(found[["pared", "public", "gpa"]], [1.04769011, -0.05878572, 0.61594057], atol=3e-4)
    np.testing.assert_allclose(found.iloc[:2], [-2.203915, -4.299363], atol=1e-3)
    assert ordered.estimate == found["gpa"]
    columns = ["pared", "public", "gpa"]
    np.testing.assert_allclose(found[columns], of_statsmodels.params[columns], rtol=1e-5)


def test_an_ordered_standard_error_is_polrs_but_for_expected_information(applications):
    """With every student a cluster of one, CR0 is the model's own error up to the sandwich's noise."""
    data = applications.assign(own=np.arange(400))
    slope = engagement_slope(data, "apply", "gpa", ["pared", "public"], school="own", model="ordered", variance="CR0")
    found = slope.coefficients.set_index("term")["se"]
    np.testing.assert_allclose(found[["pared", "public", "gpa"]], [0.2658, 0.2979, 0.2606], rtol=0.06)


def test_ordered_margins_are_differences_of_mean_probabilities(applications, ordered, of_statsmodels):
    columns = applications[["pared", "public", "gpa"]]
    now = of_statsmodels.predict(columns).to_numpy()
    more = of_statsmodels.predict(columns.assign(gpa=columns["gpa"] + 1)).to_numpy()
    change = 100 * (more - now).mean(axis=0)
    np.testing.assert_allclose(ordered.margins["estimate"], [change[1] + change[2], change[2]], rtol=1e-5)
    assert ordered.margins["level"].tolist() == ["somewhat likely", "very likely"]


def test_the_brant_test_is_the_published_one(ordered):
    """Stata's `brant` for these data prints 4.34 (p 0.227), 0.13, 3.44 and 0.18."""
    table = proportional_odds(ordered.fit).set_index("term")
    np.testing.assert_allclose(
        table.loc[["all", "pared", "public", "gpa"], "statistic"], [4.34, 0.13, 3.44, 0.18], atol=0.0051
    )
    assert table.loc["all", "df"] == 3
    assert table.loc["all", "p"] == pytest.approx(0.227, abs=0.0005)


def test_influence_and_spread_are_those_of_statsmodels(met):
    import statsmodels.api as sm
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.stats.outliers_influence import OLSInfluence, variance_inflation_factor

    data = met.head(400)
    slope = engagement_slope(data, "normexam", "standLRT", ["sex"], school="school", variance="CR2")
    X = pd.DataFrame({"constant": 1.0, "male": (data["sex"] == "M") * 1.0, "standLRT": data["standLRT"]})
    other = sm.OLS(data["normexam"], X).fit()
    measures = OLSInfluence(other)
    found = influence(slope)
    np.testing.assert_allclose(found.cook, measures.cooks_distance[0], rtol=1e-8)
    np.testing.assert_allclose(found.without_child, slope.estimate - measures.dfbeta[:, 2], rtol=1e-8)
    columns = data[["standLRT"]].assign(more=data["standLRT"] ** 2)
    expected = het_breuschpagan(other.resid, sm.add_constant(columns), robust=True)
    statistic, _, p = breusch_pagan(other.resid.to_numpy(), columns.to_numpy())
    np.testing.assert_allclose([statistic, p], expected[:2], rtol=1e-8)
    both = data.assign(second=data["standLRT"] + np.sin(np.arange(len(data))))
    table = several_exposures(both, "normexam", ["standLRT", "second"], school="school").table()
    matrix = sm.add_constant(both[["standLRT", "second"]]).to_numpy()
    np.testing.assert_allclose(table["vif"], [variance_inflation_factor(matrix, i) for i in (1, 2)], rtol=1e-8)


@pytest.mark.parametrize("alone", [1, 2, 6])
def test_firth_is_reached_however_few_share_what_sorts_them(alone):
    """With one such child steps of the expected information go to and fro across the top and never come to rest."""
    rng = np.random.default_rng(5)
    X = np.column_stack([np.ones(60), (np.arange(60) < alone) * 1.0, rng.normal(size=60)])
    y = np.where(np.arange(60) < alone, 1.0, (rng.random(60) < special.expit(2 * X[:, 2])) * 1.0)
    fit = fit_logistic(X, y, firth=True)
    assert fit.converged

    def penalised(b):
        eta = X @ b
        p = special.expit(eta)
        return (y * eta - np.logaddexp(0, eta)).sum() + np.linalg.slogdet(X.T @ (X * (p * (1 - p))[:, None]))[1] / 2

    np.testing.assert_allclose(optimize.approx_fprime(fit.coefficients, penalised, 1e-6), 0.0, atol=1e-4)
