"""Logistic regression, and its predicted chances averaged over all children at a given dose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["logistic_fit", "standardised"]

Array = npt.NDArray[np.float64]

#: Steps of Newton's method, and the change of the log odds at which it has arrived.
STEPS, ARRIVED = 60, 1e-10
#: Log odds beyond which a fit tells the groups apart altogether.
SEPARATED = 20.0


def logistic_fit(X: Array, y: Array) -> Array | None:
    """Fit by maximum likelihood; nothing when the columns tell the two groups apart altogether.

    Parameters
    ----------
    X : array, shape (n, p)
        Without columns that repeat others.
    y : array of 0 and 1, shape (n,)

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> logistic_fit(X, np.array([0.0, 1, 0, 1])).round(6).tolist()
    [0.0, 0.0]
    >>> logistic_fit(X, np.array([0.0, 0, 1, 1])) is None
    True
    """
    # Columns of one length, so that hours and yes-or-no columns are solved for alike.
    length = np.sqrt((X**2).mean(axis=0))
    Z = X / length
    beta = np.zeros(X.shape[1])
    for _ in range(STEPS):
        eta = Z @ beta
        if np.abs(eta).max() > SEPARATED:
            return None
        p = special.expit(eta)
        w = p * (1 - p)
        step = np.linalg.lstsq(Z.T @ (Z * w[:, None]), Z.T @ (y - p), rcond=None)[0]
        beta = beta + step
        if np.abs(Z @ step).max() < ARRIVED:
            return np.asarray(beta / length)
    return None


def standardised(X: Array, beta: Array, doses: Array) -> tuple[Array, Array]:
    """Log odds of the mean chance at each dose, and its gradient in the coefficients.

    Parameters
    ----------
    X : array, shape (n, p)
        The dose is the last column.
    beta : array, shape (p,)
    doses : array, shape (g,)

    Returns
    -------
    tuple of array
        Shapes (g,) and (g, p).
    """
    rest = X[:, :-1] @ beta[:-1]
    levels, gradients = np.empty(len(doses)), np.empty((len(doses), len(beta)))
    for i, dose in enumerate(doses):
        p = special.expit(rest + beta[-1] * dose)
        w = p * (1 - p)
        mean = p.mean()
        levels[i] = special.logit(mean)
        gradients[i, :-1] = w @ X[:, :-1] / len(X)
        gradients[i, -1] = w.mean() * dose
        gradients[i] /= mean * (1 - mean)
    return levels, gradients
