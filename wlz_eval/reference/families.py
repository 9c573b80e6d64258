"""Registry of the areas of need by which the Supporting Families programme counts families."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["FamilyArea", "family_areas"]


class FamilyArea(ReferenceRow):
    """One area of need of one framework."""

    framework: Literal["six", "ten"] = Field(description="Framework: of six areas until 2022, of ten since")
    area: str = Field(pattern=r"^[a-z][a-z_]*$", description="Name in the family_needs table")
    label: str = Field(description="Name in reports")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Date of the source")
    confirmed: bool = Field(description="Whether it was seen in its source")


@functools.cache
def family_areas() -> Mapping[str, tuple[FamilyArea, ...]]:
    """Areas of need by framework, from ``data/reference/supporting_families.csv``.

    Examples
    --------
    >>> {name: len(areas) for name, areas in family_areas().items()}
    {'six': 6, 'ten': 10}
    """
    rows = read_rows("supporting_families.csv", FamilyArea)
    names = dict.fromkeys(row.framework for row in rows)
    return MappingProxyType({name: tuple(r for r in rows if r.framework == name) for name in names})
