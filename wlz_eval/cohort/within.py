"""What must hold within one typed table: its pandera schema, and rows that may not repeat."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.cohort.convert import cell_problems
from wlz_eval.cohort.lookup import encode
from wlz_eval.cohort.schema import Column, Table
from wlz_eval.core.errors import Problem

__all__ = ["check_within"]


def check_within(frame: pd.DataFrame, table: Table, refused: pd.DataFrame) -> list[Problem]:
    """Check one typed table against its pandera schema, and its key for repeated rows.

    Parameters
    ----------
    frame : DataFrame
        Typed columns, indexed by spreadsheet row.
    table : Table
        Its declaration.
    refused : DataFrame
        True where a cell was already refused while typing, so that it is not reported as empty too.
    """
    problems = [*_schema_problems(frame, table, refused), *_repeated_rows(frame, table)]
    return problems


def _schema_problems(frame: pd.DataFrame, table: Table, refused: pd.DataFrame) -> list[Problem]:
    from pandera.errors import SchemaErrors

    try:
        table.schema(list(frame.columns)).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    problems = []
    for (name, check), group in cases.groupby(["column", "check"], sort=False, dropna=False):
        column = table.column(str(name))
        rows = group["index"].dropna().astype(int)
        if check == "not_nullable":
            rows = rows[~refused.loc[rows, column.name].to_numpy(dtype=bool)]
        where = pd.Series(frame.index.isin(rows), index=frame.index)
        problems += cell_problems(table.name, column.name, frame[column.name], where, *_words(str(check), column))
    return problems


def _words(check: str, column: Column) -> tuple[str, str]:
    """Message and remedy of a failed pandera check."""
    if check == "not_nullable":
        return "the cell is empty", f"Fill it with {column.valid}, or remove the row."
    if check in ("low", "high"):
        return "out of range", f"Valid: {column.valid}."
    if check == "allowed":
        return "unknown word", f"Valid: {column.valid}."
    return f"not {column.valid}", f"Write {column.valid}."


def _codes(cells: pd.Series) -> np.ndarray:
    """Numbers that are equal where the cells are: much faster to compare than text."""
    if isinstance(cells.dtype, (pd.StringDtype, pd.CategoricalDtype)):
        return encode(cells)[0]
    return pd.factorize(cells)[0]


def _repeated_rows(frame: pd.DataFrame, table: Table) -> list[Problem]:
    key = [name for name in table.key if name in frame.columns]
    if not key or key[0] != table.key[0]:
        return []
    coded = pd.DataFrame({name: _codes(frame[name]) for name in key}, index=frame.index)
    again = coded.duplicated(keep="first") & frame[key[0]].notna()
    if not again.any():
        return []
    if len(table.key) == 1:
        return cell_problems(
            table.name,
            key[0],
            frame[key[0]],
            again,
            f"the {key[0]} stands in an earlier row too",
            f"Keep one row for each {key[0]}.",
        )
    shown = ", ".join(key)
    return cell_problems(
        table.name,
        key[0],
        frame[key[0]],
        again,
        f"an earlier row has the same {shown}",
        "Keep one of the rows.",
    )
