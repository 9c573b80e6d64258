"""Perspectives, fiscal return, payback, cost of a point: worked by hand; bad input with a clear word."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from pydantic import ValidationError

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.value import BenefitOptions, ValueOptions, value
from wlz_eval.value.appraisal import acceptability, payback
from wlz_eval.value.appraisal.verdict import verdict
from wlz_eval.value.options import CorrelationOptions

DRAWS = 2_000
#: A fiscal value of one's own, so that sums can be worked by hand: certain, and half of it cashable.
OWN = {
    "name": "own_fiscal", "label": "One case avoided", "unit": "case", "value": 100.0, "currency": "GBP",
    "price_year": 2023, "price_basis": "calendar", "kind": "fiscal", "beneficiary": "local_authority", "who": "agency",
    "stream": "own", "route": "own", "discounted": False, "relative_sd": 0.0, "cashable": 0.5,
    "cashable_source": "by hand",
    "evidence": "published", "source": "by hand", "confirmed": True,
}
EARNINGS = {**OWN, "name": "own_earnings", "kind": "economic", "beneficiary": "child", "who": "household",
            "stream": "earnings", "route": "grades", "discounted": True, "cashable": 0.0}
SPENT = [
    {"item": "Staff", "payer": "council", "kind": "cash", "period": "2022/23", "amount": 600.0, "price_year": 2023},
    {"item": "Gifts", "payer": "foundations", "kind": "cash", "period": "2022/23", "amount": 400.0, "price_year": 2023},
]


def benefit(measure="english", unit_value="own_fiscal", **given):
    return BenefitOptions(
        **{"measure": measure, "unit_value": unit_value, "units_per_point": 1.0, "source": "by hand", **given}
    )


def options(*chosen, **given):
    own = {"price_year": 2023, "unit_values": (OWN, EARNINGS), "optimism_bias": False, **given}
    return ValueOptions(benefits=chosen or (benefit(),), **own)


def effect(measure="english", estimate=3.0, se=0.5, claim="effect", **given):
    ends = {"ci_low": estimate - 1.959964 * se, "ci_high": estimate + 1.959964 * se}
    return Finding(
        **{
            "finding_id": f"attribution.att.{measure}.endline", "quantity": "att", "estimate": estimate, "se": se,
            **ends,
            "unit": "points", "claim": claim, "tier": "A", "outcome": measure, "wave": "endline", "n_programme": 80,
            "n_comparison": 90, "primary": measure == "english", **given,
        }
    )


@pytest.fixture
def cohort(tiny_cohort):
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**tiny_cohort.tables, "costs": pd.DataFrame(SPENT)})


def run(cohort, chosen=None, found=None, **given):
    return value(cohort, chosen or options(), found or [effect()], seed=1, draws=DRAWS, **given)


BOTH = (benefit(), benefit("maths", "own_earnings"))


class TestPerspectives:
    def test_by_hand(self, cohort):
        result = run(cohort, options(*BOTH), [effect(), effect("maths", 2.0)])
        seen = {v.name: v for v in result.headline.views}
        later = 1.035**-2
        assert result.children == 4
        assert seen["society"].net == pytest.approx(4 * (300 + 200) * later - 1000)
        assert seen["public_purse"].net == pytest.approx(4 * 300 * later - 600)
        assert seen["local_authority"].net == pytest.approx(4 * 300 * later - 600)
        assert seen["families"].net == pytest.approx(4 * 200 * later)

    def test_families_and_agencies_add_up_to_benefits_of_society(self, cohort):
        result = run(cohort, options(*BOTH), [effect(), effect("maths", 2.0)])
        seen = {v.name: v for v in result.headline.views}
        both = seen["public_purse"].benefit_draws + seen["families"].benefit_draws
        assert both == pytest.approx(seen["society"].benefit_draws)

    def test_shares_split_a_saving_between_agencies(self, cohort):
        shared = benefit(shares={"nhs": 0.25, "local_authority": 0.75})
        seen = {v.name: v for v in run(cohort, options(shared)).headline.views}
        assert seen["nhs"].benefit == pytest.approx(0.25 * seen["society"].benefit)
        assert math.isnan(seen["nhs"].ratio)
        assert seen["local_authority"].benefit == pytest.approx(0.75 * seen["society"].benefit)

    def test_fiscal_return_counts_cashable_savings_over_public_cost(self, cohort):
        result = run(cohort)
        found = {f.finding_id: f for f in result.findings()}
        by_hand = 0.5 * 4 * 300 * 1.035**-2 / 600
        assert found["value.fiscal_return"].estimate == pytest.approx(by_hand)
        assert found["value.fiscal_return"].perspective == "public_purse"
        assert found["value.fiscal_return_at_most"].estimate == pytest.approx(2 * by_hand)

    def test_services_needed_more_are_not_called_a_saving(self, cohort):
        more, less = run(cohort, found=[effect(estimate=-3.0)]).purse()[0], run(cohort).purse()[0]
        assert "needed more" in more
        assert "less needed" not in more
        assert "less needed" in less

    def test_usual_support_that_others_had_is_no_cost_of_the_programme(self, cohort):
        plain, less = run(cohort), run(cohort, options(usual_support=10.0, usual_support_source="by hand"))
        assert plain.headline.cost - less.headline.cost == pytest.approx(4 * (10 + 10 / 1.035))


class TestOptimism:
    def test_it_shifts_mean_and_draws_once(self, cohort):
        plain, graded = run(cohort), run(cohort, options(benefit(confidence_grade=6)))
        assert graded.headline.benefit == pytest.approx(0.6 * plain.headline.benefit)
        assert graded.headline.draws == pytest.approx(0.6 * plain.headline.draws)


class TestPayback:
    def test_by_hand(self, cohort):
        # 4 children x 3 points x 30 a year for ten years from year 2, against 1000 in year 0.
        lasting = benefit(units_per_point=0.3, duration_years=10)
        part = run(cohort, options(lasting), [effect(se=1e-9)]).headline
        running, year = -1000.0, 2
        while (running := running + 360 * 1.035**-year) < 0:
            year += 1
        found = payback(part)
        assert (found.year, found.low, found.high, found.chance) == (year, year, year, 1.0)

    def test_never(self, cohort):
        result = run(cohort, found=[effect(estimate=0.1, se=0.01)])
        found = {f.finding_id: f for f in result.findings()}
        assert math.isnan(found["value.payback_year"].estimate)
        assert "do not reach costs" in found["value.payback_year"].note
        assert found["value.payback_probability"].estimate == 0.0

    def test_the_running_sum_ends_at_net_present_value(self, cohort):
        result = run(cohort, options(*BOTH), [effect(), effect("maths", 2.0)])
        assert result.years()["net"].iloc[-1] == pytest.approx(result.headline.net / 4)


class TestCostOfAPoint:
    def test_by_hand(self, cohort):
        rows = run(cohort).cost_of_points()
        assert rows["per_point"].iloc[0] == pytest.approx(250 / 3.0)
        z = np.array([3.0 + 1.959964 * 0.5, 3.0 - 1.959964 * 0.5])
        assert rows[["low", "high"]].iloc[0].to_numpy() == pytest.approx(250 / z, rel=0.01)

    def test_an_effect_that_may_be_none_has_no_price(self, cohort):
        (row,) = run(cohort, found=[effect(estimate=0.5)]).cost_of_points().to_dict(orient="records")
        assert math.isnan(row["per_point"])
        assert math.isnan(row["low"])
        assert "may be none" in row["reason"]

    def test_fewer_is_better_and_the_bad_direction_is_said(self, cohort):
        rows = run(cohort, found=[effect("sdq_total", -2.0)]).cost_of_points()
        assert rows["gain"].iloc[0] == 2.0
        bad = run(cohort, found=[effect("sdq_total", 2.0)]).cost_of_points()
        assert "bad direction" in bad["reason"].iloc[0]
        assert bad[["per_point", "low", "high"]].isna().all(axis=None)

    def test_usual_support_that_comparison_children_had_is_taken_off(self, cohort):
        result = run(cohort, options(usual_support=10.0, usual_support_source="by hand"))
        rows = result.cost_of_points()
        assert rows["cost"].iloc[0] == pytest.approx(250 - 10 - 10 / 1.035)
        assert rows["cost"].iloc[0] == pytest.approx(result.headline.cost / 4)
        assert rows["per_point"].iloc[0] == pytest.approx((250 - 10 - 10 / 1.035) / 3.0)

    def test_what_costs_less_than_usual_support_has_no_price_and_says_why(self, cohort):
        result = run(cohort, options(usual_support=200.0, usual_support_source="by hand"))
        (row,) = result.cost_of_points().to_dict(orient="records")
        assert row["cost"] < 0
        assert math.isnan(row["per_point"])
        assert "no more than the usual support" in row["reason"]
        assert row["claim"] == run(cohort).cost_of_points()["claim"].iloc[0]
        assert (result.acceptability()["chance"] == 100).all()

    def test_acceptability_is_the_normal_curve(self, cohort):
        chosen = options(willingness_to_pay=(0.0, 200.0))
        found = acceptability(run(cohort, chosen).effects[0], chosen)
        exact = [100 * scipy.stats.norm.cdf((3.0 - 250 / w) / 0.5) if w else 0.0 for w in found["worth"]]
        assert found["chance"].to_numpy() == pytest.approx(np.array(exact), abs=0.5)
        assert found["chance"].is_monotonic_increasing


class TestWords:
    @pytest.mark.parametrize(
        ("estimate", "said", "unsaid"),
        [(5.0, "exceed costs, as far", "nothing"), (0.0, "fall short", "exceed"), (3.0, "not clear", "nothing")],
    )
    def test_the_verdict_says_what_the_intervals_allow(self, cohort, estimate, said, unsaid):
        words = verdict(run(cohort, found=[effect(estimate=estimate, se=0.4)]).headline)
        assert said in words
        assert unsaid not in words

    def test_with_no_effect_benefits_may_be_nothing(self, cohort):
        assert "may well be nothing" in verdict(run(cohort, found=[effect(estimate=0.0)]).headline)

    def test_a_wide_interval_is_not_clear(self, cohort):
        words = verdict(run(cohort, found=[effect(estimate=3.0, se=4.0)]).headline)
        assert words == "Whether benefits exceed costs is not clear. They may well be nothing."


class TestBadInput:
    def test_no_benefits(self, cohort):
        result = value(cohort, ValueOptions(), [effect()], draws=DRAWS)
        assert result.shown is None
        assert "No benefit is valued" in result.answer()[0]
        tables = (result.tornado, result.switching, result.information, result.scenarios, result.waterfall)
        assert all(rows().empty for rows in tables)

    def test_no_costs(self, cohort):
        bare = dataclasses.replace(cohort, tables={k: v for k, v in cohort.tables.items() if k != "costs"})
        result = run(bare)
        assert result.shown is None
        assert "no costs" in result.answer()[0]
        assert result.plane().empty
        assert result.acceptability().empty

    def test_an_effect_without_an_interval_is_left_out_with_the_reason(self, cohort):
        found = effect(se=math.nan, ci_low=math.nan, ci_high=math.nan)
        (line,) = run(cohort, found=[found]).lines
        assert line.use == "excluded"
        assert line.reason

    def test_a_cost_of_nothing_has_no_ratio(self, tiny_cohort):
        free = pd.DataFrame([{**SPENT[0], "amount": 0.0}])
        cohort = make_cohort(tiny_cohort.meta.model_dump(mode="json"), {**tiny_cohort.tables, "costs": free})
        result = run(cohort)
        ratio = next(f for f in result.findings() if f.finding_id == "value.benefit_cost_ratio")
        assert math.isnan(ratio.estimate)
        assert "divided by is zero" in ratio.note
        assert "times the cost" not in result.answer()[0]

    @pytest.mark.parametrize("wrong", [(-1.0, 5.0), (5.0, 5.0), (9.0, 2.0)])
    def test_a_range_of_worth_that_is_none(self, wrong):
        with pytest.raises(ValidationError, match="the lowest first"):
            ValueOptions(willingness_to_pay=wrong)

    def test_a_single_draw_is_refused_by_the_plan_and_harmless_beneath(self, cohort):
        with pytest.raises(ValidationError, match="draws"):
            ValueOptions(draws=1)
        result = value(cohort, options(), [effect()], draws=1)
        assert np.isnan(result.headline.interval("net")).all()
        assert result.information().empty

    def test_a_correlation_that_names_no_input(self, cohort):
        pair = CorrelationOptions(between=("costs", "price.own_fiscl"), correlation=0.5, source="illustrative")
        with pytest.raises(OptionError, match=r"Did you mean price\.own_fiscal"):
            run(cohort, options(correlations=(pair,)))

    def test_effects_are_correlated_by_their_estimates_only(self, cohort):
        pair = CorrelationOptions(between=("costs", "effect.english.endline"), correlation=0.5, source="illustrative")
        with pytest.raises(OptionError, match="comes from their estimates"):
            run(cohort, options(correlations=(pair,)))


def test_costs_that_may_be_out_widen_the_interval_and_leave_the_mean(cohort):
    sure, unsure = run(cohort), run(cohort, options(costs_relative_sd=0.3))
    assert unsure.headline.net == pytest.approx(sure.headline.net)
    assert np.ptp(unsure.headline.interval("net")) > 1.1 * np.ptp(sure.headline.interval("net"))


def test_correlated_costs_and_prices_are_drawn_together(cohort):
    chosen = benefit(sd_units_per_point=0.3)
    name = "link.english.endline.own_fiscal"
    pair = CorrelationOptions(between=("costs", name), correlation=0.9, source="illustrative")
    part = run(cohort, options(chosen, costs_relative_sd=0.2, correlations=(pair,))).headline
    names = [i.name for i in part.model.inputs]
    scores = part.drawn.scores[:, [names.index("costs"), names.index(name)]]
    assert np.corrcoef(scores.T)[0, 1] == pytest.approx(0.9, abs=0.02)
