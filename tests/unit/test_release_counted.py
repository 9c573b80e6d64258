"""Numbers worked out from numbers of children: nobody who knows the price learns more than the released number."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_contract import toy_contract

from wlz_eval.core.finding import Counted, Finding
from wlz_eval.release.columns import Children, Interval, Label, Percent, Statistic, release_table
from wlz_eval.release.counted import as_counted, as_public, cells_shown
from wlz_eval.release.findings import FindingSet, Stamp
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.limits import round_count
from wlz_eval.release.rule import Rule, release_finding
from wlz_eval.release.sentences import release_as
from wlz_eval.release.showing import enter_cells
from wlz_eval.release.steps import large_steps, steps_note
from wlz_eval.release.suppression import suppress
from wlz_eval.report.exports import enter_counted, released_rows
from wlz_eval.value.contract.parts import counted_in
from wlz_eval.value.costs import Costs

RULE = Rule()
MONEY = {"unit": "money", "currency": "GBP"}


def sum_of(n: int, price: float = 600.0, **more) -> Finding:
    given = {"finding_id": "contract.maximum", "quantity": "payment", "estimate": n * price, "unit": "money",
             "claim": "description", "currency": "GBP", "n_programme": n,
             "counted": (Counted(children="programme children", n=n, each=price),)}
    return Finding(**{**given, **more})


@given(st.integers(10, 5000), st.sampled_from((600.0, 37.5, 1999.0)))
def test_a_sum_over_its_price_is_no_finer_than_the_released_count(n, price):
    shown = as_public(sum_of(n, price), RULE).estimate
    assert shown / price == pytest.approx(round_count(n, RULE))


def test_a_sum_is_hidden_with_its_children_and_exact_where_the_rule_does_not_apply():
    assert release_finding(sum_of(9), RULE).hidden
    assert release_finding(sum_of(301), RULE).value == 180_000
    assert release_finding(sum_of(301), Rule(applies=False)).value == 180_600
    for spec in ("", "number", "short"):
        assert release_as("x", sum_of(301), spec, RULE).value == 180_000
    assert release_as("x", sum_of(9), "short", RULE).hidden


def test_an_interval_moves_in_proportion_and_a_mean_by_its_children_too():
    net = sum_of(301, ci_low=90_300.0, ci_high=361_200.0)
    ends = release_as("x", net, "interval", RULE)
    assert (ends.value, ends.high) == (90_000, 360_000)
    over = (Counted(children="reached it", n=12, each=900.0), Counted(children="all", n=18, over=True))
    assert as_counted(12 * 900.0 / 18, over, RULE) == pytest.approx(10 * 900 / 20)


def test_released_twice_is_released_once():
    once = as_public(sum_of(303), RULE)
    twice = as_public(once, RULE)
    assert (twice.estimate, twice.counted) == (once.estimate, once.counted)
    assert once.estimate == 183_000


def test_a_table_reads_the_children_beside_its_column():
    told = (Counted(children="Signed up", n=303, each=600.0),)
    data = pd.DataFrame({"what": ["a", "b"], "paid": [303 * 600.0, 2400.0], "low": 0.0, "high": 303 * 600.0,
                         "n": 303, "paid_counted": [told, (Counted(children="Signed up", n=4, each=600.0),)],
                         "low_counted": [(), told], "high_counted": [told, told]})
    rows = release_table(data, {"what": Label("What"), "paid": Statistic("Paid", n="n", **MONEY),
                                "range": Interval("Range", "low", "high", n="n", **MONEY)}, RULE)
    assert [row["paid"].text for row in rows] == ["£183,000", "hidden"]
    assert rows[0]["range"].high == 183_000


def test_what_suppression_withholds_cannot_be_had_by_its_price():
    # 9 = 40 - 31, which are shown as 40 and 30: one of those must go, and with 31 what they are paid.
    ledger = Ledger("c", "public", "08_contract", RULE)
    columns = {"what": Label("What"), "n": Children("Children"), "paid": Statistic("Paid", n="all", **MONEY)}
    data = pd.DataFrame(
        {"what": ["All who started", "Went on", "Stopped"], "n": [40, 31, 9], "paid": [40.0, 31 * 600.0, 40.0],
         "all": 40, "paid_counted": [(), (Counted(children="Went on", n=31, each=600.0),), ()]}
    )
    enter_cells(ledger, release_table(data, columns, RULE), "Who went on", columns, "table")
    gone = cells_shown(suppress([ledger]).cells)
    went = {cell.definition["column"]: cell.key for cell in ledger.cells if cell.definition["row"] == "Went on"
            and "column" in cell.definition}
    total = next(cell.key for cell in ledger.cells if cell.text == "40")
    assert (ledger.notebook, total) in gone or {(ledger.notebook, key) for key in went.values()} <= gone


class TestContract:
    def test_payments_are_their_triggers(self, tiny_cohort):
        result = toy_contract(tiny_cohort.meta.model_dump(mode="json"))
        found = {f.finding_id.removeprefix("contract."): f for f in result.findings()}
        for name in ("paid_total", "paid_outcomes", "maximum_payment", *(n for n in found if n.startswith("paid."))):
            money = found[name]
            assert math.fsum(part.n * part.each for part in money.counted) == pytest.approx(money.estimate), name
        achieved = {row["label"]: row["achieved"] for row in result.triggers.to_dict(orient="records")}
        assert {part.children: part.n for part in counted_in(result.owed)} == achieved

    def test_no_money_of_few_children_is_shown(self, tiny_cohort):
        result = toy_contract(tiny_cohort.meta.model_dump(mode="json"))
        money = [f for f in result.findings() if f.unit == "money" and "target" not in f.finding_id]
        assert money
        assert all(release_finding(f, RULE).hidden for f in money)


def test_a_total_of_costs_beside_its_mean_is_the_rounded_number_of_children():
    lines = pd.DataFrame({"item": ["staff"], "category": ["staff"], "payer": ["school"], "purse": ["school"],
                          "kind": ["cash"], "phase": ["running"], "variable": [True], "year": [0],
                          "amount": [303_000.0], "present_value": [303_000.0]})
    found = {f.finding_id: release_finding(f, RULE) for f in Costs(lines, 303, 2024, "GBP", engaged=97).findings()}
    each = found["value.cost_per_child"].value
    assert found["value.cost_total"].value / each == pytest.approx(305, rel=0.005)
    assert found["value.cost.per_engaged_child"].value == pytest.approx(305 * 1000 / 95, rel=0.005)


def test_few_who_lack_something_are_left_out_where_the_sizes_of_the_groups_are_shown():
    # "Not known at the start: hidden" stood on page 4 and "300 of 300" on page 1, which says that it was 4 at most.
    columns = {"what": Label("Not known", dimension="gap"), "a": Children("Programme"), "b": Children("Comparison")}
    gaps = pd.DataFrame({"what": ["English", "Maths", "Attendance"], "a": [2, 30, 41], "b": [21, 30, float("nan")]})
    assert list(large_steps(gaps, columns, RULE)["what"]) == ["Maths", "Attendance"]
    assert steps_note(columns, RULE) == "Rows with fewer than 10 children are left out."
    # One child of 300 found no match: a share of "unmatched, hidden" had every group of 299 withheld.
    profile = pd.DataFrame({"what": ["Girls", "Boys"], "share": [50.0, 40.0], "n": [1, 30]})
    columns = {"what": Label("Known before", dimension="gap"), "share": Percent("Unmatched", n="n")}
    assert list(large_steps(profile, columns, RULE)["what"]) == ["Boys"]


def test_a_small_step_of_a_flow_is_left_out_and_not_marked():
    columns = {"stage": Label("Step", dimension="step"), "n": Children("Children")}
    flow = pd.DataFrame({"stage": ["in the tables", "left out", "pool", "analysed"], "n": [2670, 0, 2670, 1995]})
    kept = large_steps(flow, columns, RULE)
    assert list(kept["stage"]) == ["in the tables", "pool", "analysed"]
    assert steps_note(columns, RULE) == "Steps with fewer than 10 children are left out."
    assert len(large_steps(flow, columns, Rule(applies=False))) == 4
    assert len(large_steps(flow, {**columns, "stage": Label("Step")}, RULE)) == 4
    ledger = Ledger("c", "public", "01_data_quality", RULE)
    enter_cells(ledger, release_table(kept, columns, RULE), "Flow", columns, "table")
    assert not suppress([ledger]).cells


def test_the_table_of_findings_holds_what_a_sum_tells_and_one_number_once(tiny_cohort):
    stamp = Stamp(notebook="08_contract", cohort="c", cell=1, plan_hash="p", data_hash="d")
    matched = Finding(finding_id="attribution.matched.programme", quantity="count", estimate=31, unit="children",
                      claim="description", group="programme", n_programme=31)
    found = FindingSet([(sum_of(31), stamp), (matched, stamp)])
    table = Ledger("c", "public", "findings.csv", RULE)
    enter_counted(table, found, tiny_cohort)
    assert [(cell.key, cell.kind, cell.ns) for cell in table.cells] == [
        ("contract.maximum|estimate", "statistic", (31,)),
        ("contract.maximum|estimate#programme children", "count", (31,)),
    ]
    gone = {"contract.maximum": {"estimate"}, "attribution.matched.programme": {"estimate"}}
    rows = {row["finding_id"]: row for row in released_rows(found, tiny_cohort, RULE, gone)}
    assert rows["contract.maximum"]["estimate"] is None
    assert rows["contract.maximum"]["n_programme"] == 30
    assert rows["attribution.matched.programme"]["n_programme"] is None
