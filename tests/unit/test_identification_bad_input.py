"""Rules of risk that would find nobody, or the wrong children, and look like an answer: each is refused by name."""

import math

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from wlz_eval.core.errors import OptionError, PlanError
from wlz_eval.measures import AnalysisFrame, IdentificationOptions, RiskRule, combinations, risk_flags
from wlz_eval.measures.identification.picking import rule_sets_of
from wlz_eval.plan import make_plan

OUTCOMES = [{"measure": "english", "wave": "endline", "primary": True}]


def frame(**columns):
    return AnalysisFrame(pd.DataFrame(columns), pd.DataFrame())


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"column": "english_endline", "below": 90}, "not known before the programme begins"),
        ({"column": "sdq_total_followup", "at_least": 12}, "not known before the programme begins"),
        ({"column": "programme", "equals": 1}, "nobody can be chosen by it"),
        ({"column": "group", "equals": "programme"}, "nobody can be chosen by it"),
        ({"column": "identified", "equals": 1}, "nobody can be chosen by it"),
        ({"column": "left", "equals": 1}, "nobody can be chosen by it"),
        ({"column": "english_baseline", "below": math.nan}, "finite number"),
        ({"column": "english_baseline", "at_least": math.inf}, "finite number"),
        ({"column": "sen", "equals": ["ehcp", "support"]}, "write one rule for each"),
        ({"column": "sen", "equals": {"a": 1}}, "write one rule for each"),
        ({"column": "english_baseline"}, "exactly one of below, at_least, equals (found 0)"),
        ({"column": "english_baseline", "below": 1, "at_least": 1}, "(found 2)"),
        ({"column": "english_baseline", "below": "low"}, "number"),
        ({"column": "english_baseline", "under": 1}, "Extra inputs"),
        ({"area": "", "column": "fsm", "equals": 1}, "at least 1 character"),
        ({"area": "a + b", "column": "fsm", "equals": 1}, "without a plus sign"),
    ],
)
def test_a_rule_that_cannot_be_one_is_refused(rule, said):
    with pytest.raises(ValidationError) as caught:
        RiskRule.model_validate({"area": "english", **rule})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("column", "values", "condition", "said"),
    [
        ("fsm", [1.0, 0.0, np.nan], {"equals": "yes"}, "1 is yes and 0 is no"),
        ("fsm", [1.0, 0.0, np.nan], {"equals": 7}, "the column holds yes and no"),
        ("gender", ["male", "female", None], {"below": 3}, "the column holds words (female, male)"),
        ("gender", ["male", "female", None], {"equals": 1}, "asks for a number"),
    ],
)
def test_a_condition_on_another_kind_of_column_is_refused(column, values, condition, said):
    """A word asked of numbers matched no child: a page then said that none was at risk."""
    with pytest.raises(OptionError) as caught:
        risk_flags(frame(**{column: values}), [RiskRule(area="a", column=column, **condition)])
    assert said in str(caught.value)
    assert repr(column) in str(caught.value)


def test_a_value_that_no_child_of_a_part_of_the_cohort_has_is_no_mistake():
    rules = [RiskRule(area="sen", column="sen", equals="ehcp"), RiskRule(area="poor", column="imd_decile", equals=3)]
    flags = risk_flags(frame(sen=["none", "none"], imd_decile=[1, 1]), rules)
    assert not flags.to_numpy(dtype=bool).any()


@pytest.mark.parametrize("equals", [1, True, 1.0])
def test_yes_may_be_written_as_a_number_or_as_true(equals):
    flags = risk_flags(frame(fsm=[1.0, 0.0]), [RiskRule(area="money", column="fsm", equals=equals)])
    assert flags["money"].tolist() == [True, False]


def test_a_column_without_any_value_flags_nobody_as_safe():
    flags = risk_flags(frame(x_baseline=[np.nan, np.nan]), [RiskRule(area="x", column="x_baseline", below=1)])
    assert flags["x"].isna().all()


@pytest.mark.parametrize(
    "options",
    [{"areas": 0}, {"areas": 51}, {"areas": "two"}, {"areas": 2.5}, {"areas": True}, {"share": 0}, {"share": 1},
     {"share": 20}, {"share": "a fifth"}, {"share": math.nan}, {"area": 2}],
)
def test_options_out_of_range_are_refused_by_the_plan_with_the_key(options):
    with pytest.raises(PlanError) as caught:
        make_plan({"outcomes": OUTCOMES, "identification": options})
    assert f"identification.{next(iter(options))}" in str(caught.value)


def test_every_wrong_rule_of_a_plan_is_told_at_once():
    rules = [
        {"area": "english", "column": "english_endline", "below": 90},
        {"area": "money", "column": "fsm"},
        {"area": "sen", "column": "sen", "equals": ["ehcp"]},
    ]
    with pytest.raises(PlanError) as caught:
        make_plan({"outcomes": OUTCOMES, "risk": rules})
    assert {p.column.split(".")[0] for p in caught.value.problems} >= {"risk[0]", "risk[1]", "risk[2]"}


def test_a_plan_that_asks_for_more_areas_than_it_names_still_has_its_own_rule():
    keys = [s.key for s in rule_sets_of(["english"], IdentificationOptions(areas=4))]
    assert "areas_4" in keys


def test_combinations_of_one_child_and_of_none():
    rules = [RiskRule(area="money", column="fsm", equals=1)]
    one = combinations(frame(programme=[1], fsm=[1.0]), rules, threshold=10)
    assert one.rows.to_numpy().tolist() == [["Other combinations", 1]]
    assert combinations(frame(programme=[0], fsm=[1.0]), rules).rows.empty
    assert combinations(frame(programme=[1], fsm=[1.0]), []).rows.empty
