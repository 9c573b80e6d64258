"""How unlike two journeys are: dynamic Hamming distance between sequences of states."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["distances", "dynamic_costs"]

Ints = npt.NDArray[np.integer]
Array = npt.NDArray[np.float64]

#: Substitution cost of two states between which no child ever moves.
MOST = 4.0


def _transition_rates(states: Ints, alphabet: int) -> Array:
    """Share of the children in each state at t who are in each state at t + 1: (T - 1, S, S)."""
    periods = states.shape[1]
    step = np.arange(periods - 1)[None, :]
    codes = (step * alphabet + states[:, :-1]) * alphabet + states[:, 1:]
    counts = np.bincount(codes.ravel(), minlength=(periods - 1) * alphabet**2).astype(float)
    counts = counts.reshape(periods - 1, alphabet, alphabet)
    total = counts.sum(axis=2, keepdims=True)
    return counts / np.where(total > 0, total, 1.0)


def dynamic_costs(states: Ints, alphabet: int) -> Array:
    """Cost of one state in the place of another, period by period.

    Two states are alike in a period where children move between them just before it or just after. Timing is
    never bent: a period is compared with the same period only, since when support came is what a journey is about.

    Parameters
    ----------
    states : array of int, shape (n, T)
        State of each child in each period, 0 to `alphabet` - 1.
    alphabet : int
        Number of states.

    Returns
    -------
    array, shape (T, S, S)
        Symmetric, zero on the diagonal, at most 4. At the two ends, where there is a step on one side only, that
        side counts twice.

    Notes
    -----
    Lesnard, L. (2010), Setting cost in optimal matching to uncover contemporaneous socio-temporal patterns,
    Sociological Methods & Research 38.

    Examples
    --------
    >>> dynamic_costs(np.array([[0, 0], [1, 1]]), 2)[0].tolist()
    [[0.0, 4.0], [4.0, 0.0]]
    """
    periods = states.shape[1]
    if periods < 2:
        return np.where(np.eye(alphabet, dtype=bool), 0.0, MOST)[None].repeat(periods, axis=0)
    rates = _transition_rates(states, alphabet)
    both = rates + rates.transpose(0, 2, 1)
    before = np.concatenate([both[:1], both])
    after = np.concatenate([both, both[-1:]])
    costs: Array = MOST - before - after
    costs[:, np.arange(alphabet), np.arange(alphabet)] = 0.0
    return np.maximum(costs, 0.0)


def distances(left: Ints, right: Ints, costs: Array) -> Array:
    """Distance between every sequence of `left` and every sequence of `right`.

    Parameters
    ----------
    left, right : array of int, shape (n, T) and (m, T)
        States.
    costs : array, shape (T, S, S)
        See :func:`dynamic_costs`.

    Returns
    -------
    array, shape (n, m)
        Sum of the costs over the periods.

    Examples
    --------
    >>> a = np.array([[0, 0], [1, 1], [0, 1]])
    >>> distances(a[:1], a, np.array([[[0, 1], [1, 0]]] * 2)).tolist()
    [[0.0, 2.0, 1.0]]
    """
    periods, alphabet, _ = costs.shape
    # As one product of indicator matrices: a row of `priced` holds what each state would cost in each period.
    priced = np.concatenate([costs[t][left[:, t]] for t in range(periods)], axis=1)
    held = np.zeros((len(right), periods * alphabet))
    held[np.arange(len(right))[:, None], np.arange(periods) * alphabet + right] = 1.0
    out: Array = priced @ held.T
    return out
