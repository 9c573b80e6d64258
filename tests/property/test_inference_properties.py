"""Low-rank cluster-robust inference against the plain definitions, matrix by matrix."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.inference import cluster_robust, hc_robust, holm


def _case(seed: int, weighted: bool):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(6), rng.integers(1, 9, 6))
    n = len(cluster)
    X = np.column_stack([np.ones(n), (cluster < 3) * 1.0, rng.normal(size=n)])
    y = rng.normal(size=6)[cluster] + rng.normal(size=n)
    return X, y, cluster, rng.uniform(0.3, 3, n) if weighted else np.ones(n)


def _root(G):
    values, vectors = np.linalg.eigh((G + G.T) / 2)
    factor = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-10)), 0)
    return vectors @ np.diag(factor) @ vectors.T


def _plain(X, y, cluster, w, within, between):
    """CR2 standard error and Satterthwaite freedom of column 1, by n x n matrices."""
    n = len(y)
    W = np.diag(w)
    M = np.linalg.inv(X.T @ W @ X)
    H = X @ M @ X.T @ W
    residual = np.eye(n) - H
    e = residual @ y
    columns = []
    for g in np.unique(cluster):
        rows = cluster == g
        A = _root((residual @ residual.T)[np.ix_(rows, rows)])
        columns.append(residual[rows].T @ A @ W[np.ix_(rows, rows)] @ X[rows] @ M[:, 1])
    G = np.array(columns).T
    omega = within * np.eye(n) + between * (cluster[:, None] == cluster[None, :])
    moments = G.T @ omega @ G
    return np.sqrt(((G.T @ y) ** 2).sum()), np.trace(moments) ** 2 / (moments**2).sum(), e


@given(st.integers(0, 500), st.booleans())
@settings(max_examples=60, deadline=None)
def test_cr2_and_both_freedoms_equal_their_definitions(seed, weighted):
    X, y, cluster, w = _case(seed, weighted)
    if np.linalg.matrix_rank(X) < 3 or len(y) < 6:
        return
    bm, ik = (cluster_robust(X, y, cluster, w, df=df) for df in ("bm", "ik"))
    se, freedom, e = _plain(X, y, cluster, w, 1.0, 0.0)
    np.testing.assert_allclose([bm.se[1], bm.df[1]], [se, freedom], rtol=1e-6)
    sizes = np.bincount(cluster)
    pairs = (sizes**2).sum() - sizes.sum()
    between = max((sum(e[cluster == g].sum() ** 2 for g in np.unique(cluster)) - (e**2).sum()) / max(pairs, 1), 0)
    within = max((e**2).mean() - between, 0)
    np.testing.assert_allclose(ik.df[1], _plain(X, y, cluster, w, within, between)[1], rtol=1e-6)


@given(st.integers(0, 500))
@settings(max_examples=30, deadline=None)
def test_clusters_of_one_row_are_hc(seed):
    X, y, _, w = _case(seed, True)
    if len(y) < 6:
        return
    own = np.arange(len(y))
    np.testing.assert_allclose(
        cluster_robust(X, y, own, w, kind="CR3").se, hc_robust(X, y, w, kind="HC3").se, rtol=1e-6
    )
    np.testing.assert_allclose(
        cluster_robust(X, y, own, w, kind="CR1S").se, hc_robust(X, y, w, kind="HC1").se, rtol=1e-9
    )


@given(st.integers(0, 500), st.floats(0.1, 10), st.permutations(range(6)))
@settings(max_examples=30, deadline=None)
def test_scale_and_order_do_not_matter(seed, scale, relabel):
    X, y, cluster, w = _case(seed, True)
    if len(y) < 6:
        return
    base = cluster_robust(X, y, cluster, w)
    order = np.random.default_rng(seed).permutation(len(y))
    moved = cluster_robust(X[order], y[order] * scale, np.array(relabel)[cluster[order]], w[order])
    np.testing.assert_allclose(moved.se, base.se * scale, rtol=1e-7)
    np.testing.assert_allclose(moved.df, base.df, rtol=1e-6)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_never_below_p_nor_above_bonferroni(p):
    adjusted = holm(p)
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= np.minimum(np.array(p) * len(p), 1) + 1e-12).all()
