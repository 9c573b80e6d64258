"""Identification against numbers made elsewhere: scikit-learn, statsmodels, scipy, and regressions of this package."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal, norm, t
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.proportion import proportion_confint

from wlz_eval.inference import cluster_robust
from wlz_eval.measures import AnalysisFrame, RiskRule, picked_again_expected, rule_sets
from wlz_eval.measures.identification.intervals import leave_one_out
from wlz_eval.measures.identification.judgement import kappa
from wlz_eval.simulate import SimulationOptions, simulate


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    first = rng.random(200) < 0.3
    second = np.where(rng.random(200) < 0.7, first, rng.random(200) < 0.2)
    assert kappa(first, second) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


@pytest.mark.parametrize(("r", "share"), [(0.6, 0.2), (0.8, 0.2), (0.4, 0.1), (0.95, 0.5), (0.0, 0.3)])
def test_share_picked_again_is_that_of_the_bivariate_normal(r, share):
    cut = norm.ppf(share)
    both = multivariate_normal([0, 0], [[1, r], [r, 1]]).cdf([cut, cut])
    assert picked_again_expected(r, share) == pytest.approx(both / share, abs=1e-6)


def test_leaving_schools_out_is_cr3_of_the_same_difference():
    rng = np.random.default_rng(4)
    school = np.repeat(np.arange(9), rng.integers(8, 40, 9))
    own = rng.random(len(school)) < 0.4
    yes = (rng.random(len(school)) < 0.3 + 0.1 * own + 0.2 * rng.random(9)[school]).astype(float)

    def gap(keep):
        return yes[keep & own].mean() - yes[keep & ~own].mean()

    found = leave_one_out(gap, school)
    X = pd.DataFrame({"one": 1.0, "own": own.astype(float)})
    fit = cluster_robust(X, yes, school, kind="CR3", df="clusters")
    at = fit.position("own")
    assert found.estimate == pytest.approx(fit.estimate[at])
    # CR3 leaves the factor (m - 1) / m of the jackknife out.
    assert found.se == pytest.approx(fit.se[at] * math.sqrt(8 / 9), rel=1e-9)
    assert found.df == fit.df[at]
    assert found.p == pytest.approx(2 * t.sf(abs(found.estimate / found.se), 8))


def test_share_below_every_cut_point_has_the_interval_of_wilson():
    cohort = simulate(SimulationOptions(seed=3, children=30, pool=100, schools=2, comparison_schools=2)).cohort
    data = pd.DataFrame({"programme": 1, "school_id": "only", "english_baseline": [80.0] * 33 + [100.0] * 17})
    frame = AnalysisFrame(data, pd.DataFrame())
    found = rule_sets(cohort, frame, [RiskRule(area="english", column="english_baseline", below=87.38)])
    low, high = proportion_confint(17, 50, method="wilson")
    assert (found.below_all.share, found.below_all.low, found.below_all.high) == pytest.approx((0.34, low, high))
