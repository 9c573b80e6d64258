"""The verb weight(): what a weighted design holds, and what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.capabilities import METHODS, methods_of
from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.attribution.match import match
from wlz_eval.attribution.weight import weight
from wlz_eval.core.errors import DesignError, OptionError

FORMULA = "programme ~ english + fsm + C(sen)"
CASES = [(method, estimand) for method in methods_of("weight") for estimand in METHODS[method].estimands]


def _children(n=600, seed=0):
    rng = np.random.default_rng(seed)
    english = rng.normal(size=n)
    fsm = (rng.random(n) < 0.3) * 1.0
    sen = rng.choice(["no", "yes"], n, p=[0.8, 0.2])
    year = rng.choice([7, 8, 9], n)
    linear = -1.2 - 0.7 * english + 0.6 * fsm + 0.5 * (sen == "yes") + 0.3 * (year - 8)
    programme = (rng.random(n) < 1 / (1 + np.exp(-linear))).astype(int)
    frame = pd.DataFrame(
        {"programme": programme, "english": english, "fsm": fsm, "sen": sen, "year": year},
        index=[f"C{i}" for i in range(n)],
    )
    y = english + 0.5 * fsm + 0.4 * programme + 0.4 * (year - 8) + rng.normal(size=n) * 0.5
    return frame, pd.DataFrame({"y_endline": y}, index=frame.index)


@pytest.mark.parametrize(("method", "estimand"), CASES)
def test_a_weighted_design_balances_and_finds_the_effect(method, estimand):
    data, outcomes = _children()
    design = weight(FORMULA, data, method=method, estimand=estimand)
    assert len(design.pairs) == 0
    assert design.strata.isna().all()
    for side in (design.treatment, ~design.treatment):
        assert design.weights[side].sum() == pytest.approx(side.sum())
    assert design.balance().worst_before > 0.3
    assert design.balance().worst_after < (1e-6 if method != "ipw" else 0.1)
    effect = estimate_effect(design, outcomes, "y_endline", cluster=None, model="unadjusted")
    assert effect.estimate == pytest.approx(0.4, abs=3 * effect.se + 0.05)
    assert f"Weighted design ({method})" in design.account()
    assert ("in either" in design.achieved_estimand) == (estimand == "ATO")


def test_row_order_never_changes_a_weight():
    data, _ = _children(200)
    for method in methods_of("weight"):
        design = weight(FORMULA, data, method=method)
        shuffled = weight(FORMULA, data.sample(frac=1, random_state=1), method=method)
        pd.testing.assert_series_equal(shuffled.weights.loc[data.index], design.weights, rtol=0, atol=0)


@pytest.mark.parametrize(("method", "estimand"), CASES)
def test_exact_groups_weigh_the_same_on_both_sides(method, estimand):
    data, _ = _children()
    data.loc[(data["year"] == 9) & (data["programme"] == 1), "year"] = 8
    design = weight(FORMULA, data, method=method, estimand=estimand, exact=["year", "fsm"])
    alone = data["year"] == 9
    assert (design.weights[alone] == 0).all()
    assert any("left out" in note and "year and fsm" in note for note in design.notes)
    share = design.weights[~alone].groupby([design.treatment, data["year"], data["fsm"]]).sum()
    shares = [share[side] / share[side].sum() for side in (True, False)]
    pd.testing.assert_series_equal(*shares, check_names=False, rtol=1e-6)


def test_variances_agree_when_two_moments_are_asked_for():
    data, _ = _children()
    one, two = (weight(FORMULA, data, method="entropy", moments=k).balance().data for k in (1, 2))
    assert abs(one.loc["english", "variance_ratio_after"] - 1) > 0.05
    side = data["programme"] == 1
    w = weight(FORMULA, data, method="entropy", moments=2).weights
    second = [np.average(data["english"][g] ** 2, weights=w[g]) for g in (side, ~side)]
    assert second[0] == pytest.approx(second[1])
    assert abs(two.loc["english", "variance_ratio_after"] - 1) < 0.02


def test_base_weights_and_given_scores_are_used():
    data, _ = _children()
    data["sampled"] = np.random.default_rng(1).uniform(0.5, 3, len(data))
    plain, near = (weight(FORMULA, data, method="entropy", **o) for o in ({}, {"base_weights": "sampled"}))
    side = data["programme"] == 0
    assert np.corrcoef(near.weights[side], data["sampled"][side])[0, 1] > 0.3
    assert abs(np.corrcoef(plain.weights[side], data["sampled"][side])[0, 1]) < 0.2
    score = pd.Series(0.25, index=data.index)
    given = weight(FORMULA, data, distance=score, estimand="ATE")
    np.testing.assert_allclose(given.weights, 1)


def test_a_classifier_may_score_cross_fitted():
    from sklearn.linear_model import LogisticRegression

    data, _ = _children(300)
    design = weight(FORMULA, data, distance=LogisticRegression(C=1e6), cross_fit=5, method="overlap")
    assert "LogisticRegression" in design.described
    assert design.balance().worst_after < 0.15


def test_trimming_and_a_word_about_heavy_children():
    data, _ = _children()
    data.loc[data.index[:400], "english"] += 2.5 * (1 - data["programme"][:400])
    plain = weight(FORMULA, data)
    assert any("weigh more than 10" in note for note in plain.notes)
    trimmed = weight(FORMULA, data, trim=5)
    assert trimmed.weights.max() <= 5 + 1e-9
    assert trimmed.sizes.loc["Matched (ESS)", "comparison"] > plain.sizes.loc["Matched (ESS)", "comparison"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "nearest"}, r"match\(\)"),
        ({"method": "entropi"}, "Did you mean entropy"),
        ({"method": "overlap", "estimand": "ATT"}, "ATO"),
        ({"link": "linear.logit"}, "link 'linear.logit'"),
        ({"caliper": 0.2}, "has no caliper"),
        ({"method": "entropy", "trim": 0.9}, "has no trim"),
        ({"moments": 2}, "has no moments"),
        ({"method": "entropy", "base_weights": "englsh"}, "Did you mean english"),
        ({"method": "entropy", "moments": 9}, "moments"),
        ({"trim": 0.2}, "trim"),
        ({"exact": "yeer"}, "Did you mean year"),
        ({"distance": "mahalanobis"}, "mahalanobis"),
    ],
)
def test_options_are_checked(options, message):
    data, _ = _children(120)
    with pytest.raises(OptionError, match=message):
        weight(FORMULA, data, **options)


def test_match_sends_weighting_methods_on():
    data, _ = _children(120)
    with pytest.raises(OptionError, match=r"weight\(\)"):
        match(FORMULA, data, method="ipw")


def test_an_impossible_balance_names_its_column():
    data, _ = _children(200)
    data["english"] += 3 * data["programme"]
    with pytest.raises(DesignError, match="english"):
        weight(FORMULA, data, method="entropy")
