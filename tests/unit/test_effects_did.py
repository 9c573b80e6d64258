"""Difference-in-differences beside matching, in worlds where one or the other is right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.effects.did import (
    baseline_comparison,
    difference_in_differences,
    draw_baseline_comparison,
    with_and_without,
)
from wlz_eval.attribution.effects.trend import parallel_trend
from wlz_eval.attribution.weight import weight
from wlz_eval.core.errors import DesignError, OptionError

EFFECT, R = 2.0, 0.6


def _world(seed=0, n=4000, chosen_on="reading"):
    """Score = lasting part + noise of each wave, SD 10, of which 60% of the variance lasts."""
    rng = np.random.default_rng(seed)
    school = rng.integers(0, 40, n)
    age = rng.normal(size=n)
    lasting = np.sqrt(R) * 10 * rng.normal(size=n)
    if chosen_on == "group":  # two populations half an SD apart, the readings only reflect it
        programme = rng.uniform(size=n) < 0.4
        lasting = lasting - 5.0 * programme
    noise = lambda: np.sqrt(1 - R) * 10 * rng.normal(size=n)  # noqa: E731
    earlier, start, end = lasting + noise(), lasting + noise(), lasting + noise()
    if chosen_on == "reading":
        programme = -start / 10 + rng.logistic(size=n) > 0.8
    data = pd.DataFrame(
        {
            "programme": programme.astype(int), "age_baseline": age, "score_baseline": start,
            "score_pre_baseline": earlier, "school_id": [f"s{s:02d}" for s in school],
        },
        index=[f"c{i:04d}" for i in range(n)],
    )
    return data, data.assign(score_endline=end + EFFECT * programme)


def _compare(chosen_on, **options):
    data, outcomes = _world(chosen_on=chosen_on)
    design = match("programme ~ age_baseline + score_baseline", data, caliper=0.2)
    without, with_ = with_and_without(design, data, "score_baseline")
    return baseline_comparison(without, with_, outcomes, "score_endline", "score_baseline", **options)


def test_chosen_on_the_reading_matching_is_right_and_did_is_not():
    found = _compare("reading", reliability=R)
    rows = found.table().set_index("method")
    assert rows.loc["with_baseline", "ci_low"] < EFFECT < rows.loc["with_baseline", "ci_high"]
    assert rows.loc["did", "ci_low"] > EFFECT + 1  # regression to the mean, taken for an effect
    assert rows.loc["naive", "estimate"] < 0
    assert rows.loc["without_baseline", "estimate"] < 0


def test_chosen_from_another_population_matching_is_off_by_the_bias_and_did_is_right():
    found = _compare("group", reliability=R)
    rows = found.table().set_index("method")
    assert rows.loc["did", "ci_low"] < EFFECT < rows.loc["did", "ci_high"]
    assert found.bias == pytest.approx((1 - R) * found.gap)
    assert found.bias == pytest.approx(-2.0, abs=0.3)  # .2 SD of 10, as the formula has it for a gap of .5 SD
    assert rows.loc["with_baseline", "ci_high"] < EFFECT
    assert rows.loc["with_baseline", "estimate_less_bias"] == pytest.approx(EFFECT, abs=0.6)
    assert np.isnan(rows.loc["did", "bias"])
    figure = draw_baseline_comparison(found.table())
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()][-1].startswith("All children")


def test_reliability_is_estimated_among_comparison_children_when_not_given():
    found = _compare("group")
    assert not found.assumed
    assert found.reliability == pytest.approx(R, abs=0.05)


def test_the_two_designs_differ_in_the_baseline_only():
    data, _ = _world(n=500)
    design = match("programme ~ age_baseline + score_baseline", data, caliper=0.3, exact=["school_id"])
    without, with_ = with_and_without(design, data, "score_baseline")
    assert with_ is design
    assert without.formula.columns == ("age_baseline",)
    assert (without.spec.caliper, without.spec.exact) == (design.spec.caliper, ("school_id",))
    again, more = with_and_without(without, data, "score_baseline")
    assert again is without
    pd.testing.assert_series_equal(more.weights, design.weights)
    weighted = weight("programme ~ age_baseline", data, method="entropy")
    assert with_and_without(weighted, data, "score_baseline")[1].spec.method == "entropy"
    with pytest.raises(DesignError, match="no covariate left"):
        with_and_without(match("programme ~ score_baseline", data), data, "score_baseline")


def test_did_is_the_difference_of_mean_changes():
    data, outcomes = _world(n=300)
    treated = data["programme"] == 1
    change = outcomes["score_endline"] - outcomes["score_baseline"]
    found = difference_in_differences(treated, outcomes, "score_endline", "score_baseline")
    assert found.estimate == pytest.approx(change[treated].mean() - change[~treated].mean())


@pytest.mark.parametrize(("chosen_on", "verdict"), [("reading", "apart"), ("group", "alike")])
def test_parallel_trends(chosen_on, verdict):
    data, outcomes = _world(chosen_on=chosen_on, n=8000)
    found = parallel_trend(
        data["programme"] == 1, outcomes, "score_pre_baseline", "score_baseline", limit_sd=0.15
    )
    assert found.verdict == verdict
    assert found.words


def test_few_children_cannot_show_likeness():
    data, outcomes = _world(chosen_on="group", n=80)
    found = parallel_trend(data["programme"] == 1, outcomes, "score_pre_baseline", "score_baseline")
    assert found.verdict == "cannot_tell"


def test_misuse_is_named():
    data, outcomes = _world(n=200)
    treated = data["programme"] == 1
    with pytest.raises(OptionError, match="score_baseline"):
        difference_in_differences(treated, outcomes, "score_endline", "score_base")
    with pytest.raises(OptionError, match="limit_sd"):
        parallel_trend(treated, outcomes, "score_pre_baseline", "score_baseline", limit_sd=0)
    design = match("programme ~ age_baseline", data)
    with pytest.raises(OptionError, match="correlation"):
        baseline_comparison(design, design, outcomes, "score_endline", "score_baseline", reliability=1.2)
