"""Exploring designs: what can be chosen, what it makes, and how it gets into the plan. No browser is needed."""

from __future__ import annotations

import asyncio
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
import yaml

from wlz_eval.attribution import MatchingOptions, design_for
from wlz_eval.attribution.capabilities import METHODS, OPTIONS
from wlz_eval.attribution.explore import explore
from wlz_eval.attribution.explore.choices import (
    block_columns,
    choices,
    covariate_columns,
    first_options,
    knows,
    with_column,
    with_distance_caliper,
    written_widths,
)
from wlz_eval.attribution.explore.controls import CONTROLS, ORDER
from wlz_eval.attribution.explore.describe import left_out_sentence, left_out_table, summary_rows
from wlz_eval.attribution.explore.plantext import edited_plan, matching_block, write_matching
from wlz_eval.attribution.explore.state import ExploreState
from wlz_eval.cohort.find import find_cohort, shipped_cohorts
from wlz_eval.core.errors import CohortError, DesignError, OptionError
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.plan.model import PlanModel

FORMULA = "programme ~ english_baseline + fsm + C(sen)"
START = MatchingOptions(formula=FORMULA, comparison="same_school")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(11)
    n = 320
    school, fsm = rng.integers(0, 8, n), rng.integers(0, 2, n).astype(float)
    need = rng.normal(size=n)
    inside = school < 5
    programme = inside & (need + 0.4 * fsm + rng.logistic(size=n) > 0.9)
    data = pd.DataFrame(
        {
            "programme": programme.astype(int),
            "comparison_type": np.where(programme, None, np.where(inside, "same_school", "other_school")),
            "school_id": [f"s{s}" for s in school],
            "index_date": pd.Timestamp("2022-09-01"),
            "started": np.where(programme, 1.0, np.nan),
            "sen": np.where(rng.integers(0, 3, n) == 0, "support", "none"),
            "phase": "primary",
            "fsm": fsm,
            "english_pre_baseline": 100 - 9 * need,
            "english_baseline": 100 - 10 * need + rng.normal(0, 2, n),
            "maths_baseline": np.where(rng.random(n) < 0.04, np.nan, 100 - 6 * need + rng.normal(0, 8, n)),
            "english_endline": 99 - 10 * need + 5 * programme,
            "left": pd.NaT,
        },
        index=pd.Index([f"c{i:04d}" for i in range(n)], name="child_id"),
    )
    return AnalysisFrame(data=data, flow=pd.DataFrame())


@pytest.fixture
def state(frame):
    return ExploreState(frame, START, seed=3)


@pytest.fixture(autouse=True)
def _unpainted(request, monkeypatch):
    """Leave out the painting, which is most of the time, where a test does not look at it."""
    if "painted" not in request.fixturenames:
        for module in ("panel", "html"):
            part = import_module(f"wlz_eval.attribution.explore.{module}")
            monkeypatch.setattr(part, "picture", lambda draw, alt: alt)


@pytest.fixture
def painted():
    """Ask for real pictures."""


@pytest.fixture
def panel(frame):
    return explore(frame, START, seed=3)


# -- what can be chosen -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_an_option_of_the_engine_counts_only_with_methods_of_the_capability_table(method):
    values = {**START.model_dump(), "method": method, "discard": "both", "distance": "glm"}
    for option in set(values) & set(OPTIONS):
        assert knows(option, values) == (option in METHODS[method].options), option


@pytest.mark.parametrize("method", METHODS)
def test_every_value_that_is_offered_is_accepted(method):
    for option in ("estimand", "distance", "link", "order", "missing"):
        values = {**START.model_dump(), "method": method}
        if knows(option, values):
            for value in choices(option, method):
                estimand = choices("estimand", method)[0]
                MatchingOptions.model_validate(
                    {"formula": FORMULA, "method": method, "estimand": estimand, option: value}
                )


def test_a_distance_between_covariates_has_no_link_and_no_range_to_leave():
    values = {**START.model_dump(), "distance": "mahalanobis"}
    assert not any(knows(option, values) for option in ("link", "discard", "reestimate"))
    assert knows("link", {**values, "method": "ipw"}), "weights ignore it: they always have a score"


