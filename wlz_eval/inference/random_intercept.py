"""The likelihood of a random intercept, from sums over schools.

All that REML needs of a school is a few sums over its pupils: the inverse of a school's covariance matrix is a
diagonal minus one outer product. So one evaluation of the likelihood costs as many operations as there are
schools, however many pupils they hold, and the only number to search for is the ratio of the two variances.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.inference.linear import LeastSquares, cluster_totals

__all__ = ["ClusterSums", "cluster_sums", "variance_ratio", "whiten"]

Array = npt.NDArray[np.float64]

#: The ratio is searched, times a school's mean weight, between these bounds; below, it may be exactly zero.
RATIO_BOUNDS = (1e-6, 1e6)
#: Points of a search round, and rounds; each narrows the interval sixteenfold.
POINTS, ROUNDS = 33, 7


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
        shift: Array = np.linalg.solve(information, cross[:, :, None])[:, :, 0].astype(float)
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
    basis: Array = np.linalg.cholesky(fit.bread).astype(float)
    return ClusterSums(
        basis=basis,
        columns=cluster_totals((fit.X @ basis) * fit.weights[:, None], codes),
        total=cluster_totals(fit.weights, codes),
        residual=cluster_totals(fit.weights * fit.residuals, codes),
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
    total = cluster_totals(fit.weights, codes)
    part = (1.0 - 1.0 / np.sqrt(1.0 + ratio * total)) / total
    rows = np.column_stack([fit.X, fit.y])
    means = cluster_totals(fit.weights[:, None] * rows, codes)
    rows = np.sqrt(fit.weights)[:, None] * (rows - (part[:, None] * means)[codes])
    return rows[:, :-1], rows[:, -1]
