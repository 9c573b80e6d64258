"""The propensity score: how likely each child was to be on the programme, given what was known before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import DesignError, OptionError

__all__ = ["LINKS", "Link", "NobodyMatchedError", "Propensity", "classifier_scores", "propensity"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: The fit stops when the deviance changes by less than this share: the rule of R's ``glm``, so that both stop
#: at the same round and agree to the last digits.
CONVERGENCE = 1e-8
ROUNDS = 100
#: Fitted probabilities stay this far from 0 and 1, as in R.
EDGE = np.finfo(float).eps
#: Columns that a message names at most.
MOST_NAMED = 8


class NobodyMatchedError(DesignError):
    """A sound design under which no child finds a partner: a result about the data, not a slip in the plan."""


@dataclass(frozen=True)
class Link:
    """How the probability depends on the linear predictor: the function, its slope, and a start."""

    inverse: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    forward: Callable[[Array], Array]


def _normal_density(z: Array) -> Array:
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


LINKS: Mapping[str, Link] = MappingProxyType(
    {
        "logit": Link(special.expit, lambda z: special.expit(z) * special.expit(-z), special.logit),
        "probit": Link(special.ndtr, _normal_density, special.ndtri),
        "cloglog": Link(
            lambda z: -np.expm1(-np.exp(np.minimum(z, 700.0))),
            lambda z: np.exp(np.minimum(z, 700.0) - np.exp(np.minimum(z, 700.0))),
            lambda p: np.log(-np.log1p(-p)),
        ),
    }
)


@dataclass(frozen=True)
class Propensity:
    """A fitted propensity model.

    Parameters
    ----------
    linear : array, shape (n,)
        Linear predictor (log-odds for the logit link).
    probability : array, shape (n,)
        Propensity score.
    coefficients : Series
        Estimates by column, intercept first; empty for a classifier.
    notes : tuple of str
        What a reader should know.
    """

    linear: Array
    probability: Array
    coefficients: pd.Series
    notes: tuple[str, ...]


def _refuse_perfect(X: pd.DataFrame, treated: Bools) -> None:
    """Refuse columns that alone tell programme from comparison children."""
    values = X.to_numpy(dtype=float)
    above = values[treated].min(axis=0) > values[~treated].max(axis=0)
    below = values[treated].max(axis=0) < values[~treated].min(axis=0)
    perfect = X.columns[above | below]
    if len(perfect):
        raise NobodyMatchedError(
            f"Covariate {str(perfect[0])!r} tells programme and comparison children apart perfectly, so nobody can be "
            "compared. Take it out of the formula, or find comparison children who share it."
        )


def _one_sided_notes(X: pd.DataFrame, treated: Bools) -> list[str]:
    """Say which yes/no columns hold for programme children only: nobody is comparable to those children."""
    notes = []
    for name in X.columns:
        values = X[name].to_numpy()
        if not ((values == 0.0) | (values == 1.0)).all():
            continue
        for level, word in ((1.0, ""), (0.0, "not ")):
            here = values == level
            if here[treated].any() and not here[~treated].any():
                count = int(here[treated].sum())
                notes.append(f"{count:,} programme children are {word}{name!r} and no comparison child is.")
    return notes


def _extreme_notes(probability: Array) -> list[str]:
    """Say when fitted probabilities are numerically 0 or 1, as R's ``glm`` warns."""
    count = int(((probability < 10 * EDGE) | (probability > 1 - 10 * EDGE)).sum())
    if not count:
        return []
    return [
        f"The likelihood of being on the programme is 0 or 1 for {count:,} children: the covariates all but tell the "
        "groups apart, and the scores of such children cannot be relied on. Use fewer covariates."
    ]


def _deviance(y: Array, mu: Array) -> float:
    return float(-2.0 * np.log(np.where(y > 0, mu, 1.0 - mu)).sum())


def _reweighted_least_squares(design: Array, y: Array, link: Link) -> Array:
    """Maximum likelihood by Fisher scoring, from the start and with the stopping rule of R's ``glm``."""
    mu = (y + 0.5) / 2.0
    linear = link.forward(mu)
    deviance = _deviance(y, mu)
    beta: npt.NDArray[Any] = np.zeros(design.shape[1])
    for _ in range(ROUNDS):
        slope = np.maximum(link.slope(linear), EDGE)
        weight = slope**2 / (mu * (1.0 - mu))
        # Solving for the change keeps the working response near zero, and so its rounding error.
        gradient = design.T @ (weight * ((y - mu) / slope + linear))
        beta = np.asarray(np.linalg.solve(design.T @ (design * weight[:, None]), gradient), dtype=float)
        linear = np.asarray(design @ beta)
        mu = np.clip(link.inverse(linear), EDGE, 1.0 - EDGE)
        before, deviance = deviance, _deviance(y, mu)
        if abs(deviance - before) / (abs(deviance) + 0.1) < CONVERGENCE:
            break
    return beta


