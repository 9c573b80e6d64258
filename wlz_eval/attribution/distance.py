"""How far apart two children are: propensity, Mahalanobis and its kin, or what the user gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.problem import Distances
from wlz_eval.attribution.propensity import LINKS, classifier_scores, propensity
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["COVARIATE_DISTANCES", "PROPENSITY_LINKS", "Measured", "covariate_points", "measure_distance"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Links of the propensity model; ``linear.`` stands for its linear predictor.
PROPENSITY_LINKS: tuple[str, ...] = (*LINKS, *(f"linear.{name}" for name in LINKS))
#: Distances between covariates themselves, and what each does.
COVARIATE_DISTANCES: Mapping[str, str] = MappingProxyType(
    {
        "mahalanobis": "covariates scaled by their covariance within the groups",
        "robust_mahalanobis": "the same on ranks, so that outliers and rare levels do not rule",
        "scaled_euclidean": "covariates each scaled by their SD within the groups",
        "euclidean": "covariates as they are",
    }
)


@dataclass(frozen=True)
class Measured:
    """A distance, measured.

    Parameters
    ----------
    distances : Distances
    score : array, shape (n,), or None
        The one number a unit, where the distance is one: propensity score, its linear predictor, or the user's.
    coefficients : Series
        Of the propensity model; empty for others.
    description : str
        What it is, in a few words.
    notes : tuple of str
    """

    distances: Distances
    score: Array | None
    coefficients: pd.Series
    description: str
    notes: tuple[str, ...] = ()


def _within_groups(values: Array, treated: Bools) -> Array:
    """Pooled covariance within the two groups."""
    n1, n0 = int(treated.sum()), int((~treated).sum())
    parts = [
        (count - 1) * np.atleast_2d(np.cov(values[group], rowvar=False))
        for count, group in ((n1, treated), (n0, ~treated))
        if count > 1
    ]
    return np.asarray(sum(parts) / (n1 + n0 - 2), dtype=float)


def _ranks(values: Array) -> Array:
    """Average ranks of each column."""
    return pd.DataFrame(values).rank(method="average").to_numpy()


def _whitening(covariance: Array) -> Array:
    """Matrix that turns covariates into points whose Euclidean distance is the Mahalanobis distance."""
    # On the correlations: otherwise a covariate in large units makes those in small ones look like no spread at all.
    sd = np.sqrt(np.diag(covariance))
    scale = np.where(sd > 0, sd, 1.0)
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2 / scale[:, None] / scale)
    # Directions without spread hold no information (generalised inverse).
    keep = values > max(values.max(initial=0.0), 0.0) * 1e-10
    return np.asarray(vectors[:, keep] / np.sqrt(values[keep]) / scale[:, None])


def covariate_points(X: pd.DataFrame, treated: Bools, kind: str) -> Array:
    """Turn covariates into points whose Euclidean distance is the distance asked for.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
        Covariates as numbers.
    treated : array of bool, shape (n,)
    kind : {"mahalanobis", "robust_mahalanobis", "scaled_euclidean", "euclidean"}

    Returns
    -------
    array, shape (n, k)
        Equal covariates give equal points to the last bit.

    References
    ----------
    Rubin (1980), Biometrics 36; Rosenbaum (2010), Design of Observational Studies, section 8.3 (ranks).

    Examples
    --------
    >>> X = pd.DataFrame({"a": [0.0, 2.0, 0.0, 2.0]})
    >>> points = covariate_points(X, np.array([True, True, False, False]), "scaled_euclidean")
    >>> float(abs(points[0, 0] - points[1, 0]).round(4))
    1.4142
    """
    values = X.to_numpy(dtype=float)
    if kind == "euclidean":
        return values
    if kind == "scaled_euclidean":
        sd = np.sqrt(np.diag(_within_groups(values, treated)))
        return np.asarray(values[:, sd > 0] / sd[sd > 0])
    if kind == "robust_mahalanobis":
        values = _ranks(values)
        covariance = np.atleast_2d(np.cov(values, rowvar=False))
        # Ties must not make a column weigh more: each gets the variance of ranks without ties.
        untied = np.var(np.arange(1, len(values) + 1), ddof=1)
        stretch = np.sqrt(untied / np.diag(covariance))
        covariance = covariance * stretch[:, None] * stretch
    else:
        covariance = _within_groups(values, treated)
    rotate = _whitening(covariance)
    points = np.zeros((len(values), rotate.shape[1]))
    # Column by column, so that equal children get equal points whatever their place.
    for j in range(values.shape[1]):
        points += values[:, j, None] * rotate[j]
    return points


def _given_vector(values: pd.Series, index: pd.Index) -> Array:
    if not values.index.is_unique:
        raise DesignError(f"The distance given has several numbers for {values.index[values.index.duplicated()][0]!r}.")
    if not (pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype)):
        raise DesignError("The distance given must be numbers, one for each child.")
    found = values.reindex(index)
    if found.isna().any():
        raise DesignError(
            f"The distance given has no value for {int(found.isna().sum()):,} children, such as "
            f"{found.index[found.isna().to_numpy()][0]!r}. Give one number for each, labelled as the data."
        )
    if np.isinf(found.to_numpy(dtype=float)).any():
        raise DesignError("The distance given holds infinite values. Leave those children out of the data.")
    return found.to_numpy(dtype=float)


def _given_matrix(matrix: pd.DataFrame, index: pd.Index, focal: Bools) -> Distances:
    one, two = index[focal], index[~focal]
    absent = [*one.difference(matrix.index), *two.difference(matrix.columns)]
    if absent:
        raise DesignError(
            f"The distance matrix lacks {len(absent):,} children, such as {absent[0]!r}. It needs a row for each child "
            "to be matched and a column for each who may serve, labelled as the data."
        )
    for labels in (matrix.index, matrix.columns):
        if not labels.is_unique:
            raise DesignError(f"The distance matrix names {labels[labels.duplicated()][0]!r} twice.")
    try:
        values = matrix.loc[one, two].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise DesignError("The distance matrix must hold numbers.") from error
    if np.isnan(values).any() or (values < 0).any():
        raise DesignError("The distance matrix holds missing or negative values. Use infinity to forbid a pair.")
    row = np.zeros(len(index), dtype=np.intp)
    row[focal], row[~focal] = np.arange(focal.sum()), np.arange((~focal).sum())
    return Distances(matrix=values, row=row)


def measure_distance(
    distance: Any,
    link: str,
    X: pd.DataFrame,
    treated: Bools,
    focal: Bools,
    *,
    cross_fit: int | None = None,
    seed: int = 0,
) -> Measured:
    """Measure the distance that a design asks for.

    Parameters
    ----------
    distance : str, classifier, Series or DataFrame
        ``glm``; a name of :data:`COVARIATE_DISTANCES`; a classifier with ``predict_proba``; one number a child
        (Series by label); or a matrix with a row for each focal child and a column for each other.
    link : str
        One of :data:`PROPENSITY_LINKS`, for ``glm`` and classifiers.
    X : DataFrame
        Covariates as numbers.
    treated, focal : array of bool, shape (n,)
        Programme children; children who are matched (the same for the ATT).
    cross_fit : int, optional
        Folds, for a classifier.
    seed : int

    Raises
    ------
    OptionError
        For an unknown distance.
    DesignError
        When a vector or matrix lacks children.
    """
    nothing = pd.Series(dtype=float)
    if isinstance(distance, pd.Series):
        score = _given_vector(distance, X.index)
        return Measured(Distances(scalar=score), score, nothing, "given, one number a child")
    if isinstance(distance, pd.DataFrame):
        return Measured(_given_matrix(distance, X.index, focal), None, nothing, "given, a matrix")
    if isinstance(distance, str) and distance in COVARIATE_DISTANCES:
        points = covariate_points(X, treated, distance)
        return Measured(Distances(points=points), None, nothing, f"{distance}: {COVARIATE_DISTANCES[distance]}")
    linear = link.startswith("linear.")
    if isinstance(distance, str):
        if distance != "glm":
            valid = ("glm", *COVARIATE_DISTANCES)
            raise OptionError(f"distance {distance!r} is not known. {suggestion(distance, valid)}")
        model = propensity(X, treated, link.removeprefix("linear."))
        described = f"propensity by regression, {link}"
    else:
        model = classifier_scores(X, treated, distance, cross_fit, seed)
        described = f"propensity by {type(distance).__name__}" + (", log-odds" if linear else "")
    score = model.linear if linear else model.probability
    return Measured(Distances(scalar=score), score, model.coefficients, described, model.notes)
