"""What one point is worth: links, spreads, additionality, optimism bias, timing, overlap, the raw change."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import reference_dir
from wlz_eval.core.finding import Finding
from wlz_eval.reference.appraisal import optimism_bias, value_links
from wlz_eval.reference.money import UnitValue, unit_value, unit_values
from wlz_eval.value import BenefitOptions, ValueOptions, benefits, deflate, discount_factors, published_saving
from wlz_eval.value.benefits import check_overlap, not_valued, raw_change, raw_change_lines
from wlz_eval.value.benefits.overlap import overlaps
from wlz_eval.value.spread import Spread


def benefit(measure="english", unit="gcse_grade_english", **given):
    base = {"measure": measure, "unit_value": unit, "units_per_point": 0.05, "source": "illustrative"}
    return BenefitOptions(**{**base, **given})


def linked(measure, unit, link, **given):
    return BenefitOptions(measure=measure, unit_value=unit, link=link, **given)


def finding(measure="english", estimate=3.0, claim="effect", name="attribution.att", **given):
    base = {"unit": "points", "tier": "A" if claim == "effect" else "", "se": 1.0, "n_programme": 80}
    base |= {"finding_id": f"{name}.{measure}.endline", "quantity": "att", "estimate": estimate, "claim": claim}
    return Finding(**{**base, "ci_low": estimate - 1.96, "ci_high": estimate + 1.96, **given})


def line(cohort, option, found=None, **options):
    found = finding(option.measure) if found is None else found
    return benefits(cohort, ValueOptions(benefits=(option,), **options), [found], 2)[0]


SPREADS = [
    Spread(0.03, 0.01),
    Spread(0.01, 0.02),
    Spread(2.0, 1.5, "lognormal"),
    Spread(2.0, shape="triangular", low=1.0, high=6.0),
    Spread(0.0, shape="triangular", low=0.0, high=0.03),
    Spread(3.0, shape="uniform", low=1.0, high=6.0),
    Spread(0.2, 0.1, "beta", 0.0, 1.0),
    Spread(7.0, shape="fixed"),
]


class TestSpread:
    @pytest.mark.parametrize("spread", SPREADS, ids=lambda s: f"{s.shape} {s.centre}")
    def test_mean_is_the_integral_over_normal_draws(self, spread):
        integral = integrate.quad(lambda z: float(spread.at(z)) * stats.norm.pdf(z), -9, 9, points=[0], limit=400)[0]
        assert spread.mean == pytest.approx(integral, rel=1e-5)

    @pytest.mark.parametrize("rank", [0.01, 0.3, 0.5, 0.9])
    def test_quantiles_against_scipy(self, rank):
        z = stats.norm.ppf(rank)
        log = math.sqrt(math.log1p(0.75**2))
        assert float(SPREADS[2].at(z)) == pytest.approx(stats.lognorm.ppf(rank, log, scale=2 * math.exp(-(log**2) / 2)))
        assert float(SPREADS[3].at(z)) == pytest.approx(stats.triang.ppf(rank, 0.2, 1, 5))
        assert float(SPREADS[5].at(z)) == pytest.approx(1 + 5 * rank)
        beta = stats.beta(0.2 * 15, 0.8 * 15)
        assert beta.std() == pytest.approx(0.1)
        assert float(SPREADS[6].at(z)) == pytest.approx(beta.ppf(rank))

    @pytest.mark.parametrize("spread", SPREADS, ids=lambda s: f"{s.shape} {s.centre}")
    def test_more_luck_is_never_less(self, spread):
        assert np.all(np.diff(spread.at(np.linspace(-4, 4, 81))) >= 0)
        assert spread.uncertain == (spread.shape != "fixed")

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ((0.0, 1.0, "lognormal"), "mean above 0"),
            ((1.0, 0.0, "triangular"), "needs a low and a high"),
            ((1.0, 0.0, "uniform", 2.0, 3.0), "around 1"),
            ((1.0, 0.5, "uniform", 0.0, 3.0), "set by its bounds"),
            ((0.5, 0.6, "beta", 0.0, 1.0), "below 0.5"),
            ((0.5, 0.0, "beta", 0.0, 1.0), "above 0"),
            ((1.0, 0.1, "fixed"), "no standard deviation"),
            ((1.0, 0.1, "normal", 0.0), "no bounds"),
        ],
    )
    def test_shapes_that_cannot_be(self, given, words):
        with pytest.raises(OptionError, match=words):
            Spread(*given)


class TestLine:
    def test_mean_by_hand(self, tiny_cohort):
        option = benefit(sd_units_per_point=0.02, onset_year=5, displacement=0.1, leakage=0.2, substitution=0.25)
        x = line(tiny_cohort, option, optimism_bias=True)
        price = float(deflate(7266, 2021, 2023))
        kept = 0.9 * 0.8 * 0.75 * (1 - 0.40)  # the link is an assumption
        by_hand = 3 * Spread(0.05, 0.02).mean * Spread(price, 0.15 * price).mean / 1.035**7 * kept
        assert x.mean == pytest.approx(by_hand, rel=1e-12)
        assert x.yearly == ((7, pytest.approx(1.035**-7)),)

    def test_optimism_bias_by_the_benefits_own_grade_first(self, tiny_cohort):
        assert line(tiny_cohort, benefit(), optimism_bias=False).optimism == 0
        assert line(tiny_cohort, benefit(source="Smith (2020)")).optimism == 0.10
        assert line(tiny_cohort, benefit(confidence_grade=4)).optimism == 0.15
        assert line(tiny_cohort, benefit(confidence_grade=5), optimism_bias=False).optimism == 0.25

    def test_it_is_taken_off_by_default_and_most_where_any_part_of_the_chain_is_an_assumption(self, tiny_cohort):
        assert line(tiny_cohort, benefit()).optimism == 0.40
        sourced = {"source": "Smith (2020)", "unit": "neet_year", "duration_years": 2}
        assert line(tiny_cohort, benefit(**sourced)).optimism == 0.40
        assert line(tiny_cohort, benefit(**sourced, lasting_source="Jones (2021)")).optimism == 0.15
        assert line(tiny_cohort, linked("attendance", "absence_day", "attendance_to_days")).optimism == 0.10

    def test_the_table_of_optimism_bias_is_marked_not_confirmed(self):
        rows = [optimism_bias(grade) for grade in range(1, 7)]
        assert [r.taken_off for r in rows] == [0, 0.05, 0.10, 0.15, 0.25, 0.40]
        assert not any(r.confirmed for r in rows)
        with pytest.raises(OptionError, match="from 1"):
            optimism_bias(7)

    def test_a_link_from_the_table(self, tiny_cohort):
        x = line(tiny_cohort, linked("english", "gcse_grade_english", "standard_score_to_grade"))
        assert (x.link, x.evidence) == (Spread(0.03, 0.01), "illustrative")
        assert "earnings" in x.through
        assert "Assumption" in x.link_source
        counted = line(tiny_cohort, linked("attendance", "absence_day", "attendance_to_days"))
        assert (counted.link.mean, counted.link.uncertain, counted.evidence) == (1.9, False, "published")

    def test_fade_out_and_timing_come_from_the_unit_value_where_the_plan_is_silent(self, tiny_cohort):
        own = UnitValue.model_validate(
            unit_value("neet_year").model_dump() | {"name": "mine", "onset_year": 3, "duration_years": 2, "decay": 0.4}
        )
        x = line(tiny_cohort, benefit(unit="mine"), unit_values=(own,))
        assert x.yearly == ((5, pytest.approx(1.035**-5)), (6, pytest.approx(0.6 * 1.035**-6)))
        assert x.factor == pytest.approx(1.035**-5 + 0.6 * 1.035**-6)
        assert line(tiny_cohort, benefit(unit="mine", decay=0.0, onset_year=0), unit_values=(own,)).yearly[0][0] == 2

    def test_health_is_discounted_at_the_rate_of_health(self, tiny_cohort):
        x = line(tiny_cohort, benefit(unit="qaly", onset_year=8))
        assert x.factor == pytest.approx(1.015**-10)
        other = line(tiny_cohort, benefit(unit="qaly", onset_year=8), health_schedule="green_book")
        assert other.factor == pytest.approx(float(discount_factors(10)))

    def test_families_may_be_weighted_and_agencies_not(self, tiny_cohort):
        assert line(tiny_cohort, benefit()).weight == 1
        assert line(tiny_cohort, benefit(), household_income=0.6).weight == pytest.approx(0.6**-1.3)
        assert line(tiny_cohort, benefit(), household_income=0.6, income_elasticity=0).weight == 1
        assert line(tiny_cohort, benefit("sdq_total", "camhs_case"), household_income=0.6).weight == 1

    def test_who_gains_and_what_can_be_cashed(self, tiny_cohort):
        x = line(tiny_cohort, benefit("sdq_total", "camhs_case"))
        assert (x.shares, x.cashable) == ({"nhs": 1.0}, None)
        split, cashed = {"nhs": 0.75, "schools": 0.25}, {"cashable": 0.3, "cashable_source": "by hand"}
        shared = benefit("sdq_total", "camhs_case", shares=split, **cashed)
        assert line(tiny_cohort, shared).shares == {"nhs": 0.75, "schools": 0.25}
        assert line(tiny_cohort, shared).cashable == 0.3
        assert line(tiny_cohort, benefit()).cashable == 0

    def test_without_an_effect_there_is_no_mean(self, tiny_cohort):
        (x,) = benefits(tiny_cohort, ValueOptions(benefits=(benefit(),)), [], 2)
        assert math.isnan(x.mean)


    def test_an_effect_that_no_benefit_values_is_listed(self):
        given = [
            finding(outcome="english", wave="endline"),
            finding("maths", outcome="maths", wave="endline"),
            finding("attendance", claim="description", outcome="attendance", wave="endline"),
        ]
        assert not_valued(ValueOptions(benefits=(benefit(),)), given) == (("maths", "endline"),)

    def test_a_price_that_passes_through_2020_says_so(self, tiny_cohort):
        assert "2020" in line(tiny_cohort, benefit(unit="qaly")).price_note
        assert line(tiny_cohort, benefit()).price_note == ""
        assert "2020" in line(tiny_cohort, benefit(), price_year=2020).price_note


class TestOverlap:
    @pytest.mark.parametrize(
        ("a", "b", "twice"),
        [
            (benefit(), benefit("maths", "gcse_grade_maths"), False),
            (benefit(), benefit("attendance", "absence_day"), True),
            (benefit(), benefit(wave="followup"), True),
            (benefit(), benefit(unit="gcse_grade_any"), True),
            (benefit("english", "neet_year"), benefit("maths", "neet_lifetime"), True),
            (benefit("sdq_total", "camhs_case"), benefit("sdq_emotional", "camhs_case"), True),
            (benefit("sdq_peer", "camhs_case"), benefit("sdq_emotional", "camhs_case"), False),
            (benefit("sdq_total", "qaly"), benefit("sdq_total", "wellby"), True),
            (benefit("sdq_total", "camhs_case"), benefit("sdq_total", "neet_year"), False),
        ],
    )
    def test_pairs(self, a, b, twice):
        assert overlaps(a, b) == overlaps(b, a) == twice
        assert bool(check_overlap((a, b), "count_first")) == twice

    def test_what_overlaps_only_with_what_is_left_out_counts(self):
        three = (benefit(unit="neet_year"), benefit("maths", "neet_lifetime"), benefit("attendance", "neet_year"))
        assert list(check_overlap(three, "count_first")) == [1]


class TestRawChange:
    options = ValueOptions(
        benefits=(benefit(confidence_grade=6, leakage=0.5), benefit("maths", "gcse_grade_maths")), optimism_bias=True
    )
    changes = (finding(estimate=9.0, claim="description", name="progress.change"),)

    def test_a_change_takes_nothing_off_and_is_called_a_projection(self, tiny_cohort):
        (x,) = raw_change_lines(tiny_cohort, self.options, self.changes, 2)
        price = float(deflate(7266, 2021, 2023))
        assert (x.use, x.multiplier) == ("raw_change", 1.0)
        assert (x.effect.claim, x.effect.evidence) == ("projection", "illustrative")
        assert x.mean == pytest.approx(9 * 0.05 * Spread(price, 0.15 * price).mean / 1.035**2)

    def test_it_stands_beside_the_effect_and_never_in_it(self, tiny_cohort):
        shown = benefits(tiny_cohort, self.options, [finding(), *self.changes], 2)
        result = raw_change(tiny_cohort, self.options, self.changes, shown, 2)
        (row,) = result.table().to_dict(orient="records")
        assert (row["change"], row["effect"], row["used"]) == (9.0, 3.0, "headline")
        assert row["illusion"] == pytest.approx(row["claimed"] - shown[0].mean)
        assert row["label"] == "raw change: not an effect"
        assert [x.use for x in shown] == ["headline", "excluded"]
        for f in result.findings():
            assert (f.claim, f.evidence, f.price_year, f.currency) == ("projection", "illustrative", 2023, "GBP")
            assert f.perspective
            assert "no effect" in f.note

    def test_a_change_is_never_taken_for_an_effect(self, tiny_cohort):
        shown = benefits(tiny_cohort, self.options, self.changes, 2)
        assert {x.use for x in shown} == {"excluded"}
        row = raw_change(tiny_cohort, self.options, self.changes, shown, 2).table().iloc[0]
        assert math.isnan(row["effect"])
        assert row["used"] == "none"

    def test_the_switch(self, tiny_cohort):
        off = self.options.model_copy(update={"raw_change": False})
        assert raw_change_lines(tiny_cohort, off, self.changes, 2) == ()
        assert raw_change(tiny_cohort, off, self.changes, (), 2).findings() == []


class TestPublishedSaving:
    def test_arithmetic(self):
        saving = published_saving()
        assert round(saving.per_child) == 43_288
        table = saving.arithmetic().set_index("what")["amount"]
        assert table["Saving of all children, from saving a child"] == 32_120_000
        assert table["Saving for each pound of that cost"] == pytest.approx(43_287.67 / 5_600, rel=1e-6)

    def test_what_one_benefit_alone_would_have_to_be(self):
        table = published_saving().table().set_index("unit_value")
        deflator = (85.2137 + 85.6358) / 2
        grades = 43_287.6712 / (8500 * deflator / 85.6358)
        assert table.loc["gcse_grade_any", "units_needed"] == pytest.approx(grades, rel=1e-7)
        assert table.loc["gcse_grade_any", "sd_needed"] == pytest.approx(grades / 0.03 / 15, rel=1e-7)
        care = 43_287.6712 / (51080 * deflator / ((73.4795 + 74.6524) / 2))
        assert table.loc["child_in_care_year", "units_needed"] == pytest.approx(care, rel=1e-7)
        assert np.isnan(table.loc["permanent_exclusion_year", "points_needed"])
        assert "gcse_nine_subjects_undiscounted" not in table.index

    def test_effects_as_a_share_of_it(self):
        table = published_saving().reached({"gcse_grade_english": 0.2, "gcse_grade_maths": 0.2})
        assert table["amount"].iloc[-1] == pytest.approx(table["amount"].iloc[:-1].sum())
        assert 9 < table["share"].iloc[-1] < 11

    def test_findings(self):
        found = published_saving().findings()
        assert {f.claim for f in found} == {"projection"}
        assert all(f.price_year == 2020 and f.currency == "GBP" and f.perspective for f in found)


class TestTables:
    def test_unit_values_of_the_field_guide(self):
        stated = {
            "permanent_exclusion_year": (9219, 2005), "persistent_truancy_year": (1509, 2005),
            "neet_year": (4257, 2010), "emotional_learning_ten_years": (3206, 2009),
            "neet_lifetime": (64483, 2010), "camhs_case": (5015, 2013),
            "child_mental_disorder_nhs_year": (230, 2007), "child_in_care_year": (51080, 2013),
            "child_in_need_half_year": (1416, 2008), "parenting_programme_25_years": (3368, 2008),
            "first_time_entrant_justice": (3152, 2008), "crime_average": (609, 2010),
        }
        for name, (value, year) in stated.items():
            row = unit_value(name)
            assert (row.value, row.price_year, row.price_basis, row.kind) == (value, year, "financial", "fiscal")
            assert row.confirmed
        assert (unit_value("gcse_grade_maths").value, unit_value("gcse_grade_english").value) == (14579, 7266)
        assert unit_value("gcse_grade_any_fsm").value == 0.91 * unit_value("gcse_grade_any").value

    def test_what_agencies_and_families_gain_stay_apart(self):
        for row in unit_values().values():
            assert (row.who == "agency") == (row.kind == "fiscal"), row.name
            assert row.cashable in ((None,) if row.kind == "fiscal" else (0,)), row.name
            assert row.confidence_grade

    def test_every_link_leads_to_unit_values_that_exist(self):
        for row in value_links().values():
            assert {unit_value(name).unit for name in row.unit_values.split()} == {row.to_unit}
            Spread(row.units_per_point, row.sd, row.distribution, row.low, row.high)

    @pytest.mark.parametrize(
        "file", ["unit_values", "value_links", "discount_rates", "optimism_bias", "eef_cost_bands", "published_value"]
    )
    def test_every_row_has_a_source_and_says_whether_it_is_confirmed(self, file):
        table = pd.read_csv(reference_dir() / f"{file}.csv")
        assert table["source"].notna().all()
        assert table["confirmed"].isin([True, False]).all()
