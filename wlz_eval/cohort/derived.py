"""What ``derived:`` in ``cohort.yaml`` may ask for: measures that are made from what the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from wlz_eval.cohort.period import Period, Wave
from wlz_eval.reference.sdq import SCALES

__all__ = [
    "DERIVED",
    "AgeAdjusted",
    "Derived",
    "EyfsAreasBelow",
    "ImdQuintile",
    "IncidentWindow",
    "Incidents",
    "Percentile",
    "PersistentAbsence",
    "ReachesStandard",
    "SdqScores",
    "TeacherLevels",
    "made_measures",
]


class _Derived(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FromMeasure(_Derived):
    measure: str = Field(description="Measure in the measures table that it is made from")
    into: str = Field(description="Measure that it makes, in the registry or under measures")


class SdqScores(_Derived):
    """Subscales and total of the SDQ from its items, or the total from its subscales."""

    kind: Literal["sdq"]
    source: Literal["items", "subscales"] = Field(
        "items", description="items: sdq_item_1 to sdq_item_25 give five subscales and the total; "
        "subscales: the first four give the total"
    )  # fmt: skip


class PersistentAbsence(_Derived):
    """Whether a child missed so large a share of sessions that the rule of the year calls it persistent."""

    kind: Literal["persistent_absence"]


class IncidentWindow(Period):
    """The period of one wave, of which the first or the last days are counted."""

    take: Literal["first", "last"] = Field(description="Whether its first or its last days are counted")


class Incidents(_Derived):
    """Behaviour incidents in the first and last days of named periods."""

    kind: Literal["incidents"]
    into: str = Field("behaviour_incidents", description="Measure that it makes")
    windows: dict[Wave, IncidentWindow] = Field(
        min_length=1, description="For each wave a period (start, end) and which of its days to take: first or last"
    )
    days: int = Field(31, strict=True, ge=1, le=400, description="How many days are counted; the WLZ pilot took 31")
    counted: Literal["school_days", "calendar_days"] = Field(
        "school_days", description="What a day is: weekdays within terms, or every day"
    )
    closed: tuple[Period, ...] = Field(
        (), description="Days within terms on which schools were closed, such as half-term"
    )
    schools: tuple[str, ...] = Field(
        (), description="Schools that recorded incidents; by default those with any incident in a wave's period. "
        "A child of another school has no count, rather than 0"
    )  # fmt: skip
    kinds: tuple[str, ...] = Field((), description="Kinds of incident that count; by default all")
    baseline_within_programme: bool = Field(
        False,
        description="Whether the days of a baseline may reach into the programme, as the WLZ pilot's did",
    )


class TeacherLevels(_FromMeasure):
    """The midpoint of the range of standardised scores that a teacher's level stands for."""

    kind: Literal["teacher_levels"]
    scale: str = Field("five_levels", description="Scale in data/reference/teacher_levels.csv")


class Percentile(_FromMeasure):
    """National percentile of a standardised score with mean 100 and SD 15."""

    kind: Literal["percentile"]


class AgeAdjusted(_FromMeasure):
    """A score standardised on month of birth within the year group."""

    kind: Literal["age_adjusted"]
    population: Literal["all", "comparison"] = Field(
        "all", description="Children who stand for the unselected population: all in the tables, or comparison only"
    )


class ReachesStandard(_FromMeasure):
    """1 where a score reaches a standard and 0 where it does not."""

    kind: Literal["reaches"]
    scale: str = Field(description="Scale in data/reference/attainment_cuts.csv, such as gcse or ks2")
    cut: str = Field(description="Name of the standard there, such as standard_pass or expected")


class EyfsAreasBelow(_Derived):
    """How many early years areas are below baseline, where all that the cohort holds are known."""

    kind: Literal["eyfs_areas_below"]


class ImdQuintile(_Derived):
    """Fifth of the Index of Multiple Deprivation from its tenth: 1 is the most deprived."""

    kind: Literal["imd_quintile"]


#: Model of each kind.
DERIVED: Mapping[str, type[_Derived]] = MappingProxyType(
    {
        "sdq": SdqScores,
        "persistent_absence": PersistentAbsence,
        "incidents": Incidents,
        "teacher_levels": TeacherLevels,
        "percentile": Percentile,
        "age_adjusted": AgeAdjusted,
        "reaches": ReachesStandard,
        "eyfs_areas_below": EyfsAreasBelow,
        "imd_quintile": ImdQuintile,
    }
)

Derived = Annotated[
    SdqScores
    | PersistentAbsence
    | Incidents
    | TeacherLevels
    | Percentile
    | AgeAdjusted
    | ReachesStandard
    | EyfsAreasBelow
    | ImdQuintile,
    Field(discriminator="kind"),
]


def made_measures(spec: Derived) -> tuple[str, ...]:
    """Names of the measures that an entry of ``derived`` makes.

    Examples
    --------
    >>> made_measures(SdqScores(kind="sdq", source="subscales"))
    ('sdq_total',)
    """
    if isinstance(spec, SdqScores):
        return ("sdq_total",) if spec.source == "subscales" else (*SCALES, "sdq_total")
    if isinstance(spec, ImdQuintile):
        return ()
    if isinstance(spec, PersistentAbsence | EyfsAreasBelow):
        return (spec.kind,)
    return (spec.into,)
