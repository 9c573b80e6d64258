"""Missing outcomes: rates and boundary, response weights, bounds; equivalence of the children analysed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.standards.attrition import attrition, draw_attrition, response_weighted_effect
from wlz_eval.attribution.standards.bounds import draw_bounds, lee_bounds, trimmed_weights, worst_case_bounds
from wlz_eval.attribution.standards.wwc import baseline_equivalence, cox_index, draw_equivalence, equivalence_verdict
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.reference.wwc import attrition_boundary

EFFECT = 5.0


def _world(seed=0, n=1600, schools=30, chosen=1.0):
    rng = np.random.default_rng(seed)
    school, need, fsm = rng.integers(0, schools, n), rng.normal(size=n), rng.integers(0, 2, n)
    programme = chosen * need + rng.logistic(size=n) > 0.5
    y = 50 - 6 * need + EFFECT * programme + 2 * rng.normal(size=schools)[school] + 5 * rng.normal(size=n)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int), "need_baseline": need, "fsm": fsm.astype(float),
            "school_id": [f"s{s:02d}" for s in school],
        },
        index=[f"c{i:04d}" for i in range(n)],
    )
    design = match("programme ~ need_baseline + fsm", data, caliper=0.2)
    return rng, data.assign(score_endline=np.clip(y, 0, 100)), design


def test_rates_are_counted_in_the_design_and_judged_by_the_boundary():
    _, data, design = _world()
    gone = design.matched_programme[: len(design.matched_programme) // 5]
    data.loc[gone, "score_endline"] = np.nan
    data.loc[design.unmatched_programme, "score_endline"] = np.nan  # not in the comparison: does not count
    row = attrition(design, data, ["score_endline"]).table().iloc[0]
    n = len(design.matched_programme)
    assert (row["missing_programme"], row["missing_comparison"]) == (n // 5, 0)
    assert row["rate_programme"] == pytest.approx(100 * (n // 5) / n)
    assert row["overall"] == pytest.approx(50 * (n // 5) / n)
    assert row["verdict"] == "high"
    assert draw_attrition(attrition(design, data, ["score_endline"]).table()).axes[0].patches


@pytest.mark.parametrize(
    ("overall", "assumption", "limit"),
    [
        (0, "cautious", 5.7),
        (0, "optimistic", 10.0),
        (9.6, "cautious", 6.3),
        (60, "optimistic", 1.4),
        (57, "cautious", 0),
    ],
)
def test_boundary_has_the_values_of_the_table(overall, assumption, limit):
    assert attrition_boundary(overall, assumption) == limit


def test_beyond_the_table_attrition_is_high_whatever_the_difference():
    assert math.isnan(attrition_boundary(58))
    assert math.isnan(attrition_boundary(66, "optimistic"))
    with pytest.raises(OptionError, match="optimistic"):
        attrition_boundary(10, "hopeful")


def test_response_weights_undo_losses_that_the_covariates_explain():
    """Effects grow with need, and needy programme children are lost: those who are left gain less."""
    plain, weighted = [], []
    for seed in range(12):
        rng, data, design = _world(seed)
        need, on = data["need_baseline"].to_numpy(), data["programme"].to_numpy() == 1
        data["y"] = data["score_endline"] + 4 * need * on
        truth = EFFECT + 4 * data.loc[design.matched_programme, "need_baseline"].mean()
        lost = on & (need + rng.logistic(size=len(need)) > 1)
        data.loc[lost, "y"] = np.nan
        plain.append(estimate_effect(design, data, "y").estimate - truth)
        weighted.append(response_weighted_effect(design, data, "y").estimate - truth)
    assert np.mean(plain) < -0.5
    assert abs(np.mean(weighted)) < 2.5 * np.std(weighted) / math.sqrt(12)


def test_nothing_missing_changes_nothing_and_few_missing_are_said():
    _, data, design = _world()
    assert response_weighted_effect(design, data, "score_endline").estimate == pytest.approx(
        estimate_effect(design, data, "score_endline").estimate
    )
    data.loc[design.matched_programme[:3], "score_endline"] = np.nan
    assert any("too few to say" in n for n in response_weighted_effect(design, data, "score_endline").notes)


def test_lee_bounds_hold_the_effect_on_those_always_known():
    """The lowest scorers leave, unless the programme keeps them: then the upper bound is the effect itself."""
    lower, upper, covered = [], [], 0
    for seed in range(20):
        rng, data, design = _world(seed, chosen=0.0)
        on, y = data["programme"].to_numpy() == 1, data["score_endline"].to_numpy()
        stays = y - EFFECT * on > 44
        data["y"] = np.where(stays | (on & (rng.uniform(size=len(y)) < 0.6)), y, np.nan)
        found = lee_bounds(design, data, "y")
        assert found.trimmed == "programme"
        assert found.observed.estimate < EFFECT - 1  # what the loss does to the plain difference
        assert found.ci_low < found.lower.estimate <= found.upper.estimate < found.ci_high
        lower.append(found.lower.estimate)
        upper.append(found.upper.estimate)
        covered += found.ci_low <= EFFECT <= found.ci_high
    # Some of those kept score above some who stay, so that trimming from the bottom is exact only nearly.
    assert np.mean(upper) == pytest.approx(EFFECT, abs=2.5 * np.std(upper) / math.sqrt(20) + 0.1)
    assert max(lower) < EFFECT - 1
    assert covered >= 17  # of 20 at 95%


def test_lee_bounds_without_losses_are_the_estimate():
    _, data, design = _world()
    found = lee_bounds(design, data, "score_endline")
    assert found.lower.estimate == found.upper.estimate == found.observed.estimate
    assert found.ci_low == pytest.approx(found.observed.ci_low, abs=1e-6)
    assert found.trimmed == ""


def test_trimming_the_comparison_group_mirrors_the_programme():
    _, data, design = _world()
    data.loc[design.matched_programme[::4], "score_endline"] = np.nan
    found = lee_bounds(design, data, "score_endline")
    assert found.trimmed == "comparison"
    assert found.share == pytest.approx(25, abs=0.2)
    assert found.lower.estimate < found.observed.estimate < found.upper.estimate


def test_worst_case_bounds_have_their_closed_form_and_hold_any_filling():
    rng, data, design = _world()
    used = design.weights.index[design.weights > 0]
    data.loc[rng.choice(used, 60, replace=False), "score_endline"] = np.nan
    found = worst_case_bounds(design, data, "score_endline", 0, 100)
    on = design.treatment.loc[used]
    gone = data.loc[used, "score_endline"].isna()
    width = 100 * (gone[on].mean() + gone[~on].mean())
    assert found.upper.estimate - found.lower.estimate == pytest.approx(width)
    for _ in range(5):
        filled = data.assign(y=data["score_endline"].fillna(pd.Series(rng.uniform(0, 100, len(data)), data.index)))
        any_filling = estimate_effect(design, filled, "y", model="unadjusted").estimate
        assert found.lower.estimate <= any_filling <= found.upper.estimate
    assert draw_bounds(found.table()).axes[0].get_yticklabels()
    with pytest.raises(OptionError, match="outside"):
        worst_case_bounds(design, data, "score_endline", 40, 60)


def test_trimming_takes_the_share_from_its_end():
    rng = np.random.default_rng(0)
    y, w = rng.normal(size=50), rng.uniform(0.2, 3, 50)
    for end in ("top", "bottom"):
        kept = trimmed_weights(y, w, 0.3, end)
        assert kept.sum() == pytest.approx(0.7 * w.sum())
        gone, stays = y[kept == 0], y[kept == w]
        assert gone.min() > stays.max() if end == "top" else gone.max() < stays.min()


def test_equivalence_is_judged_on_the_children_analysed():
    _, data, design = _world()
    needy = data.index[(data["programme"] == 1) & (data["need_baseline"] > 0.5)]
    data["lost_endline"] = data["score_endline"].where(~data.index.isin(needy))
    found = baseline_equivalence(
        design, data, {"score_endline": ["need_baseline", "fsm"], "lost_endline": ["need_baseline"]}
    )
    table = found.table().set_index(["outcome", "baseline"])
    assert found.met("score_endline")
    assert not found.met("lost_endline")
    assert table.loc[("lost_endline", "need_baseline"), "verdict"] == "not_satisfied"
    assert table.loc[("score_endline", "fsm"), "kind"] == "binary"
    unadjusted = baseline_equivalence(design, data, {"score_endline": ["need_baseline"]}, adjusted=False).table()
    assert not unadjusted["adjusted"].any()
    assert draw_equivalence(found.table()).axes[0].collections


def test_equivalence_of_plain_numbers():
    assert [equivalence_verdict(g) for g in (0.0, 0.05, 0.0501, -0.25, -0.2501, math.nan)] == [
        "satisfied", "satisfied", "adjust", "adjust", "not_satisfied", "unknown",
    ]
    assert cox_index(0.3, 0.2, 10**9) == pytest.approx(math.log((0.3 / 0.7) / (0.2 / 0.8)) / 1.65)
    assert math.isnan(cox_index(0.0, 0.2, 100))


def test_nobody_known_is_named():
    _, data, design = _world(n=300)
    with pytest.raises(DesignError, match="known"):
        response_weighted_effect(design, data.assign(score_endline=np.nan), "score_endline")
    with pytest.raises(DesignError, match="known"):
        lee_bounds(design, data.assign(score_endline=np.nan), "score_endline")
