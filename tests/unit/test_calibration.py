"""Calibration on a cohort's own data: it must find what is right with a design, and what is wrong."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match
from wlz_eval.attribution.calibration import result as calibration_result
from wlz_eval.attribution.calibration.calibrate import calibrate
from wlz_eval.attribution.calibration.plasmode import draw_replicate, plasmode_world
from wlz_eval.attribution.calibration.result import draw_calibration
from wlz_eval.attribution.formula import read_formula
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.measures.frame import AnalysisFrame

FORMULA = "programme ~ need_baseline"
COLUMNS = ["programme", "need_baseline", "school_id"]


def _cohort(seed=11, schools=24, per_school=40, icc=0.3, slope=-0.5):
    """Half the schools have the programme; a third of their children, those in need, are on it."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), per_school)
    n = len(school)
    need = rng.normal(size=n)
    inside = school < schools // 2
    programme = inside & (need + rng.logistic(size=n) > 1.0)
    level = math.sqrt(icc) * rng.normal(size=schools)[school]
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "comparison_type": np.where(programme, None, np.where(inside, "same_school", "other_school")),
            "school_id": [f"s{s}" for s in school],
            "need_baseline": need,
            "score_endline": slope * need + level + math.sqrt(1 - icc) * rng.normal(size=n),
        },
        index=pd.Index([f"c{i}" for i in range(n)], name="child_id"),
    )
    return AnalysisFrame(data=data, flow=pd.DataFrame())


def _design(frame, kind, **options):
    data = frame.data
    return match(FORMULA, data.loc[(data["programme"] == 1) | (data["comparison_type"] == kind), COLUMNS], **options)


def _world(frame, kind):
    data = frame.data
    member = (data["programme"] == 1) | (data["comparison_type"] == kind)
    read = read_formula(FORMULA, list(data.columns))
    return plasmode_world(read, data[COLUMNS], data["score_endline"], data["school_id"], member.to_numpy()), member


@pytest.mark.simulation
def test_it_finds_that_intervals_without_schools_promise_too_much(monkeypatch):
    frame = _cohort()
    design = _design(frame, "other_school")
    right = calibrate(design, frame, "score_endline", replicates=50, seed=1)
    # Schools are simulated, but the analysis takes every child for independent.
    wrong = calibrate(design, frame, "score_endline", replicates=50, seed=1, clustered=False)
    assert right.holds
    assert right.icc == pytest.approx(0.3, abs=0.15)
    assert wrong.coverage < 0.8
    assert wrong.false_positive_rate > 0.2
    assert not wrong.holds
    assert "few repeats" in wrong.sentences()[0]
    monkeypatch.setattr(calibration_result, "ENOUGH", 50)
    assert "promise too much" in wrong.sentences()[0]


@pytest.mark.simulation
def test_matching_is_unbiased_where_the_naive_difference_is_not():
    frame = _cohort(icc=0.05)
    done = calibrate(_design(frame, "same_school", exact="school_id"), frame, "score_endline", replicates=30, seed=2)
    table = done.table().set_index("true_sd")
    assert abs(table.loc[0.2, "bias"]) < 3 * table.loc[0.2, "bias_error"]
    assert table.loc[0.2, "naive_bias"] < -0.15
    # A constant effect moves a linear estimate by just that effect, and its interval with it.
    assert table.loc[0.2, "bias"] == pytest.approx(table.loc[0.0, "bias"])
    assert table.loc[0.2, "coverage"] == table.loc[0.0, "coverage"]


def test_two_workers_give_the_same_bytes():
    frame = _cohort(schools=6, per_school=20)
    design = _design(frame, "other_school")
    one, two = (calibrate(design, frame, "score_endline", replicates=10, seed=4, workers=w) for w in (1, 2))
    assert one.data.to_csv() == two.data.to_csv()


@pytest.mark.parametrize("kind", ["same_school", "other_school"])
def test_schools_keep_their_number_of_programme_children(kind):
    frame = _cohort()
    world, member = _world(frame, kind)
    drawn = draw_replicate(world, np.random.default_rng(5))
    real = frame.data["programme"].groupby(world.school).sum()
    counts = pd.Series(drawn.treated.astype(int)).groupby(world.school[drawn.rows]).sum()
    assert counts[counts > 0].equals(real[real > 0].astype(counts.dtype))
    # Others than the design's children enter only as programme children.
    assert member.to_numpy()[drawn.rows[~drawn.treated]].all()
    assert set(drawn.rows[drawn.treated]) != set(np.flatnonzero(world.treated))
    need = frame.data["need_baseline"].to_numpy()
    assert need[drawn.rows[drawn.treated]].mean() > 0.2  # still those in need