def test_columns_on_offer_are_baseline_ones_that_vary_and_do_not_say_the_group(frame):
    assert covariate_columns(frame) == ("sen", "fsm", "english_pre_baseline", "english_baseline", "maths_baseline")
    assert block_columns(frame) == ("school_id", "sen", "fsm")


def test_a_first_design_takes_baseline_measures_and_background(frame):
    first = first_options(frame)
    assert first.formula == "programme ~ english_baseline + maths_baseline + fsm + C(sen)"
    assert first.comparison == "other_school"


@pytest.mark.parametrize(
    ("formula", "column", "wanted", "expected"),
    [
        ("programme ~ a + log(b + 1)", "b", False, "programme ~ a"),
        ("programme ~ a + log(b + 1)", "c", True, "programme ~ a + log(b + 1) + c"),
        ("programme ~ a", "a", True, "programme ~ a"),
        ("programme ~ ab + a", "a", False, "programme ~ ab"),
        ("programme ~ a*b + c", "b", False, "programme ~ c"),
        ("programme ~ a", "a", False, "programme ~"),
        ("programme ~", "a", True, "programme ~ a"),
    ],
)
def test_ticking_a_column_adds_a_term_and_unticking_takes_out_every_term_of_it(formula, column, wanted, expected):
    assert with_column(formula, column, wanted) == expected


def test_the_caliper_on_the_distance_leaves_those_on_columns_alone():
    both = ({"distance": 0.2, "age": 1.0}, {"distance": True, "age": False})
    assert with_distance_caliper(*both, None) == ({"age": 1.0}, {"age": False})
    assert with_distance_caliper(*both, 0.05, False) == (
        {"age": 1.0, "distance": 0.05}, {"age": False, "distance": False}
    )
    assert with_distance_caliper(None, True, None) == (None, True)


# -- what it makes ----------------------------------------------------------------------------------------------------


def test_outcomes_are_not_in_the_state(state):
    assert "english_endline" not in state.frame.data
    assert state.frame.outcome_columns == []
    state.choose(formula="programme ~ english_endline")
    assert "before outcomes are looked at" in state.view().message.replace("\n", " ")


def test_the_design_is_the_one_that_the_plan_would_make(frame, state):
    state.choose(caliper=0.1, exact=["school_id"], ratio=2)
    named = MatchingOptions(formula=FORMULA, comparison="same_school", caliper=0.1, exact=("school_id",), ratio=2)
    planned = design_for(frame, named, "same_school", 3)
    pd.testing.assert_series_equal(state.design().weights, planned.weights)
    assert yaml.safe_load(matching_block(state.matching))["matching"] == {
        "formula": FORMULA, "comparison": "same_school", "caliper": 0.1, "exact": ["school_id"], "ratio": 2
    }


@pytest.mark.parametrize("method", METHODS)
def test_any_method_can_follow_any_other_and_options_come_back(state, method):
    state.choose(ratio=2, order="closest", caliper=0.3, link="linear.logit")
    state.choose(method=method)
    view = state.view()
    assert view.design is not None or view.message
    assert view.matching.method == method
    assert set(state.set_aside) == {
        name for name in ("ratio", "order", "caliper") if name not in METHODS[method].options
    } | ({"link"} if "link" not in METHODS[method].options else set())
    state.choose(method="nearest")
    assert (state.matching.ratio, state.matching.order, state.matching.link) == (2, "closest", "linear.logit")


def test_a_design_is_made_once_for_each_choice(state, monkeypatch):
    made = []
    original = ExploreState._make
    monkeypatch.setattr(ExploreState, "_make", lambda self, m: made.append(m.ratio) or original(self, m))
    for ratio in (1, 2, 1, 2):
        state.choose(ratio=ratio)
        assert state.view().design.spec.ratio == ratio
    assert made == [1, 2]


