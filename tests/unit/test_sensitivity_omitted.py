"""Omitted variables and E-values: against regressions that do include the variable, and what they say."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.sensitivity import (
    draw_contour,
    draw_e_value,
    e_value,
    e_value_of_effect,
    omitted_variable,
    omitted_variable_of_design,
)
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.release.sentences import check_words


def _world(seed=2, n=600, schools=12, effect=3.0):
    rng = np.random.default_rng(seed)
    need, hidden = rng.normal(size=n), rng.normal(size=n)
    school = rng.integers(0, schools, n)
    data = pd.DataFrame(
        {
            "programme": (0.8 * need + 0.6 * hidden + rng.logistic(size=n) > 0.8).astype(int),
            "need_baseline": need,
            "sen": rng.choice(["none", "support", "ehcp"], n, p=[0.6, 0.3, 0.1]),
            "school_id": [f"s{s}" for s in school],
        },
        index=[f"c{i}" for i in range(n)],
    )
    y = effect * data["programme"] - 4 * need - 2 * hidden + (data["sen"] == "ehcp") * 2 + rng.normal(0, 5, n)
    return data, data.assign(y=y, hidden=hidden)


FORMULA = "programme ~ need_baseline + C(sen)"


@pytest.fixture(scope="module")
def case():
    data, outcomes = _world(effect=8.0)
    design = match(FORMULA, data, caliper=0.3, ratio=2, replace=True)
    return design, outcomes, omitted_variable_of_design(design, outcomes, "y")


def _matrix(design, extra=None):
    used = design.weights.index[design.weights > 0]
    X = pd.concat([design.treatment.loc[used].astype(float), design.covariates.model.loc[used]], axis=1)
    if extra is not None:
        X["hidden"] = extra.loc[used]
    return sm.add_constant(X), design.weights.loc[used]


def test_bias_formula_gives_the_regression_with_the_variable(case):
    """Adjusting for a hidden variable by its two partial R² is the weighted regression that includes it."""
    design, outcomes, result = case
    X, w = _matrix(design)
    full, _ = _matrix(design, outcomes["hidden"])
    y = outcomes.loc[X.index, "y"]
    short, long = sm.WLS(y, X, w).fit(), sm.WLS(y, full, w).fit()
    chosen = sm.WLS(full["programme"], full.drop(columns="programme"), w).fit()
    r2_outcome = long.tvalues["hidden"] ** 2 / (long.tvalues["hidden"] ** 2 + long.df_resid)
    r2_treatment = chosen.tvalues["hidden"] ** 2 / (chosen.tvalues["hidden"] ** 2 + chosen.df_resid)
    assert result.estimate == pytest.approx(short.params["programme"])
    assert result.scale == pytest.approx(short.bse["programme"] * math.sqrt(short.df_resid))
    row = result.adjusted(r2_treatment, r2_outcome).loc[0]
    # The formula shrinks towards zero; here the omitted variable hides part of the effect, so the sign is turned.
    moved = abs(row["estimate"] - result.estimate)
    assert moved == pytest.approx(abs(long.params["programme"] - short.params["programme"]))
    classical = omitted_variable(short.params["programme"], short.bse["programme"], short.df_resid)
    assert classical.adjusted(r2_treatment, r2_outcome).loc[0, "se"] == pytest.approx(long.bse["programme"])
    assert classical.partial_r2 == pytest.approx(result.partial_r2)
    assert classical.robustness == pytest.approx(result.robustness)


def test_benchmarks_are_partial_r2_of_regressions(case):
    design, outcomes, result = case
    X, w = _matrix(design)
    y = outcomes.loc[X.index, "y"]
    observed = result.observed.set_index("covariate")
    assert list(observed.index) == ["need_baseline", "sen"]
    fit = sm.WLS(y, X, w).fit()
    t = fit.tvalues["need_baseline"]
    assert observed.loc["need_baseline", "r2_outcome"] == pytest.approx(t**2 / (t**2 + fit.df_resid))
    levels = [c for c in X.columns if c.startswith("sen")]
    assert len(levels) == 2
    without = sm.WLS(y, X.drop(columns=levels), w).fit()
    assert observed.loc["sen", "r2_outcome"] == pytest.approx(1 - fit.ssr / without.ssr)
    start = sm.add_constant(design.covariates.model)
    chosen = sm.OLS(design.treatment.astype(float), start).fit()
    fewer = sm.OLS(design.treatment.astype(float), start.drop(columns=levels)).fit()
    assert observed.loc["sen", "r2_treatment"] == pytest.approx(1 - chosen.ssr / fewer.ssr)
    after = omitted_variable_of_design(design, outcomes, "y", benchmarks="after").observed.set_index("covariate")
    chosen = sm.WLS(X["programme"], X.drop(columns="programme"), w).fit()
    fewer = sm.WLS(X["programme"], X.drop(columns=["programme", *levels]), w).fit()
    assert after.loc["sen", "r2_treatment"] == pytest.approx(1 - chosen.ssr / fewer.ssr)
    assert (after["r2_outcome"] == observed["r2_outcome"]).all()
    with pytest.raises(OptionError, match="benchmarks"):
        omitted_variable_of_design(design, outcomes, "y", benchmarks="during")


def test_benchmarks_after_matching_would_hide_how_strong_selection_was():
    """One covariate left out of the design biases about as much as its benchmark before matching says it could."""
    rng = np.random.default_rng(8)
    n = 8000
    one, two = rng.normal(size=(2, n))
    data = pd.DataFrame(
        {"programme": (one + two + rng.logistic(size=n) > 1.8).astype(int), "one": one, "two": two},
        index=[f"c{i}" for i in range(n)],
    )
    outcomes = data.assign(y=2.0 * data["programme"] + one + two + rng.normal(size=n))
    design = match("programme ~ one", data[["programme", "one"]], caliper=0.1)
    bias = estimate_effect(design, outcomes, "y", cluster=None).estimate - 2.0
    moved = {}
    for when in ("before", "after"):
        result = omitted_variable_of_design(design, outcomes, "y", cluster=None, benchmarks=when, times=(1.0,))
        moved[when] = result.estimate - result.benchmarks().loc[0, "estimate"]
    assert moved["before"] == pytest.approx(bias, rel=0.35)
    assert moved["after"] < 0.2 * bias


def test_interval_is_that_of_the_clustered_estimate(case):
    design, outcomes, result = case
    effect = estimate_effect(design, outcomes, "y", model="additive", working="independent")
    none = result.adjusted(0.0, 0.0).loc[0]
    widened = math.sqrt(result.strength_df / (result.strength_df - 1))
    assert none["ci_high"] - none["estimate"] == pytest.approx((effect.ci_high - effect.estimate) * widened)
    assert "school" in result.se_source
    at = result.adjusted(result.robustness_interval, result.robustness_interval).loc[0]
    assert min(abs(at["ci_low"]), abs(at["ci_high"])) == pytest.approx(0, abs=1e-9)


def test_strength_does_not_depend_on_few_schools():
    """Eight degrees of freedom of the interval must not inflate the share of variance that bias would need."""
    data, outcomes = _world(schools=4)
    design = match(FORMULA, data, caliper=0.3)
    clustered = omitted_variable_of_design(design, outcomes, "y")
    independent = omitted_variable_of_design(design, outcomes, "y", cluster=None)
    assert clustered.robustness == independent.robustness
    assert clustered.partial_r2 == independent.partial_r2


def test_robustness_value_is_worst_within_its_square():
    """No pair of strengths up to the robustness value undoes the interval, also in the case that binds elsewhere."""
    for estimate, se, df in ((0.4, 0.1, 30), (5.0, 0.5, 8), (6.0, 0.3, 5)):
        result = omitted_variable(estimate, se, df)
        grid = np.linspace(0, result.robustness_interval * (1 - 1e-9), 41)
        a, b = (part.ravel() for part in np.meshgrid(grid, grid))
        assert (result.adjusted(a, b)["ci_low"] > 0).all()
        beyond = np.linspace(0, min(result.robustness_interval * 1.01, 0.999), 400)
        edge = np.full(400, beyond[-1])
        assert (result.adjusted(edge, beyond)["ci_low"] < 0).any()


def test_one_school_gives_no_interval_but_a_robustness_value():
    data, outcomes = _world()
    outcomes.loc[outcomes["programme"] == 1, "school_id"] = "only"
    result = omitted_variable_of_design(match(FORMULA, data), outcomes, "y")
    assert math.isnan(result.robustness_interval)
    assert 0 < result.robustness < 1
    assert "No interval" in result.sentence
    assert math.isnan(result.findings("p")[2].estimate)


def test_baseline_outside_the_design_is_a_benchmark():
    data, outcomes = _world()
    outcomes["y_baseline"] = outcomes["hidden"].mask(np.arange(len(outcomes)) % 9 == 0)
    result = omitted_variable_of_design(match(FORMULA, data), outcomes, "y", baseline="y_baseline")
    effect = estimate_effect(match(FORMULA, data), outcomes, "y", baseline="y_baseline", model="additive")
    assert result.estimate == effect.estimate
    assert "y_baseline" in set(result.observed["covariate"])


def test_contours_hold_the_formula_and_the_marks(case):
    result = case[2]
    table = result.contours()
    grid = table[table["label"] == ""]
    again = result.adjusted(grid["r2_treatment"], grid["r2_outcome"])
    np.testing.assert_allclose(grid["estimate"], again["estimate"])
    # Two decimals are enough to keep the points of the grid apart.
    assert not grid[["r2_treatment", "r2_outcome"]].round(2).duplicated().any()
    assert grid["estimate"].min() < 0 < grid["estimate"].max()
    assert (table["label"] != "").any()
    assert len(draw_contour(table.round(2), "points").axes) == 1
    assert len(draw_contour(table.assign(estimate=np.nan)).axes) == 1


def test_words_and_findings_of_omitted_variables(case):
    result = case[2]
    found = result.findings("s.y", outcome="y", wave="endline")
    assert [f.finding_id for f in found] == ["s.y.partial_r2", "s.y.robustness", "s.y.robustness_interval"]
    assert found[1].estimate == pytest.approx(100 * result.robustness)
    assert all(f.claim == "description" and f.n_programme == result.n_programme for f in found)
    check_words(result.sentence, "sentence")
    weak = omitted_variable(0.1, 0.1, 100)
    assert weak.robustness_interval == 0
    assert "already" in weak.sentence
    strong = pd.DataFrame({"covariate": ["need"], "r2_treatment": [0.2], "r2_outcome": [0.4]})
    assert "as strong as need could" in omitted_variable(0.3, 0.1, 100, observed=strong).sentence
    assert "as strong as need could" in omitted_variable(-0.3, 0.1, 100, observed=strong).sentence
    endless = strong.assign(r2_treatment=0.7)
    assert omitted_variable(0.3, 0.1, 100, observed=endless).benchmarks()["estimate"].isna().all()
    assert "as strong as need could" in omitted_variable(0.3, 0.1, 100, observed=endless).sentence
    slight = pd.DataFrame({"covariate": ["need"], "r2_treatment": [0.001], "r2_outcome": [0.001]})
    assert "would not be enough" in omitted_variable(0.3, 0.1, 100, observed=slight).sentence


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((0.1, 0.0, 10), {}, "se above zero"),
        ((0.1, 0.1, 10), {"times": ()}, "times"),
        ((0.1, 0.1, 10), {"alpha": 0.0}, "alpha"),
        ((0.1, 0.1, 10), {"observed": pd.DataFrame({"covariate": ["x"]})}, "r2_treatment"),
    ],
)
def test_wrong_input_of_omitted_variable(arguments, options, words):
    with pytest.raises(OptionError, match=words):
        omitted_variable(*arguments, **options)


def test_strengths_outside_their_range_are_refused(case):
    with pytest.raises(OptionError, match="Strengths"):
        case[2].adjusted(1.0, 0.2)


def test_outcome_that_is_wholly_explained_is_refused():
    data, outcomes = _world()
    outcomes["y"] = 2.0
    with pytest.raises(DesignError, match="wholly"):
        omitted_variable_of_design(match(FORMULA, data), outcomes, "y", cluster=None)


def test_e_value_of_ratios_goes_by_the_ratio():
    data, outcomes = _world(effect=6.0)
    outcomes["passed"] = (outcomes["y"] > 0).astype(int)
    design = match(FORMULA, data, caliper=0.3)
    ratio = estimate_effect(design, outcomes, "passed", measure="risk_ratio")
    assert e_value_of_effect(ratio).point == e_value(ratio.estimate).point
    assert not e_value_of_effect(ratio).approximate
    odds = estimate_effect(design, outcomes, "passed", measure="odds_ratio")
    assert e_value_of_effect(odds).risk_ratio == pytest.approx(math.sqrt(odds.estimate))
    seldom = dataclasses.replace(odds, mean_programme=0.1, mean_comparison=0.05)
    assert e_value_of_effect(seldom).risk_ratio == odds.estimate
    with pytest.raises(OptionError, match="risk_ratio"):
        e_value_of_effect(estimate_effect(design, outcomes, "passed", measure="risk_difference"))


def test_e_value_is_the_least_strength_that_explains():
    """Ding and VanderWeele's bound: two links of strength E bias by E²/(2E − 1), which is the risk ratio itself."""
    for ratio in (1.2, 2.0, 5.5):
        e = e_value(ratio).point
        assert e * e / (2 * e - 1) == pytest.approx(ratio)
        assert e_value(1 / ratio).point == pytest.approx(e)


