"""Cross-fitted AIPW: folds, robustness to one wrong model, coverage in small worlds with schools."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.effects.aipw import aipw_effect, school_folds
from wlz_eval.attribution.effects.learners import LogisticLearner
from wlz_eval.core.errors import DesignError, OptionError

EFFECT = 1.0


def _world(seed, n=600, schools=24, same_school=True, curved=False):
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    x, z = rng.normal(size=n), rng.normal(size=n)
    able = np.ones(n, bool) if same_school else school < schools // 2
    programme = able & (x + 0.5 * z + rng.logistic(size=n) > 0.5)
    kept = np.ones(n, bool) if same_school else programme | (school >= schools // 2)
    level = 0.4 * rng.normal(size=schools)[school]
    gain = EFFECT + 0.5 * x
    y = 2 * x + z + (x**2 if curved else 0) + level + gain * programme + rng.normal(size=n)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int), "x_baseline": x, "z_baseline": z,
            "school_id": [f"s{s:02d}" for s in school], "y_endline": y, "gain": gain,
        },
        index=[f"c{i:04d}" for i in range(n)],
    )
    return data[kept]


def _design(data, formula="programme ~ x_baseline + z_baseline"):
    return match(formula, data.drop(columns=["y_endline", "gain"]))


def test_it_covers_the_truth_of_each_estimand():
    covers, errors = [], []
    for seed in range(40):
        data = _world(seed)
        design, on = _design(data), data["programme"] == 1
        found = {e: aipw_effect(design, data, "y_endline", estimand=e) for e in ("ATT", "ATC", "ATE")}
        # Effects differ between children: each estimand is the average over these very children.
        truth = {"ATT": data.loc[on, "gain"].mean(), "ATC": data.loc[~on, "gain"].mean(), "ATE": data["gain"].mean()}
        errors.append({e: found[e].estimate - truth[e] for e in found})
        covers.append({e: found[e].ci_low <= truth[e] <= found[e].ci_high for e in found})
    errors, covers = pd.DataFrame(errors), pd.DataFrame(covers)
    assert (errors.mean().abs() < 2.5 * errors.std() / math.sqrt(40)).all()
    assert (covers.mean() >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 40)).all()


def test_intervals_cover_when_programme_and_comparison_are_in_different_schools():
    covers = []
    for seed in range(40):
        data = _world(seed, same_school=False)
        truth = data.loc[data["programme"] == 1, "gain"].mean()
        found = aipw_effect(_design(data), data, "y_endline")
        covers.append(found.ci_low <= truth <= found.ci_high)
        assert found.df < 23
    assert np.mean(covers) >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 40)


def test_one_wrong_model_is_forgiven_and_two_are_not():
    """The outcome is curved: a straight line is wrong, and no covariate at all is wrong for both models."""
    errors, both_wrong = [], []
    for seed in range(16):
        data = _world(seed, n=1500, curved=True)
        truth = data.loc[data["programme"] == 1, "gain"].mean()
        errors.append(aipw_effect(_design(data), data, "y_endline").estimate - truth)
        hidden = _design(data, "programme ~ z_baseline")
        both_wrong.append(aipw_effect(hidden, data, "y_endline").estimate - truth)
    assert abs(np.mean(errors)) < 2.5 * np.std(errors) / 4
    assert np.mean(both_wrong) > 0.5


def test_a_flexible_learner_may_be_used():
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

    data = _world(4, curved=True)
    found = aipw_effect(
        _design(data), data, "y_endline", folds=3,
        outcome_learner=RandomForestRegressor(50, min_samples_leaf=5, random_state=0),
        propensity_learner=RandomForestClassifier(50, min_samples_leaf=20, random_state=0),
    )
    assert abs(found.estimate - data.loc[data["programme"] == 1, "gain"].mean()) < 4 * found.se
    assert found.model == "aipw"


def test_folds_keep_schools_whole_and_hold_both_groups():
    data = _world(2, same_school=False)
    treated = data["programme"].to_numpy() == 1
    fold = school_folds(treated, data["school_id"], 5)
    assert len(set(zip(data["school_id"], fold, strict=True))) == data["school_id"].nunique()
    for number in range(5):
        assert treated[fold == number].any()
        assert (~treated[fold == number]).any()


def test_row_order_changes_nothing():
    data = _world(6, n=400)
    shuffled = data.loc[np.random.default_rng(0).permutation(data.index)]
    first, second = (aipw_effect(_design(d), d, "y_endline") for d in (data, shuffled))
    assert (first.estimate, first.se) == (second.estimate, second.se)


def test_two_schools_deal_children_and_misuse_is_named():
    data = _world(1, n=300, schools=2, same_school=False)
    assert any("folds are made of children" in n for n in aipw_effect(_design(data), data, "y_endline").notes)
    with pytest.raises(OptionError, match="ATT"):
        aipw_effect(_design(data), data, "y_endline", estimand="ATX")
    with pytest.raises(OptionError, match="predict_proba"):
        aipw_effect(_design(data), data, "y_endline", propensity_learner=object())
    with pytest.raises(OptionError, match="folds"):
        aipw_effect(_design(data), data, "y_endline", folds=1)


def test_a_level_that_one_group_alone_has_is_borne_and_said():
    data = _world(3)
    data["rare_baseline"] = 0.0
    data.loc[data.index[data["programme"] == 0][:12], "rare_baseline"] = 1.0
    found = aipw_effect(_design(data, "programme ~ x_baseline + z_baseline + rare_baseline"), data, "y_endline")
    plain = aipw_effect(_design(data), data, "y_endline")
    assert any("small penalty" in note for note in found.notes)
    assert found.estimate == pytest.approx(plain.estimate, abs=plain.se)


def _far_apart(seed, n=6000):
    """Few children on the programme, most others nowhere near them, and an outcome that is no straight line."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    programme = rng.random(n) < 1 / (1 + np.exp(5.5 - 2 * x))
    y = x**2 + EFFECT * programme + rng.normal(size=n)
    return pd.DataFrame({"programme": programme.astype(int), "x_baseline": x, "y_endline": y})