def propensity(X: pd.DataFrame, treated: npt.ArrayLike, link: str = "logit") -> Propensity:
    """Fit the probability of being on the programme by maximum likelihood, unpenalised.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
        Covariates as numbers, of full rank, without intercept.
    treated : array of bool, shape (n,)
        Programme children.
    link : {"logit", "probit", "cloglog"}
        Complementary log-log suits a programme that few children are on.

    Returns
    -------
    Propensity

    Raises
    ------
    NobodyMatchedError
        When the covariates tell the groups apart perfectly: nobody can then be compared.

    References
    ----------
    Rosenbaum and Rubin (1983), Biometrika 70; McCullagh and Nelder (1989), section 2.5.

    Examples
    --------
    >>> X = pd.DataFrame({"age": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]})
    >>> propensity(X, [0, 1, 0, 1, 0, 1]).probability.round(2).tolist()
    [0.29, 0.37, 0.45, 0.55, 0.63, 0.71]
    """
    mask = np.asarray(treated, dtype=bool)
    _refuse_perfect(X, mask)
    # Scaling only helps the solver: the fitted values do not depend on it.
    values = X.to_numpy(dtype=float)
    centre, scale = values.mean(axis=0), values.std(axis=0)
    standard = (values - centre) / scale
    with np.errstate(all="ignore"):
        beta = _reweighted_least_squares(
            np.column_stack([np.ones(len(X)), standard]), mask.astype(float), LINKS[link]
        )
    # Summed column by column, so that equal children get equal numbers to the last bit whatever their place.
    linear = np.full(len(X), beta[0])
    for j in range(standard.shape[1]):
        linear += standard[:, j] * beta[j + 1]
    if not np.isfinite(linear).all() or linear[mask].min() > linear[~mask].max():
        named = ", ".join(map(str, X.columns[:MOST_NAMED])) + (", …" if len(X.columns) > MOST_NAMED else "")
        raise NobodyMatchedError(
            f"The covariates {named} together tell programme and comparison children apart "
            "perfectly, so nobody can be compared. Use fewer, or more comparison children."
        )
    coefficients = beta[1:] / scale
    return Propensity(
        linear=linear,
        probability=LINKS[link].inverse(linear),
        coefficients=pd.Series(
            [beta[0] - float(coefficients @ centre), *coefficients], index=["intercept", *X.columns]
        ),
        notes=(*_one_sided_notes(X, mask), *_extreme_notes(LINKS[link].inverse(linear))),
    )


def classifier_scores(
    X: pd.DataFrame, treated: npt.ArrayLike, classifier: Any, folds: int | None, seed: int = 0
) -> Propensity:
    """Score children with a classifier of scikit-learn's kind, cross-fitted on request.

    Cross-fitted, each child's score comes from a model that has not seen that child: flexible classifiers
    otherwise learn the groups by heart and leave no overlap.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
    treated : array of bool, shape (n,)
    classifier : object
        With ``fit`` and ``predict_proba``; it is cloned, never changed.
    folds : int or None
        Folds of the cross-fitting, stratified by group; None fits and scores the same children.
    seed : int
        Which child falls into which fold.

    Raises
    ------
    OptionError
        When it is no classifier, or there are fewer children in a group than folds.
    """
    from sklearn.base import clone
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    if not (hasattr(classifier, "fit") and hasattr(classifier, "predict_proba")):
        raise OptionError(
            f"distance {type(classifier).__name__} has no fit and predict_proba. Give the name of a distance, one "
            "number for each child, a matrix, or a classifier such as sklearn's."
        )
    mask = np.asarray(treated, dtype=bool)
    values = X.to_numpy(dtype=float)
    if not X.shape[1]:
        raise DesignError("No covariate is left to score children by.")
    if folds is None:
        scores = clone(classifier).fit(values, mask).predict_proba(values)[:, 1]
    else:
        if folds > min(mask.sum(), (~mask).sum()):
            raise OptionError(f"cross_fit asks for {folds} folds, more than there are children in a group.")
        split = StratifiedKFold(folds, shuffle=True, random_state=seed)
        scores = cross_val_predict(clone(classifier), values, mask, cv=split, method="predict_proba")[:, 1]
    how = "scored by the model fitted on them" if folds is None else f"cross-fitted in {folds} folds"
    return Propensity(
        linear=special.logit(np.clip(scores, EDGE, 1 - EDGE)),
        probability=np.asarray(scores, dtype=float),
        coefficients=pd.Series(dtype=float),
        notes=(f"Likelihood of being on the programme by {type(classifier).__name__}, {how}.",),
    )
