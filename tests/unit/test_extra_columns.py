"""Columns outside the schema: the plan can ask for them, and only then do they arrive.

The plan's `extra_columns` used to be accepted and then ignored, since the cohort was loaded before its plan.
"""

import pandas as pd
import pytest

from wlz_eval.core.errors import CohortError, PlanError
from wlz_eval.measures import analysis_frame
from wlz_eval.plan import load_cohort_and_plan


@pytest.fixture
def folder(make_tiny_folder):
    folder = make_tiny_folder("extra")
    children = pd.read_csv(folder / "children.csv", dtype=str)
    children["house"] = [f"house {i % 3}" for i in range(len(children))]
    children.to_csv(folder / "children.csv", index=False)
    return folder


def plan(folder, text):
    path = folder / "plan.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_column_that_the_plan_names_reaches_the_analysis_frame(folder):
    plan(folder, "extra_columns: [children.house]\n")
    cohort, _ = load_cohort_and_plan(folder)
    assert sorted(analysis_frame(cohort).data["house"].unique()) == ["house 0", "house 1", "house 2"]


def test_it_can_be_matched_on(folder):
    cohort, used = load_cohort_and_plan(
        folder, {"extra_columns": ["children.house"], "matching.formula": "programme ~ english_baseline + C(house)"}
    )
    assert "house" in cohort.children
    assert "C(house)" in used.matching.formula


def test_without_the_plan_it_is_not_loaded_and_cannot_be_used(folder):
    cohort, _ = load_cohort_and_plan(folder)
    assert "house" not in cohort.children
    with pytest.raises(PlanError, match="house"):
        load_cohort_and_plan(folder, {"matching.formula": "programme ~ english_baseline + C(house)"})


def test_a_name_that_no_table_has_is_an_error(folder):
    plan(folder, "extra_columns: [children.hause]\n")
    with pytest.raises(CohortError, match="hause"):
        load_cohort_and_plan(folder)
