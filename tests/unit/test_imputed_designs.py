"""Designs on imputed tables: what they hold, what they refuse, and a world in which complete cases go wrong."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.attribution.imputed import draw_imputed_balance, estimate_imputed, match_imputed
from wlz_eval.attribution.match import match
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.inference.rubin import pool_rubin

FORMULA = "programme ~ english + fsm"


def _children(seed=0, n=400, gaps=True):
    """Make children whose English drives choice and outcome, and is missing mostly where they did badly early on."""
    rng = np.random.default_rng(seed)
    english = rng.normal(size=n)
    early = english + rng.normal(size=n) * 0.4
    fsm = (rng.random(n) < 0.3) * 1.0
    programme = (rng.random(n) < 1 / (1 + np.exp(1 + english - 0.5 * fsm))).astype(int)
    y = english + 0.3 * fsm + 0.5 * programme * (1 - 0.8 * early) + rng.normal(size=n) * 0.5
    data = pd.DataFrame(
        {"programme": programme, "english": english, "fsm": fsm, "early": early}, index=[f"C{i}" for i in range(n)]
    )
    truth = (0.5 * (1 - 0.8 * early))[programme == 1].mean()
    if gaps:
        data.loc[rng.random(n) < 1 / (1 + np.exp(1 + 2 * early)), "english"] = np.nan
    return data, pd.DataFrame({"y_endline": y, "passed_endline": (y > 0) * 1.0}, index=data.index), truth


def test_each_table_has_a_design_and_the_pool_is_that_of_rubin():
    data, outcomes, _ = _children()
    designs = match_imputed(FORMULA, data, imputations=4, rounds=3, auxiliary=["early"], replace=True)
    assert len(designs.table()) == 4
    assert designs.missing["covariate"].tolist() == ["english"]
    assert int(designs.missing[["programme", "comparison"]].sum(axis=1).iloc[0]) == data["english"].isna().sum()
    covariates = [d.covariates.model["english"] for d in designs.designs]
    known = data["english"].notna()
    assert all((c[known] == data["english"][known]).all() for c in covariates)
    assert not covariates[0].equals(covariates[1])
    pooled = estimate_imputed(designs, outcomes, "y_endline", cluster=None)
    each = [estimate_effect(d, outcomes, "y_endline", cluster=None) for d in designs.designs]
    expected = pool_rubin([e.estimate for e in each], [e.se**2 for e in each], np.mean([e.df for e in each]))
    assert (pooled.estimate, pooled.pooled.se) == (expected.estimate, expected.se)
    assert 0 < pooled.pooled.fraction_missing < 1
    assert pooled.table().loc[0, "imputations"] == 4
    assert any("english" in note for note in pooled.notes)


def test_ratios_are_pooled_as_logarithms():
    data, outcomes, _ = _children()
    designs = match_imputed(FORMULA, data, imputations=3, rounds=2, replace=True)
    options = {"cluster": None, "model": "logistic", "measure": "risk_ratio"}
    pooled = estimate_imputed(designs, outcomes, "passed_endline", **options)
    each = [estimate_effect(d, outcomes, "passed_endline", **options).estimate for d in designs.designs]
    assert pooled.estimate == pytest.approx(np.exp(np.mean(np.log(each))))
    assert pooled.ci_low < pooled.estimate < pooled.ci_high
    assert pooled.ci_low > 0


def test_row_order_never_changes_the_answer():
    data, outcomes, _ = _children(n=150)
    frames = (data, data.sample(frac=1, random_state=3))
    designs = [match_imputed(FORMULA, frame, imputations=2, method="overlap") for frame in frames]
    found = [estimate_imputed(own, outcomes, "y_endline", cluster=None) for own in designs]
    assert found[0].estimate == found[1].estimate
    assert found[0].pooled.se == found[1].pooled.se


def test_without_gaps_there_is_one_design_and_its_own_interval():
    data, outcomes, _ = _children(gaps=False)
    designs = match_imputed(FORMULA, data)
    assert len(designs.designs) == 1
    pd.testing.assert_series_equal(designs.designs[0].weights, match(FORMULA, data).weights)
    pooled = estimate_imputed(designs, outcomes, "y_endline", cluster=None)
    alone = estimate_effect(designs.designs[0], outcomes, "y_endline", cluster=None)
    assert (pooled.estimate, pooled.ci_low) == pytest.approx((alone.estimate, alone.ci_low))
    assert "nothing was imputed" in pooled.notes[0]


def test_balance_shows_the_range_over_tables():
    data, _, _ = _children()
    designs = match_imputed(FORMULA, data, imputations=3, rounds=2)
    balance = designs.balance()
    assert balance["covariate"].tolist() == ["english", "fsm"]
    assert (balance["smd_after_low"] <= balance["smd_after"]).all()
    assert (balance["smd_after"] <= balance["smd_after_high"]).all()
    released = balance.assign(smd_before=np.nan)
    assert draw_imputed_balance(released).axes


def test_what_is_refused():
    data, outcomes, _ = _children(n=80)
    with pytest.raises(OptionError, match="missing"):
        match_imputed(FORMULA, data, missing="drop")
    with pytest.raises(OptionError, match="Did you mean early"):
        match_imputed(FORMULA, data, auxiliary=["earli"])
    with pytest.raises(DesignError, match="outcomes"):
        match_imputed(FORMULA, data.join(outcomes), auxiliary=["y_endline"])


def test_imputation_finds_the_effect_that_complete_cases_miss():
    """The effect is larger for children whose baseline is missing, so leaving them out misses the ATT."""
    dropped, pooled, covered, error = [], [], [], []
    for seed in range(16):
        data, outcomes, truth = _children(seed, n=500)
        design = match(FORMULA, data, missing="drop", replace=True)
        dropped.append(estimate_effect(design, outcomes, "y_endline", cluster=None).estimate - truth)
        designs = match_imputed(FORMULA, data, imputations=4, auxiliary=["early"], replace=True, seed=seed)
        found = estimate_imputed(designs, outcomes, "y_endline", cluster=None)
        pooled.append(found.estimate - truth)
        error.append(found.pooled.se)
        covered.append(found.ci_low < truth < found.ci_high)
    spread = np.std(pooled) / np.sqrt(len(pooled))
    assert np.mean(dropped) < -0.1
    assert abs(np.mean(pooled)) < 0.02 + 3 * spread
    assert abs(np.mean(pooled)) < 0.4 * abs(np.mean(dropped))
    assert np.mean(covered) > 0.8
