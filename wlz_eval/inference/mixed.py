"""A linear model with one random intercept a school, fitted by REML, with small-sample degrees of freedom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.inference.estimates import (
    DF_KINDS,
    RobustEstimates,
    check_option,
    cluster_codes,
    fit_notes,
    named_contrasts,
    t_interval,
)
from wlz_eval.inference.linear import LeastSquares, cluster_totals, least_squares
from wlz_eval.inference.random_intercept import ClusterSums, cluster_sums, variance_ratio

__all__ = ["MIXED_DF_KINDS", "MixedEstimates", "mixed_reml"]

Array = npt.NDArray[np.float64]

#: Degrees of freedom of a mixed model; their names in words are in ``DF_KINDS``.
MIXED_DF_KINDS: tuple[str, ...] = ("kenward-roger", "satterthwaite", "containment")


@dataclass(frozen=True, kw_only=True, repr=False)
class MixedEstimates(RobustEstimates):
    """Estimates of a random-intercept model: as :class:`RobustEstimates`, with both variances.

    Parameters
    ----------
    variance_between, variance_within : float
        REML estimates of the variance of schools and of a pupil of weight one.

    Notes
    -----
    `covariance` is the model's (adjusted, with ``kenward-roger``). `scores` are scaled so that their squares sum
    to the variances; their products over two fits approximate the covariance between their estimates.
    """

    variance_between: float
    variance_within: float

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: what was fitted on how much."""
        return (
            f"Random intercept (REML) on {self.n:,} rows in {self.n_clusters:,} clusters, "
            f"{DF_KINDS[self.df_kind]} degrees of freedom"
        )


@dataclass(frozen=True)
class _Components:
    """Derivatives of Kenward and Roger (1997) for the two variances, in orthonormal columns.

    Parameters
    ----------
    covariance : array, shape (p, p)
        The model's, unadjusted.
    first : array, shape (2, p, p)
        Their P: derivatives of the information, variance between first.
    second : array, shape (2, 2, p, p)
        Their Q.
    variances : array, shape (2, 2)
        Asymptotic covariance of the two variances, from the expected information.
    """

    covariance: Array
    first: Array
    second: Array
    variances: Array

    def adjusted(self) -> Array:
        """Covariance with Kenward and Roger's correction for having estimated the variances."""
        between = np.einsum("iab,bc,jcd->ijad", self.first, self.covariance, self.first)
        correction = np.einsum("ij,ijab->ab", self.variances, self.second - between)
        return self.covariance + 2 * self.covariance @ correction @ self.covariance

    def freedom(self, contrasts: Array) -> Array:
        """Satterthwaite's degrees of freedom of each column, which are Kenward and Roger's for a single contrast."""
        target = self.covariance @ contrasts
        slope = np.einsum("aq,iab,bq->iq", target, self.first, target)
        spread = np.einsum("iq,ij,jq->q", slope, self.variances, slope)
        variance = (contrasts * target).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(spread > 0, 2 * variance**2 / spread, np.nan)


def _components(sums: ClusterSums, between: float, within: float) -> _Components:
    """Every piece comes from cluster sums, because V = within * W^-1 + between * 11'."""
    p = sums.columns.shape[1]
    pull = 1.0 / (within + between * sums.total)
    square = (sums.columns * (pull**2)[:, None]).T @ sums.columns
    cube = (sums.columns * (pull**3 * sums.total)[:, None]).T @ sums.columns
    information = (np.eye(p) - between * (sums.columns * pull[:, None]).T @ sums.columns) / within
    first = np.stack([-square, -(information - between * square) / within])
    mixed = (square - between * cube) / within
    second = np.stack([np.stack([cube, mixed]), np.stack([mixed, (-first[1] - between * mixed) / within])])
    covariance: Array = np.linalg.inv(information).astype(float)
    one, two = float((pull * sums.total).sum()), float(((pull * sums.total) ** 2).sum())
    cross = (one - between * two) / within
    traces = np.array([[two, cross], [cross, ((sums.n - between * one) / within - between * cross) / within]])
    seen = np.einsum("ab,iab->i", covariance, second.reshape(4, p, p)).reshape(2, 2)
    moved = np.stack([covariance @ part for part in first])
    expected = (traces - 2 * seen + np.einsum("iab,jba->ij", moved, moved)) / 2
    return _Components(covariance, first, second, np.linalg.pinv(expected, hermitian=True))


def _containment(fit: LeastSquares, codes: npt.NDArray[np.intp], contrasts: Array) -> Array:
    """Clusters minus columns that are constant within them, for contrasts of such columns; rows for the others."""
    m = int(codes.max()) + 1
    high, low = np.full((m, fit.X.shape[1]), -np.inf), np.full((m, fit.X.shape[1]), np.inf)
    np.maximum.at(high, codes, fit.X)
    np.minimum.at(low, codes, fit.X)
    outer = (high == low).all(axis=0)
    outside = m - int(outer.sum())
    # The intercept is constant in every cluster, so the clusters' own means use up m rows in all.
    inside = len(fit.y) - m - int((~outer).sum())
    uses_outer = (contrasts[outer] != 0).any(axis=0)
    return np.maximum(np.where(uses_outer, outside, inside), 0).astype(float)


