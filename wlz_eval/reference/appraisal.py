"""Registries that an appraisal reads: links from outcomes to money, optimism bias, cost ratings."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.money import Distribution
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["CostBand", "OptimismBias", "ValueLink", "cost_bands", "optimism_bias", "value_link", "value_links"]


class ValueLink(ReferenceRow):
    """How many units of something that has a price go with one point of an outcome."""

    name: str = Field(description="Name in plans")
    label: str = Field(description="Name in reports")
    from_unit: str = Field(description="Unit of the outcome")
    to_unit: str = Field(description="Unit of the unit value")
    measures: str = Field(description="Outcomes that it is for, with spaces between")
    unit_values: str = Field(description="Unit values that it leads to, with spaces between")
    through: str = Field(description="What stands between them")
    units_per_point: float = Field(description="Units for one point, in the good direction")
    sd: float = Field(0.0, ge=0, description="Standard deviation of that number")
    distribution: Distribution = Field("normal", description="Shape of what is not known about it")
    low: float | None = Field(None, description="Lowest value, where the shape has one")
    high: float | None = Field(None, description="Highest value, where the shape has one")
    evidence: Literal["published", "illustrative"] = Field(description="Where it comes from, in one word")
    source: str = Field(description="Where it was seen, or whose assumption it is")
    confirmed: bool = Field(description="Whether it was seen in its source")

    def fits(self, measure: str, unit_value: str) -> bool:
        """Whether it leads from this outcome to this unit value."""
        return measure in self.measures.split() and unit_value in self.unit_values.split()


class OptimismBias(ReferenceRow):
    """Share that is taken off a benefit, by how sure its evidence is."""

    grade: int = Field(ge=1, le=6, description="Confidence, 1 best")
    taken_off: float = Field(ge=0, lt=1, description="Share taken off")
    label: str = Field(description="What the grade means")
    source: str = Field(description="Where it was seen")
    confirmed: bool = Field(description="Whether it was seen in its source")


class CostBand(ReferenceRow):
    """One rating of cost a pupil a year."""

    rating: int = Field(ge=1, le=5, description="1 very low to 5 very high")
    label: str = Field(description="The rating in words")
    above: float = Field(ge=0, description="Costs above this, a pupil a year")
    up_to: float | None = Field(None, description="Costs up to this; none for the highest")
    currency: str = Field(description="ISO code")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Date of the source")
    confirmed: bool = Field(description="Whether it was seen in its source")


@functools.cache
def value_links() -> Mapping[str, ValueLink]:
    """Read ``data/reference/value_links.csv``, by name."""
    return MappingProxyType({row.name: row for row in read_rows("value_links.csv", ValueLink)})


def value_link(name: str) -> ValueLink:
    """Look up one link from an outcome to what has a price.

    Raises
    ------
    OptionError
        When there is no such row.

    Examples
    --------
    >>> value_link("attendance_to_days").units_per_point
    1.9
    """
    if name not in value_links():
        raise OptionError(f"Unknown link {name!r}. {suggestion(name, list(value_links()))}")
    return value_links()[name]


@functools.cache
def optimism_bias(grade: int) -> OptimismBias:
    """Look up what is taken off a benefit of this confidence grade, 1 (best) to 6.

    Raises
    ------
    OptionError
        When there is no such grade.

    Examples
    --------
    >>> optimism_bias(5).taken_off
    0.25
    """
    rows = {row.grade: row for row in read_rows("optimism_bias.csv", OptimismBias)}
    if grade not in rows:
        raise OptionError(f"There is no confidence grade {grade!r}: grades run from 1, the surest, to {max(rows)}.")
    return rows[grade]


@functools.cache
def cost_bands() -> tuple[CostBand, ...]:
    """Read the ratings of cost a pupil a year, lowest first."""
    return read_rows("eef_cost_bands.csv", CostBand)
