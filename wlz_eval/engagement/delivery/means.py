"""Means of children and their differences, with intervals that hold with few schools."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.measures.progress.change import cluster_mean, only_two

__all__ = ["UNKNOWN", "clustered_difference", "clustered_mean"]

Estimate = tuple[float, float, float]
#: An estimate that could not be made.
UNKNOWN: Estimate = (math.nan, math.nan, math.nan)


def _schools(school: npt.ArrayLike | pd.Series) -> npt.NDArray[np.intp]:
    """Code schools; children whose school is not known share one."""
    named = pd.Series(np.asarray(school, dtype=object), dtype="object")
    return np.asarray(pd.factorize(named.where(named.notna(), "").astype(str), sort=True)[0], dtype=np.intp)


def clustered_mean(values: npt.ArrayLike, school: npt.ArrayLike) -> Estimate:
    """Mean with a 95% interval that holds with few schools (CR2).

    With one school children count as independent; two are too few for an interval.

    Examples
    --------
    >>> mean, low, high = clustered_mean([1.0, 2.0, 3.0, 4.0], ["a", "a", "b", "c"])
    >>> mean, low < mean < high
    (2.5, True)
    """
    x = np.asarray(values, dtype=float)
    if len(x) < 2:
        return (float(x.mean()) if len(x) else math.nan), math.nan, math.nan
    codes = _schools(school)
    if only_two(codes):
        return float(x.mean()), math.nan, math.nan
    if codes.max() == 0:
        se, df = float(x.std(ddof=1) / math.sqrt(len(x))), float(len(x) - 1)
    else:
        found = cluster_mean(x, codes)
        se, df = found.se, found.df
    half = float(special.stdtrit(df, 0.975)) * se if se > 0 else 0.0
    return float(x.mean()), float(x.mean()) - half, float(x.mean()) + half


def clustered_difference(values: npt.ArrayLike, first: npt.ArrayLike, school: npt.ArrayLike) -> Estimate:
    """Mean of those in `first` less that of the others, with a 95% interval (CR2 by school; HC3 with one school).

    Missing with fewer than two children on either side; without an interval where there are two schools.

    Examples
    --------
    >>> round(clustered_difference([3.0, 4.0, 1.0, 2.0], [True, True, False, False], ["a", "b", "a", "c"])[0], 6)
    2.0
    """
    from wlz_eval.inference import cluster_robust, hc_robust

    y, top = np.asarray(values, dtype=float), np.asarray(first, dtype=float)
    if not 1 < top.sum() < len(top) - 1:
        return UNKNOWN
    x, codes, gap = np.column_stack([np.ones(len(top)), top]), _schools(school), {"gap": {"top": 1.0}}
    if codes.max() > 0:
        found = cluster_robust(x, y, codes, contrasts=gap, names=("all", "top"))
    else:
        found = hc_robust(x, y, contrasts=gap, names=("all", "top"))
    if only_two(codes):
        return float(found.estimate[0]), math.nan, math.nan
    return float(found.estimate[0]), float(found.ci_low[0]), float(found.ci_high[0])
