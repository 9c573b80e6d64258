"""What Works Clearinghouse: how far groups may differ at the start, and how many children may be lost."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["AttritionRow", "BaselineRule", "attrition_boundary", "baseline_rules"]


class AttritionRow(ReferenceRow):
    """Largest differential attrition that still counts as low, at one overall attrition."""

    overall: int = Field(ge=0, le=100, description="Overall attrition, percent")
    cautious: float | None = Field(
        None, description="Percentage points, where the programme may itself affect who stays; none: always high"
    )
    optimistic: float | None = Field(None, description="Percentage points, where it hardly can")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Edition of the source")
    confirmed: bool = Field(description="Whether it was seen in the source itself")


class BaselineRule(ReferenceRow):
    """One number of the baseline rule."""

    name: Literal["satisfied", "adjustable", "cox_divisor"]
    value: float
    meaning: str
    source: str
    date: str
    confirmed: bool


@functools.cache
def baseline_rules() -> Mapping[str, BaselineRule]:
    """Read ``data/reference/wwc_baseline.csv`` as a mapping from name to rule.

    Examples
    --------
    >>> baseline_rules()["adjustable"].value
    0.25
    """
    return MappingProxyType({row.name: row for row in read_rows("wwc_baseline.csv", BaselineRule)})


@functools.cache
def _attrition() -> Mapping[int, AttritionRow]:
    return MappingProxyType({row.overall: row for row in read_rows("wwc_attrition.csv", AttritionRow)})


def attrition_boundary(overall: float, assumption: str = "cautious") -> float:
    """Largest differential attrition, in percentage points, that still counts as low.

    Parameters
    ----------
    overall : float
        Share of all children whose outcome is not known, in percent; rounded to whole percent, as the table is.
    assumption : {"cautious", "optimistic"}
        Whether the programme may itself affect who stays, or hardly can.

    Returns
    -------
    float
        ``nan`` where attrition is high whatever the difference.

    Examples
    --------
    >>> attrition_boundary(30), attrition_boundary(30, "optimistic")
    (4.1, 8.2)
    """
    if assumption not in ("cautious", "optimistic"):
        raise OptionError(f"assumption {assumption!r} is not known. Valid: cautious, optimistic.")
    row = _attrition().get(math.floor(overall + 0.5))
    limit = None if row is None else getattr(row, assumption)
    return math.nan if limit is None else float(limit)
