"""Corrections for several outcomes, against statsmodels, closed forms and simulated families."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special
from statsmodels.stats.multitest import multipletests

from wlz_eval.core.errors import OptionError
from wlz_eval.inference.multiplicity import aligned_scores, benjamini_hochberg, holm, resampled_step_down


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("k", [1, 2, 7, 40])
def test_corrections_agree_with_statsmodels(ours, theirs, k):
    p = np.random.default_rng(k).uniform(size=k) ** 2
    np.testing.assert_allclose(ours(p), multipletests(p, method=theirs)[1])
    with_gap = np.r_[np.nan, p]
    np.testing.assert_allclose(ours(with_gap)[1:], ours(p))
    assert np.isnan(ours(with_gap)[0])


def test_independent_outcomes_get_sidaks_correction():
    scores = np.eye(6)[:, :3]  # clusters of their own: independent
    p = np.array([0.01, 0.01, 0.01])
    found = resampled_step_down(p, scores, draws=200_000)
    np.testing.assert_allclose(found, 1 - 0.99**3, atol=0.0015)


def test_outcomes_that_are_the_same_count_once_and_others_in_between():
    rng = np.random.default_rng(2)
    first = rng.normal(size=(15, 1))
    near = np.hstack([first, first + 0.3 * rng.normal(size=(15, 1))])
    p = [0.02, 0.03]
    same = resampled_step_down(p, np.hstack([first, first]), draws=50_000)
    between = resampled_step_down(p, near, draws=50_000)
    np.testing.assert_allclose(same, [0.02, 0.03], atol=0.003)
    assert 0.02 < between[0] < holm(p)[0]


def test_the_family_keeps_its_level_when_outcomes_go_together():
    rng = np.random.default_rng(5)
    m, k, false, loose = 20, 5, 0, 0
    corner = np.linalg.cholesky(0.8 * np.ones((k, k)) + 0.2 * np.eye(k))
    for _ in range(400):
        scores = rng.normal(size=(m, k)) @ corner.T
        total, size = scores.sum(axis=0), np.sqrt(((scores - scores.mean(axis=0)) ** 2).sum(axis=0) * m / (m - 1))
        p = 2 * special.stdtr(m - 1, -np.abs(total / size))
        adjusted = resampled_step_down(p, scores - scores.mean(axis=0), draws=500, seed=1)
        false += adjusted.min() <= 0.05
        loose += holm(p).min() <= 0.05
    assert false / 400 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert false > loose  # uses the dependence that Holm cannot see


def test_scores_are_aligned_by_cluster_and_missing_p_values_do_not_count():
    a = pd.Series([1.0, 2.0], index=["s1", "s2"])
    b = pd.Series([3.0], index=["s2"])
    scores = aligned_scores([a, b, pd.Series(dtype=float)])
    assert scores.tolist() == [[1.0, 0.0, 0.0], [2.0, 3.0, 0.0]]
    found = resampled_step_down([0.04, 0.01, np.nan], scores)
    assert np.isnan(found[2])
    assert found[0] == pytest.approx(resampled_step_down([0.04, 0.01], scores[:, :2])[0])


def test_misuse_is_named():
    with pytest.raises(OptionError, match="one column for each"):
        resampled_step_down([0.1, 0.2], np.ones((4, 3)))
    with pytest.raises(OptionError, match="no scores"):
        resampled_step_down([0.1], np.zeros((4, 1)))
