"""Quantities by their number, and which of them a reader could take for one another, or for a total of some table."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.suppression.blocks import Block
from wlz_eval.release.suppression.facts import ALL, EVERYBODY, Fact, Quantities, rounded_range, words_in, words_of

__all__ = ["Known", "known_of"]

#: Names of one number from which it is taken for one quantity that stands all over the pages.
MANY_NAMES = 12
#: A number under at most so many names may be one and the same group of children, whatever it is called.
SAME_GROUP = 3
#: Part of the words of a total's name that a table must share, and part of the numbers of its size that may be shown
#: before its being equal is no sign of anything.
SHARED, CROWDED = 0.5, 0.1
#: What equal numbers say where one name holds the other, of two columns with one title in two places, of two others,
#: and of two in one line of a table.
CONTAINED, ONE_TITLE, OTHER, APART = 3.0, 2.0, 0.5, 0.1


@dataclass(frozen=True)
class Known:
    """Quantities that are shown somewhere, by their number, and what each is called.

    Those in `everybody` may be all children of the cohort, or of a group that a whole table is about: they are called
    by words for everybody, or stand in every row of a column.
    """

    by_value: Mapping[int, Sequence[int]]
    small: Mapping[int, Sequence[int]]
    names: Mapping[int, set[frozenset[str]]]
    titles: Mapping[int, set[str]]
    lines: Mapping[int, set[tuple[str, str, str]]]
    everybody: frozenset[int]

    def totals(self, value: int, block: Block) -> list[int]:
        """Quantities of some number that a reader could take for a total of what stands in a block."""
        alike = self.by_value.get(value, [])
        return [q for q in alike if self.named(q, block) or self.alone(value)]

    def hidden_totals(self, value: int, rows: Sequence[tuple[str, ...]]) -> list[int]:
        """Hidden quantities that are called just by the words that all names of some rows share."""
        shared = frozenset.intersection(*(words_in(" ".join(row)) for row in rows)) - EVERYBODY
        return [q for q in self.small.get(value, ()) if any(name - EVERYBODY == shared for name in self.names[q])]

    def named(self, quantity: int, block: Block) -> bool:
        """Whether a quantity is called by words of a block, or by so many names that everybody knows it."""
        names = self.names.get(quantity)
        words = block.words | EVERYBODY
        return names is None or any(len(name & words) >= SHARED * len(name) for name in names)

    def same(self) -> Iterator[tuple[int, int, float]]:
        """Yield pairs of quantities that may be one group of children by their number, and how alike they are."""
        for value, alike in self.by_value.items():
            few = len(alike) <= SAME_GROUP or self.alone(value)
            for one, other in itertools.combinations(alike, 2):
                if one in self.everybody and other in self.everybody:
                    yield one, other, ONE_TITLE
                elif few or self.contained(one, other):
                    yield one, other, self.likeness(one, other)

    def likeness(self, one: int, other: int) -> float:
        """Say how far a reader could take two equal numbers for one group of children."""
        if not self.lines[one].isdisjoint(self.lines[other]):
            # Two rows, or two columns, of one table are hardly one group: all, and all with a reading.
            return APART
        if self.contained(one, other):
            return CONTAINED
        return OTHER if self.titles[one].isdisjoint(self.titles[other]) else ONE_TITLE

    def contained(self, one: int, other: int) -> bool:
        """Whether all words of one's name, two or more, stand in the other's."""
        some, more = ([name - ALL for name in self.names.get(q, ())] for q in (one, other))
        return any(len(min(a, b, key=len)) > 1 and (a < b or b < a) for a in some for b in more)

    @cached_property
    def _shown(self) -> npt.NDArray[np.int64]:
        return np.sort(np.array(list(self.by_value), dtype=np.int64))

    def alone(self, value: int) -> bool:
        """Whether few numbers of about this size are shown anywhere."""
        around = max(5, value // 20)
        near = np.searchsorted(self._shown, [value - around, value + around + 1])
        return int(near[1] - near[0]) <= 1 + CROWDED * 2 * around


def known_of(ledgers: Sequence[Ledger], quantities: Quantities) -> Known:
    """Gather the quantities that are shown.

    A number with many names, such as all children of the programme, is withheld everywhere or nowhere.
    """
    shown: dict[int, dict[int, None]] = defaultdict(dict)
    small: dict[int, dict[int, None]] = defaultdict(dict)
    for fact in quantities.facts:
        if not fact.is_percent:
            of = small if quantities.small(fact.quantities[0]) else shown
            of[quantities.values[fact.quantities[0]]][fact.quantities[0]] = None
    known = {value: list(found) for value, found in shown.items()}
    for value in [value for value, found in known.items() if len(found) > MANY_NAMES]:
        facts = [f for f in quantities.facts if f.is_count and f.quantities[0] in known[value]]
        known[value] = [quantities.add(value)]
        cells = tuple(place for fact in facts for place in fact.cells)
        low, high = rounded_range(value, quantities.rule)
        quantities.facts.append(Fact(cells, (known[value][0],), low, high, hidden=False))
    names: dict[int, set[frozenset[str]]] = defaultdict(set)
    titles: dict[int, set[str]] = defaultdict(set)
    lines: dict[int, set[tuple[str, str, str]]] = defaultdict(set)
    for ledger in ledgers:
        for cell in ledger.cells:
            for quantity in quantities.of_cell.get((ledger.notebook, cell.key), ())[-1:]:
                names[quantity].add(words_of(cell))
                if cell.kind == "count":
                    titles[quantity].add(cell.definition.get("column", ""))
                    lines[quantity] |= _lines(ledger.notebook, cell)
    by_column: dict[tuple[str, str, str], dict[int, None]] = defaultdict(dict)
    for quantity, places in lines.items():
        for place in places:
            by_column[place][quantity] = None
    everybody = {q for q, called in names.items() if any(name and name <= EVERYBODY for name in called)}
    for (_, _, line), found in by_column.items():
        if line.startswith("column") and len(found) > 1 and len({quantities.values[q] for q in found}) == 1:
            everybody |= found.keys()
    return Known(
        known, {value: list(found) for value, found in small.items()}, names, titles, lines, frozenset(everybody)
    )


def _lines(notebook: str, cell: LedgerCell) -> set[tuple[str, str, str]]:
    """Row and column in which a cell of a table or figure stands."""
    block, _, place = cell.key.partition(".")
    row, _, column = place.partition(".")
    if cell.where not in ("table", "figure") or not column.isdigit():
        return set()
    return {(notebook, block, f"row {row}"), (notebook, block, f"column {column}")}
