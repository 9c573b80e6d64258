"""Payments that rest on few children, hand-worked: what stands alone, what a payment rests on, pennies, forecasts."""

import ast
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from toy_contract import TERMS, toy_contract

from wlz_eval.core.errors import CohortError
from wlz_eval.value.contract import forecast
from wlz_eval.value.contract.investor import investor
from wlz_eval.value.contract.pages import answer, targets_answer
from wlz_eval.value.contract.timeline import over_time, paid_by_month

#: B signs up two months after the others, so that November pays for one child.
LATE = pd.DataFrame({"child_id": ["B"], "trigger": ["sign_up"], "date": ["2022-11-20"]})
COSTS = [
    {"item": "Staff", "payer": "charity", "kind": "cash", "period": "2022/23", "amount": 300.0, "price_year": 2023},
]
CAPITAL = {"capital": [{"date": "2022-09-01", "amount": 400.0}]}


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda terms=TERMS, **given: toy_contract(meta, {**TERMS, **terms}, **given)


@pytest.fixture
def endline(tiny_cohort):
    return f"{tiny_cohort.meta.waves['endline'].end:%Y-%m}"


class TestMonthsOfFewChildren:
    def test_each_month_alone_where_all_may_be_shown(self, owed, endline):
        table = paid_by_month(owed(evidence=LATE).owed)
        assert table["amount"].to_dict() == {"2022-09": 400, "2022-11": 100, endline: 34.01}
        assert table["children"].tolist() == [4, 1, 2]

    def test_a_month_of_few_is_counted_with_the_next(self, owed, endline):
        table = paid_by_month(owed(evidence=LATE).owed, fewest=2)
        assert table["amount"].to_dict() == {"2022-09": 400, endline: 134.01}
        assert table["children"].tolist() == [4, 2]

    def test_at_the_end_with_the_one_before(self, owed):
        table = paid_by_month(owed(evidence=LATE).owed, fewest=3)
        assert table["amount"].to_dict() == {"2022-09": 534.01}
        assert table["children"].tolist() == [5]

    def test_where_all_are_few_they_stand_together_and_say_how_many(self, owed, endline):
        table = paid_by_month(owed(evidence=LATE).owed, fewest=9)
        assert table[["amount", "children"]].to_dict("index") == {endline: {"amount": 534.01, "children": 5}}
        # The shares of the largest payment and of the two largest, by which the rule sees whose sum it is.
        assert table[["one", "two"]].iloc[0].tolist() == pytest.approx([117.01 / 534.01, 234.01 / 534.01])

    def test_no_step_between_two_totals_rests_on_fewer(self, owed):
        # After a month that was hidden the total went on, so that the step over it gave the one child's payment away.
        table = over_time(owed(evidence=LATE).owed, fewest=2)
        steps = table["paid"].diff().fillna(table["paid"])
        assert (table.loc[steps > 0, "children"] >= 2).all()
        assert table["paid"].iloc[-1] == 534.01

    def test_cash_by_month_keeps_to_it_and_comes_to_the_same(self, owed):
        given = {"evidence": LATE, "costs": pd.DataFrame(COSTS)}
        work = owed({"investment": CAPITAL}, **given).owed
        every, kept = investor(work), investor(work, fewest=2)
        assert (kept.flow.loc[kept.flow["payments"] > 0, "children"] >= 2).all()
        assert kept.flow["balance"].iloc[-1] == pytest.approx(every.flow["balance"].iloc[-1])
        shown = [name for name in every.cases if not name.endswith("_counted")]
        pd.testing.assert_frame_equal(kept.cases[shown], every.cases[shown])


