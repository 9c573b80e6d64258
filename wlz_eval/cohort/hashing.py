"""Fingerprints of a cohort's content, whatever the order of rows and the file format."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from pandas.util import hash_array

from wlz_eval.cohort.lookup import encode
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.files import hash_bytes

__all__ = ["baseline_hash", "data_hash"]


#: Hash of a missing cell.
_MISSING = np.uint64(0xFFFFFFFFFFFFFFFF)


def _cell_hashes(column: pd.Series) -> np.ndarray:
    """Hash each cell by its content, so that text and category, Int64 and float hash alike."""
    dtype = column.dtype
    if pd.api.types.is_datetime64_any_dtype(dtype):
        days = column.to_numpy(dtype="datetime64[D]").astype("int64").astype(float)
        return hash_array(np.where(column.isna(), np.nan, days))
    if pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_bool_dtype(dtype):
        # Adding zero turns minus zero into zero.
        return hash_array(column.to_numpy(dtype=float, na_value=np.nan) + 0.0)
    codes, words = encode(column.astype("str") if pd.api.types.is_object_dtype(dtype) else column)
    return np.append(hash_array(words, categorize=False), _MISSING)[codes]


def _table_hash(table: pd.DataFrame) -> bytes:
    columns = sorted(name for name in table.columns if table[name].notna().any())
    if not columns:
        return len(table).to_bytes(8, "little")
    rows: np.ndarray = np.zeros(len(table), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for name in columns:
            # An odd multiplier mixes the columns in order; wrapping is what a hash wants.
            rows = (rows ^ _cell_hashes(table[name])) * np.uint64(0x9E3779B97F4A7C15)
            rows ^= rows >> np.uint64(29)
    rows.sort()
    return hash_bytes(*(name.encode() for name in columns), rows.tobytes()).encode()


def data_hash(tables: Mapping[str, pd.DataFrame]) -> str:
    """SHA-256 of the content of tables, whatever the order of rows, columns and the file format.

    A column without any value counts as absent.

    Examples
    --------
    >>> a = pd.DataFrame({"x": ["p", "q"], "y": [1.0, 2.0]})
    >>> data_hash({"t": a}) == data_hash({"t": a.iloc[::-1]})
    True
    >>> data_hash({"t": a}) == data_hash({"t": a.assign(y=[2.0, 1.0])})
    False
    """
    parts: list[bytes] = []
    for name in sorted(tables):
        parts += [name.encode(), _table_hash(tables[name])]
    return hash_bytes(*parts)


def baseline_hash(cohort: Cohort) -> str:
    """SHA-256 of what was known before the programme: the children, and the measures before it.

    The lock of a plan holds this hash: outcomes may arrive later without breaking the lock, while a
    changed baseline breaks it.
    """
    children = cohort.children.drop(columns=["left", "leaving_reason"], errors="ignore")
    before = cohort.measures["wave"].isin(["pre_baseline", "baseline"])
    return data_hash({"children": children, "measures": cohort.measures[before]})