def mixed_reml(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    cluster: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    df: str = "kenward-roger",
    contrasts: Mapping[str, Mapping[str, float]] | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> MixedEstimates:
    """Estimate a (weighted) linear regression with one random intercept a cluster, by restricted likelihood.

    Parameters
    ----------
    X, y, cluster, contrasts, names, level
        As in :func:`wlz_eval.inference.cluster_robust`.
    weights : array, shape (n,), optional
        Precision weights, as in R's ``lmer``: a row's variance is the variance within, divided by its weight.
    df : {"kenward-roger", "satterthwaite", "containment"}
        ``satterthwaite`` matches two moments of the estimated variance; ``kenward-roger`` also corrects the
        covariance for having estimated the variances; ``containment`` counts clusters minus the columns that are
        constant within clusters, or rows for a contrast of columns that are not.

    Returns
    -------
    MixedEstimates

    Raises
    ------
    OptionError
        For an unknown option, values of different lengths, missing values, fewer than two clusters, or no
        residual variance to divide.

    Notes
    -----
    The model takes all schools to vary alike: with few programme schools that vary more than the others, its
    intervals are too narrow (``data/studies/calibration.csv``).

    References
    ----------
    Patterson and Thompson (1971), Biometrika 58; Kenward and Roger (1997), Biometrics 53.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(8), 20)
    >>> X = pd.DataFrame({"one": 1.0, "programme": (school < 4) * 1.0})
    >>> fit = mixed_reml(X, rng.normal(size=8)[school] + rng.normal(size=160), school)
    >>> fit.df.round(6).tolist()
    [6.0, 6.0]
    """
    check_option("df", df, MIXED_DF_KINDS)
    fit = least_squares(X, y, weights, names)
    labels, codes = cluster_codes(cluster, fit)
    titles, columns = named_contrasts(fit, contrasts)
    sums = cluster_sums(fit, codes)
    if sums.square <= np.finfo(float).eps * float(fit.weights @ fit.y**2):
        raise OptionError("The columns of X explain the outcome exactly: there is no variance left to divide.")
    solved = _solve(sums, variance_ratio(sums))
    inner = sums.basis.T @ columns
    middle = solved.parts.adjusted() if df == "kenward-roger" else solved.parts.covariance
    covariance = inner.T @ middle @ inner
    freedom = _containment(fit, codes, columns) if df == "containment" else solved.parts.freedom(inner)
    estimate = columns.T @ (fit.coefficients + sums.basis @ solved.shift)
    se: Array = np.sqrt(np.diag(covariance))
    scores = _scores(fit, codes, sums, solved) @ solved.parts.covariance @ inner
    length = np.sqrt((scores**2).sum(axis=0))
    low, high, p = t_interval(estimate, se, freedom, level)
    return MixedEstimates(
        names=titles,
        estimate=estimate,
        se=se,
        df=freedom,
        ci_low=low,
        ci_high=high,
        p=p,
        covariance=covariance,
        scores=scores * np.divide(se, length, out=np.zeros_like(se), where=length > 0),
        clusters=labels,
        variance_kind="REML",
        df_kind=df,
        n=len(fit.y),
        n_clusters=len(labels),
        intraclass=solved.between / (solved.between + solved.within),
        level=level,
        notes=fit_notes(fit),
        working="exchangeable",
        variance_between=solved.between,
        variance_within=solved.within,
    )


@dataclass(frozen=True)
class _Solved:
    """The model at its variances; `pull` is how far a cluster's weighted sum is drawn in by its intercept."""

    shift: Array
    between: float
    within: float
    pull: Array
    parts: _Components


def _solve(sums: ClusterSums, ratio: float) -> _Solved:
    shift = sums.at(np.full((1, len(sums.total)), ratio))[1][0]
    pull = ratio / (1.0 + ratio * sums.total)
    remainder = sums.residual - sums.columns @ shift
    left = sums.square + float(shift @ shift) - float(pull @ remainder**2)
    within = left / (sums.n - len(shift))
    return _Solved(shift, ratio * within, within, pull, _components(sums, ratio * within, within))


def _scores(fit: LeastSquares, codes: npt.NDArray[np.intp], sums: ClusterSums, solved: _Solved) -> Array:
    """X'V^-1 (y - Xb) of each cluster, in orthonormal columns."""
    residuals = fit.residuals - fit.X @ (sums.basis @ solved.shift)
    plain = cluster_totals((fit.X @ sums.basis) * (fit.weights * residuals)[:, None], codes)
    remainder = sums.residual - sums.columns @ solved.shift
    return (plain - (solved.pull * remainder)[:, None] * sums.columns) / solved.within
