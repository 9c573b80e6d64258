"""A joint test of several coefficients that holds with few schools."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.inference import RobustEstimates, least_squares
from wlz_eval.inference.estimates import cluster_codes
from wlz_eval.inference.random_intercept import cluster_sums, variance_ratio, whiten
from wlz_eval.inference.sandwich import ClusterParts, cluster_parts

__all__ = ["JointTest", "f_test", "joint_test", "wald"]

Array = npt.NDArray[np.float64]

#: F, its numerator and denominator degrees of freedom, and p; ``nan`` where too few schools carry so many coefficients.
JointTest = tuple[float, float, float, float]


def f_test(quadratic: float, q: int, eta: float) -> JointTest:
    """Read a Wald statistic as Hotelling's T² with `eta` degrees of freedom.

    Examples
    --------
    >>> [round(v, 3) for v in f_test(4.0, 1, 10.0)]
    [4.0, 1.0, 10.0, 0.073]
    """
    within = eta - q + 1
    if not (within > 0 and math.isfinite(quadratic)):
        return math.nan, float(q), math.nan, math.nan
    statistic = quadratic * within / (eta * q)
    return statistic, float(q), within, float(special.fdtrc(q, within, statistic))


def wald(estimates: RobustEstimates) -> float:
    """Wald statistic that all contrasts of a fit are zero; ``nan`` when their covariance cannot be inverted."""
    V = estimates.covariance
    if not np.isfinite(V).all() or np.linalg.matrix_rank(V) < len(V):
        return math.nan
    return float(estimates.estimate @ np.linalg.solve(V, estimates.estimate))


def joint_test(X: Array, y: Array, school: npt.ArrayLike, columns: list[int]) -> JointTest:
    """Test that coefficients are all zero, by CR2 and the approximate Hotelling test (AHT, or HTZ).

    Parameters
    ----------
    X : array, shape (n, p)
        Without columns that repeat others.
    y : array, shape (n,)
    school : array, shape (n,)
        At least two.
    columns : list of int
        The q coefficients.

    Returns
    -------
    tuple of float
        F, q, degrees of freedom of the denominator, p.

    Notes
    -----
    Rows have random-intercept weights, as in ``cluster_robust(..., working="exchangeable")``. Degrees of freedom match
    the total variance of the covariance matrix's entries; with one coefficient they are the interval's own.

    References
    ----------
    Tipton and Pustejovsky (2015), Journal of Educational and Behavioral Statistics 40; Pustejovsky and Tipton
    (2018), Journal of Business & Economic Statistics 36.
    """
    plain = least_squares(X, y)
    _, codes = cluster_codes(school, plain)
    fit = least_squares(*whiten(plain, codes, variance_ratio(cluster_sums(plain, codes))))
    q = len(columns)
    pairs = [(s, t) for s in range(q) for t in range(s)]
    unit = np.eye(fit.X.shape[1])[:, columns]
    asked = np.column_stack([unit, *(unit[:, s] + unit[:, t] for s, t in pairs)])
    parts = cluster_parts(fit, codes, "CR2", asked)
    G = _moments(parts, pairs, q)
    V = parts.scores[:, :q].T @ parts.scores[:, :q]
    estimate = fit.coefficients[columns]
    if np.linalg.matrix_rank(V) < q:
        return f_test(math.nan, q, math.nan)
    return f_test(float(estimate @ np.linalg.solve(V, estimate)), q, _eta(G))


def _moments(parts: ClusterParts, pairs: list[tuple[int, int]], q: int) -> Array:
    """Covariance of schools' contributions to coefficients s and t under the working model, shape (q, q, m, m)."""
    m, M = len(parts.own), parts.fit.bread
    own = np.zeros((q, q, m))
    for s in range(q):
        own[s, s] = parts.own[:, s]
    for j, (s, t) in enumerate(pairs, start=q):
        own[s, t] = own[t, s] = (parts.own[:, j] - parts.own[:, s] - parts.own[:, t]) / 2
    b = parts.b[:, :q].transpose(1, 0, 2)
    return np.asarray(own[..., None] * np.eye(m) - np.einsum("sip,pk,tjk->stij", b, M, b))


def _eta(G: Array) -> float:
    """Degrees of freedom of a Wishart matrix with the same total variance, coefficients made independent first."""
    expected = np.einsum("stii->st", G)
    values, vectors = np.linalg.eigh((expected + expected.T) / 2)
    if values.min() <= 0:
        return math.nan
    root = vectors / np.sqrt(values)
    G = np.einsum("su,tv,stij->uvij", root, root, G)
    variance = np.einsum("ssij,ttij->", G, G) + np.einsum("stij,stji->", G, G)
    q = len(G)
    return float(q * (q + 1) / variance)
