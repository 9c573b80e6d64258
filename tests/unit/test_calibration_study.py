"""The calibration study: its worlds, its resuming, and whether its committed results belong to this code."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from wlz_eval.inference import cluster_robust, mixed_reml
from wlz_eval.simulate import calibration_study as study
from wlz_eval.simulate.candidates import CANDIDATES, judge_world, match_world
from wlz_eval.simulate.committed import bare_code, study_folder
from wlz_eval.simulate.grid import BETWEEN, CELLS, WITHIN, WorldOptions, draw_world

RESULTS = study_folder() / "calibration.csv"
FACTS = study_folder() / "calibration.yaml"
DEFAULT = "exchangeable, CR2"


def test_committed_results_come_from_this_code():
    """After a change that moves no number, `--recheck` says so in a minute; else the study must be run again."""
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    assert facts["code"] == study.study_code(), (
        "data/studies/calibration.csv was made by other code. Run "
        "python -m wlz_eval.simulate.calibration_study --worlds N --recheck, with the N of its column `worlds`."
    )
    rows = pd.read_csv(RESULTS)
    assert set(rows["cell"]) == set(CELLS)
    assert rows.groupby("cell")["candidate"].apply(list).map(lambda c: c == list(CANDIDATES)).all()


def test_words_and_types_are_not_code_but_numbers_are(tmp_path):
    typed = '"""A."""\nx: int = 1\ndef f(a: int) -> int:\n    "B"\n    return a\n'
    bare = "x = 1\ndef f(a):\n    return a  # C\n"
    texts = [typed, bare, bare.replace("1", "2")]
    for i, text in enumerate(texts):
        (tmp_path / f"{i}.py").write_text(text)
    one, two, three = (bare_code(tmp_path / f"{i}.py") for i in range(3))
    assert one == two != three


def test_the_default_holds_in_every_cell_within_the_bar_and_is_narrower():
    rows = pd.read_csv(RESULTS)
    within = rows[rows["within"]].set_index(["candidate", "cell"])
    default, usual = within.loc[DEFAULT], within.loc["CR2, IK"]
    assert default["holds"].all(), list(default.index[~default["holds"]])
    assert (default["half_width"] <= 1.15 * usual["half_width"]).all()
    assert (default["half_width"] / usual["half_width"]).mean() < 0.9


def test_the_usual_recipes_fail_somewhere():
    rows = pd.read_csv(RESULTS)
    broken = set(rows.loc[rows["within"] & ~rows["holds"], "candidate"])
    assert {"pair, CR1", "CR1", "CR2, BM", "REML, KR"} <= broken


def test_a_world_is_the_same_every_time_and_differs_from_the_next():
    options = WorldOptions(3, 10)
    one, again, other = (draw_world(options, i, 0.2) for i in (0, 0, 1))
    np.testing.assert_array_equal(one.outcome, again.outcome)
    assert not np.array_equal(one.outcome, other.outcome)


def test_the_effect_is_all_that_an_effect_changes():
    plain, moved = (draw_world(WorldOptions(3, 10), 4, effect) for effect in (0.0, 0.2))
    np.testing.assert_allclose(moved.outcome - plain.outcome, 0.2 * plain.programme, atol=1e-12)


def test_worlds_are_as_described():
    options = WorldOptions(8, 100, programme=4000, programme_spread=2.0)
    world = draw_world(options, 0, 0.0)
    assert len(np.unique(world.school[world.programme])) == 8
    assert len(np.unique(world.school[~world.programme])) == 100
    assert not set(world.school[world.programme]) & set(world.school[~world.programme])
    gap = world.covariates[world.programme].mean(axis=0) - world.covariates[~world.programme].mean(axis=0)
    assert gap[0] < 0 < gap[2]
    total = np.var([draw_world(replace(options, programme_spread=1.0), i, 0.0).outcome.mean() for i in range(3)])
    assert total < BETWEEN + WITHIN
    lost = draw_world(replace(options, attrition=True), 0, 0.0)
    share = np.isnan(lost.outcome)
    assert 0.05 < share[lost.programme].mean() < share[~lost.programme].mean() < 0.4
    same = draw_world(WorldOptions(8, 0), 0, 0.0)
    assert set(same.school[same.programme]) == set(same.school[~same.programme])


def test_school_effects_have_the_spread_asked_for():
    draws = [draw_world(WorldOptions(10, 0, schools=kind), i, 0.0) for kind in ("normal", "absent") for i in range(40)]
    between = []
    for world in draws:
        X = np.column_stack([np.ones(len(world.outcome)), world.covariates])
        rest = world.outcome - X @ np.linalg.lstsq(X, world.outcome, rcond=None)[0]
        counts = np.bincount(world.school)
        between.append(np.var(np.bincount(world.school, weights=rest) / counts, ddof=1) - WITHIN / np.mean(counts))
    assert np.mean(between[:40]) == pytest.approx(BETWEEN, rel=0.25)
    assert abs(np.mean(between[40:])) < 0.02


def test_matched_pairs_respect_the_caliper_and_every_candidate_answers():
    world = draw_world(CELLS["3 x 10"].options, 0, 0.2)
    data = match_world(world)
    treated = data.X["programme"].to_numpy() == 1.0
    assert treated.sum() == (~treated).sum() > 200
    np.testing.assert_allclose(data.X.loc[treated, "baseline"].mean(), 0.0, atol=1e-12)
    found = judge_world(world)
    assert list(found) == list(CANDIDATES)
    effect = {"effect": {"programme": 1.0}}
    verbs = {
        "pair, CR1": cluster_robust(data.X, data.y, data.pair, kind="CR1", df="clusters", contrasts=effect),
        "CR1": cluster_robust(data.X, data.y, data.school, kind="CR1", df="clusters", contrasts=effect),
        "CR3": cluster_robust(data.X, data.y, data.school, kind="CR3", df="clusters", contrasts=effect),
        "CR2, BM": cluster_robust(data.X, data.y, data.school, df="bm", contrasts=effect),
        "CR2, IK": cluster_robust(data.X, data.y, data.school, contrasts=effect),
        "REML, KR": mixed_reml(data.X, data.y, data.school, contrasts=effect),
        DEFAULT: cluster_robust(data.X, data.y, data.school, working="exchangeable", contrasts=effect),
    }
    for name, fit in verbs.items():
        expected = [fit.estimate[0], fit.ci_low[0], fit.ci_high[0], fit.df[0]]
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, err_msg=name)


def test_a_stopped_study_goes_on_and_old_code_is_not_trusted(tmp_path):
    said: list[str] = []
    study.run_study(4, ["3 x 3"], tmp_path, say=said.append)
    study.run_study(4, ["3 x 3", "3 same"], tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == ["3 x 3", "3 same"]
    facts = tmp_path / "calibration.yaml"
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    study.run_study(4, ["3 x 3"], tmp_path, recheck=True, say=said.append)
    assert len(said) == 2
    assert len(pd.read_csv(tmp_path / "calibration.csv")) == 2 * len(CANDIDATES)
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    rows = pd.read_csv(tmp_path / "calibration.csv")
    rows.loc[rows["cell"] == "3 x 3", "check"] += 1.0
    rows.to_csv(tmp_path / "calibration.csv", index=False)
    study.run_study(4, ["3 x 3"], tmp_path, recheck=True, say=said.append)
    assert said[-1].startswith("3 x 3")
    assert len(said) == 3
