"""Items and bands of the Strengths and Difficulties Questionnaire; numbers only, its wording is copyright."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from pydantic import Field

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["INFORMANTS", "ITEM_PREFIX", "LOWEST", "SCALES", "SdqBand", "SdqBands", "SdqItem"]
__all__ += ["item_names", "sdq_bands", "sdq_items"]

#: Start of the name of an item in the measures table: ``sdq_item_1`` to ``sdq_item_25``.
ITEM_PREFIX = "sdq_item_"
#: The five subscales, each of five items; the first four add up to ``sdq_total``.
SCALES: tuple[str, ...] = ("sdq_emotional", "sdq_conduct", "sdq_hyperactivity", "sdq_peer", "sdq_prosocial")
#: Who may fill in the form.
INFORMANTS: tuple[str, ...] = ("parent", "teacher", "self")

System = Literal["three_band", "four_band"]
Informant = Literal["parent", "teacher", "self"]


class SdqItem(ReferenceRow):
    """Which subscale an item belongs to, and whether 0 and 2 change places before it is added."""

    item: int = Field(ge=1, le=25, description="Number of the item on the form")
    measure: str = Field(description="Subscale, as in the registry of measures")
    reversed: bool = Field(description="Whether the item counts 2 minus what was ticked")
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Edition of the source")
    confirmed: bool = Field(description="Whether it was seen there")


@functools.cache
def sdq_items() -> tuple[SdqItem, ...]:
    """Read ``data/reference/sdq_items.csv``, in the order of the items.

    Examples
    --------
    >>> [i.item for i in sdq_items() if i.reversed]
    [7, 11, 14, 21, 25]
    """
    return tuple(sorted(read_rows("sdq_items.csv", SdqItem), key=lambda row: row.item))


def item_names() -> tuple[str, ...]:
    """Names of the 25 items in the measures table, in the order of the form."""
    return tuple(f"{ITEM_PREFIX}{row.item}" for row in sdq_items())


class SdqBand(ReferenceRow):
    """Where one band of one scale begins."""

    system: System = Field(description="Three bands (normal first) or four (close to average first)")
    informant: Informant = Field(description="Who filled in the form")
    measure: str = Field(description="Scale, as in the registry of measures")
    band: str = Field(description="Name of the band that begins here")
    cut: int = Field(description="Score at which it begins")
    side: Literal["at_least", "at_most"] = Field(
        description="at_most for prosocial behaviour, where less is worse"
    )
    source: str = Field(description="Where it was seen")
    date: str = Field(description="Edition of the source")
    confirmed: bool = Field(description="Whether it was seen there")


#: Band of a score that reaches no cut-point.
LOWEST: Mapping[str, str] = MappingProxyType({"three_band": "normal", "four_band": "close_to_average"})


class SdqBands:
    """The bands of one scale for one informant in one system; the two systems are never mixed."""

    def __init__(self, rows: tuple[SdqBand, ...]):
        self.rows = rows

    def band(self, score: float) -> str:
        """Name the band of a score.

        Examples
        --------
        >>> bands = sdq_bands("sdq_total", "teacher")
        >>> bands.band(11), bands.band(12), bands.band(16)
        ('normal', 'borderline', 'abnormal')
        """
        reached = [
            row for row in self.rows if (score >= row.cut if row.side == "at_least" else score <= row.cut)
        ]
        return reached[-1].band if reached else LOWEST[self.rows[0].system]

    @property
    def confirmed(self) -> bool:
        """Whether every cut-point was seen in its source."""
        return all(row.confirmed for row in self.rows)


@functools.cache
def _rows() -> tuple[SdqBand, ...]:
    return read_rows("sdq_bands.csv", SdqBand)


def sdq_bands(measure: str, informant: str, system: str = "three_band") -> SdqBands:
    """Look up the bands of a scale.

    Parameters
    ----------
    measure : str
        Scale, such as ``sdq_total``.
    informant : str
        ``parent``, ``teacher`` or ``self``.
    system : str
        ``three_band`` or ``four_band``.

    Raises
    ------
    OptionError
        When there are no such bands.
    """
    found = tuple(r for r in _rows() if (r.measure, r.informant, r.system) == (measure, informant, system))
    if not found:
        for name, value in (("measure", measure), ("informant", informant), ("system", system)):
            valid = sorted({getattr(r, name) for r in _rows()})
            if value not in valid:
                raise OptionError(f"There are no SDQ bands for {name} {value!r}. {suggestion(value, valid)}")
    return SdqBands(found)
