"""The dose study: its worlds, its candidates, and whether its committed results belong to this code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml

from wlz_eval.core.errors import WlzEvalError
from wlz_eval.engagement import engagement_slope
from wlz_eval.engagement.regress import CAPABILITIES
from wlz_eval.simulate import dose_study as study
from wlz_eval.simulate.committed import study_folder
from wlz_eval.simulate.dose_worlds import DOSE_CELLS, LEFT, DoseOptions, draw_dose_world

DEFAULT = "exchangeable, CR2"


@pytest.fixture(scope="module")
def rows():
    return study.load_dose_study()


def test_committed_results_come_from_this_code(rows):
    facts = yaml.safe_load((study_folder() / "dose.yaml").read_text(encoding="utf-8"))
    assert facts["code"] == study.dose_code(), (
        "data/studies/dose.csv was made by other code. Run "
        "python -m wlz_eval.simulate.dose_study --worlds N --recheck, with the N of its column `worlds`."
    )
    assert set(rows["cell"]) == set(DOSE_CELLS)
    assert (rows["worlds"] >= 1000).all()
    assert rows.groupby("cell")["candidate"].apply(list).map(lambda c: c == list(study.CANDIDATES)).all()


def test_the_default_is_the_narrowest_that_holds_in_every_cell(rows):
    within = rows[rows["within"]]
    holding = within.groupby("candidate")["holds"].all()
    assert holding[DEFAULT]
    width = within.pivot_table(index="cell", columns="candidate", values="half_width")
    relative = width.div(width[DEFAULT], axis=0).mean()
    assert relative[holding[holding].index].idxmin() == DEFAULT
    assert next(iter(CAPABILITIES["linear", "cluster"].variances)) == "CR2-exchangeable"
    assert not rows.loc[rows["candidate"] == "REML, KR", "holds"].all()
    assert not holding["schools ignored"]


def test_bars_are_met_with_eight_schools(rows):
    ours = rows[(rows["candidate"] == DEFAULT) & rows["within"]]
    assert (ours["coverage"] >= study.COVERED - 2 * np.sqrt(0.935 * 0.065 / ours["worlds"])).all()
    null = ours[ours["slope"] == 0]
    assert (null["found"] <= study.FALSE + 2 * np.sqrt(0.065 * 0.935 / null["worlds"])).all()
    assert set(ours["schools"]) == {3, 8, 20, 60}
    assert (ours["bias"].abs() <= 4 * ours["bias_error"]).all()


def test_what_is_not_recorded_biases_the_slope_and_robustness_says_by_how_much(rows):
    hidden = rows[rows["motivation"] & (rows["candidate"] == DEFAULT)]
    assert (hidden["bias"] > 0.1).all()
    assert (hidden["coverage"] < 0.5).all()
    # With no slope at all, motivation explains about as much of dose and outcome as the robustness value asks for.
    null = hidden[hidden["slope"] == 0]
    assert (null["robustness"] <= null[["confounder_dose", "confounder_outcome"]].max(axis=1) + 0.02).all()
    assert rows.loc[~rows["motivation"], "robustness"].isna().all()


def test_a_world_is_the_same_every_time_and_as_described():
    options = DoseOptions(60, icc=0.15, slope=0.2)
    one, again, other = (draw_dose_world(options, i) for i in (0, 0, 1))
    np.testing.assert_array_equal(one.outcome, again.outcome)
    assert not np.array_equal(one.outcome, other.outcome)
    worlds = [draw_dose_world(options, i) for i in range(30)]
    assert np.mean([w.columns[:, 3].var() for w in worlds]) == pytest.approx(1.0, abs=0.1)
    fits = [np.linalg.lstsq(w.columns, w.outcome, rcond=None) for w in worlds]
    assert np.mean([f[0][3] for f in fits]) == pytest.approx(0.2, abs=0.02)
    left = [f[1][0] / len(w.outcome) for f, w in zip(fits, worlds, strict=True)]
    assert np.mean(left) == pytest.approx(LEFT, abs=0.03)
    # Those who began lower were given more.
    assert np.mean([np.corrcoef(w.columns[:, 1], w.columns[:, 3])[0, 1] for w in worlds]) < -0.3


@pytest.mark.parametrize("schools", [3, 8])
def test_candidates_are_the_verbs_own(schools):
    world = draw_dose_world(DoseOptions(schools, slope=0.2), 5)
    data = pd.DataFrame(world.columns[:, 1:], columns=["base", "need", "dose"])
    data = data.assign(y=world.outcome, school_id=world.school)
    found = study.judge_dose(world)
    asked = {
        "CR1": {"variance": "CR1"}, "CR2, IK": {"variance": "CR2"}, DEFAULT: {},
        "fixed, CR2": {"school_effects": "fixed"}, "REML, KR": {"school_effects": "random"},
    }
    for name, options in asked.items():
        slope = engagement_slope(data, "y", "dose", ["need"], baseline="base", **options)
        expected = [slope.estimate, slope.ci_low, slope.ci_high, slope.df]
        np.testing.assert_allclose(found[name], expected, rtol=1e-6, err_msg=name)


def test_a_stopped_study_goes_on_and_old_code_is_not_trusted(tmp_path):
    said: list[str] = []
    one, two = "3 schools, ICC 0, slope 0", "8 schools, motivation not recorded, slope 0"
    study.run_dose_study(4, [one], tmp_path, say=said.append)
    study.run_dose_study(4, [one, two], tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == [one, two]
    facts = tmp_path / "dose.yaml"
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    study.run_dose_study(4, [one], tmp_path, recheck=True, say=said.append)
    assert len(said) == 2
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    study.run_dose_study(4, [one], tmp_path, say=said.append)
    assert len(said) == 3
    with pytest.raises(WlzEvalError, match="dose_study"):
        study.load_dose_study(tmp_path / "nowhere")
