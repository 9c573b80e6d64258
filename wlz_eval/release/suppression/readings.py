"""Which sums an attacker is given, for each hidden number.

Every sum that is recognised is true of the numbers, so whoever is given all of them is stronger than any reader, who
knows only those by which the tables are built. Where a number is above zero that is no obstacle: sums that are true of
all numbers are true of their multiples too, so that when all is withheld nothing bounds it. It is protected against
**every** sum.

A number of nobody is another matter: 20 = 12 + 8 and 20 = 12 + 8 + 0 together prove the zero, whatever is withheld.
Both cannot be the design of the tables, since a design holds whatever the numbers are. So for the zeros that all sums
together prove, those are left out that stand in the way of there being any such child at the least cost of trust
(:func:`_least`): once by the trust in each alone, and once keeping those in which the zeros themselves stand, so that
a zero is protected both as a part and beside one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from wlz_eval.release.suppression.relations import Trust
from wlz_eval.release.suppression.rows import SLACK, Floats
from wlz_eval.release.suppression.system import System

__all__ = ["Reading", "readings"]

#: Trust from which one sum counts as much as another, and what is added to that of sums in which a zero stands.
MOST_TRUST: Trust = 100_000.0
#: A part of the trust in all sums, so that of two ways of one cost the same is taken on every machine.
TIE = 1e-6


@dataclass(frozen=True)
class Reading:
    """Sums that are taken for the design of the tables, and the hidden numbers that are sought with them.

    Parameters
    ----------
    without : frozenset of int
        Sums left out, by their place among the relations of the system.
    sought : tuple of int
        Hidden quantities.
    """

    without: frozenset[int]
    sought: tuple[int, ...]


def readings(system: System) -> tuple[Reading, ...]:
    """Return the readings against which a system is to be protected; each hidden number is sought in at least one.

    Parameters
    ----------
    system : System
        With every sum that may be one.

    Returns
    -------
    tuple of Reading
        One where no zero follows from the sums alone.
    """
    zeros = [q for q in system.sensitive if system.quantities.values[q] == 0]
    matrix = _sums(system)
    proved = _proved(matrix, zeros) if zeros else []
    if not proved:
        return (Reading(frozenset(), system.sensitive),)
    others = tuple(q for q in system.sensitive if q not in set(proved))
    trust = np.minimum([system.trust[sum_] for sum_ in system.relations], MOST_TRUST)
    holding = np.asarray(abs(matrix)[:, proved].sum(axis=1)).ravel() > 0
    left_out = dict.fromkeys(_least(matrix, weight, proved) for weight in (trust, trust + MOST_TRUST * holding))
    return (Reading(frozenset(), others), *(Reading(sums, tuple(proved)) for sums in left_out))


def _sums(system: System) -> Any:
    """Write the sums as a matrix, a row each."""
    from scipy.sparse import csr_array

    entries = [(i, q, sign) for i, (whole, parts) in enumerate(system.relations)
               for q, sign in [(whole, 1.0), *((part, -1.0) for part in parts)]]
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    return csr_array((values, (rows, columns)), shape=(len(system.relations), len(system.quantities.values)))


def _proved(matrix: Any, zeros: list[int]) -> list[int]:
    """Numbers that the sums alone keep at zero: those that are zero in all multiples of all worlds."""
    from scipy.optimize import linprog

    # Each zero as large as it can be, up to one.
    aim, ends = np.zeros(matrix.shape[1]), _ends(matrix)
    aim[zeros], ends[zeros, 1] = -1.0, 1.0
    answer = linprog(aim, A_eq=matrix, b_eq=np.zeros(matrix.shape[0]), bounds=ends, method="highs")
    return [q for q in zeros if answer.x[q] < 0.5]


def _least(matrix: Any, weight: Floats, zeros: list[int]) -> frozenset[int]:
    """Choose the sums to leave out so that there can be children of each kind of which there are none.

    Of all ways in which numbers could change so that there are some, the one that contradicts the sums least, by
    their weight; those that it contradicts are left out.
    """
    from scipy.optimize import linprog
    from scipy.sparse import eye_array, hstack

    rows, size = matrix.shape
    weight = weight * (1 + TIE * np.arange(rows) / rows) + TIE
    ends = _ends(matrix)
    ends[zeros, 0] = 1.0
    answer = linprog(
        np.concatenate([np.zeros(size), weight, weight]), A_eq=hstack([matrix, eye_array(rows), -eye_array(rows)]),
        b_eq=np.zeros(rows), bounds=np.vstack([ends, np.tile([0.0, np.inf], (2 * rows, 1))]), method="highs",
    )
    off: npt.NDArray[np.bool_] = np.abs(matrix @ answer.x[:size]) > SLACK
    return frozenset(np.flatnonzero(off).tolist())


def _ends(matrix: Any) -> Floats:
    return np.tile([0.0, np.inf], (matrix.shape[1], 1))
