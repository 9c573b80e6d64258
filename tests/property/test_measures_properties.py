"""Properties that hold for every input: regression to the mean, latent scores, records."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlz_eval.measures import exit_rate_expected
from wlz_eval.reference.measures import measures
from wlz_eval.simulate.traits import SDQ, TRAITS, absence_rate, beta_binomial_cuts, record

shares = st.floats(0.02, 0.5)
correlations = st.floats(0.0, 0.95)


@given(shares, correlations, st.floats(0.01, 0.04))
def test_a_stronger_link_lets_fewer_children_leave_risk(share, r, more):
    assert exit_rate_expected(r + more, share) < exit_rate_expected(r, share) + 1e-6


@given(shares)
def test_without_a_link_the_exit_rate_is_the_share_not_at_risk(share):
    assert exit_rate_expected(0.0, share) == pytest.approx(1 - share, abs=1e-6)


@given(st.sampled_from([*SDQ, "english", "maths"]), st.floats(-6, 6), st.floats(0, 3))
def test_records_stay_in_range_and_never_get_worse_with_a_better_score(name, score, better):
    measure = measures()[name]
    first, second = record(name, np.array([score, score + better]))
    assert measure.low <= min(first, second)
    assert max(first, second) <= measure.high
    assert second >= first if measure.higher_is_better else second <= first


@given(st.floats(-8, 8))
def test_absence_is_a_share(score):
    assert 0 <= absence_rate(np.array([score]))[0] <= 0.9


@pytest.mark.parametrize("name", SDQ)
def test_sdq_subscales_have_the_registrys_mean_and_sd(name):
    measure = measures()[name]
    values = record(name, np.random.default_rng(5).normal(size=100_000))
    assert values.mean() == pytest.approx(measure.mean, abs=0.05)
    assert values.std() == pytest.approx(measure.sd, abs=0.1)


def test_cut_points_rise():
    assert (np.diff(beta_binomial_cuts(1.4, 1.9, 10)) > 0).all()


def test_every_traits_variance_is_one():
    for trait in TRAITS.values():
        assert trait.need**2 + trait.factor_loading**2 < 1
        assert trait.motivation**2 + trait.unseen**2 < 1
