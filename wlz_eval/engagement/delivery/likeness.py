"""How far the sessions of one child go together, and the distribution of a partner's total that follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["Likeness", "sessions_alike", "total_distribution"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: Correlation beyond which a child comes always or never: a larger one cannot be told apart.
MOST_ALIKE = 0.98
#: Standard deviations of a total on each side that its distribution holds.
REACH = 10


@dataclass(frozen=True)
class Likeness:
    """Correlation of two sessions of one child with the same partner, and the degrees of freedom behind it."""

    correlation: float
    df: int

    def design_effect(self, planned: Array, group: Ints, groups: int) -> Array:
        """Variance of each group's total over that of independent sessions."""
        total = np.bincount(group, planned, minlength=groups)
        squares = np.bincount(group, planned**2, minlength=groups)
        with np.errstate(invalid="ignore"):
            return 1 + (squares / total - 1) * self.correlation


def sessions_alike(group: Ints, planned: Array, attended: Array) -> Likeness:
    """Estimate the likeness from children of one partner only, so that differences between partners do not enter it.

    The analysis-of-variance estimator: mean square between children of a partner against that within children, not
    below zero.

    Parameters
    ----------
    group : array of int, shape (n,)
        Partner of each child.
    planned, attended : array, shape (n,)
        Sessions of each child with that partner.

    References
    ----------
    Ridout, Demetrio and Firth (1999), Biometrics 55: intraclass correlation of binary data, equation for the
    analysis-of-variance estimator.

    Examples
    --------
    >>> sessions_alike(np.zeros(4, int), np.full(4, 10.0), np.array([10.0, 10.0, 0.0, 0.0])).correlation
    0.98
    """
    groups = int(group.max()) + 1 if len(group) else 0
    size, came = (np.bincount(group, w, minlength=groups) for w in (planned, attended))
    children = np.bincount(group, minlength=groups)
    held = size > 0
    between_df = int((children[held] - 1).sum())
    within_df = float((planned - 1).sum())
    if between_df <= 0 or within_df <= 0:
        return Likeness(0.0, max(between_df, 0))
    between = (float((attended**2 / planned).sum()) - float((came[held] ** 2 / size[held]).sum())) / between_df
    within = float((attended * (planned - attended) / planned).sum()) / within_df
    squares = np.bincount(group, planned**2, minlength=groups)[held] / size[held]
    typical = float(planned.sum() - squares.sum()) / between_df
    spread = between + (typical - 1) * within
    return Likeness(float(np.clip((between - within) / spread, 0.0, MOST_ALIKE)) if spread > 0 else 0.0, between_df)


def _child_pmf(sizes: Ints, rate: float, correlation: float, length: int) -> Array:
    """Beta-binomial chances of 0, 1, … attended sessions, one row a number of planned sessions."""
    n, k = sizes[:, None].astype(float), np.arange(length)[None, :].astype(float)
    inside = k <= n
    choose = -special.betaln(np.where(inside, n - k, 0) + 1, k + 1) - np.log(n + 1)
    if correlation < 1e-9:
        log = choose + k * np.log(rate) + np.where(inside, n - k, 0) * np.log1p(-rate)
    else:
        a, b = rate * (1 / correlation - 1), (1 - rate) * (1 / correlation - 1)
        log = choose + special.betaln(k + a, np.where(inside, n - k, 0) + b) - special.betaln(a, b)
    return np.where(inside, np.exp(np.where(inside, log, -np.inf)), 0.0)


def total_distribution(
    group: Ints, planned: Ints, rate: float, correlation: float
) -> list[tuple[Ints, Array]]:
    """Distribution of the sessions attended with each partner when all partners have the same rate.

    Children are independent and each child's sessions beta-binomial; their sum is found exactly, by the product of
    characteristic functions.

    Parameters
    ----------
    group : array of int, shape (n,)
        Partner of each child, 0 to m - 1.
    planned : array of int, shape (n,)
        Sessions of each child, at least 1.
    rate : float
        Strictly between 0 and 1.
    correlation : float
        Of two sessions of a child.

    Returns
    -------
    list of (array of int, array)
        For each partner the totals that may be seen and the chance of each; totals further than ten standard deviations
        from the mean are left out.

    Examples
    --------
    >>> support, chance = total_distribution(np.zeros(2, int), np.array([1, 1]), 0.5, 0.2)[0]
    >>> [round(float(c), 3) for c in chance[:3]]
    [0.25, 0.5, 0.25]
    """
    sizes, code = np.unique(planned, return_inverse=True)
    groups = int(group.max()) + 1
    total = np.bincount(group, planned, minlength=groups).astype(np.intp)
    spread = planned * (1 + (planned - 1) * correlation) * rate * (1 - rate)
    sd = np.sqrt(np.bincount(group, spread, minlength=groups))
    wanted = max(int(sizes.max()), int(np.minimum(total, 2 * REACH * sd + 2).max())) + 1
    length = 1 << (wanted - 1).bit_length()
    held = np.bincount(group * len(sizes) + code, minlength=groups * len(sizes)).reshape(groups, len(sizes))
    transform = np.fft.rfft(_child_pmf(sizes, rate, correlation, length), axis=1)
    log = np.log(np.where(np.abs(transform) < 1e-300, 1e-300, transform))
    chance = np.fft.irfft(np.exp(held @ log), n=length, axis=1).clip(0.0)
    out = []
    for k in range(groups):
        low = 0 if total[k] < length else round(float(rate * total[k])) - length // 2
        support = np.arange(max(low, 0), min(low + length - 1, int(total[k])) + 1)
        out.append((support, chance[k][support % length] / max(chance[k][support % length].sum(), 1e-300)))
    return out
