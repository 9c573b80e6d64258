"""Logistic and ordered models as least squares on their scores, so that every few-cluster correction carries over.

At the solution of a likelihood's equations, ``R'e = 0`` with one (logistic) or K - 1 (ordered, K levels) standardised
rows a child, ``R'R`` being the expected information. Least squares of ``R b + e`` on ``R`` then has the coefficients
``b``, and its cluster-robust variances (CR0 to CR3, Bell-McCaffrey's degrees of freedom) are those of the model
(Kauermann and Carroll 2001, Journal of the American Statistical Association 96; Pustejovsky and Tipton 2018).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

__all__ = ["ScoreFit", "fit_logistic", "fit_ordered", "level_probabilities", "separated"]

Array = npt.NDArray[np.float64]

#: Steps, halvings of a step, and the largest remaining score (in standard errors) at which the search ends.
STEPS, HALVINGS, CLOSE = 200, 30, 1e-10


@dataclass(frozen=True)
class ScoreFit:
    """A model at the solution of its equations.

    Parameters
    ----------
    coefficients : array, shape (k,)
        For the ordered model the K - 1 thresholds come first, as log-odds of a level or a higher one.
    rows, residuals : array, shape (r, k), (r,)
        Standardised rows and residuals.
    child : array of int, shape (r,)
        Child of each row.
    converged : bool
    """

    coefficients: Array
    rows: Array
    residuals: Array
    child: npt.NDArray[np.intp]
    converged: bool


def _search(
    start: Array, parts: Callable[[Array], tuple[Array, Array, float]]
) -> tuple[Array, Array, Array, bool]:
    """Fisher scoring with steps halved until the likelihood rises, or stays and the score shrinks.

    A likelihood that merely stays would let the search go to and fro across the top for ever: Firth's has another
    curvature there than the information that the steps are made of. `parts` gives rows, residuals and log-likelihood
    at given coefficients.
    """
    b = start
    rows, e, value = parts(b)
    step, score = _step(rows, e)
    for _ in range(STEPS):
        if score < CLOSE:
            return b, rows, e, True
        for half in range(HALVINGS):
            trial = b + step / 2.0**half
            new_rows, new_e, new_value = parts(trial)
            slack = 1e-9 * (1 + abs(value))
            if not np.isfinite(new_value) or new_value < value - slack:
                continue
            new_step, new_score = _step(new_rows, new_e)
            if new_value > value + slack or new_score < score:
                break
        else:
            return b, rows, e, False
        b, rows, e, value, step, score = trial, new_rows, new_e, new_value, new_step, new_score
    return b, rows, e, False


def _step(rows: Array, e: Array) -> tuple[Array, float]:
    """Full step of the search, and the score in standard errors."""
    step = np.asarray(np.linalg.lstsq(rows, e, rcond=None)[0], dtype=np.float64)
    return step, float(np.sqrt(max(float((rows.T @ e) @ step), 0.0)))


def fit_logistic(X: Array, y: Array, firth: bool = False) -> ScoreFit:
    """Fit a logistic regression by maximum likelihood, or by Firth's penalised likelihood.

    Parameters
    ----------
    X : array, shape (n, k)
        With its intercept, and no column that repeats others.
    y : array of 0 and 1, shape (n,)
    firth : bool
        Penalise by Jeffreys' prior (Firth 1993, Biometrika 80), which keeps every coefficient finite.

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0, 0, 1, 1.0]])
    >>> fit_logistic(X, np.array([0, 1, 0, 1.0])).coefficients.round(6).tolist()
    [0.0, 0.0]
    """

    def parts(b: Array) -> tuple[Array, Array, float]:
        eta = X @ b
        p = special.expit(eta)
        root = np.sqrt(np.maximum(p * (1 - p), 1e-300))
        rows = X * root[:, None]
        score, value = y - p, float((y * eta - np.logaddexp(0.0, eta)).sum())
        if firth:
            Q, R = np.linalg.qr(rows)
            score = score + (Q**2).sum(axis=1) * (0.5 - p)
            value += float(np.log(np.abs(np.diag(R))).sum())
        return rows, score / root, value

    b, rows, e, converged = _search(np.zeros(X.shape[1]), parts)
    return ScoreFit(b, rows, e, np.arange(len(y)), converged)


def level_probabilities(thresholds: Array, eta: Array) -> Array:
    """Probability of each level, shape (n, K), from thresholds (log-odds of a level or higher) and predictor."""
    above = special.expit(thresholds[None, :] + eta[:, None])
    ends = np.ones((len(eta), 1))
    return -np.diff(np.hstack([ends, above, 0 * ends]), axis=1)


def fit_ordered(X: Array, y: Array, levels: int) -> ScoreFit:
    """Fit a proportional-odds model: the log-odds of each level or a higher one, all with the same slopes.

    Parameters
    ----------
    X : array, shape (n, k)
        Without an intercept: the thresholds take its place.
    y : array of 0 to `levels` - 1, shape (n,)
    levels : int
        At least two, each with a child.

    Examples
    --------
    >>> fit = fit_ordered(np.array([[0.0], [0], [0], [1], [1], [1]]), np.array([0, 1, 2, 0, 1, 2.0]), 3)
    >>> fit.coefficients.round(4).tolist()
    [0.6931, -0.6931, 0.0]
    """
    n, inner = len(y), levels - 1
    reached = (y[:, None] >= np.arange(1, levels)) * 1.0
    blank = np.zeros((n, inner, inner + X.shape[1]))
    blank[:, np.arange(inner), np.arange(inner)] = 1.0
    blank[:, :, inner:] = X[:, None, :]
    higher = np.maximum.outer(np.arange(inner), np.arange(inner))

    def parts(b: Array) -> tuple[Array, Array, float]:
        eta = X @ b[inner:]
        shares = level_probabilities(b[:inner], eta)
        if shares.min() <= 0:
            return blank.reshape(n * inner, -1), np.zeros(n * inner), -np.inf
        above = special.expit(b[:inner][None, :] + eta[:, None])
        covariance = above[:, higher] - above[:, :, None] * above[:, None, :]
        root = np.linalg.cholesky(covariance)
        slopes = (above * (1 - above))[:, :, None] * blank
        both = np.linalg.solve(root, np.concatenate([slopes, (reached - above)[:, :, None]], axis=2))
        value = float(np.log(shares[np.arange(n), y.astype(int)]).sum())
        return both[:, :, :-1].reshape(n * inner, -1), both[:, :, -1].ravel(), value

    share = reached.mean(axis=0)
    start = np.concatenate([np.log(share / (1 - share)), np.zeros(X.shape[1])])
    b, rows, e, converged = _search(start, parts)
    return ScoreFit(b, rows, e, np.repeat(np.arange(n), inner), converged)


def separated(X: Array, y: Array) -> npt.NDArray[np.bool_]:
    """Which coefficients of a logistic regression have no finite value, because children are sorted without error.

    A coefficient is infinite when some direction that no child speaks against moves it; two linear programmes a
    column look for one (Konis 2007, Computational Algorithms for Detecting Separation).

    Parameters
    ----------
    X : array, shape (n, k)
    y : array of 0 and 1, shape (n,)

    Examples
    --------
    >>> X = np.column_stack([np.ones(6), [1, 2, 3, 4, 5, 6.0], [0, 1, 0, 1, 0, 1]])
    >>> separated(X, np.array([0, 0, 0, 1, 1, 1.0])).tolist()
    [True, True, True]
    """
    from scipy.optimize import linprog

    scale = np.abs(X).max(axis=0)
    signed = (2 * y - 1)[:, None] * X / np.where(scale > 0, scale, 1.0)
    # Any direction that sorts some children and contradicts none moves this sum; without one nothing is separated.
    whole = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
    if -whole.fun < 1e-7 * len(y):
        return np.zeros(X.shape[1], dtype=bool)
    found = np.zeros(X.shape[1], dtype=bool)
    for j in range(X.shape[1]):
        for sign in (-1.0, 1.0):
            aim = np.zeros(X.shape[1])
            aim[j] = sign
            reach = linprog(aim, A_ub=-signed, b_ub=np.zeros(len(y)), bounds=(-1, 1), method="highs")
            found[j] |= reach.fun < -1e-7
    return found
