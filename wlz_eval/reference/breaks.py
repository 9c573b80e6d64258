"""Years across which a measure cannot be compared."""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["BrokenYears", "breaks_between", "broken_years"]


class BrokenYears(ReferenceRow):
    """A break in a national series."""

    name: str = Field(description="Name of the break")
    first_year: int = Field(description="First year concerned")
    last_year: int = Field(description="Last year concerned")
    what: str = Field(description="What happened, as a sentence without a full stop")
    family: str = Field(description="Kind of data concerned: attendance, gcse, key_stage, eyfs, fsm, imd")
    label: str = Field(description="What cannot be compared, in plain words")
    kind: Literal["no_data", "break"] = Field(
        description="Nothing was measured, or it was measured otherwise"
    )
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Date of the source")
    confirmed: bool = Field(description="Whether it was seen there")


@functools.cache
def broken_years() -> tuple[BrokenYears, ...]:
    """Read ``data/reference/broken_years.csv``."""
    return read_rows("broken_years.csv", BrokenYears)


def breaks_between(family: str, first: int, last: int) -> list[BrokenYears]:
    """List the breaks that a comparison of two years crosses or touches.

    Parameters
    ----------
    family : str
        Kind of data, such as ``attendance``.
    first, last : int
        Years of the two readings; a school year by the year in which it begins.

    Examples
    --------
    >>> [b.name for b in breaks_between("attendance", 2018, 2021)]
    ['attendance_pandemic']
    >>> breaks_between("attendance", 2021, 2023)
    []
    """
    low, high = sorted((first, last))
    return [b for b in broken_years() if b.family == family and b.first_year <= high and b.last_year >= low]