def test_only_the_latest_designs_are_kept(state, monkeypatch):
    monkeypatch.setattr(import_module("wlz_eval.attribution.explore.state"), "KEPT", 2)
    for ratio in (1, 2, 3):
        state.choose(ratio=ratio)
        state.view()
    assert state.is_kept()
    state.choose(ratio=1)
    assert not state.is_kept()


def test_mistakes_are_messages_and_not_exceptions(state):
    state.choose(formula="programme ~ english_baselin")
    assert "Did you mean english_baseline?" in state.view().message
    state.choose(formula=FORMULA, ratio=99)
    assert state.view().message == "ratio: input should be less than or equal to 10."
    with pytest.raises(DesignError, match="ratio"):
        state.design()
    with pytest.raises(OptionError, match="Did you mean caliper"):
        state.choose(calipr=0.1)


def test_what_does_not_count_is_said(state):
    state.choose(comparison="other_school", exact=("school_id",), method="ipw", ratio=3)
    first, second = state.notes()
    assert first == "Not used by method ipw as chosen: ratio."
    assert "only children of the same school can agree" in second


def test_the_summary_puts_now_beside_the_start(state):
    state.choose(caliper=None)
    rows = summary_rows(state.view(), state.first_view())
    out = rows.loc["Programme children left out"]
    assert out["now"] <= out["at_first"]
    assert rows.loc["Programme children in the comparison", "now"] == len(state.design().matched_programme)
    assert rows.loc["Largest difference after (SDs)", "at_first"] == state.first_view().balance.worst_after


def test_who_is_left_out_is_said_by_the_covariate_that_differs_most(state):
    state.choose(caliper=0.02)
    design = state.design()
    table = left_out_table(design)
    assert len(design.unmatched_programme) > 0
    assert table["gap"].abs().is_monotonic_decreasing
    english = design.covariates.balance["english_baseline"]
    gap = english[design.unmatched_programme].mean() - english[design.matched_programme].mean()
    assert table.loc["english_baseline", "gap"] == pytest.approx(gap / english[design.treatment].std(ddof=0))
    assert f"{len(design.unmatched_programme)} of {int(design.treatment.sum())}" in left_out_sentence(design)


def test_nobody_left_out_leaves_nobody_to_describe(state):
    state.choose(method="ipw")
    assert left_out_table(state.design()).empty
    assert left_out_sentence(state.design()).startswith("All ")


# -- into the plan ----------------------------------------------------------------------------------------------------

PLAN = """\
# Our plan.
schema_version: 1

# How partners are found.
matching:
  # What they are compared on.
  formula: programme ~ english_baseline + fsm + C(sen)
  comparison: same_school   # the same schools
  ratio: 1
  # Narrow enough.
  caliper: 0.2  # the usual
  exact:
    - school_id

# What it is judged by.
outcomes:
  - {measure: english, wave: endline, primary: true}  # reading
"""


def test_the_plans_text_keeps_every_other_line(state):
    state.choose(caliper=0.1, method="optimal", exact=("school_id", "sen"))
    new = edited_plan(PLAN, state.matching)
    changed = ("caliper", "exact", "- school_id")
    kept = [line for line in PLAN.splitlines() if not any(word in line for word in changed)]
    assert [line for line in new.splitlines() if line in kept] == kept
    assert "  caliper: 0.1  # the usual\n" in new
    assert PlanModel.model_validate(yaml.safe_load(new)).matching.model_dump() == state.matching.model_dump()


def test_what_the_new_method_does_not_know_leaves_the_plan(state):
    state.choose(method="ipw")
    new = edited_plan(PLAN, state.matching)
    assert "caliper: " not in new
    assert "ratio" not in new
    assert "# Narrow enough." in new
    assert PlanModel.model_validate(yaml.safe_load(new)).matching.method == "ipw"


