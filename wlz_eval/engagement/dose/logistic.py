"""Logistic regression, and its predicted chances averaged over all children at a given dose."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.engagement.regress.families import fit_logistic, separated

__all__ = ["logistic_fit", "standardised"]

Array = npt.NDArray[np.float64]


def logistic_fit(X: Array, y: Array) -> tuple[Array | None, bool]:
    """Fit by maximum likelihood; where covariates sort some children without error, by Firth's penalised likelihood.

    Parameters
    ----------
    X : array, shape (n, p)
        Without columns that repeat others; the dose is the last one.
    y : array of 0 and 1, shape (n,)

    Returns
    -------
    tuple
        The coefficients, or None where the dose itself sorts children without error; whether Firth's likelihood was
        needed.

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> logistic_fit(X, np.array([0.0, 1, 0, 1]))[0].round(6).tolist()
    [0.0, 0.0]
    >>> logistic_fit(X, np.array([0.0, 0, 1, 1]))[0] is None
    True
    """
    infinite = separated(X, y)
    if infinite[-1]:
        return None, False
    firth = bool(infinite.any())
    # Columns of one length, so that hours and yes-or-no columns are solved for alike.
    length = np.sqrt((X**2).mean(axis=0))
    fit = fit_logistic(X / length, y, firth)
    return (fit.coefficients / length if fit.converged else None), firth


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
