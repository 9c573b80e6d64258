"""What must hold of sensitivity analyses for any data."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.attribution.sensitivity import e_value, omitted_variable, rosenbaum_bounds
from wlz_eval.attribution.sensitivity.signed_rank import interval_bounds, p_bounds, point_bounds

DIFFERENCES = st.lists(st.integers(-20, 20).map(float), min_size=3, max_size=14).filter(lambda d: any(d))
GAMMA = st.floats(1.0, 6.0)


@settings(max_examples=25, deadline=None)
@given(DIFFERENCES, GAMMA, st.floats(0.01, 2.0), st.booleans())
def test_more_hidden_bias_never_tells_more(d, gamma, more, exact):
    narrow, wide = gamma, gamma + more
    for alternative in ("greater", "less"):
        low, high = p_bounds(d, narrow, alternative, exact=exact)
        lower, higher = p_bounds(d, wide, alternative, exact=exact)
        # The normal approximation bends back beyond one half, where nothing is claimed.
        assert (lower <= low + 1e-12 and high <= higher + 1e-12) or not exact
    (low, high), (lower, higher) = point_bounds(d, narrow), point_bounds(d, wide)
    assert lower <= low + 1e-9
    assert high <= higher + 1e-9


@settings(max_examples=20, deadline=None)
@given(DIFFERENCES, GAMMA)
def test_interval_holds_the_estimates(d, gamma):
    low, high = point_bounds(d, gamma)
    ci_low, ci_high = interval_bounds(d, gamma, exact=True)
    assert ci_low - 1e-9 <= low <= high + 1e-9 <= ci_high + 2e-9


@settings(max_examples=8, deadline=None)
@given(DIFFERENCES, st.integers(-9, 9), st.randoms(use_true_random=False))
def test_order_shift_and_sign_of_pairs(d, shift, random):
    shuffled = list(d)
    random.shuffle(shuffled)
    one, two = rosenbaum_bounds(d, [1.0, 2.0]), rosenbaum_bounds(shuffled, [1.0, 2.0])
    assert one.table().equals(two.table())
    moved = rosenbaum_bounds([v + shift for v in d], [2.0]).table().iloc[0]
    first = one.table().iloc[1]
    np.testing.assert_allclose(moved["estimate_low"] - shift, first["estimate_low"], atol=1e-9)
    turned = rosenbaum_bounds([-v for v in d], [2.0]).table().iloc[0]
    np.testing.assert_allclose(turned["estimate_low"], -first["estimate_high"], atol=1e-9)
    np.testing.assert_allclose(turned["ci_low"], -first["ci_high"], atol=1e-9)
    np.testing.assert_allclose(turned["p_high"], first["p_high"])


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-5, 5).filter(lambda v: abs(v) > 1e-3), st.floats(0.05, 3), st.floats(3, 2000), st.floats(0, 0.95),
    st.floats(0, 1),
)
def test_strengths_do_what_the_robustness_value_says(estimate, se, df, treatment, outcome):
    result = omitted_variable(estimate, se, df)
    assert 0 <= result.robustness_interval <= result.robustness <= 1
    left = result.adjusted(treatment, outcome).loc[0, "estimate"]
    # Weaker with both than the robustness value: the sign is kept; stronger with both: it is lost.
    if max(treatment, outcome) < result.robustness:
        assert left * estimate > 0
    if min(treatment, outcome) > result.robustness:
        assert left * estimate < 1e-12


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 20), st.floats(0.01, 1), st.floats(0.01, 3))
def test_e_values_are_at_least_one_and_grow_with_distance(ratio, below, above):
    result = e_value(ratio, ratio * (1 - below * 0.99), ratio * (1 + above))
    assert result.point >= result.limit >= 1
    assert e_value(max(ratio, 1 / ratio) * 1.1).point > result.point
    logged = e_value(math.log(ratio) / 0.91, scale="standardised_difference")
    assert math.isclose(logged.point, result.point, rel_tol=1e-6)
