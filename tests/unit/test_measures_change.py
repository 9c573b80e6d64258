"""Before and after, with intervals."""

import numpy as np
import pytest
from scipy import stats

from wlz_eval.measures import paired_change, wilson


def test_without_schools_it_is_the_paired_t_interval():
    rng = np.random.default_rng(1)
    before, after = rng.normal(size=30), rng.normal(0.4, 1, size=30)
    change = paired_change(before, after)
    expected = stats.ttest_rel(after, before).confidence_interval()
    assert (change.ci_low, change.ci_high) == pytest.approx((expected.low, expected.high))


def test_children_of_one_school_changing_alike_widen_the_interval():
    school = np.repeat(np.arange(6), 20)
    before = np.zeros(120)
    after = np.repeat([3.0, -2.0, 1.0, 4.0, -1.0, 0.5], 20) + np.random.default_rng(2).normal(0, 0.5, 120)
    clustered, alone = paired_change(before, after, school), paired_change(before, after)
    assert clustered.change == pytest.approx(alone.change)
    assert clustered.se > 2.5 * alone.se
    assert "5.0 degrees of freedom" in clustered.method


def test_with_one_child_a_school_clustering_changes_nothing():
    after = np.random.default_rng(3).normal(size=15)
    assert paired_change(np.zeros(15), after, np.arange(15)).se == pytest.approx(paired_change(np.zeros(15), after).se)


def test_children_without_both_readings_are_counted_not_used():
    change = paired_change([1.0, np.nan, 3.0, 4.0], [2.0, 5.0, np.nan, 5.0])
    assert (change.n, change.missing, change.change) == (2, 2, 1.0)


def test_one_child_gives_no_interval():
    change = paired_change([1.0], [2.0])
    assert change.change == 1.0
    assert np.isnan(change.ci_low)


def test_wilson_stays_within_zero_and_one():
    assert wilson(0, 12).low == pytest.approx(0, abs=1e-12)
    assert wilson(12, 12).high == pytest.approx(1)
    assert np.isnan(wilson(0, 0).share)
