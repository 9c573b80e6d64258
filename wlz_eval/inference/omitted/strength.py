"""Omitted-variable bias in terms of explained variance: the formulas of Cinelli and Hazlett, on plain numbers.

`r2_treatment` is the share of what the covariates leave unexplained of being on the programme that an unseen variable
would explain; `r2_outcome` the share of what covariates and programme leave unexplained of the outcome.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.core.errors import OptionError

__all__ = ["benchmark_strength", "bias", "partial_r2", "partial_r2_of", "residual_scale", "robustness", "se_factor"]

#: Below this share of a sum of squares what is left is rounding.
_ROUNDING = 1e-20
Array = npt.NDArray[np.float64]


def partial_r2(t: float, df: float) -> float:
    """Partial R² of a coefficient from its t statistic and residual degrees of freedom.

    Examples
    --------
    >>> round(partial_r2(0.09731582 / 0.02325654, 783), 5)
    0.02187
    """
    return t**2 / (t**2 + df)


def bias(r2_treatment: npt.ArrayLike, r2_outcome: npt.ArrayLike, scale: float) -> Array:
    """Size of the bias, in the outcome's unit.

    Parameters
    ----------
    r2_treatment, r2_outcome : array_like
        Strengths from 0 to 1 (treatment below 1).
    scale : float
        Residual SD of the outcome over residual SD of the programme indicator: se × √df of ordinary least squares.
    """
    treatment, outcome = np.asarray(r2_treatment, dtype=float), np.asarray(r2_outcome, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(scale * np.sqrt(outcome * treatment / (1 - treatment)))


def se_factor(r2_treatment: npt.ArrayLike, r2_outcome: npt.ArrayLike, df: float) -> Array:
    """How many times the standard error would be what it is now, had the unseen variable been adjusted for."""
    treatment, outcome = np.asarray(r2_treatment, dtype=float), np.asarray(r2_outcome, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.sqrt((1 - outcome) / (1 - treatment) * df / (df - 1)))


def robustness(estimate: float, scale: float, margin: float = 0.0) -> float:
    """Robustness value: the equal strength with programme and outcome that leaves `margin` of an estimate.

    Parameters
    ----------
    estimate : float
        Size of the estimate that bias would have to take away, in the outcome's unit.
    scale : float
        As in :func:`bias`.
    margin : float
        Half-width of the interval that may be left: 0 for the estimate itself, else the critical t times the
        standard error.

    Returns
    -------
    float
        From 0 to 1; ``nan`` when the margin is not known.

    Examples
    --------
    >>> round(robustness(0.09731582, 0.02325654 * 783**0.5), 5)
    0.13878
    """
    if not math.isfinite(margin) or not scale > 0:
        return float("nan")
    f, least = abs(estimate) / scale, margin / scale
    gap = f - least
    if gap <= 0:
        return 0.0
    # Where the strengths may be unequal up to this value, less strength with the outcome may do more harm, since it
    # widens the interval (Cinelli and Hazlett's note on the binding case).
    if least > 0 and f * least > 1:
        return (f**2 - least**2) / (1 + f**2)
    return 0.5 * (math.sqrt(gap**4 + 4 * gap**2) - gap**2)


def benchmark_strength(r2_treatment: float, r2_outcome: float, times: float) -> tuple[float, float]:
    """Bound the strength of something unseen that is `times` as strong as an observed covariate.

    Parameters
    ----------
    r2_treatment : float
        Partial R² of the covariate with the programme, given the other covariates.
    r2_outcome : float
        Partial R² of the covariate with the outcome, given the other covariates and the programme.
    times : float
        How many times as strong, with both.

    Returns
    -------
    tuple of float
        `r2_treatment` and `r2_outcome` of the unseen variable. The second is a bound, and at most 1, where it says
        nothing; both are ``nan`` where the first would have to be 1 or more.
    """
    if not 0 <= r2_treatment < 1 or not 0 <= r2_outcome < 1:
        return float("nan"), float("nan")
    treatment = times * r2_treatment / (1 - r2_treatment)
    if treatment >= 1:
        return float("nan"), float("nan")
    shared = times * r2_treatment**2 / ((1 - times * r2_treatment) * (1 - r2_treatment))
    if shared >= 1:
        return float("nan"), float("nan")
    eta = (math.sqrt(times) + math.sqrt(shared)) / math.sqrt(1 - shared)
    return treatment, min(eta**2 * r2_outcome / (1 - r2_outcome), 1.0)


def partial_r2_of(columns: Sequence[int], X: Array, y: Array, weights: Array) -> float:
    """Partial R² of some columns of a weighted least-squares fit, given the others.

    Parameters
    ----------
    columns : sequence of int
        Positions in X.
    X : array, shape (n, p)
        With its intercept.
    y, weights : array, shape (n,)
    """
    if not columns:
        raise OptionError("partial_r2_of needs at least one column.")
    root = np.sqrt(weights)
    rest = [j for j in range(X.shape[1]) if j not in set(columns)]
    full, less = (_unexplained(X[:, keep] * root[:, None], y * root) for keep in (list(range(X.shape[1])), rest))
    return max(0.0, 1 - full / less) if less > 0 else float("nan")


def residual_scale(column: int, X: Array, y: Array, weights: Array) -> float:
    """Residual SD of the outcome over that of one column given the others: what turns strength into bias.

    Zero where nothing of the outcome is left but rounding; ``nan`` where nothing of the column is.
    """
    root = np.sqrt(weights)
    outcome, own = y * root, X[:, column] * root
    left = _unexplained(np.delete(X, column, axis=1) * root[:, None], own)
    unexplained = _unexplained(X * root[:, None], outcome)
    if not left > _ROUNDING * float(own @ own):
        return float("nan")
    return math.sqrt(unexplained / left) if unexplained > _ROUNDING * float(outcome @ outcome) else 0.0


def _unexplained(X: Array, y: Array) -> float:
    fitted = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    return float(((y - fitted) ** 2).sum())
