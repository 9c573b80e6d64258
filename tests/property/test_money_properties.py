"""What must hold of discounted and uncertain money, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz_eval.value import BenefitOptions, ValueOptions, benefit_factor, deflate, discount_factors, present_value
from wlz_eval.value.spread import Spread

AMOUNTS = st.lists(
    st.tuples(st.floats(0, 1e7), st.integers(1990, 2024), st.integers(0, 120)), min_size=1, max_size=12
)


@given(AMOUNTS, st.integers(1990, 2024))
def test_deflating_and_discounting_commute(rows, price_year):
    money, years, when = (np.array(column) for column in zip(*rows, strict=True))
    deflated = [float(deflate(m, int(y), price_year)) for m, y in zip(money, years, strict=True)]
    first = present_value(deflated, when)
    discounted = money * discount_factors(when)
    second = sum(float(deflate(m, int(y), price_year)) for m, y in zip(discounted, years, strict=True))
    assert first == pytest.approx(second, rel=1e-12, abs=1e-9)


@given(st.integers(0, 10), st.integers(1, 15), st.floats(0, 0.9))
def test_a_fading_stream_is_its_closed_form(onset, duration, decay):
    option = BenefitOptions(
        measure="m", unit_value="neet_year", units_per_point=1, source="illustrative", onset_year=onset,
        duration_years=duration, decay=decay,
    )  # fmt: skip
    ratio = (1 - decay) / 1.035
    closed = 1.035 ** -(2 + onset) * (1 - ratio**duration) / (1 - ratio)
    assert benefit_factor(option, ValueOptions(), 2) == pytest.approx(closed, rel=1e-12)


@st.composite
def spreads(draw):
    low = draw(st.floats(0, 100))
    high = low + draw(st.floats(0.1, 100))
    inside = low + draw(st.floats(0.05, 0.95)) * (high - low)
    shape = draw(st.sampled_from(["normal", "lognormal", "triangular", "uniform", "beta", "fixed"]))
    if shape in ("triangular", "uniform"):
        return Spread(inside, 0.0, shape, low, high)
    if shape == "beta":
        most = np.sqrt((inside - low) * (high - inside))
        return Spread(inside, draw(st.floats(0.02, 0.9)) * most, shape, low, high)
    if shape == "fixed":
        return Spread(inside, shape="fixed")
    return Spread(inside + 0.01, draw(st.floats(0.01, 100)), shape)


@given(spreads())
def test_draws_rise_with_rank_and_keep_their_bounds(spread):
    drawn = spread.at(np.linspace(-6, 6, 61))
    assert np.all(np.diff(drawn) >= -1e-9 * (1 + np.abs(drawn[1:])))
    assert drawn.min() >= -1e-12
    assert drawn[0] - 1e-9 <= spread.mean
    if spread.low is not None:
        assert spread.low - 1e-9 <= drawn.min() <= drawn.max() <= spread.high + 1e-9
        assert spread.low <= spread.mean <= spread.high