def test_children_who_could_hardly_be_on_the_programme_hardly_count():
    """Their chances were once raised to 0.01: thousands of them then outweighed those who were alike, and the estimate
    was off by half an SD though the model of the chances was right."""
    errors = []
    for seed in range(20):
        data = _far_apart(seed)
        design = match("programme ~ x_baseline", data[["programme", "x_baseline"]])
        found = aipw_effect(design, data, "y_endline", cluster=None)
        errors.append(found.estimate - EFFECT)
        assert not any("below" in note for note in found.notes)
    assert abs(np.mean(errors)) < 2.5 * np.std(errors) / math.sqrt(20)


def test_a_tiny_chance_is_no_perfect_separation():
    """Fitted chances below 1e-7 were once taken for separation, and the fit was penalised, in a skewed covariate."""
    import statsmodels.api as sm

    rng = np.random.default_rng(5)
    n = 2000
    earned = np.exp(rng.normal(0, 1.2, n))
    programme = (rng.random(n) < 1 / (1 + np.exp(1.5 * earned - 0.5))).astype(float)
    fitted = LogisticLearner().fit(earned[:, None], programme)
    other = sm.Logit(programme, sm.add_constant(earned)).fit(disp=0, method="newton", maxiter=100)
    assert not fitted.penalised
    assert other.predict().min() < 1e-12
    np.testing.assert_allclose(fitted.predict_proba(earned[:, None])[:, 1], other.predict(), rtol=1e-6)


def test_the_att_is_that_of_the_formula():
    """By hand, with the folds of the package: straight lines and chances by statsmodels."""
    import statsmodels.api as sm

    data = _world(7, n=500)
    design = _design(data)
    treated, y = data["programme"].to_numpy() == 1, data["y_endline"].to_numpy()
    X = sm.add_constant(data[["x_baseline", "z_baseline"]].to_numpy())
    fold = school_folds(treated, None, 4, 11)
    without, chance = np.zeros(len(y)), np.zeros(len(y))
    for number in range(4):
        test, train = fold == number, fold != number
        without[test] = X[test] @ sm.OLS(y[train & ~treated], X[train & ~treated]).fit().params
        chance[test] = sm.Logit(treated[train] * 1.0, X[train]).fit(disp=0).predict(X[test])
    odds = np.minimum(chance, 0.99) / (1 - np.minimum(chance, 0.99))
    missed = y - without
    by_hand = missed[treated].mean() - np.average(missed[~treated], weights=odds[~treated])
    found = aipw_effect(design, data, "y_endline", cluster=None, folds=4, seed=11)
    assert found.estimate == pytest.approx(by_hand, rel=1e-8)


def test_learners_that_leave_nobody_to_compare_with_are_refused():
    class Sure:
        def fit(self, X, y):
            return self

        def predict_proba(self, X):
            return np.column_stack([np.ones(len(X)), np.zeros(len(X))])

    class Lost(Sure):
        def predict_proba(self, X):
            return np.full((len(X), 2), np.nan)

    data = _world(3, n=300)
    with pytest.raises(DesignError, match="no comparison child"):
        aipw_effect(_design(data), data, "y_endline", propensity_learner=Sure())
    with pytest.raises(DesignError, match="missing or infinite"):
        aipw_effect(_design(data), data, "y_endline", propensity_learner=Lost())
