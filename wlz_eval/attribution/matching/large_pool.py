"""Cardinality matching from a large pool: all focal units, and as many of the pool as go with them, found at once.

No sample can be larger than one that holds all focal units and all pool units that go with them. In a pool of a million
such a sample is mostly there, while the integer programme over all of it takes minutes and more than 8 GB. So a part of
the pool is drawn by how much like the focal units its units are, and the programme is solved over it without whole
numbers: its solution splits no more units than there are limits, so that rounding moves means little.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

__all__ = ["LARGE_POOL", "all_kept"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

#: Pool units above which this is tried, units of the first part for each that is to be kept, by how much parts grow,
#: and by how much limits are narrowed so that units can be kept whole.
LARGE_POOL, PART, GROWS, NARROWER = 100_000, 5, 4, 0.8


def all_kept(columns: Array, focal: int, ratio: float, limit: Array, aim: Array | None = None) -> Ints | None:
    """Find pool units for all focal units of a large pool.

    Parameters
    ----------
    columns : array, shape (n, p)
        Balance columns in SDs, focal units first.
    focal : int
        How many these are.
    ratio : float
        Pool units kept for each focal unit.
    limit : array, shape (p,)
        Largest difference of the means from the target.
    aim : array, shape (p,), optional
        Target profile; the means of the focal units where there is none.

    Returns
    -------
    array of int or None
        Positions in the pool, ascending; None where the pool is not large, or none are found at once.

    Examples
    --------
    >>> all_kept(np.zeros((20, 1)), 10, 1, np.array([0.1])) is None
    True
    """
    pool, wanted = columns[focal:], ratio * focal
    own = columns[:focal].mean(axis=0)
    target = own if aim is None else aim
    if len(pool) <= LARGE_POOL or wanted != int(wanted) or (np.abs(own - target) > limit).any():
        return None
    for part in _parts(columns, focal, wanted):
        kept = _rounded(pool[part] - target, int(wanted), limit)
        if kept is not None:
            return part[kept]
    return None


def _rounded(gaps: Array, wanted: int, limit: Array) -> Ints | None:
    """Choose so many rows whose means keep to the limits; None where the rounded solution does not."""
    from scipy.optimize import linprog

    answer = linprog(
        np.zeros(len(gaps)), A_ub=np.vstack([gaps.T, -gaps.T]), b_ub=np.tile(NARROWER * limit * wanted, 2),
        A_eq=np.ones((1, len(gaps))), b_eq=[wanted], bounds=(0.0, 1.0), method="highs",
    )
    if answer.x is None:
        return None
    kept = np.sort(np.argsort(-answer.x, kind="stable")[:wanted])
    return kept if (np.abs(gaps[kept].mean(axis=0)) <= limit).all() else None


def _parts(columns: Array, focal: int, wanted: float) -> Iterator[Ints]:
    """Give parts of the pool, each larger than the one before, by position."""
    odds = _odds(columns, focal)
    size = PART * wanted
    while size <= len(odds) / 2:
        yield _drawn(odds, size)
        size *= GROWS


def _odds(columns: Array, focal: int) -> Array:
    """How much likelier a unit of the pool is among the focal ones, up to a factor, by linear discrimination."""
    one, other = columns[:focal], columns[focal:]
    spread = np.atleast_2d(np.cov(one, rowvar=False) + np.cov(other, rowvar=False)) / 2
    apart = one.mean(axis=0) - other.mean(axis=0)
    score = other @ (np.linalg.pinv(spread, hermitian=True) @ apart)
    return np.exp(np.clip(score - np.quantile(score, 0.99), -30.0, 0.0))


def _drawn(odds: Array, size: float) -> Ints:
    """Draw about so many positions, each as often as its odds say and at most once; the same on every run."""
    share = np.minimum(1.0, odds * (size / odds.sum()))
    for _ in range(50):
        free = share < 1.0
        missing = size - share.sum()
        if missing < 0.5 or not free.any():
            break
        share[free] = np.minimum(1.0, share[free] * (1 + missing / share[free].sum()))
    steps = np.floor(np.cumsum(share) + 0.5)
    return np.flatnonzero(np.diff(steps, prepend=0.0) > 0)
