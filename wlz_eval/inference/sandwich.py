"""Cluster-robust variances for few clusters: adjustment matrices, degrees of freedom, all in low rank.

Notation follows Pustejovsky and Tipton (2018). For cluster i, ``A_i`` multiplies the residuals, the
variance of a contrast ``c`` is the sum over clusters of (c' M X_i' W_i A_i e_i)^2, with M the inverse of
X'WX. Only products of ``A_i`` with vectors are ever formed, so a cluster may hold thousands of rows.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from wlz_eval.inference.linear import LeastSquares

__all__ = ["ClusterParts", "cluster_parts", "intraclass_moments", "satterthwaite"]

Array = npt.NDArray[np.float64]

#: Eigenvalues of an adjustment below this count as zero: that direction holds no information (Moore-Penrose).
EIGENVALUE_TOLERANCE = 1e-10


def _inverse_root(X: Array, w: Array, bread: Array, square: Array) -> Callable[[Array], Array]:
    """Return v -> G^(-1/2) v for G, the part of (I - H)(I - H)' that belongs to one cluster.

    G is the identity plus a matrix of low rank in the span of [X, WX], so one small eigenproblem is enough.
    """
    p = X.shape[1]
    span = np.hstack([X, X * w[:, None]])
    inner = np.block([[bread @ square @ bread, -bread], [-bread, np.zeros((p, p))]])
    Q, R = np.linalg.qr(span)
    small = R @ inner @ R.T
    values, vectors = np.linalg.eigh((small + small.T) / 2)
    factor = _power(1.0 + values, -0.5) - 1.0
    basis = Q @ vectors

    def apply(v: Array) -> Array:
        return v + basis @ (factor[:, None] * (basis.T @ v))

    return apply


def _power(values: Array, power: float) -> Array:
    """Power of eigenvalues, zero for those that count as zero."""
    return np.where(values > EIGENVALUE_TOLERANCE, np.maximum(values, EIGENVALUE_TOLERANCE) ** power, 0.0)


def _leave_out(X: Array, w: Array, information: Array) -> Callable[[Array], Array]:
    """Return v -> (I - H_ii')^(-1) v, by the information that the other clusters hold."""
    rest = np.linalg.pinv(information - X.T @ (X * w[:, None]), rcond=EIGENVALUE_TOLERANCE, hermitian=True)

    def apply(v: Array) -> Array:
        return v + w[:, None] * (X @ (rest @ (X.T @ v)))

    return apply


class ClusterParts:
    """What one fit gives for every cluster and contrast: enough for variances and degrees of freedom.

    Attributes
    ----------
    scores : array, shape (m, q)
        Contribution of each cluster to each contrast's estimate; the sum of squares is the variance.
    """

    def __init__(self, fit: LeastSquares, codes: npt.NDArray[np.intp], kind: str, contrasts: Array):
        self.fit = fit
        m, q, p = int(codes.max()) + 1, contrasts.shape[1], fit.X.shape[1]
        self.square = fit.X.T @ (fit.X * (fit.weights**2)[:, None])
        self.scores = np.zeros((m, q))
        self.own = np.zeros((m, q))  # a'a
        self.total = np.zeros((m, q))  # 1'a
        self.b = np.zeros((m, q, p))  # X'a
        self.d = np.zeros((m, q, p))  # X'Wa
        self.f = np.zeros((m, p))  # X'W1
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(m))
        if fit.weighted:
            self._fill_weighted(np.split(order, starts[1:]), kind, contrasts)
        else:
            self._fill_plain(order, starts, kind, contrasts)

    def _fill_weighted(self, rows: list[npt.NDArray[np.intp]], kind: str, contrasts: Array) -> None:
        fit = self.fit
        information: Array = np.asarray(np.linalg.inv(fit.bread), dtype=float)
        target = fit.bread @ contrasts
        for i, here in enumerate(rows):
            X, w, e = fit.X[here], fit.weights[here], fit.residuals[here]
            a = w[:, None] * (X @ target)
            if kind == "CR2":
                a = _inverse_root(X, w, fit.bread, self.square)(a)
            elif kind == "CR3":
                a = _leave_out(X, w, information)(a)
            self.scores[i] = a.T @ e
            self.own[i] = (a**2).sum(axis=0)
            self.total[i] = a.sum(axis=0)
            self.b[i] = a.T @ X
            self.d[i] = a.T @ (X * w[:, None])
            self.f[i] = (X * w[:, None]).sum(axis=0)

    def _fill_plain(
        self, order: npt.NDArray[np.intp], starts: npt.NDArray[np.intp], kind: str, contrasts: Array
    ) -> None:
        """Without weights, (I - H)^(-1/2) maps the span of a cluster's X into itself: p numbers a cluster do."""
        fit = self.fit
        root = np.linalg.cholesky(fit.bread)
        back = np.linalg.inv(root)
        Q = fit.X[order] @ root
        gram = np.stack([part.T @ part for part in np.split(Q, starts[1:])])
        score = np.add.reduceat(Q * fit.residuals[order, None], starts)
        column = np.add.reduceat(Q, starts)
        v = np.broadcast_to(root.T @ contrasts, (len(gram), *contrasts.shape))
        if kind != "CR0":
            values, vectors = np.linalg.eigh(gram)
            spare = _power(1.0 - values, {"CR2": -0.5, "CR3": -1.0}[kind])
            v = vectors @ (spare[:, :, None] * (vectors.transpose(0, 2, 1) @ v))
        pulled = gram @ v
        self.scores = np.einsum("ip,ipq->iq", score, v)
        self.own = np.einsum("ipq,ipq->iq", v, pulled)
        self.total = np.einsum("ip,ipq->iq", column, v)
        self.b = self.d = np.einsum("ipq,pk->iqk", pulled, back)
        self.f = column @ back

    def quadratic(self, j: int) -> Array:
        """Inner products g_i'g_k of contrast `j`: its variance estimator is the sum of (g_i'y)^2."""
        M, b, d = self.fit.bread, self.b[:, j], self.d[:, j]
        cross = d @ M @ b.T
        return np.diag(self.own[:, j]) - cross - cross.T + b @ M @ self.square @ M @ b.T

    def cluster_sums(self, j: int) -> Array:
        """Sum of g_i over the rows of each cluster k, as a matrix (k, i), of contrast `j`."""
        return np.diag(self.total[:, j]) - self.f @ self.fit.bread @ self.b[:, j].T


