"""Coarsened exact matching: numbers into bins, categories into groups, then exact agreement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.exact import check_columns, common_strata, level_codes
from wlz_eval.attribution.matching.problem import Strata
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["BIN_RULES", "Cutpoints", "Grouping", "cem_strata", "coarsen"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
#: How a number is cut: a rule, ``"q4"`` (quantile groups), a number of bins, or the cut-points themselves.
Cut = str | int | Sequence[float]
Cutpoints = Cut | Mapping[str, Cut]
#: For a column: lists of levels that count as one.
Grouping = Mapping[str, Sequence[Sequence[object]]]


def _sturges(x: Array) -> float:
    return float(np.ceil(np.log2(len(x)) + 1))


def _scott(x: Array) -> float:
    width = 3.5 * x.std(ddof=1) * len(x) ** (-1 / 3) if len(x) > 1 else 0.0
    return float(np.ceil(np.ptp(x) / width)) if width > 0 else 1.0


def _freedman_diaconis(x: Array) -> float:
    # R rounds to five significant digits first and, where the middle half is one value, widens the share.
    with np.errstate(divide="ignore"):
        digits = 4 - np.floor(np.log10(np.abs(x), where=x != 0, out=np.zeros_like(x)))
    rounded = np.round(x * 10.0**digits) / 10.0**digits
    share = 1 / 4
    width = 2 * float(np.subtract(*np.quantile(rounded, [0.75, 0.25])))
    while width == 0 and share / 2 >= 1 / 512:
        share /= 2
        width = float(np.subtract(*np.quantile(rounded, [1 - share, share]))) / (1 - 2 * share)
    if width == 0 and len(x) > 1:
        width = 3.5 * float(x.std(ddof=1))
    return float(np.ceil(np.ptp(x) / width * len(x) ** (1 / 3))) if width > 0 else 1.0


#: Rules that choose the number of bins from the values.
BIN_RULES: Mapping[str, Callable[[Array], float]] = MappingProxyType(
    {"sturges": _sturges, "scott": _scott, "fd": _freedman_diaconis}
)


def _inner_breaks(x: Array, cut: Cut, name: str) -> Array:
    """Boundaries between bins; a value on a boundary belongs to the bin above."""
    if isinstance(cut, str):
        if cut.startswith("q") and cut[1:].isdigit() and int(cut[1:]) > 1:
            groups = int(cut[1:])
            return np.quantile(x, np.arange(1, groups) / groups)
        if cut not in BIN_RULES:
            raise OptionError(
                f"cutpoints of {name!r}: {cut!r} is not known. {suggestion(cut, [*BIN_RULES, 'q4'])} "
                "A number of bins or a list of cut-points is valid too."
            )
        cut = int(BIN_RULES[cut](x))
    if isinstance(cut, (int, np.integer)) and not isinstance(cut, bool):
        if cut < 1:
            raise OptionError(f"cutpoints of {name!r}: {cut!r} bins. Use 0 only for no bins at all, or 1 and more.")
        low, high = float(x.min()), float(x.max())
        return np.asarray(low + np.arange(1, int(cut)) * ((high - low) / int(cut)))
    try:
        points = np.unique(np.asarray([] if np.ndim(cut) == 0 else cut, dtype=float).reshape(-1))
    except (TypeError, ValueError):
        points = np.zeros(0)
    if not len(points) or not np.isfinite(points).all():
        raise OptionError(f"cutpoints of {name!r} must be a rule, a number of bins, or finite cut-points.")
    return points


def _binned(values: pd.Series, cut: Cut, name: str) -> Ints:
    if isinstance(cut, (int, np.integer)) and not isinstance(cut, bool) and cut == 0:
        return level_codes(values)
    x = values.to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(x)
    code = np.zeros(len(x), dtype=np.intp)
    if known.any():
        code[known] = 1 + np.searchsorted(_inner_breaks(x[known], cut, name), x[known], side="right")
    return code


def _grouped(values: pd.Series, groups: Sequence[Sequence[object]]) -> pd.Series:
    text = values.astype(object).where(values.notna(), None)
    first = {level: group[0] for group in groups for level in group}
    return text.map(lambda level: first.get(level, level))


def _check_names(option: str, given: Mapping[str, object], columns: Sequence[str]) -> None:
    for name in given:
        if name not in columns:
            raise OptionError(f"{option} names {name!r}, which is not matched on. {suggestion(name, columns)}")


def _read_groups(grouping: Any) -> dict[str, list[list[object]]]:
    """Check the form of a grouping: for each column lists of levels, no level in two of them."""
    if grouping is not None and not isinstance(grouping, Mapping):
        raise OptionError(f"grouping must be a mapping of columns to lists of levels, not {grouping!r}.")
    found = {}
    for name, groups in (grouping or {}).items():
        if not isinstance(groups, (list, tuple)) or not all(isinstance(group, (list, tuple)) for group in groups):
            raise OptionError(f"grouping of {name!r} must be lists of levels that count as one, not {groups!r}.")
        levels = [level for group in groups for level in group]
        twice = next((level for at, level in enumerate(levels) if level in levels[:at]), None)
        if twice is not None:
            raise OptionError(f"grouping of {name!r} has {twice!r} in two groups.")
        found[name] = [list(group) for group in groups]
    return found


def coarsen(
    data: pd.DataFrame,
    columns: Sequence[str],
    cutpoints: Cutpoints = "sturges",
    grouping: Grouping | None = None,
) -> pd.DataFrame:
    """Coarsen columns: numbers into bins, categories by level or group.

    Parameters
    ----------
    data : DataFrame, n rows
    columns : sequence of str
    cutpoints : str, int, sequence of float, or mapping from column to one of these
        ``"sturges"``, ``"scott"`` or ``"fd"`` choose the number of equally wide bins; a whole number is that
        number of bins (0: no bins, every value for itself; 1: the column is left out); ``"q4"`` makes quarters; a
        sequence holds the cut-points themselves. A value on a cut-point belongs to the bin above. Columns that
        a mapping does not name are cut by Sturges' rule.
    grouping : mapping of str to list of lists, optional
        For a category: levels that count as one. Levels not named stay as they are.

    Returns
    -------
    DataFrame of int
        One number for each bin or level; 0 is "not known", a bin of its own.

    Raises
    ------
    OptionError
        For an unknown column, rule or level.

    References
    ----------
    Iacus, King and Porro (2012), Political Analysis 20; bins as in R's MatchIt 4.7.2.

    Examples
    --------
    >>> data = pd.DataFrame({"score": [1.0, 2.0, 3.0, 9.0], "sen": ["no", "support", "plan", "no"]})
    >>> coarsen(data, ["score", "sen"], {"score": [3]}, {"sen": [["support", "plan"]]}).to_numpy().tolist()
    [[1, 1], [1, 2], [2, 2], [2, 1]]
    """
    check_columns(data, columns)
    cuts = dict.fromkeys(columns, cutpoints) if not isinstance(cutpoints, Mapping) else dict(cutpoints)
    groups = _read_groups(grouping)
    _check_names("cutpoints", cuts, columns)
    _check_names("grouping", groups, columns)
    coarse: dict[str, Ints] = {}
    for name in columns:
        values = data[name]
        number = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
        if name in groups:
            known = set(values.dropna())
            for level in (level for group in groups[name] for level in group):
                if level not in known:
                    raise OptionError(
                        f"grouping of {name!r} names {level!r}, which does not occur. "
                        f"{suggestion(str(level), sorted(map(str, known)))}"
                    )
            coarse[name] = level_codes(_grouped(values, groups[name]))
        elif number:
            cut = cuts.get(name, "sturges")
            if isinstance(cut, bool):
                raise OptionError(f"cutpoints of {name!r} must be a rule, a number of bins or cut-points, not {cut!r}.")
            if not (isinstance(cut, (int, np.integer)) and cut == 1):
                coarse[name] = _binned(values, cut, name)
        elif isinstance(cutpoints, Mapping) and name in cuts:
            raise OptionError(f"cutpoints names {name!r}, which is not a number. Use grouping for categories.")
        else:
            coarse[name] = level_codes(values)
    return pd.DataFrame(coarse, index=data.index)


def cem_strata(
    data: pd.DataFrame,
    columns: Sequence[str],
    treated: Bools,
    *,
    cutpoints: Cutpoints = "sturges",
    grouping: Grouping | None = None,
    inside: Bools | None = None,
    block: Ints | None = None,
) -> Strata:
    """Match exactly on coarsened columns.

    Parameters
    ----------
    data, columns, cutpoints, grouping
        See :func:`coarsen`.
    treated, inside, block : arrays, shape (n,)
        See :func:`wlz_eval.attribution.matching.exact.common_strata`.

    Returns
    -------
    Strata

    Raises
    ------
    DesignError
        When no bin holds both groups.

    Examples
    --------
    >>> data = pd.DataFrame({"score": [1.0, 2.0, 8.0, 9.0]})
    >>> cem_strata(data, ["score"], np.array([True, False, True, False]), cutpoints=2).code.tolist()
    [0, 0, 1, 1]
    """
    codes = coarsen(data, columns, cutpoints, grouping).to_numpy(dtype=np.intp)
    return common_strata(codes, treated, inside, block)
