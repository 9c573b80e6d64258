"""Tornado, switching values, value of information: against closed forms in linear normal models."""

import math

import numpy as np
import pytest
import scipy.stats

from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty import (
    EffectSpread,
    Input,
    Line,
    ValueModel,
    information,
    partial_information,
    perfect_information,
    scenario,
    switching,
    tornado,
    two_way,
)


def linear(means=(3.0, 2.0), sds=(1.0, 0.5), cost=4.0, correlation=0.0):
    """Net value is a sum of two normal inputs less a cost."""
    inputs = [Input(n, n, EffectSpread(m, s)) for n, m, s in zip("ab", means, sds, strict=True)]
    inputs.append(Input("costs", "costs", Spread(1.0)))
    matrix = np.eye(3)
    matrix[0, 1] = matrix[1, 0] = correlation
    lines = (Line("x", "x", 1.0, (0,)), Line("y", "y", 1.0, (1,)))
    return ValueModel(tuple(inputs), lines, (Line("c", "c", cost, (2,)),), matrix)


def loss(mean, sd):
    """Expected value of perfect information of a normal net value, in closed form."""
    z = abs(mean) / sd
    return sd * scipy.stats.norm.pdf(z) - abs(mean) * scipy.stats.norm.cdf(-z)


class TestInformation:
    @pytest.mark.parametrize("cost", [4.0, 5.0, 6.5])
    def test_worth_of_an_input_is_the_closed_form(self, cost):
        found = information(linear(cost=cost), linear(cost=cost).draw(16_384, 1)).set_index("name")
        for name, sd in (("a", 1.0), ("b", 0.5)):
            assert found.loc[name, "worth"] == pytest.approx(loss(5.0 - cost, sd), abs=0.01)
        assert found.loc["a", "share"] == pytest.approx(80.0, abs=1.0)
        assert found.loc["b", "share"] == pytest.approx(20.0, abs=1.0)

    def test_of_correlated_inputs_too(self):
        model = linear(cost=5.0, correlation=0.6)
        found = information(model, model.draw(16_384, 1)).set_index("name")
        # Given a, b is expected to be 0.6 * 0.5 of a's score: net value moves by 1.3 for each sd of a.
        assert found.loc["a", "worth"] == pytest.approx(loss(0.0, 1.3), abs=0.02)
        assert found.loc["a", "share"] == pytest.approx(100 * 1.3**2 / (1 + 0.25 + 0.6), abs=1.5)

    def test_everything_is_worth_at_least_each(self):
        drawn = linear(cost=5.0).draw(8_192, 1)
        everything = perfect_information(drawn.net)
        assert everything == pytest.approx(loss(0.0, math.sqrt(1.25)), abs=0.01)
        assert all(partial_information(drawn.values[:, k], drawn.net) <= everything + 1e-9 for k in range(2))

    def test_what_cannot_change_the_decision_is_worth_nothing(self):
        model = linear(cost=-100.0)
        assert information(model, model.draw(4_096, 1))["worth"].max() == pytest.approx(0.0, abs=1e-9)

    def test_too_few_draws_say_nothing(self):
        assert information(linear(), linear().draw(20, 1)).empty


class TestOneWay:
    def test_ends_by_hand(self):
        found = tornado(linear()).set_index("name")
        assert found.loc["a", ["low", "high"]].tolist() == pytest.approx([1 - 1.959964, 1 + 1.959964])
        assert list(found.index) == ["a", "b"]

    def test_a_certain_input_is_left_out(self):
        assert "costs" not in set(tornado(linear())["name"])

    def test_two_way_by_hand(self):
        grid = two_way(linear(), "a", "b", steps=3)
        assert len(grid) == 9
        assert grid["net"].to_numpy() == pytest.approx((grid["first"] + grid["second"] - 4.0).to_numpy())

    def test_low_and_high_scenarios_go_with_net_value(self):
        step = scipy.stats.norm.ppf(0.9) * 1.5
        assert scenario(linear(), 0.1) == pytest.approx(1 - step)
        assert scenario(linear(), 0.9) == pytest.approx(1 + step)


class TestSwitching:
    def test_net_value_is_nothing_there(self):
        model = ValueModel(
            (Input("e", "e", EffectSpread(3.0, 1.0)), Input("l", "l", Spread(0.5, 0.1))),
            (Line("x", "x", 10.0, (0, 1)),), (Line("c", "c", 20.0, ()),), np.eye(2),
        )
        by_name = {s.name: s for s in switching(model)}
        for k, name in enumerate("el"):
            assert float(model.net(model.moved({k: by_name[name].needed}))) == pytest.approx(0.0, abs=1e-9)
        assert by_name["e"].needed == pytest.approx(4.0)
        assert by_name["e"].possible == "within its range"

    @pytest.mark.parametrize(
        ("cost", "words"),
        [(5.5, "within its range"), (7.5, "beyond its 95% range"), (12.0, "not possible within its range")],
    )
    def test_how_likely_it_is(self, cost, words):
        found = {s.name: s for s in switching(linear(cost=cost))}
        assert found["a"].possible == words

    def test_no_value_of_an_input_that_moves_nothing_would_do(self):
        model = ValueModel(
            (Input("e", "e", EffectSpread(0.0, 0.0)), Input("l", "l", Spread(0.5, 0.1))),
            (Line("x", "x", 10.0, (0, 1)),), (Line("c", "c", 20.0, ()),), np.eye(2),
        )
        (switch,) = switching(model)
        assert switch.possible == "not possible: no value would do"
        assert math.isnan(switch.needed)

    def test_a_price_would_have_to_be_negative(self):
        model = ValueModel(
            (Input("e", "e", EffectSpread(-3.0, 1.0)), Input("p", "p", Spread(0.5, 0.1))),
            (Line("x", "x", 10.0, (0, 1)),), (Line("c", "c", 20.0, ()),), np.eye(2),
        )
        found = {s.name: s for s in switching(model)}
        assert found["e"].needed == pytest.approx(4.0)
        # "Minus so many times what it is now" would tell nobody anything: the effect would have to turn round.
        assert math.isnan(found["e"].factor)
        assert found["e"].possible == "not possible within its range, the other way round from now"
        assert math.isnan(found["p"].needed)
        assert math.isnan(found["p"].factor)
        assert found["p"].possible == "not possible: no value would do"
