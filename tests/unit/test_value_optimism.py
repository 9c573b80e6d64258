"""Optimism bias comes off hoped-for gains only: a harm is told at its full size, in every draw and in the mean."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.finding import Finding
from wlz_eval.reference.money import unit_value
from wlz_eval.value import BenefitOptions, ValueOptions, value
from wlz_eval.value.appraisal.bias import taken_off, without_optimism
from wlz_eval.value.benefits.optimism import less_optimism
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty import EffectSpread, Input, Line, ValueModel, switching

OWN = unit_value("neet_year").model_copy(
    update={"name": "own", "value": 100.0, "price_year": 2023, "price_basis": "calendar", "relative_sd": 0.0,
            "label": "Own value", "stream": "own", "route": "own", "duration_years": 1, "decay": 0.0}
)  # fmt: skip
#: Share taken off an assumption without evidence.
OFF = 0.4


@pytest.fixture
def cohort(tiny_cohort):
    spent = pd.DataFrame([{"item": "Staff", "payer": "council", "kind": "cash", "period": "2022/23", "amount": 2_000.0,
                           "price_year": 2023}])
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**tiny_cohort.tables, "costs": spent})


def run(cohort, estimate, claim="effect", se=0.5):
    effect = Finding(
        finding_id="attribution.att.english.endline", quantity="att", estimate=estimate, se=se,
        ci_low=estimate - 1.959964 * se, ci_high=estimate + 1.959964 * se, unit="points", claim=claim, tier="A",
        outcome="english", wave="endline", n_programme=80, n_comparison=90, primary=True,
    )
    chosen = BenefitOptions(measure="english", unit_value="own", units_per_point=1.0, source="illustrative")
    return value(cohort, ValueOptions(benefits=(chosen,), price_year=2023, unit_values=(OWN,)), [effect], seed=1,
                 draws=2_048)


class TestAHarm:
    def test_is_told_at_its_full_size(self, cohort):
        """A child's reading falls, and page 7 must not make that 40% smaller."""
        part = run(cohort, -3.0).headline
        plain = without_optimism(part)
        assert part.lines[0].optimism == OFF
        assert part.benefit == pytest.approx(plain.benefit)
        assert part.interval("net") == pytest.approx(plain.interval("net"))
        assert part.benefit < 0

    def test_and_the_page_says_that_it_is_left_as_it_is(self, cohort):
        result = run(cohort, -3.0)
        assert taken_off(result.lines[0]) == 0
        assert result.table()["taken_off"].tolist() == [0]
        how = result.conventions().set_index("what")["how"]
        assert how[how.index.str.endswith("optimism bias")].str.contains("loss: left as it is").all()
        text, _ = result.answer()
        assert "optimism bias taken off gains" in text

    def test_has_a_ratio_that_is_said_to_be_below_zero(self, cohort):
        assert "benefits below zero, {ratio} times the cost" in run(cohort, -3.0).answer()[0]
        assert "below zero" not in run(cohort, 3.0).answer()[0]


@pytest.mark.parametrize("estimate", [-3.0, -0.4, 0.0, 0.4, 3.0])
def test_an_answer_with_optimism_bias_taken_off_never_looks_better_than_one_without(cohort, estimate):
    part = run(cohort, estimate, se=1.0).headline
    plain = without_optimism(part)
    assert part.net <= plain.net
    assert all(a <= b + 1e-9 for a, b in zip(part.interval("net"), plain.interval("net"), strict=True))
    assert part.breakeven <= plain.breakeven
    # Draw by draw: gains are cut, losses stay.
    assert part.draws == pytest.approx(np.where(plain.draws > 0, (1 - OFF) * plain.draws, plain.draws))


def test_a_gain_is_cut_in_mean_and_draws_alike(cohort):
    part = run(cohort, 3.0).headline
    plain = without_optimism(part)
    assert part.benefit == pytest.approx((1 - OFF) * plain.benefit)
    assert part.interval() == pytest.approx([(1 - OFF) * x for x in plain.interval()])
    assert part.lines[0].mean * part.children == pytest.approx(part.benefit)


def test_what_is_expected_is_worked_out_by_hand_however_wide_the_interval(cohort):
    """An unclear effect is not stated as a harm only because it is unclear."""
    sure, unsure = (run(cohort, 0.4, se=se).headline.benefit for se in (0.01, 5.0))
    assert sure == pytest.approx(unsure)


def model(effect, cost, off=OFF):
    inputs = (Input("effect.e", "e", EffectSpread(effect, 1.0)), Input("link.e", "l", Spread(2.0, 0.2)))
    return ValueModel(inputs, (Line("b", "b", 10.0, (0, 1), optimism=off),), (Line("c", "c", cost, ()),), np.eye(2))


class TestBreakingEven:
    @pytest.mark.parametrize("effect", [-2.0, 0.0, 1.0, 4.0])
    def test_the_effect_that_is_needed_bears_what_is_taken_off(self, effect):
        needed = {s.name: s.needed for s in switching(model(effect, 24.0))}["effect.e"]
        assert needed == pytest.approx(24.0 / (10 * 2 * (1 - OFF)))

    def test_where_money_is_saved_a_loss_may_be_as_large_as_that(self):
        """Usual support that costs more than the programme leaves room for a harm, of which nothing is taken off."""
        needed = {s.name: s.needed for s in switching(model(1.0, -24.0))}["effect.e"]
        assert needed == pytest.approx(-24.0 / (10 * 2))

    def test_a_harm_has_no_number_of_times(self, cohort):
        result = run(cohort, -3.0)
        rows = result.switching().set_index("input")
        assert rows["factor"].isna().all()
        assert rows["possible"].str.startswith("not possible").all()
        found = [f for f in result.findings() if f.quantity == "switching_value"]
        assert found
        assert all(np.isnan(f.estimate) and "Not possible" in f.note for f in found)


def test_inputs_that_go_together_are_cut_after_their_mean_is_taken():
    tied = dataclasses.replace(model(1.0, 5.0), correlation=np.array([[1.0, 0.8], [0.8, 1.0]]))
    plain = dataclasses.replace(tied, benefits=model(1.0, 5.0, off=0.0).benefits)
    assert tied.expected(tied.benefits) == pytest.approx((1 - OFF) * plain.expected(plain.benefits))


def test_arrays_keep_their_shape():
    assert less_optimism(np.array([[-1.0, 2.0]]), OFF).tolist() == [[-1.0, 1.2]]
    assert less_optimism(np.array([0.0, -5.0]), 1.0).tolist() == [0.0, -5.0]


class TestWhatIsCertain:
    def test_has_no_interval_in_tables_and_findings(self, cohort):
        """Costs are recorded and nothing of them is drawn: "1,000 to 1,000" is no interval."""
        result = run(cohort, 3.0)
        paid = result.perspectives().set_index("perspective")
        council = paid[paid["benefit"] == 0]
        assert len(council)
        assert council[["low", "high", "ratio_low", "ratio_high"]].isna().all(axis=None)
        costs = result.assumptions().set_index("name").loc["costs"]
        assert np.isnan(costs["low"])
        assert np.isnan(result.years()["low"].iloc[0])
        assert all(f.ci_low < f.ci_high for f in result.findings() if f.has_interval)

    def test_a_verdict_is_still_given(self, cohort):
        assert "exceed costs" in run(cohort, 300.0, se=0.0).answer()[0]

    def test_its_source_is_named_as_readers_know_it(self, cohort):
        sources = run(cohort, 3.0).assumptions()["source"]
        assert "page 4" in set(sources)
        assert not sources.str.contains("notebook").any()
