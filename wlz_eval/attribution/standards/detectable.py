"""How finely a comparison can see, from children, schools and weights alone: pure functions, no outcome."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.asked import asked_for_number, asked_for_whole
from wlz_eval.attribution.effects.models import CHILDREN_PER_COEFFICIENT
from wlz_eval.core.errors import OptionError
from wlz_eval.inference.linear import least_squares
from wlz_eval.inference.sandwich import cluster_parts, satterthwaite

__all__ = ["Spread", "check_shares", "detectable", "planned_detectable_effect", "spread", "what_is_needed"]

Array = npt.NDArray[np.float64]

#: Nobody pools more cohorts than this; beyond it the answer is "no number".
MOST_COHORTS = 100
LARGEST_FACTOR = 1e6


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How the variance of an estimate comes about, for an outcome with an SD of one.

    Parameters
    ----------
    between : float
        Multiplies the variance between schools: sum over schools of (programme share - comparison share) squared.
    within : float
        Multiplies the variance within schools: one over each group's effective sample size, added.
    df : float
        Degrees of freedom of the interval.
    """

    between: float
    within: float
    df: float

    def se(self, icc: float, r2: float) -> float:
        """Return the standard error in SDs of the outcome."""
        return math.sqrt((1 - r2) * (icc * self.between + (1 - icc) * self.within))


def detectable(se: float, df: float, power: float = 0.8, level: float = 0.95) -> float:
    """Smallest true effect that an interval leaves zero out for, with the probability `power`.

    Bloom's (1995) multiplier with Student's t in both places: with few schools the normal's is too small.

    Parameters
    ----------
    se, df : float
        Standard error of the estimate and its degrees of freedom.
    power, level : float

    Examples
    --------
    >>> round(detectable(0.1, 18), 3), round(detectable(0.1, 1e9), 3)
    (0.296, 0.28)
    """
    asked_for_number("power", power, 0, 1, ends=False)
    asked_for_number("level", level, 0, 1, ends=False)
    if not (se >= 0 and df > 0):
        return float("nan")
    return float((special.stdtrit(df, 0.5 + level / 2) + special.stdtrit(df, power)) * se)


def planned_detectable_effect(
    programme: int,
    comparison: int,
    programme_schools: int,
    comparison_schools: int | None = None,
    *,
    icc: float,
    r2: float,
    power: float = 0.8,
    level: float = 0.95,
) -> float:
    """Smallest detectable effect, in SDs, of a comparison that is only planned: equal schools, equal weights.

    Parameters
    ----------
    programme, comparison : int
        Children in each group.
    programme_schools : int
        Schools of the programme children.
    comparison_schools : int, optional
        Other schools, in which the comparison children are; left out when they are in the same schools, whose
        differences then cancel.
    icc, r2 : float
        Share of variance between schools; share that the baseline explains, between and within alike.
    power, level : float

    References
    ----------
    Bloom, Richburg-Hayes and Black (2007), Educational Evaluation and Policy Analysis 29; Dong and Maynard (2013).

    Examples
    --------
    >>> round(planned_detectable_effect(300, 300, 10, 10, icc=.15, r2=.5), 2)
    0.4
    >>> round(planned_detectable_effect(300, 300, 10, icc=.15, r2=.5), 2)
    0.15
    """
    check_shares(icc=icc, r2=r2)
    for name, value in (("programme", programme), ("comparison", comparison), ("programme_schools", programme_schools)):
        asked_for_whole(name, value)
    if comparison_schools is not None:
        asked_for_whole("comparison_schools", comparison_schools)
    if programme_schools > programme or (comparison_schools or 0) > comparison:
        raise OptionError("There are more schools than children. Each school needs at least one child.")
    within = 1 / programme + 1 / comparison
    if comparison_schools is None:
        plan = Spread(between=0.0, within=within, df=programme + comparison - programme_schools - 1)
    else:
        df = programme_schools + comparison_schools - 2
        plan = Spread(between=1 / programme_schools + 1 / comparison_schools, within=within, df=df)
    return detectable(plan.se(icc, r2), plan.df, power, level)


def check_shares(**shares: float) -> None:
    """Refuse a share that is not at least 0 and below 1, by name."""
    for name, value in shares.items():
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if not number or not 0 <= value < 1:
            raise OptionError(f"{name} must be at least 0 and below 1, not {value!r}.")


