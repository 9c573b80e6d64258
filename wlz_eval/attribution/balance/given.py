"""Balance under anybody's weights: a plain frame, a treatment, and weights made here or elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance.columns import Interactions, derived_columns, numbers_and_levels
from wlz_eval.attribution.balance.gaps import Sides
from wlz_eval.attribution.balance.measures import effective_size
from wlz_eval.attribution.balance.table import BalanceTable, balance_columns, check_limit, gap_within
from wlz_eval.attribution.formula import is_outcome_column
from wlz_eval.attribution.units import LARGEST, label_order, plain_columns, treatment_of
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["balance_of", "group_sizes"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: A column of the data by name, a series by label, or one value for each row.
Given = str | pd.Series | npt.ArrayLike
ESTIMANDS = ("ATT", "ATC", "ATE", "ATO")


def _column(data: pd.DataFrame, given: Given, option: str) -> pd.Series:
    """Read what was given for each unit; series are aligned by label, arrays taken as they stand."""
    if isinstance(given, str):
        if given not in data.columns:
            raise OptionError(f"{option} {given!r} is not a column. {suggestion(given, [*map(str, data.columns)])}")
        return data[given]
    if isinstance(given, pd.Series):
        if not given.index.is_unique or len(data.index.difference(given.index)):
            raise OptionError(f"{option} must have exactly one value for each unit of the data; give it their index.")
        return given.reindex(data.index)
    values = np.asarray(given)
    if values.shape != (len(data),):
        raise OptionError(f"{option} has shape {values.shape}; the data have {len(data):,} rows. Give one for each.")
    return pd.Series(values, index=data.index)


def _numbers(given: pd.Series, option: str) -> Array:
    """Read numbers; a date is none, though it could be counted in nanoseconds."""
    try:
        if given.dtype.kind in "mMc":
            raise TypeError
        return given.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        raise OptionError(f"{option} must be one number for each unit, not such as {given.iloc[0]!r}.") from None


def _weights(given: pd.Series, treated: Bools) -> Array:
    values = _numbers(given, "weights")
    if not np.isfinite(values).all() or (values < 0).any():
        raise OptionError("weights must be numbers of at least 0, one for each unit; 0 is for whoever is left out.")
    if values.max() > LARGEST:
        raise OptionError(f"weights above {LARGEST:g} are too large to reckon with. Divide all of them by the largest.")
    for group, word in ((treated, "programme"), (~treated, "comparison")):
        if not (values[group] > 0).any():
            raise DesignError(f"No {word} child has a weight above 0, so there is nothing to compare.")
    return values


def _names(data: pd.DataFrame, covariates: Sequence[str] | None, roles: Sequence[Given | None]) -> list[str]:
    """Covariates asked for, or every column that has no other role."""
    taken = {role for role in roles if isinstance(role, str)}
    if isinstance(covariates, str):
        raise OptionError(f"covariates must be a list of columns, such as [{covariates!r}].")
    names = [str(c) for c in data.columns if c not in taken] if covariates is None else list(covariates)
    for name in names:
        if names.count(name) > 1:
            raise OptionError(f"Covariate {name!r} is named twice. Name it once.")
        if name not in data.columns:
            raise OptionError(f"Covariate {name!r} is not a column. {suggestion(name, [*map(str, data.columns)])}")
        if is_outcome_column(name):
            raise DesignError(
                f"{name} is measured after the programme began, and balance is about what was known before. Name the "
                "covariates without it."
            )
    if not names:
        raise OptionError("There is no covariate. Name at least one column in covariates.")
    return names


def group_sizes(treated: Bools, weights: Array) -> pd.DataFrame:
    """Count children of each group: all, matched, unmatched, and the effective sample size (ESS) of the matched.

    Examples
    --------
    >>> group_sizes(np.array([True, False, False]), np.array([1.0, 3.0, 1.0])).loc["Matched (ESS)"].tolist()
    [1.6, 1.0]
    """
    columns = {}
    for name, group in (("comparison", ~treated), ("programme", treated)):
        w = weights[group]
        inside = float((w > 0).sum())
        columns[name] = [float(len(w)), effective_size(w), inside, len(w) - inside]
    rows = ["All", "Matched (ESS)", "Matched", "Unmatched"]
    return pd.DataFrame(columns, index=pd.Index(rows, name="children"))


def _pairs(index: pd.Index, pairs: pd.DataFrame | None) -> pd.DataFrame | None:
    if pairs is None:
        return None
    if not isinstance(pairs, pd.DataFrame):
        raise OptionError(f"pairs must be a DataFrame with the columns 'focal' and 'partner', not {pairs!r:.40}.")
    for column in ("focal", "partner"):
        if column not in pairs.columns:
            raise OptionError("pairs must have the columns 'focal' and 'partner': labels of the two units of a pair.")
        absent = ~pairs[column].isin(index)
        if absent.any():
            raise OptionError(f"pairs names the unit {pairs.loc[absent, column].iloc[0]!r}, which is not in the data.")
    return pairs


def balance_of(
    data: pd.DataFrame,
    treatment: Given,
    weights: Given,
    covariates: Sequence[str] | None = None,
    *,
    estimand: str = "ATT",
    strata: Given | None = None,
    pairs: pd.DataFrame | None = None,
    distance: Given | None = None,
    limit: float = 0.1,
    squares: bool = False,
    interactions: Interactions = (),
) -> BalanceTable:
    """Make the balance table of any weights: of MatchIt, WeightIt, a survey, or a spreadsheet.

    Parameters
    ----------
    data : DataFrame
        One row a unit, indexed by unit.
    treatment : str, Series or array
        1 for programme, 0 for comparison units.
    weights : str, Series or array
        At least 0; 0 for who is left out. A constant within a group changes nothing.
    covariates : sequence of str, optional
        Columns; every column without another role when left out. Booleans and numbers are numbers, anything else is
        a category of which each level has a row. Missing numbers are filled with the mean and have a marker.
    estimand : {"ATT", "ATC", "ATE", "ATO"}
        Whose SD differences are divided by: programme, comparison, or both.
    strata : str, Series or array, optional
        Matched set of each unit; missing for none.
    pairs : DataFrame, optional
        ``focal``, ``partner``: labels of pairs. Goes before `strata` where both are given.
    distance : str, Series or array, optional
        Propensity score or the like: a row of its own that is not judged.
    limit, squares, interactions
        As in :func:`balance_table`.

    Returns
    -------
    BalanceTable

    Raises
    ------
    DesignError
        When a group has no weight, a unit several rows, or a covariate is a date, infinite or measured later.
    OptionError
        For unknown columns, weights below 0, and values that do not fit the data.

    Examples
    --------
    >>> data = pd.DataFrame({"treat": [1, 1, 0, 0], "age": [30, 40, 30, 20], "race": list("abab")})
    >>> table = balance_of(data, "treat", [1.0, 1.0, 1.0, 0.0], covariates=["age", "race"])
    >>> table.data["difference_after"].to_dict()
    {'age': 5.0, 'race: a': -0.5, 'race: b': 0.5}
    """
    check_limit(limit)
    if estimand not in ESTIMANDS:
        raise OptionError(f"estimand {estimand!r} is not known. {suggestion(str(estimand), ESTIMANDS)}")
    _check_data(data)
    if weights is None:
        raise OptionError("weights are needed: a column, a Series or one number for each unit; all 1 for none.")
    names = _names(data, covariates, (treatment, weights, strata, distance))
    # Everything in the order of labels, so that the order of rows changes nothing, to the last bit.
    index = data.index[label_order(data.index)]
    given = {"treatment": treatment, "weights": weights, "strata": strata, "distance": distance}
    roles = {name: _column(data, g, name).reindex(index) for name, g in given.items() if g is not None}
    treated = treatment_of(pd.DataFrame({"treatment": roles["treatment"]}), "treatment")
    values = _weights(roles["weights"], treated)
    columns, kinds, notes = numbers_and_levels(plain_columns(data.loc[index, names], tuple(names)), names, treated)
    table = balance_columns(
        itertools.chain(_distance(roles.get("distance")), derived_columns(columns, kinds, squares, interactions)),
        Sides.of(treated, values),
        gap_within(treated, index, _pairs(index, pairs), roles.get("strata")),
        estimand,
        limit,
    )
    return BalanceTable(data=table, limit=limit, sizes=group_sizes(treated, values), notes=notes)


def _check_data(data: pd.DataFrame) -> None:
    if not isinstance(data, pd.DataFrame):
        raise OptionError(f"data must be a DataFrame with one row a unit, not {type(data).__name__}.")
    if not data.columns.is_unique:
        raise DesignError(f"Column {data.columns[data.columns.duplicated()][0]!r} stands in the data twice. Keep one.")
    if not data.index.is_unique:
        raise DesignError(f"Unit {data.index[data.index.duplicated()][0]!r} has several rows. Each must have one.")


def _distance(given: pd.Series | None) -> list[tuple[str, str, Array]]:
    if given is None:
        return []
    values = _numbers(given, "distance")
    if not np.isfinite(values).all():
        raise OptionError("distance must be one finite number for each unit. Leave it out where some have none.")
    return [("distance", "distance", values)]
