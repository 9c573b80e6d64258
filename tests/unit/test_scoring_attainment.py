"""Percentiles, levels, standards, letters, and adjustment for age against a regression made elsewhere."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from wlz_eval.core.errors import OptionError
from wlz_eval.measures.scoring import adjust_for_age, letters_as_grades, level_scores, percentile, reaches
from wlz_eval.reference.scales import gcse_letters, teacher_levels


def test_percentiles_are_the_normal_distributions():
    scores = np.linspace(55, 145, 91)
    np.testing.assert_allclose(percentile(scores), 100 * stats.norm.cdf(scores, 100, 15), rtol=1e-12)
    assert percentile([95])[0] == pytest.approx(36.9, abs=0.05)
    assert percentile([87.38])[0] == pytest.approx(20, abs=0.01)
    assert np.isnan(percentile([np.nan])[0])


def test_a_level_is_a_range_and_its_midpoint():
    found = level_scores(pd.Series([3.0, np.nan], index=["a", "b"]), "five_levels")
    row = found.loc["a"]
    assert (row["midpoint"], row["low"], row["high"]) == (95, 90, 100)
    assert row["percentile"] == pytest.approx(36.94, abs=0.01)
    assert row["percentile_low"] == pytest.approx(100 * stats.norm.cdf(-2 / 3))
    assert row["percentile_high"] == pytest.approx(50)
    # A score spread evenly over ten points.
    assert row["sd"] == pytest.approx(np.random.default_rng(3).uniform(90, 100, 200_000).std(), abs=0.02)
    assert found.loc["b"].drop("confirmed").isna().all()


def test_no_range_of_a_level_is_said_to_be_confirmed():
    assert not any(row.confirmed for row in teacher_levels("five_levels"))
    assert level_scores([1, 5], "five_levels")["confirmed"].tolist() == [False, False]


def test_ranges_of_levels_follow_each_other():
    rows = teacher_levels("five_levels")
    assert [row.level for row in rows] == [1, 2, 3, 4, 5]
    assert [row.high for row in rows[:-1]] == [row.low for row in rows[1:]]


def test_unknown_levels_and_scales_are_named():
    with pytest.raises(OptionError, match="no level 6"):
        level_scores([6], "five_levels")
    with pytest.raises(OptionError, match="five_levels"):
        level_scores([1], "five_level")


@pytest.mark.parametrize(
    ("scale", "cut", "edge"),
    [
        ("ks2", "expected", 100),
        ("ks2", "higher", 110),
        ("gcse", "standard_pass", 4),
        ("gcse", "strong_pass", 5),
        ("standardised", "bottom_fifth", 87.38),
    ],
)
def test_both_sides_of_every_standard(scale, cut, edge):
    below = edge - (0.01 if scale == "standardised" else 1)
    assert reaches([below, edge], scale, cut).tolist() == [0, 1]


def test_unknown_standard_is_named():
    with pytest.raises(OptionError, match="gcse strong_pass"):
        reaches([5], "gcse", "strong_passs")


def test_only_anchored_letters_are_confirmed():
    confirmed = {letter for letter, row in gcse_letters().items() if row.confirmed}
    assert confirmed == {"A", "C", "G", "U"} == {letter for letter, row in gcse_letters().items() if row.anchor}
    found = letters_as_grades(pd.Series(["A", "C", "G", "U", None]))
    assert found["low"].tolist()[:4] == [7, 4, 1, 0]
    assert found["low"].isna().tolist() == [False, False, False, False, True]
    with pytest.raises(OptionError, match="'H'"):
        letters_as_grades(pd.Series(["H"]))


def _children(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    month = rng.integers(0, 12, n)
    year = rng.integers(3, 6, n)
    index = 9 + month
    births = [f"{2018 - int(y) + (i > 12)}-{(i - 1) % 12 + 1:02d}" for y, i in zip(year, index, strict=True)]
    # Each month younger costs half a point; the year groups have other means and spreads.
    ability = rng.normal(0, 1, n)
    score = 90 + 3 * year - 0.5 * month + (6 + year) * ability
    return pd.DataFrame({"birth": births, "year": year.astype(str), "score": score, "ability": ability, "month": month})


def test_adjustment_for_age_is_the_regression_of_statsmodels():
    data = _children(900, 7)
    data["m"] = [12 * int(b[:4]) + int(b[5:]) for b in data["birth"]]
    adjusted = adjust_for_age(data["score"], data["birth"], data["year"])
    for year, rows in data.groupby("year"):
        fit = smf.ols("score ~ m", rows.assign(m=rows["m"] - rows["m"].mean())).fit()
        expected = 100 + 15 * fit.resid / np.sqrt(fit.mse_resid)
        np.testing.assert_allclose(adjusted[rows.index], expected, rtol=1e-8, err_msg=year)


def test_adjustment_recovers_ability_that_month_of_birth_hid():
    data = _children(30_000, 11)
    adjusted = adjust_for_age(data["score"], data["birth"], data["year"])
    by_month = adjusted.groupby(data["month"]).mean()
    assert by_month.max() - by_month.min() < 2
    raw = data["score"].groupby(data["month"]).mean()
    assert raw.max() - raw.min() > 4
    np.testing.assert_allclose(adjusted, 100 + 15 * data["ability"], atol=1.5)


def test_population_sets_the_norm():
    data = _children(2_000, 13)
    chosen = data["ability"] < -0.5
    whole = adjust_for_age(data["score"], data["birth"], data["year"])
    beside = adjust_for_age(data["score"], data["birth"], data["year"], ~chosen)
    assert whole[chosen].mean() < 88
    assert beside[~chosen].mean() == pytest.approx(100)


def test_children_without_month_or_year_have_no_adjusted_score():
    data = _children(300, 17)
    data.loc[0, "birth"] = None
    data.loc[1, "year"] = None
    data.loc[2, "score"] = np.nan
    adjusted = adjust_for_age(data["score"], data["birth"], data["year"])
    assert adjusted.isna().tolist()[:4] == [True, True, True, False]


def test_a_small_year_group_is_named():
    data = _children(300, 19)
    data.loc[:5, "year"] = "R"
    with pytest.raises(OptionError, match="Year group R has 6 children"):
        adjust_for_age(data["score"], data["birth"], data["year"])
