"""Placebo outcomes, measures of programme children only, noisy baselines: in worlds whose truth is known."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.sensitivity import (
    draw_noisy_baseline,
    draw_placebo,
    draw_programme_only,
    noisy_baseline,
    placebo,
    placebo_columns,
    programme_only,
)
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.release.sentences import check_words

EFFECT, GAMMA, NORM = 3.0, -1.5, 7.0


def _sdq_world(seed: int, n: int = 1600, schools: int = 16):
    """Children of half the schools are chosen on English and SDQ; the SDQ is not seen for children of the others."""
    rng = np.random.default_rng(seed)
    english = rng.normal(size=n)
    sdq = NORM + 4 * (-0.4 * english + math.sqrt(1 - 0.16) * rng.normal(size=n))
    school = rng.integers(0, schools, n)
    chosen = (school < schools // 2) & (-0.6 * english + 0.25 * (sdq - NORM) + rng.logistic(size=n) > 0.8)
    programme, kept = chosen.astype(int), chosen | (school >= schools // 2)
    y = 100 + 6 * english + GAMMA * (sdq - NORM) + EFFECT * programme + 1.0 * rng.normal(size=schools)[school]
    data = pd.DataFrame(
        {"programme": programme, "english_baseline": english, "school_id": [f"s{s}" for s in school]},
        index=[f"c{i}" for i in range(n)],
    )
    outcomes = data.assign(y=y + rng.normal(0, 6, n), sdq=np.where(programme == 1, sdq, np.nan), sdq_of_all=sdq)
    return match("programme ~ english_baseline", data[kept], caliper=0.2), outcomes[kept]


@pytest.fixture(scope="module")
def sdq():
    design, outcomes = _sdq_world(1)
    return design, outcomes, programme_only(design, outcomes, "y", "sdq", norm=NORM)


@pytest.mark.simulation
def test_sweep_recovers_the_bias_of_an_unseen_measure():
    """Over worlds, gamma × the true gap of the matched groups is the bias that matching on English alone has left."""
    errors, told, gammas = [], [], []
    for seed in range(500, 524):
        design, outcomes = _sdq_world(seed)
        result = programme_only(design, outcomes, "y", "sdq", norm=NORM)
        gap = estimate_effect(design, outcomes, "sdq_of_all").estimate
        errors.append(result.estimate - EFFECT)
        told.append(result.gamma * gap)
        gammas.append(result.gamma)
        assert 0 < gap < result.delta_widest
    spread = np.std(np.subtract(errors, told), ddof=1) / math.sqrt(len(errors))
    assert np.mean(errors) < -1.0
    assert abs(np.mean(errors) - np.mean(told)) < 2.5 * spread
    assert abs(np.mean(told) / np.mean(errors) - 1) < 0.1
    # The slope among those chosen on the measure itself is that of all: selection on a regressor does no harm.
    assert np.mean(gammas) == pytest.approx(GAMMA, abs=3 * np.std(gammas, ddof=1) / math.sqrt(len(gammas)))


@pytest.mark.simulation
def test_interval_at_the_true_gap_covers_the_effect():
    covered = []
    for seed in range(700, 730):
        design, outcomes = _sdq_world(seed, n=900)
        result = programme_only(design, outcomes, "y", "sdq", norm=NORM, steps=1001)
        gap = estimate_effect(design, outcomes, "sdq_of_all").estimate
        table = result.table()
        row = table.iloc[int((table["delta"] - gap).abs().to_numpy().argmin())]
        covered.append(row["ci_low"] <= EFFECT <= row["ci_high"])
    # Thirty worlds: nominal 95%, less three Monte Carlo errors of 4 points.
    assert np.mean(covered) >= 0.83


def test_sweep_runs_from_no_gap_to_the_norm(sdq):
    result = sdq[2]
    table = result.table()
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["delta"], first["bias"], first["estimate"]) == (0.0, 0.0, result.estimate)
    assert (first["ci_low"], first["ci_high"]) == pytest.approx((result.ci_low, result.ci_high))
    assert last["delta"] == pytest.approx(result.mean - NORM) == result.delta_widest
    assert last["estimate"] == pytest.approx(result.estimate - result.gamma * result.delta_widest)
    assert last["ci_high"] - last["ci_low"] > first["ci_high"] - first["ci_low"]


def test_interval_knows_that_effect_and_slope_rest_on_the_same_schools():
    """The spread of estimate less bias is that of leaving schools out one by one; here the two move together."""
    design, outcomes = _sdq_world(2)
    options = {"norm": NORM, "steps": 2, "reach": 3.0}
    result = programme_only(design, outcomes, "y", "sdq", **options)
    used = design.weights.index[design.weights > 0]
    without = [
        programme_only(design, outcomes.assign(y=outcomes["y"].mask(outcomes["school_id"] == school)), "y", "sdq",
                       **options)
        for school in sorted(outcomes.loc[used, "school_id"].unique())
    ]
    left = np.array([r.estimate - r.gamma * result.delta_widest for r in without])
    whole = result.estimate - result.gamma * result.delta_widest
    jackknife = math.sqrt(((left - whole) ** 2).sum() * (len(left) - 1) / len(left))
    first, last = result.table().iloc[0], result.table().iloc[-1]
    effect = estimate_effect(design, outcomes, "y")
    quantile = (first["ci_high"] - first["estimate"]) / effect.se
    told = (last["ci_high"] - last["estimate"]) / quantile
    assert told == pytest.approx(jackknife, rel=0.1)
    # Taken as independent, the two would give something quite different.
    apart = math.sqrt(effect.se**2 + (result.gamma_se * result.delta_widest) ** 2)
    assert abs(apart / jackknife - 1) > 0.12


def test_reach_widens_the_sweep(sdq):
    design, outcomes, result = sdq
    wide = programme_only(design, outcomes, "y", "sdq", norm=NORM, reach=2.0)
    assert wide.table()["delta"].iloc[-1] == wide.delta_widest == pytest.approx(2 * result.delta_widest)
    assert any("beyond the norm" in note for note in result.notes)
    assert not any("beyond the norm" in note for note in wide.notes)


def test_gap_that_removes_the_result_leaves_nothing(sdq):
    result = sdq[2]
    assert result.estimate - result.gamma * result.delta_removes == pytest.approx(0)
    assert result.delta_removes < 0
    assert not result.removes_within
    assert "would hide" in result.sentence
    harm = dataclasses.replace(result, estimate=-2.0, delta_removes=-2.0 / result.gamma)
    assert harm.removes_within == (0 <= harm.delta_removes <= result.delta_widest)
    assert harm.removes_within
    assert "could make up" in harm.sentence
    vast = dataclasses.replace(result, delta_removes=9 * result.delta_widest)
    assert "would not make up" in vast.sentence


def test_interval_reaches_zero_before_the_estimate_does(sdq):
    design, outcomes, _ = sdq
    turned = outcomes.assign(y=outcomes["y"] - 4 * outcomes["programme"])
    result = programme_only(design, turned, "y", "sdq", norm=NORM)
    assert result.ci_high < 0
    assert 0 < result.delta_interval < result.delta_removes
    near = programme_only(design, turned, "y", "sdq", norm=NORM, steps=1001).table().set_index("delta")
    held = near[(near["ci_low"] <= 0) & (near["ci_high"] >= 0)]
    assert held.index.min() == pytest.approx(result.delta_interval)


def test_slope_is_that_of_a_regression_among_programme_children(sdq):
    import statsmodels.api as sm

    design, outcomes, result = sdq
    rows = outcomes.loc[design.matched_programme]
    fit = sm.OLS(rows["y"], sm.add_constant(rows[["sdq", "english_baseline"]])).fit()
    assert result.gamma == pytest.approx(fit.params["sdq"])
    assert result.gamma_low < GAMMA < result.gamma_high
    assert result.n_gamma == len(rows)


def test_programme_of_one_school_still_gives_a_slope(sdq):
    design, outcomes, _ = sdq
    outcomes = outcomes.assign(school_id=outcomes["school_id"].where(outcomes["programme"] == 0, "only"))
    result = programme_only(design, outcomes, "y", "sdq", norm=NORM)
    assert any("one school" in note for note in result.notes)
    assert math.isfinite(result.gamma_low)
    assert result.table()["ci_low"].isna().all()
    assert len(result.plot().axes) == 1


def test_without_schools_the_sweep_has_an_interval(sdq):
    design, outcomes, clustered = sdq
    result = programme_only(design, outcomes, "y", "sdq", norm=NORM, cluster=None)
    assert result.gamma == pytest.approx(clustered.gamma)
    assert result.table()["ci_low"].notna().all()


def test_programme_only_findings_and_words(sdq):
    result = sdq[2]
    found = {f.finding_id: f for f in result.findings("s.y", unit="points", outcome="y", wave="endline")}
    assert set(found) == {"s.y.gamma", "s.y.delta_widest", "s.y.delta_removes", "s.y.bias_widest"}
    assert found["s.y.gamma"].ci_low == result.gamma_low
    assert found["s.y.gamma"].n_programme == result.n_gamma
    assert all(f.claim == "description" for f in found.values())
    check_words(result.sentence, "sentence")
    assert draw_programme_only(result.table().assign(ci_low=np.nan)).axes[0].get_xlabel()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"measure": "sdx"}, OptionError, "not a column"),
        ({"measure": "english_baseline"}, OptionError, "no gap"),
        ({"steps": 1}, OptionError, "steps"),
        ({"reach": 0.0}, OptionError, "reach"),
        ({"norm": float("nan")}, OptionError, "norm"),
        ({"measure": "constant"}, DesignError, "varies"),
    ],
)
def test_wrong_input_of_programme_only(sdq, change, error, words):
    design, outcomes, _ = sdq
    options = {"measure": "sdq", "norm": NORM, **change}
    measure = options.pop("measure")
    with pytest.raises(error, match=words):
        programme_only(design, outcomes.assign(constant=1.0), "y", measure, **options)


def test_order_of_rows_changes_nothing():
    design, outcomes = _sdq_world(3, n=500)
    backwards = match("programme ~ english_baseline", outcomes[["programme", "english_baseline"]][::-1], caliper=0.2)
    one = programme_only(design, outcomes, "y", "sdq", norm=NORM)
    two = programme_only(backwards, outcomes[::-1], "y", "sdq", norm=NORM)
    assert one.table().equals(two.table())
    one = noisy_baseline(design, outcomes, "english_baseline", r=0.7)
    two = noisy_baseline(backwards, outcomes[::-1], "english_baseline", r=0.7)
    assert one.table().equals(two.table())


def test_a_ratio_has_no_gap_to_sweep(sdq):
    design, outcomes, _ = sdq
    ratio = estimate_effect(design, outcomes.assign(p=(outcomes["y"] > 100) * 1), "p", measure="risk_ratio")
    with pytest.raises(OptionError, match="ratio"):
        programme_only(design, outcomes, "y", "sdq", norm=NORM, effect=ratio)


def test_programme_at_the_norm_has_no_gap(sdq):
    design, outcomes, result = sdq
    with pytest.raises(DesignError, match="norm"):
        programme_only(design, outcomes, "y", "sdq", norm=result.mean)


def _placebo_world(hidden: float, n=3000, seed=4, noise=0.5):
    rng = np.random.default_rng(seed)
    need, unseen = rng.normal(size=n), rng.normal(size=n)
    data = pd.DataFrame(
        {
            "programme": (need + hidden * unseen + rng.logistic(size=n) > 1.2).astype(int),
            "english_baseline": -need + 0.3 * rng.normal(size=n),
            "school_id": [f"s{s}" for s in rng.integers(0, 40, n)],
        },
        index=[f"c{i}" for i in range(n)],
    )
    earlier = -need + unseen + noise * rng.normal(size=n)
    return data, data.assign(english_pre_baseline=earlier, noise_pre_baseline=rng.normal(size=n))


def test_placebo_fails_when_something_unseen_decided():
    data, outcomes = _placebo_world(hidden=1.5)
    result = placebo(match("programme ~ english_baseline", data, caliper=0.2), outcomes, "english_pre_baseline")
    assert result.table().loc[0, "verdict"] == result.verdict == "fails"
    assert "not fair" in result.sentence


def test_placebo_passes_only_when_the_groups_are_shown_to_be_alike():
    data, outcomes = _placebo_world(hidden=0.0)
    design = match("programme ~ english_baseline", data, caliper=0.2)
    passed = placebo(design, outcomes, "english_pre_baseline", margin=0.2)
    assert passed.verdict == "passes"
    row = passed.table().loc[0]
    assert -0.2 < row["sds_low"] < row["sds_high"] < 0.2
    narrow = placebo(design, outcomes, "english_pre_baseline", margin=0.02)
    assert narrow.verdict == "says little"
    row = narrow.table().loc[0]
    assert ("too wide" in narrow.sentence) == (row["sds_low"] < 0 < row["sds_high"])


def test_clear_difference_that_is_too_small_to_matter_passes():
    data, outcomes = _placebo_world(hidden=1.5)
    design = match("programme ~ english_baseline", data, caliper=0.2)
    result = placebo(design, outcomes, "english_pre_baseline", margin=1.0)
    row = result.table().loc[0]
    assert row["ci_low"] > 0
    assert row["sds_high"] < 1.0
    assert row["verdict"] == "passes"


def test_equivalence_interval_is_that_of_two_one_sided_tests():
    data, outcomes = _placebo_world(hidden=0.0)
    result = placebo(match("programme ~ english_baseline", data, caliper=0.2), outcomes, "english_pre_baseline")
    row, effect = result.table().loc[0], result.effects[0]
    from scipy import stats

    # At the edge of the 90% interval the one-sided test has exactly 5%.
    t = (effect.estimate - row["sds_low"] * effect.g.sd) / effect.se
    assert stats.t.sf(t, effect.df) == pytest.approx(0.05)


def test_placebo_with_few_schools_says_little():
    data, outcomes = _placebo_world(hidden=1.5)
    outcomes["school_id"] = np.where(outcomes["programme"] == 1, "one", outcomes["school_id"])
    result = placebo(match("programme ~ english_baseline", data), outcomes, "english_pre_baseline")
    assert result.verdict == "says little"
    assert result.table().loc[0, "why"].startswith("too few schools")
    assert not result.findings("s")[0].has_interval


def test_placebo_columns_are_earlier_waves_that_are_not_matched_on():
    data, outcomes = _placebo_world(hidden=1.5)
    design = match("programme ~ english_baseline", data)
    both = ("english_pre_baseline", "noise_pre_baseline")
    assert placebo_columns(outcomes.columns, design) == both
    result = placebo(design, outcomes)
    assert tuple(result.table()["outcome"]) == both
    assert result.verdict == "fails"
    matched = match("programme ~ english_pre_baseline", outcomes.drop(columns="noise_pre_baseline"))
    with pytest.raises(OptionError, match="by construction"):
        placebo(matched, outcomes, "english_pre_baseline")
    with pytest.raises(OptionError, match="no placebo outcome"):
        placebo(matched, outcomes.drop(columns="noise_pre_baseline"))
    with pytest.raises(OptionError, match="not a column"):
        placebo(design, outcomes, "english_pre")
    with pytest.raises(OptionError, match="margin"):
        placebo(design, outcomes, margin=0.0)


def test_placebo_findings_and_words():
    data, outcomes = _placebo_world(hidden=0.0, n=800)
    result = placebo(match("programme ~ english_baseline", data), outcomes)
    first = result.findings("s.y", comparator="other_school")[0]
    effect = result.effects[0]
    assert first.finding_id == "s.y.placebo.english_pre_baseline"
    assert (first.unit, first.claim, first.comparator) == ("sd", "description", "other_school")
    assert (first.ci_low * effect.g.sd, first.ci_high * effect.g.sd) == pytest.approx((effect.ci_low, effect.ci_high))
    for text in (result.sentence, first.note):
        check_words(text, "sentence")
    assert len(result.plot().axes) == 1
    assert draw_placebo(result.table().assign(sds=np.nan)).axes[0].get_xlabel()


@pytest.mark.simulation
@pytest.mark.parametrize(("gap", "r"), [(-0.5, 0.6), (-0.8, 0.8)])
def test_matching_on_a_noisy_baseline_drifts_as_told(gap, r):
    """No programme effect, two populations, one noisy reading each: the matched difference is (1 − r) × gap."""
    found, told = [], []
    for seed in range(900, 912):
        rng = np.random.default_rng(seed)
        n = 6000
        programme = np.arange(n) < n // 4
        truth = gap * programme + math.sqrt(r) * rng.normal(size=n)
        first, second = (truth + math.sqrt(1 - r) * rng.normal(size=n) for _ in range(2))
        data = pd.DataFrame(
            {"programme": programme.astype(int), "english_baseline": first}, index=[f"c{i}" for i in range(n)]
        )
        design = match("programme ~ english_baseline", data, caliper=0.05)
        effect = estimate_effect(design, data.assign(y=second), "y", cluster=None)
        found.append(effect.estimate)
        told.append(noisy_baseline(design, data, "english_baseline", r=r, effect=effect).bias)
    assert np.mean(told) == pytest.approx((1 - r) * gap, abs=0.02)
    assert np.mean(found) == pytest.approx(np.mean(told), abs=3 * np.std(found, ddof=1) / math.sqrt(len(found)))


@pytest.fixture
def noisy():
    data, outcomes = _placebo_world(hidden=0.0, n=800)
    design = match("programme ~ english_baseline", data)
    effect = estimate_effect(design, outcomes, "english_pre_baseline")
    return design, outcomes, effect, noisy_baseline(design, outcomes, "english_baseline", r=0.65, effect=effect)


def test_noisy_baseline_table_takes_each_bias_out(noisy):
    _, outcomes, effect, result = noisy
    table = result.table().set_index("r")
    one, two = (outcomes.loc[outcomes["programme"] == k, "english_baseline"] for k in (1, 0))
    assert result.gap == pytest.approx(one.mean() - two.mean())
    assert table.loc[0.6, "bias"] == pytest.approx(0.4 * result.gap)
    assert table.loc[1.0, "estimate"] == pytest.approx(effect.estimate)
    assert table.loc[0.4, "estimate"] == pytest.approx(effect.estimate - 0.6 * result.gap)
    assert table["believed"].tolist().count(True) == 1
    assert table.loc[0.65, "believed"]
    assert (table["n_programme"] == len(one)).all()


def test_noisy_baseline_findings_words_and_figure(noisy):
    design, outcomes, _, result = noisy
    found = {f.finding_id: f.estimate for f in result.findings("s.y")}
    assert found["s.y.baseline_bias"] == pytest.approx(0.35 * result.gap)
    assert found["s.y.baseline_bias_sd"] == pytest.approx(0.35 * result.gap / result.sd)
    without = noisy_baseline(design, outcomes, "english_baseline")
    assert "s.y.baseline_bias" not in {f.finding_id for f in without.findings("s.y")}
    assert "lower" in result.sentence
    for text in (result.sentence, *result.notes):
        check_words(text, "sentence")
    assert len(result.plot().axes) == 1
    assert draw_noisy_baseline(result.table().assign(bias_sd=np.nan)).axes[0].get_xlabel()


def test_wrong_input_of_noisy_baseline(noisy):
    design, outcomes = noisy[:2]
    with pytest.raises(OptionError, match="not a column"):
        noisy_baseline(design, outcomes, "english_basline")
    with pytest.raises(OptionError, match="from 0 to 1"):
        noisy_baseline(design, outcomes, "english_baseline", r=1.2)
    with pytest.raises(DesignError, match="Fewer than two"):
        noisy_baseline(design, outcomes.assign(empty=np.nan), "empty")
    with pytest.raises(DesignError, match="vary"):
        noisy_baseline(design, outcomes.assign(same=1.0), "same")
