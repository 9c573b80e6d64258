"""Several cohorts in one model: known effects, shared schools and children, and what pooling gains."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.pooling.pool import pool
from wlz_eval.attribution.pooling.result import draw_pooled
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.measures import analysis_frame
from wlz_eval.simulate import make_options, simulate

SCHOOLS, PER_SCHOOL = 16, 24


def _cohort(seed, effect=0.3, level=None, prefix="", icc=0.2, schools=SCHOOLS):
    """Half the schools have the programme; `level` holds what schools keep from cohort to cohort."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), PER_SCHOOL)
    n = len(school)
    need = rng.normal(size=n)
    inside = school < schools // 2
    programme = inside & (need + rng.logistic(size=n) > 0.5)
    own = math.sqrt(icc) * rng.normal(size=schools) if level is None else level
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "need_baseline": need,
            "school_id": [f"{prefix}s{s}" for s in school],
            "person_id": [f"{prefix}{seed}-{i}" for i in range(n)],
        },
        index=[f"c{i}" for i in range(n)],
    )
    data["score_endline"] = effect * programme - 0.5 * need + own[school] + math.sqrt(1 - icc) * rng.normal(size=n)
    data = data[programme | ~inside]
    return match("programme ~ need_baseline", data.drop(columns=["score_endline", "person_id"])), data


def test_the_average_is_that_of_the_cohorts_estimates():
    cohorts = {"a": _cohort(1, prefix="a"), "b": _cohort(2, prefix="b"), "c": _cohort(3, prefix="c")}
    result = pool(cohorts, "score_endline")
    # The pooled model weighs children, not schools.
    singles = [estimate_effect(d, data, "score_endline", working="independent") for d, data in cohorts.values()]
    assert result.cohorts["estimate"].to_numpy() == pytest.approx([e.estimate for e in singles])
    assert result.cohorts["se"].to_numpy() == pytest.approx([e.se for e in singles])
    average = np.average(result.cohorts["estimate"], weights=result.cohorts["weight"])
    assert result.pooled["estimate"] == pytest.approx(average)
    # Without a school in common the cohorts are independent.
    variance = ((result.cohorts["weight"] * result.cohorts["se"]) ** 2).sum()
    assert result.pooled["se"] == pytest.approx(math.sqrt(variance))
    assert (result.shared_schools, result.shared_children, result.left_out) == (0, 0, 0)
    spread = result.cohorts["estimate"] - np.average(result.cohorts["estimate"], weights=1 / result.cohorts["se"] ** 2)
    assert result.q == pytest.approx(((spread / result.cohorts["se"]) ** 2).sum())  # Cochran's
    assert result.pooled["mde"] < result.cohorts["mde"].min()


@pytest.mark.simulation
def test_a_school_in_two_cohorts_is_one_cluster():
    inside, ratio = [], []
    for world in range(5_000, 5_016):
        level = math.sqrt(0.2) * np.random.default_rng(world).normal(size=SCHOOLS)
        cohorts = {name: _cohort(10 * world + k, level=level) for k, name in enumerate("abc")}
        together = pool(cohorts, "score_endline")
        for name, (_, data) in cohorts.items():
            data["school_id"] = name + data["school_id"]
        separate = pool(cohorts, "score_endline")
        assert together.shared_schools == SCHOOLS
        assert separate.shared_schools == 0
        inside.append(together.pooled["ci_low"] <= 0.3 <= together.pooled["ci_high"])
        ratio.append(together.pooled["se"] / separate.pooled["se"])
    assert np.mean(inside) >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / 16)
    # Schools that stay the same make up nearly all of the variance, and three cohorts do not divide it by three.
    assert np.mean(ratio) > 1.4


@pytest.mark.simulation
def test_simulated_cohorts_give_the_true_effect_back():
    cohorts, truth = {}, []
    for seed in (61, 62, 63):
        options = make_options(id=f"w{seed}", children=120, pool=900, schools=6, comparison_schools=8, seed=seed)
        world = simulate(options)
        frame = analysis_frame(world.cohort)
        data = frame.data[(frame.data["programme"] == 1) | (frame.data["comparison_type"] == "other_school")]
        columns = ["programme", *frame.baseline_columns]
        formula = "programme ~ english_baseline + maths_baseline + attendance_baseline + sdq_total_baseline + fsm"
        design = match(formula, data[columns], caliper=0.2)
        outcomes = data.assign(school_id=f"{seed}-" + data["school_id"].astype(str))
        cohorts[str(seed)] = (design, outcomes)
        known = outcomes.loc[design.matched_programme, "english_endline"].dropna().index
        truth.append(world.truth.per_child.loc[known, "english_endline"])
    result = pool(cohorts, "english_endline", person=None)
    true = pd.concat(truth).mean()
    assert result.pooled["ci_low"] < true < result.pooled["ci_high"]
    assert result.pooled["se"] < result.cohorts["se"].min()
    assert result.q_p > 0.01


