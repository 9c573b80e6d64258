"""The columns of a regression: covariates as numbers, columns that add something, names that must exist."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.inference import independent_columns

__all__ = ["covariate_columns", "kept_columns", "require_columns"]


def covariate_columns(data: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Covariates as numbers: words become indicators; a missing value becomes the mean and an indicator."""
    parts = []
    for name in covariates:
        column = data[name]
        if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            values = column.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            known = np.isfinite(values)
            block = pd.DataFrame(
                {name: np.where(known, values, values[known].mean() if known.any() else 0.0)},
                index=data.index,
            )
            if not known.all():
                block[f"{name} (missing)"] = (~known).astype(float)
        else:
            words = column.astype("object").where(column.notna(), "(missing)").astype(str)
            block = pd.get_dummies(words, prefix=name, prefix_sep="=", dtype=float).iloc[:, 1:]
        parts.append(block)
    return pd.concat(parts, axis=1) if parts else pd.DataFrame(index=data.index)


def kept_columns(X: pd.DataFrame) -> np.ndarray:
    """Which columns add something to those before them."""
    return independent_columns(X.to_numpy())


def require_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse a name that is no column of the data, and offer the nearest."""
    for name in names:
        if name not in data:
            raise OptionError(f"The data have no column {name!r}. {suggestion(name, [str(c) for c in data.columns])}")
