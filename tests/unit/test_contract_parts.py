"""What sums of payments and of contacts consist of, child by child, and what the release rule makes of it."""

import math

import pandas as pd
import pytest
from toy_contract import TERMS, toy_contract

from wlz_eval.engagement.delivery.caseload import contacts_table
from wlz_eval.release.columns import Label, Statistic, release_table
from wlz_eval.release.rule import Rule, release_finding
from wlz_eval.value.contract.investor import investor
from wlz_eval.value.contract.parts import parts_by_payer, parts_of, parts_of_outcomes, worst
from wlz_eval.value.contract.timeline import over_time

#: The threshold of these five children is two, so that only concentration can hide.
FEW = Rule(threshold=2, round_to=1)
#: All sign-ups are paid by the council; the charity pays for outcomes alone.
APART = [
    {"trigger": "sign_up", "price": 100.0, "payer": "council", "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_1", "price": 10.0, "payer": "charity", "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_2", "price": 7.0, "payer": "charity", "price_year": 2023, "source": "illustrative"},
    {"trigger": "outcome_3", "price": 0.01, "payer": "charity", "price_year": 2023, "source": "illustrative"},
]


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda **given: toy_contract(meta, **given)


def test_by_hand(owed):
    worked = owed().owed
    # A earns 100 + 10 + 7 + 0.01, B 100 + 10 + 7, three others 100 each.
    one, two, n = parts_of(worked.claims.groupby("child_id")["paid"].sum())
    assert (one * 534.01, two * 534.01, n) == pytest.approx((117.01, 117, 5))
    one, two, n = parts_of_outcomes(worked)
    assert (one * 34.01, two * 34.01, n) == pytest.approx((17.01, 17, 2))
    assert all(parts == pytest.approx((117.01 / 534.01, 117 / 534.01, 5), abs=1e-4)
               for parts in parts_by_payer(worked).values())


def test_a_payer_with_two_children_is_hidden_and_with_it_the_total(owed):
    result = owed(card=APART, terms={**TERMS, "payers": {}})
    paid = {f.finding_id.removeprefix("contract."): f for f in result.findings()}
    assert paid["paid.charity"].largest + paid["paid.charity"].second == pytest.approx(34.01)
    shown = {name: release_finding(paid[name], FEW).hidden for name in
             ("paid.charity", "paid.council", "paid_outcomes", "paid_total", "paid_per_child", "share_of_maximum")}
    assert shown == {"paid.charity": True, "paid.council": False, "paid_outcomes": True, "paid_total": True,
                     "paid_per_child": True, "share_of_maximum": True}
    columns = {"payer": Label("Payer"), "per_child": Statistic("A child", "money", "children", "GBP")}
    rows = release_table(result.by_payer, columns, FEW)
    assert {row["payer"].text: row["per_child"].hidden for row in rows} == {"council": False, "charity": True}


def test_no_step_of_the_running_total_is_one_childs(owed):
    late = pd.DataFrame({"child_id": ["B"], "trigger": ["sign_up"], "date": ["2022-11-20"]})
    table = over_time(owed(evidence=late).owed)
    rows = release_table(table, {"month": Label("Month"), "paid": Statistic("Paid", "money", "children", "GBP")},
                         Rule(threshold=1, round_to=1))
    shown = {row["month"].text: row["paid"].hidden for row in rows}
    assert not shown["2022-10"]
    assert all(hidden for month, hidden in shown.items() if month >= "2022-11")


def test_what_investors_got_back_goes_with_the_total(owed):
    capital = {"capital": [{"date": "2022-09-01", "amount": 400.0}]}
    costs = pd.DataFrame([{"item": "Staff", "payer": "charity", "kind": "cash", "period": "2022/23", "amount": 300.0,
                           "price_year": 2023}])
    worked = owed(card=APART, terms={**TERMS, "payers": {}, "investment": capital}, costs=costs).owed
    found = {f.finding_id: f for f in investor(worked).findings()}
    assert release_finding(found["contract.investor.multiple.so_far"], FEW).hidden
    assert not release_finding(found["contract.investor.capital"], FEW).hidden


def test_the_worst_of_sums_that_follow_from_each_other():
    assert worst([(0.5, 0.1, 9), (0.3, 0.6, 30), (math.nan, math.nan, 0)]) == pytest.approx((0.5, 0.4, 9))
    assert worst([])[2] == 0


def test_contacts_that_are_mostly_those_of_two_children_are_hidden():
    doses = pd.DataFrame({"link_worker_interactions": [500.0, 400.0, *[1.0] * 20], "engagements": [5.0] * 22})
    table = contacts_table(doses)
    rows = release_table(table, {"what": Label("What"), "per_child": Statistic("Mean", "unit", "children")}, Rule())
    assert [row["per_child"].hidden for row in rows] == [True, False]
