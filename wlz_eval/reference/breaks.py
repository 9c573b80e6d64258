"""Days across which a measure cannot be compared, or only with a warning."""

from __future__ import annotations

import datetime as dt
import functools
from typing import Literal

from pydantic import Field, model_validator

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["BrokenYears", "breaks_between", "broken_years"]


class BrokenYears(ReferenceRow):
    """A break in a national series."""

    name: str = Field(description="Name of the break")
    first_day: dt.date = Field(description="First day concerned; for a change, the day from which the new rule holds")
    last_day: dt.date | None = Field(None, description="Last day concerned; empty for a change")
    nature: Literal["change", "years"] = Field(
        description="A change for good, or years that are unlike those before and after them"
    )
    comparison: Literal["refused", "labelled"] = Field(description="Whether a comparison is refused or labelled")
    what: str = Field(description="What happened, as a sentence without a full stop")
    family: str = Field(description="Kind of data concerned: attendance, gcse, key_stage, eyfs, fsm, imd …")
    label: str = Field(description="What cannot be compared, in plain words")
    kind: Literal["no_data", "break"] = Field(description="Nothing was measured, or it was measured otherwise")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Date of the source")
    confirmed: bool = Field(description="Whether it was seen there")

    @model_validator(mode="after")
    def _has_an_end(self) -> BrokenYears:
        if (self.last_day is None) != (self.nature == "change"):
            raise ValueError(f"{self.name}: years have a last day, and a change has none")
        return self

    def holds(self, day: dt.date) -> bool:
        """Whether a day lies in the broken years; never for a change."""
        return self.last_day is not None and self.first_day <= day <= self.last_day

    def parts(self, first: dt.date, last: dt.date) -> bool:
        """Whether two days cannot be compared as if nothing had happened.

        A change parts a day before it from a day after it. Broken years part a day within them from any day
        outside, and from one another, since they differ among themselves; days on both sides of them are alike.
        """
        low, high = sorted((first, last))
        if self.nature == "change":
            return low < self.first_day <= high
        return (self.holds(low) or self.holds(high)) and low != high


@functools.cache
def broken_years() -> tuple[BrokenYears, ...]:
    """Read ``data/reference/broken_years.csv``."""
    return read_rows("broken_years.csv", BrokenYears)


def breaks_between(family: str, first: dt.date, last: dt.date) -> list[BrokenYears]:
    """List the breaks that part two readings of one kind of data.

    Parameters
    ----------
    family : str
        Kind of data, such as ``attendance``; see the column ``breaks`` of the registry of measures.
    first, last : date
        Days of the two readings, in either order.

    Raises
    ------
    OptionError
        When no break of such a family is known: a misspelt name must not read as "no break".

    Examples
    --------
    >>> [b.name for b in breaks_between("attendance", dt.date(2018, 6, 1), dt.date(2021, 6, 1))]
    ['attendance_pandemic']
    >>> breaks_between("attendance", dt.date(2021, 10, 1), dt.date(2023, 6, 1))
    []
    """
    families = sorted({b.family for b in broken_years()})
    if family not in families:
        raise OptionError(f"No breaks are known of {family!r}. {suggestion(family, families)}")
    return [b for b in broken_years() if b.family == family and b.parts(first, last)]
