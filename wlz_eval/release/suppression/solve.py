"""Worlds by linear and integer programming, over the small part of all sums that hangs together with a number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from wlz_eval.release.suppression.rows import HIGH, LOW, SLACK, End, Floats, Ints, Rows, Tightened

__all__ = ["Part", "Solved", "parts_of"]

#: Branches of integer programming after which no world counts as found.
BRANCHES = 30
#: Numbers hanging together up to which worlds must be of whole children.
WHOLE = 150


@dataclass(frozen=True)
class Solved:
    """The least that a quantity can be (or its negative, for the most), where that is so, and what it follows from.

    Parameters
    ----------
    least : float
        In whole children.
    world : array of float
        Of the part's quantities.
    ends : list of End
        Tightened ends that hold it where it is.
    rows : list of int
        Rows that do.
    """

    least: float
    world: Floats
    ends: list[End]
    rows: list[int]


@dataclass(frozen=True)
class Part:
    """Quantities that hang together through sums and percentages, those that are known already taken out.

    Parameters
    ----------
    rows : Rows
        Of the whole system.
    used : array of int
        The part's rows.
    columns : array of int
        The part's quantities.
    known : Tightened
        Their bounds.
    """

    rows: Rows
    used: Ints
    columns: Ints
    known: Tightened

    @property
    def whole(self) -> bool:
        """Whether its worlds must be of whole children."""
        return len(self.columns) <= WHOLE

    @cached_property
    def index(self) -> dict[int, int]:
        """Place of each quantity."""
        return {int(q): i for i, q in enumerate(self.columns)}

    @cached_property
    def _entries(self) -> Ints:
        starts = self.rows.starts
        return np.concatenate([np.arange(starts[r], starts[r + 1]) for r in self.used]).astype(np.int64)

    @cached_property
    def _given(self) -> tuple[Any, Floats, npt.NDArray[np.bool_]]:
        """Rows of the part as the solver takes them, known quantities moved to the right-hand side."""
        from scipy.sparse import csr_array

        entries = self._entries
        place = np.full(self.rows.size, -1, dtype=np.int64)
        place[self.columns] = np.arange(len(self.columns))
        line = np.searchsorted(self.used, self.rows.row[entries])
        at, value = place[self.rows.column[entries]], self.rows.value[entries]
        fixed = at < 0
        right = -np.bincount(
            line[fixed], value[fixed] * self.known.low[self.rows.column[entries][fixed]], len(self.used)
        )
        matrix = csr_array(
            (value[~fixed], (line[~fixed], at[~fixed])), shape=(len(self.used), len(self.columns))
        )
        return matrix, np.asarray(right, dtype=float), self.rows.equal[self.used]

    def solve(self, quantity: int, which: int) -> Solved:
        """Make a quantity as small or as large as it can be, children in fractions allowed."""
        from scipy.optimize import linprog

        aim = self._aim([quantity], which)
        matrix, right, equal = self._given
        given: dict[str, Any] = {}
        if equal.any():
            given |= {"A_eq": matrix[equal], "b_eq": right[equal]}
        if not equal.all():
            given |= {"A_ub": matrix[~equal], "b_ub": right[~equal]}
        answer = linprog(aim, **given, bounds=np.column_stack(self._ends), method="highs")
        assert answer.x is not None, f"the published numbers contradict each other: {answer.message}"
        prices = np.zeros(len(self.used))
        prices[equal], prices[~equal] = answer.eqlin.marginals, answer.ineqlin.marginals
        return Solved(float(math.ceil(answer.fun - SLACK)), np.asarray(answer.x), *self._reasons(aim, prices))

    def together(self, quantities: Sequence[int], which: int, most: float) -> Floats | None:
        """Find a world, children in fractions allowed, in which some quantities are small, or large up to `most`."""
        low, high = (ends.copy() for ends in self._ends)
        at = [self.index[q] for q in quantities]
        high[at] = np.maximum(low[at], np.minimum(high[at], most))
        return self._world(self._aim(quantities, which), low, high, whole=False)

    def reaching(self, quantity: int, which: int, end: float) -> Floats | None:
        """Find a whole-numbered world in which a quantity is at most or at least so large; None where none is found."""
        low, high = (ends.copy() for ends in self._ends)
        at = self.index[quantity]
        if which == LOW:
            high[at] = min(high[at], end)
        else:
            low[at] = max(low[at], end)
        return self._world(np.zeros(len(self.columns)), low, high, whole=True)

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        return self.known.low[self.columns], self.known.high[self.columns]

    def _aim(self, quantities: Sequence[int], which: int) -> Floats:
        aim = np.zeros(len(self.columns))
        aim[[self.index[q] for q in quantities]] = 1.0 if which == LOW else -1.0
        return aim

    def _world(self, aim: Floats, low: Floats, high: Floats, whole: bool) -> Floats | None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        matrix, right, equal = self._given
        answer = milp(
            aim, constraints=LinearConstraint(matrix, np.where(equal, right, -np.inf), right),
            bounds=Bounds(low, high), integrality=np.full(len(self.columns), int(whole)),
            options={"node_limit": BRANCHES},
        )
        return None if answer.x is None else np.asarray(answer.x)

    def _reasons(self, aim: Floats, prices: Floats) -> tuple[list[End], list[int]]:
        """Name the ends and rows that hold a solution where it is: those with a price."""
        entries = self._entries
        line = np.searchsorted(self.used, self.rows.row[entries])
        column = self.rows.column[entries]
        reduced = np.zeros(self.rows.size)
        reduced[self.columns] = aim
        np.subtract.at(reduced, column, prices[line] * self.rows.value[entries])
        ends = [(int(q), LOW if reduced[q] > 0 else HIGH) for q in np.flatnonzero(np.abs(reduced) > SLACK)]
        return ends, self.used[np.abs(prices) > SLACK].tolist()


def parts_of(rows: Rows, active: npt.NDArray[np.bool_], known: Tightened) -> Iterator[Part]:
    """Take apart what hangs together; quantities that are known exactly hold nothing together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    free = known.high > known.low
    kept = active[rows.row] & free[rows.column]
    row, column = rows.row[kept], rows.column[kept]
    # One graph of quantities and rows: the rows' nodes come after the quantities'.
    nodes = rows.size + len(rows.equal)
    graph = coo_array((np.ones(len(row)), (column, rows.size + row)), shape=(nodes, nodes))
    label = connected_components(graph, directed=False)[1]
    for part in dict.fromkeys(label[column].tolist()):
        columns = np.flatnonzero((label[: rows.size] == part) & free)
        used = np.unique(row[label[rows.size + row] == part])
        yield Part(rows, used, columns, known)
