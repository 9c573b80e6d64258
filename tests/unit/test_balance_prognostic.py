"""Prognostic-score balance: whom the model learns from, and that its gap is the bias of a world that is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.balance import prognostic_balance
from wlz_eval.core.errors import DesignError, OptionError

FORMULA = "programme ~ english + fsm + noise"


def _world(n=1500, seed=4, share=0.15):
    rng = np.random.default_rng(seed)
    english, fsm, noise = rng.normal(size=n), (rng.random(n) < 0.4).astype(float), rng.normal(size=n)
    score = -0.8 * english + 0.5 * fsm + 0.8 * noise + rng.gumbel(size=n)
    expected = 100 + 8 * english - 3 * fsm
    index = pd.Index([f"c{i}" for i in range(n)], name="child_id")
    data = pd.DataFrame(
        {"programme": score > np.quantile(score, 1 - share), "english": english, "fsm": fsm, "noise": noise},
        index=index,
    )
    outcomes = pd.DataFrame(
        {
            "reading_endline": expected + rng.normal(0, 5, n) + 40 * data["programme"],
            "passed_endline": (rng.random(n) < 1 / (1 + np.exp(-(expected - 98) / 6))).astype(float),
        },
        index=index,
    )
    return data, outcomes, pd.Series(expected, index=index)


@pytest.fixture(scope="module")
def world():
    return _world()


def test_the_gap_is_the_bias_of_the_known_world(world):
    data, outcomes, expected = world
    for options in ({"caliper": 0.2}, {"method": "subclass", "subclass": 3}):
        design = match(FORMULA, data, **options)
        found = prognostic_balance(design, outcomes, "reading_endline").table().iloc[0]
        w, treated = design.weights, design.treatment
        bias = np.average(expected[treated], weights=w[treated]) - np.average(expected[~treated], weights=w[~treated])
        # The slopes are known to about 0.15 each, and groups differ by less than a unit.
        assert found["difference_after"] == pytest.approx(bias, abs=0.3)
        before = expected[treated].mean() - expected[~treated].mean()
        assert found["difference_before"] == pytest.approx(before, abs=0.5)
        assert found["difference_before"] < -3


def test_only_what_foretells_the_outcome_counts(world):
    data, outcomes, _ = world
    design = match("programme ~ english + fsm", data)
    noisy = design.__class__(
        **{**design.__dict__, "covariates": match(FORMULA, data).covariates}
    )
    assert noisy.balance().worst_after > 0.25
    assert abs(prognostic_balance(noisy, outcomes, "reading_endline").smd_after) < 0.1


def test_the_prediction_is_that_of_a_plain_regression(world):
    data, outcomes, _ = world
    design = match(FORMULA, data)
    for outcome in ("reading_endline", "passed_endline"):
        import statsmodels.api as sm

        result = prognostic_balance(design, outcomes, outcome)
        outside = ~design.treatment & (design.weights == 0)
        X = sm.add_constant(design.covariates.model)
        y = outcomes.loc[outside, outcome]
        model = sm.OLS(y, X[outside]) if outcome == "reading_endline" else sm.Logit(y, X[outside])
        fit = model.fit() if outcome == "reading_endline" else model.fit(disp=0)
        np.testing.assert_allclose(result.score, fit.predict(X), atol=1e-7)
        assert result.n_fitted == outside.sum()
        assert result.model == ("linear" if outcome == "reading_endline" else "logistic")
        if outcome == "reading_endline":
            assert result.r_squared == pytest.approx(fit.rsquared)


def test_no_programme_childs_outcome_is_read(world):
    data, outcomes, _ = world
    design = match(FORMULA, data)
    plain = prognostic_balance(design, outcomes, "reading_endline").table()
    blind = outcomes[~data["programme"]]
    pd.testing.assert_frame_equal(prognostic_balance(design, blind, "reading_endline").table(), plain)


def test_the_order_of_rows_changes_nothing(world):
    data, outcomes, _ = world
    mixed = data.sample(frac=1, random_state=3)
    one = prognostic_balance(match(FORMULA, data), outcomes, "passed_endline")
    two = prognostic_balance(match(FORMULA, mixed), outcomes.loc[mixed.index[::-1]], "passed_endline")
    pd.testing.assert_frame_equal(one.table(), two.table(), check_exact=True)
    pd.testing.assert_series_equal(one.score.sort_index(), two.score.sort_index(), check_exact=True)


def test_too_few_outside_means_all_comparison_children_and_says_so():
    data, outcomes, _ = _world(n=120, share=0.4)
    result = prognostic_balance(match(FORMULA, data), outcomes, "reading_endline")
    assert result.fitted_on == "all comparison children"
    assert result.n_fitted == 72
    assert any("seen the outcomes" in note for note in result.notes)


def test_unknown_outcomes_are_left_out_of_the_fit(world):
    data, outcomes, _ = world
    design = match(FORMULA, data)
    outside = design.weights.index[~design.treatment & (design.weights == 0)]
    known = outcomes.copy()
    known.loc[outside[:100], "reading_endline"] = np.nan
    assert prognostic_balance(design, known, "reading_endline").n_fitted == len(outside) - 100
    known["reading_endline"] = np.nan
    with pytest.raises(DesignError, match="0 comparison children have a known reading_endline"):
        prognostic_balance(design, known, "reading_endline")
    with pytest.raises(DesignError, match="differ between them"):
        prognostic_balance(design, outcomes.assign(reading_endline=3.0), "reading_endline")
    with pytest.raises(OptionError, match="Did you mean reading_endline"):
        prognostic_balance(design, outcomes, "reading_endlin")


def test_a_covariate_that_is_constant_where_the_model_learns_is_named(world):
    data, outcomes, _ = world
    rare = data.assign(rare=(data["programme"] & (data["noise"] > 0)).astype(float))
    matched = match(FORMULA + " + rare", rare.assign(rare=rare["rare"] + (np.arange(len(rare)) % 97 == 0)))
    assert matched.covariates.model.shape[1] == 4
    known = outcomes.copy()
    known.loc[matched.covariates.model["rare"] > 0, "reading_endline"] = np.nan
    result = prognostic_balance(matched, known, "reading_endline")
    assert any("rare" in note and "Left out" in note for note in result.notes)
    assert np.isfinite(result.score).all()


def test_answers_told_apart_perfectly_have_a_linear_model(world):
    data, outcomes, _ = world
    sure = outcomes.assign(passed_endline=(data["english"] > 0).astype(float))
    result = prognostic_balance(match(FORMULA, data), sure, "passed_endline")
    assert result.model == "linear"
    assert any("perfectly" in note for note in result.notes)


def test_the_picture_shows_both_groups_before_and_after(world):
    data, outcomes, _ = world
    result = prognostic_balance(match(FORMULA, data), outcomes, "reading_endline")
    axes = result.plot().axes
    assert axes[0].get_xlabel() == "Expected reading_endline"
    for axis in axes:
        heights = np.array([bar.get_height() for bar in axis.patches])
        assert heights[heights > 0].sum() == pytest.approx(100)
        assert heights[heights < 0].sum() == pytest.approx(-100)
