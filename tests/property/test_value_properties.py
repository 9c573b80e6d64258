"""What must hold of money whatever the numbers: round trips, pennies, caps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz_eval.value import deflate, discount_factors

YEARS = st.integers(1990, 2024)


@given(st.floats(-1e9, 1e9), YEARS, YEARS)
def test_deflating_there_and_back(amount, a, b):
    assert float(deflate(deflate(amount, a, b), b, a)) == pytest.approx(amount, rel=1e-12, abs=1e-9)


@given(YEARS, YEARS, YEARS)
def test_deflating_by_way_of_a_third_year(a, b, c):
    assert float(deflate(deflate(1.0, a, b), b, c)) == pytest.approx(float(deflate(1.0, a, c)), rel=1e-12)


@given(st.integers(0, 499))
def test_a_later_pound_is_worth_less(year):
    now, later = discount_factors([year, year + 1])
    assert 0 < later < now <= 1
