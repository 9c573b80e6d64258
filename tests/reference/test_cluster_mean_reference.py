"""Means and shares by school against the general cluster-robust estimator, and against worlds with known truth."""

import numpy as np
import pytest

from wlz_eval.inference import cluster_robust
from wlz_eval.measures.progress import cluster_mean, clustered_share


@pytest.mark.parametrize("sizes", [(5, 5, 5, 5), (2, 9, 30, 4, 1), (40, 3)])
def test_closed_form_is_cr2_of_a_mean(sizes):
    rng = np.random.default_rng(sum(sizes))
    codes = np.repeat(np.arange(len(sizes)), sizes)
    y = rng.normal(size=len(codes)) + rng.normal(size=len(sizes))[codes]
    found, general = cluster_mean(y, codes), cluster_robust(np.ones((len(y), 1)), y, codes, kind="CR2").table()
    assert found.mean == pytest.approx(y.mean())
    assert found.se == pytest.approx(float(general["se"].iloc[0]), rel=1e-9)
    assert 0.9 < found.df <= len(sizes) - 1 + 1e-9


def test_share_by_school_holds_where_wilson_does_not():
    """Ten unequal schools, ICC .1 on the latent scale, a share of 40%: 600 draws."""
    rng, held, plain = np.random.default_rng(6), 0, 0
    sizes = rng.integers(5, 40, 10)
    codes = np.repeat(np.arange(10), sizes)
    n = len(codes)
    for _ in range(600):
        latent = np.sqrt(0.1) * rng.normal(size=10)[codes] + np.sqrt(0.9) * rng.normal(size=n)
        yes = latent > 0.2533
        a, b = clustered_share(yes, codes), clustered_share(yes)
        held += a.low <= 0.4 <= a.high
        plain += b.low <= 0.4 <= b.high
    assert held / 600 > 0.93
    assert plain / 600 < 0.88
