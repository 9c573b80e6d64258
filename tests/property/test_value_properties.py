"""What must hold of money whatever the numbers: round trips, pennies, caps."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wlz_eval.value import deflate, discount_factors
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty import (
    EffectSpread,
    Input,
    Line,
    ValueModel,
    perfect_information,
    ratio_interval,
    switching,
)

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


AMOUNTS = st.floats(0.1, 10.0)


def small_model(effects, cost, scale=1.0):
    """Sum of effects times links, against a cost."""
    inputs, lines = [], []
    for i, estimate in enumerate(effects):
        inputs += [Input(f"e{i}", "e", EffectSpread(estimate, 1.0, 6.0)), Input(f"l{i}", "l", Spread(2.0, 0.5))]
        lines.append(Line(f"b{i}", "b", scale, (2 * i, 2 * i + 1), optimism=0.25 * i))
    return ValueModel(tuple(inputs), tuple(lines), (Line("c", "c", scale * cost, ()),), np.eye(len(inputs)))


@settings(max_examples=25, deadline=None)
# An effect of nothing but rounding once asked for a link of four million million, which did not break even either.
@example([2.5982159316870716e-13], 1.0)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=4), AMOUNTS)
def test_switching_values_bring_net_value_to_nothing(effects, cost):
    model = small_model(effects, cost)
    for switch in switching(model):
        if not math.isnan(switch.needed):
            at = [i.name for i in model.inputs].index(switch.name)
            size = abs(cost) + sum(abs(e) for e in effects) * 2
            assert abs(float(model.net(model.moved({at: switch.needed})))) < 1e-6 * size


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=3), AMOUNTS, st.floats(0.01, 100))
def test_counting_in_other_units_of_money_scales_everything_and_moves_no_odds(effects, cost, scale):
    one, other = (small_model(effects, cost, s).draw(256, 1) for s in (1.0, scale))
    assert np.allclose(scale * one.net, other.net)
    assert np.mean(one.net >= 0) == pytest.approx(np.mean(other.net >= 0), abs=0.01)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=50))
def test_information_is_never_worth_less_than_nothing(net):
    assert perfect_information(np.array(net)) >= -1e-9


@settings(max_examples=25, deadline=None)
@given(st.floats(-3, 3), AMOUNTS, st.integers(0, 100))
def test_the_interval_of_a_ratio_lies_where_net_value_may_be_nothing(estimate, cost, seed):
    drawn = small_model([estimate], cost).draw(512, seed)
    found = ratio_interval(drawn.benefits.sum(axis=1), drawn.costs.sum(axis=1))
    for end in (found.low, found.high):
        share = np.mean(drawn.benefits.sum(axis=1) <= end * drawn.costs.sum(axis=1))
        assert min(abs(share - 0.025), abs(share - 0.975)) < 0.01
