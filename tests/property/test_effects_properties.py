"""What holds for every effect and correction, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wlz_eval.attribution import estimate_effect, match, naive_difference
from wlz_eval.attribution.effects.aipw import school_folds
from wlz_eval.attribution.standards.bounds import lee_bounds, trimmed_weights, worst_case_bounds
from wlz_eval.inference.multiplicity import benjamini_hochberg, holm, resampled_step_down

SEEDS = st.integers(0, 10_000)


def _world(seed, n=160, schools=10):
    rng = np.random.default_rng(seed)
    need = rng.normal(size=n)
    programme = (rng.uniform(size=n) < 0.4).astype(int)
    data = pd.DataFrame(
        {"programme": programme, "need_baseline": need, "school_id": [f"s{s}" for s in rng.integers(0, schools, n)]},
        index=[f"c{i:03d}" for i in range(n)],
    )
    return rng, data, match("programme ~ need_baseline", data)


@given(SEEDS, st.floats(-50, 50), st.floats(0.1, 20))
@settings(max_examples=20, deadline=None)
def test_shifting_an_outcome_changes_no_difference_and_scaling_scales_it(seed, shift, scale):
    rng, data, design = _world(seed)
    y = rng.normal(size=len(data))
    first = estimate_effect(design, data.assign(y=y), "y")
    second = estimate_effect(design, data.assign(y=shift + scale * y), "y")
    # Not closer: the weights of schools come from a search, which ends where the likelihood is flat to rounding.
    assert second.estimate == pytest.approx(scale * first.estimate, abs=1e-5 * (abs(shift) + scale))
    assert second.se == pytest.approx(scale * first.se, rel=1e-4)
    assert second.p == pytest.approx(first.p, rel=1e-3)
    assert second.g.estimate == pytest.approx(first.g.estimate, abs=1e-4)


@given(SEEDS, st.sampled_from(["interacted", "unadjusted", "logistic"]))
@settings(max_examples=20, deadline=None)
def test_the_other_answer_mirrors_every_measure(seed, model):
    """Calling failure success turns the difference round and inverts the odds ratio, with the same p-value."""
    rng, data, design = _world(seed)
    y = (rng.uniform(size=len(data)) < 0.5).astype(float)
    for measure, mirror in (("risk_difference", lambda v: -v), ("odds_ratio", lambda v: 1 / v)):
        one = estimate_effect(design, data.assign(y=y), "y", model=model, measure=measure)
        two = estimate_effect(design, data.assign(y=1 - y), "y", model=model, measure=measure)
        assert two.estimate == pytest.approx(mirror(one.estimate), rel=1e-6, abs=1e-9)
        assert (two.ci_low, two.ci_high) == pytest.approx((mirror(one.ci_high), mirror(one.ci_low)), rel=1e-5, abs=1e-8)
        assert two.p == pytest.approx(one.p, rel=1e-5)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_risks_differences_and_ratios_tell_one_story(seed):
    rng, data, _ = _world(seed)
    outcomes = data.assign(y=(rng.uniform(size=len(data)) < 0.5).astype(float))
    found = {m: naive_difference(data["programme"] == 1, outcomes, "y", measure=m) for m in
             ("risk_difference", "risk_ratio", "odds_ratio")}
    one, none = found["risk_difference"].mean_programme, found["risk_difference"].mean_comparison
    assert found["risk_difference"].estimate == pytest.approx(one - none)
    assert found["risk_ratio"].estimate == pytest.approx(one / none)
    assert found["odds_ratio"].estimate == pytest.approx(one / (1 - one) * (1 - none) / none)


@given(SEEDS, st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_bounds_hold_the_observed_effect_and_worst_cases_hold_lees(seed, lost):
    rng, data, design = _world(seed)
    y = rng.uniform(0, 10, len(data))
    y[rng.choice(len(data), lost, replace=False)] = np.nan
    outcomes = data.assign(y=y)
    lee, worst = lee_bounds(design, outcomes, "y"), worst_case_bounds(design, outcomes, "y", 0, 10)
    for bounds in (lee, worst):
        assert bounds.lower.estimate - 1e-9 <= bounds.observed.estimate <= bounds.upper.estimate + 1e-9
        assert not bounds.ci_low > bounds.lower.estimate
        assert not bounds.ci_high < bounds.upper.estimate
    assert worst.lower.estimate <= worst.upper.estimate


@given(
    st.lists(st.tuples(st.integers(0, 5), st.floats(0.1, 3)), min_size=1, max_size=30),
    st.floats(0, 1),
    st.sampled_from(["top", "bottom"]),
)
@settings(max_examples=50, deadline=None)
def test_trimming_takes_exactly_its_share_and_only_from_its_end(rows, share, end):
    y, w = np.array([float(a) for a, _ in rows]), np.array([b for _, b in rows])
    kept = trimmed_weights(y, w, share, end)
    assert (kept >= 0).all()
    assert (kept <= w).all()
    assert kept.sum() == pytest.approx((1 - share) * w.sum(), abs=1e-9 * w.sum())
    touched, whole = y[kept < w], y[kept > 0]
    if len(touched) and len(whole):
        assert touched.min() >= whole.max() if end == "top" else touched.max() <= whole.min()


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=8), SEEDS)
@settings(max_examples=40, deadline=None)
def test_corrections_keep_order_and_their_places(p, seed):
    values = np.array(p)
    scores = np.random.default_rng(seed).normal(size=(12, len(p)))
    resampled = resampled_step_down(values, scores, draws=200)
    by_rate, by_family = benjamini_hochberg(values), holm(values)
    order = np.argsort(values, kind="stable")
    for adjusted in (resampled, by_rate, by_family):
        assert (adjusted >= values - 1e-12).all()
        assert (adjusted <= 1).all()
        assert (np.diff(adjusted[order]) >= -1e-12).all()
    assert (by_rate <= by_family + 1e-12).all()
    assert (resampled <= by_family + 1e-12).all()


@given(SEEDS, st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_folds_never_part_a_school(seed, folds):
    rng = np.random.default_rng(seed)
    school, treated = rng.integers(0, 12, 100), rng.uniform(size=100) < 0.3
    fold = school_folds(treated, school, folds, seed)
    assert len(set(zip(school.tolist(), fold.tolist(), strict=True))) == len(set(school.tolist()))
    assert set(fold) <= set(range(folds))
