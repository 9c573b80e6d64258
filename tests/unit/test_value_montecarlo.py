"""Draws of everything uncertain: against closed forms, against scipy, stable between seeds, blind to order."""

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.value.spread import Spread
from wlz_eval.value.uncertainty import (
    EffectSpread,
    Input,
    Line,
    ValueModel,
    correlated_scores,
    effect_spread,
    ratio_interval,
)
from wlz_eval.value.uncertainty.build import _possible
from wlz_eval.value.uncertainty.montecarlo import effect_covariance


def effect(name="english", estimate=3.0, se=1.0, half=None, **given):
    half = 1.959964 * se if half is None else half
    ends = {"ci_low": estimate - half, "ci_high": estimate + half}
    return Finding(
        **{
            "finding_id": f"attribution.att.{name}.endline", "quantity": "att", "estimate": estimate, "se": se, **ends,
            "unit": "points", "claim": "effect", "tier": "A", "n_programme": 80, "n_comparison": 90, **given,
        }
    )


def thirty(order=range(30), correlation=None):
    """Thirty benefits, each with its own effect, link and price."""
    inputs, lines = [], []
    for i in order:
        at = len(inputs)
        inputs += [
            Input(f"effect.{i:02d}", "effect", EffectSpread(2.0, 1.0, 8.0)),
            Input(f"link.{i:02d}", "link", Spread(0.03, 0.01, "lognormal" if i % 2 else "normal")),
            Input(f"price.{i:02d}", "price", Spread(7000.0, shape="triangular", low=5000.0, high=11000.0)),
        ]
        lines.append(Line(f"b{i:02d}", "benefit", 0.8, (at, at + 1, at + 2)))
    inputs.append(Input("costs", "costs", Spread(1.0, 0.1)))
    cost = Line("payer", "payer", 10_000.0, (len(inputs) - 1,))
    return ValueModel(tuple(inputs), tuple(lines), (cost,), np.eye(len(inputs)) if correlation is None else correlation)


class TestEffectSpread:
    @pytest.mark.parametrize("df", [3.5, 6.0, 12.0, 60.0])
    def test_a_t_interval_gives_its_degrees_of_freedom_back(self, df):
        spread = effect_spread(effect(half=float(scipy.stats.t.ppf(0.975, df))))
        assert spread.df == pytest.approx(df, rel=1e-6)
        assert spread.scale == pytest.approx(1.0, rel=1e-6)

    @pytest.mark.parametrize("half", [1.5, 1.959964, 2.2, 3.0, 12.7])
    def test_draws_have_the_interval_of_the_effect(self, half):
        spread = effect_spread(effect(half=half))
        low, high = spread.at(scipy.stats.norm.ppf([0.025, 0.975]))
        assert high - low == pytest.approx(2 * max(half, 1.959964), rel=1e-6)

    def test_draws_follow_the_t_distribution(self):
        spread = effect_spread(effect(half=float(scipy.stats.t.ppf(0.975, 5))))
        z = scipy.stats.norm.ppf([0.001, 0.1, 0.5, 0.9, 0.999])
        assert spread.at(z) == pytest.approx(3.0 + scipy.stats.t.ppf(scipy.stats.norm.cdf(z), 5), abs=1e-6)

    def test_with_a_standard_error_alone_it_is_normal(self):
        assert math.isinf(effect_spread(effect(ci_low=math.nan, ci_high=math.nan)).df)

    def test_an_effect_with_no_interval_is_refused(self):
        with pytest.raises(OptionError, match=r"english.endline has neither an interval nor a standard error"):
            effect_spread(effect(se=math.nan, ci_low=math.nan, ci_high=math.nan))


class TestScores:
    def test_correlated_as_asked(self):
        wanted = np.array([[1.0, 0.6, -0.3], [0.6, 1.0, 0.0], [-0.3, 0.0, 1.0]])
        scores = correlated_scores(["a", "b", "c"], wanted, 8192, 1)
        assert np.corrcoef(scores.T) == pytest.approx(wanted, abs=0.01)
        assert scores.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.005)
        assert scores.std(axis=0) == pytest.approx(np.ones(3), abs=0.005)

    def test_the_order_of_inputs_moves_no_number(self):
        wanted = np.array([[1.0, 0.5], [0.5, 1.0]])
        one = correlated_scores(["a", "b"], wanted, 500, 3)
        other = correlated_scores(["b", "a"], wanted, 500, 3)
        assert np.array_equal(one, other[:, ::-1])

    def test_contradicting_correlations_are_refused(self):
        wrong = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
        with pytest.raises(OptionError, match="cannot all hold at once"):
            correlated_scores(["a", "b", "c"], wrong, 100, 1)

    def test_one_draw_and_none(self):
        assert correlated_scores(["a"], np.eye(1), 1, 1).shape == (1, 1)
        with pytest.raises(OptionError, match="at least one draw"):
            correlated_scores(["a"], np.eye(1), 0, 1)


