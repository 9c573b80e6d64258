"""When claims fall due and are paid: dates, months, caps in the order of time, leavers, payers by month."""

import pandas as pd
import pytest
from toy_contract import TERMS, toy_contract

from wlz_eval.value.contract.dates import intakes
from wlz_eval.value.contract.timeline import period_months


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda terms=TERMS, **given: toy_contract(meta, {**TERMS, **terms}, **given)


def months(result):
    sums = result.payments.groupby("month")["pennies"].sum()
    return sums[sums > 0].to_dict()


class TestDates:
    def test_sign_up_at_the_start_outcomes_at_the_end_of_their_wave(self, owed, tiny_cohort):
        wave = f"{tiny_cohort.meta.waves['endline'].end:%Y-%m}"
        assert months(owed({})) == {"2022-09": 50_000, wave: 3_401}

    def test_a_fixed_day_and_a_lag(self, owed):
        terms = {"claim_dates": {"sign_up": "2022-10-15", "outcome_1": "2024-01-31"}, "payment_months": 2}
        found = months(owed(terms))
        assert found["2022-12"] == 50_000
        assert found["2024-03"] == 2_000

    def test_the_day_of_evidence_goes_before_the_due_date(self, owed):
        evidence = pd.DataFrame({"child_id": ["B"], "trigger": ["sign_up"], "date": ["2022-11-20"]})
        assert months(owed({}, evidence=evidence))["2022-11"] == 10_000

    def test_intakes_are_school_years_of_start(self, owed):
        dates = ["2022-09-05", "2022-09-05", "2023-09-04", "2022-09-05", "2023-08-31"]
        result = owed({}, children={"index_date": dates})
        assert result.owed.intake.tolist() == ["2022/23", "2022/23", "2023/24", "2022/23", "2022/23"]
        amounts = result.by_intake.groupby("intake")["amount"].sum().to_dict()
        assert amounts == pytest.approx({"2022/23": 434.01, "2023/24": 100})
        assert intakes(pd.Series(pd.to_datetime(["2022-08-31"]))).tolist() == ["2021/22"]

    @pytest.mark.parametrize("period", ["2022/24", "soon", "2023-13", "22/23"])
    def test_what_is_no_period(self, period):
        with pytest.raises(ValueError, match="no period"):
            period_months(period)


class TestCapsInTime:
    def test_first_claimed_first_paid(self, owed):
        # B signs up two months later: the cap of four children's sign-up leaves nothing for B, nor for any outcome.
        evidence = pd.DataFrame({"child_id": ["B"], "trigger": ["sign_up"], "date": ["2022-11-20"]})
        result = owed({"contract_cap": 400}, evidence=evidence)
        paid = result.owed.claims.set_index(["child_id", "trigger"])["paid"]
        assert paid["A", "sign_up"] == 10_000
        assert paid["B", "sign_up"] == 0
        assert result.paid == 400

    def test_reached_in_the_middle_of_a_month_it_is_shared_to_the_penny(self, owed):
        result = owed({"contract_cap": 333.34})
        paid = result.owed.claims
        assert sorted(paid.loc[paid["trigger"] == "sign_up", "paid"]) == [6666, 6667, 6667, 6667, 6667]
        assert result.paid == 333.34
        assert result.payments["pennies"].sum() == 33_334

    def test_a_childs_cap_in_the_order_of_time(self, owed):
        # A's outcomes are evidenced before its sign-up, which is then what the cap cuts.
        evidence = pd.DataFrame(
            {"child_id": ["A", "A"], "trigger": ["sign_up", "outcome_1"], "date": ["2025-01-10", "2023-01-10"]}
        )
        paid = owed({"child_cap": 60}, evidence=evidence).owed.claims.set_index(["child_id", "trigger"])["paid"]
        assert paid["A", "outcome_1"] == 1_000
        assert paid["A", "sign_up"] == 6_000 - 1_000 - 701

    def test_order_of_rows_never_matters(self, owed, tiny_cohort):
        result = owed({"contract_cap": 333.34, "child_cap": 99})
        meta = tiny_cohort.meta.model_dump(mode="json")
        from toy_contract import RISK, toy_tables

        from wlz_eval.cohort import make_cohort
        from wlz_eval.measures import analysis_frame
        from wlz_eval.value import contract

        tables = {name: table.iloc[::-1].reset_index(drop=True) for name, table in toy_tables().items()}
        cohort = make_cohort(meta, tables, contract={**TERMS, "contract_cap": 333.34, "child_cap": 99})
        again = contract(cohort, analysis_frame(cohort), RISK)
        pd.testing.assert_frame_equal(result.owed.claims, again.owed.claims)


LEFT = {"left": ["2023-01-15", None, None, None, None]}


class TestLeavers:

    def test_what_is_measured_of_a_leaver_is_paid_by_default(self, owed):
        assert owed({}, children=LEFT).paid == 534.01

    def test_or_nothing_that_falls_due_afterwards(self, owed):
        result = owed({"withdrawn": "until_left"}, children=LEFT)
        assert result.paid == 5 * 100 + 10 + 7
        assert result.triggers.set_index("trigger")["achieved"].to_dict() == {
            "sign_up": 5, "outcome_1": 1, "outcome_2": 1, "outcome_3": 0
        }


class TestProjections:
    def test_by_hand(self, owed, tiny_cohort):
        targets = pd.DataFrame(
            {
                "trigger": ["sign_up"] * 3 + ["outcome_1"] * 3, "case": ["low", "base", "high"] * 2,
                "count": [4.0, 5, 5, 1, 2, 3], "period": ["2022/23"] * 3 + ["2023/24"] * 3,
            }
        )
        table = owed({}, targets=targets).over_time().set_index("month")
        first, last = table.loc["2022-09"], table.iloc[-1]
        assert (first["low"], first["base"], first["high"], first["paid"]) == (400, 500, 500, 500)
        assert (last["low"], last["base"], last["high"], last["paid"]) == (410, 520, 530, 534.01)
        assert first["children"] == 5

    def test_the_contracts_cap_is_kept_and_nothing_is_owed_after_the_day_of_the_data(self, owed):
        targets = pd.DataFrame({"trigger": ["sign_up"], "case": ["base"], "count": [50.0]})
        result = owed({"contract_cap": 700, "as_of": "2023-01-31"}, targets=targets)
        table = result.over_time()
        assert table["base"].max() == 700
        assert result.paid == 500
        assert result.owed.running
