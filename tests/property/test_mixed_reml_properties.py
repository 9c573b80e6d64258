"""Random-intercept REML by cluster sums against n x n matrices, and its exact cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.core.errors import OptionError
from wlz_eval.inference import mixed_reml


def _case(seed: int, weighted: bool):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(7), rng.integers(2, 9, 7))
    n = len(cluster)
    X = np.column_stack([np.ones(n), (cluster < 3) * 1.0, rng.normal(size=n)])
    y = rng.normal(size=7)[cluster] * rng.choice([0.0, 0.5, 2.0]) + rng.normal(size=n)
    return X, y, cluster, rng.uniform(0.3, 3, n) if weighted else np.ones(n)


def _parts(X, y, cluster, w, between, within):
    """Restricted deviance and Kenward and Roger's (1997) quantities, straight from their definitions."""
    G = [(cluster[:, None] == cluster[None, :]) * 1.0, np.diag(1 / w)]
    V = between * G[0] + within * G[1]
    inverse = np.linalg.inv(V)
    phi = np.linalg.inv(X.T @ inverse @ X)
    beta = phi @ X.T @ inverse @ y
    e = y - X @ beta
    deviance = np.linalg.slogdet(V)[1] - np.linalg.slogdet(phi)[1] + e @ inverse @ e
    P = [-X.T @ inverse @ g @ inverse @ X for g in G]
    Q = [[X.T @ inverse @ g @ inverse @ h @ inverse @ X for h in G] for g in G]
    information = np.zeros((2, 2))
    for i in (0, 1):
        for j in (0, 1):
            full = np.trace(inverse @ G[i] @ inverse @ G[j])
            information[i, j] = (full - 2 * np.trace(phi @ Q[i][j]) + np.trace(phi @ P[i] @ phi @ P[j])) / 2
    W = np.linalg.inv(information)
    correction = sum(W[i, j] * (Q[i][j] - P[i] @ phi @ P[j]) for i in (0, 1) for j in (0, 1))
    slope = np.array([phi[1] @ part @ phi[:, 1] for part in P])
    return deviance, beta, phi, phi + 2 * phi @ correction @ phi, 2 * phi[1, 1] ** 2 / (slope @ W @ slope)


@given(st.integers(0, 500), st.booleans())
@settings(max_examples=25, deadline=None)
def test_estimates_adjusted_errors_and_freedom_equal_their_definitions(seed, weighted):
    X, y, cluster, w = _case(seed, weighted)
    plain, adjusted = (mixed_reml(X, y, cluster, w, df=df) for df in ("satterthwaite", "kenward-roger"))
    _, beta, phi, phi_a, freedom = _parts(X, y, cluster, w, plain.variance_between, plain.variance_within)
    np.testing.assert_allclose(plain.estimate, beta, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(plain.covariance, phi, rtol=1e-6, atol=1e-10)
    np.testing.assert_allclose(adjusted.covariance, phi_a, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose([plain.df[1], adjusted.df[1]], freedom, rtol=1e-5)
    np.testing.assert_allclose((plain.scores**2).sum(axis=0), plain.se**2)


@given(st.integers(0, 500), st.booleans())
@settings(max_examples=25, deadline=None)
def test_no_other_pair_of_variances_is_more_likely(seed, weighted):
    X, y, cluster, w = _case(seed, weighted)
    fit = mixed_reml(X, y, cluster, w)
    best = _parts(X, y, cluster, w, fit.variance_between, fit.variance_within)[0]
    for between in (0.9, 1.1):
        for within in (0.9, 1.0, 1.1):
            other = _parts(X, y, cluster, w, fit.variance_between * between + 1e-4, fit.variance_within * within)[0]
            assert other >= best - 1e-7


@given(st.integers(0, 500), st.integers(2, 6), st.integers(3, 10))
@settings(max_examples=20, deadline=None)
def test_equal_schools_give_the_t_test_of_their_means(seed, size, schools):
    """With equal sizes and no covariate, REML is the analysis of variance: freedom is schools minus two."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(2 * schools), size)
    treated = (cluster < schools) * 1.0
    y = 2.0 * rng.normal(size=2 * schools)[cluster] + 0.1 * rng.normal(size=len(cluster))
    fits = {df: mixed_reml(np.column_stack([np.ones(len(y)), treated]), y, cluster, df=df) for df in
            ("satterthwaite", "kenward-roger", "containment")}
    means = y.reshape(-1, size).mean(axis=1)
    pooled = (means[:schools].var(ddof=1) + means[schools:].var(ddof=1)) / schools
    for fit in fits.values():
        np.testing.assert_allclose([fit.se[1], fit.df[1]], [np.sqrt(pooled), 2 * schools - 2], rtol=1e-5)


def test_order_names_and_scale_do_not_matter():
    X, y, cluster, w = _case(3, True)
    base = mixed_reml(X, y, cluster, w)
    order = np.random.default_rng(0).permutation(len(y))
    moved = mixed_reml(X[order] * [1, 1, 10], 5 * y[order], 9 - cluster[order], w[order])
    np.testing.assert_allclose(moved.se, base.se * [5, 5, 0.5], rtol=1e-6)
    np.testing.assert_allclose(moved.df, base.df, rtol=1e-6)


def test_a_perfect_fit_and_an_unknown_freedom_are_named():
    X, y, cluster, _ = _case(3, False)
    with pytest.raises(OptionError, match="exactly"):
        mixed_reml(X, X @ [1.0, 2.0, 3.0], cluster)
    with pytest.raises(OptionError, match="kenward-roger"):
        mixed_reml(X, y, cluster, df="kenward")
