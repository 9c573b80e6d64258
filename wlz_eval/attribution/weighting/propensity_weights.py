"""Weights from propensity scores: inverse probability, overlap, and what tames them.

All weights have mean one within each group ("stabilised"): the scale of a group cancels in every weighted mean.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.weights import scaled
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["block_totals", "propensity_weights", "scale_within_blocks", "trim_weights"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]
ESTIMANDS = ("ATT", "ATC", "ATE", "ATO")


def _raw_weights(p: Array, treated: Bools, estimand: str) -> Array:
    """Weights of a unit by its score; written so that a factor that cancels is never divided by zero."""
    own = np.where(treated, p, 1 - p)
    if estimand == "ATO":
        return np.asarray(1 - own)
    over = np.ones(len(p)) if estimand == "ATE" else p if estimand == "ATT" else 1 - p
    weights = np.divide(over, own, out=np.full(len(p), np.inf), where=own > 0)
    focal = {"ATT": treated, "ATC": ~treated, "ATE": np.zeros(len(p), dtype=bool)}[estimand]
    return np.where(focal, 1.0, weights)


def propensity_weights(probability: npt.ArrayLike, treated: npt.ArrayLike, estimand: str = "ATT") -> Array:
    """Weigh both groups to the population that the estimand averages over.

    A programme unit weighs h/p and a comparison unit h/(1 - p), where p is the propensity score and h is p for the
    ATT, 1 - p for the ATC, 1 for the ATE and p(1 - p) for the ATO (overlap weights). Overlap weights never exceed
    those of an ordinary unit and need no trimming: they average over the children who could as well have been in
    either group. With a logistic model they balance the model's columns exactly.

    Parameters
    ----------
    probability : array, shape (n,)
        Propensity scores.
    treated : array of bool, shape (n,)
    estimand : {"ATT", "ATC", "ATE", "ATO"}

    Returns
    -------
    array, shape (n,)
        Of mean one in each group.

    Raises
    ------
    DesignError
        When a score is 0 or 1 where that would need an infinite weight.
    OptionError
        When scores are not probabilities, or the estimand is not known.

    References
    ----------
    Robins, Hernan and Brumback (2000), Epidemiology 11; Li, Morgan and Zaslavsky (2018), JASA 113.

    Examples
    --------
    >>> propensity_weights([0.5, 0.5, 0.5, 0.75], [True, False, False, False], "ATT").round(2).tolist()
    [1.0, 0.6, 0.6, 1.8]
    """
    p, mask = np.asarray(probability, dtype=float), np.asarray(treated, dtype=bool)
    if not ((p >= 0) & (p <= 1)).all():
        raise OptionError("Propensity scores must be probabilities, between 0 and 1, and no linear predictor.")
    if estimand not in ESTIMANDS:
        raise OptionError(f"estimand {estimand!r} is not known. {suggestion(estimand, ESTIMANDS)}")
    weights = _raw_weights(p, mask, estimand)
    endless = int(np.isinf(weights).sum())
    if endless:
        raise DesignError(
            f"{endless:,} children have a propensity score that no child of their group should have (0 or 1), so their "
            "weight would be infinite. Use overlap weights, fewer covariates, or a smoother classifier."
        )
    for group in (mask, ~mask):
        if not weights[group].sum() > 0:
            raise DesignError("Every child of one group has weight zero: the groups have nobody in common.")
        weights = scaled(weights, group)
    return weights


def block_totals(probability: Array, treated: Bools, block: Ints, estimand: str) -> Array:
    """Weight of each block in the population averaged over, shape (blocks,)."""
    size = int(block.max()) + 1
    count = {
        "ATT": treated.astype(float),
        "ATC": (~treated).astype(float),
        "ATE": np.ones(len(treated)),
        "ATO": probability * (1 - probability),
    }[estimand]
    return np.asarray(np.bincount(block, weights=count, minlength=size), dtype=float)


def scale_within_blocks(weights: Array, treated: Bools, block: Ints, totals: Array) -> Array:
    """Scale weights so that each block weighs the same in both groups.

    Parameters
    ----------
    weights : array, shape (n,)
    treated : array of bool, shape (n,)
    block : array of int, shape (n,)
        Numbered from 0; each holds both groups.
    totals : array, shape (blocks,)
        See :func:`block_totals`.

    Returns
    -------
    array, shape (n,)
        Of mean one in each group.

    Examples
    --------
    >>> weights, treated = np.array([1.0, 1.0, 1.0, 2.0]), np.array([True, True, False, False])
    >>> scale_within_blocks(weights, treated, np.array([0, 1, 0, 1]), np.array([1.0, 1.0])).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    result = weights.copy()
    for group in (treated, ~treated):
        have = np.bincount(block[group], weights=weights[group], minlength=len(totals))
        factor = np.divide(totals, have, out=np.zeros(len(totals)), where=have > 0)
        result[group] *= factor[block[group]]
        result = scaled(result, group)
    return result


def _capped(weights: Array, most: float) -> Array:
    """Cap weights of mean one at `most` times their mean, the others scaled up until the mean is one again."""
    n = len(weights)
    fixed = np.zeros(n, dtype=bool)
    capped = weights.copy()
    while (over := capped > most * (1 + 1e-12)).any():
        fixed |= over
        rest = ~fixed
        capped[fixed] = most
        capped[rest] *= (n - most * fixed.sum()) / capped[rest].sum()
    return capped


def trim_weights(weights: Array, treated: Bools, trim: float) -> Array:
    """Bring extreme weights down to a limit, group by group.

    Trimming trades bias for precision: the children whose weight is cut are under-represented.

    Parameters
    ----------
    weights : array, shape (n,)
    treated : array of bool, shape (n,)
    trim : float
        Below 1, a quantile of the weights of the group (0.99: the highest hundredth comes down to that
        quantile); above 1, the most that a unit may weigh, in mean weights of its group.

    Returns
    -------
    array, shape (n,)
        Of mean one among the units of each group that have a weight.

    Raises
    ------
    OptionError
        For a limit that is neither.

    References
    ----------
    Cole and Hernan (2008), American Journal of Epidemiology 168; Lee, Lessler and Stuart (2011), PLoS ONE 6.

    Examples
    --------
    >>> trim_weights(np.array([1.0, 0.5, 0.5, 2.0]), np.array([True, False, False, False]), 1.5).tolist()
    [1.0, 0.75, 0.75, 1.5]
    """
    number = isinstance(trim, (int, float, np.number)) and not isinstance(trim, bool)
    if not number or not (0.5 < trim < 1 or 1 < trim < np.inf):
        raise OptionError(
            f"trim must be a quantile between 0.5 and 1, or the most mean weights that a child may have (above 1), not "
            f"{trim!r}."
        )
    result = weights.copy()
    for group in (treated, ~treated):
        used = group & (weights > 0)
        if trim < 1:
            result[used] = np.minimum(weights[used], np.quantile(weights[used], trim))
            result = scaled(result, used)
        else:
            result[used] = _capped(weights[used] / weights[used].mean(), float(trim))
    return result