@pytest.mark.parametrize(
    "text",
    [
        "matching: {formula: programme ~ fsm, caliper: 0.3}  # in braces\nseed: 4\n",
        "matching: null\nseed: 4\n",
        "matching:\nseed: 4\n",
        "seed: 4\n",
        "seed: 4",
        "seed: 4\nmatching:\n  formula: >-\n    programme ~\n    fsm\n  # last\n  caliper: null",
        "seed: 4\r\nmatching:\r\n  formula: programme ~ fsm\r\n  caliper:\r\n# end\r\n",
        "matching:\n    formula: programme ~ fsm\n    caliper:\n        distance: 0.1\n        fsm: 0\nseed: 4\n",
        "matching:\n  ratio:  # end\n  - 1\n  formula: programme ~ fsm\nseed: 4\n",
    ],
)
def test_any_way_of_writing_a_plan_can_be_changed(text):
    matching = MatchingOptions(formula=FORMULA, comparison="same_school", caliper=0.15, ratio=2)
    new = edited_plan(text, matching)
    read = yaml.safe_load(new)
    assert read["seed"] == 4
    assert MatchingOptions.model_validate(read["matching"]).model_dump() == matching.model_dump()
    for comment in ("# in braces", "# last", "# end"):
        assert (comment in new) == (comment in text)
    assert ("\r\n" in new) == ("\r\n" in text)
    assert new.count("\r\n") in (0, new.count("\n"))
    assert edited_plan(new, matching) == new


@pytest.mark.parametrize("text", ["- a list\n", "matching: &a {formula: x}\nb: *a\n", "{seed: 4}\n", "a: [\n"])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(DesignError):
        edited_plan(text, START)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cohort.yaml").write_text("id: tiny\n", encoding="utf-8")
    (tmp_path / "plan.yaml").write_bytes(b"\xef\xbb\xbf" + PLAN.encode())
    return tmp_path


def test_writing_says_what_changed_and_writes_nothing_when_nothing_did(panel, folder):
    panel.controls.by_name["ratio"].value = 2
    written = panel.write(folder)
    assert written.changed == ("ratio", "exact")
    assert "matching.ratio" in repr(written)
    after = (folder / "plan.yaml").read_bytes()
    assert after.startswith(b"\xef\xbb\xbf# Our plan.")
    again = panel.write(folder)
    assert again.changed == ()
    assert "nothing was written" in repr(again)
    assert (folder / "plan.yaml").read_bytes() == after


def test_a_locked_plan_is_changed_only_when_told(folder):
    (folder / "plan.lock.yaml").write_text("date: 2024-01-01\n", encoding="utf-8")
    before = (folder / "plan.yaml").read_bytes()
    with pytest.raises(DesignError, match="locked=True"):
        write_matching(folder, START)
    assert (folder / "plan.yaml").read_bytes() == before
    written = write_matching(folder, START, locked=True)
    assert "changed since" in repr(written)
    read = yaml.safe_load((folder / "plan.yaml").read_text(encoding="utf-8-sig"))
    assert MatchingOptions.model_validate(read["matching"]).model_dump() == START.model_dump()


def test_a_folder_without_a_plan_is_refused(folder, tmp_path_factory):
    (folder / "plan.yaml").unlink()
    with pytest.raises(DesignError, match=r"plan\.yaml"):
        write_matching(folder, START)
    with pytest.raises(CohortError):
        write_matching(tmp_path_factory.mktemp("none"), START)


# -- the panel --------------------------------------------------------------------------------------------------------


def test_every_control_is_on_the_screen_once(panel):
    assert sorted(ORDER) == sorted(set(panel.controls.by_name) - {"formula"})
    assert {control.option for control in CONTROLS} <= set(MatchingOptions.model_fields)


@pytest.mark.parametrize("method", METHODS)
def test_a_control_is_grey_when_the_method_does_not_know_it(panel, method):
    panel.controls.by_name["method"].value = method
    known = METHODS[method].options
    cardinality = ("tolerances", "target", "fine", "gap")
    for option in ("ratio", "replace", "caliper", "discard", "subclass", "k2k", "moments", "trim", *cardinality):
        assert panel.controls.by_name[option].disabled == (option not in known), option
    assert panel.matching.method == method
    assert f"method: {method}" in panel.block.value or method == "nearest"