class TestModel:
    def test_mean_is_the_analytic_mean(self):
        model = thirty()
        drawn = model.draw(10_000, 1)
        error = drawn.benefits.std(axis=0) / math.sqrt(10_000)
        assert np.all(np.abs(drawn.benefits.mean(axis=0) - model.expected(model.benefits)) < 3 * error)
        assert drawn.costs.mean() == pytest.approx(10_000, rel=0.002)

    def test_quantiles_are_stable_to_one_percent_between_seeds(self):
        ends = [np.quantile(thirty().draw(10_000, seed).benefits.sum(axis=1), [0.025, 0.5, 0.975]) for seed in range(4)]
        assert np.all(np.ptp(ends, axis=0) < 0.01 * np.abs(np.mean(ends, axis=0)))

    def test_variance_of_a_product_is_the_closed_form(self):
        model = ValueModel(
            (Input("a", "a", EffectSpread(2.0, 0.5)), Input("b", "b", Spread(3.0, 0.3, "lognormal"))),
            (Line("x", "x", 10.0, (0, 1)),), (), np.eye(2),
        )
        exact = 100 * ((2.0**2 + 0.5**2) * (3.0**2 + 0.3**2) - 36.0)
        assert model.draw(16_384, 1).benefits.var() == pytest.approx(exact, rel=0.01)

    def test_same_seed_same_bytes_and_order_of_benefits_does_not_matter(self):
        model = thirty()
        assert model.draw(500, 2).net.tobytes() == model.draw(500, 2).net.tobytes()
        assert np.sort(thirty(range(29, -1, -1)).draw(500, 2).net) == pytest.approx(np.sort(model.draw(500, 2).net))

    def test_correlation_widens_a_sum(self):
        alone = thirty(range(2))
        together = np.eye(7)
        together[0, 3] = together[3, 0] = 0.8
        wide = thirty(range(2), together).draw(4_096, 1).benefits.sum(axis=1).std()
        assert wide > 1.1 * alone.draw(4_096, 1).benefits.sum(axis=1).std()


class TestCovariance:
    def test_effects_keep_the_covariance_that_was_estimated(self):
        pair = FindingCovariance(
            finding_a="attribution.att.english.endline", finding_b="attribution.att.maths.endline", covariance=0.8
        )
        found = effect_covariance([effect(), effect("maths")], (pair,))
        assert found[0, 1] == pytest.approx(0.8, rel=1e-5)
        assert effect_covariance([effect(), effect("maths")], ())[0, 1] == 0.0

    def test_a_wide_interval_is_drawn_wide(self):
        few_schools = effect(half=5.0)
        assert effect_covariance([few_schools], ())[0, 0] == pytest.approx((10 / (2 * 1.959964)) ** 2, rel=1e-6)


def test_correlations_that_were_estimated_apart_are_brought_together():
    wrong = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    found = _possible(wrong)
    assert np.linalg.eigvalsh(found)[0] >= -1e-12
    assert np.diag(found) == pytest.approx(np.ones(3))
    assert np.all(np.sign(found) == np.sign(wrong))
    fine = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert np.array_equal(_possible(fine), fine)


class TestRatio:
    def test_against_fieller(self):
        rng = np.random.default_rng(1)
        a, b, va, vb = 4.0, 2.0, 1.0, 0.25
        found = ratio_interval(a + math.sqrt(va) * rng.standard_normal(400_000),
                               b + math.sqrt(vb) * rng.standard_normal(400_000))
        t = 1.959964**2
        root = math.sqrt((a * b) ** 2 - (a**2 - t * va) * (b**2 - t * vb))
        exact = [(a * b + s * root) / (b**2 - t * vb) for s in (-1, 1)]
        assert [found.low, found.high] == pytest.approx(exact, rel=0.02)

    def test_none_where_the_cost_may_be_nothing(self):
        rng = np.random.default_rng(1)
        found = ratio_interval(1 + rng.standard_normal(5_000), 0.5 + rng.standard_normal(5_000))
        assert math.isnan(found.low)
        assert "may be zero" in found.reason
        assert ratio_interval(np.ones(10), np.zeros(10)).reason == "what it is divided by is zero"

    def test_a_benefit_near_zero_is_no_trouble(self):
        found = ratio_interval(np.random.default_rng(1).standard_normal(50_000), np.full(50_000, 2.0))
        assert [found.low, found.high] == pytest.approx([-0.98, 0.98], abs=0.02)

    def test_a_bottom_below_zero_keeps_its_sign(self):
        found = ratio_interval(np.full(100, 10.0), np.linspace(-5.0, -4.0, 100))
        assert -2.5 <= found.low < found.high <= -2.0


def test_one_draw_is_enough_to_be_told_nothing_wrong():
    drawn = thirty(range(2)).draw(1, 1)
    assert drawn.benefits.shape == (1, 2)
    assert np.all(np.isfinite(drawn.net))


def test_inputs_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        thirty(range(1)).inputs[0].name = "other"
