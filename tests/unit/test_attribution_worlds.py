"""Small simulated worlds with a known effect: bias and coverage of the whole of matching and estimation.

Pupils are drawn in schools with log-normal sizes and an intra-class correlation of .15; programme children are
chosen on observed need in 8 schools, comparison children stand in 16 others; the true effect is .2 SD for all.
Seeds are fixed; bounds are two Monte Carlo errors beyond the nominal value.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match, naive_difference

pytestmark = pytest.mark.simulation

WORLDS = range(7_000, 7_060)
EFFECT, ICC, PROGRAMME_SCHOOLS, SCHOOLS = 0.2, 0.15, 8, 24


def _world(seed: int):
    rng = np.random.default_rng(seed)
    size = np.maximum((50 * rng.lognormal(0, 0.6, SCHOOLS)).astype(int), 15)
    school = np.repeat(np.arange(SCHOOLS), size)
    n = len(school)
    level = math.sqrt(ICC) * rng.normal(size=SCHOOLS)[school]
    need, other = rng.normal(size=n), rng.normal(size=n)
    chosen = (school < PROGRAMME_SCHOOLS) & (1.2 * need + rng.logistic(size=n) > 0.8)
    data = pd.DataFrame(
        {
            "programme": chosen.astype(int),
            "need_baseline": need,
            "other_baseline": other,
            "school_id": [f"s{s}" for s in school],
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )
    y = EFFECT * chosen - 0.6 * need + 0.2 * other + level + math.sqrt(1 - ICC) * 0.8 * rng.normal(size=n)
    kept = chosen | (school >= PROGRAMME_SCHOOLS)
    return data[kept], y[kept]


@pytest.fixture(scope="module")
def results():
    rows = []
    for seed in WORLDS:
        data, y = _world(seed)
        design = match("programme ~ need_baseline + other_baseline", data, caliper=0.2)
        outcomes = data.assign(y=y)
        att = estimate_effect(design, outcomes, "y")
        by_pair = estimate_effect(design, outcomes, "y", cluster="pair", variance="CR1S", df="residual")
        rows.append(
            {
                "error": att.estimate - EFFECT,
                "covers": att.ci_low <= EFFECT <= att.ci_high,
                "pair_covers": by_pair.ci_low <= EFFECT <= by_pair.ci_high,
                "naive_error": naive_difference(design.treatment, outcomes, "y").estimate - EFFECT,
            }
        )
    return pd.DataFrame(rows)


def test_matching_removes_the_bias_that_the_naive_difference_has(results):
    error = results["error"].std() / math.sqrt(len(results))
    assert abs(results["error"].mean()) < 2 * error
    assert results["naive_error"].mean() < -0.25


def test_intervals_by_school_cover_and_those_by_pair_do_not(results):
    error = math.sqrt(0.95 * 0.05 / len(results))
    assert results["covers"].mean() >= 0.95 - 2 * error
    assert results["pair_covers"].mean() < 0.8
