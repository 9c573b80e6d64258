"""Costs by phase, purse and rate; funding and what each payer's pound drew in."""

import math

import pandas as pd
import pytest

from wlz_eval.cohort import make_cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.reference.appraisal import cost_bands
from wlz_eval.value import Costs, ValueOptions, cost_rating, costs, deflate, engaged_children, funding
from wlz_eval.value.costs.lines import COLUMNS


def line(item, amount, payer="local_authority", category="staff", kind="cash", period="2022/23", price_year=2023):
    return {
        "item": item, "category": category, "payer": payer, "kind": kind, "period": period, "amount": amount,
        "price_year": price_year,
    }


SPENT = [
    line("Set up", 4_000.0, category="start_up"),
    line("Link Workers", 10_000.0),
    line("Sessions", 3_000.0, "foundations", "partners"),
    line("Sessions again", 3_000.0, "philanthropy", "partners", period="2023/24"),
    line("Rooms", 2_000.0, "schools", "premises", "in_kind", "2023/24"),
]
GIVEN = [
    line("Council", 6_000.0, "council"),
    line("Council again", 2_000.0, period="2023/24"),
    line("Gifts", 9_000.0, "foundations"),
    line("Rooms", 2_000.0, "schools", kind="in_kind", period="2023/24"),
    line("Grant", 1_000.0, "government", period="2023/24"),
]


@pytest.fixture
def cohort(tiny_cohort):
    tables = {**tiny_cohort.tables, "costs": pd.DataFrame(SPENT), "funding": pd.DataFrame(GIVEN)}
    return make_cohort(tiny_cohort.meta.model_dump(mode="json"), tables)


def rates(result):
    return result.rates().set_index("key")["amount"].to_dict()


class TestRates:
    def test_by_hand(self, cohort):
        result = costs(cohort, ValueOptions(), children=4, engaged=2)
        assert rates(result) == pytest.approx(
            {
                "per_child": 5_500, "per_child_year": 2_750, "per_engaged_child": 11_000, "start_up_per_child": 1_000,
                "running_per_child": 4_500, "marginal_per_child": 1_500, "per_pupil_year": 2_500,
            }
        )
        assert (result.start_up, result.running, result.variable) == (4_000, 18_000, 6_000)

    def test_variable_and_start_up_are_what_the_plan_says(self, cohort):
        options = ValueOptions(variable_categories=("staff", "start_up"), start_up_categories=("start_up", "premises"))
        result = costs(cohort, options, children=4)
        assert (result.start_up, result.variable) == (6_000, 10_000)
        assert "per_engaged_child" not in rates(result)

    def test_usual_support_is_deflated_and_taken_off(self, cohort):
        options = ValueOptions(usual_support=100, usual_support_price_year=2013, usual_support_source="illustrative")
        result = costs(cohort, options, children=4)
        a_year = 100 * 96.2507 / 73.4795
        assert rates(result)["usual_support_per_child"] == pytest.approx(2 * a_year)
        assert rates(result)["additional_per_child"] == pytest.approx(5_500 - 2 * a_year)
        discounted = a_year * (1 + 1 / 1.035)
        assert result.additional_present_value == pytest.approx(result.present_value - 4 * discounted)

    def test_without_usual_support_nothing_is_taken_off(self, cohort):
        result = costs(cohort, ValueOptions(), children=4)
        assert result.additional_present_value == result.present_value

    def test_every_grouping_adds_up(self, cohort):
        result = costs(cohort, ValueOptions(), children=4)
        for column in ("payer", "purse", "category", "kind", "phase", "year", "item"):
            table = result.by(column)
            assert table["amount"].sum() == pytest.approx(result.total)
            assert table["share"].sum() == pytest.approx(100)
        assert result.by("purse").set_index("key")["amount"]["philanthropy"] == 6_000

    def test_eef_counts_three_years_and_cash_only(self):
        rows = [(year, "cash", 300.0) for year in range(5)] + [(0, "in_kind", 900.0)]
        table = pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"year": y, "kind": k, "amount": a} for y, k, a in rows])
        assert Costs(table, 10, 2023, "GBP", years=5).per_pupil_year == 30.0

    def test_no_costs_have_no_rates(self, tiny_cohort):
        tables = {k: v for k, v in tiny_cohort.tables.items() if k != "costs"}
        result = costs(make_cohort(tiny_cohort.meta.model_dump(mode="json"), tables), ValueOptions(), children=4)
        assert result.rates().empty
        assert cost_rating(result) is None
        assert not funding(cohort=tiny_cohort, options=ValueOptions(), money=result).available

    def test_2020_is_noted(self, tiny_cohort):
        tables = {**tiny_cohort.tables, "costs": pd.DataFrame([line("Staff", 1.0, price_year=2020)])}
        cohort = make_cohort(tiny_cohort.meta.model_dump(mode="json"), tables)
        assert "2020" in " ".join(costs(cohort, ValueOptions(), 4).notes)
        assert costs(cohort, ValueOptions(price_year=2020), 4).notes == ()

    def test_sums_are_the_same_in_whichever_order_one_deflates_and_discounts(self, tiny_cohort):
        rows = [line("a", 100.0, price_year=2010), line("b", 50.0, price_year=2016, period="2023/24")]
        tables = {**tiny_cohort.tables, "costs": pd.DataFrame(rows)}
        cohort = make_cohort(tiny_cohort.meta.model_dump(mode="json"), tables)
        other_way = float(deflate(100.0, 2010, 2023)) + float(deflate(50.0 / 1.035, 2016, 2023))
        assert costs(cohort, ValueOptions(), 4).present_value == pytest.approx(other_way, rel=1e-13)


