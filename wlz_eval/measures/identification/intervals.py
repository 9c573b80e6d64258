"""An interval for any number that compares children of few schools: leave each school out in turn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["FEWEST_SCHOOLS", "Interval", "leave_one_out"]

#: With fewer schools than this, children are left out one by one instead, and the interval says so.
FEWEST_SCHOOLS = 3


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95% interval.

    Parameters
    ----------
    estimate, se, low, high : float
        ``nan`` where they cannot be told.
    p : float
        Two-sided p-value of the estimate being zero.
    df : float
        Degrees of freedom of the t distribution.
    by_school : bool
        Whether schools were left out in turn; otherwise children were, as if those of a school were not alike.
    """

    estimate: float
    se: float = math.nan
    low: float = math.nan
    high: float = math.nan
    p: float = math.nan
    df: float = math.nan
    by_school: bool = False


def leave_one_out(
    statistic: Callable[[npt.NDArray[np.bool_]], float],
    school: npt.NDArray[np.intp],
    informative: npt.NDArray[np.bool_] | None = None,
    level: float = 0.95,
) -> Interval:
    """Interval from what a statistic becomes when each school is left out in turn (cluster jackknife).

    The variance is (m - 1)/m times the sum of squared deviations from the full estimate, which for a regression is
    CR3, the one that errs on the wide side when schools are few or unequal. Degrees of freedom are the schools that
    hold children of the smaller group, less one.

    Parameters
    ----------
    statistic : callable
        Given which children to keep (a mask, shape (n,)), returns the number.
    school : array of int, shape (n,)
        School of each child.
    informative : array of bool, shape (n,), optional
        Children of the smaller group; all when left out.
    level : float

    Returns
    -------
    Interval
        Without an interval where leaving a school out leaves nothing to compare.

    References
    ----------
    MacKinnon, Nielsen and Webb (2023), Journal of Econometrics 232; Bell and McCaffrey (2002), Survey
    Methodology 28.

    Examples
    --------
    >>> x, school = np.arange(8.0), np.repeat(np.arange(4), 2)
    >>> found = leave_one_out(lambda keep: float(x[keep].mean()), school)
    >>> found.estimate, round(found.se, 3), found.df
    (3.5, 1.291, 3.0)
    """
    n = len(school)
    full = statistic(np.ones(n, dtype=bool)) if n else math.nan
    if not math.isfinite(full):
        return Interval(math.nan)
    own = np.ones(n, dtype=bool) if informative is None else informative
    by_school = len(np.unique(school)) >= FEWEST_SCHOOLS
    unit = school if by_school else np.arange(n)
    df = float(len(np.unique(unit[own])) - 1)
    if df < 1:
        return Interval(full, by_school=by_school)
    labels = np.unique(unit)
    without = np.array([statistic(unit != label) for label in labels])
    if not np.isfinite(without).all():
        return Interval(full, by_school=by_school)
    se = math.sqrt((len(labels) - 1) / len(labels) * float(np.sum((without - full) ** 2)))
    if se <= 1e-12:
        return Interval(full, by_school=by_school)
    half = float(special.stdtrit(df, 0.5 + level / 2)) * se
    p = 2 * float(special.stdtr(df, -abs(full) / se))
    return Interval(full, se, full - half, full + half, p, df, by_school)
