"""Normal scores for many inputs at once, spread evenly so that few draws say much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.core.errors import OptionError

__all__ = ["correlated_scores", "nearest_factor"]

Array = npt.NDArray[np.float64]
#: A score this far out is one draw in ten thousand million; keeps zero and one away.
EDGE = 1e-10
#: An eigenvalue below this means that correlations contradict each other.
LEAST_EIGENVALUE = -1e-8


def nearest_factor(correlation: Array, names: Sequence[str] = ()) -> Array:
    """Matrix A with A A' equal to a correlation matrix, symmetric so that the order of inputs does not matter.

    Raises
    ------
    OptionError
        When the correlations cannot all hold at once.
    """
    values, vectors = np.linalg.eigh(correlation)
    if len(values) and values[0] < LEAST_EIGENVALUE:
        raise OptionError(
            "The correlations between inputs cannot all hold at once (smallest eigenvalue "
            f"{values[0]:.3f}): {', '.join(names) or 'no names given'}. Bring some of them closer to zero."
        )
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def correlated_scores(names: Sequence[str], correlation: Array, draws: int, seed: int) -> Array:
    """Draw normal scores of several inputs with given correlations.

    A scrambled Sobol sequence spreads the draws evenly over all inputs together, so that quantiles of their sums
    settle with far fewer draws than random ones. Each input's place in the sequence goes by its name: the order in
    which a plan lists benefits moves no number.

    Parameters
    ----------
    names : sequence of str, length k
        One an input, each different.
    correlation : array, shape (k, k)
        Between scores.
    draws : int
    seed : int
        Of the scrambling.

    Returns
    -------
    array, shape (draws, k)

    Examples
    --------
    >>> correlated_scores(["b", "a"], np.eye(2), 4, 1).shape
    (4, 2)
    """
    from scipy.stats import qmc

    if draws < 1:
        raise OptionError(f"The Monte Carlo needs at least one draw, not {draws}.")
    if not names:
        return np.zeros((draws, 0))
    order = np.argsort(np.asarray(names, dtype=object), kind="stable")
    engine = qmc.Sobol(len(names), scramble=True, rng=np.random.default_rng(seed))
    # Whole powers of two keep the sequence balanced; the rest is left over.
    uniform = engine.random_base2(int(np.ceil(np.log2(draws))))[:draws]
    scores = np.empty((draws, len(names)))
    scores[:, order] = special.ndtri(np.clip(uniform, EDGE, 1 - EDGE))
    if np.array_equal(correlation, np.eye(len(names))):
        return scores
    factor = nearest_factor(correlation, names)
    # Rows are multiplied in the order of names, so that sums run in one order whatever the plan's.
    sorted_factor = factor[np.ix_(order, order)]
    scores[:, order] = scores[:, order] @ sorted_factor.T
    return scores