def test_e_value_of_an_interval_with_no_effect_is_one():
    result = e_value(1.3, 0.9, 1.8)
    assert result.limit == 1.0
    assert "nothing unseen" in result.sentence
    assert math.isnan(e_value(1.3).limit)
    assert e_value(0.7, 0.5, 0.9).table()["given"].tolist() == [0.7, 0.9]


def test_e_value_of_an_effect_goes_by_hedges_g():
    data, outcomes = _world(effect=6.0)
    effect = estimate_effect(match(FORMULA, data, caliper=0.3), outcomes, "y")
    result = e_value_of_effect(effect)
    assert result.risk_ratio == pytest.approx(math.exp(0.91 * effect.g.estimate))
    assert result.risk_ratio_low == pytest.approx(math.exp(0.91 * effect.g.ci_low))
    found = result.findings("s.y", outcome="y")
    assert [f.finding_id for f in found] == ["s.y.e_value", "s.y.e_value_limit"]
    assert "Approximate" in found[0].note
    assert found[0].n_programme == effect.n_programme
    for text in (result.sentence, found[0].note):
        check_words(text, "sentence")
    assert len(result.plot().axes) == 1
    assert draw_e_value(result.table().assign(risk_ratio=np.nan)).axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((-0.2,), {}, "above zero"),
        ((1.5, 1.6, 1.9), {}, "outside its interval"),
        ((1.5,), {"scale": "hazard"}, "not known"),
        ((float("nan"),), {}, "missing"),
    ],
)
def test_wrong_input_of_e_value(arguments, options, words):
    with pytest.raises(OptionError, match=words):
        e_value(*arguments, **options)
