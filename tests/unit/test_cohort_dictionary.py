"""The data dictionary is written from the schema, and current."""

from __future__ import annotations

from wlz_eval.cohort import TABLES
from wlz_eval.cohort.dictionary import dictionary, dictionary_path


def test_the_committed_dictionary_is_current() -> None:
    committed = dictionary_path().read_text(encoding="utf-8")
    assert committed == dictionary(), "run: python -m wlz_eval.cohort.dictionary --write"


def test_every_column_of_every_table_is_described() -> None:
    text = dictionary()
    for table in TABLES.values():
        section = text.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        for column in table.columns:
            assert f"| `{column.name}` |" in section
            assert len(column.description) > 5


def test_the_tables_are_those_of_the_design() -> None:
    assert set(TABLES) == {
        "children",
        "measures",
        "attendance",
        "incidents",
        "interactions",
        "sessions",
        "exposures",
        "partners",
        "partner_measures",
        "costs",
        "funding",
        "flow",
        "rate_card",
        "targets",
        "evidence",
        "feedback",
        "family_needs",
    }
    assert [name for name, table in TABLES.items() if table.required] == ["children", "measures"]
    assert TABLES["children"].names == [
        "child_id",
        "person_id",
        "household_id",
        "group",
        "comparison_type",
        "school_id",
        "local_authority",
        "phase",
        "year_group",
        "birth_month",
        "gender",
        "fsm",
        "sen",
        "eal",
        "ethnicity",
        "imd_decile",
        "social_care",
        "teacher_nominated",
        "identified",
        "offered",
        "consented",
        "started",
        "index_date",
        "left",
        "leaving_reason",
    ]
    assert TABLES["measures"].names == [
        "child_id",
        "measure",
        "wave",
        "value",
        "date",
        "informant",
        "form",
        "rater_id",
        "rater_knew",
    ]
