"""The outcomes contract: hand-worked cases of outcomes, caps, evidence, payers; refusals."""

import dataclasses

import pandas as pd
import pytest
from toy_contract import CARD, TERMS, toy_contract

from wlz_eval.core.errors import CohortError
from wlz_eval.measures import analysis_frame
from wlz_eval.value import contract
from wlz_eval.value.contract.achieved import attainable_share, maximum_possible
from wlz_eval.value.contract.pages import answer
from wlz_eval.value.contract.payments import split_pennies


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda terms=TERMS, **given: toy_contract(meta, terms, **given)


def achieved(result):
    return result.triggers.set_index("trigger")["achieved"].to_dict()


class TestOutcomes:
    def test_counts_by_hand(self, owed):
        result = owed()
        assert result.counts["outcomes"].to_dict() == {"A": 4, "B": 2, "C": 0, "D": 0, "E": 0}
        assert result.counts["at_risk"].to_dict() == {"A": 4, "B": 2, "C": 0, "D": 1, "E": 2}
        assert achieved(result) == {"sign_up": 5, "outcome_1": 2, "outcome_2": 2, "outcome_3": 1}

    def test_payment_by_hand(self, owed):
        assert owed().paid == 5 * 100 + 2 * 10 + 2 * 7 + 0.01

    def test_maximum_possible_and_attainable(self, owed):
        found = {f.finding_id: f.estimate for f in owed().findings()}
        assert found["contract.maximum_possible"] == pytest.approx(5 / 15)
        assert found["contract.attainable"] == pytest.approx(5 / (3 + 2 + 0 + 1 + 2))

    def test_two_at_risk_areas_cannot_earn_three(self):
        assert attainable_share(pd.Series([2]), pd.Series([2])) == 1.0
        assert maximum_possible(pd.Series([2])) == pytest.approx(2 / 3)

    def test_a_cap_of_two_outcomes(self, owed):
        assert achieved(owed({**TERMS, "outcomes_paid_per_child": 2}))["outcome_3"] == 0

    def test_the_contract_may_list_its_own_outcomes(self, owed):
        only = [{"area": "english", "measure": "english", "rule": "progress", "below": 87.38, "least": 5}]
        assert achieved(owed({**TERMS, "outcomes": only}))["outcome_1"] == 1


class TestCaps:
    def test_child_cap_takes_the_last_triggers_first(self, owed):
        result = owed({**TERMS, "child_cap": 112})
        paid = result.triggers.set_index("trigger")["paid"].to_dict()
        assert paid == {"sign_up": 500, "outcome_1": 20, "outcome_2": 4, "outcome_3": 0}

    def test_contract_cap_reached_in_the_middle_of_a_trigger(self, owed):
        result = owed({**TERMS, "contract_cap": 510.01})
        paid = result.triggers.set_index("trigger")["paid"].to_dict()
        assert paid == {"sign_up": 500, "outcome_1": 10.01, "outcome_2": 0, "outcome_3": 0}
        assert result.by_payer["amount"].sum() == pytest.approx(510.01)


class TestPayers:
    def test_pennies_add_up(self, owed):
        result = owed()
        assert result.payments["pennies"].sum() == 53_401
        assert sorted(result.by_payer["amount"]) == [267.0, 267.01]

    def test_a_named_payer_pays_the_whole_price(self, owed):
        card = [{**CARD[0], "payer": "schools"}, *({**row, "payer": None} for row in CARD[1:])]
        terms = {"payers": {**TERMS["payers"], "schools": 0}}
        amounts = owed(terms, card=card).by_payer.set_index("payer")["amount"].to_dict()
        assert amounts["schools"] == 500

    def test_largest_remainders_get_the_spare_pennies(self):
        assert split_pennies(101, [0.5, 0.25, 0.25]) == [51, 25, 25]
        assert split_pennies(0, [1, 2]) == [0, 0]


class TestEvidence:
    def test_late_or_missing_evidence_is_not_paid(self, owed):
        evidence = pd.DataFrame(
            {
                "child_id": ["A", "A", "B"],
                "trigger": ["sign_up", "outcome_1", "sign_up"],
                "date": ["2024-07-01", "2024-07-01", "2024-09-01"],
            }
        )
        terms = {**TERMS, "evidence_by": "2024-07-31"}
        assert achieved(owed(terms, evidence=evidence)) == {
            "sign_up": 1,
            "outcome_1": 1,
            "outcome_2": 0,
            "outcome_3": 0,
        }


