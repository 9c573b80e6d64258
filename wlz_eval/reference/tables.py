"""How a reference table is read: once, as typed rows, with errors that name the row."""

from __future__ import annotations

import math
from typing import Any, TypeVar

import pandas as pd
from pydantic import BaseModel, ConfigDict

from wlz_eval.core.files import reference_dir

__all__ = ["ReferenceRow", "read_rows"]


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
