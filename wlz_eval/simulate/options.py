"""What can be chosen about a simulated cohort, and the three cohorts that ship."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["SHIPPED", "SimulationOptions", "make_options"]


class SimulationOptions(BaseModel):
    """What can be chosen about a simulated cohort.

    Examples
    --------
    >>> SimulationOptions(children=200, pool=2000, seed=1).schools
    10
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(default="simulated", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Id of the cohort")
    title: str = Field(
        default="", max_length=200, description="Title on every page; written from the options when empty"
    )
    children: int = Field(default=300, ge=1, le=200_000, description="Programme children who start")
    pool: int = Field(
        default=4000,
        ge=0,
        le=5_000_000,
        description="Comparison pupils, same-school and other-school together",
    )
    schools: int = Field(default=10, ge=1, description="Programme schools")
    comparison_schools: int = Field(
        default=20, ge=0, description="Other schools; 0 leaves comparison pupils in the same schools"
    )
    seed: int = Field(default=1, ge=0, description="Seed of every draw")
    effect: float = Field(
        default=0.3,
        ge=-2,
        le=2,
        description="Effect on English in population SDs, in the good direction; other outcomes follow it",
    )
    selection: Literal["observed", "judgement"] = Field(
        default="observed",
        description="Children chosen on measured baselines only, or on what teachers see besides",
    )
    comparison_measures: Literal["all", "administrative"] = Field(
        default="all",
        description="Measures held for comparison children: all, or attainment and attendance only",
    )
    start_year: int = Field(default=2022, ge=1990, le=2100, description="Year in whose September the programme starts")
    growth_icc: float = Field(
        default=0.02,
        ge=0,
        le=0.05,
        description="Share of the variance at endline that schools' own growth makes",
    )

    @model_validator(mode="after")
    def _has_room(self) -> SimulationOptions:
        if self.comparison_schools and 0 < self.pool < 2 * self.comparison_schools:
            raise ValueError(f"pool: {self.pool} pupils are too few for {self.comparison_schools} comparison schools")
        return self


def make_options(**options: object) -> SimulationOptions:
    """Make the options of a cohort, with errors that say what is valid.

    Raises
    ------
    OptionError
        When an option does not exist or its value is not valid.

    Examples
    --------
    >>> make_options(children=50, pool=500, seed=3).children
    50
    """
    valid = list(SimulationOptions.model_fields)
    for name in options:
        if name not in valid:
            raise OptionError(f"There is no option {name!r} of a simulated cohort. {suggestion(name, valid)}")
    try:
        return SimulationOptions(**options)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = []
        for item in error.errors():
            name = str(item["loc"][0]) if item["loc"] else ""
            text = str(SimulationOptions.model_fields[name].description) if name else ""
            lines.append(f"  - {name}: {item['msg']}. {text}".replace("..", ".").replace("  - :", "  -"))
        raise OptionError("\n".join(["The simulated cohort cannot be made:", *lines])) from None


#: The cohorts that ship, by id. Seeds were fixed before anything was run and are never changed.
SHIPPED: Mapping[str, SimulationOptions] = MappingProxyType(
    {
        "simulated-complete": SimulationOptions(
            id="simulated-complete",
            seed=2019,
            title="Simulated pupils: every measure for both groups",
        ),
        "simulated-typical": SimulationOptions(
            id="simulated-typical",
            seed=2020,
            comparison_measures="administrative",
            title="Simulated pupils: SDQ for programme children only",
        ),
        "simulated-hidden": SimulationOptions(
            id="simulated-hidden",
            seed=2021,
            selection="judgement",
            effect=0.0,
            title="Simulated pupils: chosen on need that the tables do not hold",
        ),
    }
)
