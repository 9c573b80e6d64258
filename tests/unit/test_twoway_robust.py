"""Two-way clusters: against statsmodels, against one-way where they nest, and mended when not positive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.inference import cluster_robust, twoway_robust


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    n = 240
    pair, unit = rng.integers(0, 40, n), rng.integers(0, 25, n)
    X = pd.DataFrame({"one": 1.0, "programme": (pair % 2) * 1.0, "x": rng.normal(size=n)})
    y = rng.normal(size=40)[pair] + rng.normal(size=25)[unit] + rng.normal(size=n)
    return X, y, pair, unit, rng.uniform(0.5, 2, n)


@pytest.mark.parametrize(("kind", "corrected"), [("CR0", False), ("CR1", True)])
def test_agrees_with_statsmodels(case, kind, corrected):
    """statsmodels multiplies by (n - 1) / (n - k) as well, which CR1 leaves out (CR1S has it)."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    X, y, pair, unit, _ = case
    expected = cov_cluster_2groups(OLS(y, X).fit(), pair, unit, use_correction=corrected)[0]
    if corrected:
        expected = expected / ((len(y) - 1) / (len(y) - 3))
    fit = twoway_robust(X, y, pair, unit, kind=kind)
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-8)
    assert fit.df.tolist() == [24.0] * 3


def test_a_grouping_within_the_other_changes_nothing(case):
    X, y, pair, _, w = case
    rows = np.arange(len(y))
    nested = twoway_robust(X, y, pair, rows, w, kind="CR0")
    np.testing.assert_allclose(nested.se, cluster_robust(X, y, pair, w, kind="CR0").se, rtol=1e-8)


def test_order_of_groupings_and_units_do_not_matter(case):
    X, y, pair, unit, w = case
    base = twoway_robust(X, y, pair, unit, w)
    other = twoway_robust(X * [1.0, 1.0, 100.0], y, unit, pair, w)
    np.testing.assert_allclose(other.se, base.se / [1, 1, 100], rtol=1e-8)


def test_a_negative_variance_is_mended_with_a_note():
    """Signs that cancel within rows and within columns of a table, but not in its cells."""
    one, two = np.repeat([0, 1], 20), np.tile(np.repeat([0, 1], 10), 2)
    y = np.where(one == two, 1.0, -1.0) + np.random.default_rng(0).normal(scale=0.01, size=40)
    fit = twoway_robust(pd.DataFrame({"one": np.ones(40)}), y, one, two, kind="CR0")
    assert fit.covariance[0, 0] == 0.0
    assert "not positive" in fit.notes[-1]


def test_a_contrast_and_a_mistake(case):
    X, y, pair, unit, _ = case
    gap = twoway_robust(X, y, pair, unit, contrasts={"gap": {"programme": 1.0, "x": -1.0}})
    whole = twoway_robust(X, y, pair, unit)
    c = np.array([0, 1.0, -1.0])
    np.testing.assert_allclose(gap.se[0] ** 2, c @ whole.covariance @ c)
    with pytest.raises(OptionError, match="CR1"):
        twoway_robust(X, y, pair, unit, kind="CR2")
