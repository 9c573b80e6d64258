"""Bad input to the plan's `matching:` and `outcomes:`: the key, the nearest valid one, and every problem at once."""

from __future__ import annotations

import math

import pandas as pd
import pytest
import yaml

from wlz_eval.attribution import MatchingOptions
from wlz_eval.attribution.capabilities import option_problems
from wlz_eval.cohort import load_cohort
from wlz_eval.core.errors import PlanError
from wlz_eval.plan import check_plan, make_plan

FORMULA = "programme ~ english_baseline + fsm"
OUTCOME = {"measure": "english", "primary": True}


@pytest.fixture(scope="module")
def cohort(tiny_template):
    """The tiny cohort, read once: only its plan is broken."""
    return load_cohort(tiny_template)


@pytest.fixture
def problems_of(cohort, tmp_path):
    """Problems of the tiny cohort's plan with these options of matching, and these other keys."""

    def check(matching=None, **more):
        plan = yaml.safe_load((cohort.folder / "plan.yaml").read_text())
        plan["matching"] = {"formula": FORMULA, "comparison": "same_school", **(matching or {})}
        path = tmp_path / "plan.yaml"
        path.write_text(yaml.safe_dump({**plan, **more}))
        return check_plan(cohort, path)

    return check


@pytest.fixture
def found(problems_of):
    """Check that the problems are of these keys, and in good form; the first of each, by key."""

    def check(keys, matching=None, **more):
        problems, first = problems_of(matching, **more), {}
        for problem in problems:
            first.setdefault(problem.column, problem)
            assert not problem.message.endswith(".")
            assert problem.remedy.endswith(".")
            assert ".." not in str(problem)
            assert "function-before" not in str(problem)
        assert set(first) == set(keys), [str(p) for p in problems]
        return first

    return check


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("nearest", "mapping of keys"),
        (["a"], "mapping of keys"),
        (True, "mapping of keys"),
        ({1: 2}, "a key must be a word"),
        ({}, "required"),
    ],
)
def test_what_is_no_matching_block(value, words):
    with pytest.raises(PlanError, match=words) as said:
        make_plan({"outcomes": [OUTCOME], "matching": value})
    assert all(p.column.startswith("matching") for p in said.value.problems)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("caliperr", 0.1, "Did you mean caliper?"),
        ("Caliper", 0.1, "Did you mean caliper?"),
        ("exakt", ["school_id"], "Did you mean exact?"),
        ("method", "Nearest", "Did you mean nearest?"),
        ("method", ["nearest"], "Valid: nearest"),
        ("comparison", "same school", "Did you mean same_school?"),
        ("distance", "mahal", "Did you mean mahalanobis?"),
        ("formula", 3, "this must be text"),
        ("exact", "school_id", "this must be a list"),
        ("caliper", "wide", "valid number"),
        ("caliper", [0.2], "valid number"),
        ("replace", "perhaps", "true or false"),
        ("std_caliper", 2, "true or false"),
        ("balance_limit", 50, "at most 0.25"),
        ("ratio", 1.5, "fractional"),
        ("trim", math.inf, "finite number"),
    ],
)
def test_a_key_or_value_that_is_not_valid_is_one_problem(found, option, value, words):
    """One wrong caliper was once told as two problems, of keys that nobody wrote."""
    key = f"matching.{option}"
    assert words in str(found([key], {option: value})[key])


@pytest.mark.parametrize("option", ["caliper", "ratio", "balance_limit", "subclass", "tolerances", "reuse_max"])
def test_yes_is_no_number(option):
    """YAML reads `caliper: yes` as True, and it was once a caliper of one standard deviation."""
    with pytest.raises(PlanError, match="finite number"):
        make_plan({"outcomes": [OUTCOME], "matching": {"formula": FORMULA, option: True}})


@pytest.mark.parametrize("option", ["caliper", "balance_limit", "tolerances", "max_controls", "time_limit"])
def test_infinity_is_no_limit(option):
    """With a balance limit of .inf every design was balanced, and an effect could be claimed of it."""
    with pytest.raises(PlanError, match="finite number"):
        make_plan({"outcomes": [OUTCOME], "matching": {"formula": FORMULA, option: math.inf}})


def test_a_mapping_is_wrong_at_its_own_entry(found):
    keys = ("matching.caliper.english_baseline", "matching.cutpoints.english_baseline[0]")
    found(keys, {"caliper": {"english_baseline": "a"}, "cutpoints": {"english_baseline": ["a"]}})


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        ({"method": "optimal", "order": "largest"}, "order", "no order"),
        ({"method": "cem", "caliper": 0.1}, "caliper", "no caliper"),
        ({"method": "ipw", "caliper": None, "link": "linear.logit"}, "link", "Valid: logit"),
        ({"method": "overlap", "caliper": None}, "estimand", "Did you mean ATO?"),
        ({"method": "ipw", "caliper": None, "estimand": "ATO"}, "estimand", "Did you mean ATT?"),
        ({"reestimate": True}, "reestimate", "needs discard"),
        ({"method": "full", "min_controls": 5, "max_controls": 2}, "max_controls", "more than"),
        ({"exact": ["school_id"], "antiexact": ["school_id"]}, "antiexact", "agree and differ"),
        ({"caliper": -1}, "caliper", "at least 0"),
    ],
)
def test_what_the_engine_refuses_is_told_of_the_key(found, options, key, words):
    assert words in str(found([f"matching.{key}"], options)[f"matching.{key}"])


