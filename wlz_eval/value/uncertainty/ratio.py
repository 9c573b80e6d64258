"""A ratio with an interval that stays valid when what it is divided by may be near zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["RatioInterval", "ratio_interval"]

Array = npt.NDArray[np.float64]
#: Ends of a 95% interval.
LOW, HIGH = 0.025, 0.975
#: Why there is no interval.
NEAR_ZERO = "what it is divided by may be zero, so a ratio says nothing"
ZERO = "what it is divided by is zero"


@dataclass(frozen=True)
class RatioInterval:
    """Ends of the interval of a ratio, and why there are none.

    Parameters
    ----------
    low, high : float
        95% interval; ``nan`` where there is none.
    reason : str
        Why there is none; empty where there is one.
    """

    low: float
    high: float
    reason: str = ""


def ratio_interval(top: Array, bottom: Array) -> RatioInterval:
    """95% interval of a ratio from joint draws, by Fieller's argument.

    A ratio r is inside when zero is inside the 95% interval of ``top - r * bottom``. Where every draw of `bottom` is
    above zero this is the interval of the quotients. Where the 95% interval of `bottom` holds zero, the set of such r
    has no end, and none is given: quotients would jump from large to minus large and their quantiles would mislead.

    Parameters
    ----------
    top, bottom : array, shape (draws,)

    Returns
    -------
    RatioInterval

    Notes
    -----
    Fieller (1954), Some problems in interval estimation.

    Examples
    --------
    >>> draws = np.linspace(0.0, 2.0, 2001)
    >>> found = ratio_interval(draws, np.full(2001, 2.0))
    >>> round(found.low, 3), round(found.high, 3)
    (0.025, 0.975)
    >>> ratio_interval(draws, draws - 1.0).reason
    'what it is divided by may be zero, so a ratio says nothing'
    """
    if not np.any(bottom):
        return RatioInterval(math.nan, math.nan, ZERO)
    least, most = np.quantile(bottom, [LOW, HIGH])
    if least <= 0 <= most:
        return RatioInterval(math.nan, math.nan, NEAR_ZERO)
    sign = 1.0 if least > 0 else -1.0
    top, bottom = sign * top, sign * bottom
    if np.all(bottom > 0):
        low, high = np.quantile(top / bottom, [LOW, HIGH])
        return RatioInterval(float(low), float(high))
    return RatioInterval(_end(top, bottom, LOW), _end(top, bottom, HIGH))


def _end(top: Array, bottom: Array, share: float) -> float:
    """Ratio at which that share of ``top - r * bottom`` lies below zero... by halving.

    The quantile falls as r rises, since nearly all of `bottom` is above zero.
    """
    span = float(np.quantile(np.abs(top), 0.999) / max(np.quantile(bottom, LOW), 1e-300)) + 1.0
    low, high = -span, span
    for _ in range(80):
        middle = (low + high) / 2
        if np.quantile(top - middle * bottom, share) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
