"""Means and shares of the same children before and after, with intervals that hold with few schools."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

__all__ = ["Change", "Share", "cluster_mean", "clustered_share", "only_two", "paired_change", "wilson"]

Array = npt.NDArray[np.float64]


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


@dataclass(frozen=True)
class ClusterMean:
    """A mean with a standard error that allows for clusters, and its degrees of freedom."""

    mean: float
    se: float
    df: float
    clusters: int


def _codes(school: npt.ArrayLike | None, keep: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Give the schools of the children kept numbers; children whose school is not known share one."""
    if school is None:
        return np.zeros(int(keep.sum()), dtype=np.intp)
    given = np.asarray(school)
    if np.issubdtype(given.dtype, np.integer):
        return np.asarray(np.unique(given[keep], return_inverse=True)[1], dtype=np.intp)
    named = pd.Series(np.asarray(school, dtype=object)[keep]).astype(object)
    return np.asarray(pd.factorize(named.where(named.notna(), "").astype(str), sort=True)[0], dtype=np.intp)


def only_two(codes: npt.NDArray[np.intp]) -> bool:
    """Whether children come from two schools, which are too few for an interval that allows for schools.

    With one degree of freedom it would be of no use to anybody; and as its width is the distance of the two means, it
    would give the mean of each school, of which nothing is shown.

    Examples
    --------
    >>> only_two(np.array([0, 1, 1])), only_two(np.array([0, 0])), only_two(np.array([0, 1, 2]))
    (True, False, False)
    """
    return len(codes) > 0 and int(codes.max()) == 1


def cluster_mean(values: npt.ArrayLike, codes: npt.NDArray[np.intp]) -> ClusterMean:
    """Mean with its bias-reduced cluster-robust standard error (CR2), in closed form.

    Each school's sum of residuals is lifted by 1/sqrt(1 - its share of the children). Degrees of freedom are
    Satterthwaite's under independence within schools or, where children of a school are alike, under a random
    intercept with the correlation that the values show (Imbens and Kolesar 2016).

    Parameters
    ----------
    values : array_like, shape (n,)
    codes : array of int, shape (n,)
        Cluster of each value, 0 to m - 1, with m of at least 2.

    Returns
    -------
    ClusterMean
    """
    x = np.asarray(values, dtype=float)
    n, sizes = len(x), np.bincount(codes).astype(float)
    mean = float(x.mean())
    share = sizes / n
    lift = 1 / np.sqrt(1 - share)
    sums = np.bincount(codes, x - mean, minlength=len(sizes))
    se = math.sqrt(float(np.sum((lift * sums) ** 2))) / n
    alike = _intraclass(x - mean, codes, sizes)
    spread = sizes * (1 + (sizes - 1) * alike)
    covariance = np.diag(spread) - np.outer(share, spread) - np.outer(spread, share)
    covariance = (covariance + spread.sum() * np.outer(share, share)) * np.outer(lift, lift)
    df = float(np.trace(covariance) ** 2 / np.sum(covariance**2))
    return ClusterMean(mean, se, df, len(sizes))


def _intraclass(residuals: Array, codes: npt.NDArray[np.intp], sizes: Array) -> float:
    """Correlation of residuals of one cluster: mean product over pairs over mean square, not below zero."""
    pairs = float(np.sum(sizes * (sizes - 1)))
    square = float(np.sum(residuals**2))
    if pairs <= 0 or square <= 0:
        return 0.0
    sums = np.bincount(codes, residuals, minlength=len(sizes))
    product = float(np.sum(sums**2)) - square
    return float(np.clip((product / pairs) / (square / len(residuals)), 0.0, 0.99))


def paired_change(
    before: npt.ArrayLike, after: npt.ArrayLike, school: npt.ArrayLike | None = None, level: float = 0.95
) -> Change:
    """Mean change of the same children, after minus before.

    With three schools or more the standard error is cluster-robust (CR2) with Imbens and Kolesar's degrees of
    freedom, which hold with few and unequal schools; with one school, or none named, it is the paired t interval
    and says so; with two there is none.

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
    codes = _codes(school, both)
    schools = int(codes.max()) + 1 if n else 0
    mean = float(difference.mean()) if n else math.nan
    se, half, method = math.nan, math.nan, "too few children for an interval"
    if only_two(codes):
        method = "two schools are too few for an interval"
    elif n > 1:
        if schools > 1:
            found = cluster_mean(difference, codes)
            se, df = found.se, found.df
            method = f"paired, CR2 clustered by school, t with {df:.1f} degrees of freedom"
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


def wilson(count: float, n: float, level: float = 0.95) -> Share:
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


def clustered_share(
    yes: npt.ArrayLike, school: npt.ArrayLike | None = None, level: float = 0.95
) -> Share:
    """Share of children with Wilson's interval on the number of independent children that they are worth.

    Where children of a school go the same way, the effective number is below the number of children (Korn and
    Graubard 1998: variance under independence over cluster-robust variance, times the squared ratio of the t
    quantiles); it is never taken as more. With two schools there is no interval.

    Parameters
    ----------
    yes : array_like of bool
        Whether the child counts.
    school : array_like, optional
    level : float

    Examples
    --------
    >>> clustered_share([True] * 8 + [False] * 2) == wilson(8, 10)
    True
    """
    values = np.asarray(yes, dtype=float)
    n = len(values)
    if not n:
        return wilson(0, 0)
    codes = _codes(school, np.ones(n, dtype=bool))
    p, worth = float(values.mean()), float(n)
    if only_two(codes):
        return Share(p, math.nan, math.nan)
    if codes.max() > 0 and 0 < p < 1:
        found = cluster_mean(values, codes)
        tail = 0.5 + level / 2
        ratio = float(special.stdtrit(n - 1, tail) / special.stdtrit(found.df, tail))
        if found.se > 0:
            worth = min(float(n), p * (1 - p) / found.se**2 * ratio**2)
    return wilson(p * worth, worth, level)
