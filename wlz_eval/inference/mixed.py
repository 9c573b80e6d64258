"""A linear model with one random intercept a school, fitted by REML, with small-sample degrees of freedom.

All that REML needs of a school is a few sums over its pupils: the inverse of a school's covariance matrix is a
diagonal minus one outer product. So one evaluation of the likelihood costs as many operations as there are
schools, however many pupils they hold, and the only number to search for is the ratio of the two variances.
"""

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
from wlz_eval.inference.linear import LeastSquares, least_squares

__all__ = ["MIXED_DF_KINDS", "ClusterSums", "MixedEstimates", "cluster_sums", "mixed_reml", "variance_ratio", "whiten"]

Array = npt.NDArray[np.float64]

#: Degrees of freedom of a mixed model; their names in words are in ``DF_KINDS``.
MIXED_DF_KINDS: tuple[str, ...] = ("kenward-roger", "satterthwaite", "containment")
#: The ratio is searched, times a school's mean weight, between these bounds; below, it may be exactly zero.
RATIO_BOUNDS = (1e-6, 1e6)
#: Points of a search round, and rounds; each narrows the interval sixteenfold.
POINTS, ROUNDS = 33, 7


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
class ClusterSums:
    """All that the likelihood needs, with columns orthonormal under the weights and the outcome replaced by residuals.

    Parameters
    ----------
    basis : array, shape (p, p)
        ``X @ basis`` are the orthonormal columns.
    columns : array, shape (m, p)
        Weighted sums of those columns over each cluster.
    total, residual : array, shape (m,)
        Sum of weights, weighted sum of least-squares residuals.
    square : float
        Weighted sum of squared residuals.
    n : int
        Rows.
    """

    basis: Array
    columns: Array
    total: Array
    residual: Array
    square: float
    n: int

    def at(self, ratio: Array) -> tuple[Array, Array, Array]:
        """Deviance, shift of the coefficients from least squares, and scaled information, at variance ratios.

        Parameters
        ----------
        ratio : array, shape (g, m)
            Variance between over variance within, for each of g trials and each cluster.

        Returns
        -------
        deviance : array, shape (g,)
            Minus twice the restricted log-likelihood, but for a constant.
        shift : array, shape (g, p)
            Of the coefficients of the orthonormal columns.
        information : array, shape (g, p, p)
            Inverse of their covariance over the variance within.
        """
        p = self.columns.shape[1]
        shrink = ratio / (1.0 + ratio * self.total)
        squares = (self.columns[:, :, None] * self.columns[:, None, :]).reshape(len(self.total), p * p)
        information = np.eye(p) - (shrink @ squares).reshape(-1, p, p)
        cross = -(shrink * self.residual) @ self.columns
        shift = np.linalg.solve(information, cross[:, :, None])[:, :, 0]
        left = self.square - shrink @ self.residual**2 - (shift * cross).sum(axis=1)
        spare = self.n - p
        deviance = (
            np.log1p(ratio * self.total).sum(axis=1)
            + np.linalg.slogdet(information)[1]
            + spare * np.log(np.maximum(left, np.finfo(float).tiny) / spare)
        )
        return deviance, shift, information


def cluster_sums(fit: LeastSquares, codes: npt.NDArray[np.intp]) -> ClusterSums:
    """Sum up a least-squares fit by cluster.

    Parameters
    ----------
    fit : LeastSquares
    codes : array of int, shape (n,)
        Cluster of each row of the fit, 0 to m - 1, each used.
    """
    basis = np.linalg.cholesky(fit.bread)
    weighted = (fit.X @ basis) * fit.weights[:, None]
    m = int(codes.max()) + 1
    columns = np.column_stack([np.bincount(codes, weights=column, minlength=m) for column in weighted.T])
    return ClusterSums(
        basis=basis,
        columns=columns,
        total=np.bincount(codes, weights=fit.weights, minlength=m),
        residual=np.bincount(codes, weights=fit.weights * fit.residuals, minlength=m),
        square=float(fit.weights @ fit.residuals**2),
        n=len(fit.y),
    )


