"""Type the cells of one column by its kind, and name every cell that cannot be: nothing is coerced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from wlz_eval.cohort.lookup import encode
from wlz_eval.cohort.schema import DTYPES, REPORTED_CELLS, YES_NO, Column
from wlz_eval.core.errors import Problem, suggestion

__all__ = ["cell_problems", "matches", "typed_column"]

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_DATE = r"\d{4}-\d{2}-\d{2}"
_MONTH = r"\d{4}-(?:0[1-9]|1[0-2])"
_SERIAL = r"[2-6]\d{4}(?:\.\d+)?"
_SLASHED = r"\d{1,2}[/.]\d{1,2}[/.]\d{2,4}(?: .*)?"
#: Word columns with fewer different words than this share of the rows are kept as categories.
_CATEGORY_SHARE = 0.01
_CATEGORY_ROWS = 10_000


@dataclass(frozen=True)
class _Mistake:
    """One kind of mistake, and which cells have it."""

    where: pd.Series
    message: str
    remedy: str


def cell_problems(
    table: str,
    column: str,
    cells: pd.Series,
    where: pd.Series,
    message: str,
    remedy: str,
    *,
    show: bool = True,
) -> list[Problem]:
    """List the cells of one mistake: the first hundred one by one, then how many more there are."""
    rows = cells.index[where.to_numpy(dtype=bool)]
    listed = [
        Problem(
            table=table,
            row=int(row),
            column=column,
            value=_shown(cells.loc[row]) if show else "",
            message=message,
            remedy=remedy,
        )
        for row in rows[:REPORTED_CELLS]
    ]
    if len(rows) > REPORTED_CELLS:
        more = len(rows) - REPORTED_CELLS
        listed.append(
            Problem(
                table=table,
                row=int(rows[REPORTED_CELLS]),
                column=column,
                message=f"{message}; and {more:,} more rows, from this one on",
                remedy=remedy,
            )
        )
    return listed


def _shown(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA or value is pd.NaT:
        return ""
    text = f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
    return text if len(text) <= 40 else text[:39] + "…"


def typed_column(cells: pd.Series, column: Column, table: str) -> tuple[pd.Series, list[Problem]]:
    """Type one column.

    Parameters
    ----------
    cells : Series
        Text from a CSV, or typed values from Parquet or memory, indexed by spreadsheet row.
    column : Column
        What the column should hold.
    table : str
        Name of the table, for the messages.

    Returns
    -------
    Series, list of Problem
        The typed column, with missing values where a cell was refused, and a problem for each such cell.
    """
    cells, unreadable = _plain(cells, column)
    if unreadable:
        problem = Problem(table=table, column=column.name, message=unreadable, remedy=f"Write it as {column.valid}.")
        return pd.Series(pd.NA, index=cells.index).astype(_dtype(column)), [problem]
    if not _is_text(cells):
        return _from_typed(cells, column, table)
    typed, mistakes = _READERS[column.kind](cells, column)
    problems = [
        problem
        for mistake in mistakes
        if mistake.where.any()
        for problem in cell_problems(table, column.name, cells, mistake.where, mistake.message, mistake.remedy)
    ]
    return typed, problems


def _dtype(column: Column) -> Any:
    """Return the dtype of a column after loading; pandas' stubs know only literal names."""
    return DTYPES[column.kind]


def _is_text(cells: pd.Series) -> bool:
    return isinstance(cells.dtype, (pd.StringDtype, pd.CategoricalDtype))


