"""Rosenbaum bounds: against all sign vectors of small samples, on designs, and what they say."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.sensitivity import draw_rosenbaum, pair_differences, rosenbaum, rosenbaum_bounds
from wlz_eval.attribution.sensitivity.signed_rank import interval_bounds, p_bounds
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.release.sentences import check_words


def _enumerated(d, chance):
    """P(T >= observed) over all sign vectors, by brute force: zeros ranked, then left out."""
    d = np.asarray(d, float)
    size = np.abs(d)
    ranks = np.array([(size < s).sum() + ((size == s).sum() + 1) / 2 for s in size])[d != 0]
    total = ranks[d[d != 0] > 0].sum()
    p = 0.0
    for signs in itertools.product([0, 1], repeat=len(ranks)):
        up = np.array(signs)
        if (ranks * up).sum() >= total - 1e-9:
            p += chance ** up.sum() * (1 - chance) ** (len(up) - up.sum())
    return p


SAMPLES = [
    [3.0, 1.0, -2.0, 5.0, 4.0, -6.0, 8.0],
    [2.0, 2.0, -2.0, 3.0, 3.0, 0.0, 5.0, -1.0],
    [0.0, 0.0, 1.0, 1.0, -1.0, 4.0],
    [-3.0, -1.0, -2.5, 0.5],
]


@pytest.mark.parametrize("d", SAMPLES)
@pytest.mark.parametrize("gamma", [1.0, 1.7, 4.0])
def test_exact_bounds_are_those_of_all_sign_vectors(d, gamma):
    low, high = p_bounds(d, gamma, "greater", exact=True)
    assert high == pytest.approx(_enumerated(d, gamma / (1 + gamma)))
    assert low == pytest.approx(_enumerated(d, 1 / (1 + gamma)))
    mirrored = p_bounds([-v for v in d], gamma, "less", exact=True)
    assert mirrored == pytest.approx((low, high))


@pytest.mark.parametrize("gamma", [1.0, 2.0])
def test_no_allocation_within_gamma_beats_the_bound(gamma):
    """The bound is the worst case: any other chances of a positive sign give a smaller p-value."""
    d = np.array(SAMPLES[0])
    ranks = np.argsort(np.argsort(np.abs(d))) + 1.0
    total, rng = ranks[d > 0].sum(), np.random.default_rng(5)
    low, high = p_bounds(d, gamma, "greater", exact=True)
    vectors = np.array(list(itertools.product([0, 1], repeat=len(d))))
    reaches = vectors @ ranks >= total
    for _ in range(50):
        chance = rng.uniform(1 / (1 + gamma), gamma / (1 + gamma), len(d))
        p = np.prod(np.where(vectors == 1, chance, 1 - chance), axis=1)[reaches].sum()
        assert low - 1e-12 <= p <= high + 1e-12


@pytest.mark.simulation
def test_worst_allowed_bias_deceives_no_more_often_than_alpha():
    """Pairs without effect, hidden bias of exactly Gamma 2: the bound at 2 holds its level, the plain test does not."""
    rng = np.random.default_rng(21)
    worlds, pairs = 600, 60
    size = np.abs(rng.standard_t(4, (worlds, pairs)))
    d = np.where(rng.random((worlds, pairs)) < 2 / 3, size, -size)
    plain = np.mean([p_bounds(row, 1.0, "greater")[1] <= 0.05 for row in d])
    bounded = np.mean([p_bounds(row, 2.0, "greater")[1] <= 0.05 for row in d])
    # Exactly 5% but for the normal approximation; three Monte Carlo errors are 2.7 points.
    assert 0.02 < bounded < 0.077
    assert plain > 0.6


def test_interval_holds_the_shifts_that_are_not_rejected():
    d = np.array([1.3, 4.1, 2.2, 7.5, -0.4, 3.3, 5.2, 6.0, 2.9])
    low, high = interval_bounds(d, 1.5, alpha=0.2, exact=True)
    for shift in np.linspace(-3, 10, 131):
        rejected = (
            _enumerated(d - shift, 0.6) <= 0.1 or _enumerated(-(d - shift), 0.6) <= 0.1
        )
        if abs(shift - low) > 1e-6 and abs(shift - high) > 1e-6:
            assert rejected == (shift < low or shift > high)


def test_too_few_pairs_to_reject_anything_have_an_endless_interval():
    assert interval_bounds([1.0, 2.0, 3.0], 1.0, exact=True) == (-math.inf, math.inf)


def test_gamma_lost_is_where_the_p_value_meets_alpha():
    d = np.random.default_rng(3).normal(0.5, 1, 80)
    result = rosenbaum_bounds(d, exact=False)
    at = p_bounds(d, result.gamma_lost - 1e-6)[1], p_bounds(d, result.gamma_lost + 1e-6)[1]
    assert at[0] <= 0.05 < at[1]
    table = result.table()
    assert (table["significant"] == (table["gamma"] <= result.gamma_lost)).all()
    # The interval holds zero exactly when significance is lost.
    assert ((table["ci_low"] > 0) == table["significant"]).all()


def test_nothing_to_lose_is_said():
    d = [1.0, -1.0, 2.0, -2.0, 0.5, -0.4]
    result = rosenbaum_bounds(d)
    assert math.isnan(result.gamma_lost)
    assert "nothing to undo" in result.sentence
    assert rosenbaum_bounds([0.0, 0.0]).table()["p_high"].tolist()[0] == 1.0


def test_last_bits_do_not_break_ties():
    with_noise = rosenbaum_bounds([0.1 + 0.2, -0.3, 0.6, 0.3, 0.9], [2.0], exact=True).table()
    without = rosenbaum_bounds([3, -3, 6, 3, 9], [2.0], exact=True).table()
    assert with_noise.loc[0, "p_high"] == pytest.approx(without.loc[0, "p_high"], abs=1e-15)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"gammas": [0.5]}, "from 1 upwards"),
        ({"alternative": "larger"}, "alternative"),
        ({"zeros": "split"}, "zeros"),
        ({"alpha": 1.5}, "alpha"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(OptionError, match=words):
        rosenbaum_bounds([1.0, 2.0], **options)


def test_missing_differences_are_counted():
    with pytest.raises(OptionError, match="1 differences are missing"):
        rosenbaum_bounds([1.0, float("nan")])


@pytest.fixture
def world():
    rng = np.random.default_rng(11)
    n = 300
    need = rng.normal(size=n)
    data = pd.DataFrame(
        {"programme": (need + rng.logistic(size=n) > 1).astype(int), "need_baseline": need},
        index=[f"c{i}" for i in range(n)],
    )
    return data, data.assign(y=3 * data["programme"] - 2 * need + rng.normal(0, 2, n))


def test_pairs_of_a_design(world):
    data, outcomes = world
    design = match("programme ~ need_baseline", data, caliper=0.2)
    differences = pair_differences(design, outcomes, "y")
    first = design.pairs.iloc[0]
    assert differences.loc[first["pair"]] == pytest.approx(
        outcomes.loc[first["focal"], "y"] - outcomes.loc[first["partner"], "y"]
    )
    result = rosenbaum(design, outcomes, "y", [1, 2])
    assert result.n_pairs == len(design.pairs)
    assert 1.5 < result.estimate < 4.5
    assert result.gamma_lost > 1
    mirrored = match("programme ~ need_baseline", data, estimand="ATC", replace=False, caliper=0.2)
    assert pair_differences(mirrored, outcomes, "y").mean() > 0


def test_unknown_outcomes_leave_their_pair_out(world):
    data, outcomes = world
    design = match("programme ~ need_baseline", data, caliper=0.2)
    outcomes.loc[design.pairs["partner"].iloc[:4], "y"] = np.nan
    result = rosenbaum(design, outcomes, "y", [1])
    assert (result.n_pairs, result.n_dropped) == (len(design.pairs) - 4, 4)
    outcomes["y"] = np.nan
    with pytest.raises(DesignError, match="No pair"):
        rosenbaum(design, outcomes, "y")


def test_designs_without_proper_pairs_are_refused(world):
    data, outcomes = world
    with pytest.raises(DesignError, match="ratio=1"):
        rosenbaum(match("programme ~ need_baseline", data, replace=True), outcomes, "y")
    with pytest.raises(OptionError, match="not a column"):
        rosenbaum(match("programme ~ need_baseline", data), outcomes, "z")


def test_findings_words_and_figure(world):
    data, outcomes = world
    result = rosenbaum(match("programme ~ need_baseline", data, caliper=0.2), outcomes, "y", [1, 2, 9])
    found = {f.finding_id: f for f in result.findings("s.y.endline", unit="points", outcome="y", wave="endline")}
    lost, shift = found["s.y.endline.gamma_lost"], found["s.y.endline.hodges_lehmann"]
    assert lost.estimate == result.gamma_lost
    assert (lost.claim, lost.unit, shift.unit, shift.wave) == ("description", "ratio", "points", "endline")
    assert shift.ci_low < shift.estimate < shift.ci_high
    assert shift.n_programme == shift.n_comparison == result.n_pairs
    for text in (result.sentence, lost.note):
        check_words(text, "sentence")
    assert len(result.plot().axes) == 1
    hidden = result.table().assign(ci_low=np.nan, estimate_low=np.nan)
    assert draw_rosenbaum(hidden).axes[0].get_xlabel()
