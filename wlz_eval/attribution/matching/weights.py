"""From pairs or strata to weights: the one place where a matched set becomes numbers to weight by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wlz_eval.attribution.matching.problem import Pairs, Strata

__all__ = ["pair_strata", "pair_weights", "scaled", "stratum_weights"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def scaled(weights: Array, group: Bools) -> Array:
    """Scale the weights of a group so that those above zero have mean one."""
    used = group & (weights > 0)
    if used.any():
        weights[used] *= used.sum() / weights[used].sum()
    return weights


def pair_weights(pairs: Pairs, focal: Bools) -> Array:
    """Weights of pairs: focal units 1; each partner a share of the focal units it serves, scaled to mean one.

    Parameters
    ----------
    pairs : Pairs
    focal : array of bool, shape (n,)

    Examples
    --------
    >>> pairs = Pairs(np.array([0, 0, 1]), np.array([2, 3, 3]))
    >>> pair_weights(pairs, np.array([True, True, False, False])).round(3).tolist()
    [1.0, 1.0, 0.5, 1.5]
    """
    matched, number, partners = np.unique(pairs.one, return_inverse=True, return_counts=True)
    weights = np.zeros(len(focal))
    weights[matched] = 1.0
    np.add.at(weights, pairs.two, 1.0 / partners[number])
    return scaled(weights, ~focal)


def pair_strata(pairs: Pairs, n: int) -> Strata:
    """Strata of pairs made without replacement: each focal unit and its partners."""
    code = np.full(n, -1, dtype=np.intp)
    _, number = np.unique(pairs.one, return_inverse=True)
    code[pairs.one] = number
    code[pairs.two] = number
    return Strata(code)


def stratum_weights(strata: Strata, treated: Bools, estimand: str) -> Array:
    """Weights of strata: every stratum counts as many focal units as it holds.

    ATT: programme 1, comparison n1/n0 of the stratum. ATC: the mirror. ATE: stratum size over the size of the
    own group in the stratum. Then the weighted groups are scaled to mean one. Strata that lack a group get weight
    zero.

    Parameters
    ----------
    strata : Strata
    treated : array of bool, shape (n,)
    estimand : {"ATT", "ATC", "ATE"}

    Examples
    --------
    >>> strata = Strata(np.array([0, 0, 0, 1]))
    >>> stratum_weights(strata, np.array([True, False, False, False]), "ATT").tolist()
    [1.0, 1.0, 1.0, 0.0]
    """
    code = strata.code
    inside = code >= 0
    weights = np.zeros(len(code))
    if not inside.any():
        return weights
    size = int(code.max()) + 1
    n1 = np.bincount(code[inside & treated], minlength=size).astype(float)
    n0 = np.bincount(code[inside & ~treated], minlength=size).astype(float)
    both = (n1 > 0) & (n0 > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, none = {
            "ATT": (np.ones(size), n1 / n0),
            "ATC": (n0 / n1, np.ones(size)),
            "ATE": ((n1 + n0) / n1, (n1 + n0) / n0),
        }[estimand]
    rows = np.flatnonzero(inside)
    rows = rows[both[code[rows]]]
    weights[rows] = np.where(treated[rows], one[code[rows]], none[code[rows]])
    if estimand != "ATT":
        weights = scaled(weights, treated)
    if estimand != "ATC":
        weights = scaled(weights, ~treated)
    return weights
