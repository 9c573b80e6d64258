"""Bad input about money: a clear error that says what to do, and never a number."""

import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from wlz_eval.cohort import load_cohort, make_cohort
from wlz_eval.core.errors import OptionError, PlanError
from wlz_eval.core.finding import Finding
from wlz_eval.plan import load_plan
from wlz_eval.reference.money import read_unit_value, unit_value
from wlz_eval.value import BenefitOptions, ValueOptions, benefits, costs, funding, value

GOOD = {"measure": "english", "unit_value": "gcse_grade_english", "units_per_point": 0.05, "source": "illustrative"}
LINE = {"item": "Staff", "payer": "schools", "kind": "cash", "period": "2022/23", "amount": 1.0, "price_year": 2023}


def refused(cohort, words, option=None, better=None, **options):
    chosen = () if option is None else (BenefitOptions(**{**GOOD, **option}),)
    with pytest.raises(OptionError, match=words) as error:
        benefits(cohort, ValueOptions(benefits=chosen, **options), [], 2, better)
    return str(error.value)


def with_tables(cohort, **tables):
    return make_cohort(cohort.meta.model_dump(mode="json"), {**cohort.tables, **tables})


def own_unit(**given):
    return {**unit_value("neet_year").model_dump(), "name": "mine", **given}


class TestUnitValues:
    @pytest.mark.parametrize("column", ["price_year", "currency", "source", "beneficiary", "confirmed"])
    def test_a_row_without_what_it_needs(self, column):
        row = {k: v for k, v in own_unit().items() if k != column}
        with pytest.raises(OptionError, match=f"'mine' cannot be used: {column}: field required") as error:
            read_unit_value(row)
        assert "complete its row" in str(error.value)

    def test_a_price_year_outside_the_deflators(self, tiny_cohort):
        own = read_unit_value(own_unit(price_year=1980))
        words = refused(tiny_cohort, "runs from 1990 to 2024", {"unit_value": "mine"}, unit_values=(own,))
        assert "mine" in words
        assert "has no 1980" in words

    def test_the_last_financial_year_needs_the_year_after_it(self, tiny_cohort):
        own = read_unit_value(own_unit(price_year=2024))
        refused(tiny_cohort, "has no 2025", {"unit_value": "mine"}, unit_values=(own,))

    def test_a_shape_that_cannot_be(self, tiny_cohort):
        own = read_unit_value(own_unit(distribution="triangular", relative_sd=0.0, relative_low=1.2, relative_high=2))
        refused(tiny_cohort, "'mine', as a share of its value: .* around 1", {"unit_value": "mine"}, unit_values=(own,))

    def test_a_plans_own_without_a_price_year_is_refused_when_the_plan_is_read(self, tiny_cohort_folder):
        path = tiny_cohort_folder / "plan.yaml"
        plan = yaml.safe_load(path.read_text())
        own = {k: v for k, v in own_unit().items() if k != "price_year" and v is not None}
        plan["value"] = {"price_year": 2023, "benefits": [{**GOOD, "unit_value": "mine"}], "unit_values": [own]}
        path.write_text(yaml.safe_dump(plan))
        with pytest.raises(PlanError, match="price_year"):
            load_plan(load_cohort(tiny_cohort_folder))

    def test_an_outcome_without_a_unit_value(self, tiny_cohort):
        refused(tiny_cohort, "Unknown unit value 'gcse_grade_science'", {"unit_value": "gcse_grade_science"})

    def test_a_sum_that_was_never_discounted(self, tiny_cohort):
        option = {"unit_value": "gcse_nine_subjects_undiscounted"}
        assert "use gcse_grade_any" in refused(tiny_cohort, "never discounted", option)

    def test_a_present_value_year_after_year(self, tiny_cohort):
        refused(tiny_cohort, "duration_years must be 1", {"duration_years": 3})

    def test_another_currency(self, tiny_cohort):
        meta = {**tiny_cohort.meta.model_dump(mode="json"), "currency": "USD"}
        refused(make_cohort(meta, tiny_cohort.tables), "two currencies", {})

    def test_an_economic_benefit_cannot_be_cashed(self, tiny_cohort):
        refused(tiny_cohort, "only a fiscal benefit", {"cashable": 0.5, "cashable_source": "by hand"})


