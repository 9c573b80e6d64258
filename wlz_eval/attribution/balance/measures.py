"""What balance is measured by: pure functions of one column, a group and weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = [
    "effective_size",
    "is_two_valued",
    "sample_variance",
    "smd",
    "standardising_sd",
    "variance_ratio",
    "weighted_mean",
    "weighted_variance",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
NAN = float("nan")


def weighted_mean(x: Array, w: Array) -> float:
    """Mean with weights.

    Examples
    --------
    >>> weighted_mean(np.array([1.0, 3.0]), np.array([3.0, 1.0]))
    1.5
    """
    return float((w * x).sum() / w.sum())


def weighted_variance(x: Array, w: Array) -> float:
    """Variance with weights that say how much, not how often: sum of w(x - m)^2 / (1 - sum of w^2), w adding to 1.

    Examples
    --------
    >>> round(weighted_variance(np.array([1.0, 2.0, 3.0]), np.ones(3)), 6)
    1.0
    """
    share = w / w.sum()
    spare = 1.0 - float((share**2).sum())
    if _is_constant(x[w > 0]):
        return 0.0 if spare > 1e-12 else NAN
    return float((share * (x - (share * x).sum()) ** 2).sum()) / spare if spare > 1e-12 else NAN


def _is_constant(x: Array) -> bool:
    """Whether all values are one: their variance is then nothing, not what rounding leaves of it."""
    return bool((x == x[:1]).all())


def effective_size(w: Array) -> float:
    """Effective sample size: as many units of equal weight would give a mean as precise (Kish 1965).

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 0.0])), effective_size(np.array([3.0, 1.0]))
    (2.0, 1.6)
    """
    squares = float((w**2).sum())
    return float(w.sum()) ** 2 / squares if squares > 0 else 0.0


def is_two_valued(x: Array) -> bool:
    """Whether a column holds two values at most.

    Examples
    --------
    >>> is_two_valued(np.array([2.0, 1.0, 2.0])), is_two_valued(np.array([0.0, 0.5, 1.0]))
    (True, False)
    """
    low, high = x.min(), x.max()
    head = x[:64]
    # Most columns of many values show themselves within the first few.
    return bool(((head == low) | (head == high)).all() and ((x == low) | (x == high)).all())


def _share_variance(x: Array, low: float, high: float) -> float:
    """p(1 - p), times the squared step where a yes/no column is not coded 0 and 1."""
    # Counted, not taken from the mean: of a group that is all "yes" it must be nothing, to the last digit.
    share = float((x == high).mean())
    return share * (1 - share) * (high - low) ** 2


def standardising_sd(x: Array, treated: Bools, estimand: str, binary: bool) -> float:
    """SD by which mean differences are divided, before matching: of the focal group, or of both for the ATE.

    The variance of a yes/no column is p(1-p); for the ATE the two groups' variances are averaged.

    Parameters
    ----------
    x : array, shape (n,)
    treated : array of bool, shape (n,)
    estimand : str
        ``ATT`` (programme SD), ``ATC`` (comparison SD); for any other both.
    binary : bool
        Whether this is a yes/no column.

    Examples
    --------
    >>> standardising_sd(np.array([0.0, 1.0, 0.0, 1.0]), np.array([True, True, False, False]), "ATT", True)
    0.5
    """
    groups = {"ATT": [treated], "ATC": [~treated]}.get(estimand, [treated, ~treated])
    if binary:
        low, high = float(x.min()), float(x.max())
        return float(np.sqrt(np.mean([_share_variance(x[group], low, high) for group in groups])))
    return float(np.sqrt(np.mean([sample_variance(x[group]) for group in groups])))


def sample_variance(x: Array) -> float:
    """Variance of a sample; missing for fewer than two."""
    if len(x) < 2:
        return NAN
    return 0.0 if _is_constant(x) else float(x.var(ddof=1))


def smd(difference: float, sd: float) -> float:
    """Divide a difference by the SD; nothing over nothing is no difference.

    Examples
    --------
    >>> smd(1.0, 2.0), smd(0.0, 0.0), smd(-1.0, 0.0)
    (0.5, 0.0, -inf)
    """
    if sd > 0 or np.isnan(difference):
        return difference / sd if sd > 0 else NAN
    return 0.0 if abs(difference) < 1e-12 else float(np.copysign(np.inf, difference))


def variance_ratio(x: Array, treated: Bools, w: Array) -> float:
    """Variance in the programme group over variance in the comparison group, with weights."""
    below = weighted_variance(x[~treated], w[~treated])
    return weighted_variance(x[treated], w[treated]) / below if below > 0 else NAN
