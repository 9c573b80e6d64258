"""Exact matching: a stratum for each combination of values, kept where both groups are in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.problem import Strata, codes_of
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["check_columns", "common_strata", "exact_strata", "level_codes"]

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


def level_codes(values: pd.Series) -> Ints:
    """Give each distinct value of a column a number from 1; 0 stands for "not known", a value of its own.

    Examples
    --------
    >>> level_codes(pd.Series(["b", None, "a", "b"])).tolist()
    [2, 0, 1, 2]
    """
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
        known = values.to_numpy(dtype=float, na_value=np.nan)
        code, _ = pd.factorize(known, sort=True)
    else:
        missing = values.isna().to_numpy()
        # Text, because levels of several types cannot be sorted.
        text = values.astype(object).astype(str).to_numpy(dtype=object)
        code = np.full(len(values), -1)
        code[~missing], _ = pd.factorize(text[~missing], sort=True)
    return np.asarray(code + 1, dtype=np.intp)


def common_strata(
    codes: npt.NDArray[np.intp], treated: Bools, inside: Bools | None = None, block: Ints | None = None
) -> Strata:
    """Put rows that agree in every code into one stratum; rows whose stratum lacks a group are in none.

    Parameters
    ----------
    codes : array of int, shape (n, k)
    treated : array of bool, shape (n,)
    inside : array of bool, shape (n,), optional
        Rows that take part; all, when left out.
    block : array of int, shape (n,), optional
        Strata never cross blocks.

    Returns
    -------
    Strata
        Numbered from 0 in the order of the codes.

    Raises
    ------
    NobodyMatchedError
        When no stratum holds both groups.

    Examples
    --------
    >>> codes = np.array([[1], [1], [2], [3]])
    >>> common_strata(codes, np.array([True, False, True, False])).code.tolist()
    [0, 0, -1, -1]
    """
    take = np.ones(len(treated), dtype=bool) if inside is None else inside
    table = codes if block is None or not len(block) else np.column_stack([block, codes])
    cell = codes_of(table[take])
    size = int(cell.max(initial=-1)) + 1
    side = treated[take]
    both = (np.bincount(cell[side], minlength=size) > 0) & (np.bincount(cell[~side], minlength=size) > 0)
    if not both.any():
        raise NobodyMatchedError(
            "No programme child agrees with a comparison child on all columns. Match exactly on fewer columns, or "
            "make them coarser (wider bins, fewer groups)."
        )
    code = np.full(len(treated), -1, dtype=np.intp)
    code[take] = np.where(both, np.cumsum(both) - 1, -1)[cell]
    return Strata(code)


def exact_strata(
    data: pd.DataFrame,
    columns: Sequence[str],
    treated: Bools,
    *,
    inside: Bools | None = None,
    block: Ints | None = None,
) -> Strata:
    """Match exactly on columns: each combination of values that both groups have is a stratum.

    Parameters
    ----------
    data : DataFrame, n rows
    columns : sequence of str
        Numbers, yes/no or categories; "not known" is a value of its own.
    treated, inside, block : arrays, shape (n,)
        See :func:`common_strata`.

    Returns
    -------
    Strata

    Raises
    ------
    OptionError
        When a column does not exist, or none is named.
    NobodyMatchedError
        When no combination occurs in both groups.

    Examples
    --------
    >>> data = pd.DataFrame({"year": [7, 7, 8, 8], "sen": ["no", "no", "no", "yes"]})
    >>> exact_strata(data, ["year", "sen"], np.array([True, False, True, False])).code.tolist()
    [0, 0, -1, -1]
    """
    check_columns(data, columns)
    codes = np.column_stack([level_codes(data[name]) for name in columns])
    return common_strata(codes, treated, inside, block)


def check_columns(data: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse an empty list, and names that are not columns."""
    if not len(columns):
        raise OptionError("Name at least one column to match exactly on.")
    for name in columns:
        if name not in data.columns:
            raise OptionError(f"{name!r} is not a column. {suggestion(name, [str(c) for c in data.columns])}")