class TestRating:
    def test_the_bands_touch(self):
        bands = cost_bands()
        assert [b.rating for b in bands] == [1, 2, 3, 4, 5]
        assert [b.up_to for b in bands[:-1]] == [b.above for b in bands[1:]] == [80, 200, 720, 1200]

    @pytest.mark.parametrize(("a_year", "rating"), [(79, 1), (80, 1), (81, 2), (720, 3), (1_200, 4), (1_201, 5)])
    def test_rating(self, a_year, rating):
        table = pd.DataFrame([dict.fromkeys(COLUMNS, "") | {"year": 0, "kind": "cash", "amount": 10.0 * a_year}])
        assert cost_rating(Costs(table, 10, 2023, "GBP")).rating == rating
        assert cost_rating(Costs(table, 10, 2023, "USD")) is None


class TestFunding:
    def test_purses_and_leverage_by_hand(self, cohort):
        result = funding(cohort, ValueOptions(), costs(cohort, ValueOptions(), children=4))
        table = result.table().set_index("key")
        assert table["amount"].to_dict() == {
            "philanthropy": 9_000, "local_authority": 8_000, "schools": 2_000, "central_government": 1_000,
        }
        assert table.loc["schools", ["cash", "in_kind"]].tolist() == [0, 2_000]
        assert table.loc["local_authority", "matched"] == pytest.approx(12_000 / 8_000)
        assert table["share"].sum() == pytest.approx(100)

    def test_against_costs(self, cohort):
        table = funding(cohort, ValueOptions(), costs(cohort, ValueOptions(), children=4)).against_costs()
        assert table["balance"].tolist() == [(15_000 - 17_000) / 4, 0, (20_000 - 22_000) / 4]
        assert table["year"].tolist() == ["1", "2", "all"]

    def test_every_finding_says_year_currency_perspective_and_evidence(self, cohort):
        money = costs(cohort, ValueOptions(), children=4, engaged=3)
        found = [*money.findings(), *funding(cohort, ValueOptions(), money).findings()]
        assert len({f.finding_id for f in found}) == len(found) > 20
        for f in found:
            assert (f.price_year, f.currency, f.perspective, f.evidence) == (2023, "GBP", "society", "simulated")
            assert f.claim == "description"
            assert math.isfinite(f.estimate)
        engaged = next(f for f in found if f.finding_id == "value.cost.per_engaged_child")
        assert (engaged.n_programme, engaged.estimate) == (3, pytest.approx(22_000 / 3))


def test_engaged_children_are_those_above_both_thresholds(tiny_cohort):
    low = EngagementOptions(exposure="hours", high_attendance=0.5, high_interactions=1)
    assert engaged_children(tiny_cohort, low) == 4
    assert engaged_children(tiny_cohort, low.model_copy(update={"high_interactions": 2})) == 0
    tables = {k: v for k, v in tiny_cohort.tables.items() if k != "sessions"}
    without = make_cohort(tiny_cohort.meta.model_dump(mode="json"), tables)
    assert engaged_children(without, low) is None


def test_more_engaged_than_started(cohort):
    with pytest.raises(OptionError, match="4 started"):
        costs(cohort, ValueOptions(), children=4, engaged=5)
