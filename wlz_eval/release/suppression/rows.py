"""All that is published as linear rows, and bounds tightened over all of them until nothing moves any more.

Tightening never goes too far: whatever it says of a number is true, so a number that it finds is found. What it does
not find may still be found by solving (:mod:`.attack`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["HIGH", "LOW", "End", "Rows", "Tightened", "tighten"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: One end of what is known of a quantity: the quantity, and which end.
End = tuple[int, int]
LOW, HIGH = 0, 1

#: A whole number is not told from one that lies so near to it.
SLACK = 1e-6
#: Times that bounds are passed on; few numbers need more than ten, and stopping early only finds less.
SWEEPS = 100


@dataclass(frozen=True)
class Rows:
    """Rows ``sum of value * quantity``, each ``<= 0``, or ``= 0`` for a sum, as entries sorted by row.

    Parameters
    ----------
    row, column : array of int
        Of each entry its row and its quantity.
    value : array of float
        Of each entry.
    equal : array of bool
        Of each row, whether it is a sum.
    fact : array of int
        Of each row the percentage that says it; -1 for a sum.
    size : int
        Quantities.
    """

    row: Ints
    column: Ints
    value: Floats
    equal: npt.NDArray[np.bool_]
    fact: Ints
    size: int

    @classmethod
    def of(cls, rows: Sequence[tuple[Mapping[int, float], bool, int]], size: int) -> Rows:
        """Write rows, each with its entries by quantity, whether it is a sum, and its fact."""
        entries = [(i, q, value) for i, (row, *_) in enumerate(rows) for q, value in sorted(row.items())]
        return cls(
            np.array([i for i, *_ in entries], dtype=np.int64),
            np.array([q for _, q, _ in entries], dtype=np.int64),
            np.array([value for *_, value in entries], dtype=float),
            np.array([equal for _, equal, _ in rows], dtype=bool),
            np.array([fact for *_, fact in rows], dtype=np.int64),
            size,
        )

    @cached_property
    def starts(self) -> Ints:
        """Where the entries of each row begin, and where the last ends."""
        return np.searchsorted(self.row, np.arange(len(self.equal) + 1))

    def entries(self, row: int) -> range:
        """Entries of one row."""
        return range(int(self.starts[row]), int(self.starts[row + 1]))

    def without(self, facts: Collection[int]) -> npt.NDArray[np.bool_]:
        """Rows that are said when some percentages are not."""
        return ~np.isin(self.fact, np.fromiter(facts, dtype=np.int64, count=len(facts)))

    def holds(self, worlds: Floats, active: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Whether each world, a row of numbers of children, keeps to the active rows."""
        from scipy.sparse import csr_array

        matrix = csr_array((self.value, self.column, self.starts), shape=(len(self.equal), self.size))[active]
        off = matrix @ worlds.T
        wrong = np.where(self.equal[active][:, None], np.abs(off), off) > SLACK
        return ~wrong.any(axis=0)


@dataclass(frozen=True)
class Tightened:
    """Bounds of all quantities, and how each came to be.

    Parameters
    ----------
    rows : Rows
    low, high : array of float
        Least and most that each quantity can be, as far as this is seen.
    steps : sequence of pairs of arrays
        Of each sweep, for the lower and the upper ends, the entry by which a quantity's end moved; -1 where it did not.
    """

    rows: Rows
    low: Floats
    high: Floats
    steps: Sequence[tuple[Ints, Ints]]

    def reasons(self, ends: Iterable[End]) -> tuple[set[End], set[int]]:
        """Trace ends to what they follow from: ends as they were given, and rows."""
        given: set[End] = set()
        rows: set[int] = set()
        waiting = [(q, end, len(self.steps)) for q, end in ends]
        seen: set[tuple[int, int, int]] = set()
        while waiting:
            q, end, until = waiting.pop()
            at = next((s for s in range(until - 1, -1, -1) if self.steps[s][end][q] >= 0), -1)
            if (q, end, at) in seen:
                continue
            seen.add((q, end, at))
            if at < 0:
                given.add((q, end))
                continue
            entry = int(self.steps[at][end][q])
            row = int(self.rows.row[entry])
            rows.add(row)
            # The upper end of a positive term follows from the lower ends of the other terms, and so on by sign.
            lower = (end == HIGH) == (self.rows.value[entry] > 0)
            for other in self.rows.entries(row):
                if other != entry:
                    uses = LOW if lower == (self.rows.value[other] > 0) else HIGH
                    waiting.append((int(self.rows.column[other]), uses, at))
        return given, rows


def tighten(rows: Rows, active: npt.NDArray[np.bool_], low: Floats, high: Floats) -> Tightened:
    """Pass bounds on through every row, in whole children, until nothing moves.

    Parameters
    ----------
    rows : Rows
        Sums and percentages.
    active : array of bool
        Rows that are published.
    low, high : array of float
        What is published of each quantity itself; finite.

    Returns
    -------
    Tightened
        Bounds within those given.
    """
    kept = np.flatnonzero(active[rows.row])
    row, column, value, equal = rows.row[kept], rows.column[kept], rows.value[kept], rows.equal[rows.row[kept]]
    low, high = low.copy(), high.copy()
    steps: list[tuple[Ints, Ints]] = []
    positive, many = value > 0, len(rows.equal)
    for _ in range(SWEEPS if len(kept) else 0):
        least = value * np.where(positive, low[column], high[column])
        most = value * np.where(positive, high[column], low[column])
        # Each term is at most what the others leave of zero, and in a sum at least that too.
        room = least - np.bincount(row, least, many)[row]
        need = np.where(equal, most - np.bincount(row, most, many)[row], -np.inf)
        upper, lower = np.where(positive, room, need) / value, np.where(positive, need, room) / value
        new_low, by_low = _moved(low, column, np.ceil(lower - SLACK), np.maximum)
        new_high, by_high = _moved(high, column, np.floor(upper + SLACK), np.minimum)
        if not (by_low >= 0).any() and not (by_high >= 0).any():
            break
        low, high = new_low, new_high
        steps.append((np.where(by_low < 0, -1, kept[by_low]), np.where(by_high < 0, -1, kept[by_high])))
    return Tightened(rows, low, high, steps)


def _moved(ends: Floats, column: Ints, offered: Floats, better: np.ufunc) -> tuple[Floats, Ints]:
    """Take the best of what is offered of each quantity, and the entry that offered it where it moved."""
    new = ends.copy()
    better.at(new, column, offered)
    by = np.full(len(ends), -1)
    moved = (offered == new[column]) & (new[column] != ends[column])
    by[column[moved]] = np.flatnonzero(moved)
    return new, by
