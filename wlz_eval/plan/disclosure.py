"""The plan's disclosure key: a regime, and single keys that may only be stricter than it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from wlz_eval.reference.disclosure import LEVELS, STANDARD, RegimeName, disclosure_regime, disclosure_regimes, looser

__all__ = ["DisclosureOptions"]

#: Keys that a plan without a regime may also set lower: it then has no regime to keep to.
_FREE = ("threshold", "round_to")


class DisclosureOptions(BaseModel):
    """The rule by which numbers are hidden and rounded on public pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regime: RegimeName = Field(
        STANDARD, description="Whose rule is kept to; the keys below may then only be stricter than it"
    )
    threshold: int = Field(
        10, ge=5, le=100, description="Fewest children behind any number that is shown in public"
    )
    round_to: int = Field(5, ge=1, le=100, description="Public counts are rounded to the nearest of these")
    rounding: Literal["nearest", "midpoint"] = Field(
        "nearest", description="Counts are rounded to the nearest multiple, or to the middle between two multiples"
    )
    percentages: Literal["exact", "rounded", "midpoint"] = Field(
        "exact", description="Percentages come from counts as they are, as they are rounded, or by midpoint-6 rounding"
    )
    totals: Literal["own", "parts"] = Field(
        "own", description="The total of a table is rounded itself, or is the sum of its rounded parts"
    )
    residual_df: int = Field(
        10, ge=0, le=1000, description="Fewest residual degrees of freedom of a regression that is shown in public"
    )
    dominance_units: int = Field(
        2, ge=1, le=2, description="A sum of money or time is hidden where so many units make up most of it"
    )
    dominance_percent: float = Field(90.0, gt=0, le=100, description="Percent of a sum that is most of it")
    p_percent: float = Field(
        10.0, ge=0, le=100,
        description="A sum is hidden where all but the two largest come to less than this percent of the largest"
    )

    @model_validator(mode="before")
    @classmethod
    def _from_regime(cls, given: Any) -> Any:
        """Take from the regime what the plan does not say."""
        if not isinstance(given, Mapping):
            return given
        name = given.get("regime", STANDARD)
        known = name in [regime.name for regime in disclosure_regimes()]
        return {**disclosure_regime(name).keys(), **given} if known else given

    @model_validator(mode="after")
    def _no_looser(self) -> DisclosureOptions:
        asked = disclosure_regime(self.regime).keys()
        free = _FREE if self.regime == STANDARD else ()
        wrong = [
            f"{key} is {getattr(self, key)}, but {asked[key]} in the regime {self.regime!r}"
            for key in LEVELS
            if key not in free and looser(key, getattr(self, key), asked[key])
        ]
        if wrong:
            raise ValueError(f"{'; '.join(wrong)}: a plan may be stricter than its regime, never looser")
        return self

    @model_serializer(mode="wrap")
    def _said(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what the standard says besides threshold and rounding, so that older plans keep their hash."""
        values: dict[str, Any] = handler(self)
        if self.regime != STANDARD:
            return values
        asked = disclosure_regime(STANDARD).keys()
        return {key: value for key, value in values.items() if key in _FREE or (key in asked and value != asked[key])}
