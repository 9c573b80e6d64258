"""The propensity score: unpenalised logistic regression of being on the programme."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import DesignError

__all__ = ["NobodyMatchedError", "Propensity", "propensity"]

Array = npt.NDArray[np.float64]

#: The fit stops when the deviance changes by less than this share: the rule of R's ``glm``, so that both stop
#: at the same round and agree to the last digits.
CONVERGENCE = 1e-8
ROUNDS = 100


class NobodyMatchedError(DesignError):
    """A sound design under which no child finds a partner: a result about the data, not a slip in the plan."""


@dataclass(frozen=True)
class Propensity:
    """A fitted propensity model.

    Parameters
    ----------
    linear : array, shape (n,)
        Linear predictor (log-odds).
    probability : array, shape (n,)
        Propensity score.
    coefficients : Series
        Estimates by column, intercept first.
    notes : tuple of str
        What a reader should know.
    """

    linear: Array
    probability: Array
    coefficients: pd.Series
    notes: tuple[str, ...]


def _perfect_columns(X: pd.DataFrame, treated: npt.NDArray[np.bool_]) -> list[str]:
    """Name the columns that alone tell programme from comparison children."""
    inside, outside = X.loc[treated], X.loc[~treated]
    above = inside.min() > outside.max()
    below = inside.max() < outside.min()
    return [str(c) for c in X.columns[(above | below).to_numpy()]]


def _one_sided_notes(X: pd.DataFrame, treated: npt.NDArray[np.bool_]) -> list[str]:
    """Say which yes/no columns hold for programme children only: nobody is comparable to those children."""
    notes = []
    for name in X.columns:
        values = X[name].to_numpy()
        if not np.isin(values, (0.0, 1.0)).all():
            continue
        for level, word in ((1.0, ""), (0.0, "not ")):
            here = values == level
            if here[treated].any() and not here[~treated].any():
                count = int(here[treated].sum())
                notes.append(f"{count:,} programme children are {word}{name!r} and no comparison child is.")
    return notes


def propensity(X: pd.DataFrame, treated: npt.ArrayLike) -> Propensity:
    """Fit the probability of being on the programme by maximum likelihood.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
        Covariates as numbers, of full rank, without intercept.
    treated : array of bool, shape (n,)
        Programme children.

    Returns
    -------
    Propensity

    Raises
    ------
    NobodyMatchedError
        When the covariates tell the groups apart perfectly: nobody can then be compared.

    Examples
    --------
    >>> X = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    >>> propensity(X, [0, 1, 0, 1, 0, 1]).probability.round(2).tolist()
    [0.29, 0.37, 0.45, 0.55, 0.63, 0.71]
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    mask = np.asarray(treated, dtype=bool)
    perfect = _perfect_columns(X, mask)
    if perfect:
        raise NobodyMatchedError(
            f"Covariate {perfect[0]!r} tells programme and comparison children apart perfectly, so nobody can be "
            "compared. Take it out of the formula, or find comparison children who share it."
        )
    # Scaling only helps the solver: the fitted values do not depend on it.
    values = X.to_numpy(dtype=float)
    centre, scale = values.mean(axis=0), values.std(axis=0)
    design = np.column_stack([np.ones(len(X)), (values - centre) / scale])
    # Separation is judged below, in words that say what to do about it.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = GLM(mask.astype(float), design, family=Binomial()).fit(
            maxiter=ROUNDS, atol=0.1 * CONVERGENCE, rtol=CONVERGENCE, tol_criterion="deviance"
        )
    beta = np.asarray(fit.params, dtype=float)
    # Summed row by row, so that equal children get equal numbers to the last bit whatever their place.
    linear = beta[0] + (design[:, 1:] * beta[1:]).sum(axis=1)
    if linear[mask].min() > linear[~mask].max():
        raise NobodyMatchedError(
            f"The covariates {', '.join(map(str, X.columns))} together tell programme and comparison children apart "
            "perfectly, so nobody can be compared. Use fewer, or more comparison children."
        )
    coefficients = beta[1:] / scale
    named = pd.Series(
        [beta[0] - float(coefficients @ centre), *coefficients], index=["intercept", *X.columns]
    )
    return Propensity(
        linear=linear,
        probability=1.0 / (1.0 + np.exp(-linear)),
        coefficients=named,
        notes=tuple(_one_sided_notes(X, mask)),
    )
