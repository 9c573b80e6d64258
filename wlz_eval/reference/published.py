"""Figures that have been published about West London Zone, their sources, and the shares of children at risk."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["FigureRow", "PublishedShare", "SourceRow", "figures", "published_at_risk", "sources"]


class FigureRow(ReferenceRow):
    """One published figure, with the sentence that states it."""

    id: str
    source: str
    section: str
    statement: str
    value: str
    unit: str
    numerator: str = ""
    denominator: str = ""
    group: str = ""
    period: str = ""
    note: str = ""


class SourceRow(ReferenceRow):
    """One document that figures come from."""

    source: str
    short: str
    title: str
    publisher: str
    date: str
    about: str


class AtRiskRow(ReferenceRow):
    """Which published figure is a share of the children at risk who reached an outcome."""

    id: str = Field(description="Id in published_figures.csv")
    area: str = Field(description="Area of risk, in words")
    measure: str = Field(description="Measure of the registry that stands for it")


@dataclass(frozen=True, kw_only=True)
class PublishedShare:
    """A published share, in percent, of the children at risk who reached an outcome; `source` in words."""

    id: str
    area: str
    measure: str
    percent: float
    source: str


@functools.cache
def figures() -> Mapping[str, FigureRow]:
    """Every published figure by its id."""
    return MappingProxyType({row.id: row for row in read_rows("published_figures.csv", FigureRow)})


@functools.cache
def sources() -> Mapping[str, SourceRow]:
    """Every source by its short name."""
    return MappingProxyType({row.source: row for row in read_rows("published_sources.csv", SourceRow)})


@functools.cache
def published_at_risk() -> tuple[PublishedShare, ...]:
    """Look up published shares of the children at risk, by the ids of ``data/reference/published_at_risk.csv``.

    Examples
    --------
    >>> published_at_risk()[0].percent
    64.0
    """
    return tuple(
        PublishedShare(
            id=row.id, area=row.area, measure=row.measure, percent=float(figures()[row.id].value),
            source=f"{sources()[figures()[row.id].source].short}, {figures()[row.id].period}",
        )
        for row in read_rows("published_at_risk.csv", AtRiskRow)
    )
