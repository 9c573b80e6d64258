"""Distribution tables and pictures: shares with weights, steps at round numbers, hidden cells not drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.balance import distribution_table, draw_distribution, draw_overlap, overlap_table
from wlz_eval.core.errors import DesignError, OptionError


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    n = 800
    need = rng.normal(size=n)
    frame = pd.DataFrame(
        {
            "programme": (need + rng.logistic(size=n) > 2).astype(int),
            "english": 100 - 15 * need,
            "fsm": (rng.random(n) < 0.4).astype(float),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )
    frame.iloc[0, 1] = 1e4
    return frame


@pytest.fixture(scope="module")
def design(data):
    return match("programme ~ english + fsm", data, ratio=2, replace=True)


def _part(table, group, when):
    return table[(table["group"] == group) & (table["when"] == when)]


def test_each_group_has_its_weighted_shares(data, design):
    table = distribution_table(design, "english")
    treated, w, x = design.treatment, design.weights, data["english"]
    for group, side in (("programme", treated), ("comparison", ~treated)):
        for when, weights in (("before", pd.Series(1.0, index=w.index)), ("after", w)):
            part = _part(table, group, when)
            assert part["percent"].sum() == pytest.approx(100)
            assert part["children"].sum() == part["n"].iloc[0] == (side & (weights > 0)).sum()
            step = part.iloc[2]
            inside = side & (weights > 0) & (x >= step["low"]) & (x < step["high"])
            assert step["children"] == inside.sum()
            assert step["percent"] == pytest.approx(100 * weights[inside].sum() / weights[side].sum())


def test_steps_are_round_and_one_far_child_does_not_squeeze_them(design):
    table = distribution_table(design, "english")
    assert set(np.diff(np.unique(table["low"]))) == {10.0}
    assert (table["low"] % 10 == 0).all()
    assert table["high"].max() <= 160
    # The far child is counted in the outer step.
    assert _part(table, "comparison", "before")["children"].sum() == (~design.treatment).sum()


def test_few_programme_children_far_from_all_others_still_have_steps_of_their_own(data):
    rng = np.random.default_rng(1)
    far = data.assign(programme=(np.arange(800) < 3).astype(int), english=rng.normal(100, 5, 800))
    far.iloc[:3, 1] = [60.0, 61.0, 120.0]
    table = distribution_table(match("programme ~ english", far), "english")
    assert table["low"].min() <= 60


def test_few_values_have_a_step_each(data, design):
    table = distribution_table(design, "fsm")
    assert table["low"].tolist() == table["high"].tolist() == [0.0, 1.0] * 4
    share = 100 * data.loc[data["programme"] == 1, "fsm"].mean()
    assert _part(table, "programme", "before")["percent"].iloc[1] == pytest.approx(share)


def test_the_distance_and_a_number_for_each_child_can_be_shown(design):
    by_name = distribution_table(design, "distance")
    pd.testing.assert_frame_equal(by_name, distribution_table(design, design.distance.iloc[::-1]))


def test_hidden_shares_are_not_drawn(design):
    table = distribution_table(design, "english")
    hidden = table["children"] < 10
    assert hidden.any()
    table.loc[hidden, ["children", "percent"]] = np.nan
    axes = draw_distribution(table, "English").axes
    drawn = np.array([bar.get_height() for axis in axes for bar in axis.patches])
    assert (drawn != 0).sum() == (table["percent"].fillna(0) > 0).sum()
    assert np.abs(drawn).sum() == pytest.approx(table["percent"].sum())


def test_single_values_are_named_on_the_axis(design):
    axis = draw_distribution(distribution_table(design, "fsm"), "Free school meals").axes[1]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0", "1"]


@pytest.mark.parametrize(
    ("column", "bins", "hint"),
    [
        ("englisch", 10, "Did you mean english"),
        ("english", 1, "at least 2"),
        ("english", 2.5, "at least 2"),
        (pd.Series([1.0], index=["c0"]), 10, "exactly one value"),
    ],
)
def test_wrong_options_say_what_is_valid(design, column, bins, hint):
    with pytest.raises(OptionError, match=hint):
        distribution_table(design, column, bins)


def test_numbers_that_some_children_lack_are_refused(design):
    with pytest.raises(OptionError, match="finite number"):
        distribution_table(design, design.distance.where(design.treatment))


def test_a_design_on_several_covariates_has_no_one_distance(data):
    design = match("programme ~ english + fsm", data, distance="mahalanobis")
    with pytest.raises(DesignError, match="Draw the covariates"):
        distribution_table(design, "distance")
    with pytest.raises(DesignError, match="Draw the covariates"):
        overlap_table(design)


def test_overlap_of_a_distance_beyond_0_to_1_has_round_steps_and_everybody_in_them(data):
    design = match("programme ~ english + fsm", data, link="linear.logit")
    table = overlap_table(design)
    assert table[["programme", "comparison"]].to_numpy().sum() == len(data)
    steps = np.diff(table["low"])
    np.testing.assert_allclose(steps, steps[0])
    assert (table["low"] / steps[0] % 1).round(9).isin([0.0, 1.0]).all()
    labels = [draw_overlap(t).axes[0].get_xlabel() for t in (table, overlap_table(match("programme ~ fsm", data)))]
    assert labels == ["Distance that was matched on", "Likelihood of being on the programme"]


def test_overlap_of_one_and_the_same_distance_is_one_step(data):
    same = pd.Series(5.0, index=data.index)
    table = overlap_table(match("programme ~ english", data, distance=same))
    assert table[["programme", "comparison"]].to_numpy().sum() == len(data)
    with pytest.raises(OptionError, match="at least 2"):
        overlap_table(match("programme ~ english", data, distance=same), bins=1)
