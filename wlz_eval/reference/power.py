"""What is known before any outcome about how finely a design can see: clustering, baseline, persistence."""

from __future__ import annotations

import functools
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["PowerPrior", "power_prior"]

#: Stands for every family or phase that has no row of its own.
ANY = "any"
#: Family whose rows stand in for a family without rows.
FALLBACK = "other"
PHASES: tuple[str, ...] = (ANY, "early_years", "primary", "secondary")


class PowerPrior(ReferenceRow):
    """One planning value."""

    family: str = Field(description="Kind of measure, as in the registry of measures; other; or any")
    phase: Literal["any", "early_years", "primary", "secondary"] = Field(description="Phase of school, or any")
    quantity: Literal["icc", "baseline_r2", "persistence"] = Field(
        description="Share of variance between schools; share explained by the baseline; share of a school's own "
        "part that stays from cohort to cohort"
    )
    value: float = Field(ge=0, le=1)
    source: str = Field(description="Where it was seen")
    date: str = Field(description="When")
    confirmed: bool = Field(description="Whether it was seen there")


@functools.cache
def _rows() -> tuple[PowerPrior, ...]:
    return read_rows("power_priors.csv", PowerPrior)


def power_prior(quantity: str, family: str = FALLBACK, phase: str = ANY) -> PowerPrior:
    """Look up a planning value of ``data/reference/power_priors.csv``.

    The row of that family and phase; else of that family in any phase; else of ``other``; else of any family.

    Raises
    ------
    OptionError
        When the quantity or the phase does not exist.

    Examples
    --------
    >>> power_prior("icc", "attainment", "primary").value, power_prior("icc", "attendance").value
    (0.15, 0.08)
    """
    quantities = sorted({r.quantity for r in _rows()})
    if quantity not in quantities:
        raise OptionError(f"There is no planning value {quantity!r}. {suggestion(quantity, quantities)}")
    if phase not in PHASES:
        raise OptionError(f"phase {phase!r} is not known. {suggestion(phase, PHASES)}")
    held = {(r.family, r.phase): r for r in _rows() if r.quantity == quantity}
    wanted = [(f, p) for f in (family, FALLBACK, ANY) for p in (phase, ANY)]
    return next(held[key] for key in wanted if key in held)
