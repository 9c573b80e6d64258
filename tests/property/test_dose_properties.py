"""What must hold of dose whatever the data: order, units and signs change nothing but the units and signs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.engagement.dose import (
    dose_curve,
    dose_for_change,
    dose_for_share,
    fieller_set,
    interaction_with_need,
)
from wlz_eval.engagement.dose.basis import natural_spline
from wlz_eval.engagement.dose.sample import binned_doses, dose_sample

SEEDS = st.integers(0, 10_000)


def children(seed: int, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    school = rng.integers(0, 7, n)
    before, hours = rng.normal(size=n), rng.gamma(2, 10, n)
    y = before + rng.normal() * 0.03 * hours + 0.3 * rng.normal(size=7)[school] + rng.normal(size=n)
    return pd.DataFrame(
        {"school_id": [f"s{v}" for v in school], "before": before, "hours": hours, "y": y, "met": (y > 0.3) * 1}
    )


def ask(data: pd.DataFrame) -> list[pd.DataFrame]:
    return [
        dose_curve(data, "y", "hours", baseline="before").table(),
        interaction_with_need(data, "y", "hours", "before", baseline="before").table(),
        dose_for_change(data, "y", "hours", 0.5, baseline="before").table(),
        dose_for_share(data, "met", "hours", baseline="before").table(),
    ]


@given(SEEDS)
@settings(max_examples=3, deadline=None)
def test_the_order_of_rows_changes_no_byte(seed):
    data = children(seed)
    shuffled = data.sample(frac=1, random_state=seed)
    for one, other in zip(ask(data), ask(shuffled.reset_index(drop=True)), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@given(SEEDS, st.floats(0.01, 100))
@settings(max_examples=3, deadline=None)
def test_minutes_in_place_of_hours_change_the_unit_only(seed, factor):
    data = children(seed)
    other = data.assign(hours=data["hours"] * factor)
    one, two = (dose_for_change(d, "y", "hours", 0.5, baseline="before") for d in (data, other))
    assert two.kind == one.kind
    for name in ("dose", "low", "high"):
        assert getattr(two, name) == pytest.approx(factor * getattr(one, name), rel=1e-5, nan_ok=True)
    curves = [dose_curve(d, "y", "hours", baseline="before") for d in (data, other)]
    assert curves[1].p == pytest.approx(curves[0].p, rel=1e-4)
    np.testing.assert_allclose(curves[1].points["fitted"], curves[0].points["fitted"], atol=1e-5)


@given(SEEDS)
@settings(max_examples=4, deadline=None)
def test_twice_the_change_is_twice_the_dose(seed):
    data = children(seed)
    one, two, back = (dose_for_change(data, "y", "hours", c, baseline="before") for c in (0.5, 1.0, -0.5))
    assert one.kind == two.kind
    assert (two.low, two.high) == pytest.approx((2 * one.low, 2 * one.high), nan_ok=True)
    # One of the two directions is open at most when the other is: they are one set, turned round.
    assert (one.kind == "at_least") == (back.kind == "at_least")
    assert (one.kind == "bounded") == (back.kind == "less") or one.kind == "less"


@given(SEEDS, st.integers(40, 400))
@settings(max_examples=15, deadline=None)
def test_no_point_stands_for_a_few_children(seed, n):
    rng = np.random.default_rng(seed)
    dose = np.where(rng.random(n) < rng.random(), 0.0, np.round(rng.exponential(20, n), rng.integers(0, 3)))
    data = pd.DataFrame({"school_id": "s", "hours": dose, "y": rng.normal(size=n)})
    sample = dose_sample(data, "y", "hours")
    low, high = sample.seen
    points = binned_doses(sample)
    assert (points["n"] >= 10).all()
    assert points["n"].sum() == ((dose >= low) & (dose <= high)).sum()
    assert points["dose"].between(low - 1e-9, high + 1e-9).all()
    assert points["dose"].is_monotonic_increasing


@given(
    st.floats(-5, 5), st.floats(-5, 5), st.floats(0, 3), st.floats(0.01, 3), st.floats(-0.95, 0.95), st.floats(1.5, 5)
)
def test_the_ratio_itself_is_never_ruled_out(above, below, se_above, se_below, correlation, factor):
    found = fieller_set(above, below, se_above**2, se_below**2, factor, correlation * se_above * se_below)
    if abs(below) > 1e-3 and abs(above) > 1e-6:
        assert found.holds(above / below) or math.isclose(above / below, found.low) or math.isclose(
            above / below, found.high
        )
    assert found.holds(math.inf) == (found.kind != "bounded")


@given(SEEDS, st.integers(3, 6))
@settings(max_examples=25, deadline=None)
def test_a_spline_of_a_straight_line_is_that_line(seed, k):
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(0.5, 3, k))
    x = rng.uniform(-2, knots[-1] + 5, 60)
    basis = np.column_stack([np.ones(60), natural_spline(x, knots)])
    beta = np.linalg.lstsq(basis, 2 - 3 * x, rcond=None)[0]
    np.testing.assert_allclose(basis @ beta, 2 - 3 * x, atol=1e-8)
    assert basis.shape[1] == k