def test_everything_the_engine_refuses_is_told_at_once():
    options = {"reestimate": True, "min_controls": 2, "trim": 0.9, "k2k": True}
    with pytest.raises(PlanError) as said:
        make_plan({"outcomes": [OUTCOME], "matching": {"formula": FORMULA, **options}})
    assert {p.column for p in said.value.problems} == {f"matching.{name}" for name in options}
    assert [name for name, _ in option_problems({"method": "nearst"})] == ["method"]
    assert option_problems(MatchingOptions(formula=FORMULA).engine_options()) == []


def test_one_kind_of_mistake_hides_no_other(found):
    """A misspelt key, a value out of range, what the engine refuses, columns that are not there, and an outcome."""
    matching = {"formula": "programme ~ fsn", "caliperr": 0.1, "ratio": 0, "reestimate": True, "exact": ["schol_id"]}
    keys = [*(f"matching.{key}" for key in matching), "outcomes[1].measure", "sed"]
    told = found(keys, matching, outcomes=[OUTCOME, {"measure": "englsh"}], sed=3)
    assert "Did you mean sen or fsm?" in str(told["matching.formula"])
    assert "Did you mean english?" in str(told["outcomes[1].measure"])
    assert all(p.row is not None for p in told.values())


@pytest.mark.parametrize(
    ("options", "key"),
    [({"method": "cemm", "k2k": True}, "method"), ({"discard": "all", "reestimate": True}, "discard"),
     ({"caliper": "a", "std_caliper": {"english_baseline": False}}, "caliper")],
)  # fmt: skip
def test_a_misspelt_option_accuses_no_other(found, options, key):
    found([f"matching.{key}"], {"caliper": None, **options})


@pytest.mark.parametrize(
    ("right", "words"),
    [
        ("fsm | school_id", "more than one part on a side"),
        ("np.log(english_baseline)", "Did you mean log?"),
        ("lag(fsm)", "no function 'lag'"),
        ("programme + fsm", "who was on the programme"),
        ("english_endline", "after the programme began"),
        ("1", "no covariate"),
        ("", "no covariate"),
        (".", "cannot be read"),
        ("fsm ~ gender", "cannot be read"),
        ("phase + year_group", "No covariate"),
        ("I(english_baseline / 0)", "cannot be computed"),
        ("log(imd_decile - 5)", "cannot be computed"),
    ],
)
def test_a_formula_that_cannot_work_is_found_by_the_check(found, right, words):
    """Two sides on the right ended in a traceback; what cannot be computed was found only by notebook 04."""
    assert words in str(found(["matching.formula"], {"formula": f"programme ~ {right}"})["matching.formula"])


@pytest.mark.parametrize(
    ("options", "key", "words"),
    [
        ({"method": "cem", "cutpoints": "sturgess"}, "matching", "Did you mean sturges?"),
        ({"method": "cem", "cutpoints": {"fms": 3}}, "matching", "Did you mean fsm?"),
        ({"method": "cardinality", "tolerances": {"fmss": 0.1}}, "matching", "not balanced"),
        ({"method": "ipw", "trim": 0.2}, "matching", "between 0.5 and 1"),
        ({"caliper": {"school_id": 0.2}}, "matching.caliper.school_id", "needs numbers"),
        ({"comparison": "waiting"}, "matching.comparison", "other_school, same_school"),
    ],
)
def test_options_are_tried_on_these_children_by_the_check(found, options, key, words):
    assert words in str(found([key], options)[key])


def test_a_constant_covariate_is_a_warning(found):
    warning = found(["matching.formula"], {"formula": f"{FORMULA} + phase"})["matching.formula"]
    assert (warning.value, warning.fatal) == ("phase", False)


def test_the_trial_reads_no_outcome(tiny_cohort_folder):
    rows = pd.read_csv(tiny_cohort_folder / "measures.csv")
    rows[rows["wave"] == "baseline"].to_csv(tiny_cohort_folder / "measures.csv", index=False)
    assert [p.message for p in check_plan(load_cohort(tiny_cohort_folder))] == [
        "there are no values of this outcome yet"
    ]


@pytest.mark.parametrize(
    ("outcomes", "key", "words"),
    [
        ([], "outcomes", "at least 1"),
        ("english", "outcomes", "this must be a list"),
        (["english"], "outcomes[0]", "mapping of keys"),
        ([OUTCOME, {"measure": "english"}], "outcomes[1].measure", "stands twice"),
        ([{"measure": "englsh", "primary": True}], "outcomes[0].measure", "Did you mean english?"),
        ([{**OUTCOME, "wave": "baseline"}], "outcomes[0].wave", "Did you mean"),
        ([{**OUTCOME, "better": "more"}], "outcomes[0].better", "Valid: higher"),
        ([{"measure": "english"}], "outcomes", "exactly one outcome must be primary"),
    ],
)
def test_outcomes_that_cannot_be_estimated(problems_of, outcomes, key, words):
    problems = problems_of(outcomes=outcomes)
    assert any(p.column == key and words in str(p) for p in problems), [str(p) for p in problems]