def test_changing_controls_changes_design_text_and_screen(panel):
    named = panel.controls.by_name
    before = panel.status.value, panel.summary.value, panel.balance.value
    named["caliper"].value = 0.05
    panel.controls.agree_on["school_id"].value = True
    panel.controls.match_on["maths_baseline"].value = True
    named["replace"].value = True
    assert panel.matching.formula == f"{FORMULA} + maths_baseline"
    assert (panel.matching.caliper, panel.matching.exact, panel.matching.replace) == (0.05, ("school_id",), True)
    assert panel.design.spec.exact == ("school_id",)
    assert panel.status.value.count("Matched design (nearest)") == 1
    after = panel.status.value, panel.summary.value, panel.balance.value
    assert all(a != b for a, b in zip(before, after, strict=True))
    named["caliper_on"].value = False
    assert panel.matching.caliper is None
    assert "caliper: null" in panel.block.value
    panel.reset()
    assert (panel.status.value, panel.summary.value, panel.balance.value) == before
    assert panel.matching.model_dump() == START.model_dump()


def test_the_largest_sample_within_tolerances_is_explored(panel):
    named = panel.controls.by_name
    assert named["tolerances"].layout.display == "none"
    named["method"].value = "cardinality"
    assert named["tolerances"].layout.display is None
    assert (named["tolerances"].value, named["target"].value, named["fine"].value) == ("0.05", None, ())
    loose = panel.design
    named["tolerances"].value = "0.02"
    assert panel.design.balance().worst_after <= 0.02 + 1e-9
    assert panel.design.count("Matched", "programme") <= loose.count("Matched", "programme")
    named["fine"].value = ("sen",)
    assert panel.design.spec.fine == ("sen",)
    kept = panel.state.frame.data.loc[panel.design.weights[panel.design.weights > 0].index]
    assert kept.groupby("sen")["programme"].mean().eq(0.5).all()
    named["target"].value, named["gap"].value = "focal", 0.05
    named["tolerances"].value = "english_baseline: 0.1"
    assert panel.matching.tolerances == {"english_baseline": 0.1}
    assert (panel.matching.target, panel.matching.fine, panel.matching.gap) == ("focal", ("sen",), 0.05)
    for line in ("tolerances: {english_baseline: 0.1}", "target: focal", "fine: [sen]", "gap: 0.05"):
        assert line in panel.block.value
    named["method"].value = "nearest"
    assert panel.design.spec.method == "nearest"
    panel.reset()
    assert named["tolerances"].value == "0.05"


@pytest.mark.parametrize("text", ["", "wide", "age", "age:", ":0.1", "age: 0.1, age: 0.2", "age: wide"])
def test_tolerances_that_are_none_are_refused(panel, text):
    panel.controls.by_name["method"].value = "cardinality"
    before = panel.matching
    panel.controls.by_name["tolerances"].value = text
    assert panel.controls.problem
    assert panel.matching == before
    with pytest.raises(ValueError, match="toler"):
        written_widths(text)


def test_columns_of_a_plan_that_are_not_on_offer_stay(frame):
    start = MatchingOptions(formula=FORMULA, method="cardinality", fine=("english_baseline",))
    panel = explore(frame, start)
    panel.controls.by_name["fine"].value = ("sen",)
    assert panel.matching.fine == ("english_baseline", "sen")


def test_same_school_first_is_for_children_of_the_same_school(panel):
    named = panel.controls.by_name
    named["same_school"].value = True
    assert panel.matching.prefer == ("school_id",)
    named["comparison"].value = "other_school"
    assert named["same_school"].disabled
    assert panel.controls.agree_on["school_id"].disabled
    assert "only children of the same school" in panel.status.value


def test_a_tab_is_drawn_when_it_is_opened(painted, panel):
    assert panel.overlap.value == ""
    panel.tabs.selected_index = 1
    assert "data:image/png;base64" in panel.overlap.value
    panel.controls.by_name["method"].value = "cem"
    assert "no one number a child" in panel.overlap.value


