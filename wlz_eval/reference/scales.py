"""Cut-points and scales of attainment, absence, early years and feedback, each row with its source and date."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field, model_validator

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = [
    "AbsenceRule",
    "AttainmentCut",
    "GcseLetter",
    "OrderedStep",
    "TeacherLevel",
    "absence_rule",
    "attainment_cuts",
    "gcse_letters",
    "ordered_scale",
    "teacher_levels",
]


class _Sourced(ReferenceRow):
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Edition of the source, or when it was seen")
    confirmed: bool = Field(description="Whether it was seen there")


class AttainmentCut(_Sourced):
    """A score from which a standard is reached."""

    scale: str = Field(description="Scale, such as ks2 or gcse")
    cut: str = Field(description="Name of the standard")
    value: float = Field(description="Score at and above which it is reached")
    label: str = Field(description="Name in reports")


class GcseLetter(_Sourced):
    """Numbered grades that a lettered GCSE grade of before 2017 may stand for."""

    letter: str
    low: int = Field(ge=0, le=9, description="Lowest numbered grade")
    high: int = Field(ge=0, le=9, description="Highest numbered grade")
    anchor: bool = Field(description="Whether the bottoms of the two grades were aligned by Ofqual")


class TeacherLevel(_Sourced):
    """Range of standardised scores that a level given by a teacher stands for."""

    scale: str = Field(description="Set of levels, such as five_levels")
    level: int = Field(description="The level as a whole number; more is better")
    label: str = Field(description="Name in reports")
    low: float = Field(description="Lowest standardised score of the level")
    high: float = Field(description="Highest standardised score of the level")

    @model_validator(mode="after")
    def _in_order(self) -> TeacherLevel:
        if self.high <= self.low:
            raise ValueError(f"level {self.level} of {self.scale}: high {self.high} is not above low {self.low}")
        return self


class AbsenceRule(_Sourced):
    """Share of sessions missed from which absence is persistent, from one school year on."""

    first_school_year: int = Field(description="First school year of the rule, by the year in which it begins")
    share: float = Field(gt=0, lt=100, description="Sessions missed in percent of those possible: at least")
    label: str = Field(description="The rule in words")


class OrderedStep(_Sourced):
    """One step of a short ordered scale."""

    scale: str = Field(description="Scale, such as eyfs or feedback")
    value: int = Field(description="Number in the tables")
    label: str = Field(description="Name in reports")
    favourable: bool = Field(description="Whether the step counts on the good side")


def _named(rows: Mapping[str, tuple], scale: str, what: str) -> tuple:
    if scale not in rows:
        raise OptionError(f"There are no {what} named {scale!r}. {suggestion(scale, sorted(rows))}")
    return rows[scale]


def _by_scale(rows: tuple) -> Mapping[str, tuple]:
    names = dict.fromkeys(row.scale for row in rows)
    return MappingProxyType({name: tuple(row for row in rows if row.scale == name) for name in names})


@functools.cache
def attainment_cuts() -> Mapping[tuple[str, str], AttainmentCut]:
    """Read ``data/reference/attainment_cuts.csv`` as a mapping from scale and name to cut-point.

    Examples
    --------
    >>> attainment_cuts()["gcse", "strong_pass"].value
    5.0
    """
    rows = read_rows("attainment_cuts.csv", AttainmentCut)
    return MappingProxyType({(row.scale, row.cut): row for row in rows})


@functools.cache
def gcse_letters() -> Mapping[str, GcseLetter]:
    """Read ``data/reference/gcse_letters.csv`` as a mapping from letter to row.

    Only A, C, G and U are anchored; the other letters are marked as not confirmed.

    Examples
    --------
    >>> gcse_letters()["C"].low, gcse_letters()["B"].confirmed
    (4, False)
    """
    return MappingProxyType({row.letter: row for row in read_rows("gcse_letters.csv", GcseLetter)})


@functools.cache
def _teacher_levels() -> Mapping[str, tuple[TeacherLevel, ...]]:
    return _by_scale(tuple(sorted(read_rows("teacher_levels.csv", TeacherLevel), key=lambda r: (r.scale, r.level))))


def teacher_levels(scale: str) -> tuple[TeacherLevel, ...]:
    """Look up the levels of one scale, lowest first.

    Raises
    ------
    OptionError
        When there is no such scale.

    Examples
    --------
    >>> [(row.low, row.high) for row in teacher_levels("five_levels")][2]
    (90.0, 100.0)
    """
    return _named(_teacher_levels(), scale, "levels")


@functools.cache
def _ordered() -> Mapping[str, tuple[OrderedStep, ...]]:
    return _by_scale(tuple(sorted(read_rows("ordered_scales.csv", OrderedStep), key=lambda r: (r.scale, r.value))))


def ordered_scale(scale: str) -> tuple[OrderedStep, ...]:
    """Look up the steps of a short ordered scale, lowest first.

    Examples
    --------
    >>> [row.label for row in ordered_scale("eyfs")]
    ['below baseline', 'at baseline', 'above baseline']
    """
    return _named(_ordered(), scale, "ordered scales")


@functools.cache
def _absence_rules() -> tuple[AbsenceRule, ...]:
    rows = read_rows("persistent_absence.csv", AbsenceRule)
    return tuple(sorted(rows, key=lambda row: row.first_school_year))


def absence_rule(school_year: int) -> AbsenceRule:
    """Look up the rule of persistent absence of a school year, named by the year in which it begins.

    Raises
    ------
    OptionError
        When the year lies before the first rule of the table.

    Examples
    --------
    >>> absence_rule(2014).share, absence_rule(2015).share
    (15.0, 10.0)
    """
    found = [row for row in _absence_rules() if row.first_school_year <= school_year]
    if not found:
        raise OptionError(
            f"No rule of persistent absence is known for {school_year}/{(school_year + 1) % 100:02d}: the first in "
            f"persistent_absence.csv is of {_absence_rules()[0].first_school_year}. Add the rule of that year."
        )
    return found[-1]
