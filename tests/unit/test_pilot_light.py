"""What the pilot could have shown: intervals, chance in choosing, sizes, against values worked out elsewhere."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_confint, proportion_effectsize

from wlz_eval.pilot import pilot_in_light, rebuilt_anchors
from wlz_eval.pilot.light import binomial_range, children_needed


@pytest.fixture(scope="module")
def light():
    return pilot_in_light()


def test_every_share_has_wilsons_interval(light):
    assert len(light.shares) == 10
    for row in light.shares.to_dict(orient="records"):
        low, high = proportion_confint(row["count"], row["whole"], method="wilson")
        assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))


def test_the_shares_are_the_published_ones(light):
    assert list(zip(light.shares["count"], light.shares["whole"], strict=True)) == [
        (36, 113), (14, 30), (9, 33), (13, 49), (16, 20), (3, 15), (8, 8), (1, 7), (8, 10), (8, 11),
    ]


@pytest.mark.parametrize(("n", "share"), [(20, 0.504), (15, 0.435), (8, 0.9), (20, 0.02)])
def test_the_range_of_counts_is_the_binomials(n, share):
    law = stats.binom(n, share)
    assert binomial_range(n, share) == (law.ppf(0.025), law.ppf(0.975))


def test_what_choosing_gives_is_what_simulated_children_do(light):
    rng = np.random.default_rng(7)
    for row in light.chance.itertuples():
        first = rng.standard_normal(400_000)
        later = row.r * first + np.sqrt(1 - row.r**2) * rng.standard_normal(400_000)
        cut = stats.norm.ppf(0.2)
        assert (later[first < cut] >= cut).mean() == pytest.approx(row.expected, abs=0.006)


def test_english_needs_loose_readings_and_maths_close_ones(light):
    chance = light.chance.set_index("r")
    english = chance.index[(chance["english_low"] <= 16) & (chance["english_high"] >= 16)]
    maths = chance.index[(chance["maths_low"] <= 3) & (chance["maths_high"] >= 3)]
    assert english.max() == 0.5
    assert maths.min() == 0.7


@pytest.mark.parametrize(("share", "difference"), [(0.5, 0.1), (0.44, 0.2), (0.3, 0.3)])
def test_children_needed_is_near_the_arcsine_formula_and_has_its_power(share, difference):
    n = children_needed(share, difference)
    effect = proportion_effectsize(share + difference, share)
    assert n == pytest.approx(NormalIndPower().solve_power(effect, power=0.8, alpha=0.05), rel=0.03)
    rng = np.random.default_rng(3)
    a, b = rng.binomial(n, share, 20_000) / n, rng.binomial(n, share + difference, 20_000) / n
    pooled = (a + b) / 2
    found = np.abs(b - a) > 1.96 * np.sqrt(2 * pooled * (1 - pooled) / n)
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_the_pilots_size_and_the_field_guides_values(light):
    effects = light.effects.set_index("children")
    assert effects.loc[300, ["same", "other"]].round(2).tolist() == [0.15, 0.40]
    assert effects.loc[118, "other"] > 0.8
    assert effects["other"].is_monotonic_decreasing


def test_the_spread_at_which_engagement_just_differs(light):
    just_below, just_above = (
        stats.ttest_ind_from_stats(24.1, sd, 14, 18.2, sd, 14).pvalue for sd in (light.spread - 0.1, light.spread + 0.1)
    )
    assert just_below < 0.05 < just_above


def test_what_is_said_claims_no_cause(light):
    said = " ".join((light.answer, light.chance_answer, light.engagement_answer))
    assert "not that it helps" in said
    assert "cannot tell" in said
    assert "caused" not in said


def test_the_rebuilt_anchors_through_the_packages_rules():
    areas = rebuilt_anchors().areas.set_index(["anchor", "area"])
    counts = areas[["at_start", "out", "at_end"]].apply(tuple, axis=1).to_dict()
    assert counts["Phoenix", "english"] == (20, 16, 4)
    assert counts["Phoenix", "maths"][:2] == (15, 3)
    assert counts["Ark Swift", "behaviour"][:2] == (8, 8)
    assert [(a, c) for (name, _), (a, _, c) in counts.items() if name == "Randolph Beresford"] == [
        (22, 14), (15, 7), (20, 10),
    ]
    assert rebuilt_anchors().composite[["fewer", "same", "more"]].sum().tolist() == [36, 56, 20]