class TestBenefits:
    def test_unclear_direction_is_never_a_saving(self, tiny_cohort):
        refused(tiny_cohort, "unclear which way is good", {}, better={"english": "unclear"})

    def test_a_link_for_something_else(self, tiny_cohort):
        option = {"units_per_point": None, "link": "sdq_total_to_camhs"}
        words = refused(tiny_cohort, "leads from sdq_total to camhs_case, not from english", option)
        assert "Name another link" in words

    def test_an_unknown_gainer(self, tiny_cohort):
        option = {"measure": "sdq_total", "unit_value": "camhs_case", "shares": {"nsh": 0.5, "schools": 0.5}}
        refused(tiny_cohort, "unknown gainer 'nsh'.*Did you mean nhs", option)

    def test_an_unknown_link(self, tiny_cohort):
        option = {"units_per_point": None, "link": "attendance_to_day"}
        refused(tiny_cohort, "Did you mean attendance_to_days", option)

    def test_a_horizon_that_is_too_long(self, tiny_cohort):
        refused(tiny_cohort, "from 0 to 500", {"unit_value": "neet_year", "onset_year": 600})

    def test_all_problems_at_once(self, tiny_cohort):
        chosen = tuple(
            BenefitOptions(**{**GOOD, **more})
            for more in ({"duration_years": 2}, {"unit_value": "nothing"}, {"measure": "behaviour_incidents"})
        )
        with pytest.raises(OptionError) as error:
            benefits(tiny_cohort, ValueOptions(benefits=chosen), [], 2)
        assert len(str(error.value).splitlines()) == 3

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"deadweight": 0.2}, "already net of what would have happened anyway. Set it to 0"),
            ({"shares": {"nhs": 0.5, "schools": 0.4}}, "add up to 0.9"),
            ({"shares": {"nhs": 1.5, "schools": -0.5}}, "a share from 0 to 1"),
            ({"source": " "}, "needs a source"),
            ({"units_per_point": None}, "either units_per_point"),
            ({"link": "standard_score_to_grade"}, "either units_per_point"),
            ({"units_per_point": -1}, "greater than or equal to 0"),
            ({"link_distribution": "triangular"}, "needs a low and a high"),
            ({"confidence_grade": 7}, "less than or equal to 6"),
            ({"displacement": 1.2}, "less than 1"),
        ],
    )
    def test_what_a_plan_may_not_say(self, more, words):
        with pytest.raises(ValidationError, match=words):
            BenefitOptions(**{**GOOD, **more})

    def test_a_deadweight_in_a_plan_is_refused_when_the_plan_is_read(self, tiny_cohort_folder):
        path = tiny_cohort_folder / "plan.yaml"
        plan = yaml.safe_load(path.read_text())
        plan["value"] = {"price_year": 2023, "benefits": [{**GOOD, "deadweight": 0.3}]}
        path.write_text(yaml.safe_dump(plan))
        with pytest.raises(PlanError, match="net of what would have happened anyway"):
            load_plan(load_cohort(tiny_cohort_folder))

    def test_usual_support_without_a_source(self):
        with pytest.raises(ValidationError, match="usual_support_source"):
            ValueOptions(usual_support=100)


class TestCosts:
    @pytest.mark.parametrize("table", ["costs", "funding"])
    def test_an_unknown_payer(self, tiny_cohort, table):
        cohort = with_tables(tiny_cohort, **{table: pd.DataFrame([{**LINE, "payer": "philantropy"}])})
        money = costs(tiny_cohort, ValueOptions(), 4)
        with pytest.raises(OptionError, match="Did you mean philanthropy") as error:
            costs(cohort, ValueOptions(), 4) if table == "costs" else funding(cohort, ValueOptions(), money)
        assert f"Table {table}" in str(error.value)
        assert "value.payers" in str(error.value)

    def test_a_payer_of_ones_own(self, tiny_cohort):
        cohort = with_tables(tiny_cohort, costs=pd.DataFrame([{**LINE, "payer": "st_mungo"}]))
        result = costs(cohort, ValueOptions(payers={"st_mungo": "philanthropy"}), 4)
        assert list(result.by("purse")["key"]) == ["philanthropy"]

    @pytest.mark.parametrize(
        ("more", "words"),
        [
            ({"amount": -5.0}, "negative; put income in the funding table"),
            ({"amount": float("nan")}, "missing or not a number"),
            ({"kind": "promise"}, "Valid: cash, in_kind"),
            ({"price_year": None}, "has no price_year"),
            ({"price_year": 1985}, "has no 1985"),
        ],
    )
    def test_a_line_that_cannot_be_added(self, tiny_cohort, more, words):
        bad = pd.DataFrame([LINE, {**LINE, **more}])
        cohort = with_tables(tiny_cohort)
        object.__setattr__(cohort, "tables", {**cohort.tables, "costs": bad})
        with pytest.raises(OptionError, match=words):
            costs(cohort, ValueOptions(), 4)


def test_grades_and_absence_are_refused_unless_forced_and_then_it_is_said(tiny_cohort):
    both = (BenefitOptions(**GOOD), BenefitOptions(**{**GOOD, "measure": "attendance", "unit_value": "absence_day"}))
    with pytest.raises(OptionError, match="same earnings twice"):
        value(tiny_cohort, ValueOptions(benefits=both), [], draws=1_000)
    found = [
        Finding(
            finding_id=f"attribution.att.{m}.endline", quantity="att", estimate=1.0, se=0.5, ci_low=0.0, ci_high=2.0,
            unit="points", claim="effect", tier="A", n_programme=9,
        )
        for m in ("english", "attendance")
    ]
    lines = benefits(tiny_cohort, ValueOptions(benefits=both, overlap="count_first"), found, 2)
    assert [x.use for x in lines] == ["headline", "excluded"]
    assert "second time" in lines[1].reason
