"""A cohort in memory: its description, its tables, and what was dropped while loading."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from wlz_eval.cohort.derived import Derived, made_measures
from wlz_eval.cohort.period import LATE_SUFFIXES, WAVES, Period, Term, Wave
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.names import reserved_reason
from wlz_eval.reference.measures import Measure, measures

__all__ = ["LATE_SUFFIXES", "WAVES", "Cohort", "CohortMeta", "DataUse", "Period", "Term", "Wave"]

#: Keys of a cohort, and of a measure, that joined the contract after its first fingerprints were taken.
_LATER_KEYS = ("derived", "about", "closed")
LATER_MEASURE_KEYS = ("informants", "forms", "min_change", "min_change_source", "breaks")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataUse(_Strict):
    """Why these children's data may be used, and until when."""

    lawful_basis: str = Field(description="UK GDPR Article 6 basis, in words")
    special_category_condition: str = Field(description="UK GDPR Article 9 condition, or 'none held'")
    retention_date: dt.date | None = Field(
        None, description="Day by which the data must be deleted; empty for open data"
    )


class CohortMeta(_Strict):
    """The contents of ``cohort.yaml``."""

    schema_version: Literal[1] = Field(1, description="Version of the data contract")
    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Name of the folder: lower case, digits, hyphens")
    title: str = Field(min_length=1, max_length=200, description="Title on every page")
    provenance: Literal["real", "synthetic"] = Field(description="real pupils, or synthetic (simulated) ones")
    licence: str = Field(description="Licence of the data, in a few words")
    source: str = Field(description="Where the data come from")
    about: str = Field(
        default="",
        max_length=400,
        pattern=r"^\D*$",
        description="What every reader should know of these children and data first, in words without numbers",
    )
    closed: bool = Field(
        default=False,
        description="Whether the study is over, so that nothing more can be asked for, measured or planned",
    )
    currency: str = Field("GBP", pattern=r"^[A-Z]{3}$", description="ISO code of every amount of money in the cohort")
    programme: Period = Field(description="First and last day of the programme")
    terms: tuple[Term, ...] = Field((), description="School terms, for reports by term")
    waves: dict[Wave, Period] = Field(description="When each wave was measured")
    attendance_windows: dict[Wave, Period] = Field(
        default_factory=dict,
        description="Period whose attendance counts for a wave, where it differs from the wave's own dates",
    )
    measures: tuple[Measure, ...] = Field((), description="Measures of this cohort that the registry does not have")
    derived: tuple[Derived, ...] = Field(
        (), description="Measures made from what the tables hold; each by its kind"
    )
    data_use: DataUse = Field(description="Lawful basis, special-category condition, retention date")

    @field_validator("id")
    @classmethod
    def _may_be_a_folder(cls, value: str) -> str:
        if reason := reserved_reason(value):
            raise ValueError(f"{reason}: choose another id")
        return value

    @model_validator(mode="after")
    def _each_made_once(self) -> CohortMeta:
        made = [name for spec in self.derived for name in made_measures(spec)]
        twice = sorted({name for name in made if made.count(name) > 1})
        if twice:
            raise ValueError(f"derived: {', '.join(twice)} would be made twice; keep one of them")
        return self

    def content(self) -> dict[str, Any]:
        """Return what is described, as plain values for a fingerprint.

        Keys that joined the contract later are left out where they are not used, so that the fingerprint of a
        cohort without them stays what it was.
        """
        described = self.model_dump(mode="json")
        for key in _LATER_KEYS:
            if not described[key]:
                del described[key]
        for measure in described["measures"]:
            for key in LATER_MEASURE_KEYS:
                if measure[key] in ([], None, ""):
                    del measure[key]
        return described


@dataclass(frozen=True)
class Cohort:
    """One cohort: what ``cohort.yaml`` says, and its tables after checking.

    Children without consent are no longer in any table; `flow` counts them.

    Parameters
    ----------
    meta : CohortMeta
        The contents of ``cohort.yaml``.
    tables : mapping of str to DataFrame
        One data frame a table, typed as the schema says. Absent optional tables are not keys.
    folder : Path or None
        Where it was read from; ``None`` for a cohort made in memory.
    data_hash : str
        SHA-256 of the content of all tables, whatever the order of rows and the file format.
    flow : DataFrame
        Participant flow up to loading: ``stage``, ``group``, ``count``.
    warnings : tuple of Problem
        Things a reader of the data should know that did not stop loading.
    contract : mapping or None
        The contents of ``contract.yaml``.
    """

    meta: CohortMeta
    tables: Mapping[str, pd.DataFrame]
    folder: Path | None = None
    data_hash: str = ""
    flow: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"stage": [], "group": [], "count": []}))
    warnings: tuple[Any, ...] = ()
    contract: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables", MappingProxyType(dict(self.tables)))

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self.tables:
            raise OptionError(f"Cohort {self.id} has no table {table!r}. {suggestion(table, sorted(self.tables))}")
        return self.tables[table]

    def __repr__(self) -> str:
        held = ", ".join(self.tables)
        return f"<Cohort {self.id}: {len(self.children):,} children, {self.provenance}, tables {held}>"

    def has(self, table: str) -> bool:
        """Whether the cohort has this table with at least one row."""
        return table in self.tables and len(self.tables[table]) > 0

    def measure(self, name: str) -> Measure:
        """Describe a measure: the cohort's own definition first, then the registry."""
        own = {m.name: m for m in self.meta.measures}
        if name in own:
            return own[name]
        registry = measures()
        if name not in registry:
            raise OptionError(f"Unknown measure {name!r}. {suggestion(name, [*own, *registry])}")
        return registry[name]

    @property
    def id(self) -> str:
        """Identifier of the cohort."""
        return self.meta.id

    @property
    def title(self) -> str:
        """Title of the cohort."""
        return self.meta.title

    @property
    def provenance(self) -> str:
        """``real`` or ``synthetic``."""
        return self.meta.provenance

    @property
    def currency(self) -> str:
        """ISO code of the cohort's money."""
        return self.meta.currency

    @property
    def children(self) -> pd.DataFrame:
        """The ``children`` table."""
        return self.tables["children"]

    @property
    def measures(self) -> pd.DataFrame:
        """The ``measures`` table."""
        return self.tables["measures"]

    @property
    def has_comparison(self) -> bool:
        """Whether there is at least one comparison child."""
        return bool((self.children["group"] == "comparison").any())
