"""What would have been paid with no programme: hand-worked comparisons, caps, unknown outcomes, assumed rates."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from toy_contract import CARD, RISK, TERMS, toy_contract

from wlz_eval.attribution import MatchingOptions
from wlz_eval.cohort import make_cohort
from wlz_eval.core.finding import Finding
from wlz_eval.measures import analysis_frame
from wlz_eval.value import contract
from wlz_eval.value.contract.caused import EXIT_RATES, caused
from wlz_eval.value.contract.counterfactual import (
    Reached,
    chances,
    expected_payment,
    payment_table,
    payments_by_rule,
    reached_of,
    thinned_to,
)
from wlz_eval.value.contract.pages import anyway_answer

#: measure -> at risk at baseline, and a later reading that is an outcome.
LINES = {"english": (80, 97), "maths": (80, 97), "attendance": (90, 97), "sdq_total": (20, 10)}
PLAIN = MatchingOptions(formula="programme ~ english_baseline", comparison="other_school", caliper=None, adjust=False)


def effect(measure, claim="effect", tier="A", estimate=1.0):
    return Finding(
        finding_id=f"attribution.att.{measure}.endline", quantity="att", estimate=estimate, se=1.0, unit="points",
        claim=claim, tier=tier, n_programme=5, n_comparison=5,
    )


EVERY = tuple(effect(m) for m in LINES)


def tables(programme, comparison, unread=()):
    """Children who are all at risk everywhere and reach so many outcomes, in the order of LINES; two to a school."""
    counts = {f"p{i}": n for i, n in enumerate(programme)} | {f"c{i}": n for i, n in enumerate(comparison)}
    children = pd.DataFrame({"child_id": list(counts)})
    on = children["child_id"].str.startswith("p")
    children = children.assign(
        group=on.map({True: "programme", False: "comparison"}),
        comparison_type=on.map({True: None, False: "other_school"}),
        school_id=[f"s{c[0]}{int(c[1:]) // 2}" for c in counts], index_date="2022-09-05",
        started=on.map({True: "yes", False: None}), consented="yes",
    )
    rows = []
    for child, n in counts.items():
        for place, (measure, (risky, good)) in enumerate(LINES.items()):
            first = risky + (int(child[1:]) % 3 if measure == "english" else 0)
            last = None if (child, measure) in unread else good if place < n else risky
            # A point less at the end, so that nobody makes progress by where they began.
            last = last - 1 if last == risky and measure != "sdq_total" else last
            rows += [{"child_id": child, "measure": measure, "wave": "baseline", "value": first},
                     {"child_id": child, "measure": measure, "wave": "endline", "value": last}]
    return {"children": children, "measures": pd.DataFrame(rows), "rate_card": pd.DataFrame(CARD)}


@pytest.fixture
def compare(tiny_cohort):
    """Compare what is paid for children who reach so many outcomes with others who reach so many."""
    meta = tiny_cohort.meta.model_dump(mode="json")

    def made(programme, comparison, effects=EVERY, terms=TERMS, matching=PLAIN, unread=(), **more):
        cohort = make_cohort(meta, {**tables(programme, comparison, unread), **more}, contract=terms)
        frame = analysis_frame(cohort)
        return caused(contract(cohort, frame, RISK).owed, frame, effects, matching)

    return made


@pytest.fixture
def owed(tiny_cohort):
    meta = tiny_cohort.meta.model_dump(mode="json")
    return lambda terms=TERMS, **given: toy_contract(meta, terms, **given).owed


#: Outcomes of eight children each: a programme child earns 17, 17, 10 and 0, a comparison child 10, 10, 10 and 0.
SOME, FEWER = [2, 2, 2, 2, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0]


class TestByHand:
    def test_payments_are_compared_with_those_of_similar_children(self, compare):
        row = compare(SOME, FEWER).estimate
        assert [row[k] for k in ("paid", "without", "over")] == pytest.approx([88.0, 60.0, 28.0])
        assert row["share"] == pytest.approx(100 * 28 / 88)
        assert row["over_low"] < 28 < row["over_high"]
        # The programme's payments less nothing are the most that may be beyond.
        assert row["over_high"] <= 88

    def test_no_difference_is_no_share(self, compare):
        row = compare(SOME, SOME[::-1]).estimate
        assert row["paid"] == pytest.approx(row["without"]) == 88
        assert row["share_low"] < 0 < row["share_high"]

    def test_fewer_outcomes_than_similar_children_are_less_than_nothing(self, compare):
        row = compare(FEWER, SOME).estimate
        assert (row["paid"], row["without"]) == (60.0, pytest.approx(88.0))

    def test_the_most_outcomes_a_child_absorbs_what_lies_beyond(self, compare):
        row = compare([4, 4, 4, 4, 4, 4, 0, 0], [3, 3, 3, 3, 3, 3, 0, 0]).estimate
        assert row["paid"] == pytest.approx(row["without"]) == pytest.approx(6 * 17.01)

    def test_the_childs_money_cap_holds_for_those_who_are_compared(self, compare):
        # Sign-up leaves 12 of 112: the second outcome adds 2, with or without the programme.
        row = compare(SOME, FEWER, terms={**TERMS, "child_cap": 112}).estimate
        assert (row["paid"], row["without"]) == (68.0, pytest.approx(60.0))

    def test_the_contracts_cap_leaves_room_for_outcomes_only_after_sign_up(self, compare):
        row = compare(SOME, FEWER, terms={**TERMS, "contract_cap": 850}).estimate
        assert (row["paid"], row["without"], row["over"]) == (50.0, 50.0, 0.0)

    def test_only_outcomes_that_are_compared_are_in_the_estimate(self, compare):
        found = compare(SOME, FEWER, effects=[effect("english")])
        # English alone is one outcome for six children of each group.
        assert (found.estimate["paid"], found.estimate["without"]) == (60.0, pytest.approx(60.0))
        assert found.unknown == ("maths", "attendance", "wellbeing")
        assert list(found.at_rates["rate"]) == [100 * r for r in EXIT_RATES]
        assert found.at_rates[["over", "share"]].isna().all(axis=None)

    def test_a_child_who_was_not_read_again_is_not_compared_and_goes_with_the_rest(self, compare):
        # p0 has one outcome of 10 and no reading in maths: 81 is paid, 71 to the seven others, or 71/7 each; the
        # comparison children have 7.5 each. With only c6 unread, who has none, they would have 60/7.
        row = compare(SOME, FEWER, unread=[("p0", "maths")]).estimate
        assert row["paid"] == 81
        assert row["without"] == pytest.approx(81 * 7.5 / (71 / 7))
        other = compare(SOME, FEWER, unread=[("c6", "maths")]).estimate
        assert other["without"] == pytest.approx(8 * 60 / 7)

    def test_what_is_not_paid_for_want_of_evidence_goes_with_the_rest(self, compare):
        rows = [(f"p{i}", "outcome_1", "2024-07-01") for i in range(4)]
        evidence = pd.DataFrame(rows, columns=["child_id", "trigger", "date"])
        row = compare(SOME, FEWER, terms={**TERMS, "evidence_by": "2024-07-31"}, evidence=evidence).estimate
        assert (row["paid"], row["without"]) == (40.0, pytest.approx(40 * 60 / 88))

    @pytest.mark.parametrize("wrong", [{"claim": "association"}, {"tier": "C"}, {"estimate": np.nan}])
    def test_a_finding_that_compares_nothing_is_not_used(self, compare, wrong):
        assert compare(SOME, FEWER, effects=[dataclasses.replace(effect("english"), **wrong)]).estimate is None

    @pytest.mark.parametrize(
        "wrong", [{"matching": None}, {"matching": PLAIN.model_copy(update={"comparison": "waiting"})}]
    )
    def test_without_a_design_there_is_no_estimate(self, compare, wrong):
        found = compare(SOME, FEWER, **wrong)
        assert found.estimate is None
        assert len(found.unknown) == 4

    def test_the_same_children_give_the_same_whatever_the_order_of_rows(self, compare):
        first = compare(SOME, FEWER, matching=PLAIN.model_copy(update={"adjust": True})).rows
        again = tables(SOME, FEWER)
        given = {name: again[name].iloc[::-1].reset_index(drop=True) for name in ("children", "measures")}
        second = compare(SOME, FEWER, matching=PLAIN.model_copy(update={"adjust": True}), **given).rows
        pd.testing.assert_frame_equal(first, second)


class TestAssumedRates:
    def test_expected_payments_by_hand(self, owed):
        # Only SDQ is paid for: A and E at risk and read again, one outcome of 10 each.
        outcome = {"area": "wellbeing", "measure": "sdq_total", "rule": "crosses_out", "at_least": 16}
        own = owed({**TERMS, "outcomes": [outcome]})
        rows = caused(own, analysis_frame(own.cohort)).at_rates
        assert rows["without"].to_numpy() == pytest.approx([20 * r for r in EXIT_RATES])
        # Two children come or not, variance 200 x rate x (1 - rate): no less than nothing, no more than twice ten.
        assert rows["without_low"].tolist() == pytest.approx([0, 0, 0, 14 - 1.959964 * np.sqrt(42)])
        assert set(rows["without_high"]) == {20.0}

    def test_nobody_else_at_risk_leaves_what_is_estimated(self, compare):
        # All others are safe from the start, so that only English is earned, with or without.
        given = tables(SOME[::-1], FEWER)["measures"]
        safe = given["measure"].map({"maths": 120.0, "attendance": 99.0, "sdq_total": 2.0})
        measures = given.assign(value=safe.fillna(given["value"]))
        found = compare(SOME[::-1], FEWER, effects=[effect("english")], measures=measures)
        for row in found.at_rates.to_dict(orient="records"):
            assert row["without"] == pytest.approx(found.estimate["without"])
            assert row["without_low"] <= found.estimate["without_low"] + 1e-9
            # Eight children at risk, ten for each: no more can be paid.
            assert row["without_high"] == pytest.approx(80) == found.estimate["without_high"]

    def test_higher_rates_pay_more(self, compare):
        rows = compare(SOME, FEWER, effects=[effect("english")]).at_rates
        assert (rows["without"].diff().dropna() > 0).all()


class TestParts:
    def test_who_was_at_risk_could_and_did(self, owed):
        own = owed()
        seen = reached_of(own.data, own.rules)
        # D was at risk in English and not read again.
        assert seen.known.tolist() == [True, True, True, False, True]
        assert seen.got.sum(axis=1).tolist() == [4, 2, 0, 0, 0]

    def test_expected_payment_is_what_draws_come_to(self):
        rng = np.random.default_rng(5)
        chance = rng.random((30, 4))
        schedules = np.cumsum(rng.integers(0, 50, (30, 4)), axis=1)
        drawn = np.minimum((rng.random((40_000, 30, 4)) < chance).sum(axis=2), 3)
        paid = schedules[np.arange(30)[None, :], drawn].sum(axis=1)
        mean, spread = expected_payment(schedules, chance)
        assert mean == pytest.approx(paid.mean(), abs=4 * spread / 200)
        assert spread == pytest.approx(paid.std(), rel=0.02)

    @pytest.mark.parametrize("lost", [-0.6, 0.0, 0.35])
    def test_the_share_that_is_lost_is_found_again(self, lost):
        rng = np.random.default_rng(6)
        risk = rng.random((50, 3)) < 0.7
        seen = Reached(risk, risk, risk & (rng.random((50, 3)) < 0.5))
        schedules = np.tile([0, 100, 170, 200], (50, 1))
        wanted = expected_payment(schedules, chances(seen, lost))[0]
        assert thinned_to(seen, schedules, wanted) == pytest.approx(lost, abs=1e-9)

    def test_payments_that_cannot_be_known_are_missing(self):
        risk = np.array([[True, False], [True, True]])
        seen = Reached(risk, np.array([[True, False], [True, False]]), np.array([[True, False], [True, False]]))
        paid, most = payments_by_rule(seen, np.array([0.0, 10.0, 17.0, 17.0]))
        assert paid == pytest.approx([10.0, np.nan], nan_ok=True)
        assert most.tolist() == [10.0, 17.0]

    def test_payment_table_keeps_the_childs_cap_and_the_most_outcomes(self):
        table = payment_table([100, 50, 20], np.array([0, 90]), 130, np.ones((2, 3), dtype=bool), 2)
        assert table.tolist() == [[0, 100, 130, 130], [0, 40, 40, 40]]


class TestWords:
    def test_an_interval_that_holds_nothing_says_so(self, compare):
        text, _ = anyway_answer(compare(SOME, SOME[::-1]))
        assert "not told apart from nothing" in text

    def test_an_adjusted_difference_is_said_with_its_condition(self, compare):
        # One outcome of all but nobody's in the comparison schools: far beyond what schools differ by.
        found = compare([1] * 7 + [0], [0] * 7 + [1], effects=[effect("english", "adjusted_difference", "B")])
        text, values = anyway_answer(found)
        assert "alike in all that matters" in text
        assert values["areas"] == "English"
        assert all(f.claim != "effect" for f in found.findings())

    def test_less_than_for_similar_children_is_laid_on_the_programme_only_where_page_4_shows_an_effect(self, compare):
        """Six outcomes fewer may come from children who were worse off from the start."""
        fewer, more = [0] * 7 + [1], [1] * 7 + [0]
        text, _ = anyway_answer(compare(fewer, more, effects=[effect("english", "adjusted_difference", "B")]))
        assert "So less is paid than for similar children." in text
        assert "does not show that the programme lowered it" in text
        assert "with no programme, as far as" not in text
        shown, _ = anyway_answer(compare(fewer, more, effects=[effect("english")]))
        assert "with no programme, as far as page 4 can say, it would have been" in shown
        assert "So, as far as these data can say, less is paid than would have been with no programme." in shown

    def test_one_adjusted_difference_among_effects_makes_it_one(self, compare):
        assert compare(SOME, FEWER).claim == "effect"
        mixed = [*EVERY[:3], effect("sdq_total", "adjusted_difference")]
        assert compare(SOME, FEWER, effects=mixed).claim == "adjusted_difference"

    def test_without_any_estimate_a_range_and_no_more(self, compare):
        text, values = anyway_answer(compare(SOME, FEWER, effects=[]))
        assert "Page 4 compares no outcome that is paid for in {others}" in text
        assert "beyond" not in values
