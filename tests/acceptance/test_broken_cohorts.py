"""Each deliberately broken cohort ends in a message that names table, row, column and remedy.

A case breaks a copy of one tiny good cohort. The test asks that loading raises CohortError (no other
exception), and that one of its problems is the expected one.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from wlz_eval.cohort import check_cohort, load_cohort
from wlz_eval.core.errors import CohortError


@dataclass(frozen=True)
class Case:
    """What is broken, and what the message must say."""

    name: str
    harm: Callable[[Path], None]
    table: str
    message: str
    remedy: str
    column: str = ""
    row: int | None = None
    value: str = ""


def cell(table: str, row: int, column: str, value: str | None) -> Callable[[Path], None]:
    """Put `value` into one cell, by its spreadsheet row."""

    def harm(folder: Path) -> None:
        cells = pd.read_csv(folder / f"{table}.csv", dtype="str", keep_default_na=False)
        if column not in cells:
            cells[column] = ""
        cells.loc[row - 2, column] = value if value is not None else ""
        cells.to_csv(folder / f"{table}.csv", index=False)

    return harm


def column(table: str, name: str, values: object) -> Callable[[Path], None]:
    """Replace or add a whole column."""

    def harm(folder: Path) -> None:
        cells = pd.read_csv(folder / f"{table}.csv", dtype="str", keep_default_na=False)
        cells[name] = values
        cells.to_csv(folder / f"{table}.csv", index=False)

    return harm


def text(file: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    """Change the text of a file."""

    def harm(folder: Path) -> None:
        path = folder / file
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return harm


def raw(file: str, content: bytes) -> Callable[[Path], None]:
    """Write bytes into a file."""
    return lambda folder: (folder / file).write_bytes(content) and None  # type: ignore[return-value]


def recode(file: str, encoding: str, swap: tuple[str, str] = ("", "")) -> Callable[[Path], None]:
    """Write a file in another encoding."""

    def harm(folder: Path) -> None:
        content = (
            (folder / file).read_text(encoding="utf-8").replace(*swap)
            if swap[0]
            else (folder / file).read_text(encoding="utf-8")
        )
        (folder / file).write_bytes(content.encode(encoding))

    return harm


def parquet(table: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Path], None]:
    """Replace a CSV by a Parquet file with something wrong in it."""

    def harm(folder: Path) -> None:
        cells = change(pd.read_csv(folder / f"{table}.csv"))
        (folder / f"{table}.csv").unlink()
        cells.to_parquet(folder / f"{table}.parquet")

    return harm


def again(table: str, row: int) -> Callable[[Path], None]:
    """Repeat a row at the end."""

    def change(content: str) -> str:
        lines = content.splitlines()
        return "\n".join([*lines, lines[row - 1]]) + "\n"

    return text(f"{table}.csv", change)


def remove(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def copy(source: str, target: str) -> Callable[[Path], None]:
    return lambda folder: shutil.copy(folder / source, folder / target) and None  # type: ignore[return-value]


def drop(table: str, name: str) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        pd.read_csv(folder / f"{table}.csv", dtype="str").drop(columns=name).to_csv(
            folder / f"{table}.csv", index=False
        )

    return harm


def rename(table: str, old: str, new: str) -> Callable[[Path], None]:
    return text(f"{table}.csv", lambda t: t.replace(old, new, 1))


def yaml_line(pattern: str, line: str) -> Callable[[Path], None]:
    """Replace one line of cohort.yaml."""
    return text("cohort.yaml", lambda t: re.sub(pattern, line, t, count=1, flags=re.MULTILINE))


def serial_dates(folder: Path) -> None:
    column("measures", "date", "44732")(folder)


def broken_parquet(folder: Path) -> None:
    (folder / "costs.csv").unlink()
    (folder / "costs.parquet").write_bytes(b"PAR1xx")


# Rows of the tiny cohort: child C000 (row 2 of children) is on the programme, C001 (row 3) is not.
# Rows 2 to 5 of measures are C000: english baseline and endline, sdq_total baseline and endline.
CASES = [
    # files and folders
    Case("no children table", remove("children.csv"), "children", "the table is missing", "Add children.csv"),
    Case("no measures table", remove("measures.csv"), "measures", "the table is missing", "Add measures.csv"),
    Case("no plan", remove("plan.yaml"), "plan.yaml", "the file is missing", "wlz-eval new"),
    Case("no cohort.yaml", remove("cohort.yaml"), "cohort.yaml", "the file is missing", "wlz-eval new"),
    Case(
        "csv and parquet",
        copy("children.csv", "children.parquet"),
        "children",
        "as CSV and as Parquet",
        "Keep one",
    ),
    Case(
        "unknown table",
        copy("children.csv", "chidlren.csv"),
        "chidlren.csv",
        "no table",
        "Did you mean children?",
    ),
    Case("a workbook", copy("children.csv", "children.xlsx"), "children.xlsx", "no table", "Save it as CSV"),
    Case("empty file", raw("measures.csv", b""), "measures", "is empty", "header child_id,measure,wave,value"),
    Case(
        "only a BOM",
        raw("measures.csv", b"\xef\xbb\xbf\r\n"),
        "measures",
        "is empty",
        "Start it with the header",
    ),
    Case(
        "header only",
        text("children.csv", lambda t: t.splitlines()[0] + "\n"),
        "children",
        "header but no rows",
        "Add rows",
    ),
    Case(
        "semicolons",
        text("children.csv", lambda t: t.replace(",", ";")),
        "children",
        "separated by semicolons",
        "commas",
        row=1,
    ),
    Case(
        "tabs",
        text("measures.csv", lambda t: t.replace(",", "\t")),
        "measures",
        "separated by tabs",
        "commas",
        row=1,
    ),
    Case(
        "latin-1",
        recode("children.csv", "latin-1", ("school-0", "école-0")),
        "children",
        "not UTF-8",
        "CSV UTF-8",
        row=2,
    ),
    Case("utf-16", recode("children.csv", "utf-16"), "children", "UTF-16", "CSV UTF-8"),
    Case(
        "a workbook named csv",
        raw("children.csv", b"PK\x03\x04rest"),
        "children",
        "Excel workbook",
        "CSV UTF-8",
    ),
    Case(
        "broken parquet",
        broken_parquet,
        "costs",
        "not a readable Parquet",
        "Write it again",
    ),
    Case(
        "one cell too many",
        text("children.csv", lambda t: t.replace("\nC001,", "\nC001,x,y,z,u,v,w,q,", 1)),
        "children",
        "cells where the header has",
        "Remove the extra cells",
        row=3,
    ),
    # headers
    Case(
        "missing column",
        drop("children", "group"),
        "children",
        "the column is missing",
        "Whether the child was on",
        "group",
        1,
    ),
    Case(
        "misspelt column",
        rename("measures", "wave", "wvae"),
        "measures",
        "the column is missing",
        "Rename wvae",
        "wave",
        1,
    ),
    Case(
        "repeated column",
        rename("children", "person_id", "child_id"),
        "children",
        "stands twice",
        "Keep one",
        "child_id",
        1,
    ),
    Case(
        "column without a name",
        rename("children", ",household_id,", ",,"),
        "children",
        "no name",
        "header",
        "",
        1,
    ),
    # what must not be held
    Case(
        "postcode column",
        column("children", "Home postcode", "W10 5XL"),
        "children",
        "must not be held",
        "Delete",
        "Home postcode",
        1,
    ),
    Case("name column", column("children", "first_name", "A"), "children", "a name", "Delete", "first_name", 1),
    Case("upn column", column("children", "UPN", "1"), "children", "number", "pseudonym", "UPN", 1),
    Case(
        "date of birth column",
        column("children", "date_of_birth", "2014-05-02"),
        "children",
        "full date of birth",
        "birth_month",
        "date_of_birth",
        1,
    ),
    Case(
        "email column",
        column("children", "parent_email", "a@b.c"),
        "children",
        "contact",
        "Delete",
        "parent_email",
        1,
    ),
    Case(
        "birth month with a day",
        cell("children", 4, "birth_month", "2014-05-02"),
        "children",
        "full date of birth",
        "year and month only",
        "birth_month",
        4,
        "2014-05-02",
    ),
    Case(
        "postcode in a cell",
        cell("children", 5, "local_authority", "W10 5XL"),
        "children",
        "looks like a postcode",
        "must not be held",
        "local_authority",
        5,
    ),
    Case(
        "pupil number as id",
        text("children.csv", lambda t: t.replace("P003", "A123456789012")),
        "children",
        "unique pupil number",
        "pseudonym",
        "person_id",
        5,
    ),
    # cells
    Case(
        "duplicate child",
        again("children", 3),
        "children",
        "earlier row",
        "Keep one row",
        "child_id",
        14,
        "C001",
    ),
    Case(
        "child without id",
        cell("children", 3, "child_id", None),
        "children",
        "the cell is empty",
        "Fill it",
        "child_id",
        3,
    ),
    Case(
        "unknown group",
        cell("children", 3, "group", "control"),
        "children",
        "unknown word",
        "Valid: programme, comparison",
        "group",
        3,
        "control",
    ),
    Case(
        "no programme child",
        column("children", "group", "comparison"),
        "children",
        "no programme child",
        "Write programme",
        "group",
    ),
    Case(
        "unknown comparison type",
        cell("children", 3, "comparison_type", "same school"),
        "children",
        "unknown word",
        "Did you mean same_school?",
        "comparison_type",
        3,
        "same school",
    ),
    Case(
        "comparison child without type",
        cell("children", 3, "comparison_type", None),
        "children",
        "no comparison type",
        "same_school",
        "comparison_type",
        3,
    ),
    Case(
        "programme child with a type",
        cell("children", 2, "comparison_type", "waiting"),
        "children",
        "has a comparison type",
        "Leave the cell empty",
        "comparison_type",
        2,
    ),
    Case(
        "unknown yes or no",
        cell("children", 3, "fsm", "maybe"),
        "children",
        "neither yes nor no",
        "Write yes or no",
        "fsm",
        3,
        "maybe",
    ),
    Case(
        "imd out of range",
        cell("children", 3, "imd_decile", "11"),
        "children",
        "out of range",
        "1 to 10",
        "imd_decile",
        3,
        "11",
    ),
    Case(
        "imd with a fraction",
        cell("children", 3, "imd_decile", "2.5"),
        "children",
        "not a whole number",
        "1 to 10",
        "imd_decile",
        3,
        "2.5",
    ),
    Case(
        "spaces round an id",
        cell("children", 3, "school_id", " school-1"),
        "children",
        "spaces",
        "Remove the spaces",
        "school_id",
        3,
    ),
    Case(
        "programme child without start",
        cell("children", 2, "index_date", None),
        "children",
        "no start date",
        "programme began",
        "index_date",
        2,
    ),
    Case(
        "left before start",
        cell("children", 2, "left", "2022-01-05"),
        "children",
        "left before index_date",
        "Correct left",
        "left",
        2,
        "2022-01-05",
    ),
    Case(
        "impossible date",
        cell("children", 3, "index_date", "2022-02-30"),
        "children",
        "no such day",
        "YYYY-MM-DD",
        "index_date",
        3,
        "2022-02-30",
    ),
    Case(
        "date with slashes",
        cell("children", 3, "index_date", "05/09/2022"),
        "children",
        "swapped",
        "YYYY-MM-DD",
        "index_date",
        3,
        "05/09/2022",
    ),
    Case(
        "date with a time",
        cell("measures", 3, "date", "2024-06-20 09:30"),
        "measures",
        "time of day",
        "day alone",
        "date",
        3,
    ),
    Case("Excel dates", serial_dates, "measures", "Excel serial", "as text YYYY-MM-DD", "date", 2, "44732"),
    Case(
        "text in a number",
        cell("measures", 2, "value", "absent"),
        "measures",
        "text where a number",
        "leave the cell",
        "value",
        2,
        "absent",
    ),
    Case(
        "mixed types",
        column("measures", "value", ["7", "seven"] * 24),
        "measures",
        "text where a number",
        "Write number",
        "value",
        3,
        "seven",
    ),
    Case(
        "number with a comma",
        cell("costs", 2, "amount", "40,000"),
        "costs",
        "sign or comma",
        "digits only",
        "amount",
        2,
        "40,000",
    ),
    Case(
        "all values missing",
        column("measures", "value", ""),
        "measures",
        "every value is missing",
        "Fill",
        "value",
    ),
    Case(
        "unknown wave",
        cell("measures", 3, "wave", "end"),
        "measures",
        "unknown word",
        "endline",
        "wave",
        3,
        "end",
    ),
    Case(
        "wave without dates",
        cell("measures", 3, "wave", "midpoint"),
        "measures",
        "no dates for this wave",
        "Add midpoint under 'waves'",
        "wave",
        3,
        "midpoint",
    ),
    Case(
        "unknown measure",
        cell("measures", 2, "measure", "englsh"),
        "measures",
        "unknown measure",
        "Did you mean english?",
        "measure",
        2,
        "englsh",
    ),
    Case(
        "sdq out of range",
        cell("measures", 4, "value", "41"),
        "measures",
        "out of range for sdq_total",
        "0 to 40",
        "value",
        4,
        "41",
    ),
    Case(
        "infinite value",
        parquet("measures", lambda d: d.assign(value=[float("inf"), *d["value"].iloc[1:]])),
        "measures",
        "infinite",
        "leave the cell empty",
        "value",
        2,
    ),
    Case(
        "baseline after start",
        cell("measures", 2, "date", "2022-09-06"),
        "measures",
        "baseline was taken after",
        "comes before the start",
        "date",
        2,
        "2022-09-06",
    ),
    Case(
        "child not in children",
        cell("measures", 2, "child_id", "C999"),
        "measures",
        "not in the children table",
        "Add the child",
        "child_id",
        2,
        "C999",
    ),
    Case(
        "repeated measure",
        again("measures", 2),
        "measures",
        "an earlier row has the same child_id, measure, wave",
        "Keep one",
        "child_id",
        50,
    ),
    Case(
        "unknown informant",
        cell("measures", 2, "informant", "mother"),
        "measures",
        "unknown word",
        "parent",
        "informant",
        2,
        "mother",
    ),
    # delivery, money
    Case(
        "negative sessions",
        cell("attendance", 2, "sessions_attended", "-1"),
        "attendance",
        "out of range",
        "from 0 to 1000",
        "sessions_attended",
        2,
        "-1",
    ),
    Case(
        "attended more than possible",
        cell("attendance", 3, "sessions_attended", "61"),
        "attendance",
        "more sessions attended than possible",
        "Correct one",
        "sessions_attended",
        3,
        "61",
    ),
    Case(
        "period ends before it starts",
        cell("attendance", 3, "period_end", "2022-05-01"),
        "attendance",
        "ends before it starts",
        "Swap",
        "period_end",
        3,
    ),
    Case(
        "overlapping periods",
        text("attendance.csv", lambda t: t + "C000,2022-07-01,2022-07-22,30,28\n"),
        "attendance",
        "overlaps another",
        "each day once",
        "period_start",
        14,
    ),
    Case(
        "unknown partner",
        cell("sessions", 3, "partner_id", "partner-9"),
        "sessions",
        "not in the partners table",
        "Add the partner",
        "partner_id",
        3,
        "partner-9",
    ),
    Case(
        "attended though none was planned",
        cell("sessions", 3, "planned_minutes", "0"),
        "sessions",
        "planned for no time",
        "leave the cell empty",
        "planned_minutes",
        3,
    ),
    Case(
        "session of an unknown child",
        cell("sessions", 2, "child_id", "C999"),
        "sessions",
        "the child is not in the children table",
        "remove the row",
        "child_id",
        2,
    ),
    Case(
        "negative minutes of a contact",
        cell("interactions", 2, "minutes", "-10"),
        "interactions",
        "out of range",
        "0 to 1440",
        "minutes",
        2,
    ),
    Case(
        "contact without a date",
        cell("interactions", 3, "date", None),
        "interactions",
        "the cell is empty",
        "Fill it",
        "date",
        3,
    ),
    Case(
        "sessions without partners",
        remove("partners.csv"),
        "partners",
        "the table is missing",
        "for each partner_id",
    ),
    Case(
        "absurd minutes",
        cell("sessions", 2, "attended_minutes", "9999"),
        "sessions",
        "out of range",
        "0 to 1440",
        "attended_minutes",
        2,
        "9999",
    ),
    Case(
        "cost without a price year",
        cell("costs", 2, "price_year", None),
        "costs",
        "the cell is empty",
        "Fill it",
        "price_year",
        2,
    ),
    Case(
        "negative cost",
        cell("costs", 2, "amount", "-5"),
        "costs",
        "out of range",
        "0 or more",
        "amount",
        2,
        "-5",
    ),
    Case(
        "feedback out of range",
        cell("feedback", 2, "score", "6"),
        "feedback",
        "out of range",
        "1 to 5",
        "score",
        2,
    ),
    Case(
        "unknown household",
        cell("family_needs", 2, "household_id", "H99"),
        "family_needs",
        "not in the children table",
        "Correct the id",
        "household_id",
        2,
    ),
    # cohort.yaml
    Case(
        "invalid yaml",
        text("cohort.yaml", lambda t: t + "terms: [\n"),
        "cohort.yaml",
        "not valid YAML",
        "Check",
    ),
    Case(
        "unsafe tag",
        text("cohort.yaml", lambda t: t + "extra: !!python/object/apply:os.system ['true']\n"),
        "cohort.yaml",
        "is not allowed",
        "plain text",
    ),
    Case(
        "key given twice",
        text("cohort.yaml", lambda t: t + "id: tiny\n"),
        "cohort.yaml",
        "given twice",
        "Check",
    ),
    Case(
        # Nine lines of aliases stood for a billion values: the check of a plan went on until memory ran out.
        "an alias in yaml",
        text("cohort.yaml", lambda t: t + "extra: &a [*a]\n"),
        "cohort.yaml",
        "the alias *a is not allowed",
        "at this line",
    ),
    Case(
        # Python's own stack ended the whole run, the good cohorts with it.
        "yaml too deep",
        text("cohort.yaml", lambda t: t + "extra: " + "[" * 5000 + "]" * 5000 + "\n"),
        "cohort.yaml",
        "more than 30 deep",
        "at this line",
    ),
    Case(
        # A link that points nowhere ended in a traceback.
        "a link to nowhere",
        lambda folder: (folder / "measures.csv").unlink() or (folder / "measures.csv").symlink_to("nowhere.csv"),
        "measures",
        "cannot be opened",
        "not a link",
    ),
    Case("empty cohort.yaml", raw("cohort.yaml", b"# nothing\n"), "cohort.yaml", "is empty", "wlz-eval new"),
    Case("a list", raw("cohort.yaml", b"- a\n"), "cohort.yaml", "not a mapping", "key: value"),
    Case(
        "unknown key",
        yaml_line("^licence:", "license:"),
        "cohort.yaml",
        "unknown key",
        "Did you mean licence?",
        "license",
    ),
    Case(
        "missing key",
        yaml_line("^source: .*\n", ""),
        "cohort.yaml",
        "the key is missing",
        "Where the data come from",
        "source",
    ),
    Case(
        "id is not the folder",
        yaml_line("^id: .*", "id: other"),
        "cohort.yaml",
        "not the name of the folder",
        "Rename the folder",
        "id",
        value="other",
    ),
    Case(
        "path in the id",
        yaml_line("^id: .*", "id: ../../tiny"),
        "cohort.yaml",
        "not a valid id",
        "lower-case",
        "id",
        value="../../tiny",
    ),
    Case(
        "future schema",
        yaml_line("^schema_version: .*", "schema_version: 2"),
        "cohort.yaml",
        "unknown version",
        "schema_version: 1",
        "schema_version",
        value="2",
    ),
    Case(
        "programme backwards",
        yaml_line("^  end: .*", "  end: 2001-01-01"),
        "cohort.yaml",
        "lies before start",
        "First and last day",
        "programme",
    ),
    Case(
        "contract is no mapping",
        raw("contract.yaml", b"- a\n"),
        "contract.yaml",
        "not a mapping",
        "key: value",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_broken_cohort_says_where_and_how_to_mend(case: Case, tiny_cohort_folder: Path) -> None:
    case.harm(tiny_cohort_folder)
    with pytest.raises(CohortError) as caught:
        load_cohort(tiny_cohort_folder)
    problems = caught.value.problems
    fitting = [
        p
        for p in problems
        if p.table == case.table
        and case.message in p.message
        and case.remedy in p.remedy
        and (not case.column or p.column == case.column)
        and (case.row is None or p.row == case.row)
        and (not case.value or p.value == case.value)
    ]
    assert fitting, f"expected {case}\nfound:\n{caught.value}"
    assert all(p.remedy.endswith((".", "…")) and not p.message.endswith(".") for p in problems)


def test_there_are_at_least_forty_cases_and_each_is_named_once() -> None:
    assert len(CASES) >= 40
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_problem_of_every_table_is_listed_at_once(tiny_cohort_folder: Path) -> None:
    """Three tables and the description are broken: one message names all four."""
    cell("children", 3, "group", "control")(tiny_cohort_folder)
    cell("measures", 2, "value", "absent")(tiny_cohort_folder)
    cell("costs", 2, "amount", "-5")(tiny_cohort_folder)
    yaml_line("^licence:", "license:")(tiny_cohort_folder)
    report = check_cohort(tiny_cohort_folder)
    with pytest.raises(CohortError) as caught:
        load_cohort(tiny_cohort_folder)
    assert report.problems == caught.value.problems
    found = {p.table for p in report.problems}
    assert {"children", "measures", "costs", "cohort.yaml"} <= found


def test_one_mistake_is_one_problem(tiny_cohort_folder: Path) -> None:
    """A refused cell is not reported again as an empty one, nor as an unknown child elsewhere."""
    cell("measures", 2, "value", "absent")(tiny_cohort_folder)
    assert len(check_cohort(tiny_cohort_folder).problems) == 1
    cell("measures", 2, "value", "80")(tiny_cohort_folder)
    cell("children", 3, "group", "control")(tiny_cohort_folder)
    assert [p.row for p in check_cohort(tiny_cohort_folder).problems] == [3]


def test_many_cells_of_one_mistake_are_listed_and_then_counted(tiny_cohort_folder: Path) -> None:
    rows = "".join(f"N{i:04d},english,baseline,x\n" for i in range(250))
    header = "child_id,measure,wave,value\n"
    (tiny_cohort_folder / "measures.csv").write_text(header + rows, encoding="utf-8")
    of_value = [p for p in check_cohort(tiny_cohort_folder).problems if p.column == "value" and p.row is not None]
    assert len(of_value) == 101
    assert "150 more rows" in of_value[-1].message


@pytest.mark.parametrize("name", ["star-1987", "nowhere/at/all", "../star-1986", "", "..%2f", "/etc/passwd"])
def test_a_cohort_that_is_not_there_is_refused_by_name(name: str) -> None:
    with pytest.raises(CohortError, match="no such cohort") as caught:
        load_cohort(name)
    assert "star-1986" in caught.value.problems[0].remedy


GOOD = {
    "a BOM": lambda f: (f / "children.csv").write_bytes(b"\xef\xbb\xbf" + (f / "children.csv").read_bytes()),
    "CRLF": lambda f: (f / "measures.csv").write_bytes((f / "measures.csv").read_bytes().replace(b"\n", b"\r\n")),
    "blank lines at the end": text("children.csv", lambda t: t + "\n\n,,,\n"),
    "empty columns at the right": text("costs.csv", lambda t: t.replace("\n", ",,\n")),
    "an all-blank optional column": column("children", "ethnicity", ""),
    "yes in capitals": cell("children", 3, "fsm", "YES"),
    "one child in a school": cell("children", 3, "school_id", "school-alone"),
    "a header-only table": raw("incidents.csv", b"child_id,date,kind\n"),
    "a note beside the tables": raw("notes.md", b"# Notes\n"),
    "a value not taken": cell("measures", 3, "value", None),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_mistake_loads_without_a_warning(name: str, tiny_cohort_folder: Path) -> None:
    GOOD[name](tiny_cohort_folder)
    report = check_cohort(tiny_cohort_folder)
    assert report.ok, str(report)
    assert not report.warnings


def test_a_cohort_without_comparison_children_loads(tiny_cohort_folder: Path) -> None:
    cells = pd.read_csv(tiny_cohort_folder / "children.csv", dtype="str").query("group == 'programme'")
    cells.to_csv(tiny_cohort_folder / "children.csv", index=False)
    for name in ("measures", "attendance"):
        rows = pd.read_csv(tiny_cohort_folder / f"{name}.csv", dtype="str")
        rows[rows["child_id"].isin(cells["child_id"])].to_csv(tiny_cohort_folder / f"{name}.csv", index=False)
    cohort = load_cohort(tiny_cohort_folder)
    assert not cohort.has_comparison
    assert "comparison_type" not in cohort.children
