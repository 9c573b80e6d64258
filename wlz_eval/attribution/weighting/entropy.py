"""Entropy balancing: the weights nearest to equal ones under which moments agree exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.weights import scaled
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.numbers import format_number
from wlz_eval.inference.tilt import MEANS_TOLERANCE, exponential_tilt, missed_columns

__all__ = ["entropy_weights", "moment_columns"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
POWER_NAMES = {2: "squared", 3: "cubed"}


def moment_columns(X: pd.DataFrame, moments: int) -> pd.DataFrame:
    """Add powers 2 to `moments` of each column that is not a yes/no column.

    Powers are of the column in SDs from its mean; agreeing on them is agreeing on the powers themselves.

    Examples
    --------
    >>> moment_columns(pd.DataFrame({"age": [1.0, 2.0, 3.0], "sen": [0.0, 1.0, 0.0]}), 2).columns.tolist()
    ['age', 'sen', 'age squared']
    """
    if isinstance(moments, bool) or not isinstance(moments, (int, np.integer)) or not 1 <= moments <= 4:
        raise OptionError(f"moments must be a whole number from 1 to 4, not {moments!r}.")
    columns = {str(name): X[name].astype(float) for name in X.columns}
    for power in range(2, int(moments) + 1):
        for name in X.columns:
            values = X[name].astype(float)
            if values.nunique() > 2:
                standard = (values - values.mean()) / values.std()
                columns[f"{name} {POWER_NAMES.get(power, f'to the power {power}')}"] = standard**power
    return pd.DataFrame(columns, index=X.index)


@dataclass(frozen=True)
class _Side:
    """One group that is weighed to targets: its columns, centred on the targets, in SDs of all units."""

    gap: Array
    base: Array
    names: tuple[str, ...]
    group: str


def _check_ranges(side: _Side) -> None:
    """Refuse targets that no weights of this group can reach, column by column."""
    low, high = side.gap.min(axis=0), side.gap.max(axis=0)
    constant = high - low < MEANS_TOLERANCE
    outside = np.where(constant, np.abs(low) > MEANS_TOLERANCE, (low >= 0) | (high <= 0))
    for j in np.flatnonzero(outside):
        where = "above" if high[j] <= 0 else "below"
        beyond = -high[j] if high[j] <= 0 else low[j]
        raise DesignError(
            f"Entropy balancing cannot balance {side.names[j]!r}: the mean that the {side.group} children are to "
            f"have lies {where} all their own values or at the last of them (by {format_number(beyond, 2)} SD). Take "
            "the column out, join rare categories, ask for fewer moments, or leave out children without counterpart."
        )


def _infeasible(side: _Side) -> DesignError:
    named = ", ".join(repr(side.names[j]) for j in missed_columns(side.gap))
    what = f"cannot balance {named} together with the other columns" if named else (
        "can balance these columns together only by weighing some children at nothing"
    )
    return DesignError(
        f"Entropy balancing {what}: no positive weights of the {side.group} children give all the means at once. Use "
        "fewer columns or moments, join rare categories, or choose overlap weights."
    )


def _solve(side: _Side) -> Array:
    """Weights of one group, summing to one; refused in words where there are none."""
    _check_ranges(side)
    weights = exponential_tilt(side.gap, side.base)
    if weights is None:
        raise _infeasible(side)
    return weights


def entropy_weights(
    X: pd.DataFrame,
    treated: npt.ArrayLike,
    estimand: str = "ATT",
    base: npt.ArrayLike | None = None,
) -> Array:
    """Weigh units so that the means of all columns agree exactly, with weights as equal as that allows.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
        Columns whose means are to agree; powers among them for higher moments (:func:`moment_columns`).
    treated : array of bool, shape (n,)
    estimand : {"ATT", "ATC", "ATE"}
        The comparison units take on the means of the programme units; the mirror; or both take on the means
        of all.
    base : array, shape (n,), optional
        Weights to stay near to, above 0; equal ones when left out. They do not move the targets.

    Returns
    -------
    array, shape (n,)
        Of mean one in each group.

    Raises
    ------
    DesignError
        When no weights give these means; the columns in the way are named.
    OptionError
        For an unknown estimand, or base weights that are not above 0.

    References
    ----------
    Hainmueller (2012), Political Analysis 20. For the ATT the weights also fit a logistic propensity model
    (Zhao and Percival 2017), so either model being right is enough.

    Examples
    --------
    >>> X = pd.DataFrame({"age": [2.0, 3.0, 1.0, 2.0, 4.0]})
    >>> weights = entropy_weights(X, [True, True, False, False, False])
    >>> float(np.average(X["age"][2:], weights=weights[2:]).round(9))
    2.5
    """
    mask = np.asarray(treated, dtype=bool)
    if estimand not in ("ATT", "ATC", "ATE"):
        raise OptionError(f"estimand {estimand!r} is not known. {suggestion(estimand, ('ATT', 'ATC', 'ATE'))}")
    q = np.ones(len(mask)) if base is None else np.asarray(base, dtype=float)
    if not (np.isfinite(q) & (q > 0)).all():
        raise OptionError("base_weights must be numbers above 0, one for each child.")
    values = X.to_numpy(dtype=float)
    spread = values.std(axis=0)
    averaged = {"ATT": mask, "ATC": ~mask, "ATE": np.ones(len(mask), dtype=bool)}[estimand]
    gap = (values - values[averaged].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    weights = np.ones(len(mask))
    names = tuple(map(str, X.columns))
    for group, word, focal in ((mask, "programme", "ATT"), (~mask, "comparison", "ATC")):
        if estimand != focal:
            weights[group] = _solve(_Side(gap[group], q[group], names, word))
            weights = scaled(weights, group)
    return weights
