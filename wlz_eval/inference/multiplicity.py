"""Corrections for judging several outcomes at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError

__all__ = ["aligned_scores", "benjamini_hochberg", "holm", "resampled_step_down"]

Array = npt.NDArray[np.float64]

#: Random numbers drawn at a time, to bound memory.
BLOCK = 1_000_000


def _known_order(p: npt.ArrayLike) -> tuple[Array, npt.NDArray[np.intp]]:
    """Return the p-values, and the positions of those that are known, smallest first."""
    values = np.asarray(p, dtype=float)
    known = np.flatnonzero(np.isfinite(values))
    return values, known[np.argsort(values[known], kind="stable")]


def holm(p: npt.ArrayLike) -> Array:
    """Adjust p-values so that the chance of any false alarm in the family stays at its level.

    Parameters
    ----------
    p : array, shape (k,)
        Two-sided p-values; missing ones stay missing and do not count.

    Returns
    -------
    array, shape (k,)
        Holm's (1979) step-down adjusted p-values, in the order given.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values, order = _known_order(p)
    adjusted = np.full(len(values), np.nan)
    if len(order):
        steps = values[order] * np.arange(len(order), 0, -1)
        adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def benjamini_hochberg(p: npt.ArrayLike) -> Array:
    """Adjust p-values so that, of the outcomes called different, the expected share of false alarms is bounded.

    This asks for less than :func:`holm`, and is meant for families of many outcomes, of which some false alarms can
    be borne. It holds for outcomes that are independent or positively dependent.

    Parameters
    ----------
    p : array, shape (k,)
        Two-sided p-values; missing ones stay missing and do not count.

    Returns
    -------
    array, shape (k,)
        Adjusted p-values (Benjamini and Hochberg 1995), in the order given.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    values, order = _known_order(p)
    adjusted = np.full(len(values), np.nan)
    k = len(order)
    if k:
        steps = values[order] * k / np.arange(1, k + 1)
        adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return adjusted


def aligned_scores(scores: Sequence[pd.Series]) -> Array:
    """Put the scores of several estimates on the same clusters, one column an estimate.

    Parameters
    ----------
    scores : sequence of Series
        Contribution of each cluster to an estimate, indexed by cluster, as effects give them. A cluster without
        children for an estimate contributes nothing to it; an empty series gives a column of zeros.

    Returns
    -------
    array, shape (m, k)
    """
    labels = sorted({label for series in scores for label in series.index}, key=str)
    columns = [series.reindex(labels).fillna(0.0).to_numpy(dtype=float) for series in scores]
    return np.column_stack(columns) if columns else np.zeros((0, 0))


def resampled_step_down(p: npt.ArrayLike, scores: npt.ArrayLike, draws: int = 9_999, seed: int = 0) -> Array:
    """Adjust p-values for a family of outcomes that go together, by resampling the clusters' contributions.

    Under no effect the estimates vary together as their clusters' contributions (scores) do. Each draw multiplies
    the contributions of a cluster by one standard normal number, for all outcomes at once (multiplier bootstrap),
    turns the resulting estimates into p-values, and keeps the smallest; an outcome's adjusted p-value is the share
    of draws whose smallest is as small as its own, stepping down through the outcomes. Outcomes that go together
    thus count as fewer than their number, which :func:`holm` cannot see. Because p-values are compared, each
    outcome keeps its own small-sample degrees of freedom, and a family of one is left as it is. The dependence
    between outcomes is taken from the clusters at hand: with few of them it is known only roughly.

    Parameters
    ----------
    p : array, shape (k,)
        Two-sided p-values; missing ones stay missing and do not count.
    scores : array, shape (m, k)
        Contribution of each of m clusters to each estimate, see :func:`aligned_scores`.
    draws : int
        Resamples.
    seed : int

    Returns
    -------
    array, shape (k,)
        Adjusted p-values in the order given, never below the p-values themselves, nor above Holm's.

    Raises
    ------
    OptionError
        When the scores do not have one column for each p-value.

    References
    ----------
    Westfall and Young (1993), Resampling-Based Multiple Testing (step-down minimum p); Romano and Wolf (2005),
    Econometrica 73.

    Examples
    --------
    >>> same = np.tile(np.random.default_rng(0).normal(size=(12, 1)), (1, 3))
    >>> resampled_step_down([0.02, 0.02, 0.02], same).round(2).tolist()
    [0.02, 0.02, 0.02]
    """
    values, order = _known_order(p)
    matrix = np.asarray(scores, dtype=float)
    if matrix.ndim != 2 or matrix.shape[1] != len(values):
        raise OptionError(
            f"scores have shape {matrix.shape}; give one row for each cluster and one column for each of the "
            f"{len(values)} p-values."
        )
    adjusted = np.full(len(values), np.nan)
    if not len(order):
        return adjusted
    size = np.sqrt((matrix[:, order] ** 2).sum(axis=0))
    if not (size > 0).all():
        raise OptionError("An estimate with a p-value has no scores. Give the contribution of each cluster to it.")
    rng, unit, as_small = np.random.default_rng(seed), matrix[:, order] / size, np.ones(len(order))
    block = max(1, BLOCK // len(matrix))
    for start in range(0, draws, block):
        multipliers = rng.standard_normal((min(block, draws - start), len(matrix)))
        drawn = 2 * special.ndtr(-np.abs(multipliers @ unit))
        # Smallest p-value among this outcome and those with larger p-values of their own.
        smallest = np.minimum.accumulate(drawn[:, ::-1], axis=1)[:, ::-1]
        as_small += (smallest <= values[order]).sum(axis=0)
    share = as_small / (draws + 1)
    # The share is an estimate; what is known exactly bounds it from both sides.
    bounded = np.clip(np.maximum.accumulate(share), values[order], holm(values[order]))
    adjusted[order] = np.maximum.accumulate(bounded)
    return adjusted
