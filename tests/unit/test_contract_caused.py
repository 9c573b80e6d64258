"""What would have been paid with no programme: hand-worked shifts, caps, unknown outcomes, joint draws."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from toy_contract import TERMS, toy_contract

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.value.contract.caused import EXIT_RATES, caused
from wlz_eval.value.contract.counterfactual import draw_effects, payment_table, steps_of
from wlz_eval.value.contract.pages import anyway_answer


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda terms=TERMS, **given: toy_contract(meta, terms, **given).owed


def effect(measure, estimate, se=1e-9, claim="effect", tier="A"):
    return Finding(
        finding_id=f"attribution.att.{measure}.endline", quantity="att", estimate=estimate, se=se, unit="points",
        ci_low=estimate - 1.96 * se, ci_high=estimate + 1.96 * se, claim=claim, tier=tier, n_programme=5,
        n_comparison=5,
    )


def effects(**given):
    return [effect(m, given.get(m, 0.0)) for m in ("english", "maths", "attendance", "sdq_total")]


class TestByHand:
    def test_no_effect_means_that_all_of_it_would_have_been_paid(self, owed):
        row = caused(owed(), effects(), draws=100).estimate
        assert row["paid"] == pytest.approx(34.01) == row["without"]
        assert [row[k] for k in ("over", "share", "share_low", "share_high")] == pytest.approx([0] * 4, abs=1e-9)

    def test_the_effect_is_taken_off_every_childs_reading(self, owed):
        # English +5: without it A gained 5 and B lost 4 (loses English). A keeps its cap of three; B has one left.
        row = caused(owed(), effects(english=5.0), draws=100).estimate
        assert row["without"] == pytest.approx(34.01 - 7)

    def test_the_cap_absorbs_what_lies_beyond_it(self, owed):
        # SDQ -11: without it A had 21, still at risk, and three outcomes of the other areas: nothing less is paid.
        row = caused(owed(), effects(sdq_total=-11.0), draws=100).estimate
        assert row["without"] == pytest.approx(34.01)

    def test_only_outcomes_with_an_effect_are_in_the_estimate(self, owed):
        found = caused(owed(), [effect("english", 5.0)], draws=100)
        # English alone: A and B are paid one outcome each; without it only A.
        assert (found.estimate["paid"], found.estimate["without"]) == (20.0, 10.0)
        assert found.unknown == ("maths", "attendance", "wellbeing")
        assert list(found.at_rates["rate"]) == [100 * r for r in EXIT_RATES]
        assert found.at_rates[["over", "share"]].isna().all(axis=None)

    @pytest.mark.parametrize("wrong", [{"claim": "association"}, {"tier": "C"}, {"estimate": np.nan}])
    def test_a_finding_that_compares_nothing_is_not_used(self, owed, wrong):
        found = caused(owed(), [dataclasses.replace(effect("english", 5.0), **wrong)], draws=50)
        assert found.estimate is None

    def test_assumed_rates_are_expected_payments(self, owed):
        # Only SDQ is paid for: A and E at risk and read again, one outcome of 10 each.
        outcome = {"area": "wellbeing", "measure": "sdq_total", "rule": "crosses_out", "at_least": 16}
        rows = caused(owed({**TERMS, "outcomes": [outcome]}), [], draws=20_000, seed=3).at_rates
        assert rows["without"].to_numpy() == pytest.approx([20 * r for r in EXIT_RATES], abs=0.2)

    def test_what_was_not_paid_for_want_of_evidence_stays_unpaid(self, owed):
        evidence = pd.DataFrame(
            {"child_id": ["A", "B", "B"], "trigger": ["outcome_1", "outcome_1", "outcome_2"], "date": "2024-07-01"}
        )
        row = caused(owed({**TERMS, "evidence_by": "2024-07-31"}, evidence=evidence), effects(), draws=50).estimate
        assert row["paid"] == row["without"] == 27.0

    def test_the_contracts_cap_leaves_room_for_outcomes_only_after_sign_up(self, owed):
        row = caused(owed({**TERMS, "contract_cap": 510}), effects(), draws=50).estimate
        assert row["paid"] == row["without"] == 10.0


class TestDraws:
    def test_effects_are_drawn_with_their_covariance(self):
        a, b = effect("english", 1.0, se=2.0), effect("maths", -1.0, se=1.0)
        cov = FindingCovariance(finding_a=a.finding_id, finding_b=b.finding_id, covariance=1.0)
        drawn = draw_effects([a, b], [cov], 50_000, np.random.default_rng(1))
        assert drawn.mean(axis=0) == pytest.approx([1.0, -1.0], abs=0.05)
        assert np.cov(drawn.T) == pytest.approx(np.array([[4.0, 1.0], [1.0, 1.0]]), abs=0.1)

    def test_a_part_of_a_point_moves_that_share_of_the_children(self, owed):
        # SDQ -0.25: A (10, cut 16) is far from the line; a child at 15 would be at 16 with a chance of a quarter.
        outcome = {"area": "wellbeing", "measure": "sdq_total", "rule": "crosses_out", "at_least": 11}
        row = caused(owed({**TERMS, "outcomes": [outcome]}), [effect("sdq_total", -0.25)], draws=20_000).estimate
        # At risk from 11: A (20 to 10), D (15 to 12), E (30 to 16); only A is out, at the very edge.
        assert (row["paid"], row["without"]) == (10.0, pytest.approx(7.5, abs=0.15))

    def test_same_seed_same_answer_another_seed_another(self, owed):
        noisy = [effect("english", 1.0, se=3.0)]
        first, again, other = (caused(owed(), noisy, draws=200, seed=s).rows for s in (1, 1, 2))
        pd.testing.assert_frame_equal(first, again)
        assert not first.equals(other)

    def test_steps(self):
        assert steps_of(np.array([[1.0, 0.5, 1 / 3]])).tolist() == [1.0, 0.1, 0.0]

    def test_payment_table_keeps_the_childs_cap_and_the_most_outcomes(self):
        table = payment_table([100, 50, 20], np.array([0, 90]), 130, np.ones((2, 3), dtype=bool), 2)
        assert table.tolist() == [[0, 100, 130, 130], [0, 40, 40, 40]]


class TestWords:
    def test_an_interval_that_holds_nothing_says_so(self, owed):
        text, _ = anyway_answer(caused(owed(), [effect("english", 0.0, se=5.0)], draws=400))
        assert "not told apart from nothing" in text

    def test_an_adjusted_difference_is_said_with_its_condition(self, owed):
        found = caused(owed(), [effect("english", 5.0, claim="adjusted_difference", tier="B")], draws=50)
        text, values = anyway_answer(found)
        assert "alike in all that matters" in text
        assert values["areas"] == "English"
        assert all(f.claim != "effect" for f in found.findings())

    def test_without_any_estimate_a_range_and_no_more(self, owed):
        text, values = anyway_answer(caused(owed(), [], draws=50))
        assert "has no estimate" in text
        assert "beyond" not in values
