"""What would be left of a coefficient, had something unseen of given strength been adjusted for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.inference.omitted.strength import benchmark_strength, bias, robustness, se_factor

__all__ = ["BENCHMARK_COLUMNS", "benchmark_bounds", "critical_t", "estimate_left", "robustness_values"]

#: What is known of an observed covariate: its name, and its partial R² with the treatment and with the outcome.
BENCHMARK_COLUMNS = ("covariate", "r2_treatment", "r2_outcome")


def critical_t(alpha: float, df: float) -> float:
    """Two-sided critical value; ``nan`` without degrees of freedom.

    Examples
    --------
    >>> round(critical_t(0.05, 10), 3)
    2.228
    """
    return float(special.stdtrit(df, 1 - alpha / 2)) if df > 0 else float("nan")


def estimate_left(
    estimate: float, se: float, t_df: float, scale: float, strength_df: float,
    r2_treatment: npt.ArrayLike, r2_outcome: npt.ArrayLike, alpha: float = 0.05,
) -> pd.DataFrame:
    """Estimate that would be left, had something of given strength been adjusted for (bias towards zero).

    Parameters
    ----------
    estimate, se : float
        Coefficient and its standard error.
    t_df : float
        Degrees of freedom of the intervals, once one more variable were adjusted for.
    scale, strength_df : float
        Residual SD of the outcome over that of the treatment, and residual degrees of freedom.
    r2_treatment, r2_outcome : array_like of the same length
        Strengths, shares from 0 to 1 (treatment below 1); missing where a bound has no end.
    alpha : float
        Level of the intervals.

    Returns
    -------
    DataFrame
        ``r2_treatment``, ``r2_outcome``, ``estimate``, ``se``, ``t``, ``ci_low``, ``ci_high``.

    Examples
    --------
    >>> left = estimate_left(0.09731582, 0.02325654, 782, 0.02325654 * 783**0.5, 783, [0.0, 0.3], [0.0, 0.3])
    >>> left["estimate"].round(4).tolist()
    [0.0973, -0.136]
    """
    treatment = np.atleast_1d(np.asarray(r2_treatment, dtype=float))
    outcome = np.atleast_1d(np.asarray(r2_outcome, dtype=float))
    if ((treatment < 0) | (treatment >= 1) | (outcome < 0) | (outcome > 1)).any():
        raise OptionError("Strengths are shares: r2_treatment from 0 to below 1, r2_outcome from 0 to 1.")
    sign = -1.0 if estimate < 0 else 1.0
    left = sign * (abs(estimate) - bias(treatment, outcome, scale))
    widths = se * se_factor(treatment, outcome, strength_df)
    half = critical_t(alpha, t_df) * widths
    # Where the outcome would be explained wholly there is no standard error to divide by.
    t = np.divide(left, widths, out=np.full_like(left, np.nan), where=widths > 0)
    return pd.DataFrame(
        {
            "r2_treatment": treatment, "r2_outcome": outcome, "estimate": left, "se": widths, "t": t,
            "ci_low": left - half, "ci_high": left + half,
        }
    )


def benchmark_bounds(observed: pd.DataFrame, times: Sequence[float]) -> pd.DataFrame:
    """Strengths of something unseen so many times as strong as each observed covariate.

    Parameters
    ----------
    observed : DataFrame
        The columns of :data:`BENCHMARK_COLUMNS`.
    times : sequence of float

    Returns
    -------
    DataFrame
        ``covariate``, ``times``, ``r2_treatment``, ``r2_outcome``; missing where the bound has no end.
    """
    rows = [
        (covariate, k, *benchmark_strength(float(treatment), float(outcome), k))
        for covariate, treatment, outcome in observed[list(BENCHMARK_COLUMNS)].itertuples(index=False)
        for k in times
    ]
    return pd.DataFrame(rows, columns=["covariate", "times", "r2_treatment", "r2_outcome"])


def robustness_values(
    estimate: float, se: float, t_df: float, scale: float, strength_df: float, alpha: float = 0.05
) -> tuple[float, float, float]:
    """Partial R² of the treatment with the outcome, robustness value, and robustness value of the interval.

    Parameters
    ----------
    estimate, se, t_df, scale, strength_df, alpha
        As in :func:`estimate_left`; `scale` above zero.

    Examples
    --------
    >>> values = robustness_values(0.09731582, 0.02325654, 782, 0.02325654 * 783**0.5, 783)
    >>> [round(value, 5) for value in values]
    [0.02187, 0.13878, 0.07626]
    """
    f2 = (estimate / scale) ** 2
    margin = critical_t(alpha, t_df) * se * math.sqrt(strength_df / (strength_df - 1))
    return f2 / (1 + f2), robustness(estimate, scale), robustness(estimate, scale, margin)
