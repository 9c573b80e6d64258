"""Discounting, deflating, costs, benefits, Monte Carlo: check values, hand-worked cases, refusals."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.value import (
    BenefitOptions,
    ValueOptions,
    benefit_factor,
    benefits,
    costs,
    deflate,
    discount_factors,
    present_value,
    value,
)
from wlz_eval.value.benefits import check_overlap
from wlz_eval.value.costs import period_year
from wlz_eval.value.prices.deflate import price_level
from wlz_eval.value.spread import clipped_mean


def benefit(measure="english", unit_value="gcse_grade_english", **given):
    return BenefitOptions(
        **{"measure": measure, "unit_value": unit_value, "units_per_point": 0.05, "source": "illustrative", **given}
    )


def effect(measure="english", estimate=3.0, claim="effect", tier="A", se=1.0, **given):
    return Finding(
        **{
            "finding_id": f"attribution.att.{measure}.endline",
            "quantity": "att",
            "estimate": estimate,
            "se": se,
            "ci_low": estimate - 1.959964 * se,
            "ci_high": estimate + 1.959964 * se,
            "unit": "points",
            "claim": claim,
            "tier": tier,
            "n_programme": 80,
            "n_comparison": 90,
            **given,
        }
    )


def with_costs(cohort, rows, **meta):
    tables = {**cohort.tables, "costs": pd.DataFrame(rows)}
    return make_cohort({**cohort.meta.model_dump(mode="json"), **meta}, tables)


def without(cohort, table):
    return dataclasses.replace(cohort, tables={k: v for k, v in cohort.tables.items() if k != table})


LINES = [
    {"item": "Staff", "payer": "council", "kind": "cash", "period": "2022/23", "amount": 10_000.0, "price_year": 2023},
    {
        "item": "Rooms",
        "payer": "schools",
        "kind": "in_kind",
        "period": "2023/24",
        "amount": 2_000.0,
        "price_year": 2023,
    },
]


class TestDiscount:
    @pytest.mark.parametrize(("year", "factor"), [(30, 0.356278), (31, 0.345901), (75, 0.094214), (76, 0.091916)])
    def test_green_book_check_values(self, year, factor):
        assert round(float(discount_factors(year)), 6) == factor

    def test_sum_of_a_hundred_years(self):
        assert round(float(discount_factors(range(1, 101)).sum()), 6) == 28.863363

    def test_a_constant_stream_is_its_closed_form(self):
        closed = (1 - 1.035**-20) / 0.035
        assert present_value(np.ones(20), range(1, 21)) == pytest.approx(closed, rel=1e-12)

    def test_health_schedule(self):
        assert float(discount_factors(1, "green_book_health")) == pytest.approx(1 / 1.015)

    @pytest.mark.parametrize("years", [-1, 0.5, 501, math.nan])
    def test_years_that_are_none(self, years):
        with pytest.raises(OptionError):
            discount_factors(years)

    def test_unknown_schedule_names_the_nearest(self):
        with pytest.raises(OptionError, match="Did you mean green_book"):
            discount_factors(1, "green_bok")


class TestDeflate:
    def test_against_the_published_index(self):
        assert float(deflate(100, 2023, 2024)) == pytest.approx(100 / 0.962507, rel=1e-6)

    def test_a_financial_year_is_the_mean_of_two_calendar_years(self):
        mean = (price_level(2005, "GBP") + price_level(2006, "GBP")) / 2
        assert price_level(2005, "GBP", "financial") == mean

    def test_a_currency_without_an_index_is_refused(self):
        with pytest.raises(OptionError, match="no price index for USD"):
            deflate(1.0, 1998, 2020, "USD")
        assert float(deflate(7.0, 1998, 1998, "USD")) == 7.0

    def test_outside_the_index(self):
        with pytest.raises(OptionError, match="has no 1989"):
            deflate(1.0, 1989, 2020)

    def test_order_of_deflating_and_discounting_does_not_matter(self):
        first = float(deflate(100, 2010, 2020)) * float(discount_factors(5))
        second = float(deflate(100 * float(discount_factors(5)), 2010, 2020))
        assert first == pytest.approx(second, rel=1e-14)


class TestCosts:
    def test_by_payer_and_kind_in_one_price_year(self, tiny_cohort):
        result = costs(with_costs(tiny_cohort, LINES), ValueOptions(price_year=2023), children=4)
        assert result.total == 12_000
        assert result.present_value == pytest.approx(10_000 + 2_000 / 1.035)
        assert result.by("payer").set_index("group")["per_child"].to_dict() == {"council": 2500, "schools": 500}
        found = {f.finding_id: f for f in result.findings()}
        assert found["value.cost_per_child"].estimate == 3000
        assert found["value.cost.kind.in_kind"].estimate == 500

    def test_deflated_before_adding(self, tiny_cohort):
        old = [{**LINES[0], "price_year": 2010}]
        result = costs(with_costs(tiny_cohort, old), ValueOptions(price_year=2023), children=4)
        assert result.total == pytest.approx(float(deflate(10_000, 2010, 2023)))

    def test_another_currency_keeps_its_own_price_year(self, tiny_cohort):
        cohort = with_costs(tiny_cohort, [{**LINES[0], "price_year": 1998}], currency="USD")
        result = costs(cohort, ValueOptions(price_year=2023), children=4)
        assert (result.price_year, result.total) == (1998, 10_000)
        assert "own price year" in result.notes[0]

    def test_another_currency_with_two_price_years_is_refused(self, tiny_cohort):
        rows = [{**LINES[0], "price_year": 1998}, {**LINES[1], "price_year": 2000}]
        with pytest.raises(OptionError, match="cannot be added"):
            costs(with_costs(tiny_cohort, rows, currency="USD"), ValueOptions(), children=4)

    def test_none(self, tiny_cohort):
        result = costs(without(tiny_cohort, "costs"), ValueOptions(), children=4)
        assert not result.available
        assert result.findings() == []

    @pytest.mark.parametrize(("period", "year"), [("2022/23", 0), ("2024", 2), ("1999", 0), ("spring", 0), (None, 0)])
    def test_years_of_periods(self, period, year):
        assert period_year(period, 2022) == year


class TestBenefits:
    def test_factor_by_hand(self):
        b = benefit(onset_year=1, duration_years=3, decay=0.5)
        by_hand = sum(0.5**k / 1.035 ** (2 + 1 + k) for k in range(3))
        assert benefit_factor(b, ValueOptions(), 2) == pytest.approx(by_hand, rel=1e-12)

    @pytest.mark.parametrize(
        ("finding", "use"),
        [
            (effect(), "headline"),
            (effect(claim="adjusted_difference"), "projection"),
            (effect(claim="adjusted_difference", tier="B"), "projection"),
            (effect(claim="description", tier="C"), "excluded"),
            (effect(claim="effect", tier="C"), "excluded"),
            (effect(claim="association"), "excluded"),
            (effect(estimate=math.nan), "excluded"),
        ],
    )
    def test_only_effects_reach_the_headline(self, tiny_cohort, finding, use):
        (line,) = benefits(tiny_cohort, ValueOptions(benefits=(benefit(),)), [finding], 2)
        assert line.use == use
        assert bool(line.reason) == (use != "headline")

    def test_an_effect_that_was_not_estimated(self, tiny_cohort):
        (line,) = benefits(tiny_cohort, ValueOptions(benefits=(benefit(),)), [], 2)
        assert line.use == "excluded"

    def test_fewer_is_better(self, tiny_cohort):
        option = benefit("sdq_total", "child_mental_disorder_nhs_year")
        (line,) = benefits(tiny_cohort, ValueOptions(benefits=(option,)), [effect("sdq_total", -2.0)], 2)
        assert line.mean > 0

    def test_grades_and_absence_are_not_added(self):
        both = (benefit(), benefit("attendance", "absence_day"))
        with pytest.raises(OptionError, match="same earnings twice"):
            check_overlap(both)
        assert list(check_overlap(both, "count_first")) == [1]

    def test_english_and_maths_grades_are_added(self):
        assert check_overlap((benefit(), benefit("maths", "gcse_grade_maths"))) == {}

    def test_another_currency(self, tiny_cohort):
        cohort = make_cohort({**tiny_cohort.meta.model_dump(mode="json"), "currency": "USD"}, tiny_cohort.tables)
        with pytest.raises(OptionError, match="two currencies"):
            benefits(cohort, ValueOptions(benefits=(benefit(),)), [effect()], 2)

    def test_unknown_unit_value(self, tiny_cohort):
        with pytest.raises(OptionError, match="Did you mean gcse_grade_english"):
            benefits(tiny_cohort, ValueOptions(benefits=(benefit(unit_value="gcse_grade_englsh"),)), [], 2)

    def test_a_present_value_is_not_paid_year_after_year(self, tiny_cohort):
        with pytest.raises(OptionError, match="duration_years must be 1"):
            benefits(tiny_cohort, ValueOptions(benefits=(benefit(duration_years=2),)), [], 2)

    def test_unclear_direction(self, tiny_cohort):
        option = benefit("behaviour_incidents", "first_time_entrant_justice")
        with pytest.raises(OptionError, match="unclear which way"):
            benefits(tiny_cohort, ValueOptions(benefits=(option,)), [], 2)


class TestValue:
    options = ValueOptions(benefits=(benefit(sd_units_per_point=0.01), benefit("maths", "gcse_grade_maths")))

    def test_net_present_value_by_hand(self, tiny_cohort):
        plain = ValueOptions(benefits=(benefit(onset_year=5),), optimism_bias=False)
        result = value(with_costs(tiny_cohort, LINES), plain, [effect()], seed=1, draws=1_000)
        price = float(deflate(7266, 2021, 2023))
        each = 3.0 * 0.05 * clipped_mean(price, 0.15 * price) / 1.035**7
        cost = 10_000 + 2_000 / 1.035
        assert result.children == 4
        assert result.headline.net == pytest.approx(4 * each - cost)
        assert result.headline.ratio == pytest.approx(4 * each / cost)
        assert result.projection is None

    def test_adjusted_differences_stand_apart(self, tiny_cohort):
        found = [effect(), effect("maths", 2.0, claim="adjusted_difference")]
        result = value(with_costs(tiny_cohort, LINES), self.options, found, seed=1, draws=1_000)
        assert len(result.headline.lines) == 1
        assert len(result.projection.lines) == 2
        projected = [f for f in result.findings() if f.finding_id.startswith("value.projection")]
        assert all(f.claim == "projection" and "If all of the adjusted difference" in f.note for f in projected)

    def test_without_an_effect_there_is_no_headline(self, tiny_cohort):
        found = [effect(claim="adjusted_difference"), effect("maths", claim="description", tier="C")]
        result = value(with_costs(tiny_cohort, LINES), self.options, found, seed=1, draws=1_000)
        assert result.headline is None
        net = next(f for f in result.findings() if f.finding_id == "value.net_present_value")
        assert math.isnan(net.estimate)
        assert net.note
        assert len(result.projection.lines) == 1
        assert "may have other causes" in result.answer()[0]

    def test_every_amount_says_year_currency_perspective_and_evidence(self, tiny_cohort):
        found = [effect(), effect("maths", 2.0, claim="adjusted_difference")]
        for f in value(with_costs(tiny_cohort, LINES), self.options, found, seed=1, draws=1_000).findings():
            own_year = f.finding_id.startswith("value.published")
            assert f.price_year == (2020 if own_year else 2023), f.finding_id
            assert f.currency == "GBP"
            assert f.perspective
            assert f.evidence in ("measured", "published", "illustrative", "simulated")

    def test_an_illustrative_link_makes_a_projection(self, tiny_cohort):
        cohort = with_costs(tiny_cohort, LINES)
        chosen = ValueOptions(benefits=(benefit(source="A study of links, 2020"),))
        for options, claim in ((chosen, "effect"), (self.options, "projection")):
            result = value(cohort, options, [effect()], draws=1_000)
            net = next(f for f in result.findings() if f.finding_id == "value.net_present_value")
            assert net.claim == claim

    def test_no_costs(self, tiny_cohort):
        result = value(without(tiny_cohort, "costs"), self.options, [effect()], draws=1_000)
        assert result.headline is None
        assert "no costs" in result.answer()[0]
        assert result.waterfall().empty

    def test_zero_effect_holds_zero(self, tiny_cohort):
        result = value(with_costs(tiny_cohort, LINES), self.options, [effect(estimate=0.0)], seed=1, draws=4_000)
        low, high = result.headline.interval("benefit")
        assert low < 0 < high

    def test_waterfall_adds_up(self, tiny_cohort):
        found = [effect(), effect("maths", 2.0)]
        steps = value(with_costs(tiny_cohort, LINES), self.options, found, draws=1_000).waterfall()["amount"]
        assert steps.iloc[:-1].sum() == pytest.approx(steps.iloc[-1])
