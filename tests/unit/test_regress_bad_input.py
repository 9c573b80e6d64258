"""Regressions that cannot be made: a clear statement, or a refusal that names the remedy, never a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement import engagement_slope
from wlz_eval.engagement.regress import (
    CAPABILITIES,
    MODELS,
    assumptions,
    between_within,
    capability_table,
    influence,
    school_treatments,
    several_exposures,
)
from wlz_eval.engagement.regress.prepare import FEWEST_CHILDREN


@pytest.fixture
def data():
    rng = np.random.default_rng(2)
    base, hours = rng.normal(size=160), rng.gamma(2.0, 10.0, 160)
    y = base + 0.05 * hours + rng.normal(size=160)
    return pd.DataFrame(
        {"school_id": np.arange(160) % 8, "base": base, "hours": hours, "y": y, "met": y > np.median(y),
         "level": np.digitize(y, np.quantile(y, [0.3, 0.7]))}
    )


OUTCOME = {"linear": "y", "logistic": "met", "ordered": "level"}


@pytest.mark.parametrize("model", list(MODELS))
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hours": 0.0}, "none at all"),
        ({"hours": 12.0}, "same dose"),
        ({"hours": np.nan}, "Too few children"),
        ({"y": 1.0, "met": True, "level": 2}, "same outcome"),
        ({"base": np.nan}, "the outcome's baseline"),
        ({"base": lambda d: np.where(np.arange(len(d)) < FEWEST_CHILDREN - 1, 1.0, np.nan)}, "the outcome's baseline"),
    ],
)
def test_a_statement_and_no_number(data, model, change, words):
    slope = engagement_slope(data.assign(**change), OUTCOME[model], "hours", baseline="base", model=model)
    assert words in slope.note
    assert not any(c.isdigit() for c in slope.note)
    row = slope.table().iloc[0]
    assert row[["estimate", "se", "df", "ci_low", "ci_high", "p"]].isna().all()
    assert slope.points.empty
    assert slope.margins.empty
    # What is built on a slope says so too, and gives no number.
    assert influence(slope).table().empty
    assert influence(slope).curve().empty
    assert assumptions(slope).table().empty
    table = school_treatments(slope).table()
    assert table["estimate"].isna().all()
    assert (table["note"] == slope.note).all()
    if model == "linear":
        assert between_within(slope).table().empty


@pytest.mark.parametrize("model", list(MODELS))
def test_the_dose_as_its_own_covariate(data, model):
    slope = engagement_slope(data, OUTCOME[model], "hours", ["hours"], baseline="base", model=model)
    assert "The dose is among the covariates" in slope.note
    assert not slope.estimated


def test_more_covariates_than_children(data):
    few = data.head(24)
    few = few.assign(**{f"c{i}": np.random.default_rng(i).normal(size=24) for i in range(30)})
    slope = engagement_slope(few, "y", "hours", [f"c{i}" for i in range(30)])
    assert "too few children for so many covariates" in slope.note


def test_a_column_for_each_school_counts_as_a_covariate(data):
    few = data.head(24).assign(school_id=np.arange(24) // 1)
    assert "too few children" in engagement_slope(few, "y", "hours", school_effects="fixed").note


def test_a_dose_that_is_the_same_for_all_of_a_school(data):
    same = data.assign(hours=data["school_id"] * 3.0)
    assert "Within schools the dose does not vary" in engagement_slope(same, "y", "hours", school_effects="fixed").note
    assert engagement_slope(same, "y", "hours").estimated


def test_an_outcome_that_the_columns_explain(data):
    slope = engagement_slope(data.assign(y=lambda d: d["base"] + 2 * d["hours"]), "y", "hours", baseline="base")
    assert "exactly" in slope.note
    assert not slope.estimated


def test_one_school(data):
    one = data.assign(school_id="a")
    for model, outcome in OUTCOME.items():
        slope = engagement_slope(one, outcome, "hours", baseline="base", model=model)
        assert slope.estimated
        assert "one school" in slope.note
        assert "one school" in slope.method or model != "linear"
    assert "one school" in engagement_slope(one, "y", "hours", school_effects="random").note
    assert not engagement_slope(one, "y", "hours", school_effects="random").estimated
    assert "too few schools" in between_within(engagement_slope(one, "y", "hours")).note


def test_a_dose_that_sorts_the_outcome_has_no_odds_ratio(data):
    slope = engagement_slope(data.assign(met=lambda d: d["hours"] > 15), "met", "hours", model="logistic")
    assert "sorts the outcome without error" in slope.note
    assert not slope.estimated
    ordered = data.assign(level=np.digitize(data["hours"], [10, 25]))
    assert not engagement_slope(ordered, "level", "hours", model="ordered").estimated


def test_a_covariate_that_sorts_the_outcome_is_met_by_firth_and_said(data):
    few = data.index < 9
    sorted_out = data.assign(sen=np.where(few, "plan", "none"), met=data["met"] | few)
    slope = engagement_slope(sorted_out, "met", "hours", ["sen"], baseline="base", model="logistic")
    assert "Firth" in slope.note
    assert slope.estimated
    assert slope.coefficients["estimate"].abs().max() < 10
    plain = engagement_slope(sorted_out.iloc[9:], "met", "hours", baseline="base", model="logistic")
    # Children whom the covariate sorts say nothing about the dose.
    assert slope.estimate == pytest.approx(plain.estimate, abs=0.5 * plain.se)


def test_schools_without_both_outcomes_are_left_out_of_a_comparison_within_schools(data):
    all_met = data.assign(met=lambda d: d["met"] | (d["school_id"] == 3))
    slope = engagement_slope(all_met, "met", "hours", baseline="base", model="logistic", school_effects="fixed")
    assert (slope.n, slope.n_schools, slope.n_left_out) == (140, 7, 20)
    assert "left out" in slope.note
    never = data.assign(met=lambda d: d["school_id"] > 3)
    assert "In no school do outcomes differ" in engagement_slope(
        never, "met", "hours", model="logistic", school_effects="fixed"
    ).note


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exposure": "hour"}, "Did you mean hours"),
        ({"covariates": ["bas"]}, "Did you mean base"),
        ({"baseline": "bass"}, "Did you mean base"),
        ({"school": "school"}, "Did you mean school_id"),
        ({"model": "logit"}, "Did you mean logistic"),
        ({"school_effects": "cluser"}, "Did you mean cluster"),
        ({"variance": "CR4"}, "has no variance"),
        ({"variance": "REML"}, "has no variance"),
        ({"df": "kr"}, "has no df"),
        ({"outcome": "hours"}, "as outcome and as dose"),
        ({"covariates": ["y"]}, "among the covariates"),
        ({"exposure": "words"}, "holds words"),
        ({"exposure": "endless"}, "infinite"),
        ({"step": 0.0}, "positive number"),
        ({"model": "logistic"}, "at most 2 levels"),
        ({"model": "ordered"}, "at most 12 levels"),
        ({"model": "logistic", "outcome": "words"}, "words without an order"),
        ({"model": "ordered", "outcome": "level", "school_effects": "random"}, "do not go together"),
    ],
)
def test_refusals_name_what_is_wrong(data, change, words):
    wide = data.assign(words="a", endless=np.where(data.index == 3, np.inf, data["hours"]))
    asked = {"outcome": "y", "exposure": "hours", **change}
    with pytest.raises(OptionError, match=words):
        engagement_slope(wide, **asked)


def test_every_pair_of_the_capability_table_is_offered_or_refused_as_it_says(data):
    for (model, schools), can in CAPABILITIES.items():
        if not can.variances:
            with pytest.raises(OptionError, match=can.why_not[:30]):
                engagement_slope(data, OUTCOME[model], "hours", model=model, school_effects=schools)
        for variance, freedoms in can.variances.items():
            for df in {freedoms[0], freedoms[-1]}:
                slope = engagement_slope(
                    data, OUTCOME[model], "hours", baseline="base", model=model, school_effects=schools,
                    variance=variance, df=df,
                )
                assert slope.ci_low < slope.estimate < slope.ci_high, (model, schools, variance, df)
                assert (slope.variance, slope.df_kind) == (variance, df)
    assert len(capability_table()) == len(CAPABILITIES)


def test_the_plan_offers_the_treatments_of_schools_that_the_linear_model_knows():
    from typing import get_args

    from wlz_eval.engagement import EngagementOptions

    offered = get_args(EngagementOptions.model_fields["school_effects"].annotation)
    assert offered == tuple(s for m, s in CAPABILITIES if m == "linear")


@pytest.mark.parametrize(
    ("exposures", "options", "words"),
    [
        (["hours"], {}, "at least two"),
        (["hours", "hours"], {}, "at least two"),
        (["hours", "minute"], {}, "no column"),
        (["hours", "base"], {"baseline": "base"}, "also outcome or covariate"),
        (["hours", "base"], {"steps": {"hour": 2.0}}, "not among the exposures"),
    ],
)
def test_several_exposures_refuse(data, exposures, options, words):
    with pytest.raises(OptionError, match=words):
        several_exposures(data, "y", exposures, **options)


def test_exposures_that_repeat_each_other_give_no_slope_together(data):
    both = data.assign(minutes=60 * data["hours"])
    found = several_exposures(both, "y", ["hours", "minutes"], baseline="base")
    assert found.table()["together"].isna().all()
    assert found.table()["alone"].notna().all()
    assert np.isinf(found.table()["vif"]).all()
    assert not found.told_apart


def test_between_and_within_need_a_linear_slope(data):
    slope = engagement_slope(data, "met", "hours", model="logistic")
    with pytest.raises(OptionError, match="linear slopes only"):
        between_within(slope)
