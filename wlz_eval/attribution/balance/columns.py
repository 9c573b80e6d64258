"""Columns that balance is judged on: covariates, their squares and products, one at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance.measures import is_two_valued
from wlz_eval.attribution.covariates import MISSING_LEVEL, fill_missing
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["Interactions", "derived_columns", "numbers_and_levels"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: Pairs of covariates, or all of them.
Interactions = Sequence[tuple[str, str]] | Literal["all"]


def _parts(name: str, kinds: Mapping[str, str]) -> list[str]:
    """Columns of a covariate: itself, or all levels of a category."""
    if name in kinds:
        return [name]
    levels = [column for column, kind in kinds.items() if kind == "level" and column.startswith(f"{name}: ")]
    if not levels:
        covariates = dict.fromkeys(_origin(column, kind) for column, kind in kinds.items())
        raise OptionError(f"interactions names {name!r}, which is no covariate here. {suggestion(name, [*covariates])}")
    return levels


def _origin(column: str, kind: str) -> str:
    """Covariate that a column stands for: a level stands for its category."""
    return column.partition(": ")[0] if kind == "level" else column


def _products(interactions: Interactions, kinds: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of columns to multiply; levels of one category exclude each other and are not multiplied."""
    if isinstance(interactions, str):
        if interactions != "all":
            raise OptionError(f"interactions must be pairs of covariates or 'all', not {interactions!r}.")
        asked = list(itertools.combinations(kinds, 2))
    else:
        asked = []
        if not isinstance(interactions, Iterable):
            raise OptionError(f"interactions must be pairs of covariates or 'all', not {interactions!r}.")
        for pair in interactions:
            if not isinstance(pair, (tuple, list)) or len(pair) != 2:
                raise OptionError(f"interactions must be pairs of covariates, such as ('age', 'sen'), not {pair!r}.")
            if pair[0] == pair[1]:
                raise OptionError(f"interactions names {pair[0]!r} twice. For squares say squares=True.")
            asked += itertools.product(_parts(pair[0], kinds), _parts(pair[1], kinds))
    return [(a, b) for a, b in asked if _origin(a, kinds[a]) != _origin(b, kinds[b])]


def derived_columns(
    columns: pd.DataFrame, kinds: Mapping[str, str], squares: bool = False, interactions: Interactions = ()
) -> Iterator[tuple[str, str, Array]]:
    """Go through covariates, then their squares, then their products, making one column at a time.

    Parameters
    ----------
    columns : DataFrame
    kinds : mapping of str to str
        ``continuous``, ``binary``, ``level``, ``missing`` for each column.
    squares : bool
        Of covariates of more than two values.
    interactions : sequence of pairs of str, or "all"
        A category stands for all its levels.

    Yields
    ------
    tuple
        Name, kind (also ``square``, ``interaction``), values.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [1.0, 2.0, 3.0], "sen": [0.0, 1.0, 1.0]})
    >>> kinds = {"age": "continuous", "sen": "binary"}
    >>> [name for name, _, _ in derived_columns(frame, kinds, squares=True, interactions="all")]
    ['age', 'sen', 'age squared', 'age × sen']
    """
    products = _products(interactions, kinds)

    def column(name: str) -> Array:
        return columns[name].to_numpy(dtype=float)

    for name in kinds:
        yield name, kinds[name], column(name)
    for name in kinds:
        if squares and kinds[name] == "continuous":
            yield f"{name} squared", "square", column(name) ** 2
    for a, b in products:
        yield f"{a} × {b}", "interaction", column(a) * column(b)


def _as_numbers(values: pd.Series, name: str) -> pd.Series | None:
    """Read a column as numbers; None for a category."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        raise DesignError(f"Covariate {name!r} is a date. Use a number, such as days since a fixed day.")
    if not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)):
        return None
    number = pd.Series(values.to_numpy(dtype=float, na_value=np.nan), index=values.index, name=name)
    if np.isinf(number.to_numpy()).any():
        raise DesignError(f"Covariate {name!r} holds infinite values. Mend them, or set them to missing.")
    return number


def numbers_and_levels(
    data: pd.DataFrame, names: Sequence[str], treated: Bools
) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """Turn the columns of a plain frame into numbers, as designs do: every level, and a marker for who lacks a number.

    Parameters
    ----------
    data : DataFrame
    names : sequence of str
        Columns; booleans and numbers are numbers, all else categories.
    treated : array of bool, shape (n,)

    Returns
    -------
    tuple
        Columns, their kinds, and notes on what was filled.

    Raises
    ------
    DesignError
        For dates, infinite numbers, and columns without any value.
    """
    columns: dict[str, pd.Series] = {}
    kinds: dict[str, str] = {}
    notes: list[str] = []
    for name in names:
        number = _as_numbers(data[name], name)
        if number is None:
            text = data[name].astype(object).where(data[name].notna(), MISSING_LEVEL).astype(str)
            for level in sorted(text.unique()):
                columns[f"{name}: {level}"], kinds[f"{name}: {level}"] = (text == level).astype(float), "level"
            continue
        columns[name], marker, note = fill_missing(number, treated, name)
        kinds[name] = "binary" if is_two_valued(number.dropna().to_numpy()) else "continuous"
        if note:
            notes.append(note.replace(", and being missing is itself matched and adjusted for", ""))
        if marker is not None:
            columns[str(marker.name)], kinds[str(marker.name)] = marker, "missing"
    return pd.DataFrame(columns, index=data.index), kinds, tuple(notes)
