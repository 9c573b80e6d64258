"""Bad input to the questions about dose: a clear statement, never a meaningless number."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.dose import (
    dose_curve,
    dose_for_change,
    dose_for_share,
    draw_dose_curve,
    draw_dose_for_change,
    draw_need_slopes,
    draw_share_curve,
    interaction_with_need,
)


@pytest.fixture(autouse=True)
def _no_warning_of_another_library():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def children(n: int = 200, schools: int = 8) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    before, hours = rng.normal(size=n), rng.uniform(1, 50, n)
    y = before + 0.1 * hours + rng.normal(size=n)
    school = [f"s{v}" for v in np.arange(n) % schools]
    return pd.DataFrame(
        {"school_id": school, "before": before, "hours": hours, "y": y, "met": (y > 2.5) * 1, "words": "a"}
    )


DATA = children()
VERBS = {
    "curve": lambda d, **k: dose_curve(d, "y", "hours", **k),
    "need": lambda d, **k: interaction_with_need(d, "y", "hours", "before", **k),
    "change": lambda d, **k: dose_for_change(d, "y", "hours", 2.0, **k),
    "share": lambda d, **k: dose_for_share(d, "met", "hours", **k),
}
CASES = {
    "constant dose": (DATA.assign(hours=5.0), "same dose"),
    "all-zero dose": (DATA.assign(hours=0.0), "No child had any of this support"),
    "few children": (DATA.head(12), "Too few children"),
    "no children": (DATA.head(0), "Too few children"),
    "no outcomes": (DATA.assign(y=math.nan, met=math.nan), "Too few children"),
    "dose is the baseline": (DATA.assign(hours=DATA["before"] * 3 + 20), "cannot be told apart"),
}


def nothing_said(result) -> bool:
    """No number that could be taken for an estimate is in the findings."""
    asked = ("change_asked_about", "share_asked_about")
    return all(math.isnan(f.estimate) for f in result.findings() if f.quantity not in asked)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("case", CASES)
def test_data_that_say_nothing_get_a_reason_and_no_number(verb, case):
    data, reason = CASES[case]
    result = VERBS[verb](data, baseline="before")
    assert reason in result.note
    assert nothing_said(result)
    template, values = result.answer()
    assert "{note}" in template
    assert values["note"] == result.note
    assert result.title
    assert result.plot() is not None


@pytest.mark.parametrize("verb", VERBS)
def test_one_school_is_said(verb):
    result = VERBS[verb](DATA.assign(school_id="s1"), baseline="before")
    assert "one school" in result.note
    assert not nothing_said(result)
    assert "{note}" in result.answer()[0]


@pytest.mark.parametrize("verb", ["curve", "change", "share"])
def test_an_outcome_without_baseline_is_said(verb):
    assert "no baseline" in VERBS[verb](DATA).note
    assert "no baseline" not in VERBS[verb](DATA, baseline="before").note


@pytest.mark.parametrize("verb", VERBS)
def test_two_schools_are_illustrative_or_not_estimated_and_never_silent(verb):
    result = VERBS[verb](children(60, 2), baseline="before")
    assert nothing_said(result) or "illustrative" in result.note or "few schools" in result.note


def test_a_dose_of_few_values_has_no_curve_but_a_line():
    data = DATA.assign(hours=(DATA["hours"] > 25) * 10.0)
    curve = dose_curve(data, "y", "hours", baseline="before")
    assert not curve.estimated
    assert "too few different values" in curve.note
    assert dose_for_change(data, "y", "hours", 2.0, baseline="before").kind == "bounded"


def test_fewer_children_than_a_curve_needs():
    data = DATA.head(24).assign(a=range(24), b=[v % 5 for v in range(24)], c=[v % 7 for v in range(24)])
    curve = dose_curve(data, "y", "hours", ["a", "b", "c"], baseline="before", knots=5)
    assert not curve.estimated
    assert "Too few children" in curve.note


def test_most_children_without_any_dose():
    data = DATA.assign(hours=np.where(np.arange(200) % 10 < 8, 0.0, DATA["hours"]))
    curve = dose_curve(data, "y", "hours", baseline="before")
    assert (curve.points["n"] >= 10).all()
    assert not curve.estimated or "fewer knots" in curve.note


@pytest.mark.parametrize("change", [0, 0.0, math.nan, math.inf])
def test_a_change_that_is_none_is_refused(change):
    with pytest.raises(OptionError, match="change must be a number other than zero"):
        dose_for_change(DATA, "y", "hours", change)


@pytest.mark.parametrize("se", [-1.0, math.nan])
def test_a_negative_error_is_refused(se):
    with pytest.raises(OptionError, match="change_se"):
        dose_for_change(DATA, "y", "hours", 1.0, change_se=se)


@pytest.mark.parametrize(
    ("met", "reason"),
    [(1, "Every child met"), (0, "No child met"), (None, "tells those who met"), (3, "Too few children met")],
)
def test_an_outcome_that_does_not_vary_has_no_dose(met, reason):
    if met is None:
        values = (DATA["hours"] > 25) * 1
    elif met == 3:
        values = pd.Series([1] * 3 + [0] * 197)
    else:
        values = pd.Series([met] * 200)
    result = dose_for_share(DATA.assign(met=values), "met", "hours", baseline="before")
    assert (result.kind, math.isnan(result.dose)) == ("not_estimated", True)
    assert reason in result.note


def test_an_outcome_without_any_error_left_has_no_interval():
    data = DATA.assign(y=DATA["before"] + 2 * DATA["hours"])
    for verb in ("curve", "need", "change"):
        result = VERBS[verb](data, baseline="before")
        assert nothing_said(result)
        assert "exactly" in result.note or "without error" in result.note


@pytest.mark.parametrize("share", [0, 1, -0.5, 50, True, math.nan])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(OptionError, match="share must lie between"):
        dose_for_share(DATA, "met", "hours", share=share)


def test_an_outcome_that_is_not_yes_or_no_is_refused():
    with pytest.raises(OptionError, match="must hold 1"):
        dose_for_share(DATA, "y", "hours")


@pytest.mark.parametrize("verb", VERBS)
def test_columns_that_are_not_there_or_hold_words(verb):
    with pytest.raises(OptionError, match=r"no column 'befor'.*before"):
        VERBS[verb](DATA, baseline="befor")
    with pytest.raises(OptionError, match="no column 'class'"):
        VERBS[verb](DATA, school="class")
    with pytest.raises(OptionError, match="holds words"):
        VERBS[verb](DATA.assign(hours="many"))
    with pytest.raises(OptionError, match="infinite"):
        VERBS[verb](DATA.assign(hours=math.inf))


@pytest.mark.parametrize("knots", [2, 9, True, "four"])
def test_an_unknown_number_of_knots_is_refused(knots):
    with pytest.raises(OptionError, match="knots must be one of"):
        dose_curve(DATA, "y", "hours", knots=knots)


def test_options_of_need():
    with pytest.raises(OptionError, match="greater_need"):
        interaction_with_need(DATA, "y", "hours", "before", greater_need="up")
    with pytest.raises(OptionError, match="step must be"):
        interaction_with_need(DATA, "y", "hours", "before", step=0)
    flat = interaction_with_need(DATA.assign(before=1.0), "y", "hours", "before")
    assert not flat.estimated
    assert "Need does not vary" in flat.note


def test_missing_values_leave_children_out_and_are_counted():
    data = DATA.assign(before=DATA["before"].where(DATA.index % 4 > 0))
    assert dose_curve(data, "y", "hours", baseline="before").n == 150
    assert dose_curve(data, "y", "hours", ["before"]).n == 200


def test_figures_of_nothing_are_drawn():
    empty = dose_for_change(DATA.assign(hours=0.0), "y", "hours", 1.0).table()
    assert draw_dose_for_change(empty) is not None
    hidden = dose_for_change(DATA, "y", "hours", 1.0).table().assign(dose=math.nan, low=math.nan, high=math.nan)
    assert draw_dose_for_change(hidden) is not None
    for draw, table in (
        (draw_dose_curve, dose_curve(DATA, "y", "hours").points),
        (draw_share_curve, dose_for_share(DATA, "met", "hours").curve),
        (draw_need_slopes, interaction_with_need(DATA, "y", "hours", "before").slopes),
    ):
        assert draw(table.iloc[:0]) is not None
