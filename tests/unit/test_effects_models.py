"""Outcome models and measures beyond the mean difference."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import special

from wlz_eval.attribution import estimate_effect, match, naive_difference
from wlz_eval.core.errors import OptionError


def _counts(a, b, c, d):
    """Two groups without covariate structure: a of a+b programme, c of c+d comparison children have the outcome."""
    y = np.r_[np.ones(a), np.zeros(b), np.ones(c), np.zeros(d)]
    programme = np.r_[np.ones(a + b), np.zeros(c + d)].astype(int)
    index = [f"c{i:03d}" for i in range(len(y))]
    return pd.DataFrame({"programme": programme, "passed_endline": y}, index=index)


def test_ratios_of_a_two_by_two_table_have_their_textbook_errors():
    a, b, c, d = 30, 20, 18, 42
    data = _counts(a, b, c, d)
    treatment = data["programme"] == 1
    ratio = naive_difference(treatment, data, "passed_endline", cluster=None, measure="risk_ratio")
    odds = naive_difference(treatment, data, "passed_endline", cluster=None, measure="odds_ratio")
    assert ratio.estimate == pytest.approx((30 / 50) / (18 / 60))
    assert odds.estimate == pytest.approx(a * d / (b * c))
    assert (ratio.mean_programme, ratio.mean_comparison) == pytest.approx((0.6, 0.3))
    # HC3 of a saturated model is Woolf's formula with n/(n-1) squared a group.
    woolf = math.sqrt((1 / a + 1 / b) * (50 / 49) ** 2 + (1 / c + 1 / d) * (60 / 59) ** 2)
    assert odds.se == pytest.approx(woolf)
    assert math.isnan(odds.g.estimate)
    assert odds.ci_low * odds.ci_high == pytest.approx(odds.estimate**2)


def test_a_ratio_without_events_is_undefined_and_says_so():
    data = _counts(0, 20, 5, 20)
    found = naive_difference(data["programme"] == 1, data, "passed_endline", cluster=None, measure="risk_ratio")
    assert math.isnan(found.estimate)
    assert math.isnan(found.ci_low)
    assert any("not defined" in note for note in found.notes)


def _world(seed=0, n=2000, schools=20):
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    need = rng.normal(size=n)
    programme = (need + rng.logistic(size=n) > 0.8).astype(int)
    data = pd.DataFrame(
        {"programme": programme, "need_baseline": need, "school_id": [f"s{s:02d}" for s in school]},
        index=[f"c{i:05d}" for i in range(n)],
    )
    return rng, data, school


@pytest.mark.parametrize("measure", ["risk_difference", "risk_ratio", "odds_ratio"])
def test_logistic_recovers_the_marginal_effect_on_the_matched(measure):
    errors, covered = [], 0
    for seed in range(20):
        rng, data, school = _world(seed)
        level = rng.normal(0, 0.2, 20)[school]
        linear = -0.5 - 0.8 * data["need_baseline"].to_numpy() + level
        with_, without = special.expit(linear + 0.7), special.expit(linear)
        y = rng.uniform(size=len(data)) < np.where(data["programme"] == 1, with_, without)
        design = match("programme ~ need_baseline", data, caliper=0.2)
        found = estimate_effect(
            design, data.assign(y=y.astype(float)), "y", model="logistic", measure=measure
        )
        here = data.index.isin(design.matched_programme)
        one, none = with_[here].mean(), without[here].mean()
        truth = {
            "risk_difference": one - none,
            "risk_ratio": one / none,
            "odds_ratio": (one / (1 - one)) / (none / (1 - none)),
        }[measure]
        errors.append(np.log(found.estimate / truth) if measure != "risk_difference" else found.estimate - truth)
        covered += found.ci_low <= truth <= found.ci_high
    assert abs(np.mean(errors)) < 2.5 * np.std(errors) / math.sqrt(20)
    assert covered >= 17  # of 20 at 95%: fewer has a chance of .3%


def test_estimands_average_over_their_own_children():
    rng, data, _ = _world(3)
    need = data["need_baseline"].to_numpy()
    effect = 1.0 + need  # children in greater need gain more
    y = 2 * need + effect * data["programme"].to_numpy() + rng.normal(size=len(data))
    outcomes = data.assign(y=y)
    design = match("programme ~ need_baseline", data, replace=True)
    found = {}
    for estimand in ("ATT", "ATC", "ATE"):
        weights = pd.Series(1.0, index=data.index)
        changed = dataclasses.replace(
            design, weights=weights, spec=dataclasses.replace(design.spec, estimand=estimand)
        )
        found[estimand] = estimate_effect(changed, outcomes, "y").estimate
    treated = data["programme"].to_numpy() == 1
    truth = {"ATT": effect[treated].mean(), "ATC": effect[~treated].mean(), "ATE": effect.mean()}
    assert found == pytest.approx(truth, abs=0.12)
    assert truth["ATT"] - truth["ATC"] > 0.5


def test_a_logistic_model_that_cannot_be_fitted_steps_down():
    _, data, _ = _world(n=400)
    y = (data["need_baseline"] > 0.2).astype(float)  # the covariate tells the answers apart perfectly
    found = estimate_effect(
        match("programme ~ need_baseline", data), data.assign(y=y), "y", model="logistic", measure="risk_difference"
    )
    assert found.model == "unadjusted"
    assert any("left out" in note for note in found.notes)
    assert found.estimate == pytest.approx(found.mean_programme - found.mean_comparison)


def test_few_with_the_rarer_answer_lose_interactions_and_say_so():
    rng, data, _ = _world(n=600)
    y = (rng.uniform(size=600) < 0.04).astype(float)
    found = estimate_effect(match("programme ~ need_baseline", data), data.assign(y=y), "y", model="logistic")
    assert any("rarer answer" in note for note in found.notes)


def test_row_order_changes_no_bit():
    rng, data, _ = _world(n=500)
    outcomes = data.assign(y=(rng.uniform(size=500) < 0.4).astype(float))
    shuffled = rng.permutation(data.index)
    for model in ("interacted", "logistic"):
        first = estimate_effect(match("programme ~ need_baseline", data), outcomes, "y", model=model)
        second = estimate_effect(
            match("programme ~ need_baseline", data.loc[shuffled]), outcomes.loc[shuffled], "y", model=model
        )
        assert (first.estimate, first.se, first.df) == (second.estimate, second.se, second.df)


def test_misuse_is_named():
    rng, data, _ = _world(n=300)
    outcomes = data.assign(y=rng.normal(size=300))
    design = match("programme ~ need_baseline", data)
    with pytest.raises(OptionError, match="odds_ratio"):
        estimate_effect(design, outcomes, "y", measure="odds_ration")
    with pytest.raises(OptionError, match="0 and 1"):
        estimate_effect(design, outcomes, "y", measure="risk_ratio")
    with pytest.raises(OptionError, match="0 and 1"):
        estimate_effect(design, outcomes, "y", model="logistic")
    with pytest.raises(OptionError, match="needs clusters"):
        estimate_effect(design, outcomes, "y", cluster=None, df="ik")


def test_two_way_clusters_are_checked():
    rng, data, _ = _world(n=400)
    outcomes = data.assign(y=rng.normal(size=400))
    design = match("programme ~ need_baseline", data, replace=True)
    both = estimate_effect(design, outcomes, "y", cluster=("pair", "school_id"))
    assert both.clustering == "pair and school"
    assert both.schools_programme > 1
    assert both.df == min(outcomes.loc[design.weights > 0, "school_id"].nunique(), len(design.matched_programme)) - 1
    with pytest.raises(OptionError, match="two different"):
        estimate_effect(design, outcomes, "y", cluster=("pair", "pair"))
    with pytest.raises(OptionError, match="fewer clusters"):
        estimate_effect(design, outcomes, "y", cluster=("pair", "school_id"), df="ik")
    with pytest.raises(OptionError, match="CR1"):
        estimate_effect(design, outcomes, "y", cluster=("pair", "school_id"), variance="CR2")
    strata = match("programme ~ need_baseline", data, method="subclass")
    with pytest.raises(OptionError, match="makes no pairs"):
        estimate_effect(strata, outcomes, "y", cluster=("pair", "school_id"))


def _school_world(seed=2, n=1200, schools=24):
    """Programme and comparison children in different schools of unequal size that differ by themselves."""
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, 0.6, schools)
    school = rng.choice(schools, n, p=share / share.sum())
    need, on = rng.normal(size=n), school < schools // 2
    y = need + 0.5 * on + 0.5 * rng.normal(size=schools)[school] + rng.normal(size=n)
    data = pd.DataFrame(
        {"programme": on.astype(int), "need_baseline": need, "school_id": [f"s{s:02d}" for s in school]},
        index=[f"c{i:04d}" for i in range(n)],
    )
    return match("programme ~ need_baseline", data, caliper=0.2), data.assign(y=y)


@pytest.mark.parametrize("asked", [{"variance": "REML"}, {"working": "exchangeable"}])
def test_random_intercept_weights_give_the_fit_of_the_inference_package(asked):
    """Against the package's own verbs on a design matrix written out here: both are held to lme4 elsewhere."""
    from wlz_eval.inference import cluster_robust, mixed_reml

    design, outcomes = _school_world()
    found = estimate_effect(design, outcomes, "y", model="additive", **asked)
    rows = outcomes.loc[design.weights[design.weights > 0].index]
    X = pd.DataFrame({"one": 1.0, "programme": rows["programme"].astype(float), "need": rows["need_baseline"]})
    weights = design.weights.loc[rows.index]
    if "variance" in asked:
        theirs = mixed_reml(X, rows["y"], rows["school_id"], weights)
    else:
        theirs = cluster_robust(X, rows["y"], rows["school_id"], weights, working="exchangeable")
    position = theirs.position("programme")
    for name in ("estimate", "se", "df", "ci_low", "ci_high", "p"):
        assert getattr(found, name) == pytest.approx(getattr(theirs, name)[position], rel=1e-6), name
    plain = estimate_effect(design, outcomes, "y", model="additive", working="independent")
    assert found.estimate != pytest.approx(plain.estimate, abs=1e-3)
    assert "random-intercept" in found.method
    assert found.mean_programme - found.mean_comparison == pytest.approx(found.estimate)


def test_adjusted_differences_by_school_take_random_intercept_weights_unless_told_otherwise():
    design, outcomes = _school_world(n=600)
    assert "random-intercept" in estimate_effect(design, outcomes, "y").method
    for told in ({"model": "unadjusted"}, {"variance": "CR2"}, {"df": "ik"}, {"cluster": None}, {"cluster": "pair"}):
        assert "random-intercept" not in estimate_effect(design, outcomes, "y", **told).method


def test_random_intercepts_need_schools_and_differences():
    design, outcomes = _school_world(n=600)
    outcomes["passed"] = (outcomes["y"] > 0).astype(float)
    for asked in ({"variance": "REML"}, {"working": "exchangeable"}):
        with pytest.raises(OptionError, match="Cluster by school"):
            estimate_effect(design, outcomes, "y", cluster=None, **asked)
        with pytest.raises(OptionError, match="linear model"):
            estimate_effect(design, outcomes, "passed", measure="risk_ratio", **asked)
    with pytest.raises(OptionError, match="exchangeable"):
        estimate_effect(design, outcomes, "y", working="exchangable")
