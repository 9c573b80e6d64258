"""What a number must rest on besides enough children: regimes, sums of one or two, regressions, percentiles."""

import dataclasses
import math
from types import SimpleNamespace

import pandas as pd
import pytest

from wlz_eval.core.finding import Finding
from wlz_eval.plan import make_plan
from wlz_eval.reference.disclosure import LEVELS, disclosure_regime, disclosure_regimes
from wlz_eval.release.columns import Children, Interval, Label, Percent, Statistic, release_table
from wlz_eval.release.findings import FindingSet, FindingStore, Stamp
from wlz_eval.release.limits import Rule, concentrated, round_count, rule_of, strictest
from wlz_eval.release.rule import release_count, release_finding, release_percent
from wlz_eval.release.sentences import release_as, speak
from wlz_eval.release.suppression.facts import rounded_range
from wlz_eval.release.workspace import Workspace

RULE, INTERNAL = Rule(), Rule(applies=False)
PAID = Finding(
    finding_id="contract.paid_total", quantity="payment", estimate=1000.0, unit="money", claim="description",
    currency="GBP", n_programme=40, ci_low=900.0, ci_high=1100.0,
)
STAMP = Stamp(notebook="08_contract", cohort="toy", cell=1, plan_hash="p", data_hash="d")


def of(name):
    keys = disclosure_regime(name).keys()
    options = make_plan({"outcomes": [{"measure": "e", "primary": True}], "disclosure": {"regime": name}}).disclosure
    rule = rule_of(options, "public")
    assert {key: getattr(rule, key) for key in LEVELS} == keys
    return rule


def test_the_rule_without_a_plan_is_the_standard():
    assert Rule() == of("standard") == rule_of(SimpleNamespace(**disclosure_regime("standard").keys()), "public")
    assert not rule_of(SimpleNamespace(**disclosure_regime("standard").keys()), "internal").applies


def test_several_plans_get_the_strictest_of_each_key():
    rows = [SimpleNamespace(**regime.keys()) for regime in disclosure_regimes()]
    rows.append(SimpleNamespace(**disclosure_regime("sacro").keys() | {"threshold": 20, "dominance_percent": 80.0}))
    rule = strictest(rows, "public")
    assert (rule.threshold, rule.percentages, rule.totals, rule.dominance_percent) == (20, "midpoint", "parts", 80)


@pytest.mark.parametrize(
    ("name", "counts"),
    [("standard", {9: "hidden", 10: "10", 12: "10", 13: "15"}), ("ons", {9: "hidden", 10: "10"}),
     ("opensafely", {7: "hidden", 8: "10", 12: "10", 13: "15"}), ("sacro", {0: "hidden", 9: "hidden", 10: "10"})],
)
def test_counts_under_each_regime(name, counts):
    assert {n: release_count(n, of(name)).text for n in counts} == counts


@pytest.mark.parametrize("threshold", [5, 8, 10, 12])
@pytest.mark.parametrize(("step", "rounding"), [(5, "nearest"), (6, "midpoint"), (10, "midpoint"), (1, "nearest")])
def test_a_rounded_count_names_a_band_that_holds_it(threshold, step, rounding):
    rule = Rule(threshold, step, rounding=rounding)
    for n in range(threshold, 80):
        shown = round_count(n, rule)
        assert shown >= threshold
        assert abs(shown - n) <= max(step, threshold - n + step)
        low, high = rounded_range(n, rule)
        assert low <= n <= high
        assert {round_count(m, rule) for m in range(low, high + 1)} == {shown}


def test_midpoint_six_is_the_middle_of_each_six():
    rule = Rule(8, 6, rounding="midpoint")
    assert [round_count(n, rule) for n in (8, 12, 13, 18, 19)] == [9, 9, 15, 15, 21]


def test_percentages_from_rounded_counts():
    opensafely = of("opensafely")
    assert release_percent(50, 40, opensafely).text == "54%"  # 20 of 40: the middle of 19-24 of the middle of 37-42
    assert release_percent(50, 40, dataclasses.replace(opensafely, percentages="rounded")).text == "50%"
    same = {release_percent(100 * n / 40, 40, opensafely).text for n in range(19, 25)}
    assert same == {"54%"}, "no count within a band is told from another"


@pytest.mark.parametrize("name", [regime.name for regime in disclosure_regimes()])
@pytest.mark.parametrize("n", [10, 40, 500])
def test_all_or_none_of_a_group_is_hidden_in_every_regime(name, n):
    for percent in (0, 100, 100 / n):
        assert release_percent(percent, n, of(name)).text == "hidden"
    assert release_count(0, of(name)).hidden


def test_totals_are_sums_of_rounded_parts_where_the_regime_says_so():
    data = pd.DataFrame({"g": ["a", "b", "c", "All"], "n": [12, 12, 12, 36]})
    columns = {"g": Label("Group"), "n": Children("Children")}
    texts = [row["n"].text for row in release_table(data, columns, of("opensafely"))]
    assert texts == ["10", "10", "10", "30"]
    assert [row["n"].text for row in release_table(data, columns, RULE)] == ["10", "10", "10", "35"]
    data["n"] = [12, 12, 3, 27]
    assert [row["n"].text for row in release_table(data, columns, of("opensafely"))] == ["10", "10", "hidden", "hidden"]


