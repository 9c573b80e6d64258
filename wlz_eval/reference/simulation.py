"""The published shape of WLZ's work, and the assumptions beside it, that simulated cohorts follow."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType

from wlz_eval.reference.tables import ReferenceRow, read_rows

__all__ = ["Parameter", "simulation_parameters"]


class Parameter(ReferenceRow):
    """One number that the simulator takes from the field, or assumes."""

    name: str
    value: float
    unit: str
    description: str
    source: str
    confirmed: bool


@functools.cache
def simulation_parameters() -> Mapping[str, Parameter]:
    """Read ``data/reference/simulation.csv`` as a mapping from name to :class:`Parameter`.

    Examples
    --------
    >>> simulation_parameters()["partner_attendance"].value
    0.66
    """
    return MappingProxyType({row.name: row for row in read_rows("simulation.csv", Parameter)})
