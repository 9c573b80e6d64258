"""How closely two readings of a measure agree: retest correlations and internal consistency, with their ranges."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal

from pydantic import Field, model_validator

from wlz_eval.reference.tables import ReferenceRow, read_rows, row_named

__all__ = [
    "Assumption", "Reliability", "Retest", "consistency", "progress_assumption", "reliabilities", "retest",
]

#: Stands for every informant or form.
ANY = "any"
#: Two intervals are the same when neither is longer than the other by more than this factor.
SAME_INTERVAL = 1.25


class Reliability(ReferenceRow):
    """One published or planned correlation of two readings."""

    measure: str = Field(description="Name in the registry of measures")
    informant: str = Field(description="teacher, parent, self, admin, or any")
    form: str = Field(description="Form of the questionnaire or test, or any")
    kind: Literal["retest", "consistency"] = Field(
        description="Correlation of two readings `years` apart, or of the items of one reading (Cronbach's alpha)"
    )
    years: float = Field(ge=0, description="Time between the readings")
    r: float = Field(gt=0, lt=1, description="In an unselected population")
    low: float = Field(gt=0, lt=1, description="Lower end of what is plausible")
    high: float = Field(gt=0, lt=1, description="Upper end of what is plausible")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="When")
    confirmed: bool = Field(description="Whether it was seen there, for this very measure and informant")

    @model_validator(mode="after")
    def _in_order(self) -> Reliability:
        if not self.low <= self.r <= self.high:
            raise ValueError(f"{self.measure} {self.kind}: r {self.r} does not lie from low {self.low} to {self.high}")
        return self


@dataclass(frozen=True, kw_only=True)
class Retest:
    """A retest correlation for one interval.

    Parameters
    ----------
    r, low, high : float
        Value, and the range that is plausible.
    years : float
        Interval asked for.
    confirmed : bool
    source : str
    caution : str
        What a reader should know, as sentences; empty when there is nothing.
    """

    r: float
    low: float
    high: float
    years: float
    confirmed: bool
    source: str
    caution: str = ""


class Assumption(ReferenceRow):
    """A range that stands in for what no data show."""

    name: str
    low: float
    high: float
    unit: str
    description: str
    source: str
    confirmed: bool


@functools.cache
def reliabilities() -> tuple[Reliability, ...]:
    """Read ``data/reference/reliability.csv``."""
    return read_rows("reliability.csv", Reliability)


@functools.cache
def progress_assumption(name: str) -> Assumption:
    """Read one row of ``data/reference/progress_assumptions.csv``.

    Raises
    ------
    OptionError
        When there is no such row.
    """
    return row_named(read_rows("progress_assumptions.csv", Assumption), "assumption", name)


def _of(measure: str, kind: str, informant: str, form: str) -> list[Reliability]:
    """Rows that may speak for this informant and form, those made for them alone first."""
    rows = [
        row
        for row in reliabilities()
        if (row.measure, row.kind) == (measure, kind)
        and row.informant in (informant, ANY)
        and row.form in (form, ANY)
    ]
    own = [row for row in rows if row.informant == informant]
    return sorted(own or rows, key=lambda row: row.years)


def consistency(measure: str, informant: str = ANY, form: str = ANY) -> Reliability | None:
    """Look up the internal consistency of a measure: the share of its variance that is no error of the moment.

    Examples
    --------
    >>> consistency("sdq_total", "teacher").r
    0.8
    """
    return next(iter(_of(measure, "consistency", informant, form)), None)


def retest(measure: str, years: float | None = None, informant: str = ANY, form: str = ANY) -> Retest | None:
    """Look up the retest correlation of a measure for an interval.

    The value of that interval; between two intervals, the line between the logarithms of theirs; beyond them a
    range from "nothing more is lost" to "lost at the same pace", and the caution says so.

    Parameters
    ----------
    measure : str
    years : float, optional
        Time between the readings; the shortest interval held when left out.
    informant, form : str
        Rows for ``any`` informant or form stand in where there is none for this one.

    Returns
    -------
    Retest or None
        None where no correlation is held.

    Examples
    --------
    >>> retest("sdq_total", 2.0).r, retest("sdq_total", 0.5).r
    (0.4, 0.62)
    >>> 0.4 < retest("sdq_total", 1.0).r < 0.62
    True
    """
    rows = _of(measure, "retest", informant, form)
    if not rows:
        return None
    first, last = rows[0], rows[-1]
    wanted = first.years if years is None else max(years, 1e-3)
    near = min(rows, key=lambda row: abs(math.log(wanted / row.years)))
    if max(wanted / near.years, near.years / wanted) <= SAME_INTERVAL:
        return _made(wanted, (near.r, near.low, near.high), near)
    if first.years < wanted < last.years:
        below = max((row for row in rows if row.years < wanted), key=lambda row: row.years)
        above = min((row for row in rows if row.years > wanted), key=lambda row: row.years)
        share = (wanted - below.years) / (above.years - below.years)
        numbers = [
            math.exp((1 - share) * math.log(getattr(below, name)) + share * math.log(getattr(above, name)))
            for name in ("r", "low", "high")
        ]
        return _made(wanted, numbers, above, "Its retest correlation is taken between those of two other intervals.")
    pace = wanted / near.years
    if pace > 1:
        low, high = near.low**pace, near.high
        said = "Its retest correlation is for a shorter time than lies between these waves."
    else:
        low, high = near.low, near.high**pace
        said = "Its retest correlation is for a longer time than lies between these waves."
    return _made(wanted, (math.sqrt(near.r * near.r**pace), low, high), near, said)


def _made(years: float, numbers: list[float] | tuple[float, ...], row: Reliability, said: str = "") -> Retest:
    doubt = "" if row.confirmed else "Its retest correlation is not confirmed, so a range of it is used."
    r, low, high = numbers
    return Retest(
        r=r, low=low, high=high, years=years, confirmed=row.confirmed and not said, source=row.source,
        caution=" ".join(part for part in (doubt, said) if part),
    )