def test_programme_children_alone_in_their_school_are_drawn_again():
    frame = _cohort()
    frame = AnalysisFrame(data=frame.data[frame.data["comparison_type"] != "same_school"], flow=frame.flow)
    world, _ = _world(frame, "other_school")
    drawn = draw_replicate(world, np.random.default_rng(5))
    assert drawn.treated.sum() == world.treated.sum()
    assert len(set(drawn.rows[drawn.treated])) < drawn.treated.sum()
    assert len(drawn.rows) == len(frame.data)


def test_the_effect_of_the_programme_does_not_enter_the_world():
    frame = _cohort()
    data = frame.data.assign(score_endline=frame.data["score_endline"] + 50 * frame.data["programme"])
    world, _ = _world(frame, "same_school")
    moved, _ = _world(AnalysisFrame(data=data, flow=frame.flow), "same_school")
    assert np.array_equal(world.mean, moved.mean)
    assert world.sd == moved.sd


def test_variances_are_those_estimated():
    world, _ = _world(_cohort(), "same_school")
    assert world.school_effects.var() == pytest.approx(world.between)
    assert world.residuals.var() == pytest.approx(world.within)
    few, _ = _world(_cohort(schools=8), "other_school")
    assert few.normal_schools


def test_unknown_outcomes_stay_unknown_and_failures_are_counted():
    frame = _cohort(schools=8, per_school=30)
    frame.data.loc[frame.data.index[::3], "score_endline"] = np.nan
    done = calibrate(_design(frame, "other_school", caliper=0.2), frame, "score_endline", replicates=10, seed=1)
    assert done.data["n_programme"].mean() < 0.8 * frame.data["programme"].sum()
    table = done.table()
    assert (table["replicates"] == 10).all()
    assert (table["failed"] == done.data.groupby("true_sd")["estimate"].apply(lambda s: s.isna().sum()).tolist()).all()


def test_findings_sentences_and_figure():
    frame = _cohort(schools=8, per_school=20)
    done = calibrate(_design(frame, "other_school"), frame, "score_endline", replicates=10, seed=3)
    values = done.values()
    assert values["cal_coverage"].estimate == done.coverage
    assert {f.evidence for f in done.findings()} == {"simulated"}
    assert " ".join(done.sentences()).format_map(dict.fromkeys(values, "x"))
    table = done.table()
    table["coverage"] = np.nan
    drawn = [c for c in draw_calibration(table).axes[0].collections if hasattr(c, "get_sizes") and len(c.get_sizes())]
    assert len(drawn) == 2


def test_wrong_input_is_named():
    frame = _cohort(schools=4, per_school=10)
    design = _design(frame, "other_school")
    with pytest.raises(OptionError, match="score_endline"):
        calibrate(design, frame, "score")
    with pytest.raises(OptionError, match="replicates"):
        calibrate(design, frame, "score_endline", replicates=5)
    with pytest.raises(OptionError, match="effect"):
        calibrate(design, frame, "score_endline", effect=0.0)
    with pytest.raises(OptionError, match="school_id"):
        calibrate(design, frame, "score_endline", school="school")
    lost = AnalysisFrame(data=frame.data.drop(index=design.treatment.index[0]), flow=frame.flow)
    with pytest.raises(DesignError, match="not in the frame"):
        calibrate(design, lost, "score_endline")
    frame.data["score_endline"] = np.nan
    with pytest.raises(DesignError, match="too few"):
        calibrate(design, frame, "score_endline")


def test_a_distance_that_was_given_cannot_be_drawn_again():
    frame = _cohort(schools=4, per_school=10)
    data = frame.data[frame.data["comparison_type"] != "same_school"]
    design = match(FORMULA, data[COLUMNS], distance=data["need_baseline"].rename("given"))
    with pytest.raises(OptionError, match="given, not estimated"):
        calibrate(design, frame, "score_endline")
