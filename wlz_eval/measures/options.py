"""What a plan may say about risk."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from wlz_eval.cohort.period import LATE_SUFFIXES

__all__ = ["IdentificationOptions", "RiskRule"]

#: Columns of the frame that say who was chosen, or what came later.
LATER = ("programme", "group", "comparison_type", "left", "identified", "offered", "consented", "started")


class RiskRule(BaseModel):
    """A rule that puts a child at risk in one area.

    Exactly one of `below`, `at_least` and `equals` is given, on one column of the analysis frame
    (``english_baseline``, ``fsm``, ``imd_decile`` …).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str = Field(min_length=1, max_length=60, description="Area of risk, such as english or economic_disadvantage")
    column: str = Field(description="Column of the analysis frame, such as english_baseline or fsm")
    below: float | None = Field(default=None, description="At risk strictly below this value")
    at_least: float | None = Field(default=None, description="At risk at this value and above")
    equals: Any = Field(default=None, description="At risk when the column has this value")
    outcome_area: bool = Field(
        default=True, description="Whether progress in this area counts as an outcome (not FSM or IMD)"
    )

    @model_validator(mode="after")
    def _known_at_the_start(self) -> RiskRule:
        if self.column.endswith(LATE_SUFFIXES) or self.column in LATER:
            raise ValueError(
                f"risk rule for {self.area}: {self.column} is not known before the programme begins, so nobody can be "
                "chosen by it; name a baseline column"
            )
        if "+" in self.area:
            raise ValueError(f"risk rule for {self.area}: name the area without a plus sign, which joins areas")
        if any(limit is not None and not math.isfinite(limit) for limit in (self.below, self.at_least)):
            raise ValueError(f"risk rule for {self.area}: a cut-point is a finite number")
        if isinstance(self.equals, list | tuple | dict | set):
            raise ValueError(f"risk rule for {self.area}: equals takes one value; write one rule for each")
        return self

    @model_validator(mode="after")
    def _one_condition(self) -> RiskRule:
        given = [k for k in ("below", "at_least", "equals") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                f"risk rule for {self.area}: give exactly one of below, at_least, equals (found {len(given)})"
            )
        return self


class IdentificationOptions(BaseModel):
    """How many areas at risk, and how many children, a rule set picks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    areas: int = Field(
        3, strict=True, ge=1, le=50,
        description="A child at risk in at least this many areas is picked by the plan's rules",
    )
    share: float = Field(
        0.20, gt=0, lt=1,
        description="Share of each school's pupils whom the rule 'those in most need' picks (0.2 is one in five)",
    )