def test_effects_that_differ_are_found():
    cohorts = {"a": _cohort(1, effect=0.0, prefix="a", icc=0.02), "b": _cohort(2, effect=1.5, prefix="b", icc=0.02)}
    result = pool(cohorts, "score_endline")
    assert result.q_p < 0.001
    assert result.i2 > 0.8
    assert any("differ from each other" in s for s in result.sentences())
    # With two cohorts the test is that of their difference.
    gap = result.cohorts["estimate"].diff().iloc[1] / math.sqrt((result.cohorts["se"] ** 2).sum())
    assert result.q == pytest.approx(gap**2)


def test_shared_children_are_known_and_kept_together():
    one, two = _cohort(1), _cohort(2)
    design, data = two
    used = design.weights.index[design.weights.to_numpy() > 0]
    compared = used[~design.treatment.loc[used].to_numpy()][:3]
    programme = one[0].matched_programme[0]
    others = one[0].weights.index[(one[0].weights > 0).to_numpy() & ~one[0].treatment.to_numpy()]
    data.loc[compared[0], "person_id"] = one[1].loc[programme, "person_id"]
    data.loc[compared[1], "person_id"] = one[1].loc[others[0], "person_id"]
    data.loc[compared[1], "school_id"] = "elsewhere"
    result = pool({"one": one, "two": two}, "score_endline")
    assert (result.left_out, result.shared_children) == (1, 1)
    assert result.pooled["n_comparison"] == len(compared) - 4 + _matched(one) + _matched(two)
    assert result.schools == SCHOOLS  # the child stands under the school of the first cohort
    with pytest.raises(OptionError, match="person_id"):
        pool({"one": one, "two": two}, "score_endline", person="persn_id")


def _matched(cohort):
    return cohort[0].count("Matched", "comparison")


def test_one_programme_school_counts_with_a_common_effect():
    design, data = _cohort(1, prefix="a")
    outcomes = data.copy()
    outcomes.loc[outcomes["programme"] == 1, "school_id"] = "only"
    cohorts = {"a": (design, outcomes), "b": _cohort(2, prefix="b")}
    with pytest.raises(DesignError, match="common"):
        pool(cohorts, "score_endline")
    result = pool(cohorts, "score_endline", effect="common")
    assert math.isnan(result.cohorts["se"].iloc[0])
    assert math.isfinite(result.pooled["se"])
    assert math.isnan(result.q_p)


def test_scales_are_taken_out():
    a, b = _cohort(1, prefix="a"), _cohort(2, prefix="b")
    plain = pool({"a": a, "b": b}, "score_endline", standardise=True)
    a[1]["score_endline"] *= 15
    scaled = pool({"a": a, "b": b}, "score_endline", standardise=True)
    assert scaled.pooled["estimate"] == pytest.approx(plain.pooled["estimate"])
    assert scaled.unit == "sd"


def test_order_of_cohorts_and_rows_changes_nothing():
    a, b = _cohort(1), _cohort(2)
    mixed = (b[0], b[1].sample(frac=1, random_state=1))
    one, two = pool({"a": a, "b": b}, "score_endline"), pool({"b": mixed, "a": a}, "score_endline")
    pd.testing.assert_frame_equal(one.rows, two.rows, check_exact=True)


def test_findings_sentences_and_figure():
    result = pool({"a": _cohort(1), "b": _cohort(2)}, "score_endline", unit="points")
    values = result.values()
    assert values["pooled_att"].ci_low == result.pooled["ci_low"]
    assert values["pooled_mde"].estimate == result.pooled["mde"]
    text = " ".join(result.sentences()).replace(":interval", "")
    assert "the difference in reading" in text.format_map(dict.fromkeys(values, "x") | {"outcome": "reading"})
    assert "counts as one school" in text
    table = result.table()
    table.loc[table.index[0], "estimate"] = np.nan
    assert [t.get_text() for t in draw_pooled(table).axes[0].get_yticklabels()] == ["b", "all cohorts"]


def test_wrong_input_is_named():
    a, b = _cohort(1), _cohort(2)
    with pytest.raises(OptionError, match="at least two"):
        pool({"a": a}, "score_endline")
    with pytest.raises(OptionError, match="average"):
        pool({"a": a, "b": b}, "score_endline", effect="averge")
    with pytest.raises(OptionError, match="score_endline"):
        pool({"a": a, "b": b}, "score")
    with pytest.raises(OptionError, match="linear"):
        pool({"a": a, "b": b}, "score_endline", model="logistic")
