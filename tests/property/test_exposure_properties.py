"""Exposure and change, whatever the data: row order, additivity, and the test against every permutation."""

import itertools

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.engagement.change import ordered_trend
from wlz_eval.engagement.exposure.calendar import Enrolment, school_time
from wlz_eval.engagement.exposure.records import Interactions, Sessions
from wlz_eval.engagement.exposure.regularity import missed_runs_of, regularity
from wlz_eval.engagement.exposure.sums import sums
from wlz_eval.engagement.exposure.untimed import fill_minutes

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=40, deadline=None)


@given(SEEDS)
@FEW
def test_sums_are_the_same_to_the_last_bit_in_any_order(seed):
    rng = np.random.default_rng(seed)
    cell, minutes = rng.integers(0, 5, 200), rng.lognormal(3, 1, 200)
    order = rng.permutation(200)
    first, again = sums(cell, minutes, 5), sums(cell[order], minutes[order], 5)
    assert (first == again).all()
    np.testing.assert_allclose(first, pd.Series(minutes).groupby(cell).sum().reindex(range(5), fill_value=0), atol=1e-4)


@given(SEEDS)
@FEW
def test_filled_minutes_do_not_depend_on_order_and_keep_what_was_timed(seed):
    rng = np.random.default_rng(seed)
    n = 60
    minutes = np.where(rng.random(n) < 0.4, np.nan, rng.lognormal(3, 1, n))
    minutes[0] = 5.0
    rows = Interactions(rng.integers(0, 4, n), rng.integers(0, 9, n), minutes, rng.integers(-1, 2, n), np.zeros(n, int))
    order = rng.permutation(n)
    moved = Interactions(*(getattr(rows, f)[order] for f in ("child", "day", "minutes", "kind", "whom")))
    first, again = fill_minutes(rows, "mean"), fill_minutes(moved, "mean")
    assert (first.minutes[order] == again.minutes).all()
    timed = ~np.isnan(minutes)
    assert (first.minutes[timed] == minutes[timed]).all()
    assert np.isfinite(first.minutes).all()


def _time():
    class Meta:
        terms = ()

        class programme:  # noqa: N801 - stands for the period of a description
            import datetime as dt

            start, end = dt.date(2022, 9, 5), dt.date(2022, 12, 16)

    return school_time(Meta)


@given(SEEDS)
@FEW
def test_regularity_against_a_plain_loop(seed):
    rng = np.random.default_rng(seed)
    time, k = _time(), 4
    n = int(rng.integers(0, 40))
    child, day = rng.integers(0, k, n), rng.integers(time.first - 3, time.last + 4, n)
    enrolled = Enrolment(np.full(k, time.first), np.full(k, time.last), np.full(k, time.first))
    found = regularity(child, day, time, enrolled)
    weekday = [d for d in range(time.first, time.last + 1) if (d + 3) % 7 < 5]
    for i in range(k):
        days = sorted({int(d) for d in day[child == i] if time.first <= d <= time.last})
        assert found["contact_days"][i] == len(days)
        place = [sum(w < d for w in weekday) for d in days]
        gaps = np.diff(place)
        if len(gaps) >= 3 and gaps.sum() > 0:
            np.testing.assert_allclose(found["gap_variation"][i], gaps.std(ddof=1) / gaps.mean(), rtol=1e-9)
        else:
            assert np.isnan(found["gap_variation"][i])
        weeks = {(d - 4) // 7 for d in days}
        assert np.isclose(found["weeks_with_contact"][i], 100 * len(weeks) / 15)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6), st.booleans()), max_size=25), SEEDS)
@FEW
def test_missed_runs_against_a_plain_loop(rows, seed):
    order = np.random.default_rng(seed).permutation(len(rows))
    child, day, came = (np.array([rows[i][j] for i in order], dtype=np.int64) for j in range(3))
    blank = np.zeros(len(rows), dtype=np.int64)
    found = missed_runs_of(Sessions(child, day, blank + 60.0, came * 30.0, blank, blank, ("a",), ("p",)), 3)
    for i in range(3):
        own = [not came for _, _, came in sorted((r for r in rows if r[0] == i), key=lambda r: (r[1], not r[2]))]
        longest = max((sum(1 for _ in run) for missed, run in itertools.groupby(own) if missed), default=0)
        assert found[i] == longest


@given(st.lists(st.tuples(st.integers(-1, 1), st.integers(0, 3)), min_size=2, max_size=6))
@settings(max_examples=30, deadline=None)
def test_the_exact_test_counts_every_permutation(rows):
    score, dose = (np.array(x) for x in zip(*rows, strict=True))
    found = ordered_trend(score, dose)
    rank = pd.Series(dose).rank().to_numpy()
    ways = itertools.permutations(range(len(rows)))
    away = [abs(float(score[list(p)] @ rank) - score.mean() * rank.sum()) for p in ways]
    if np.isnan(found.p_value):
        assert max(away) < 1e-9, "only where no permutation differs from another"
    else:
        seen = abs(float(score @ rank) - score.mean() * rank.sum())
        assert np.isclose(found.p_value, np.mean([a >= seen - 1e-9 for a in away]))
        assert np.isclose(found.smallest, np.mean([a >= max(away) - 1e-9 for a in away]))


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_two_schools_against_every_permutation_within_them(seed):
    rng = np.random.default_rng(seed)
    school = np.array([0, 0, 0, 0, 1, 1, 1])
    score, dose = rng.integers(-1, 2, 7), rng.integers(0, 9, 7)
    score[[0, 1, 4, 5]], dose[[0, 1, 4, 5]] = [0, 1, 0, 1], [1, 2, 3, 4]
    order = rng.permutation(7)
    found = ordered_trend(score[order], dose[order], school[order])
    # Weights as documented, in whole numbers: four times the larger school's n + 1 over the own.
    weight = np.where(school == 0, 4, 5)
    rank = weight * pd.Series(dose).groupby(school).rank().to_numpy()
    mean = sum(score[school == s].mean() * rank[school == s].sum() for s in (0, 1))
    away = [
        abs(float(np.r_[score[:4][list(a)], score[4:][list(b)]] @ rank) - mean)
        for a in itertools.permutations(range(4))
        for b in itertools.permutations(range(3))
    ]
    assert found.within
    assert np.isclose(found.p_value, np.mean(np.array(away) >= abs(float(score @ rank) - mean) - 1e-9))
