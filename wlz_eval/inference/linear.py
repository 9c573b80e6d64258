"""Least squares with named columns: the fit on which every robust variance stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError

__all__ = ["LeastSquares", "cluster_totals", "independent_columns", "least_squares"]

Array = npt.NDArray[np.float64]

#: A column is aliased when less than this share of its length is left after the columns before it (R's rule).
ALIAS_TOLERANCE = 1e-7


@dataclass(frozen=True)
class LeastSquares:
    """A weighted least-squares fit, reduced to the columns that can be told apart.

    Parameters
    ----------
    X : array, shape (n, p)
        Design matrix without aliased columns and without rows of zero weight.
    y, weights, residuals : array, shape (n,)
        Outcome, weights and residuals of those rows.
    coefficients : array, shape (p,)
        Estimates.
    bread : array, shape (p, p)
        Inverse of X'WX.
    names : tuple of str
        Names of the p columns.
    aliased : tuple of str
        Names of the columns left out because columns before them already say the same.
    rows : array of int, shape (n,)
        Positions, in the input, of the rows that were used.
    n_given : int
        Rows of the input, those of zero weight included.
    """

    X: Array
    y: Array
    weights: Array
    coefficients: Array
    residuals: Array
    bread: Array
    names: tuple[str, ...]
    aliased: tuple[str, ...]
    rows: npt.NDArray[np.intp]
    n_given: int

    @property
    def weighted(self) -> bool:
        """Whether any weight differs from one."""
        return bool(np.any(self.weights != 1.0))


def independent_columns(X: Array, tolerance: float = ALIAS_TOLERANCE) -> npt.NDArray[np.bool_]:
    """Mark the columns that are not a linear combination of the columns before them.

    Parameters
    ----------
    X : array, shape (n, p)
    tolerance : float
        Share of a column's length that must remain after projecting out the kept columns before it.

    Returns
    -------
    array of bool, shape (p,)

    Examples
    --------
    >>> independent_columns(np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0]])).tolist()
    [True, False, True]
    """
    length = np.sqrt((X**2).sum(axis=0))
    scaled = X / np.where(length > 0, length, 1.0)
    # R has the same inner products as X, so dependence can be judged on p x p numbers without squaring them.
    R = np.asarray(np.linalg.qr(scaled, mode="r"))
    keep = np.zeros(X.shape[1], dtype=bool)
    basis = np.zeros((R.shape[0], 0))
    for j in range(X.shape[1]):
        left = R[:, j] - basis @ (basis.T @ R[:, j])
        left = left - basis @ (basis.T @ left)
        size = np.linalg.norm(left)
        if length[j] > 0 and size > tolerance:
            keep[j] = True
            basis = np.column_stack([basis, left / size])
    return keep


def cluster_totals(values: Array, codes: npt.NDArray[np.intp]) -> Array:
    """Sum the rows of each cluster.

    Parameters
    ----------
    values : array, shape (n,) or (n, k)
    codes : array of int, shape (n,)
        Cluster of each row, 0 to m - 1.

    Returns
    -------
    array, shape (m,) or (m, k)

    Examples
    --------
    >>> cluster_totals(np.array([1.0, 2.0, 5.0]), np.array([0, 1, 0])).tolist()
    [6.0, 2.0]
    """
    m = int(codes.max()) + 1
    if values.ndim == 1:
        return np.bincount(codes, weights=values, minlength=m).astype(float)
    return np.column_stack([np.bincount(codes, weights=column, minlength=m) for column in values.T]).astype(float)


def _matrix(X: npt.ArrayLike | pd.DataFrame, names: Sequence[str] | None) -> tuple[Array, tuple[str, ...]]:
    if names is None:
        names = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else []
    values = np.asarray(X, dtype=float)
    if values.ndim != 2:
        raise OptionError(f"X must have two dimensions (rows, columns); it has shape {values.shape}.")
    labels = tuple(names) or tuple(f"x{j}" for j in range(values.shape[1]))
    if len(labels) != values.shape[1]:
        raise OptionError(f"X has {values.shape[1]} columns but {len(labels)} names were given.")
    return values, labels


def _vector(name: str, values: npt.ArrayLike, n: int) -> Array:
    vector = np.asarray(values, dtype=float).reshape(-1)
    if len(vector) != n:
        raise OptionError(f"{name} has {len(vector)} values but X has {n} rows. Give one for each row.")
    if not np.isfinite(vector).all():
        bad = int((~np.isfinite(vector)).sum())
        raise OptionError(
            f"{name} has {bad} missing or infinite values. Leave those rows out, or impute them, first."
        )
    return vector


def least_squares(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    names: Sequence[str] | None = None,
) -> LeastSquares:
    """Fit a linear regression, leaving aliased columns out.

    Parameters
    ----------
    X : array or DataFrame, shape (n, p)
        Design matrix; give the intercept as a column of ones.
    y : array, shape (n,)
        Outcome.
    weights : array, shape (n,), optional
        Weights; rows with weight zero are left out altogether.
    names : sequence of str, optional
        Names of the columns, when X is not a data frame.

    Returns
    -------
    LeastSquares

    Raises
    ------
    OptionError
        When lengths differ, values are missing, a weight is negative, or rows are fewer than columns.

    Examples
    --------
    >>> fit = least_squares(np.array([[1.0, 0], [1, 1], [1, 2]]), [1.0, 3.0, 5.0])
    >>> fit.coefficients.round(6).tolist()
    [1.0, 2.0]
    """
    matrix, labels = _matrix(X, names)
    n = len(matrix)
    if not np.isfinite(matrix).all():
        bad = [label for label, column in zip(labels, matrix.T, strict=True) if not np.isfinite(column).all()]
        raise OptionError(
            f"Missing or infinite values in {', '.join(bad)}. Leave those rows out, or impute them, first."
        )
    outcome = _vector("y", y, n)
    w = np.ones(n) if weights is None else _vector("weights", weights, n)
    if (w < 0).any():
        raise OptionError("Weights must not be negative.")
    rows = np.flatnonzero(w > 0)
    matrix, outcome, w = matrix[rows], outcome[rows], w[rows]
    root = np.sqrt(w)[:, None]
    keep = independent_columns(matrix * root)
    matrix = matrix[:, keep]
    if len(matrix) <= matrix.shape[1]:
        raise OptionError(f"{len(matrix)} rows cannot support a regression with {matrix.shape[1]} columns.")
    Q, R = np.linalg.qr(matrix * root)
    coefficients = np.linalg.solve(R, Q.T @ (outcome * root[:, 0]))
    inverse = np.linalg.inv(R)
    return LeastSquares(
        X=matrix,
        y=outcome,
        weights=w,
        coefficients=coefficients,
        residuals=outcome - matrix @ coefficients,
        bread=inverse @ inverse.T,
        names=tuple(label for label, k in zip(labels, keep, strict=True) if k),
        aliased=tuple(label for label, k in zip(labels, keep, strict=True) if not k),
        rows=rows,
        n_given=n,
    )