@pytest.mark.parametrize(
    ("parts", "hidden"),
    [([50, 41, *[1] * 9], True), ([45, 45, 5, 5], False), ([91, 9], True), ([10] * 10, False),
     ([80, 10, 4, 4], True), ([50, 40, 5, 5], False), ([100], True), ([60, 20, 12, 8], False)],
)
def test_dominance_and_p_percent(parts, hidden):
    largest, second, *_ = [*sorted(parts, reverse=True), 0]
    assert concentrated(sum(parts), largest, second, RULE) is hidden
    top, rest = largest + second, sum(parts) - largest - second
    assert hidden is (top > 0.9 * sum(parts) or rest < 0.1 * largest)
    assert not concentrated(sum(parts), largest, second, INTERNAL)


def test_p_percent_hides_what_dominance_alone_would_not():
    loose = Rule(dominance_percent=100.0)
    assert concentrated(100, 85, 10, loose)
    assert not concentrated(100, 85, 10, dataclasses.replace(loose, p_percent=0.0))


def test_a_sum_of_one_child_is_hidden_wherever_a_finding_may_stand():
    rich = dataclasses.replace(PAID, largest=950.0, second=10.0)
    assert release_finding(PAID, RULE).text == "£1,000"
    assert release_finding(rich, RULE).hidden
    assert release_as("x", rich, "interval", RULE).hidden
    assert release_as("x", rich, "short", RULE).hidden
    assert release_as("x", rich, "magnitude", RULE).hidden
    assert "£" not in speak("It paid {x:short}.", {"x": rich}, RULE).text
    assert release_finding(rich, INTERNAL).text == "£1,000"


def test_a_total_that_gives_a_small_part_away_is_hidden():
    assert release_finding(dataclasses.replace(PAID, fewest=9), RULE).hidden
    assert not release_finding(dataclasses.replace(PAID, fewest=10), RULE).hidden


def test_a_table_reads_what_a_sum_consists_of():
    data = pd.DataFrame(
        {"group": ["a", "b", "c"], "n": [20, 20, 20], "paid": [100.0, 100.0, 100.0], "paid_largest": [95.0, 6, 6],
         "paid_second": [1.0, 6, 6], "paid_fewest": [20, 20, 9], "other": [1.0, 2.0, 3.0]}
    )
    columns = {"group": Label("Payer"), "paid": Statistic("Paid", "money", "n", "GBP"),
               "other": Statistic("Other", "points", "n")}
    rows = release_table(data, columns, RULE)
    assert [row["paid"].text for row in rows] == ["hidden", "£100", "hidden"]
    assert [row["other"].text for row in rows] == ["1.0", "2.0", "3.0"]
    assert all(math.isnan(rows[i]["paid"].value) and not rows[i]["paid"].plain for i in (0, 2))


@pytest.mark.parametrize(("left", "hidden"), [(9, True), (10, False), (math.nan, False)])
def test_a_regression_needs_residual_degrees_of_freedom(left, hidden):
    slope = dataclasses.replace(PAID, unit="points", residual_df=float(left))
    assert release_finding(slope, RULE).hidden is hidden
    assert release_as("x", slope, "interval", RULE).hidden is hidden
    data = pd.DataFrame({"slope": [1.0], "low": [0.5], "high": [1.5], "n": [30], "residual_df": [float(left)]})
    columns = {"slope": Statistic("Slope", "points", "n"), "i": Interval("Interval", "low", "high", "points", "n")}
    assert [cell.hidden for cell in release_table(data, columns, RULE)[0].values()] == [hidden, hidden]


@pytest.mark.parametrize(("percentile", "n", "hidden"), [(50, 20, False), (50, 19, True), (10, 99, True),
                                                         (10, 100, False), (90, 99, True), (0, 900, True),
                                                         (100, 900, True), (None, 10, False)])
def test_percentiles_need_enough_children_beyond_on_each_side(percentile, n, hidden):
    data = pd.DataFrame({"days": [12.0], "n": [n]})
    spec = Statistic("Days", "count", "n", percentile=percentile)
    assert release_table(data, {"days": spec}, RULE)[0]["days"].hidden is hidden


@pytest.mark.parametrize(
    ("quantity", "n", "hidden"),
    [("minimum", 500, True), ("maximum", 500, True), ("median", 19, True), ("median", 20, False), ("mean", 10, False)],
)
def test_no_value_of_one_child_is_a_public_finding(quantity, n, hidden):
    assert release_finding(dataclasses.replace(PAID, quantity=quantity, n_programme=n), RULE).hidden is hidden


def test_what_cannot_be_worked_out_of_nobody_is_hidden_like_any_small_group():
    data = pd.DataFrame({"mean": [math.nan, math.nan], "n": [0, 40], "share": [math.nan, math.nan]})
    columns = {"mean": Statistic("Mean", "points", "n"), "share": Percent("Share", "n")}
    texts = [[cell.text for cell in row.values()] for row in release_table(data, columns, RULE)]
    assert texts == [["hidden", "hidden"], ["not available", "not available"]]


def test_what_the_rule_reads_is_kept_with_a_finding_and_an_older_store_is_still_read(tmp_path):
    store = FindingStore(Workspace(tmp_path), "toy")
    kept = dataclasses.replace(PAID, se=1.0, largest=9.0, second=8.0, fewest=12, residual_df=30.0)
    store.write("08_contract", FindingSet([(kept, STAMP)]))
    assert store.read("08_contract").findings() == [kept]
    path = Workspace(tmp_path).findings_file("toy", "08_contract")
    pd.read_parquet(path).drop(columns=["largest", "second", "fewest", "residual_df"]).to_parquet(path)
    older = store.read("08_contract").findings()[0]
    assert math.isnan(older.largest)
    assert older.fewest is None
    assert older.estimate == kept.estimate
