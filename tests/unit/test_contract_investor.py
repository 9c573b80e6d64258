"""The investor's view: rates of return against published examples, cash flows and loss by hand."""

import datetime as dt
import math

import pandas as pd
import pytest
from toy_contract import TERMS, toy_contract

from wlz_eval.core.errors import OptionError
from wlz_eval.release.rule import Rule
from wlz_eval.release.sentences import speak
from wlz_eval.value.contract.investor import cash_flow, investor, returns
from wlz_eval.value.contract.pages import investor_answer
from wlz_eval.value.contract.xirr import xirr, xnpv

DAYS = [dt.date(2008, 1, 1), dt.date(2008, 3, 1), dt.date(2008, 10, 30), dt.date(2009, 2, 15), dt.date(2009, 4, 1)]


class TestRate:
    def test_the_example_in_the_documentation_of_excel(self):
        assert xirr([-10_000, 2_750, 4_250, 3_250, 2_750], DAYS) == pytest.approx(0.373362535, abs=2e-9)

    def test_one_year_is_the_plain_rate_and_a_total_loss_of_half_is_minus_half(self):
        year = [dt.date(2021, 1, 1), dt.date(2022, 1, 1)]
        assert xirr([-100, 110], year) == pytest.approx(0.10, abs=1e-12)
        assert xirr([-100, 50], year) == pytest.approx(-0.5, abs=1e-12)

    def test_the_worth_at_the_rate_is_nothing(self):
        rate = xirr([-10_000, 2_750, 4_250, 3_250, 2_750], DAYS)
        assert xnpv(rate, [-10_000, 2_750, 4_250, 3_250, 2_750], DAYS) == pytest.approx(0, abs=1e-6)

    def test_nothing_back_has_no_rate(self):
        assert math.isnan(xirr([-100, 0], DAYS[:2]))

    def test_each_amount_needs_its_date(self):
        with pytest.raises(OptionError, match="2 amounts and 1 dates"):
            xirr([-1, 1], DAYS[:1])


class TestCash:
    flow = cash_flow(
        pd.Series({"2022-01": 100.0}), pd.Series({"2022-01": 60.0, "2022-02": 60.0}), pd.Series({"2022-04": 150.0})
    )

    def test_balance_by_hand(self):
        assert self.flow["month"].tolist() == ["2022-01", "2022-02", "2022-03", "2022-04"]
        assert self.flow["balance"].tolist() == [40, -20, -20, 130]

    def test_deficit_shortfall_and_multiple_by_hand(self):
        got = returns(self.flow, [(dt.date(2022, 1, 1), 100.0)])
        assert (got.peak_deficit, got.shortfall, got.returned, got.multiple) == (120, 20, 130, 1.3)
        assert got.rate == pytest.approx(1.3 ** (365 / 119) - 1)


COSTS = pd.DataFrame(
    {
        "item": ["staff", "rooms", "gift"], "payer": ["fund", "fund", "other"], "kind": ["cash", "in_kind", "cash"],
        "period": ["2022/23", "2022/23", "2022/23"], "amount": [300.0, 99.0, 50.0], "price_year": 2023,
    }
)
INVESTMENT = {"capital": [{"date": "2022-09-01", "amount": 200}], "pays_for": ["fund"]}
TARGETS = pd.DataFrame(
    {"trigger": ["sign_up", "outcome_1"], "case": "base", "count": [1.0, 10.0]}
)


class TestView:
    @pytest.fixture
    def view(self, tiny_cohort):
        meta = tiny_cohort.meta.model_dump(mode="json")
        terms = {**TERMS, "investment": INVESTMENT}
        return investor(toy_contract(meta, terms, costs=COSTS, targets=TARGETS).owed)

    def test_only_cash_costs_of_the_payers_named_are_borne(self, view):
        assert view.flow["costs"].sum() == pytest.approx(300)
        assert view.flow["payments"].sum() == pytest.approx(534.01)

    def test_cases_by_hand(self, view):
        cases = view.cases.set_index("case")
        assert cases.loc["so far", "returned"] == pytest.approx(200 - 300 + 534.01)
        assert cases.loc["middle target", "returned"] == pytest.approx(200 - 300 + 200)
        assert cases.loc["middle target", "loss"] == pytest.approx(100)

    def test_capital_is_just_returned_where_outcomes_pay_what_is_missing(self, view):
        # Costs 300, sign-up 100: outcomes must pay 200, which is twice the base target's 100.
        assert view.break_even == pytest.approx(2.0)

    def test_more_than_the_middle_target_is_said_as_more(self, view):
        said = speak(*investor_answer(view), Rule(threshold=1)).text
        assert "below 2.00 times those of the middle target" in said
        assert "(illustrative" in said

    def test_illustrative_money_says_so(self, view):
        assert {f.evidence for f in view.findings()} == {"illustrative"}
        assert {f.perspective for f in view.findings() if f.unit == "money"} == {"investors"}

    def test_a_contract_that_does_not_say_how_it_is_financed(self, tiny_cohort):
        view = investor(toy_contract(tiny_cohort.meta.model_dump(mode="json")).owed)
        assert not view.available
        assert view.findings() == []
