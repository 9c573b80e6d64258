"""Entropy balancing: the weights nearest to equal ones under which moments agree exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.weights import scaled
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.numbers import format_number
from wlz_eval.inference.linear import independent_columns

__all__ = ["entropy_weights", "moment_columns"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: Weighted means may miss their targets by this many SDs.
TOLERANCE = 1e-9
ROUNDS = 200
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
    constant = high - low < TOLERANCE
    outside = np.where(constant, np.abs(low) > TOLERANCE, (low >= 0) | (high <= 0))
    for j in np.flatnonzero(outside):
        where = "above" if high[j] <= 0 else "below"
        beyond = -high[j] if high[j] <= 0 else low[j]
        raise DesignError(
            f"Entropy balancing cannot balance {side.names[j]!r}: the mean that the {side.group} children are to "
            f"have lies {where} all their own values or at the last of them (by {format_number(beyond, 2)} SD). Take "
            "the column out, join rare categories, ask for fewer moments, or leave out children without counterpart."
        )


def _blame(side: _Side) -> str:
    """Columns that stand in the way: those that must miss their target if the total miss is to be least."""
    from scipy.optimize import linprog

    n, p = side.gap.shape
    cost = np.concatenate([np.zeros(n), np.ones(2 * p)])
    equal = np.vstack([np.hstack([side.gap.T, np.eye(p), -np.eye(p)]), np.concatenate([np.ones(n), np.zeros(2 * p)])])
    found = linprog(cost, A_eq=equal, b_eq=np.concatenate([np.zeros(p), [1.0]]), method="highs")
    miss = found.x[n : n + p] + found.x[n + p :] if found.status == 0 else np.zeros(p)
    named = [repr(side.names[j]) for j in np.flatnonzero(miss > TOLERANCE)]
    return ", ".join(named)


def _infeasible(side: _Side) -> DesignError:
    named = _blame(side)
    what = f"cannot balance {named} together with the other columns" if named else (
        "can balance these columns together only by weighing some children at nothing"
    )
    return DesignError(
        f"Entropy balancing {what}: no positive weights of the {side.group} children give all the means at once. Use "
        "fewer columns or moments, join rare categories, or choose overlap weights."
    )


def _solve(side: _Side) -> Array:
    """Newton's method on the dual: weights proportional to base * exp(columns @ multipliers), summing to one."""
    _check_ranges(side)
    keep = independent_columns(np.column_stack([np.ones(len(side.gap)), side.gap]))[1:]
    C = side.gap[:, keep]
    multipliers = np.zeros(C.shape[1])
    log_base = np.log(side.base / side.base.sum())

    def dual(candidate: Array) -> tuple[float, Array]:
        exponent = log_base + C @ candidate
        top = exponent.max()
        raw = np.exp(exponent - top)
        return float(top + np.log(raw.sum())), raw / raw.sum()

    value, weights = dual(multipliers)
    for _ in range(ROUNDS):
        gradient = C.T @ weights
        if np.abs(gradient).max(initial=0.0) < TOLERANCE / 100:
            break
        curvature = (C * weights[:, None]).T @ C - np.outer(gradient, gradient)
        curvature[np.diag_indices_from(curvature)] += 1e-12 * max(float(np.trace(curvature)), 1e-300)
        direction = -np.linalg.solve(curvature, gradient)
        slope = float(gradient @ direction)
        step = 1.0
        while step > 1e-10:
            next_value, next_weights = dual(multipliers + step * direction)
            # Near the solution the gain is below rounding: the full step is then right.
            if next_value <= value + 1e-4 * step * slope or abs(slope) < 1e-14:
                break
            step /= 2
        else:
            break
        multipliers, value, weights = multipliers + step * direction, next_value, next_weights
    if np.abs(side.gap.T @ weights).max(initial=0.0) > TOLERANCE:
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
