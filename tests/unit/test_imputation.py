"""Multiple imputation and Rubin's rules: forms, invariance, and worlds in which the truth is known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.inference import least_squares
from wlz_eval.inference.imputation import impute
from wlz_eval.inference.rubin import pool_rubin


def _table(seed=0, n=120):
    rng = np.random.default_rng(seed)
    score = rng.normal(100, 15, n)
    data = pd.DataFrame(
        {
            "score": score,
            "age": rng.integers(9, 14, n).astype(float),
            "fsm": (rng.random(n) < 0.3).astype(float),
            "sen": rng.choice(["none", "support", "plan"], n, p=[0.7, 0.2, 0.1]),
            "late": pd.array(rng.random(n) < 0.2, dtype="boolean"),
            "visits": pd.array(rng.integers(0, 9, n), dtype="Int64"),
        },
        index=[f"C{i}" for i in range(n)],
    )
    gaps = rng.random(data.shape) < 0.15
    gaps[:, 1] = False
    return data.mask(gaps), gaps


def test_gaps_are_filled_with_values_that_occur_and_nothing_else_changes():
    data, gaps = _table()
    for table in impute(data, imputations=2, rounds=3, method="pmm", seed=1):
        assert not table.isna().any().any()
        assert (table.dtypes == data.dtypes).all()
        assert table.index.equals(data.index)
        for j, name in enumerate(data.columns):
            known = ~gaps[:, j]
            assert (table[name][known] == data[name][known]).all()
            assert set(table[name]) <= set(data[name].dropna())


def test_the_linear_method_draws_values_that_need_not_occur():
    data, gaps = _table()
    first, second = impute(data, imputations=2, rounds=2)
    drawn = first["score"][gaps[:, 0]]
    assert not set(drawn) & set(data["score"].dropna())
    assert (drawn != second["score"][gaps[:, 0]]).all()


def test_row_order_and_further_imputations_change_nothing():
    data, _ = _table()
    first = impute(data, imputations=1, rounds=2, seed=5)[0]
    shuffled = impute(data.sample(frac=1, random_state=0), imputations=2, rounds=2, seed=5)[0]
    pd.testing.assert_frame_equal(shuffled.loc[data.index], first)
    other = impute(data, imputations=1, rounds=2, seed=6)[0]
    assert not other.equals(first)


def test_a_relation_between_columns_survives():
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    kind = np.where(x > 0.3, "high", np.where(x < -0.8, "low", "middle"))
    data = pd.DataFrame({"x": x, "kind": pd.Series(kind).mask(rng.random(400) < 0.4), "y": 3 * x})
    data.loc[rng.random(400) < 0.3, "y"] = np.nan
    table = impute(data, imputations=1, rounds=5)[0]
    # Levels are separated perfectly by x: draws must follow it, and stay finite.
    gaps = data["kind"].isna()
    assert (table["kind"] == kind)[gaps].mean() > 0.8
    assert abs(table["y"] - 3 * x).quantile(0.95) < 0.2


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        ({"a": [None, None], "b": [1.0, 2.0]}, "'a' is missing in every row"),
        ({"a": pd.to_datetime(["2020-01-01", None]), "b": [1.0, 2.0]}, "is a date"),
        ({"a": [1.0, np.inf, 3.0, None]}, "infinite"),
        ({"a": [f"L{i}" for i in range(30)] + [None]}, "30 levels"),
    ],
)
def test_columns_that_cannot_be_imputed_are_named(frame, message):
    with pytest.raises(DesignError, match=message):
        impute(pd.DataFrame(frame), imputations=1)


@pytest.mark.parametrize("options", [{"imputations": 0}, {"rounds": 1.5}, {"method": "pmn"}])
def test_options_are_checked(options):
    with pytest.raises(OptionError):
        impute(pd.DataFrame({"a": [1.0, None, 3.0]}), **options)


def test_labels_must_be_unique():
    with pytest.raises(OptionError, match="unique"):
        impute(pd.DataFrame({"a": [1.0, None, 3.0]}, index=[1, 1, 2]))


def test_pooling_by_hand():
    # Mean 10; within 4; between 10; total 4 + 1.2 * 10 = 16; share 0.75; m - 1 = 4.
    pooled = pool_rubin([6, 8, 10, 12, 14], [4, 4, 4, 4, 4])
    assert pooled.estimate == 10
    assert pooled.se == 4
    assert pooled.df == pytest.approx(4 / 0.75**2)
    assert pooled.fraction_missing == pytest.approx((3 + 2 / (pooled.df + 3)) / 4)
    # Barnard and Rubin with 20 degrees of freedom: observed 21/23 * 20 * 0.25 = 4.5652; 1/(1/7.1111 + 1/4.5652).
    small = pool_rubin([6, 8, 10, 12, 14], [4, 4, 4, 4, 4], df_complete=20)
    assert small.df == pytest.approx(2.7803, abs=1e-4)
    # t of 2.7803 degrees of freedom lies between that of 2 (4.3027) and of 3 (3.1824).
    assert 3.1824 * 4 < small.ci_high - small.estimate < 4.3027 * 4


def test_without_variation_between_analyses_nothing_is_lost():
    pooled = pool_rubin([2.0, 2.0, 2.0], [0.25, 0.25, 0.25], df_complete=12)
    assert (pooled.se, pooled.df, pooled.fraction_missing) == (0.5, 12, 0.0)
    alone = pool_rubin([2.0], [0.25], df_complete=12)
    assert (alone.ci_low, alone.p) == (pooled.ci_low, pooled.p)


def test_an_analysis_without_interval_leaves_the_pool_without_one():
    pooled = pool_rubin([1.0, 3.0], [np.nan, 0.1], df_complete=4)
    assert pooled.estimate == 2
    assert np.isnan([pooled.se, pooled.df, pooled.ci_low, pooled.p]).all()


def test_pooling_agrees_with_statsmodels():
    from statsmodels.imputation.mice import MICE

    rng = np.random.default_rng(3)
    params, variances = rng.normal(size=(6, 2)), rng.uniform(0.5, 1.5, size=(6, 2))
    theirs = MICE.__new__(MICE)
    theirs.results_list = [
        SimpleNamespace(_results=SimpleNamespace(params=q, cov_params=lambda u=u: np.diag(u)), scale=1.0)
        for q, u in zip(params, variances, strict=True)
    ]
    theirs.exog_names, theirs.endog_names, theirs.model_class = ["a", "b"], "y", object
    combined = theirs.combine()
    for j in range(2):
        pooled = pool_rubin(params[:, j], variances[:, j])
        assert pooled.estimate == pytest.approx(combined.params[j])
        assert pooled.se == pytest.approx(combined.bse[j])


def _slope(data):
    fit = least_squares(np.column_stack([np.ones(len(data)), data["x"]]), data["y"])
    variance = (fit.residuals**2).sum() / (len(data) - 2) * fit.bread[1, 1]
    return fit.coefficients[1], variance


@pytest.mark.parametrize(("method", "steep"), [("pmm", 1), ("linear", 2)])
def test_a_slope_that_complete_cases_miss_is_found(method, steep):
    """x is missing mostly where y is high: complete cases are biased, imputation is not, and its interval holds."""
    complete, pooled, covered = [], [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=250)
        y = x + rng.normal(size=250)
        data = pd.DataFrame({"x": x, "y": y})
        data.loc[rng.random(250) < 1 / (1 + np.exp(-steep * y)), "x"] = np.nan
        complete.append(_slope(data.dropna())[0])
        found = [_slope(table) for table in impute(data, imputations=8, method=method, seed=seed)]
        result = pool_rubin(*zip(*found, strict=True), df_complete=248)
        pooled.append(result.estimate)
        covered.append(result.ci_low < 1 < result.ci_high)
    error = np.std(pooled) / np.sqrt(60)
    assert np.mean(complete) < 0.9
    assert abs(np.mean(pooled) - 1) < 0.02 + 3 * error
    assert np.mean(covered) > 0.86


def test_the_share_of_a_category_that_complete_cases_miss_is_found():
    """Being in a category is missing mostly where a predictor is high, and the predictor foretells it."""
    complete, pooled, covered = [], [], []
    levels = np.array(["a", "b", "c"], dtype=object)
    big = np.random.default_rng(99).normal(size=200_000)
    chance = np.column_stack([np.ones_like(big), np.exp(0.3 + 1.2 * big), np.exp(-0.5 - big)])
    truth = (chance[:, 1] / chance.sum(axis=1)).mean()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=300)
        weight = np.column_stack([np.ones(300), np.exp(0.3 + 1.2 * x), np.exp(-0.5 - x)])
        cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
        kind = pd.Series(levels[(rng.random(300)[:, None] > cumulative).sum(axis=1)])
        data = pd.DataFrame({"x": x, "kind": kind.mask(rng.random(300) < 1 / (1 + np.exp(-1.5 * x)))})
        complete.append((data["kind"].dropna() == "b").mean())
        shares = [(table["kind"] == "b").mean() for table in impute(data, imputations=8, seed=seed)]
        result = pool_rubin(shares, [s * (1 - s) / 300 for s in shares], df_complete=299)
        pooled.append(result.estimate)
        covered.append(result.ci_low < truth < result.ci_high)
    assert np.mean(complete) < truth - 0.08
    assert abs(np.mean(pooled) - truth) < 0.01 + 3 * np.std(pooled) / np.sqrt(60)
    assert np.mean(covered) > 0.86
