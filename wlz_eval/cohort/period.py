"""Spans of days, and the waves of an evaluation: what ``cohort.yaml`` says about time."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["LATE_SUFFIXES", "WAVES", "Period", "Term", "Wave"]

Wave = Literal["pre_baseline", "baseline", "midpoint", "endline", "followup"]
#: Waves in the order of time.
WAVES: tuple[str, ...] = ("pre_baseline", "baseline", "midpoint", "endline", "followup")
#: Ends of the names of columns measured after the programme began: no design may use them.
LATE_SUFFIXES: tuple[str, ...] = tuple(f"_{wave}" for wave in WAVES if wave not in ("pre_baseline", "baseline"))


class Period(BaseModel):
    """Two dates, both included."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: dt.date = Field(description="First day, YYYY-MM-DD")
    end: dt.date = Field(description="Last day, YYYY-MM-DD")

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.end < self.start:
            raise ValueError(f"end {self.end} lies before start {self.start}: swap them or correct one")
        return self


class Term(Period):
    """A school term."""

    name: str = Field(description="Name of the term, such as 'Autumn 2022'")
