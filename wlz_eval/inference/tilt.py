"""Exponential tilting: the weights nearest to given ones under which the means of columns vanish."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wlz_eval.inference.linear import independent_columns

__all__ = ["MEANS_TOLERANCE", "exponential_tilt", "missed_columns"]

Array = npt.NDArray[np.float64]
#: A weighted mean this near to zero (in the columns' own unit, best an SD) has vanished.
MEANS_TOLERANCE = 1e-9
_ROUNDS = 200


def exponential_tilt(columns: Array, base: Array) -> Array | None:
    """Weights of least entropy distance from `base` under which every column has mean zero.

    Newton's method on the convex dual: weights are proportional to base · exp(columns · multipliers).

    Parameters
    ----------
    columns : array, shape (n, p)
        Each near unit spread, centred on its target.
    base : array, shape (n,)
        Above zero.

    Returns
    -------
    array, shape (n,), or None
        Summing to one; none where no positive weights give all the means at once.

    Examples
    --------
    >>> exponential_tilt(np.array([[-1.0], [1.0], [1.0]]), np.ones(3)).round(6).tolist()
    [0.5, 0.25, 0.25]
    """
    keep = independent_columns(np.column_stack([np.ones(len(columns)), columns]))[1:]
    C = columns[:, keep]
    multipliers = np.zeros(C.shape[1])
    log_base = np.log(base / base.sum())

    def dual(candidate: Array) -> tuple[float, Array]:
        exponent = log_base + C @ candidate
        top = exponent.max()
        raw = np.exp(exponent - top)
        return float(top + np.log(raw.sum())), raw / raw.sum()

    value, weights = dual(multipliers)
    for _ in range(_ROUNDS):
        gradient = C.T @ weights
        if np.abs(gradient).max(initial=0.0) < MEANS_TOLERANCE / 100:
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
    return weights if np.abs(columns.T @ weights).max(initial=0.0) <= MEANS_TOLERANCE else None


def missed_columns(columns: Array) -> tuple[int, ...]:
    """Positions of the columns that must miss mean zero if the total miss of non-negative weights is to be least.

    Examples
    --------
    >>> missed_columns(np.array([[1.0, -1.0], [2.0, 1.0]]))
    (0,)
    """
    from scipy.optimize import linprog

    n, p = columns.shape
    cost = np.concatenate([np.zeros(n), np.ones(2 * p)])
    equal = np.vstack([np.hstack([columns.T, np.eye(p), -np.eye(p)]), np.concatenate([np.ones(n), np.zeros(2 * p)])])
    found = linprog(cost, A_eq=equal, b_eq=np.concatenate([np.zeros(p), [1.0]]), method="highs")
    miss = found.x[n : n + p] + found.x[n + p :] if found.status == 0 else np.zeros(p)
    return tuple(int(j) for j in np.flatnonzero(miss > MEANS_TOLERANCE))