class TestWhatAPaymentRestsOn:
    def test_children_who_are_paid_for_by_trigger(self, owed):
        work = owed().owed
        assert (work.paid_for(), work.paid_for(["outcome_1"]), work.paid_for(["outcome_3"])) == (5, 2, 1)

    def test_findings_carry_them(self, owed):
        found = {f.finding_id: f for f in owed().findings()}
        assert found["contract.paid_total"].n_programme == 5
        assert (found["contract.paid_outcomes"].n_programme, found["contract.paid_outcomes"].estimate) == (2, 34.01)

    def test_a_payer_of_one_trigger_rests_on_the_children_who_met_it(self, owed):
        card = [
            {"trigger": "sign_up", "price": 100.0, "price_year": 2023, "payer": "council"},
            {"trigger": "outcome_3", "price": 50.0, "price_year": 2023, "payer": "charity"},
        ]
        rows = owed(card=card).by_payer.set_index("payer")["children"].to_dict()
        assert rows == {"council": 5, "charity": 1}

    def test_where_nothing_can_be_paid_nothing_is_given_away(self, owed):
        assert owed({"contract_cap": 0}).owed.paid_for() == 5


class TestPennies:
    def test_three_payers_of_a_third_each(self, owed):
        # 50,000 + 2,000 + 1,400 + 1 pence: the odd pennies of each trigger go to the first payers.
        result = owed({"payers": {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}})
        sums = result.payments.groupby("payer")["pennies"].sum().to_dict()
        assert sums == {"a": 17_802, "b": 17_801, "c": 17_798}
        assert sum(sums.values()) == 53_401

    def test_a_cap_reached_between_two_outcomes_of_one_month(self, owed):
        # 500 for sign-up, 20 for first outcomes; five pounds are left for two second outcomes of seven.
        paid = owed({"contract_cap": 525}).owed.claims.set_index(["child_id", "trigger"])["paid"]
        assert paid["A", "outcome_2"] == paid["B", "outcome_2"] == 250
        assert paid["A", "outcome_3"] == 0
        assert paid.sum() == 52_500


class TestForecastFromTargets:
    def targets(self, *cases):
        rows = [(t, c, n) for t, n in (("sign_up", 5.0), ("outcome_1", 2.0)) for c in cases]
        return pd.DataFrame(rows, columns=["trigger", "case", "count"])

    @pytest.mark.parametrize("cases", [("base",), ("low",), ("low", "base", "high")])
    def test_a_case_that_is_not_given_is_not_taken_for_none(self, owed, cases):
        # With a middle target only, the low and the high one were taken for zero: the forecast lay far below it.
        found = forecast(owed({"as_of": "2023-01-31"}, targets=self.targets(*cases)).owed, draws=200)
        assert (found.total, found.low, found.high) == pytest.approx((520, 520, 520))


class TestWords:
    def test_nothing_is_owed_before_anything_falls_due(self, owed):
        result = owed({"as_of": "2020-01-01"}, targets=TestForecastFromTargets().targets("base"))
        assert "nothing is owed yet" in answer(result)[0]
        assert "by the contract's end" in targets_answer(result)[0]

    def test_payments_stand_beside_what_the_targets_come_to(self, owed):
        text, values = targets_answer(owed(targets=TestForecastFromTargets().targets("low", "base", "high")))
        assert "more than" in text
        assert values["target_payment_base"].estimate == 520
        assert values["target_payment_base"].perspective == "payers"

    def test_costs_of_a_payer_who_has_none_cannot_be_borne(self, owed):
        # A slip in the name left investors with no cost at all, and a splendid return.
        with pytest.raises(CohortError, match=r"pays_for.*no cost line.*charitty.*Did you mean charity"):
            owed({"investment": {**CAPITAL, "pays_for": ["charitty"]}}, costs=pd.DataFrame(COSTS))


def test_every_table_and_figure_of_money_says_year_kind_and_whose_view_in_its_caption():
    # The table for INDIGO gave prices with no year, and investors' cash did not say whose view it was.
    notebook = Path(__file__).resolve().parents[2] / "notebooks" / "08_contract.ipynb"
    calls = [
        ast.unparse(node)
        for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("nb.show_table", "nb.show_figure")
    ]
    money = [call for call in calls if "unit='money'" in call or "**pounds" in call]
    assert len(money) >= 8
    for call in money:
        assert "page.money" in call or "page.cash_money" in call, call
