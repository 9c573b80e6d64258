"""Regression to the mean against published check values and against simulation."""

import numpy as np
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.measures import Population, exit_rate_expected, expected_exit_rate, expected_regression

#: Printed to a tenth of a percent.
TOLERANCE = 0.05


@pytest.mark.parametrize(
    ("r", "share", "percent"),
    [(0.6, 0.2, 50.4), (0.7, 0.2, 43.5), (0.6, 0.1, 61.0), (0.7, 0.1, 53.2), (0.4, 0.2, 61.9), (0.4, 0.1, 73.3)],
)
def test_exit_rates_of_the_bivariate_normal(r, share, percent):
    assert 100 * exit_rate_expected(r, share) == pytest.approx(percent, abs=TOLERANCE)


def test_expected_regression_is_one_minus_r_of_the_excess():
    population = Population(mean=100, sd=15, later_mean=100, later_sd=15, r=0.7)
    assert expected_regression([80.0, 90.0], population) == pytest.approx(0.3 * 15)


def test_a_growing_scale_is_followed():
    population = Population(mean=100, sd=10, later_mean=120, later_sd=20, r=0.5)
    assert expected_regression([100.0], population) == pytest.approx(20)
    assert expected_regression([90.0], population) == pytest.approx(20)


@pytest.mark.parametrize("risk_is_high", [True, False])
def test_exit_rate_of_chosen_children_agrees_with_the_closed_form(risk_is_high):
    rng = np.random.default_rng(11)
    first = rng.normal(size=200_000)
    cut = np.quantile(first, 0.8 if risk_is_high else 0.2)
    chosen = first[first >= cut] if risk_is_high else first[first < cut]
    population = Population(mean=0, sd=1, later_mean=0, later_sd=1, r=0.6)
    rate = expected_exit_rate(chosen, cut, population, risk_is_high=risk_is_high, inclusive=False)
    assert rate == pytest.approx(exit_rate_expected(0.6, 0.2), abs=0.005)


def test_impossible_correlations_are_refused():
    with pytest.raises(OptionError, match="correlation"):
        exit_rate_expected(1.0, 0.2)
    with pytest.raises(OptionError, match="share"):
        exit_rate_expected(0.5, 1.2)
    with pytest.raises(OptionError, match="None of the children"):
        expected_regression([np.nan], Population(mean=0, sd=1, later_mean=0, later_sd=1, r=0.5))