def variance_ratio(sums: ClusterSums) -> float:
    """Find the ratio of the variance between clusters to that within which maximises the restricted likelihood.

    A grid over the logarithm finds the hill, finer grids its top, so that several hills do no harm.

    Returns
    -------
    float
        Zero when no positive ratio is more likely than none.
    """
    m = len(sums.total)
    typical = float(sums.total.mean())
    low, high = (np.log(bound / typical) for bound in RATIO_BOUNDS)
    for _ in range(ROUNDS):
        trials = np.linspace(low, high, POINTS)
        deviance = sums.at(np.repeat(np.exp(trials)[:, None], m, axis=1))[0]
        best = int(deviance.argmin())
        low, high = trials[max(best - 1, 0)], trials[min(best + 1, POINTS - 1)]
    none = sums.at(np.zeros((1, m)))[0][0]
    return float(np.exp(trials[best])) if deviance[best] < none else 0.0


def whiten(fit: LeastSquares, codes: npt.NDArray[np.intp], ratio: float) -> tuple[Array, Array]:
    """Turn columns and outcome into rows that are independent under a random intercept.

    Each row loses part of its cluster's mean: least squares on the result is generalised least squares on the
    original, and every variance of least squares becomes one under the random-intercept working model.

    Parameters
    ----------
    fit : LeastSquares
    codes : array of int, shape (n,)
        Cluster of each row of the fit, 0 to m - 1, each used.
    ratio : float
        Variance between clusters over variance within.

    Returns
    -------
    tuple of array
        Columns, shape (n, p), and outcome, shape (n,).
    """
    total = np.bincount(codes, weights=fit.weights)
    part = (1.0 - 1.0 / np.sqrt(1.0 + ratio * total)) / total
    rows = np.column_stack([fit.X, fit.y])
    means = np.column_stack([np.bincount(codes, weights=fit.weights * column) for column in rows.T])
    rows = np.sqrt(fit.weights)[:, None] * (rows - (part[:, None] * means)[codes])
    return rows[:, :-1], rows[:, -1]


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
    covariance = np.linalg.inv(information)
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
    ratio = variance_ratio(sums)
    _, shift, information = sums.at(np.full((1, len(labels)), ratio))
    coefficients = fit.coefficients + sums.basis @ shift[0]
    remainder = sums.residual - sums.columns @ shift[0]
    pull = ratio / (1.0 + ratio * sums.total)
    left = sums.square + shift[0] @ shift[0] - float(pull @ remainder**2)
    within = left / (sums.n - len(fit.names))
    between = ratio * within
    parts = _components(sums, between, within)
    inner = sums.basis.T @ columns
    middle = parts.adjusted() if df == "kenward-roger" else parts.covariance
    covariance = inner.T @ middle @ inner
    freedom = _containment(fit, codes, columns) if df == "containment" else parts.freedom(inner)
    # Score of a cluster: X'V^-1 (y - Xb), by the same inverse.
    residuals = fit.y - fit.X @ coefficients
    pieces = (fit.X @ sums.basis) * (fit.weights * residuals)[:, None]
    by_cluster = np.column_stack([np.bincount(codes, weights=column) for column in pieces.T])
    scores = (by_cluster - (pull * remainder)[:, None] * sums.columns) @ np.linalg.solve(information[0], inner)
    estimate, se = columns.T @ coefficients, np.sqrt(np.diag(covariance))
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
        scores=scores * np.where(length > 0, se / np.where(length > 0, length, 1.0), 0.0),
        clusters=labels,
        variance_kind="REML",
        df_kind=df,
        n=len(fit.y),
        n_clusters=len(labels),
        intraclass=between / (between + within),
        level=level,
        notes=fit_notes(fit),
        variance_between=between,
        variance_within=within,
    )
