"""The six levels of the delivery practice framework by which partners are judged."""

from __future__ import annotations

import functools

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["PracticeLevel", "practice_levels"]


class PracticeLevel(ReferenceRow):
    """One level of the framework."""

    level: int = Field(ge=1, description="Place in the framework, from 1")
    column: str = Field(description="Column of the partners table that says whether it is met")
    label: str = Field(description="Name in reports")
    evidence: str = Field(description="What shows that it is met")
    source: str = Field(description="Where it was seen")
    confirmed: bool = Field(description="Whether it was seen there")


@functools.cache
def practice_levels() -> tuple[PracticeLevel, ...]:
    """Read ``data/reference/delivery_framework.csv``, lowest level first.

    Examples
    --------
    >>> [row.label for row in practice_levels()][:2]
    ['Policies and procedures', 'Delivery practice']
    """
    return tuple(sorted(read_rows("delivery_framework.csv", PracticeLevel), key=lambda row: row.level))