def _plain(cells: pd.Series, column: Column) -> tuple[pd.Series, str]:
    """Turn Python objects into text, blank text into missing, and name a type that cannot be read."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        if column.kind in ("id", "word", "text", "month") and not isinstance(
            cells.cat.categories.dtype, pd.StringDtype
        ):
            return cells.cat.rename_categories(list(cells.cat.categories.astype("str"))), ""
        if column.kind not in ("word", "id", "text"):
            cells = cells.astype(cells.cat.categories.dtype)
    if cells.dtype == object:
        # A column of Python objects is read by the same rules as a column of text.
        text = [
            None if pd.isna(v) else v.strftime("%Y-%m-%d") if isinstance(v, pd.Timestamp) else str(v) for v in cells
        ]
        cells = pd.Series(text, index=cells.index, dtype="str", name=cells.name)
    if isinstance(cells.dtype, pd.StringDtype):
        if cells.dtype != "str":
            cells = cells.astype("str")
        if column.kind == "id" and len(cells) >= _CATEGORY_ROWS:
            return _coded(cells), ""
        blank = matches(cells, r"\s*")
        return (cells.mask(blank) if blank.any() else cells), ""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        return cells, ""
    if cells.isna().all():
        return cells.astype("str"), ""
    kinds = {
        "number": "iufb",
        "whole": "iufb",
        "yes_no": "b",
        "date": "M",
        "id": "iu",
        "word": "iu",
        "text": "iu",
        "month": "",
    }
    code = getattr(cells.dtype, "kind", "O")
    if code not in kinds[column.kind] or (code == "b" and column.kind != "yes_no"):
        return cells, f"the column holds {cells.dtype}, not {column.valid}"
    return cells, ""


def _coded(cells: pd.Series) -> pd.Series:
    """Turn the ids of a long table into codes once, so that look-ups compare numbers; they end as text."""
    codes, words = encode(cells)
    coded = pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(words, dtype="str")), index=cells.index)
    blank = matches(coded, r"\s*")
    return coded.mask(blank) if blank.any() else coded


def _from_typed(cells: pd.Series, column: Column, table: str) -> tuple[pd.Series, list[Problem]]:
    """Accept typed values whose conversion loses nothing, and refuse the rest by cell."""
    if column.kind == "number":
        numbers = pd.Series(cells.to_numpy(dtype=float, na_value=np.nan), index=cells.index, name=cells.name)
        infinite = numbers.isin([np.inf, -np.inf])
        return numbers.mask(infinite), cell_problems(
            table,
            column.name,
            numbers,
            infinite,
            "infinite number",
            "Write the number itself, or leave the cell empty.",
        )
    if column.kind == "whole":
        broken = cells.notna() & (cells % 1 != 0).fillna(True).astype(bool)
        typed = cells.mask(broken).astype("Int64")
        return typed, cell_problems(table, column.name, cells, broken, "not a whole number", f"Write {column.valid}.")
    if column.kind == "date":
        if getattr(cells.dtype, "tz", None) is not None:
            cells = cells.dt.tz_localize(None)
        timed = cells.notna() & (cells != cells.dt.normalize())
        return cells.astype("datetime64[us]"), cell_problems(
            table, column.name, cells, timed, "a time of day in a date", "Write the day alone."
        )
    return cells.astype(_dtype(column)), []


def _spaces(cells: pd.Series) -> _Mistake:
    return _Mistake(matches(cells, r"\s.*|.*\s"), "spaces before or after the value", "Remove the spaces.")


def matches(cells: pd.Series, pattern: str) -> pd.Series:
    """Whether each cell matches the whole pattern; missing cells do not."""
    if isinstance(cells.dtype, pd.CategoricalDtype):
        words = pd.Series(cells.cat.categories, dtype="str")
        return cells.isin(words[matches(words, pattern)])
    # Arrow's RE2 on the column's own buffers: pandas would go through Python cell by cell.
    found = pc.match_substring_regex(pa.array(cells, type=pa.large_string(), from_pandas=True), rf"\A(?:{pattern})\z")
    return pd.Series(pc.fill_null(found, False).to_numpy(zero_copy_only=False), index=cells.index)


def _read_words(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    typed = cells
    mistakes = [] if column.kind == "text" else [_spaces(cells)]
    if column.kind == "word" and not isinstance(cells.dtype, pd.CategoricalDtype) and len(cells) >= _CATEGORY_ROWS:
        words = cells.nunique()
        if words <= _CATEGORY_SHARE * len(cells):
            typed = cells.astype("category")
    if column.allowed:
        spaced = mistakes[0].where
        known = cells.isin(list(column.allowed))
        for word in pd.unique(cells[cells.notna() & ~known & ~spaced].astype("str"))[:REPORTED_CELLS]:
            mistakes.append(_Mistake(cells == word, "unknown word", suggestion(str(word), column.allowed)))
        if not known.all():
            typed = typed.where(known | cells.isna())
    return typed, mistakes


def _read_month(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    fine = matches(cells, _MONTH) | cells.isna()
    dated = matches(cells, _DATE) | matches(cells, _SLASHED)
    return cells.where(fine), [
        _Mistake(dated, "a full date of birth, which must not be held", "Keep year and month only, YYYY-MM."),
        _Mistake(~fine & ~dated, "not a month", "Write YYYY-MM, such as 2014-05."),
    ]


def _read_yes_no(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    lower = cells.astype("str").str.lower()
    typed = lower.map(YES_NO).astype("boolean")
    unknown = cells.notna() & typed.isna()
    return typed, [_Mistake(unknown, "neither yes nor no", "Write yes or no, or leave the cell empty when not known.")]


def _read_number(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    cells = cells.astype("str")
    fine = matches(cells, _NUMBER)
    # numpy reads text to the nearest double, so that a table survives writing and reading to the bit.
    values = np.full(len(cells), np.nan)
    values[fine.to_numpy()] = cells[fine].to_numpy(dtype=object).astype(float)
    typed = pd.Series(values, index=cells.index, name=cells.name)
    wrong = cells.notna() & ~fine
    grouped = wrong & matches(cells, r"[£$€]?[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[£$€][\d.]+|[\d.]+%")
    return typed, [
        _Mistake(grouped, "a number with a sign or comma in it", "Write digits only, such as 1234.5."),
        _Mistake(
            wrong & ~grouped,
            "text where a number belongs",
            f"Write {column.valid}, or leave the cell empty when not known.",
        ),
    ]


def _read_whole(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    numbers, mistakes = _read_number(cells, column)
    broken = numbers.notna() & (numbers % 1 != 0)
    mistakes.append(_Mistake(broken, "not a whole number", f"Write {column.valid}."))
    return numbers.mask(broken).astype("Int64"), mistakes


def _read_date(cells: pd.Series, column: Column) -> tuple[pd.Series, list[_Mistake]]:
    cells = cells.astype("str")
    shaped = matches(cells, _DATE)
    typed = pd.to_datetime(cells.where(shaped), format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    impossible = shaped & typed.isna()
    serial = matches(cells, _SERIAL)
    slashed = matches(cells, _SLASHED)
    timed = matches(cells, _DATE + r"[T ].*")
    other = cells.notna() & ~shaped & ~serial & ~slashed & ~timed
    return typed, [
        _Mistake(impossible, "no such day", "Correct the date; write YYYY-MM-DD."),
        _Mistake(
            serial,
            "an Excel serial number instead of a date",
            "Format the column as text YYYY-MM-DD in the spreadsheet and save again.",
        ),
        _Mistake(slashed, "a date whose day and month could be swapped", "Write YYYY-MM-DD, such as 2022-09-01."),
        _Mistake(timed, "a time of day in a date", "Write the day alone, YYYY-MM-DD."),
        _Mistake(other, "not a date", "Write YYYY-MM-DD, such as 2022-09-01."),
    ]


_READERS = {
    "id": _read_words,
    "word": _read_words,
    "text": _read_words,
    "month": _read_month,
    "yes_no": _read_yes_no,
    "number": _read_number,
    "whole": _read_whole,
    "date": _read_date,
}
