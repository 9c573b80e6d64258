"""The wild cluster bootstrap against refitting every draw, and its exact properties."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.core.errors import OptionError
from wlz_eval.inference import wild_bootstrap

NAMES = ["one", "programme", "x"]


def _case(seed: int, clusters: int = 6):
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(2, 9, clusters))
    n = len(cluster)
    X = np.column_stack([np.ones(n), (cluster < clusters // 2) * 1.0, rng.normal(size=n)])
    y = rng.normal(size=clusters)[cluster] + rng.normal(size=n) + X[:, 1]
    return X, y, cluster, rng.uniform(0.3, 3, n)


def _t(X, y, cluster, w, null):
    M = np.linalg.inv(X.T @ (X * w[:, None]))
    b = M @ X.T @ (w * y)
    e = y - X @ b
    scores = [M[1] @ X[cluster == g].T @ (w * e)[cluster == g] for g in np.unique(cluster)]
    return (b[1] - null) / np.sqrt(np.sum(np.square(scores)))


def _p_by_refitting(X, y, cluster, w, null):
    """Every pattern of signs: impose the null, flip residuals cluster by cluster, fit again."""
    rest = np.delete(X, 1, axis=1)
    root = np.sqrt(w)
    fitted = null * X[:, 1] + rest @ np.linalg.lstsq(
        rest * root[:, None], (y - null * X[:, 1]) * root, rcond=None
    )[0]
    observed = abs(_t(X, y, cluster, w, null))
    signs = itertools.product((-1.0, 1.0), repeat=cluster.max() + 1)
    drawn = [abs(_t(X, fitted + np.array(s)[cluster] * (y - fitted), cluster, w, null)) for s in signs]
    return np.mean(np.array(drawn) >= observed * (1 - 1e-9))


@given(st.integers(0, 300))
@settings(max_examples=12, deadline=None)
def test_p_is_that_of_refitting_every_pattern_of_signs(seed):
    X, y, cluster, w = _case(seed)
    wild = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES)
    assert wild.enumerated
    assert wild.draws == 64
    assert wild.p == pytest.approx(_p_by_refitting(X, y, cluster, w, 0.0))


@given(st.integers(0, 300))
@settings(max_examples=8, deadline=None)
def test_the_interval_holds_what_is_not_rejected(seed):
    X, y, cluster, w = _case(seed, 7)
    wild = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES)
    for end, outwards in ((wild.ci_low, -1), (wild.ci_high, 1)):
        if not np.isfinite(end):
            continue
        step = 1e-5 * abs(end - wild.estimate)
        assert _p_by_refitting(X, y, cluster, w, end + outwards * step) <= 0.05
        assert _p_by_refitting(X, y, cluster, w, end - outwards * step) > 0.05


def test_five_clusters_reject_nothing():
    X, y, cluster, w = _case(1, 5)
    wild = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES)
    assert (wild.ci_low, wild.ci_high) == (-np.inf, np.inf)
    assert wild.smallest_p == 1 / 16


def test_random_draws_come_near_all_patterns_and_repeat():
    X, y, cluster, w = _case(2, 10)
    exact = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES, draws=1024)
    drawn = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES, draws=1023, seed=1)
    webb = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES, draws=1023, factors="webb", seed=1)
    assert (exact.enumerated, drawn.enumerated, webb.enumerated) == (True, False, False)
    assert abs(exact.p - drawn.p) < 4 * np.sqrt(exact.p * (1 - exact.p) / 1023) + 0.001
    order = np.random.default_rng(0).permutation(len(y))
    again = wild_bootstrap(X[order], y[order], cluster[order], "programme", w[order], names=NAMES, draws=1023, seed=1)
    assert (again.p, again.ci_low) == (drawn.p, pytest.approx(drawn.ci_low))


def test_a_contrast_of_coefficients_and_a_change_of_scale():
    X, y, cluster, w = _case(4, 9)
    shifted = X.copy()
    shifted[:, 2] = X[:, 2] + X[:, 1]
    one = wild_bootstrap(X, y, cluster, "programme", w, names=NAMES)
    two = wild_bootstrap(shifted, 10 * y, cluster, {"programme": 1.0, "x": 1.0}, w, names=NAMES)
    assert (two.p, two.ci_low) == (one.p, pytest.approx(10 * one.ci_low))
    assert list(two.table().columns) == ["estimate", "ci_low", "ci_high", "p", "draws", "enumerated"]


@pytest.mark.simulation
def test_rejects_a_true_null_about_one_time_in_twenty():
    """Twelve schools of each kind, 400 worlds: 5% with a Monte Carlo error of 1.1 points."""
    rng = np.random.default_rng(11)
    cluster = np.repeat(np.arange(24), 10)
    X = pd.DataFrame({"one": 1.0, "programme": (cluster < 12) * 1.0})
    rejected = 0
    for seed in range(400):
        y = rng.normal(size=24)[cluster] + rng.normal(size=240)
        rejected += wild_bootstrap(X, y, cluster, "programme", draws=199, seed=seed).p <= 0.05
    assert 0.028 <= rejected / 400 <= 0.072


def test_mistakes_are_named():
    X, y, cluster, _ = _case(0)
    with pytest.raises(OptionError, match="webb"):
        wild_bootstrap(X, y, cluster, "x", names=NAMES, factors="web")
    with pytest.raises(OptionError, match="programme"):
        wild_bootstrap(X, y, cluster, "program", names=NAMES)
    with pytest.raises(OptionError, match="at least 1"):
        wild_bootstrap(X, y, cluster, "x", names=NAMES, draws=0)
