"""The one release rule, at its edges."""

import math

import pytest

from wlz_eval.core.finding import Finding
from wlz_eval.release.rule import (
    Rule,
    release_count,
    release_finding,
    release_interval,
    release_number,
    release_percent,
    release_statistic,
)

RULE = Rule(threshold=10, round_to=5)
INTERNAL = Rule(threshold=10, round_to=5, applies=False)


@pytest.mark.parametrize(
    ("count", "text", "hidden"),
    [(0, "hidden", True), (1, "hidden", True), (9, "hidden", True), (10, "10", False),
     (11, "10", False), (12, "10", False), (13, "15", False), (228, "230", False), (2670, "2,670", False)],
)
def test_counts_at_the_threshold(count, text, hidden):
    released = release_count(count, RULE)
    assert (released.text, released.hidden) == (text, hidden)


def test_a_count_that_is_not_known_is_not_called_small():
    released = release_count(math.nan, RULE)
    assert (released.text, released.hidden, released.plain) == ("not available", False, "")


@pytest.mark.parametrize("count", range(12, 40))
def test_rounding_never_goes_below_the_threshold(count):
    assert release_count(count, Rule(threshold=12, round_to=5)).value >= 12


def test_hidden_numbers_leave_no_value_behind():
    for released in (release_count(9, RULE), release_statistic(3.2, [9], RULE, "points"),
                     release_percent(50, 12, RULE), release_interval(1, 2, [9, 50], RULE, "points")):
        assert released.hidden
        assert released.plain == ""
        assert math.isnan(released.value)
        assert math.isnan(released.high)


@pytest.mark.parametrize(("ns", "hidden"), [([10], False), ([9], True), ([10, 9], True), ([0, 50], True), ([], False),
                                            ([None, 50], True), ([math.nan], True)])
def test_a_statistic_hides_when_any_group_is_small_or_unknown(ns, hidden):
    assert release_statistic(1.234, ns, RULE, "points").hidden is hidden


@pytest.mark.parametrize(
    ("percent", "n", "text"),
    [(50, 20, "50%"), (50, 19, "hidden"), (45, 20, "hidden"), (50, 18, "hidden"),
     (0, 500, "hidden"), (100, 500, "hidden"),
     (98.2, 500, "hidden"), (98, 500, "98%"), (2, 500, "2%"), (math.nan, 500, "not available")],
)
def test_percentages_need_both_the_counted_and_the_others(percent, n, text):
    assert release_percent(percent, n, RULE).text == text


def test_internal_pages_show_counts_as_they_are():
    assert release_count(3, INTERNAL).text == "3"
    assert release_percent(0, 5, INTERNAL).text == "0%"
    assert release_statistic(1.26, [2], INTERNAL, "points").text == "1.3"


def test_the_released_value_is_no_more_precise_than_the_text():
    released = release_statistic(3.14159265, [50], RULE, "points")
    assert (released.text, released.plain) == ("3.1", "3.1")
    assert release_interval(-0.44, 5.84999, [50], RULE, "points").plain == "-0.4 5.8"
    assert release_number(1234.5678, "money", "GBP").plain == "1235"


@pytest.mark.parametrize(("unit", "n", "text"), [("children", None, "230 children"), ("points", 228, "228.4 points"),
                                                 ("points", 9, "hidden"), ("schools", None, "228 schools")])
def test_findings_are_released_by_their_unit(unit, n, text):
    finding = Finding(finding_id="a", quantity="x", estimate=228.4, unit=unit, claim="description", n_programme=n)
    assert release_finding(finding, RULE).text == text


def test_a_percentage_finding_counts_the_group_it_is_about():
    finding = Finding(finding_id="a", quantity="x", estimate=50, unit="percent", claim="description",
                      group="programme", n_programme=18, n_comparison=4000)
    assert release_finding(finding, RULE).hidden
