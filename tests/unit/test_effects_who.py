"""Who counts and how: offered beside started, spillover, months of progress, how the outcome was taken."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.effects.offered import offered_and_started
from wlz_eval.attribution.effects.spillover import programme_share, spillover
from wlz_eval.attribution.standards.collection import collection_differences
from wlz_eval.attribution.standards.months import effect_in_months
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.reference.measures import measures

EFFECT = 4.0


def _world(seed=0, n=2400, schools=30, willing=0.0):
    """A third of those offered never start; the willing do better by `willing` whatever happens."""
    rng = np.random.default_rng(seed)
    school, need = rng.integers(0, schools, n), rng.normal(size=n)
    offered = need + rng.logistic(size=n) > 0.5
    will = rng.normal(size=n)
    started = offered & (will > -0.43)
    y = 50 - 5 * need + willing * will + EFFECT * started + rng.normal(size=schools)[school] + 4 * rng.normal(size=n)
    return pd.DataFrame(
        {
            "programme": offered.astype(int), "offered": offered.astype(float), "started": started.astype(float),
            "need_baseline": need, "school_id": [f"s{s:02d}" for s in school], "y_endline": y,
        },
        index=[f"c{i:04d}" for i in range(n)],
    )


def test_the_offer_is_diluted_by_those_who_did_not_start():
    data = _world()
    found = offered_and_started("programme ~ need_baseline", data, "y_endline", caliper=0.2)
    assert found.take_up == pytest.approx(100 * data.loc[data["offered"] == 1, "started"].mean())
    assert found.started.ci_low < EFFECT < found.started.ci_high
    assert found.offered.ci_low < EFFECT * found.take_up / 100 < found.offered.ci_high
    assert found.table()["who"].tolist() == ["started", "offered"]


def test_the_willing_flatter_those_who_started_and_not_those_who_were_offered():
    started, offered = [], []
    for seed in range(10):
        data = _world(seed, willing=4.0)
        found = offered_and_started("programme ~ need_baseline", data, "y_endline", caliper=0.2)
        started.append(found.started.estimate - EFFECT)
        offered.append(found.offered.estimate - EFFECT * found.take_up / 100)
    assert np.mean(started) > 1
    assert abs(np.mean(offered)) < 2.5 * np.std(offered) / math.sqrt(10)


def test_declined_children_never_serve_as_comparison():
    data = _world()
    data.loc[(data["offered"] == 1) & (data["started"] == 0), "programme"] = 0  # listed among comparison children
    found = offered_and_started("programme ~ need_baseline", data, "y_endline")
    declined = data.index[(data["offered"] == 1) & (data["started"] == 0)]
    assert not found.designs["started"].treatment.index.intersection(declined).size
    assert found.designs["offered"].treatment.loc[declined].all()


def test_one_analysis_is_said_to_be_one():
    data = _world(n=300)
    with pytest.raises(DesignError, match="one analysis only"):
        offered_and_started("programme ~ need_baseline", data[data["offered"] == data["started"]], "y_endline")
    with pytest.raises(OptionError, match="offered"):
        offered_and_started("programme ~ need_baseline", data.drop(columns="offered"), "y_endline")


def _schools(seed, spill):
    """Year groups of 40 with a share of 10% or 50% on the programme; others there gain `spill` times the share."""
    rng = np.random.default_rng(seed)
    n = 40 * 50
    school, year = np.repeat(np.arange(25), 80), np.tile(np.repeat([1, 2], 40), 25)
    wanted = np.where((school + year) % 2 == 0, 0.1, 0.5)
    need, programme = rng.normal(size=n), rng.uniform(size=n) < wanted
    data = pd.DataFrame(
        {
            "programme": programme.astype(int), "need_baseline": need, "year_group": year,
            "school_id": [f"s{s:02d}" for s in school],
        },
        index=[f"c{i:04d}" for i in range(n)],
    )
    share = programme_share(data) / 100
    data["y_endline"] = 2 * need + EFFECT * programme + spill * share * ~programme + rng.normal(size=n)
    design = match(
        "programme ~ need_baseline", data.drop(columns="y_endline"), exact=["school_id", "year_group"], caliper=0.5
    )
    return data, design


def test_spillover_makes_the_effect_smaller_where_the_share_is_high():
    data, design = _schools(1, spill=5.0)
    found = spillover(design, data, "y_endline")
    rows = found.table().set_index("level")
    gap = 5.0 * (rows.loc["high share", "median"] - rows.loc["low share", "median"]) / 100
    pair = found.effects.pairs.iloc[0]
    # Pairs are high minus low; comparison children gain with the share, and the effect shrinks by as much.
    assert pair["ci_low"] < -gap < pair["ci_high"]
    assert pair["ci_high"] < 0
    assert found.difference == pair["difference"]
    assert rows.loc["low share", "highest"] <= found.cut < rows.loc["high share", "lowest"]
    assert rows["n_programme"].sum() == len(design.matched_programme)


def test_spillover_counts_only_children_whose_outcome_is_known():
    data, design = _schools(1, spill=5.0)
    data.loc[data.index[::3], "y_endline"] = math.nan
    found = spillover(design, data, "y_endline")
    rows = found.table().set_index("level")
    known = data.loc[design.matched_programme, "y_endline"].notna().sum()
    assert rows["n_programme"].sum() == known < len(design.matched_programme)
    used = design.weights.index[design.weights > 0]
    behind = data.loc[used, "y_endline"].notna().sum()
    assert rows[["n_programme", "n_comparison"]].to_numpy().sum() == behind
    levels = found.effects.table().set_index("level")
    assert rows["n_comparison"].to_dict() == levels["n_comparison"].to_dict()


def test_without_spillover_the_two_agree():
    data, design = _schools(2, spill=0.0)
    assert spillover(design, data, "y_endline").effects.p > 0.05


def test_shares_need_their_columns_and_more_than_one_value():
    data, design = _schools(3, spill=0.0)
    with pytest.raises(OptionError, match="year_group"):
        programme_share(data.drop(columns="year_group"))
    data["everyone"] = "one group"
    with pytest.raises(OptionError, match="nothing to compare"):
        spillover(design, data, "y_endline", groups=("everyone",))


def _effect(g, low, high):
    data = _world(n=300)
    effect = estimate_effect(match("programme ~ need_baseline", data.drop(columns="y_endline")), data, "y_endline")
    return dataclasses.replace(effect, g=dataclasses.replace(effect.g, estimate=g, ci_low=low, ci_high=high))


def test_months_of_progress_for_attainment_only():
    found = effect_in_months(_effect(0.20, -0.12, 0.40), measures()["english"])
    assert (found.low, found.months, found.high) == (-2, 3, 5)
    with pytest.raises(OptionError, match="attainment only"):
        effect_in_months(_effect(0.2, 0.1, 0.3), measures()["sdq_total"])
    open_ended = effect_in_months(_effect(0.2, math.nan, math.nan), measures()["english"])
    assert open_ended.low is None
    assert math.isnan(open_ended.table()["months_low"].iloc[0])
    with pytest.raises(OptionError, match="no size"):
        effect_in_months(_effect(math.nan, math.nan, math.nan), measures()["english"])


def test_months_turn_round_where_less_is_better():
    fewer = measures()["english"].model_copy(update={"better": "lower"})
    found = effect_in_months(_effect(-0.20, -0.40, 0.12), fewer)
    assert (found.low, found.months, found.high) == (-2, 3, 5)


def _details(n=100):
    index = [f"c{i:03d}" for i in range(n)]
    treatment = pd.Series(np.arange(n) < n // 2, index=index)
    alike = pd.DataFrame(
        {
            "date": pd.Timestamp("2024-06-03") + pd.to_timedelta(np.arange(n) % 10, unit="D"),
            "rater_knew": 0.0, "informant": "teacher", "form": np.where(np.arange(n) % 2, "long", "short"),
        },
        index=index,
    )
    return treatment, alike


def test_like_collection_is_not_flagged():
    treatment, details = _details()
    found = collection_differences(treatment, details)
    assert found.flagged == ()
    assert found.table().set_index("item").loc["date", "difference"] == pytest.approx(0)


@pytest.mark.parametrize("item", ["date", "rater_knew", "informant", "form"])
def test_each_difference_is_flagged_by_itself(item):
    treatment, details = _details()
    on = treatment[treatment].index
    if item == "date":
        details.loc[on, "date"] += pd.Timedelta(days=15)
    else:
        details.loc[on[:10], item] = {"rater_knew": 1.0, "informant": "parent", "form": "another"}[item]
    found = collection_differences(treatment, details)
    assert found.flagged == (item,)
    row = found.table().set_index("item").loc[item]
    assert row["difference"] == pytest.approx({"date": 15}.get(item, 20))
    assert found.raters_knew == (item == "rater_knew")


def test_what_nobody_of_a_group_has_cannot_be_compared():
    treatment, details = _details()
    details.loc[treatment[treatment].index, "informant"] = None
    row = collection_differences(treatment, details).table().set_index("item").loc["informant"]
    assert math.isnan(row["difference"])
    assert row["n_programme"] == 0
    with pytest.raises(OptionError, match="at least one"):
        collection_differences(treatment, details[[]])
    with pytest.raises(OptionError, match="no dates"):
        collection_differences(treatment, details.assign(date="soon"))
