"""Inference: errors that name the mistake, contrasts, aliased columns, flags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.core.errors import OptionError
from wlz_eval.inference import cluster_robust, holm, least_squares


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    cluster = np.repeat(np.arange(10), 12)
    X = pd.DataFrame({"one": 1.0, "a": rng.normal(size=120), "b": rng.normal(size=120)})
    return X, X["a"] + rng.normal(size=10)[cluster] + rng.normal(size=120), cluster


def test_aliased_columns_are_left_out_with_a_note(case):
    X, y, cluster = case
    wide = X.assign(c=X["a"] + X["b"], d=0.0)
    fit, plain = cluster_robust(wide, y, cluster), cluster_robust(X, y, cluster)
    assert fit.names == ("one", "a", "b")
    assert "c, d" in fit.notes[0]
    np.testing.assert_allclose(fit.se, plain.se)


def test_a_contrast_is_the_combination_of_its_coefficients(case):
    X, y, cluster = case
    whole = cluster_robust(X, y, cluster)
    gap = cluster_robust(X, y, cluster, contrasts={"gap": {"a": 1.0, "b": -1.0}})
    c = np.array([0, 1, -1.0])
    np.testing.assert_allclose(
        [gap.estimate[0], gap.se[0]], [c @ whole.estimate, np.sqrt(c @ whole.covariance @ c)]
    )


def test_zero_weights_are_the_same_as_absent_rows(case):
    X, y, cluster = case
    weights = np.where(cluster < 8, 1.5, 0.0)
    kept = cluster < 8
    a, b = cluster_robust(X, y, cluster, weights), cluster_robust(X[kept], y[kept], cluster[kept], weights[kept])
    np.testing.assert_allclose([*a.se, *a.df], [*b.se, *b.df])
    assert a.n_clusters == 8


def test_few_clusters_are_flagged(case):
    X, y, cluster = case
    X = X.assign(programme=(cluster < 2).astype(float))
    fit = cluster_robust(X, y, cluster)
    assert fit.table().loc["programme", "illustrative"]
    assert not fit.table().loc["a", "illustrative"]


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        ({"kind": "CR9"}, "CR2"),
        ({"df": "satterthwait"}, "bm"),
        ({"cluster": np.zeros(120)}, "two clusters"),
        ({"cluster": np.zeros(3)}, "one label"),
        ({"y": np.full(120, np.nan)}, "missing"),
        ({"y": [1.0]}, "rows"),
        ({"weights": np.full(120, -1.0)}, "negative"),
        ({"contrasts": {"x": {"aa": 1}}}, "'aa'"),
        ({"cluster": [None] * 120}, "no cluster"),
    ],
)
def test_mistakes_are_named(case, change, hint):
    X, y, cluster = case
    with pytest.raises(OptionError, match=hint):
        cluster_robust(**{"X": X, "y": y, "cluster": cluster, **change})


def test_missing_columns_and_too_few_rows_are_named(case):
    X, y, _ = case
    with pytest.raises(OptionError, match="values in b"):
        least_squares(X.assign(b=np.nan), y)
    with pytest.raises(OptionError, match="cannot support"):
        least_squares(X.iloc[:3], y.iloc[:3])


def test_hundreds_of_clusters_are_quick(case):
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 600, 20_000)
    X = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 10))])
    fit = cluster_robust(X, rng.normal(size=20_000), cluster)
    assert fit.n_clusters == 600
    assert np.isfinite(fit.df).all()


def test_holm_keeps_missing_values():
    adjusted = holm([0.01, np.nan, 0.04])
    np.testing.assert_allclose(adjusted, [0.02, np.nan, 0.04])
