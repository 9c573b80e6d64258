"""Refuse what must never be in a cohort: names, pupil numbers, postcodes, full dates of birth."""

from __future__ import annotations

import re

import pandas as pd

from wlz_eval.cohort.convert import matches
from wlz_eval.cohort.schema import REPORTED_CELLS, Table
from wlz_eval.core.errors import Problem

__all__ = ["personal_cells", "personal_column"]

#: What a header says about a person, by the pattern of its words.
_HEADERS: tuple[tuple[str, str, str], ...] = (
    (
        r"(child|pupil|student|first|fore|given|middle|last|family|sur|full|preferred|known|legal|parent|carer"
        r"|mother|father|teacher|guardian)?names?(of)?(child|pupil|student|parent|carer)?",
        "a name",
        "Delete the column.",
    ),
    (r"forename.*|surname.*|initials|nickname", "a name", "Delete the column."),
    (
        r"upn.*|uln.*|.*pupilnumber|uniquepupil.*|uniquelearner.*|nhs(no|number|num|id)?|"
        r"admission(no|number)|candidate(no|number)|nino|nationalinsurance.*|passport.*",
        "a pupil's or person's number",
        "Replace it by a pseudonym in child_id, and keep the key elsewhere.",
    ),
    (
        r".*post(al)?code.*|zip(code)?|uprn|.*latitude|.*longitude",
        "a place of home",
        "Delete the column; imd_decile carries what is needed of it.",
    ),
    (r".*address.*|street.*|house(no|number)", "an address", "Delete the column."),
    (
        r"dob|(full)?date(of)?birth|birth(date|day)|dateborn|born",
        "a full date of birth",
        "Keep year and month only, in birth_month.",
    ),
    (r".*e?mail|.*(tele)?phone.*|mobile(no|number)?", "contact details", "Delete the column."),
)

_POSTCODE = r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"
_UPN = r"[A-Z]\d{11}[A-Z\d]"


def personal_column(name: str, table: Table | None) -> Problem | None:
    """Say why a column may not be there, when its header names something personal.

    Examples
    --------
    >>> personal_column("Home Post Code", None).message
    'the column is a place of home, which must not be held'
    >>> personal_column("school_id", None) is None
    True
    """
    if table is not None and name in table.names:
        return None
    bare = re.sub(r"[^a-z]", "", name.lower())
    for pattern, what, remedy in _HEADERS:
        if re.fullmatch(pattern, bare):
            return Problem(
                table=table.name if table else "",
                row=1,
                column=name,
                message=f"the column is {what}, which must not be held",
                remedy=remedy,
            )
    return None


def personal_cells(frame: pd.DataFrame, table: Table) -> list[Problem]:
    """Name cells that hold a postcode or a pupil number under an innocent header, without their text."""
    problems: list[Problem] = []
    kinds = {column.name: column.kind for column in table.columns if not column.allowed}
    for name in frame.columns:
        # Columns outside the schema, which the plan asked for, are looked through like free text.
        kind = kinds.get(name, "" if name in table.names else "text")
        if kind not in ("id", "word", "text") or pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        problems += _cells_like(frame[name], table.name, str(name), _UPN, "a unique pupil number")
        if kind != "id":  # a pseudonym such as S1 2AB is possible
            problems += _cells_like(frame[name], table.name, str(name), _POSTCODE, "a postcode")
    return problems


def _cells_like(cells: pd.Series, table: str, column: str, pattern: str, what: str) -> list[Problem]:
    words = cells.cat.categories if isinstance(cells.dtype, pd.CategoricalDtype) else cells.unique()
    different = pd.Series(words).dropna().astype("str")
    found = different[matches(different, pattern)]
    if found.empty:
        return []
    rows = cells.index[cells.isin(found).to_numpy(dtype=bool)]
    return [
        Problem(
            table=table,
            row=int(row),
            column=column,
            message=f"the cell looks like {what}",
            remedy="It must not be held: replace it by a pseudonym or delete it.",
        )
        for row in rows[:REPORTED_CELLS]
    ]
