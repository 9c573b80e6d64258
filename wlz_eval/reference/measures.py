"""The registry of measures: each described once, for the simulator, the notebooks and the checks."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from wlz_eval.core.files import reference_dir

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
    retest: float | None = Field(None, description="Test-retest correlation over retest_years, unselected population")
    retest_years: float | None = Field(None, description="Interval of the retest correlation, in years")
    icc: float | None = Field(None, description="Share of variance between schools")
    family: Literal["attainment", "attendance", "sdq", "behaviour", "development", "partner", "other"] = Field(
        "other", description="Kind of measure; months of progress exist for attainment only"
    )
    source: str = Field("", description="Where these facts come from")
    confirmed: bool = Field(False, description="Whether every fact in the row was seen in its source")

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
    return MappingProxyType({row["name"]: Measure.model_validate(row) for row in rows})
