"""Properties that hold for every form, score and window."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from wlz_eval.measures.scoring import imd_quintile, percentile, persistent_absence, score_items, sdq_band
from wlz_eval.reference.sdq import INFORMANTS, SCALES

answers = st.sampled_from([0.0, 1.0, 2.0, np.nan])
forms = arrays(float, (4, 25), elements=answers)


@given(forms)
def test_scores_stay_in_range_and_are_whole(form):
    scores = score_items(form)
    known = scores[~np.isnan(scores)]
    assert ((known >= 0) & (known == np.round(known))).all()
    assert np.nanmax(scores[:, :5], initial=0) <= 10
    assert np.nanmax(scores[:, 5], initial=0) <= 40


@given(forms, st.permutations(range(4)))
def test_a_form_is_scored_by_itself(form, order):
    np.testing.assert_array_equal(score_items(form[order]), score_items(form)[order])


@given(arrays(float, (1, 25), elements=st.sampled_from([0.0, 1.0, 2.0])))
def test_the_opposite_answers_give_the_opposite_scores(form):
    assert (score_items(form) + score_items(2 - form))[0].tolist() == [10, 10, 10, 10, 10, 40]


systems = st.sampled_from(["three_band", "four_band"])


@given(st.sampled_from([*SCALES, "sdq_total"]), st.sampled_from(INFORMANTS), systems)
def test_more_difficulty_is_never_a_milder_band(measure, informant, system):
    scores = pd.Series(range(41 if measure == "sdq_total" else 11))
    codes = sdq_band(scores, measure, informant, system).cat.codes
    assert codes.is_monotonic_decreasing if measure == "sdq_prosocial" else codes.is_monotonic_increasing


@given(st.integers(1, 400), st.integers(0, 400))
def test_persistence_is_the_share_missed(possible, missed):
    missed = min(missed, possible)
    found = persistent_absence(pd.Series([possible - missed]), pd.Series([possible]), 2020)
    assert bool(found[0]) is (10 * missed >= possible)


@given(st.floats(40, 160), st.floats(0.01, 20))
def test_percentiles_rise(score, more):
    low, high = percentile([score, score + more])
    assert 0 < low < high < 100


@given(st.lists(st.integers(1, 10), min_size=1, max_size=30))
def test_every_quintile_holds_two_deciles(deciles):
    assert imd_quintile(pd.Series(deciles)).tolist() == [-(-d // 2) for d in deciles]
