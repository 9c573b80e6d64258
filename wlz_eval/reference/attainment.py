"""Months of progress, and figures of the nation, for attainment."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["MonthsRow", "NationalFigure", "months_confirmed", "months_of_progress", "national_figures"]


class MonthsRow(ReferenceRow):
    """Effect size from which so many months of progress are said."""

    table: Literal["toolkit", "trial"] = Field(description="The Toolkit's table, or that of trial reports")
    from_effect: float | None = Field(None, description="Least effect size in SDs; none for the first row")
    months: int = Field(ge=0, le=12, description="Months of progress")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Edition of the source")
    confirmed: bool = Field(description="Whether it was seen there")


class NationalFigure(ReferenceRow):
    """One figure of the nation."""

    name: str
    label: str
    period: str = ""
    value: float
    unit: str
    source: str
    date: str = ""
    confirmed: bool


@functools.cache
def _months() -> tuple[MonthsRow, ...]:
    return read_rows("eef_months.csv", MonthsRow)


def _months_table(table: str) -> tuple[MonthsRow, ...]:
    valid = sorted({r.table for r in _months()})
    if table not in valid:
        raise OptionError(f"There is no table {table!r} of months of progress. {suggestion(table, valid)}")
    return tuple(r for r in _months() if r.table == table)


def months_confirmed(table: str = "toolkit") -> bool:
    """Whether every row of a table of months of progress was seen at its source.

    Examples
    --------
    >>> months_confirmed("toolkit"), months_confirmed("trial")
    (True, False)
    """
    return all(row.confirmed for row in _months_table(table))


def months_of_progress(effect: float, table: str = "toolkit") -> int:
    """Months of progress that an effect size stands for, in the Education Endowment Foundation's table.

    For attainment only. The effect is rounded to two decimals first, as the table is printed; a harm gives
    negative months.

    Parameters
    ----------
    effect : float
        Effect size in standard deviations.
    table : str
        ``toolkit`` or ``trial``.

    Examples
    --------
    >>> months_of_progress(0.20), months_of_progress(0.01), months_of_progress(-0.12)
    (3, 0, -2)
    """
    table_rows = _months_table(table)
    if not math.isfinite(effect):
        raise OptionError(f"An effect size must be a number, not {effect}.")
    size = math.floor(abs(effect) * 100 + 0.5 + 1e-9) / 100
    rows = [r for r in table_rows if r.from_effect is None or size >= r.from_effect]
    return int(math.copysign(rows[-1].months, effect)) if rows[-1].months else 0


@functools.cache
def national_figures() -> Mapping[tuple[str, str], NationalFigure]:
    """Read ``data/reference/national_figures.csv`` as a mapping from name and period to figure.

    Examples
    --------
    >>> national_figures()["grade4_english_maths", "2022/23"].value
    64.8
    """
    rows = read_rows("national_figures.csv", NationalFigure)
    return MappingProxyType({(r.name, r.period): r for r in rows})
