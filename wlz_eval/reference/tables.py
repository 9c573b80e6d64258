"""How a reference table is read: once, as typed rows, with errors that name the row."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import reference_dir

__all__ = ["ReferenceRow", "read_rows", "row_named"]


class ReferenceRow(BaseModel):
    """One row of a reference table; unknown columns are refused, so that a typing slip cannot pass."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Row = TypeVar("Row", bound=ReferenceRow)


def read_rows(file: str, model: type[Row]) -> tuple[Row, ...]:
    """Read ``data/reference/<file>`` as rows of `model`; empty cells are left to the model's defaults.

    Parameters
    ----------
    file : str
        Name of the file, such as ``"discount_rates.csv"``.
    model : type
        Subclass of :class:`ReferenceRow` that describes a row.

    Returns
    -------
    tuple
        The rows in the order of the file.
    """
    table = pd.read_csv(reference_dir() / file, dtype="object", keep_default_na=False)

    def filled(row: dict[Any, Any]) -> dict[str, Any]:
        return {str(k): v for k, v in row.items() if v != "" and not (isinstance(v, float) and math.isnan(v))}

    return tuple(model.model_validate(filled(row)) for row in table.to_dict(orient="records"))


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Named = TypeVar("Named", bound=_Named)


def row_named(rows: Iterable[Named], what: str, name: str) -> Named:
    """Find the row whose ``name`` is this one.

    Parameters
    ----------
    rows : iterable
        Of one table whose rows have names.
    what : str
        What a row is, in the words of the error.
    name : str
        The name sought.

    Raises
    ------
    OptionError
        When there is none of that name; it offers the nearest.
    """
    found = {row.name: row for row in rows}
    if name not in found:
        raise OptionError(f"There is no {what} {name!r}. {suggestion(name, sorted(found))}")
    return found[name]
