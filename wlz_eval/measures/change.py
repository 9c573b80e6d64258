"""Change before to after, with an interval that allows for children of one school changing alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

__all__ = ["Change", "Share", "paired_change", "wilson"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """Mean change of children with both readings.

    ``missing`` counts the children who lack one of the two; ``method`` says how the interval was made.
    """

    n: int
    missing: int
    schools: int
    before: float
    after: float
    change: float
    se: float
    ci_low: float
    ci_high: float
    method: str


@dataclass(frozen=True)
class Share:
    """A share with its 95% interval."""

    share: float
    low: float
    high: float


def paired_change(
    before: npt.ArrayLike, after: npt.ArrayLike, school: npt.ArrayLike | None = None, level: float = 0.95
) -> Change:
    """Mean change of the same children, after minus before.

    With two schools or more the standard error sums changes within schools before squaring, with t on
    schools - 1 degrees of freedom; with one school, or none named, it is the paired t interval and says so.

    Parameters
    ----------
    before, after : array_like
        Readings, one a child, in the same order.
    school : array_like, optional
        School of each child.
    level : float
        Confidence.

    Returns
    -------
    Change
        With ``nan`` for what cannot be computed.

    Examples
    --------
    >>> paired_change([10.0, 12.0, 14.0], [9.0, 10.0, 13.0]).change
    -1.3333333333333333
    """
    first, last = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    both = np.isfinite(first) & np.isfinite(last)
    n, missing = int(both.sum()), int((~both).sum())
    difference = last[both] - first[both]
    codes = np.zeros(n, dtype=int) if school is None else pd.factorize(np.asarray(school)[both])[0]
    schools = int(codes.max()) + 1 if n else 0
    mean = float(difference.mean()) if n else math.nan
    se, half, method = math.nan, math.nan, "too few children for an interval"
    if n > 1:
        if schools > 1:
            sums = np.bincount(codes, difference - mean, minlength=schools)
            se = float(np.sqrt(schools / (schools - 1) * np.sum(sums**2)) / n)
            df, method = schools - 1, f"paired, clustered by school, t with {schools - 1} degrees of freedom"
        else:
            se = float(difference.std(ddof=1) / math.sqrt(n))
            df, method = n - 1, f"paired t with {n - 1} degrees of freedom, children as independent"
        half = float(special.stdtrit(df, 0.5 + level / 2)) * se
    return Change(
        n=n,
        missing=missing,
        schools=schools,
        before=float(first[both].mean()) if n else math.nan,
        after=float(last[both].mean()) if n else math.nan,
        change=mean,
        se=se,
        ci_low=mean - half,
        ci_high=mean + half,
        method=method,
    )


def wilson(count: int, n: int, level: float = 0.95) -> Share:
    """Share of `n` children with Wilson's interval, children taken as independent.

    Source: Wilson (1927), Journal of the American Statistical Association 22.

    Examples
    --------
    >>> s = wilson(8, 10)
    >>> round(s.low, 3), round(s.high, 3)
    (0.49, 0.943)
    """
    if n <= 0:
        return Share(math.nan, math.nan, math.nan)
    z = float(special.ndtri(0.5 + level / 2))
    p = count / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return Share(p, centre - half, centre + half)
