"""All that is published of one cohort: numbers of children, what is said of each, and what adds up to what."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.facts import CellId, Fact, Quantities
from wlz_eval.release.suppression.relations import Relation, Trust, relations
from wlz_eval.release.suppression.rows import LOW, End, Floats, Ints, Rows

__all__ = ["SURE", "System", "system_of"]

#: Sums and percentages with a number from which it is passed over, in so many steps.
HUB, FEW_STEPS = 40, 3
#: Of what a percentage is: those counted and those not counted are all.
SURE: Trust = math.inf


@dataclass(frozen=True)
class System:
    """All that is published of one cohort, as linear relations.

    Parameters
    ----------
    quantities : Quantities
        Numbers of children, and the facts published of them.
    trust : mapping of Relation to Trust
        Sums among them, and how far a reader could know each for one.
    """

    quantities: Quantities
    trust: Mapping[Relation, Trust]

    @property
    def threshold(self) -> int:
        """Fewest children that are shown."""
        return self.quantities.rule.threshold

    @property
    def facts(self) -> Sequence[Fact]:
        """What is published."""
        return self.quantities.facts

    @cached_property
    def sensitive(self) -> tuple[int, ...]:
        """Quantities that are withheld since too few children are behind them."""
        found: dict[int, None] = {}
        for fact in self.facts:
            if fact.hidden:
                found |= dict.fromkeys(q for q in fact.quantities if self.quantities.small(q))
        return tuple(found)

    @cached_property
    def cells_of(self) -> Mapping[int, tuple[CellId, ...]]:
        """Where each sensitive quantity is withheld."""
        cells: dict[int, dict[CellId, None]] = {q: {} for q in self.sensitive}
        for fact in self.facts:
            for q in fact.quantities if fact.hidden else ():
                if q in cells:
                    cells[q] |= dict.fromkeys(fact.cells)
        return {q: tuple(places) for q, places in cells.items()}

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """Sums among them."""
        return tuple(self.trust)

    @cached_property
    def alike(self) -> tuple[int, ...]:
        """Of each fact the first that says the same: a count of what may be the same children under another name."""
        first: dict[int, int] = {}
        return tuple(
            first.setdefault(int(self._group[fact.quantities[0]]), i) if fact.is_count and not fact.hidden else i
            for i, fact in enumerate(self.facts)
        )

    @cached_property
    def degree(self) -> Ints:
        """Of each quantity the sums and percentages in which it stands under any of its names."""
        return np.bincount(self._group[self.rows.column], minlength=len(self._group))[self._group]

    @cached_property
    def _group(self) -> Ints:
        """Of each quantity a number, the same for those that may be the same children."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size = len(self.quantities.values)
        pairs = np.array([(whole, parts[0]) for whole, parts in self.relations if len(parts) == 1]).reshape(-1, 2)
        return connected_components(coo_array((np.ones(len(pairs)), pairs.T), shape=(size, size)), False)[1]

    @cached_property
    def rows(self) -> Rows:
        """Sums and published percentages as linear rows over all quantities."""
        rows: list[tuple[Mapping[int, float], bool, int]] = []
        for whole, parts in self.relations:
            row = {whole: 1.0}
            for q in parts:
                row[q] = row.get(q, 0.0) - 1.0
            rows.append((row, True, -1))
        for i, fact in enumerate(self.facts):
            if fact.is_percent and not fact.hidden and fact.quantities[0] != fact.quantities[1]:
                counted, base = fact.quantities
                rows.append(({counted: 1.0, base: -fact.high / 100}, False, i))
                rows.append(({counted: -1.0, base: fact.low / 100}, False, i))
        return Rows.of(rows, len(self.quantities.values))

    def around(self, quantities: Collection[int], steps: int) -> frozenset[int]:
        """Facts of all that hangs together with some quantities through so many sums or percentages.

        What hundreds of sums tell, such as the number of all children, is left for when a few steps do not suffice.
        """
        near = np.zeros(self.rows.size, dtype=bool)
        near[list(quantities)] = True
        passing = np.ones(self.rows.size, dtype=bool) if steps > FEW_STEPS else self.degree <= HUB
        touched = np.zeros(len(self.rows.equal), dtype=bool)
        for _ in range(steps):
            touched[self.rows.row[near[self.rows.column]]] = True
            near[self.rows.column[touched[self.rows.row]]] = True
            near &= passing
        return frozenset(
            i for i, fact in enumerate(self.facts)
            if fact.cells and not fact.hidden and any(near[q] for q in fact.quantities)
        )

    def given(self, withheld: Collection[int]) -> tuple[Floats, Floats]:
        """Say what is published of each quantity by itself, when some facts are withheld besides."""
        low = np.zeros(self.rows.size)
        high = np.full(self.rows.size, 10.0 * max(self.quantities.values, default=0) + 1000.0 * self.threshold)
        for q, said in self._said.items():
            for i, least, most in said:
                if i not in withheld:
                    low[q], high[q] = max(low[q], least), min(high[q], most)
        return low, high

    @cached_property
    def _said(self) -> Mapping[int, Sequence[tuple[int, float, float]]]:
        """Of each quantity the facts that bound it by itself, and how."""
        found: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
        for i, fact in enumerate(self.facts):
            if fact.hidden:
                continue
            if not fact.is_percent:
                found[fact.quantities[0]].append((i, fact.low, fact.high))
                continue
            # A share is shown only where those counted and those not counted both reach the threshold.
            counted, base = fact.quantities
            found[counted].append((i, self.threshold, math.inf))
            if (rest := self.quantities.rests.get((counted, base))) is not None:
                found[rest].append((i, self.threshold, math.inf))
                found[base].append((i, 2 * self.threshold, math.inf))
        return found

    def fact_at(self, end: End, withheld: Collection[int]) -> int | None:
        """Tell which fact gives one end of a quantity and would give less if it were withheld; None where none does."""
        q, which = end
        said = [(low if which == LOW else -high, -i) for i, low, high in self._said.get(q, ()) if i not in withheld]
        tightest, i = max(said, default=(0.0, 0))
        nothing = tightest <= 0 if which == LOW else tightest == -math.inf
        return None if not said or nothing or not self.facts[-i].cells else -i


def system_of(ledgers: Sequence[Ledger]) -> System:
    """Write everything that a cohort's ledgers show as facts and sums.

    The complement of each percentage is a quantity of its own, hidden with the percentage where it is small.
    """
    quantities = Quantities.of(ledgers)
    sums = relations(ledgers, quantities)
    added: list[Fact] = []
    for fact in quantities.facts:
        if fact.is_percent and fact.quantities in quantities.rests:
            counted, base = fact.quantities
            rest = quantities.rests[counted, base]
            sums[(base, tuple(sorted((counted, rest))))] = SURE
            if fact.hidden and quantities.small(rest) and not quantities.small(base):
                added.append(Fact(fact.cells, (rest,), 0, math.inf, hidden=True))
    quantities.facts += added
    return System(quantities, sums)