def cluster_parts(
    fit: LeastSquares, codes: npt.NDArray[np.intp], kind: str, contrasts: Array
) -> ClusterParts:
    """Compute the parts of a cluster-robust variance (CR0, CR2 or CR3; CR1 and CR1S rescale CR0).

    Parameters
    ----------
    fit : LeastSquares
    codes : array of int, shape (n,)
        Cluster of each row of the fit, 0 to m - 1, each used.
    kind : {"CR0", "CR2", "CR3"}
    contrasts : array, shape (p, q)
        Each column a linear combination of the coefficients.
    """
    return ClusterParts(fit, codes, kind, contrasts)


def intraclass_moments(residuals: Array, codes: npt.NDArray[np.intp]) -> tuple[float, float]:
    """Estimate the variance within clusters and between them from products of residuals.

    The mean product of two different residuals of one cluster estimates the variance between clusters,
    taken as zero when negative; what is left of the mean square is the variance within
    (Imbens and Kolesar 2016, section 4).

    Returns
    -------
    tuple of float
        Variance within, variance between.

    Examples
    --------
    >>> intraclass_moments(np.array([1.0, 1.0, -1.0, -1.0]), np.array([0, 0, 1, 1]))
    (0.0, 1.0)
    """
    sizes = np.bincount(codes).astype(float)
    sums = np.bincount(codes, weights=residuals)
    pairs = float((sizes**2).sum() - sizes.sum())
    square = float((residuals**2).sum())
    between = max((float((sums**2).sum()) - square) / pairs, 0.0) if pairs > 0 else 0.0
    return max(square / len(residuals) - between, 0.0), between


def satterthwaite(parts: ClusterParts, j: int, within: float = 1.0, between: float = 0.0) -> float:
    """Degrees of freedom that match the variance estimator's first two moments under a working model.

    Parameters
    ----------
    parts : ClusterParts
    j : int
        Number of the contrast.
    within, between : float
        Working model: independent errors of variance `within`, plus one error a cluster of variance
        `between`. With (1, 0) this is Bell and McCaffrey's; with estimated values Imbens and Kolesar's.

    Returns
    -------
    float
    """
    sums = parts.cluster_sums(j) if between > 0 else None
    moments = within * parts.quadratic(j)
    if sums is not None:
        moments = moments + between * (sums.T @ sums)
    denominator = float((moments**2).sum())
    return float(np.trace(moments)) ** 2 / denominator if denominator > 0 else float("nan")
