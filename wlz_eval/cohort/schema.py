"""What a column and a table of the data contract are: the vocabulary of :mod:`wlz_eval.cohort.tables`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandera.pandas as pa

__all__ = ["DTYPES", "KIND_WORDS", "REPORTED_CELLS", "YES_NO", "Column", "Kind", "Table"]

#: What a cell holds, which decides how its text is read and how it is typed after loading.
Kind = Literal["id", "word", "text", "yes_no", "date", "month", "number", "whole"]

#: pandas dtype of each kind after loading. ``word`` may also be ``category``.
DTYPES: dict[str, str] = {
    "id": "str",
    "word": "str",
    "text": "str",
    "month": "str",
    "yes_no": "boolean",
    "date": "datetime64[us]",
    "number": "float64",
    "whole": "Int64",
}

#: How each kind is described to a person.
KIND_WORDS: dict[str, str] = {
    "id": "identifier",
    "word": "word",
    "text": "text",
    "yes_no": "yes or no",
    "date": "date, YYYY-MM-DD",
    "month": "month, YYYY-MM",
    "number": "number",
    "whole": "whole number",
}

#: Words that a yes/no cell may hold, in any case.
YES_NO: dict[str, bool] = {"yes": True, "no": False, "true": True, "false": False, "1": True, "0": False}

#: Cells of one column listed one by one for the same mistake; the rest are counted.
REPORTED_CELLS = 100


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Header of the column.
    kind : Kind
        What its cells hold.
    description : str
        What it means, in plain words.
    required : bool
        Whether the table must have the column.
    filled : bool
        Whether every cell must have a value; required columns are filled unless said otherwise.
    allowed : tuple of str
        The words that are valid; empty when any is.
    low, high : float or None
        Smallest and largest valid number.
    """

    name: str
    kind: Kind
    description: str
    required: bool = False
    filled: bool = False
    allowed: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def valid(self) -> str:
        """What is valid in a cell, in words."""
        if self.allowed:
            return "one of " + ", ".join(self.allowed)
        words = KIND_WORDS[self.kind]
        if self.low is not None and self.high is not None:
            return f"{words} from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"{words}, {self.low:g} or more"
        return words


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a cohort folder.

    Parameters
    ----------
    name : str
        Name of the table, and of its file without the ending.
    row : str
        What one row is.
    columns : tuple of Column
        Its columns, in the order in which they are written.
    required : bool
        Whether a cohort must have the table.
    key : tuple of str
        Columns that no two rows may share; those that a file lacks are left out of the comparison.
    """

    name: str
    row: str
    columns: tuple[Column, ...]
    required: bool = False
    key: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Look a column up by its name."""
        return next(column for column in self.columns if column.name == name)

    def schema(self, present: list[str]) -> pa.DataFrameSchema:
        """Make the pandera schema of the columns that a file has.

        It is applied after the cells are typed, so it states what holds of the loaded table: dtype,
        filled cells, allowed words, ranges. Each check is named by the problem that it finds.
        """
        import pandera.pandas as pa

        columns = {}
        for column in self.columns:
            if column.name not in present:
                continue
            checks = []
            if column.allowed:
                checks.append(pa.Check.isin(list(column.allowed), error="allowed"))
            if column.low is not None:
                checks.append(pa.Check.ge(column.low, error="low"))
            if column.high is not None:
                checks.append(pa.Check.le(column.high, error="high"))
            # Words may be plain text or categories, so their dtype is left to the typing step.
            dtype = None if column.kind in ("id", "word", "text", "month") else DTYPES[column.kind]
            columns[column.name] = pa.Column(dtype, checks, nullable=not column.filled, required=True)
        return pa.DataFrameSchema(columns, name=self.name, strict=False, coerce=False)
