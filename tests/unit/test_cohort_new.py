"""Beginning a cohort: templates, worked example, and a wide spreadsheet with its mapping."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml
from openpyxl import load_workbook

from wlz_eval.cohort import TABLES, check_cohort, load_cohort, new_cohort
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.cohort.spreadsheet import parse_mapping, read_sheet
from wlz_eval.core.errors import CohortError, OptionError

SHEET = pd.DataFrame(
    {
        "Pupil code": ["a1", "a2", "a3", "a4"],
        "Surname": ["W", "X", "Y", "Z"],
        "On programme?": ["Yes", "No", "no", "YES"],
        "School": ["s1", "s1", "s2", "s2"],
        "FSM": ["Y", "N", None, "N/A"],
        "Start date": ["05/09/2022", "05/09/2022", "2022-09-05", "05.09.2022"],
        "English baseline": ["80", "90.5", None, "85"],
        "English end": ["88", "92", "80", "-"],
        "SDQ baseline": ["20", "9", "11", "15"],
    }
)
MAPPING = {
    "children": {
        "child_id": "Pupil code",
        "group": "On programme?",
        "school_id": "School",
        "fsm": "FSM",
        "index_date": "Start date",
    },
    "constants": {"comparison_type": "same_school"},
    "groups": {"programme": ["yes"], "comparison": ["no"]},
    "missing": ["N/A", "-"],
    "dates": "day-month-year",
    "measures": {
        "English baseline": {"measure": "english", "wave": "baseline", "informant": "admin", "date": "2022-06-20"},
        "English end": {"measure": "english", "wave": "endline", "informant": "admin"},
        "SDQ baseline": {"measure": "sdq_total", "wave": "baseline", "informant": "teacher", "form": "six_months"},
    },
}


@pytest.fixture(params=["csv", "xlsx"])
def sheet_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"wide.{request.param}"
    if request.param == "csv":
        SHEET.to_csv(path, index=False, encoding="utf-8-sig")
    else:
        cells = SHEET.assign(**{"English baseline": [80, 90.5, None, 85], "SDQ baseline": [20, 9, 11, 15]})
        cells["Start date"] = cells["Start date"].astype(object)
        cells.loc[0, "Start date"] = pd.Timestamp("2022-09-05")
        cells.to_excel(path, index=False)
    return path


def test_an_empty_cohort_needs_only_rows(tmp_path: Path) -> None:
    made = new_cohort(tmp_path / "fresh-2022", plan_text="a: 1\n")
    assert {p.table for p in check_cohort(made.folder).problems} == {"children", "measures"}
    assert all("header but no rows" in p.message for p in check_cohort(made.folder).problems)
    for name, table in TABLES.items():
        assert (made.folder / f"{name}.csv").read_text(encoding="utf-8") == ",".join(table.names) + "\n"
    assert (made.folder / "plan.yaml").read_text(encoding="utf-8") == "a: 1\n"


def test_the_commented_description_is_valid_and_explains_every_key(tmp_path: Path) -> None:
    text = (new_cohort(tmp_path / "fresh").folder / "cohort.yaml").read_text(encoding="utf-8")
    assert CohortMeta.model_validate(yaml.safe_load(text)).id == "fresh"
    for name, field in CohortMeta.model_fields.items():
        if name != "attendance_windows":
            assert (field.description or "") in text, name


def test_the_worked_example_is_a_cohort_without_a_problem(tmp_path: Path) -> None:
    made = new_cohort(tmp_path / "fresh")
    report = check_cohort(made.folder / "example")
    assert report.ok, str(report)
    assert not report.warnings
    assert load_cohort(made.folder / "example").provenance == "synthetic"


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    folder = new_cohort(tmp_path / "fresh").folder
    (folder / "children.csv").write_text("mine\n", encoding="utf-8")
    again = new_cohort(folder)
    assert (folder / "children.csv").read_text(encoding="utf-8") == "mine\n"
    assert "children.csv" in again.kept
    assert not again.written


@pytest.mark.parametrize("name", ["My Cohort", "Übung", "-x", "a_b"])
def test_a_name_that_cannot_be_an_id_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="lower-case letters"):
        new_cohort(tmp_path / name)


def test_a_spreadsheet_becomes_a_cohort_in_two_steps(sheet_path: Path, tmp_path: Path) -> None:
    first = new_cohort(tmp_path / "mine", spreadsheet=sheet_path)
    guessed = parse_mapping((first.folder / "mapping.yaml").read_text(encoding="utf-8"))
    assert guessed["children"]["child_id"] == "Pupil code"
    assert guessed["measures"]["English end"]["wave"] == "endline"
    assert guessed["measures"]["SDQ baseline"] == {
        "measure": "sdq_total",
        "wave": "baseline",
        "informant": "teacher",
        "form": "standard",
    }
    assert "Surname" not in guessed["children"].values()
    assert first.written == ("mapping.yaml",)
    second = new_cohort(tmp_path / "mine", spreadsheet=sheet_path, mapping=MAPPING)
    report = check_cohort(second.folder)
    assert report.ok, str(report)
    cohort = load_cohort(second.folder)
    assert cohort.children["group"].tolist() == ["programme", "comparison", "comparison", "programme"]
    assert cohort.children["comparison_type"].isna().tolist() == [True, False, False, True]
    assert cohort.children["fsm"].tolist()[:2] == [True, False]
    assert cohort.children["fsm"].isna().tolist() == [False, False, True, True]
    assert cohort.children["index_date"].eq("2022-09-05").all()
    assert len(cohort.measures) == 3 + 3 + 4
    value = cohort.measures.set_index(["child_id", "measure", "wave"])["value"]
    assert value["a2", "english", "baseline"] == 90.5
    with pytest.raises(OptionError, match="holds rows already"):
        new_cohort(second.folder, spreadsheet=sheet_path, mapping=MAPPING)


def test_every_mistake_of_a_mapping_is_listed_at_once_and_nothing_is_written(sheet_path: Path, tmp_path: Path) -> None:
    broken = {
        "children": {
            "child_id": "Pupil cod",
            "group": "On programme?",
            "shool_id": "School",
            "local_authority": "Surname",
        },
        "constants": {"comparison_type": "same-school"},
        "groups": {"treated": ["yes"]},
        "yesno": {},
        "dates": "DMY",
        "measures": {
            "English baseline": {"measure": "english", "wave": "start", "informnt": "admin"},
            "Maths": {"measure": "maths", "wave": "baseline", "date": "June"},
        },
    }
    with pytest.raises(CohortError) as caught:
        new_cohort(tmp_path / "mine", spreadsheet=sheet_path, mapping=broken)
    found = {(p.column, p.message.split(" ")[0]) for p in caught.value.problems}
    assert {
        ("children.child_id", "the"),
        ("children.shool_id", "the"),
        ("children.local_authority", "the"),
        ("constants.comparison_type", "unknown"),
        ("groups.treated", "unknown"),
        ("yesno", "unknown"),
        ("dates", "unknown"),
        ("measures.English baseline.wave", "unknown"),
        ("measures.English baseline.informnt", "unknown"),
        ("measures.Maths", "the"),
        ("measures.Maths.date", "not"),
    } <= found
    text = str(caught.value)
    assert "Did you mean Pupil code?" in text
    assert "Did you mean school_id?" in text
    assert not (tmp_path / "mine").exists()


def test_words_that_the_mapping_does_not_cover_are_listed_with_their_row(sheet_path: Path, tmp_path: Path) -> None:
    short = {**MAPPING, "groups": {"programme": ["yes"]}, "dates": "month-day-year", "missing": []}
    with pytest.raises(CohortError) as caught:
        new_cohort(tmp_path / "mine", spreadsheet=sheet_path, mapping=short)
    problems = {(p.row, p.column, p.value) for p in caught.value.problems}
    assert (3, "On programme?", "No") in problems
    assert (5, "FSM", "N/A") in problems


def test_sheets_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="There is no spreadsheet"):
        read_sheet(tmp_path / "none.csv")
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04broken")
    with pytest.raises(OptionError, match="not a readable workbook"):
        read_sheet(tmp_path / "a.xlsx")
    (tmp_path / "b.csv").write_bytes("é".encode("latin-1"))
    with pytest.raises(OptionError, match="not UTF-8"):
        read_sheet(tmp_path / "b.csv")
    (tmp_path / "c.csv").write_text("x,x\n1,2\n", encoding="utf-8")
    with pytest.raises(OptionError, match="more than once"):
        read_sheet(tmp_path / "c.csv")
    (tmp_path / "d.pdf").write_bytes(b"%PDF")
    with pytest.raises(OptionError, match="no spreadsheet that can be read"):
        read_sheet(tmp_path / "d.pdf")


def test_percent_signs_are_taken_away_and_shares_refused(tmp_path: Path) -> None:
    workbook = tmp_path / "wide.xlsx"
    cells = SHEET[["Pupil code", "On programme?", "School", "Start date"]].assign(Attendance=[0.925, 0.9, 1.0, None])
    cells.to_excel(workbook, index=False)
    what = {"Attendance": {"measure": "attendance", "wave": "baseline", "informant": "admin"}}
    mapping = MAPPING | {
        "children": {k: v for k, v in MAPPING["children"].items() if k != "fsm"},  # type: ignore[attr-defined]
        "measures": what,
    }
    with pytest.raises(CohortError, match="Write 95 or 95% for 95 per cent"):
        new_cohort(tmp_path / "mine", spreadsheet=workbook, mapping=mapping)
    book = load_workbook(workbook)
    for (cell,) in book.worksheets[0]["E2:E5"]:
        cell.number_format = "0.0%"
    book.save(workbook)
    made = new_cohort(tmp_path / "mine", spreadsheet=workbook, mapping=mapping)
    assert pd.read_csv(made.folder / "measures.csv")["value"].tolist() == [92.5, 90, 100]


def test_cells_that_are_no_score_are_named_by_their_row_in_the_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    SHEET.assign(**{"English baseline": ["80", "absent", "12", None]}).to_csv(path, index=False)
    with pytest.raises(CohortError) as caught:
        new_cohort(tmp_path / "mine", spreadsheet=path, mapping=MAPPING)
    said = str(caught.value)
    assert "row 3, column English baseline: text where a number belongs (value 'absent')" in said
    assert "row 4, column English baseline: out of range for english (value '12')" in said
    assert "55 to 145" in said


def test_a_date_of_birth_leaves_its_month_and_never_shows(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    mapping = MAPPING | {"children": MAPPING["children"] | {"birth_month": "DOB"}}  # type: ignore[operator]
    SHEET.assign(DOB=["03/10/2013", None, "2014-02", "2014-02-09"]).to_csv(path, index=False)
    made = new_cohort(tmp_path / "mine", spreadsheet=path, mapping=mapping)
    assert pd.read_csv(made.folder / "children.csv")["birth_month"].fillna("").tolist() == [
        "2013-10", "", "2014-02", "2014-02",
    ]  # fmt: skip
    SHEET.assign(DOB=["31/13/2013", None, None, None]).to_csv(path, index=False)
    with pytest.raises(CohortError, match="column DOB: neither a month") as caught:
        new_cohort(tmp_path / "other", spreadsheet=path, mapping=mapping)
    assert "31/13" not in str(caught.value)