class TestMistakes:
    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            ({"payers": {"a": 0.5, "b": 0.4}}, "do not add up"),
            ({"payers": {"a": 1.5, "b": -0.5}}, "negative"),
            ({}, "name no payer"),
            ({**TERMS, "child_capp": 3}, "Did you mean child_cap"),
            ({**TERMS, "outcomes_paid_per_child": 4}, "less than or equal"),
        ],
    )
    def test_terms(self, owed, terms, words):
        with pytest.raises(CohortError, match=words):
            owed(terms)

    def test_unknown_trigger(self, owed):
        with pytest.raises(CohortError, match="Did you mean sign_up"):
            owed(card=[{**CARD[0], "trigger": "signup"}])

    def test_unknown_payer(self, owed):
        with pytest.raises(CohortError, match="Did you mean council"):
            owed(card=[{**CARD[0], "payer": "counsil"}])

    def test_negative_price(self, owed):
        with pytest.raises(CohortError, match="price"):
            owed(card=[{**CARD[0], "price": -1.0}])

    def test_some_targets_without_period(self, owed):
        cases = {"case": ["low", "base"], "period": ["2022/23", None]}
        targets = pd.DataFrame({"trigger": "sign_up", "count": 1.0, **cases})
        with pytest.raises(CohortError, match="1 targets have no period"):
            owed(targets=targets)

    def test_a_period_that_is_none(self, owed):
        targets = pd.DataFrame({"trigger": "sign_up", "case": ["low"], "count": 1.0, "period": ["next year"]})
        with pytest.raises(CohortError, match=r"row 2.*this is no period.*school year"):
            owed(targets=targets).over_time()

    def test_a_target_of_what_has_no_price(self, owed):
        targets = pd.DataFrame({"trigger": ["consent"], "case": ["low"], "count": [1.0]})
        with pytest.raises(CohortError, match="this trigger has no price"):
            owed(targets=targets)

    def test_evidence_of_an_unknown_child(self, owed):
        evidence = pd.DataFrame({"child_id": ["Z"], "trigger": ["sign_up"], "date": ["2022-10-01"]})
        with pytest.raises(CohortError, match="Z"):
            owed(evidence=evidence)

    def test_evidence_of_an_unknown_trigger(self, owed):
        evidence = pd.DataFrame({"child_id": ["A"], "trigger": ["outcome_4"], "date": ["2022-10-01"]})
        with pytest.raises(CohortError, match=r"evidence, row 2, column trigger.*Did you mean outcome_"):
            owed(evidence=evidence)

    def test_another_currency(self, owed):
        with pytest.raises(CohortError, match="none is converted"):
            owed({**TERMS, "currency": "USD"})

    def test_claim_dates_of_an_unknown_trigger_and_by_wave_of_what_has_none(self, owed):
        with pytest.raises(CohortError, match=r"claim_dates\.outcome_9") as wrong:
            owed({**TERMS, "claim_dates": {"outcome_9": "wave", "sign_up": "wave"}})
        assert "only outcomes have a wave" in str(wrong.value)

    def test_a_direction_that_is_unclear_is_never_guessed(self, owed):
        outcome = {"area": "care", "measure": "referrals", "rule": "crosses_out", "at_least": 1}
        measures = pd.DataFrame(
            {"child_id": ["A", "A"], "measure": "referrals", "wave": ["baseline", "endline"], "value": [2.0, 0.0]}
        )
        with pytest.raises(CohortError, match="better: higher or better: lower"):
            owed({**TERMS, "outcomes": [outcome]}, measures=measures)
        said = owed({**TERMS, "outcomes": [{**outcome, "better": "lower"}]}, measures=measures)
        assert achieved(said)["outcome_1"] == 1

    def test_prices_of_two_years(self, owed):
        with pytest.raises(CohortError, match="one price year"):
            owed(card=[CARD[0], {**CARD[1], "price_year": 2020}])


class TestResult:
    def test_no_contract(self, tiny_cohort):
        cohort = dataclasses.replace(tiny_cohort, contract=None)
        result = contract(cohort, analysis_frame(cohort))
        assert not result.available
        assert result.findings() == []
        assert "no outcomes contract" in answer(result)[0]

    def test_money_says_currency_year_perspective_and_that_it_is_illustrative(self, owed):
        money = [f for f in owed().findings() if f.unit == "money"]
        assert money
        assert all(
            (f.currency, f.price_year, f.perspective, f.evidence) == ("GBP", 2023, "payers", "illustrative")
            for f in money
        )

    def test_payment_is_a_description_never_an_effect(self, owed):
        assert {f.claim for f in owed().findings()} == {"description"}

    def test_targets_stand_beside_what_was_achieved(self, owed):
        targets = pd.DataFrame({"trigger": "outcome_1", "case": ["low", "base", "high"], "count": [1.0, 2.0, 3.0]})
        (row,) = owed(targets=targets).targets().to_dict(orient="records")
        assert (row["trigger"], row["low"], row["base"], row["high"], row["achieved"]) == ("outcome_1", 1, 2, 3, 2)
