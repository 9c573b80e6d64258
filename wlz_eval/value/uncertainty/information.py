"""Which input is worth measuring better, and how much of the spread each accounts for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.value.uncertainty.model import Drawn, ValueModel

__all__ = ["conditional_mean", "information", "partial_information", "perfect_information"]

Array = npt.NDArray[np.float64]
#: Fewest draws for a regression to say anything.
LEAST_DRAWS = 200


def perfect_information(net: Array) -> float:
    """Worth of knowing everything before deciding whether to fund: E[max(net, 0)] - max(E[net], 0).

    Examples
    --------
    >>> perfect_information(np.array([-1.0, 1.0]))
    0.5
    """
    return float(np.mean(np.maximum(net, 0.0)) - max(float(np.mean(net)), 0.0))


def conditional_mean(given: Array, net: Array) -> Array:
    """Return expected net value at each draw's value of one input, by regression on the draws.

    The basis is the input itself (net value is a straight line in it when inputs are independent) and the first three
    powers of its normal score by rank (for the bend that correlation brings), whose leverage is bounded.

    Parameters
    ----------
    given, net : array, shape (draws,)

    Returns
    -------
    array, shape (draws,)
    """
    ranks = np.argsort(np.argsort(given, kind="stable"), kind="stable")
    z = special.ndtri((ranks + 0.5) / len(given))
    spread = float(np.std(given))
    if spread == 0:
        return np.full(len(net), float(np.mean(net)))
    basis = np.column_stack([np.ones(len(z)), (given - given.mean()) / spread, z, z**2 - 1, z**3 - 3 * z])
    coefficients, *_ = np.linalg.lstsq(basis, net, rcond=None)
    return np.asarray(basis @ coefficients, dtype=float)


def partial_information(given: Array, net: Array) -> float:
    """Worth of knowing one input before deciding: E[max(E[net | input], 0)] - max(E[net], 0).

    Notes
    -----
    Strong and Oakley (2013), An efficient method for computing single-parameter partial expected value of perfect
    information. Medical Decision Making 33, 755-766.
    """
    return max(perfect_information(conditional_mean(given, net)), 0.0)


def information(model: ValueModel, drawn: Drawn) -> pd.DataFrame:
    """Share of the variance of net value and worth of knowing it, for each uncertain input.

    Returns
    -------
    DataFrame
        ``name``, ``label``, ``evidence``, ``source``, ``share`` (percent of the variance of net value that goes with
        the input alone; correlated inputs share, so that the column need not add to a hundred) and ``worth`` (expected
        value of perfect information about it), largest share first. Empty with too few draws.
    """
    columns = ["name", "label", "evidence", "source", "share", "worth"]
    net = drawn.net
    if len(net) < LEAST_DRAWS:
        return pd.DataFrame(columns=columns)
    total = float(np.var(net))
    rows = []
    for k in model.uncertain:
        fitted = conditional_mean(drawn.values[:, k], net)
        share = 100 * float(np.var(fitted)) / total if total > 0 else 0.0
        worth = max(perfect_information(fitted), 0.0)
        given = model.inputs[k]
        rows.append((given.name, given.label, given.evidence, given.source, share, worth))
    found = pd.DataFrame(rows, columns=columns)
    return found.sort_values(["share", "name"], ascending=[False, True], kind="stable").reset_index(drop=True)