def test_what_cannot_be_is_said_and_hides_the_old_pictures(panel):
    panel.controls.by_name["formula"].value = "programme ~ nothing"
    assert "No design: The formula names" in panel.status.value
    assert panel.trouble.value in panel.status.value
    assert panel.balance.layout.visibility == "hidden"
    with pytest.raises(DesignError, match="nothing"):
        _ = panel.design
    panel.controls.by_name["formula"].value = FORMULA
    assert panel.trouble.value == ""
    assert panel.balance.layout.visibility == "visible"


def test_a_number_that_is_none_is_refused_and_the_state_stays(panel):
    named = panel.controls.by_name
    named["method"].value = "full"
    named["max_controls"].value = "many"
    assert "max_controls must be a number" in panel.status.value
    assert panel.matching.max_controls is None
    named["max_controls"].value = "3"
    assert panel.matching.max_controls == 3
    assert "must be a number" not in panel.status.value


def test_without_at_once_a_design_waits_for_update(panel):
    panel.live.value = False
    panel.controls.by_name["ratio"].value = 3
    assert "Press Update" in panel.status.value
    assert "ratio: 3" in panel.block.value
    assert not panel.state.is_kept()
    panel.update.click()
    assert "Matched design" in panel.status.value


def test_a_slow_design_turns_at_once_off_one_time(panel, monkeypatch):
    monkeypatch.setattr(import_module("wlz_eval.attribution.explore.panel"), "SLOW", -1.0)
    panel.controls.by_name["ratio"].value = 2
    assert not panel.live.value
    assert "waits for Update" in panel.status.value
    panel.live.value = True
    panel.controls.by_name["ratio"].value = 3
    assert panel.live.value


def test_several_changes_at_once_are_computed_once(panel, monkeypatch):
    drawn = []
    monkeypatch.setattr(import_module("wlz_eval.attribution.explore.panel"), "PAUSE", 0.0)
    monkeypatch.setattr(panel, "refresh", lambda: drawn.append(panel.matching.ratio))

    async def change():
        for ratio in (2, 3, 4):
            panel.controls.by_name["ratio"].value = ratio
        assert drawn == []
        await asyncio.sleep(0.05)

    asyncio.run(change())
    assert drawn == [4]


def test_a_fault_is_called_one_and_is_not_swallowed(panel, monkeypatch):
    monkeypatch.setattr(ExploreState, "_make", lambda self, matching: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        panel.controls.by_name["ratio"].value = 5
    assert "fault of the package" in panel.status.value
    assert panel.balance.layout.visibility == "hidden"


def test_explore_begins_with_a_plan_a_mapping_or_nothing(frame):
    class Plan:
        matching, seed = START, 9

    assert explore(frame, Plan()).state.seed == 9
    assert explore(frame, {"caliper": 0.4}).matching.caliper == 0.4
    assert explore(frame).matching.model_dump() == first_options(frame).model_dump()
    with pytest.raises(OptionError, match="Did you mean caliper"):
        explore(frame, {"calliper": 0.4})
    with pytest.raises(OptionError, match="DataFrame"):
        explore(frame.data)
    with pytest.raises(OptionError, match="int"):
        explore(frame, 3)


def test_nobody_to_compare_with_is_said(frame):
    alone = AnalysisFrame(data=frame.data[frame.data["programme"] == 1], flow=frame.flow)
    with pytest.raises(DesignError, match="no comparison children"):
        explore(alone)


@pytest.mark.parametrize("cohort", shipped_cohorts())
def test_one_change_to_a_shipped_plan_is_one_line(cohort):
    text = (find_cohort(cohort) / "plan.yaml").read_text(encoding="utf-8")
    planned = PlanModel.model_validate(yaml.safe_load(text)).matching
    assert edited_plan(text, planned) == text
    narrower = MatchingOptions.model_validate({**yaml.safe_load(text)["matching"], "caliper": 0.123})
    before, after = text.splitlines(), edited_plan(text, narrower).splitlines()
    assert [line for line in after if line not in before] == ["  caliper: 0.123"]
    assert [line for line in before if line not in after] == [line for line in before if line.startswith("  caliper: ")]
