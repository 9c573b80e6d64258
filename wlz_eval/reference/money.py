"""Registries about money: discount schedules, price indices, unit values, published figures on value."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import reference_dir

__all__ = [
    "BoundedShape",
    "DiscountBand",
    "Distribution",
    "UnitValue",
    "discount_schedule",
    "price_index",
    "published_value",
    "read_unit_value",
    "unit_value",
    "unit_values",
]

#: File of the price index of each currency that has one. None is guessed for the others.
_PRICE_INDICES: Mapping[str, str] = MappingProxyType({"GBP": "gdp_deflator_uk.csv"})


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DiscountBand(_Row):
    """Years over which one discount rate holds."""

    schedule: str = Field(description="Name of the schedule")
    from_year: int = Field(ge=0, description="First year of the band")
    to_year: int | None = Field(None, description="Last year of the band; none for the last band")
    rate: float = Field(ge=0, lt=1, description="Rate a year")
    source: str = Field(description="Where the rate was seen")
    date: str = Field(description="Edition or date of the source")
    confirmed: bool = Field(description="Whether it was seen in its source")


Distribution = Literal["normal", "lognormal", "triangular", "uniform", "beta", "fixed"]
#: Shapes that are set by their bounds.
BoundedShape = Literal["triangular", "uniform"]


class UnitValue(_Row):
    """What one unit of an outcome is worth, to whom, when, and how sure that is."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name in plans")
    label: str = Field(description="Name in reports, in plain words")
    unit: str = Field(description="What one unit is, such as grade or day")
    value: float = Field(ge=0, description="Worth of one unit, in the prices of price_year")
    currency: str = Field(description="ISO code")
    price_year: int = Field(description="Year of the prices; of a financial year, the one in which it begins")
    price_basis: Literal["calendar", "financial"] = Field(description="Kind of year that price_year is")
    kind: Literal["economic", "fiscal", "social"] = Field(description="Kind of benefit; kinds are never mixed")
    beneficiary: str = Field(description="Agency or person who gains, such as nhs or child")
    who: Literal["agency", "household", "society"] = Field("society", description="Sort of beneficiary")
    stream: str = Field(description="Stream of money that it counts, such as earnings")
    route: str = Field(description="Route by which it counts that stream, such as grades or absence")
    discounted: bool = Field(description="Whether the value is already a present value over many years")
    relative_sd: float = Field(ge=0, lt=1, description="Standard deviation, as a share of the value")
    distribution: Distribution = Field("normal", description="Shape of what is not known about the value")
    relative_low: float | None = Field(None, ge=0, description="Lowest, as a share of the value")
    relative_high: float | None = Field(None, description="Highest, as a share of the value")
    cashable: float | None = Field(None, ge=0, le=1, description="Share that a budget can give back")
    cashable_source: str = Field("", description="Where that share was seen; empty where none is known")
    onset_year: int = Field(0, ge=0, description="Years from programme end to its start")
    duration_years: int = Field(1, ge=1, description="Years that it lasts")
    duration_low: float | None = Field(None, gt=0, description="Shortest that it may last; none: as long as is said")
    duration_high: float | None = Field(None, le=100, description="Longest that it may last")
    duration_distribution: BoundedShape = Field("triangular", description="Shape between the two")
    decay: float = Field(0.0, ge=0, lt=1, description="Share lost each year")
    decay_low: float | None = Field(None, ge=0, description="Least that may be lost each year; none: what is said")
    decay_high: float | None = Field(None, lt=1, description="Most that may be lost each year")
    decay_distribution: BoundedShape = Field("triangular", description="Shape between the two")
    discount: Literal["standard", "health"] = Field("standard", description="Discount schedule")
    confidence_grade: int | None = Field(None, ge=1, le=6, description="Confidence in the value, 1 best; a judgement")
    evidence: Literal["published", "illustrative"] = Field(description="Where it comes from, in one word")
    source: str = Field(description="Where it was seen")
    confirmed: bool = Field(description="Whether every fact in the row was seen in its source")
    refused: str = Field("", description="Why it cannot be used as it stands; empty when it can")


def _rows(file: str) -> list[dict[str, Any]]:
    table = pd.read_csv(reference_dir() / file, dtype={"date": str})
    records = table.to_dict(orient="records")
    return [{str(k): v for k, v in row.items() if not pd.isna(v)} for row in records]


@functools.cache
def _schedules() -> Mapping[str, tuple[DiscountBand, ...]]:
    bands = [DiscountBand.model_validate(row) for row in _rows("discount_rates.csv")]
    names = dict.fromkeys(band.schedule for band in bands)
    return {name: tuple(b for b in bands if b.schedule == name) for name in names}


def discount_schedule(name: str) -> tuple[DiscountBand, ...]:
    """Look up a discount schedule of ``data/reference/discount_rates.csv``.

    Raises
    ------
    OptionError
        When there is no such schedule.

    Examples
    --------
    >>> discount_schedule("green_book")[0].rate
    0.035
    """
    schedules = _schedules()
    if name not in schedules:
        raise OptionError(f"Unknown discount schedule {name!r}. {suggestion(name, list(schedules))}")
    return schedules[name]


@functools.cache
def price_index(currency: str) -> Mapping[int, float] | None:
    """Price index of a currency by calendar year, or ``None`` where none is held.

    Examples
    --------
    >>> price_index("GBP")[2024]
    100.0
    >>> price_index("USD") is None
    True
    """
    if currency not in _PRICE_INDICES:
        return None
    return MappingProxyType({int(r["year"]): float(r["value"]) for r in _rows(_PRICE_INDICES[currency])})


def read_unit_value(row: Mapping[str, Any]) -> UnitValue:
    """Read one row as a :class:`UnitValue`.

    Raises
    ------
    OptionError
        When a column is missing or not valid, naming the row, the column and what to do.
    """
    try:
        return UnitValue.model_validate(dict(row))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg'].lower()}" for e in error.errors())
        raise OptionError(
            f"Unit value {row.get('name', '(no name)')!r} cannot be used: {wrong}. Every unit value needs a price "
            "year, a currency, a source and who gains: complete its row in data/reference/unit_values.csv."
        ) from None


@functools.cache
def unit_values() -> Mapping[str, UnitValue]:
    """Read ``data/reference/unit_values.csv`` as a mapping from name to :class:`UnitValue`."""
    return MappingProxyType({row["name"]: read_unit_value(row) for row in _rows("unit_values.csv")})


def unit_value(name: str, own: Iterable[UnitValue] = ()) -> UnitValue:
    """Look up one unit value: among a plan's own first, then in ``data/reference/unit_values.csv``.

    Raises
    ------
    OptionError
        When there is no such row.

    Examples
    --------
    >>> unit_value("gcse_grade_maths").value
    14579.0
    """
    known = {**unit_values(), **{u.name: u for u in own}}
    if name not in known:
        raise OptionError(f"Unknown unit value {name!r}. {suggestion(name, list(known))}")
    return known[name]


def published_value(cohort: str) -> list[dict[str, Any]]:
    """Figures on value that others published about a cohort, quoted and never added to anything."""
    return [row for row in _rows("published_value.csv") if row["cohort"] == cohort]
