"""The study of dose: its worlds, its resuming, whether its committed results belong to this code, and what they say."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import yaml

from wlz_eval.engagement.dose import dose_curve, dose_for_change, dose_for_share
from wlz_eval.simulate import inverse_dose_study as study
from wlz_eval.simulate.committed import study_folder

RESULTS = study_folder() / "inverse_dose.csv"
FACTS = study_folder() / "inverse_dose.yaml"


def test_committed_results_come_from_this_code():
    """After a change that moves no number, `--recheck` says so at once; else the study must be run again."""
    facts = yaml.safe_load(FACTS.read_text(encoding="utf-8"))
    assert facts["code"] == study.study_code(), (
        "data/studies/inverse_dose.csv was made by other code. Run "
        "python -m wlz_eval.simulate.inverse_dose_study --worlds N --recheck, with the N of its column `worlds`."
    )
    assert pd.read_csv(RESULTS)["cell"].tolist() == list(study.CELLS)


def test_the_inverse_interval_holds_the_truth_at_its_rate_near_zero_too():
    rows = pd.read_csv(RESULTS)
    assert (rows["worlds"] >= 1000).all()
    inverse = rows[rows["question"] == "inverse"]
    assert len(inverse) == 8
    bar = study.COVERED - 2 * math.sqrt(study.COVERED * (1 - study.COVERED) / 1000)
    assert (inverse["coverage"] >= bar).all()
    assert inverse["holds"].all()
    zero = inverse[inverse["cell"].str.endswith(", zero")]
    assert np.isinf(zero["truth"]).all()
    assert (zero["open_ended"] >= bar).all()
    # A strong slope is bounded in nearly every world; what is not there never is.
    strong = inverse[inverse["cell"].str.endswith("strong")]
    assert (strong["open_ended"] < 0.15).all()


def test_the_band_the_straight_line_and_the_share_hold():
    rows = pd.read_csv(RESULTS)
    assert rows["holds"].all(), rows.loc[~rows["holds"], "cell"].tolist()
    size = rows.loc[rows["question"] == "linearity", "false_positives"]
    assert len(size) == 2
    assert (size <= study.FALSE).all()
    curve = rows[rows["question"] == "curve"]
    assert (curve["simultaneous"] >= 0.93).all()
    assert (curve[["low_end", "high_end"]] >= 0.92).all(axis=None)


def test_worlds_are_fixed_and_confounded_by_the_baseline():
    cell = study.CELLS["inverse, 20 schools, zero"]
    (one, _), (again, _), (other, _) = (study.draw_dose_world(cell, i) for i in (0, 0, 1))
    np.testing.assert_array_equal(one.y, again.y)
    assert not np.array_equal(one.y, other.y)
    assert np.corrcoef(one.dose, one.X["baseline"])[0, 1] < -0.1


def _frame(sample) -> pd.DataFrame:
    return pd.DataFrame(
        {"school_id": sample.school, "before": sample.X["baseline"], "hours": sample.dose, "y": sample.y}
    )


def test_the_study_asks_as_the_verbs_do():
    name = "inverse, 8 schools, strong"
    sample, _ = study.draw_dose_world(study.CELLS[name], 0)
    found = dose_for_change(_frame(sample), "y", "hours", study.CHANGE, baseline="before")
    ends = sum(v for v in (found.low, found.high) if math.isfinite(v))
    assert study._inverse(study.CELLS[name], 0)["check"] == pytest.approx(ends, rel=1e-6)
    sample, _ = study.draw_dose_world(study.CELLS["curve, 8 schools"], 0)
    curve = dose_curve(_frame(sample), "y", "hours", baseline="before")
    low = study._curve(study.CELLS["curve, 8 schools"], 0)["check"]
    assert low == pytest.approx(curve.points["low"].sum(), rel=1e-6)
    sample, _ = study.draw_dose_world(study.CELLS["linearity, 8 schools"], 0)
    straight = dose_curve(_frame(sample), "y", "hours", baseline="before")
    assert study._linearity(study.CELLS["linearity, 8 schools"], 0)["check"] == pytest.approx(straight.p, rel=1e-5)
    sample, _ = study.draw_dose_world(study.CELLS["share, 8 schools"], 0)
    share = dose_for_share(_frame(sample), "y", "hours", baseline="before")
    ends = sum(v for v in (share.low, share.high) if math.isfinite(v))
    assert study._share(study.CELLS["share, 8 schools"], 0)["check"] == pytest.approx(ends, rel=1e-6)


def test_the_marginal_truth_is_where_half_meet_it():
    rng = np.random.default_rng(1)
    rest = 0.6 * rng.normal(size=50) + 0.3
    truth = study._marginal_truth(rest)
    drawn = rng.normal(size=200_000) * math.sqrt(0.5)
    eta = rng.choice(rest, 200_000) + 0.06 * (truth - 25) + drawn
    assert (1 / (1 + np.exp(-eta))).mean() == pytest.approx(0.5, abs=0.002)


def test_a_stopped_study_goes_on_and_old_code_is_not_trusted(tmp_path):
    said: list[str] = []
    cells = ["inverse, 8 schools, zero", "linearity, 8 schools"]
    study.run_study(4, cells[:1], tmp_path, say=said.append)
    study.run_study(4, cells, tmp_path, say=said.append)
    assert [line.split(":")[0] for line in said] == cells
    facts, table = tmp_path / "inverse_dose.yaml", tmp_path / "inverse_dose.csv"
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    study.run_study(4, cells, tmp_path, recheck=True, say=said.append)
    assert len(said) == 2
    facts.write_text(facts.read_text().replace("code: ", "code: other"))
    rows = pd.read_csv(table)
    rows.loc[rows["cell"] == cells[0], "check"] += 1.0
    rows.to_csv(table, index=False)
    study.run_study(4, cells, tmp_path, recheck=True, say=said.append)
    assert said[2:] == [said[0]]
