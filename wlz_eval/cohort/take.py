"""Take one raw table into the contract: known columns typed, personal ones refused, unknown ones named."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from wlz_eval.cohort.convert import typed_column
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.cohort.privacy import personal_cells, personal_column
from wlz_eval.cohort.schema import Table
from wlz_eval.cohort.tables import TABLES
from wlz_eval.cohort.within import check_within
from wlz_eval.core.errors import Problem, nearest_names, suggestion

__all__ = ["Reading", "required_tables", "take_table", "unknown_extras"]


@dataclass
class Reading:
    """What has been read of a folder, and what is wrong with it."""

    meta: CohortMeta | None = None
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    headers: dict[str, list[str]] = field(default_factory=dict)
    contract: dict[str, Any] | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def required_tables(reading: Reading, present: set[str]) -> None:
    """Name the required tables that are missing."""
    for name, table in TABLES.items():
        if table.required and name not in present:
            reading.problems.append(
                Problem(
                    table=name,
                    message="the table is missing",
                    remedy=f"Add {name}.csv: one row is {table.row}.",
                )
            )


def unknown_extras(extra_columns: Collection[str], reading: Reading) -> None:
    """Name the columns that the plan asks for and no table has."""
    for name in extra_columns:
        table, _, column = name.partition(".")
        frame = reading.frames.get(table)
        if frame is not None and column not in frame.columns:
            reading.problems.append(
                Problem(
                    table=table,
                    row=1,
                    column=column,
                    message="the plan asks for a column that is not there",
                    remedy=suggestion(column, reading.headers[table]),
                )
            )


def take_table(raw: pd.DataFrame, table: Table, extra_columns: Collection[str], reading: Reading) -> None:
    """Type one table, check it by itself, and keep it."""
    problems: list[Problem] = []
    columns: dict[str, pd.Series] = {}
    reading.headers[table.name] = [str(name) for name in raw.columns]
    for name in raw.columns:
        personal = personal_column(str(name), table)
        if personal is not None:
            problems.append(personal)
        elif name not in table.names and f"{table.name}.{name}" in extra_columns:
            columns[name] = _as_it_is(raw[name])
        elif name not in table.names:
            near = nearest_names(str(name), [n for n in table.names if n not in raw.columns])
            hint = f"Did you mean {near[0]}? " if near else ""
            reading.warnings.append(
                Problem(
                    table=table.name,
                    row=1,
                    column=str(name),
                    message="the column is not in the schema and is not loaded",
                    remedy=f"{hint}Delete it, or name {table.name}.{name} under extra_columns in plan.yaml.",
                    fatal=False,
                )
            )
    refused = pd.DataFrame(False, index=raw.index, columns=table.names)
    for column in table.columns:
        if column.name not in raw.columns:
            if column.required:
                problems.append(_missing_column(table, column.name, [str(c) for c in raw.columns]))
            continue
        typed, mistakes = typed_column(raw[column.name], column, table.name)
        problems += mistakes
        if mistakes:
            refused[column.name] = (typed.isna() & raw[column.name].notna()).to_numpy(dtype=bool)
        if column.required or typed.notna().any() or mistakes:
            columns[column.name] = typed
    frame = pd.DataFrame(columns, index=raw.index)
    if raw.empty and table.required:
        problems.append(
            Problem(
                table=table.name,
                message="the table has a header but no rows",
                remedy=f"Add rows: one row is {table.row}.",
            )
        )
    problems += check_within(frame, table, refused)
    problems += personal_cells(frame, table)
    reading.problems += problems
    reading.frames[table.name] = frame


def _missing_column(table: Table, name: str, present: list[str]) -> Problem:
    near = nearest_names(name, [p for p in present if p not in table.names])
    hint = f"Rename {near[0]}, if that is what it is. " if near else ""
    about = table.column(name)
    return Problem(
        table=table.name,
        row=1,
        column=name,
        message="the column is missing",
        remedy=f"{hint}Add it: {about.description} ({about.valid}).",
    )


def _as_it_is(cells: pd.Series) -> pd.Series:
    """Type a column outside the schema: numbers when every cell is one, else text."""
    if isinstance(cells.dtype, pd.StringDtype):
        numbers = pd.to_numeric(cells, errors="coerce")
        if numbers.notna().sum() == cells.notna().sum():
            return numbers.astype(float)
    return cells
