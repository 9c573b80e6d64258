"""What a plan may say about value."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["BenefitOptions", "ValueOptions"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BenefitOptions(_Strict):
    """One line of benefit: an outcome of 04 and the unit value that turns it into money."""

    measure: str = Field(description="Outcome whose effect is valued")
    wave: Literal["midpoint", "endline", "followup"] = Field("endline", description="Wave of that effect")
    unit_value: str = Field(description="Row of data/reference/unit_values.csv that prices it")
    units_per_point: float = Field(
        description="Units of the unit value for one point of the outcome, in the good direction"
    )
    sd_units_per_point: float = Field(0.0, ge=0, description="Standard deviation of that link, for the Monte Carlo")
    source: str = Field(description="Where the link comes from; 'illustrative' when it is an assumption")
    onset_year: int = Field(0, ge=0, description="Years from the end of the programme until the benefit starts")
    duration_years: int = Field(1, ge=1, description="Years that it lasts")
    decay: float = Field(0.0, ge=0, lt=1, description="Share lost each year after the first")


class ValueOptions(_Strict):
    """Costs and benefits."""

    price_year: int = Field(2023, ge=1990, le=2100, description="Prices in which everything is counted")
    schedule: str = Field("green_book", description="Discount schedule in data/reference/discount_rates.csv")
    benefits: tuple[BenefitOptions, ...] = Field((), description="Benefits that are valued; none where none is known")
    overlap: Literal["refuse", "count_first"] = Field(
        "refuse", description="Benefits that count the same money twice: an error, or only the first counts"
    )
    draws: int = Field(10_000, ge=1_000, le=1_000_000, description="Monte Carlo draws at full effort")
    draws_quick: int = Field(2_000, ge=1_000, le=1_000_000, description="Monte Carlo draws at quick effort")
