"""Discounting and deflating against published factors, an index and closed forms."""

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.files import reference_dir
from wlz_eval.reference.money import discount_schedule
from wlz_eval.value import deflate, discount_factors, present_value, sensitivity_schedule
from wlz_eval.value.prices import price_level, price_notes

#: First years of the six bands, and their rates, in percent (HM Treasury Green Book; Department for Transport, 2026).
RATES = {
    "green_book": (3.5, 3.0, 2.5, 2.0, 1.5, 1.0),
    "green_book_health": (1.5, 1.29, 1.07, 0.86, 0.64, 0.43),
    "green_book_2026_sensitivity": (3.0, 2.57, 2.14, 1.71, 1.29, 0.86),
}
LAST = (30, 75, 125, 200, 300)


@pytest.mark.parametrize(("year", "factor"), [(30, 0.356278), (31, 0.345901), (75, 0.094214), (76, 0.091916)])
def test_published_factors_to_six_places(year, factor):
    assert round(float(discount_factors(year)), 6) == factor


def test_published_sum_of_a_hundred_years_to_six_places():
    assert round(float(discount_factors(np.arange(1, 101)).sum()), 6) == 28.863363


@pytest.mark.parametrize("schedule", RATES)
def test_every_factor_is_the_product_of_its_years(schedule):
    product = 1.0
    for year in range(1, 401):
        band = next((i for i, last in enumerate(LAST) if year <= last), 5)
        product /= 1 + RATES[schedule][band] / 100
        assert float(discount_factors(year, schedule)) == pytest.approx(product, rel=1e-12)


@pytest.mark.parametrize("schedule", RATES)
def test_schedules_are_dated_confirmed_and_without_gaps(schedule):
    bands = discount_schedule(schedule)
    assert [round(100 * b.rate, 4) for b in bands] == list(RATES[schedule])
    assert [b.to_year for b in bands[:-1]] == list(LAST)
    assert [b.from_year for b in bands] == [0, *(last + 1 for last in LAST)]
    assert bands[-1].to_year is None
    assert all(b.date and b.source and b.confirmed for b in bands)


def test_a_constant_stream_is_its_closed_form_across_the_break_at_thirty():
    first = (1 - 1.035**-30) / 0.035
    second = 1.035**-30 * (1 - 1.03**-20) / 0.03
    assert present_value(np.ones(50), np.arange(1, 51)) == pytest.approx(first + second, rel=1e-12)


def test_the_sensitivity_schedule_is_for_more_than_fifty_years():
    assert sensitivity_schedule(51) == "green_book_2026_sensitivity"
    assert sensitivity_schedule(50) is None
    assert sensitivity_schedule(90, "green_book_health") is None
    assert present_value([1], [60], "green_book_2026_sensitivity") > present_value([1], [60])


def test_deflators_are_those_of_the_treasury():
    table = pd.read_csv(reference_dir() / "gdp_deflator_uk.csv").set_index("year")["value"]
    assert list(table.index) == list(range(1990, 2025))
    assert (table[1990], table[2005], table[2020], table[2024]) == (42.7537, 61.5718, 85.2137, 100)
    assert float(deflate(9219, 2005, 2023, basis="financial")) == pytest.approx(
        9219 * 96.2507 / ((61.5718 + 63.4682) / 2), rel=1e-12
    )


def test_to_a_financial_year_and_back():
    there = deflate(100.0, 2013, 2020, basis="financial", to_basis="financial")
    back = deflate(there, 2020, 2013, basis="financial", to_basis="financial")
    assert float(back) == pytest.approx(100, rel=1e-13)
    assert float(deflate(1.0, 2020, 2020, basis="financial")) == pytest.approx(
        85.2137 / ((85.2137 + 85.6358) / 2), rel=1e-12
    )
    assert price_level(2020, "GBP", "financial") > price_level(2020, "GBP")


def test_the_leap_of_2020_is_said():
    assert price_level(2020, "GBP") / price_level(2019, "GBP") > 1.05
    assert price_notes([2019, 2020], 2023)
    assert price_notes([2019], 2020)
    assert price_notes([2019, 2021], 2023) == price_notes([2020], 2023, "USD") == ()
