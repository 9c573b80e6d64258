"""What a plan may say about risk."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["IdentificationOptions", "RiskRule"]


class RiskRule(BaseModel):
    """A rule that puts a child at risk in one area.

    Exactly one of `below`, `at_least` and `equals` is given, on one column of the analysis frame
    (``english_baseline``, ``fsm``, ``imd_decile`` …).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str = Field(description="Area of risk, such as english or economic_disadvantage")
    column: str = Field(description="Column of the analysis frame, such as english_baseline or fsm")
    below: float | None = Field(default=None, description="At risk strictly below this value")
    at_least: float | None = Field(default=None, description="At risk at this value and above")
    equals: Any = Field(default=None, description="At risk when the column has this value")
    outcome_area: bool = Field(
        default=True, description="Whether progress in this area counts as an outcome (not FSM or IMD)"
    )

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
        3, ge=1, le=50, description="A child at risk in at least this many areas is picked by the plan's rules"
    )
    share: float = Field(
        0.20, gt=0, lt=1,
        description="Share of each school's pupils whom the rule 'those in most need' picks (0.2 is one in five)",
    )
