"""Rubrics by which evidence is rated: levels, thresholds, and where they were seen."""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["RubricRow", "rubric", "rubric_threshold"]


class RubricRow(ReferenceRow):
    """One step of a rubric."""

    rubric: Literal["maryland", "nesta", "eef_style", "any"] = Field(description="Which rubric, or any")
    criterion: str = Field(description="What is judged")
    value: str = Field(description="Kind of design, or the threshold of this step")
    level: int = Field(ge=0, le=5, description="Level that this step allows; 0 where the threshold alone counts")
    meaning: str = Field(description="What the step means, as a phrase without a full stop")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="When")
    confirmed: bool = Field(description="Whether it was seen there")


@functools.cache
def _rows() -> tuple[RubricRow, ...]:
    return read_rows("evidence_rubric.csv", RubricRow)


def rubric(name: str, criterion: str) -> tuple[RubricRow, ...]:
    """Look up the steps of one criterion, in the order of ``data/reference/evidence_rubric.csv``.

    Raises
    ------
    OptionError
        When there is no such rubric or criterion.

    Examples
    --------
    >>> [row.level for row in rubric("eef_style", "attrition")]
    [5, 4, 3, 2, 1]
    """
    found = tuple(r for r in _rows() if (r.rubric, r.criterion) == (name, criterion))
    if not found:
        valid = sorted({f"{r.rubric} {r.criterion}" for r in _rows()})
        raise OptionError(f"There is no rubric {name} {criterion!r}. {suggestion(f'{name} {criterion}', valid)}")
    return found


def rubric_threshold(criterion: str) -> float:
    """Look up a threshold that holds in any rubric.

    Examples
    --------
    >>> rubric_threshold("balance_good"), rubric_threshold("coverage")
    (0.05, 0.935)
    """
    return float(rubric("any", criterion)[0].value)
