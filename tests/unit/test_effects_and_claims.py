"""Effects, selection and the words that may be used for them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import (
    SelectionOptions,
    claim_sentence,
    claim_verdict,
    direction_words,
    estimate_effect,
    match,
    may_say_caused,
    naive_difference,
    selection_verdict,
)
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.finding import Finding


def _world(seed=0, n=400, schools=12):
    rng = np.random.default_rng(seed)
    school = rng.integers(0, schools, n)
    need = rng.normal(size=n)
    programme = (school < schools // 2) & (need + rng.logistic(size=n) > 0.3)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "english_baseline": 100 - 10 * need,
            "school_id": [f"s{s}" for s in school],
        },
        index=[f"c{i}" for i in range(n)],
    )
    return data, 100 - 12 * need + 3 * programme + rng.normal(0, 5, n)


def test_effect_is_nearer_the_truth_than_the_naive_difference():
    data, y = _world()
    design = match("programme ~ english_baseline", data, caliper=0.2)
    outcomes = data.assign(english_endline=y)
    att, naive = (
        estimate_effect(design, outcomes, "english_endline"),
        naive_difference(design.treatment, outcomes, "english_endline"),
    )
    assert att.ci_low < 3 < att.ci_high
    assert abs(att.estimate - 3) < abs(naive.estimate - 3)
    assert att.clustering == "school"
    assert att.scores.pow(2).sum() == pytest.approx(att.se**2)


def test_missing_outcomes_are_left_out_and_counted():
    data, y = _world()
    design = match("programme ~ english_baseline", data)
    y[data.index.get_indexer(design.matched_programme[:7])] = np.nan
    effect = estimate_effect(design, data.assign(y=y), "y")
    assert (effect.n_missing_programme, effect.n_programme) == (7, len(design.matched_programme) - 7)


def test_one_school_in_a_group_gives_no_interval():
    data, y = _world()
    data.loc[data["programme"] == 1, "school_id"] = "only"
    effect = estimate_effect(match("programme ~ english_baseline", data), data.assign(y=y), "y")
    assert math.isfinite(effect.estimate)
    assert not math.isfinite(effect.ci_low)
    assert effect.illustrative
    assert any("single school" in note for note in effect.notes)


def test_few_schools_are_illustrative():
    data, y = _world(schools=4)
    effect = estimate_effect(match("programme ~ english_baseline", data), data.assign(y=y), "y")
    assert effect.df < 3
    assert effect.illustrative


def test_model_steps_down_when_children_are_few():
    data, y = _world(n=30, schools=6)
    wide = data.assign(**{f"x{i}_baseline": np.random.default_rng(i).normal(size=30) for i in range(3)})
    design = match("programme ~ english_baseline + x0_baseline + x1_baseline + x2_baseline", wide)
    effect = estimate_effect(design, wide.assign(y=y), "y", cluster=None)
    assert effect.model != "interacted"
    assert any("Too few children" in note for note in effect.notes)


def test_wrong_outcome_and_cluster_are_named():
    data, y = _world()
    design, outcomes = match("programme ~ english_baseline", data), data.assign(english_endline=y)
    with pytest.raises(OptionError, match="english_endline"):
        estimate_effect(design, outcomes, "english_endlin")
    with pytest.raises(OptionError, match="school_id"):
        estimate_effect(design, outcomes, "english_endline", cluster="school")
    with pytest.raises(DesignError, match="Fewer than two"):
        estimate_effect(design, outcomes.assign(english_endline=np.nan), "english_endline")


RULES = selection_verdict(
    pd.DataFrame({"programme": [1, 1], "identified": [1.0, 1.0]}), SelectionOptions(basis="rules")
)
GOOD = {
    "tier": "A",
    "selection": RULES,
    "worst_imbalance": 0.05,
    "balance_limit": 0.1,
    "adjusted": True,
    "matched": 200,
    "illustrative": False,
}


def test_everything_in_place_is_an_effect():
    assert claim_verdict(**GOOD).claim == "effect"


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ({"tier": "B"}, "adjusted_difference"),
        ({"tier": "C"}, "description"),
        ({"worst_imbalance": 0.3}, "adjusted_difference"),
        ({"worst_imbalance": 0.15, "adjusted": False}, "adjusted_difference"),
        ({"worst_imbalance": 0.15}, "effect"),
        ({"matched": 40}, "adjusted_difference"),
        ({"illustrative": True}, "adjusted_difference"),
        ({"worst_imbalance": math.nan}, "adjusted_difference"),
        (
            {"selection": selection_verdict(pd.DataFrame({"programme": [1]}), SelectionOptions())},
            "adjusted_difference",
        ),
    ],
)
def test_each_thing_missing_lowers_the_claim(change, claim):
    assert claim_verdict(**{**GOOD, **change}).claim == claim


@pytest.mark.parametrize(("outside", "basis"), [(5, "rules"), (6, "judgement")])
def test_rules_that_do_not_identify_the_children_are_judgement(outside, basis):
    identified = np.r_[np.zeros(outside), np.ones(100 - outside), np.zeros(50)]
    data = pd.DataFrame({"programme": np.r_[np.ones(100), np.zeros(50)], "identified": identified})
    verdict = selection_verdict(data, SelectionOptions(basis="rules"))
    assert verdict.basis == basis
    assert verdict.contradicted == (basis == "judgement")


def _finding(**change):
    base = {
        "finding_id": "attribution.att.english.endline",
        "quantity": "att",
        "estimate": 2.0,
        "unit": "points",
        "claim": "effect",
        "tier": "A",
        "ci_low": 1.0,
        "ci_high": 3.0,
        "wave": "endline",
        "n_programme": 100,
    }
    return Finding(**{**base, **change})


def test_caused_is_said_only_of_a_clear_effect():
    assert "caused" in claim_sentence(_finding(), "English", "higher")
    for change in (
        {"claim": "adjusted_difference"},
        {"claim": "description"},
        {"ci_low": -1.0},
        {"tier": "B"},
        {"tier": "C"},
        {"ci_low": math.nan},
        {"claim": "association"},
        {"claim": "projection"},
    ):
        finding = _finding(**change)
        assert not may_say_caused(finding)
        assert "caused" not in claim_sentence(finding, "English", "higher")


@pytest.mark.parametrize(
    ("estimate", "better", "words"),
    [
        (1, "higher", "better"),
        (-1, "higher", "worse"),
        (-1, "lower", "better"),
        (1, "lower", "worse"),
        (1, "unclear", "good or bad"),
    ],
)
def test_direction_comes_from_better(estimate, better, words):
    assert words in direction_words(estimate, better)[1]
    finding = _finding(
        estimate=float(estimate),
        ci_low=min(estimate * 0.5, estimate * 2),
        ci_high=max(estimate * 0.5, estimate * 2),
    )
    assert words in claim_sentence(finding, "English", better)


def test_an_interval_with_zero_leaves_everything_open():
    sentence = claim_sentence(dataclasses.replace(_finding(), ci_low=-1.0), "English", "higher")
    assert "cannot tell" in sentence
    assert "{att:interval}" in sentence
