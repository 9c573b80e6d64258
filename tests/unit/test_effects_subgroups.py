"""Effects by subgroup: the joint fit, the tests of difference, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.effects.subgroups import draw_subgroups, effects_by_subgroup
from wlz_eval.core.errors import DesignError, OptionError

LEVELS = ("early", "junior", "senior")


def _world(seed=0, n=1500, schools=24, gains=(1.0, 1.0, 1.0)):
    rng = np.random.default_rng(seed)
    school, level, need = rng.integers(0, schools, n), rng.integers(0, 3, n), rng.normal(size=n)
    programme = (school < schools // 2) & (need + rng.logistic(size=n) > 0)
    keep = programme | (school >= schools // 2)
    y = need + np.array(gains)[level] * programme + 0.3 * rng.normal(size=schools)[school] + rng.normal(size=n)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int), "need_baseline": need, "school_id": [f"s{s:02d}" for s in school],
            "stage": np.array(LEVELS)[level], "y_endline": y,
        },
        index=[f"c{i:04d}" for i in range(n)],
    )[keep]
    return data, match("programme ~ need_baseline + stage", data.drop(columns="y_endline"), caliper=0.2)


def test_levels_are_those_of_separate_estimates():
    """One model with a block for each level gives each level the estimate and error of a fit of its own."""
    data, design = _world()
    found = effects_by_subgroup(design, data, "y_endline", "stage", df="bm").table().set_index("level")
    for level in LEVELS:
        alone = estimate_effect(design, data.assign(y=data["y_endline"].where(data["stage"] == level)), "y", df="bm")
        row = found.loc[level]
        # The lone fit adjusts for stage too, constant within the level and so aliased.
        np.testing.assert_allclose(row[["estimate", "se"]].astype(float), [alone.estimate, alone.se], rtol=1e-8)
        assert (row["n_programme"], row["n_comparison"]) == (alone.n_programme, alone.n_comparison)


def test_a_real_difference_is_found_and_named():
    data, design = _world(n=4000, gains=(0.0, 0.0, 2.0))
    found = effects_by_subgroup(design, data, "y_endline", "stage")
    assert found.p < 0.001
    pairs = found.pairs.set_index(["first", "second"])
    assert pairs.loc[("early", "senior"), "p_family"] < 0.01
    assert pairs.loc[("early", "junior"), "p"] > 0.05
    assert (pairs["p_family"] >= pairs["p"]).all()
    assert (found.levels["p_family"] >= found.levels["p"]).all()
    levels = found.levels.set_index("level")["estimate"]
    assert pairs.loc[("early", "senior"), "difference"] == pytest.approx(levels["early"] - levels["senior"])


def test_equal_effects_are_rarely_called_different():
    joint, paired = [], []
    for seed in range(100, 160):
        data, design = _world(seed, n=1100)
        found = effects_by_subgroup(design, data, "y_endline", "stage", minimum=15)
        joint.append(found.p <= 0.05)
        paired.append(found.pairs["p_family"].min() <= 0.05)
    bound = 0.05 + 2 * math.sqrt(0.05 * 0.95 / 60)
    assert np.mean(joint) <= bound
    assert np.mean(paired) <= bound


def test_two_levels_make_the_joint_test_a_t_test():
    data, design = _world()
    data["half"] = np.where(data["stage"] == "early", "a", "b")
    found = effects_by_subgroup(design, data, "y_endline", "half")
    assert found.p == pytest.approx(found.pairs["p"].iloc[0])
    assert found.statistic == pytest.approx((found.pairs["difference"] / found.pairs["se"]).iloc[0] ** 2)


def test_small_levels_are_counted_and_not_estimated():
    data, design = _world()
    few = list(design.matched_programme[:10])
    data.loc[few, "stage"] = "rare"
    table = effects_by_subgroup(design, data, "y_endline", "stage").table().set_index("level")
    assert table.loc["rare", "status"] == "few_children"
    assert table.loc["rare", "n_programme"] == 10
    assert math.isnan(table.loc["rare", "estimate"])
    assert table.loc[list(LEVELS), "status"].eq("estimated").all()
    drawn = [t.get_text() for t in draw_subgroups(table.reset_index()).axes[0].get_yticklabels()]
    assert "rare (too few children)" in drawn


def test_a_level_with_one_school_in_a_group_has_no_interval():
    data, design = _world()
    treated = (data["programme"] == 1) & (data["stage"] == "early")
    data.loc[treated, "school_id"] = "only"
    table = effects_by_subgroup(design, data, "y_endline", "stage").table().set_index("level")
    assert table.loc["early", "status"] == "one_school"
    assert math.isfinite(table.loc["early", "estimate"])
    assert math.isnan(table.loc["early", "ci_low"])


def test_unknown_levels_form_their_own_and_independent_children_need_no_cluster():
    data, design = _world()
    data["fsm"] = np.where(data["stage"] == "early", np.nan, (data["stage"] == "junior").astype(float))
    found = effects_by_subgroup(design, data, "y_endline", "fsm", cluster=None)
    assert found.levels["level"].tolist() == ["0", "1", "not known"]
    assert found.levels["schools_programme"].eq(0).all()


def test_misuse_is_named():
    data, design = _world(n=600)
    with pytest.raises(DesignError, match="after the programme began"):
        effects_by_subgroup(design, data, "y_endline", "y_endline")
    with pytest.raises(OptionError, match="stage"):
        effects_by_subgroup(design, data, "y_endline", "stge")
    with pytest.raises(OptionError, match="bands"):
        effects_by_subgroup(design, data, "y_endline", "need_baseline")
    with pytest.raises(OptionError, match="linear"):
        effects_by_subgroup(design, data, "y_endline", "stage", model="logistic")
    with pytest.raises(OptionError, match="one way"):
        effects_by_subgroup(design, data, "y_endline", "stage", cluster=("pair", "school_id"))
