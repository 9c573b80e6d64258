"""The registry of measures: each described once, for the simulator, the notebooks and the checks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator

from wlz_eval.core.files import reference_dir
from wlz_eval.reference.sdq import ITEM_PREFIX, item_names

__all__ = ["Better", "Measure", "measures"]

Better = Literal["higher", "lower", "unclear"]


class Measure(BaseModel):
    """One measure of a child: its range, direction, precision and where that is known from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Name in the tables")
    label: str = Field(description="Name in reports, in plain words")
    area: str = Field(description="Outcome area, such as emotional_wellbeing, english, attendance")
    unit: str = Field("points", description="Unit of a difference, one of wlz_eval.core.finding.Unit")
    better: Better = Field(description="Which direction is good; unclear for what support itself may raise")
    low: float = Field(description="Lowest possible value")
    high: float = Field(description="Highest possible value")
    mean: float | None = Field(None, description="Mean in the unselected population of that age")
    sd: float | None = Field(None, description="Standard deviation in the unselected population")
    risk: float | None = Field(
        None, description="Cut-point of 'at risk', on the bad side: below it, or at it and above"
    )
    icc: float | None = Field(None, description="Share of variance between schools")
    informants: tuple[str, ...] = Field((), description="Who may answer or record it; empty when anyone may")
    forms: tuple[str, ...] = Field((), description="Forms or editions it comes in; empty when not listed")
    min_change: float | None = Field(None, description="Least change that means something; empty when not known")
    min_change_source: str = Field("", description="Where the least meaningful change comes from")
    breaks: str = Field("", description="Family of data/reference/broken_years.csv that it belongs to; empty for none")
    family: Literal["attainment", "attendance", "sdq", "behaviour", "development", "partner", "other"] = Field(
        "other", description="Kind of measure; months of progress exist for attainment only"
    )
    source: str = Field("", description="Where these facts come from")
    confirmed: bool = Field(False, description="Whether every fact in the row was seen in its source")

    @field_validator("informants", "forms", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Read the words of a cell of the registry, which are separated by blanks."""
        return tuple(value.split()) if isinstance(value, str) else value

    @property
    def higher_is_better(self) -> bool | None:
        """True, False, or None where the direction is unclear."""
        return {"higher": True, "lower": False, "unclear": None}[self.better]


@functools.cache
def measures() -> Mapping[str, Measure]:
    """Read ``data/reference/measures.csv`` as a mapping from name to :class:`Measure`.

    Examples
    --------
    >>> measures()["sdq_total"].better
    'lower'
    """
    table = pd.read_csv(reference_dir() / "measures.csv")
    rows = (
        {key: value for key, value in row.items() if not pd.isna(value)} for row in table.to_dict(orient="records")
    )
    described = {row["name"]: Measure.model_validate(row) for row in rows}
    return MappingProxyType(described | {item: _item(item, described["sdq_total"]) for item in item_names()})


def _item(name: str, total: Measure) -> Measure:
    """Describe one SDQ item: a number only, since its wording is copyright."""
    return Measure.model_validate(
        {
            "name": name,
            "label": f"SDQ item {name.removeprefix(ITEM_PREFIX)}",
            "area": "sdq_item",
            "better": "unclear",
            "low": 0,
            "high": 2,
            "family": "sdq",
            "informants": total.informants,
            "forms": total.forms,
            "source": "Ticked boxes of the form as 0, 1, 2, before any item is turned round",
            "confirmed": True,
        }
    )
