"""Bad input to power, attrition, bounds, equivalence, months and the like: refused by name, never reckoned with."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pandas as pd
import pytest

from wlz_eval.attribution import estimate_effect, match
from wlz_eval.attribution.standards.attrition import attrition
from wlz_eval.attribution.standards.bounds import trimmed_weights, worst_case_bounds
from wlz_eval.attribution.standards.collection import collection_differences
from wlz_eval.attribution.standards.detectable import detectable, planned_detectable_effect
from wlz_eval.attribution.standards.lift import children_for_correlation
from wlz_eval.attribution.standards.months import effect_in_months
from wlz_eval.attribution.standards.multiplicity import several_outcomes
from wlz_eval.attribution.standards.power import minimum_detectable_effect
from wlz_eval.attribution.standards.wwc import baseline_equivalence, cox_index, equivalence_verdict
from wlz_eval.core.errors import WlzEvalError
from wlz_eval.reference.measures import measures


@pytest.fixture(autouse=True)
def _no_warning_of_another_library():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


RNG = np.random.default_rng(3)
N = 120
INDEX = [f"c{i:03d}" for i in range(N)]
DATA = pd.DataFrame({"programme": np.arange(N) % 3 == 0, "x": RNG.normal(size=N)}, index=INDEX)
OUTCOMES = pd.DataFrame(
    {
        "y_endline": DATA["x"] + RNG.normal(size=N),
        "z_endline": RNG.normal(size=N),
        "y_baseline": DATA["x"],
        "school_id": [f"s{i % 10}" for i in range(N)],
        "group": np.where(DATA["x"] > 0, "a", "b"),
    },
    index=INDEX,
)
DESIGN = match("programme ~ x", DATA)
SCHOOLS = OUTCOMES["school_id"]
SOME = OUTCOMES.assign(y_endline=OUTCOMES["y_endline"].where(np.arange(N) % 4 > 0))
EFFECT = estimate_effect(DESIGN, OUTCOMES, "y_endline")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"power": 0}, "power"),
        ({"power": 1}, "power"),
        ({"power": "a"}, "power"),
        ({"power": math.nan}, "power"),
        ({"level": 1}, "level"),
        # It gave the smaller effect that a test at any level finds.
        ({"level": 0}, "level"),
        # It took the planning values of "other measures", which promise less.
        ({"family": "attainmnt"}, "Did you mean attainment"),
        ({"family": ""}, "family"),
        ({"phase": "secondry"}, "secondary"),
        ({"icc": "a"}, "icc"),
        ({"icc": True}, "icc"),
        ({"icc": math.nan}, "icc"),
        ({"r2": 1.0}, "r2"),
        ({"persistence": 2}, "persistence"),
        ({"attrition": 1.0}, "attrition"),
        ({"targets": 0.2}, "targets"),
        ({"targets": "ab"}, "targets"),
        ({"targets": [0]}, "targets"),
        ({"targets": [math.inf]}, "targets"),
        ({"schools": list(SCHOOLS)}, "schools must be a Series"),
        ({"schools": None}, "schools must be a Series"),
        ({"schools": pd.concat([SCHOOLS, SCHOOLS.iloc[:2]])}, "schools must be a Series"),
        ({"schools": SCHOOLS.set_axis(range(N))}, "no entry in schools"),
        ({"design": DATA}, "must be a Design"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_power_refuses_what_is_no_planning_value(options, words):
    with pytest.raises(WlzEvalError, match=words):
        minimum_detectable_effect(**{"design": DESIGN, "schools": SCHOOLS, **options})


def test_one_school_has_no_detectable_effect_and_no_needed_numbers():
    found = minimum_detectable_effect(DESIGN, pd.Series("the one", index=INDEX))
    assert math.isnan(found.mde)


@pytest.mark.parametrize(
    "asked",
    [(0, 10, 2, 2), (-1, 10, 2, 2), (10.5, 10, 2, 2), (10, 10, 20, 2), ("a", 10, 2, 2), (math.nan, 10, 2, 2),
     (True, 10, 2, 2), (10, 10, 0, 0), (10, 10, 2, 11)],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_a_planned_comparison_needs_children_and_schools(asked):
    with pytest.raises(WlzEvalError, match=r"whole number|more schools"):
        planned_detectable_effect(*asked, icc=0.1, r2=0.3)


def test_what_cannot_be_found_is_not_a_number():
    assert math.isnan(detectable(math.nan, 3))
    assert math.isnan(detectable(1, 0))
    assert math.isnan(planned_detectable_effect(1, 1, 1, 1, icc=0.1, r2=0.3))
    assert all(math.isnan(cox_index(*a)) for a in [(0, 1, 10), (1.2, 0.5, 10), (math.nan, 0.5, 10), (0.5, 0.4, 1)])
    assert [equivalence_verdict(g) for g in (math.nan, math.inf, -math.inf)] == ["unknown"] * 3


@pytest.mark.parametrize(
    ("baselines", "words"),
    [
        ({}, "baselines must name"),
        (["y_baseline"], "baselines must name"),
        ({"y_endline": "y_baseline"}, "must be a list"),
        ({"y_endline": []}, "is empty"),
        ({"y_endline": ["y_basline"]}, "Did you mean y_baseline"),
        # The outcome was judged to be its own baseline.
        ({"y_endline": ["y_endline"]}, "measured after the programme began"),
        ({"y_endline": ["z_endline"]}, "measured after the programme began"),
        ({"y_endline": ["group"]}, "does not hold numbers"),
        ({"y_end": ["y_baseline"]}, "Did you mean y_endline"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_equivalence_is_judged_on_baselines(baselines, words):
    with pytest.raises(WlzEvalError, match=words):
        baseline_equivalence(DESIGN, OUTCOMES, baselines)
    with pytest.raises(WlzEvalError, match="adjusted"):
        baseline_equivalence(DESIGN, OUTCOMES, {"y_endline": ["y_baseline"]}, adjusted="no")


@pytest.mark.parametrize("value", [3.0, DATA["programme"] * 1.0], ids=["constant", "the treatment"])
def test_a_baseline_that_has_no_spread_is_not_called_alike(value):
    found = baseline_equivalence(DESIGN, OUTCOMES.assign(y_baseline=value), {"y_endline": ["y_baseline"]})
    assert found.table()["verdict"].tolist() == ["unknown"]
    assert not found.met("y_endline")


@pytest.mark.parametrize(
    ("columns", "words"),
    [([], "is empty"), ("y_endline", "must be a list"), (None, "must be a list"), (["y_endlin"], "Did you mean"),
     (["y_endline", "y_endline"], "twice"), ([3], "is not a column")],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_attrition_needs_outcomes(columns, words):
    with pytest.raises(WlzEvalError, match=words):
        attrition(DESIGN, OUTCOMES, columns)
    with pytest.raises(WlzEvalError, match="cautious"):
        attrition(DESIGN, OUTCOMES, ["y_endline"], assumption="cautios")


def test_an_outcome_that_nobody_has_is_lost_altogether():
    row = attrition(DESIGN, OUTCOMES.assign(y_endline=np.nan), ["y_endline"]).table().iloc[0]
    assert (row["overall"], row["verdict"]) == (100, "high")


@pytest.mark.parametrize("limits", [(0, 0), (9, -9), (math.nan, 1), (-math.inf, math.inf), ("a", "b"), (None, None),
                                    (False, True), (0, 1), (-1e300, 1e300)], ids=str)  # fmt: skip
def test_bounds_need_limits_that_the_outcome_keeps(limits):
    with pytest.raises(WlzEvalError, match=r"low|high|outside|too large"):
        worst_case_bounds(DESIGN, SOME, "y_endline", *limits)


@pytest.mark.parametrize(
    "arguments",
    [([1.0, 2], [1.0, 1], -1, "top"), ([1.0, 2], [1.0, 1], math.nan, "top"), ([1.0, 2], [1.0, 1], 2, "top"),
     # Any word but "top" trimmed the bottom.
     ([1.0, 2], [1.0, 1], 0.2, "up"), ([1.0, 2], [1.0], 0.2, "top"), ([], [], 0.2, "top")],
    ids=lambda given: str(given)[:30],
)  # fmt: skip
def test_trimming_refuses_nonsense(arguments):
    with pytest.raises(WlzEvalError, match=r"share|end|one value"):
        trimmed_weights(*arguments)


@pytest.mark.parametrize(
    "asked",
    [{"r": 2}, {"r": math.nan}, {"r": "a"}, {"precision": 0}, {"precision": -1}, {"icc": 2}, {"size": 0}],
    ids=lambda given: str(given)[:30],
)
def test_a_correlation_is_at_most_one(asked):
    """A correlation of 2 once needed fewer than no children."""
    with pytest.raises(WlzEvalError, match=next(iter(asked))):
        children_for_correlation(**{"r": 0.5, "distance": 0.5, **asked})


DETAILS = pd.DataFrame({"date": pd.Timestamp("2024-01-01"), "informant": "teacher"}, index=INDEX)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"days": -1}, "days"),
        ({"days": math.nan}, "days"),
        ({"share": "a"}, "share"),
        ({"treatment": [True]}, "must be a Series"),
        ({"details": None}, "a DataFrame"),
        ({"details": DETAILS.assign(date="soon")}, "no dates"),
        ({"details": DETAILS[[]]}, "hold none of"),
        # Nothing was known of anybody, and nothing was flagged.
        ({"details": DETAILS.set_axis(range(N))}, "No child of the comparison"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_how_outcomes_were_taken_must_be_known_of_these_children(asked, words):
    with pytest.raises(WlzEvalError, match=words):
        collection_differences(**{"treatment": DATA["programme"], "details": DETAILS, **asked})


@pytest.mark.parametrize("seed", ["a", -1, 1.5, None, True])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(WlzEvalError, match="seed"):
        several_outcomes({"a": EFFECT, "b": EFFECT}, seed=seed)


@pytest.mark.parametrize("family", [{}, {"a": EFFECT}, [EFFECT, EFFECT]], ids=["none", "one", "no names"])
def test_several_outcomes_are_several(family):
    with pytest.raises(WlzEvalError, match=r"Fewer than two|must name"):
        several_outcomes(family)


def test_months_are_of_attainment_with_a_size():
    for effect, measure, words in (
        (EFFECT, "sdq_total", "attainment only"),
        (estimate_effect(DESIGN, OUTCOMES.assign(y_endline=1.0), "y_endline"), "english", "no size"),
    ):
        with pytest.raises(WlzEvalError, match=words):
            effect_in_months(effect, measures()[measure])
    with pytest.raises(WlzEvalError, match="Did you mean toolkit"):
        effect_in_months(EFFECT, measures()["english"], "tolkit")
