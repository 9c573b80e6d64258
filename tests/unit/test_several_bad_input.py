"""Bad input to what is run many times, or over several cohorts: refused at once, not failed a hundred times."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import match, omitted_variable
from wlz_eval.attribution.calibration.calibrate import calibrate
from wlz_eval.attribution.pooling.pool import pool
from wlz_eval.attribution.specification.curve import specification_curve
from wlz_eval.core.errors import WlzEvalError
from wlz_eval.measures.frame import AnalysisFrame

FORMULA = "programme ~ need_baseline"


@pytest.fixture(autouse=True)
def _no_warning_of_another_library():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _frame(seed=1, n=160):
    rng = np.random.default_rng(seed)
    need = rng.normal(size=n)
    programme = need + rng.logistic(size=n) > 0.5
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "comparison_type": np.where(programme, None, "same_school"),
            "school_id": [f"s{i % 8}" for i in range(n)],
            "need_baseline": need,
            "score_endline": need + rng.normal(size=n),
        },
        index=pd.Index([f"{seed}c{i:03d}" for i in range(n)], name="child_id"),
    )
    return AnalysisFrame(data=data, flow=pd.DataFrame())


FRAME = _frame()
DESIGN = match(FORMULA, FRAME.data[["programme", "need_baseline", "school_id"]])


def _with(**columns):
    return replace(FRAME, data=FRAME.data.assign(**columns))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"replicates": 0}, "replicates"),
        ({"replicates": True}, "replicates"),
        ({"effect": "a"}, "effect"),
        ({"effect": 0}, "effect"),
        ({"effect": math.nan}, "effect"),
        # Every replicate failed, one by one.
        ({"model": "additve"}, "Did you mean additive"),
        ({"model": ""}, "model"),
        ({"seed": "a"}, "seed"),
        ({"seed": -1}, "seed"),
        ({"workers": 0}, "workers"),
        ({"clustered": "no"}, "clustered"),
        # The design was found to be perfect.
        ({"baseline": "score_endline"}, "its own baseline"),
        ({"baseline": "x"}, "not a column"),
        ({"school": ""}, "not a column"),
        ({"outcome": ""}, "not a column"),
        ({"frame": FRAME.data}, "analysis frame"),
        ({"design": None}, "needs a Design"),
        ({"frame": _with(score_endline=1.0)}, "same for every child"),
        ({"frame": _with(score_endline="a")}, "does not hold numbers"),
        ({"frame": _with(score_endline=np.nan)}, "too few"),
        ({"frame": _with(score_endline=np.inf)}, "infinite"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_calibration_refuses_before_it_begins(asked, words):
    given = {"design": DESIGN, "frame": FRAME, "outcome": "score_endline", "replicates": 10, **asked}
    with pytest.raises(WlzEvalError, match=words):
        calibrate(given.pop("design"), given.pop("frame"), given.pop("outcome"), **given)


def test_one_school_calibrates_without_intervals():
    table = calibrate(DESIGN, _with(school_id="the one"), "score_endline", replicates=10).table()
    assert table[["coverage", "rejected"]].isna().all().all()
    assert table["bias"].notna().all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"most": 0}, "most"),
        ({"most": 2.5}, "most"),
        ({"most": True}, "most"),
        ({"seed": "a"}, "seed"),
        ({"limit": math.nan}, "limit"),
        ({"limit": 0}, "limit"),
        ({"claim": "caused"}, "claim"),
        ({"claim": ""}, "claim"),
        ({"cluster": "schol_id"}, "Did you mean school_id"),
        ({"baseline": "need_basline"}, "Did you mean need_baseline"),
        ({"baseline": "score_endline"}, "its own baseline"),
        ({"planned": None}, "planned"),
        ({"planned": {"method": "nearst"}}, "Did you mean nearest"),
        ({"frame": FRAME.data}, "analysis frame"),
        ({"frame": _with(score_endline="a")}, "does not hold numbers"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_the_curve_refuses_what_fails_every_specification(asked, words):
    given = {"frame": FRAME, "planned": {}, "comparison": "same_school", "most": 3, **asked}
    with pytest.raises(WlzEvalError, match=words):
        specification_curve(given.pop("frame"), FORMULA, "score_endline", **given)


def test_a_curve_of_which_nothing_can_be_estimated_says_so_and_draws_nothing():
    curve = specification_curve(
        _with(score_endline=np.nan), FORMULA, "score_endline", planned={}, comparison="same_school", most=3
    )
    rows = curve.table()
    assert rows["estimate"].isna().all()
    assert rows["reason"].str.len().gt(0).all()
    curve.plot()


COHORTS = {name: (match(FORMULA, f.data[["programme", "need_baseline", "school_id"]]), f.data)
           for name, f in (("a", FRAME), ("b", _frame(2)))}  # fmt: skip


def _changed(**columns):
    design, outcomes = COHORTS["b"]
    return {"a": COHORTS["a"], "b": (design, outcomes.assign(**columns))}


@pytest.mark.parametrize(
    ("cohorts", "words"),
    [
        (None, "must name each"),
        (list(COHORTS.values()), "must name each"),
        ({}, "at least two"),
        ({"a": COHORTS["a"]}, "at least two"),
        ({**COHORTS, "c": 3}, "'c' must be a design"),
        ({**COHORTS, "c": COHORTS["a"][::-1]}, "'c' must be a design"),
        ({**COHORTS, "c": (COHORTS["b"][0], COHORTS["b"][1].reset_index(drop=True))}, "not in the outcomes"),
        # Nobody differed, and the pooled interval took that cohort for known without error.
        (_changed(score_endline=1.0), "In cohort 'b' score_endline is the same"),
        (_changed(score_endline=np.nan), "Fewer than two"),
        (_changed(score_endline="a"), "does not hold numbers"),
        (_changed(school_id="the one"), "single school"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_cohorts_that_cannot_be_pooled(cohorts, words):
    with pytest.raises(WlzEvalError, match=words):
        pool(cohorts, "score_endline", person=None)


@pytest.mark.parametrize(
    "asked",
    [{"effect": ""}, {"model": ""}, {"model": "logistic"}, {"df": ""}, {"df": "xx"}, {"cluster": None},
     {"cluster": "schol"}, {"person": "persn"}, {"standardise": "no"}, {"claim": "caused"}],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_pooling_refuses_unknown_words(asked):
    with pytest.raises(WlzEvalError):
        pool(COHORTS, "score_endline", **{"person": None, **asked})


@pytest.mark.parametrize(
    "asked",
    [{"estimate": "a"}, {"estimate": None}, {"se": 0}, {"se": math.nan}, {"df": 0}, {"df": "a"}, {"alpha": "a"},
     {"alpha": 1}, {"times": "ab"}, {"times": []}, {"times": [-1]}, {"times": 3}, {"observed": "x"},
     {"observed": pd.DataFrame({"a": [1]})}],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_what_is_omitted_is_reckoned_from_numbers(asked):
    given = {"estimate": 1.0, "se": 0.3, "df": 50, **asked}
    with pytest.raises(WlzEvalError, match=r"estimate|alpha|times|observed"):
        omitted_variable(given.pop("estimate"), given.pop("se"), given.pop("df"), **given)