def spread(
    treated: npt.ArrayLike, weights: npt.ArrayLike, school: npt.ArrayLike, icc: float, covariates: Array
) -> Spread:
    """Work out the spread of the outcome model's estimate from a design, without any outcome.

    The estimate is a weighted sum of outcomes; sums of its coefficients by school give the part of the
    variance between schools, so same-school and other-school comparisons, unequal schools, and weights need no
    formulas of their own. Degrees of freedom are Imbens and Kolesar's for CR2 under the given intra-class
    correlation: those that the interval will have if that correlation is right.

    Parameters
    ----------
    treated, weights, school : array, shape (n,)
        Children with a weight above zero.
    icc : float
    covariates : array, shape (n, k)
        Of the outcome model, which are held back when the children are too few for them.
    """
    mask, w = np.asarray(treated, dtype=bool), np.asarray(weights, dtype=float)
    codes = pd.factorize(pd.Series(np.asarray(school, dtype=object)), sort=True)[0].astype(np.intp)
    fit = least_squares(_columns(mask, w, covariates), np.zeros(len(mask)), w)
    contrast = np.zeros((fit.X.shape[1], 1))
    contrast[1] = 1.0
    share = fit.weights * (fit.X @ (fit.bread @ contrast[:, 0]))
    df = float("nan")
    if int(codes.max()) >= 1:
        parts = cluster_parts(fit, codes, "CR2", contrast)
        df = satterthwaite(parts, 0, 1 - icc, icc)
    return Spread(between=float((np.bincount(codes, weights=share) ** 2).sum()), within=float((share**2).sum()), df=df)


def _columns(treated: npt.NDArray[np.bool_], w: Array, covariates: Array) -> Array:
    """Columns of the outcome model that so many children allow, as :func:`estimate_effect` chooses them."""
    programme, n = treated.astype(float), len(treated)
    plain = np.column_stack([np.ones(n), programme])
    k = covariates.shape[1]
    if not k or n < CHILDREN_PER_COEFFICIENT * (k + 2):
        return plain
    centred = covariates - (w[treated] @ covariates[treated]) / w[treated].sum()
    if min(treated.sum(), (~treated).sum()) < CHILDREN_PER_COEFFICIENT * (k + 1):
        return np.column_stack([plain, centred])
    return np.column_stack([plain, centred, centred * programme[:, None]])


def _smallest(enough: Callable[[float], bool], highest: float) -> float:
    """Find the smallest factor of at least 1 for which `enough` holds, by bisection; infinite when none does."""
    if enough(1.0):
        return 1.0
    if not enough(highest):
        return math.inf
    low, high = 1.0, highest
    while high - low > 1e-9 * high:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def what_is_needed(
    base: Spread,
    n: int,
    schools: int,
    icc: float,
    r2: float,
    persistence: float,
    power: float,
    level: float,
    target: float,
) -> dict[str, float]:
    """Say how many programme children (in tens, rounded up), schools or cohorts would find an effect of `target`."""

    def finds(between: float, within: float, df: float) -> bool:
        se = Spread(between=between, within=within, df=df).se(icc, r2)
        return detectable(se, df, power, level) <= target * (1 + 1e-9)

    def in_new_schools(k: float) -> bool:
        # Two means are estimated once, however many cohorts: degrees of freedom grow a little faster than k.
        return finds(base.between / k, base.within / k, (base.df + 2) * k - 2)

    def in_same_schools(k: float) -> bool:
        return finds(base.between * (persistence + (1 - persistence) / k), base.within / k, base.df)

    more_children = _smallest(lambda k: finds(base.between, base.within / k, base.df), LARGEST_FACTOR)
    more_schools = _smallest(in_new_schools, LARGEST_FACTOR)
    return {
        "target": target,
        "children": 10 * _up(more_children * n / 10),
        "schools": _up(more_schools * schools),
        "cohorts_same_schools": _up(_smallest(in_same_schools, MOST_COHORTS)),
        "cohorts_new_schools": _up(_smallest(in_new_schools, MOST_COHORTS)),
    }


def _up(value: float) -> float:
    return math.ceil(value - 1e-6) if math.isfinite(value) else math.inf
