"""Cut-points by which confounding of a dose is judged, and where they were seen."""

from __future__ import annotations

import functools

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows, row_named

__all__ = ["ConfoundingCut", "confounding_cut", "confounding_cuts"]


class ConfoundingCut(ReferenceRow):
    """One cut-point."""

    name: str = Field(description="What it is called")
    value: float = Field(ge=0)
    meaning: str = Field(description="What it parts, as a phrase without a full stop")
    source: str = Field(description="Where it was seen, or that it is a convention of this suite")
    date: str = Field(description="When")
    confirmed: bool = Field(description="Whether it was seen there, or is a convention of this suite")


@functools.cache
def confounding_cuts() -> tuple[ConfoundingCut, ...]:
    """All cut-points of ``data/reference/confounding_cuts.csv``."""
    return read_rows("confounding_cuts.csv", ConfoundingCut)


def confounding_cut(name: str) -> float:
    """Look up one cut-point.

    Raises
    ------
    OptionError
        When there is none of that name.

    Examples
    --------
    >>> confounding_cut("robustness_modest")
    0.1
    """
    return row_named(confounding_cuts(), "cut-point", name).value
