"""Marks of what the tables hold of each child, by which two runs can be compared without the data.

A child's records have many parts: each column of the children table, each measure at each wave, each question. A mean
is of one of them, so each part has a mark of its own; ten children whose dates were tidied must not hide the one whose
score was corrected. Of a very large pool the parts are whole tables, which keeps the file small.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.cohort.tables import HOUSEHOLD_TABLES

__all__ = ["Marks", "child_mark", "child_marks"]

#: Children up to whom each column has a part of its own; above, each table.
_BY_COLUMN = 50_000
#: Columns that say what a row of a long table is about: its rows are parts by them.
_ABOUT = ("measure", "wave", "exposure", "question", "trigger", "framework", "area")
#: Bytes of the mark of a part.
_BYTES = 3
#: Column that names the child, the same in every row of a child.
_WHO = "child_id"


@dataclass(frozen=True)
class Marks:
    """What one run counted, without a name, an id or a value.

    Parameters
    ----------
    parts : sequence of str
        Names of the parts of a child's records.
    measured : sequence of bool
        Of each part, whether it holds numbers, of which a page can show a mean.
    children : mapping of str to str
        From the mark of a child to the marks of its parts, six hexadecimal digits each; zeros where it has no record.
    """

    parts: Sequence[str]
    measured: Sequence[bool]
    children: Mapping[str, str]

    def matrix(self, children: Sequence[str], parts: Sequence[str]) -> npt.NDArray[np.uint8]:
        """Return the marks of some children and parts, ``(children, parts, bytes)``; zeros for what is not there."""
        nothing = "0" * (2 * _BYTES * len(self.parts))
        own = bytes.fromhex("".join(self.children.get(child, nothing) for child in children))
        held = np.frombuffer(own, dtype=np.uint8).reshape(len(children), len(self.parts), _BYTES)
        whole = np.zeros((len(children), len(parts), _BYTES), dtype=np.uint8)
        place = {part: number for number, part in enumerate(self.parts)}
        for number, part in enumerate(parts):
            if part in place:
                whole[:, number] = held[:, place[part]]
        return whole


def child_mark(child: str, key: bytes) -> str:
    """Mark a child's id: without the key nobody can make the mark from the id."""
    return hmac.new(key, child.encode(), hashlib.sha256).hexdigest()[:32]


def child_marks(cohort: Cohort, key: bytes) -> Marks:
    """Mark every child of a cohort and each part of what is recorded of it.

    Parameters
    ----------
    cohort : Cohort
        With its tables.
    key : bytes
        Secret of one output folder.

    Returns
    -------
    Marks
        The same whatever the order of rows and columns.
    """
    children = pd.Index(cohort.children["child_id"].astype(str))
    by_column = len(children) <= _BY_COLUMN
    secret = hmac.new(key, b"parts", hashlib.sha256).hexdigest()[:16]
    names, measured, digests = [], [], []
    for name, table in _of_children(cohort):
        for part, numbers, rows in _parts(name, table, by_column):
            marks = pd.util.hash_pandas_object(rows.drop(columns=_WHO), index=False, hash_key=secret)
            # A sum, so that the order of rows says nothing.
            sums = marks.astype("uint64").groupby(rows[_WHO].to_numpy(), sort=False).sum()
            names.append(part)
            measured.append(numbers)
            digests.append(sums.reindex(children, fill_value=0).to_numpy(dtype=np.uint64))
    if not names:
        return Marks((), (), {child_mark(child, key): "" for child in children})
    whole = np.stack(digests, axis=1).astype(">u8").view(np.uint8).reshape(len(children), len(names), 8)
    texts = np.ascontiguousarray(whole[:, :, :_BYTES]).reshape(len(children), -1)
    of = {child_mark(child, key): row.tobytes().hex() for child, row in zip(children, texts, strict=True)}
    return Marks(tuple(names), tuple(measured), of)


def _of_children(cohort: Cohort) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give every table that holds records of children, each row with its child; a household's row with each of its."""
    for name in sorted(cohort.tables):
        table = cohort.tables[name]
        if name in HOUSEHOLD_TABLES and "household_id" in cohort.children:
            of = cohort.children[["child_id", "household_id"]]
            table = table.merge(of, on="household_id").drop(columns="household_id")
        if "child_id" in table:
            columns = sorted(table.columns)
            yield name, table[columns].astype({"child_id": str})


def _parts(name: str, table: pd.DataFrame, by_column: bool) -> Iterator[tuple[str, bool, pd.DataFrame]]:
    """Give the parts of a table: its name, whether it holds numbers, and its rows of the child and what is marked."""
    numbers = [column for column in table.columns if _is_number(table[column])]
    if not by_column:
        yield name, bool(numbers), table
        return
    about = [column for column in _ABOUT if column in table.columns]
    if about:
        other = [column for column in table.columns if column not in (*about, *numbers, _WHO)]
        for values, rows in table.groupby(about, observed=True, dropna=False, sort=True):
            part = f"{name}: {', '.join(map(str, values))}"
            for column in numbers:
                yield f"{part}: {column}", True, _filled(rows, column)
            if other:
                yield part, False, rows[[_WHO, *other]]
        return
    # Days tell the rows of a child apart, so that two values that change places are seen.
    days = [column for column in table.columns if pd.api.types.is_datetime64_any_dtype(table[column])]
    for column in table.columns:
        if column == _WHO:
            continue
        keys = [] if name == "children" else [day for day in days if day != column]
        yield f"{name}: {column}", column in numbers, _filled(table, column, keys)
        if keys and column in numbers:
            # By itself too: days that were tidied must not hide a number that was changed.
            yield f"{name}: {column}, whatever the day", True, _filled(table, column)


def _is_number(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column))


def _filled(table: pd.DataFrame, column: str, keys: Sequence[str] = ()) -> pd.DataFrame:
    """Keep the rows in which a column is held: nothing held is no part of a child's records."""
    return table.loc[table[column].notna(), [_WHO, *keys, column]]
