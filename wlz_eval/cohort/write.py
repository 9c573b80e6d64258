"""Write a cohort to a folder, with the same bytes every time."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from wlz_eval.cohort.describe import meta_text
from wlz_eval.cohort.model import Cohort
from wlz_eval.cohort.tables import TABLES
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.files import write_atomic

__all__ = ["csv_bytes", "write_cohort"]


def write_cohort(cohort: Cohort, folder: str | Path, parquet: Collection[str] = ()) -> Path:
    """Write ``cohort.yaml``, the tables and ``contract.yaml``. The plan is written by who made it.

    Parameters
    ----------
    cohort : Cohort
        What to write. Children without consent are no longer in it; the flow table counts them.
    folder : str or Path
        Where; its name must be the cohort's id for it to load again.
    parquet : collection of str
        Tables to write as Parquet instead of CSV, for cohorts too large to open in a spreadsheet.

    Returns
    -------
    Path
        The folder. Loading it gives a cohort with the same data hash.
    """
    folder = Path(folder)
    for name in parquet:
        if name not in TABLES:
            raise OptionError(f"Unknown table {name!r} to write as Parquet. {suggestion(name, [*TABLES])}")
    write_atomic(folder / "cohort.yaml", meta_text(cohort.meta))
    for name, table in cohort.tables.items():
        ordered = _ordered(table, name)
        if name in parquet:
            buffer = io.BytesIO()
            ordered.to_parquet(buffer, index=False, compression="zstd")
            write_atomic(folder / f"{name}.parquet", buffer.getvalue())
            (folder / f"{name}.csv").unlink(missing_ok=True)
        else:
            write_atomic(folder / f"{name}.csv", csv_bytes(ordered))
            (folder / f"{name}.parquet").unlink(missing_ok=True)
    if cohort.contract is not None:
        text = yaml.safe_dump(dict(cohort.contract), sort_keys=False, allow_unicode=True, width=100)
        write_atomic(folder / "contract.yaml", text)
    return folder


def _ordered(table: pd.DataFrame, name: str) -> pd.DataFrame:
    known = [c for c in TABLES[name].names if c in table.columns]
    return table[known + [c for c in table.columns if c not in known]]


def csv_bytes(table: pd.DataFrame) -> bytes:
    """Write a typed table as CSV: ISO dates, yes and no, numbers that read back to the bit, LF line ends."""
    shown: dict[str, pd.Series] = {}
    for name in table.columns:
        column = table[name]
        if isinstance(column.dtype, pd.BooleanDtype) or column.dtype == bool:
            shown[name] = column.map({True: "yes", False: "no"})
        elif pd.api.types.is_datetime64_any_dtype(column.dtype):
            shown[name] = column.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(column.dtype) and _whole(column):
            shown[name] = column.astype("Int64")
        else:
            shown[name] = column
    text = pd.DataFrame(shown, index=table.index).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def _whole(column: pd.Series) -> bool:
    """Whether a column of numbers has no fraction anywhere, so that 450.0 is written as 450."""
    values = column.dropna().to_numpy(dtype=float)
    return bool(np.all(np.abs(values) < 2**53) and np.all(values == np.floor(values)))
