"""Reading just what a design needs from a large file, such as a national pupil table in Parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from wlz_eval.attribution.capabilities import match_spec
from wlz_eval.attribution.formula import is_outcome_column, read_formula
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["read_design_columns"]


def read_design_columns(path: str | Path, formula: str, *, unit: str = "child_id", **options: Any) -> pd.DataFrame:
    """Read from a Parquet file only the columns that a design will use.

    Parameters
    ----------
    path : str or Path
        Parquet file, one row a child.
    formula : str
        As for :func:`wlz_eval.match`.
    unit : str
        Column of the children's labels; it becomes the index.
    **options
        The options of :func:`wlz_eval.match`; columns that they name are read too.

    Returns
    -------
    DataFrame
        Ready for :func:`wlz_eval.match` with the same formula and options.

    Raises
    ------
    DesignError
        When the file cannot be read, or the formula names an outcome.
    OptionError
        When a column is not in the file.

    Examples
    --------
    >>> import tempfile
    >>> table = pd.DataFrame({"child_id": ["a", "b"], "programme": [1, 0], "age": [6.0, 7.0], "unused": [0, 0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table.to_parquet(f"{folder}/pool.parquet")
    ...     read_design_columns(f"{folder}/pool.parquet", "programme ~ age").columns.tolist()
    ['programme', 'age']
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        held = [str(name) for name in parquet.read_schema(path).names]
    except (OSError, pa.ArrowInvalid) as error:
        raise DesignError(f"{path} cannot be read as a Parquet file: {error}") from error
    spec = match_spec(options)
    read = read_formula(formula, held)
    named = [*spec.exact, *spec.antiexact, *spec.prefer, *spec.mahvars, *(c for c in spec.caliper if c != "distance")]
    wanted = list(dict.fromkeys([unit, read.treatment, *read.columns, *named]))
    for name in wanted:
        if name not in held:
            raise OptionError(f"{path} has no column {name!r}. {suggestion(name, held)}")
        if is_outcome_column(name):
            raise DesignError(f"{name!r} is measured after the programme began, so no design may use it.")
    return pd.read_parquet(path, columns=wanted).set_index(unit)
