"""Entropy balancing of a dose: weights under which dose goes with nothing that was known at the start.

Chosen before a covariate-balancing propensity score (Fong, Hazlett and Imai 2018) because it needs no model of how
dose is distributed (hours of support are skewed and often nought), is convex, so that there is one answer whatever the
start, makes the weighted correlations exactly zero, and says so when no weights can.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.inference.tilt import exponential_tilt, missed_columns

__all__ = ["balancing_columns", "check_moments", "dose_weights", "effective_size", "weighted_correlations"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Asked:
    """Columns whose weighted means are to vanish, and what each is."""

    columns: Array
    names: tuple[str, ...]


def check_moments(moments: int) -> None:
    """Refuse a number of moments that is neither 1 nor 2."""
    if isinstance(moments, bool) or moments not in (1, 2):
        raise OptionError(f"moments must be 1 or 2, not {moments!r}.")


def balancing_columns(X: pd.DataFrame, moments: int) -> pd.DataFrame:
    """Columns that dose is to go with no longer: those of X, and their squares where `moments` is 2.

    Squares are of the column in SDs from its mean; a yes/no column has none.

    Examples
    --------
    >>> balancing_columns(pd.DataFrame({"age": [1.0, 2.0, 4.0], "sen": [0.0, 1.0, 0.0]}), 2).columns.tolist()
    ['age', 'sen', 'age squared']
    """
    check_moments(moments)
    standard = (X - X.mean()) / X.std(ddof=0)
    squares = {f"{c} squared": standard[c] ** 2 for c in X.columns if X[c].nunique() > 2} if moments == 2 else {}
    return X.assign(**squares)


def _standard(values: Array) -> Array:
    spread = values.std(axis=0)
    return np.asarray((values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0))


def _asked(columns: pd.DataFrame, dose: Array) -> _Asked:
    """Means of covariates, mean and variance of dose are kept; products of dose and covariates are to be zero."""
    X, d = _standard(columns.to_numpy(dtype=float)), _standard(dose)
    names = [str(c) for c in columns.columns]
    parts = [X, d[:, None], d[:, None] ** 2 - 1, X * d[:, None]]
    titles = [*(f"the mean of {c}" for c in names), "the mean of dose", "the spread of dose",
              *(f"dose and {c}" for c in names)]
    return _Asked(np.column_stack(parts), tuple(titles))


def dose_weights(columns: pd.DataFrame, dose: npt.ArrayLike) -> Array:
    """Weigh children so that dose is correlated with no column, with weights as equal as that allows.

    The weighted means of all columns, and the mean and variance of dose, stay what they are.

    Parameters
    ----------
    columns : DataFrame, shape (n, p)
        What dose is to be balanced over (:func:`balancing_columns`).
    dose : array, shape (n,)

    Returns
    -------
    array, shape (n,)
        Of mean one.

    Raises
    ------
    DesignError
        When there are no such weights; what stands in the way is named.

    References
    ----------
    Tübbicke (2022), Journal of Econometric Methods 11; Vegetabile and others (2021), Health Services and Outcomes
    Research Methodology 21.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> need = rng.normal(size=200)
    >>> hours = np.exp(need / 2 + rng.normal(size=200) / 2)
    >>> w = dose_weights(pd.DataFrame({"need": need}), hours)
    >>> round(abs(float(np.average((need - need.mean()) * (hours - hours.mean()), weights=w))), 6)
    0.0
    """
    values = np.asarray(dose, dtype=float)
    asked = _asked(columns, values)
    weights = exponential_tilt(asked.columns, np.ones(len(values)))
    if weights is None:
        named = ", ".join(asked.names[j] for j in missed_columns(asked.columns))
        what = f"no weights put right {named}" if named else "some children would have to weigh nothing"
        raise DesignError(
            f"Children with more and with less of the dose cannot be made alike by weights: {what}. Use fewer "
            "covariates, join rare categories, or ask for one moment instead of two."
        )
    return np.asarray(weights * len(values))


def effective_size(weights: Array) -> float:
    """Effective sample size of weights (Kish): children of equal weight that would say as much.

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_correlations(columns: Array, dose: Array, weights: Array) -> Array:
    """Weighted correlation of dose with each column; zero where a column no longer varies."""
    w = weights / weights.sum()
    X, d = columns - w @ columns, dose - w @ dose
    spread = np.sqrt((w @ X**2) * (w @ d**2))
    return np.divide(w @ (X * d[:, None]), spread, out=np.zeros(columns.shape[1]), where=spread > 0)
