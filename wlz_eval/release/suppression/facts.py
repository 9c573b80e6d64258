"""What a cohort's pages say of numbers of children, as an attacker would write it down.

A *quantity* is a true number of children. A *fact* is what is published of one: a rounded count, a mark that hides it,
or a percentage that ties two of them. :mod:`.relations` adds which quantities add up to which.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.rule import Rule, release_count

__all__ = ["CellId", "Fact", "Quantities", "rounded_range"]

#: Notebook and key of a cell.
CellId = tuple[str, str]

#: A number under at most so many names is taken for one and the same group of children, whatever it is called.
SAME_GROUP = 3
_WORD = re.compile(r"[a-z0-9]+")
_IDLE = frozenset(("at", "the", "of", "in", "and", "a", "to", "for", "on", "with"))


@dataclass(frozen=True)
class Fact:
    """One thing that is published, wherever it is repeated.

    Parameters
    ----------
    cells : tuple of CellId
        Where it stands.
    quantities : tuple of int
        The quantity, or for a percentage those counted and those of whom they are a share.
    low, high : float
        What it says of the quantity, or of the percentage.
    hidden : bool
        Whether the rule withheld it, so that it says no more than its mark.
    """

    cells: tuple[CellId, ...]
    quantities: tuple[int, ...]
    low: float
    high: float
    hidden: bool

    @property
    def is_percent(self) -> bool:
        """Whether it is a percentage."""
        return len(self.quantities) == 2


def rounded_range(n: int, rule: Rule) -> tuple[int, int]:
    """Return the counts that are shown as `n` is shown.

    Examples
    --------
    >>> rounded_range(228, Rule()), rounded_range(11, Rule()), rounded_range(3, Rule())
    ((228, 232), (10, 12), (0, 9))
    """
    if n < rule.threshold:
        return 0, rule.threshold - 1
    shown = release_count(n, rule).value
    low, high = n, n
    while low > rule.threshold and release_count(low - 1, rule).value == shown:
        low -= 1
    while release_count(high + 1, rule).value == shown:
        high += 1
    return low, high


def name_of(cell: LedgerCell) -> str:
    """Say whom or what a cell is about, apart from the column in which it stands."""
    about = cell.definition
    where = f"{cell.of} {cell.key.split('.')[1]}" if cell.where in ("table", "figure") else cell.of
    return about.get("row") or about.get("finding") or about.get("placeholder") or where


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.lower())) - _IDLE


@dataclass
class Quantities:
    """Every number of children behind a cohort's public pages, and what is published of each.

    Parameters
    ----------
    rule : Rule
        Threshold and rounding.
    values : list of int
        The true numbers: private.
    facts : list of Fact
        What is published.
    of_cell : dict
        Of each cell its quantity; of a percentage those counted and their base.
    """

    rule: Rule
    values: list[int] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    of_cell: dict[CellId, tuple[int, ...]] = field(default_factory=dict)

    def add(self, value: int) -> int:
        """Add a quantity."""
        self.values.append(value)
        return len(self.values) - 1

    def small(self, quantity: int) -> bool:
        """Whether it is below the threshold."""
        return self.values[quantity] < self.rule.threshold

    @classmethod
    def of(cls, ledgers: Sequence[Ledger]) -> Quantities:
        """Read what ledgers of one cohort say; cells that say the same of the same children are one fact."""
        rule = ledgers[0].rule if ledgers else Rule()
        found = cls(rule)
        cells = [(ledger.notebook, cell) for ledger in ledgers for cell in ledger.cells if _counts(cell)]
        numbers = found._numbers(_mentions((cell for _, cell in cells), rule))
        counts: dict[int, list[tuple[CellId, LedgerCell]]] = defaultdict(list)
        shares: dict[tuple[int, ...], list[tuple[CellId, LedgerCell]]] = defaultdict(list)
        for notebook, cell in cells:
            quantities = tuple(numbers[(n, name)] for n, name in _mentions([cell], rule))
            place = (notebook, cell.key)
            if cell.kind == "count":
                counts[quantities[0]].append((place, cell))
                found.of_cell[place] = quantities
            else:
                found.of_cell[place] = quantities[::-1]
                shares[quantities[::-1]].append((place, cell))
        for quantity, places in counts.items():
            found.facts += found._count_facts(quantity, places)
        for pair, places in shares.items():
            found.facts += found._percent_facts(pair, places)
        return found

    def _numbers(self, mentions: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """Tell which numbers are one quantity: equal, and few enough or named alike."""
        names: dict[int, list[str]] = defaultdict(list)
        for value, name in sorted(set(mentions)):
            names[value].append(name)
        numbers: dict[tuple[int, str], int] = {}
        for value, called in names.items():
            if value >= self.rule.threshold and len(called) <= SAME_GROUP:
                numbers |= dict.fromkeys(((value, name) for name in called), self.add(value))
                continue
            seen: list[tuple[frozenset[str], int]] = []
            for name in sorted(called, key=lambda name: (len(_words(name)), name)):
                words = _words(name)
                large = value >= self.rule.threshold
                alike = [q for w, q in seen if w and (w == words or (large and w < words and len(w) > 1))]
                numbers[(value, name)] = alike[0] if alike else self.add(value)
                seen.append((words, numbers[(value, name)]))
        return numbers

    def _count_facts(self, quantity: int, places: list[tuple[CellId, LedgerCell]]) -> list[Fact]:
        low, high = rounded_range(self.values[quantity], self.rule)
        shown = tuple(place for place, cell in places if not cell.hidden)
        withheld = tuple(place for place, cell in places if cell.hidden)
        facts = []
        if shown:
            facts.append(Fact(shown, (quantity,), low, high, hidden=False))
        if withheld:
            least, most = (low, high) if self.small(quantity) else (self.rule.threshold, math.inf)
            facts.append(Fact(withheld, (quantity,), least, most, hidden=True))
        return facts

    def _percent_facts(self, pair: tuple[int, ...], places: list[tuple[CellId, LedgerCell]]) -> list[Fact]:
        counted, base = (self.values[q] for q in pair)
        true = 100 * counted / base if base else 0.0
        facts = []
        for hidden in (False, True):
            of = [(place, cell) for place, cell in places if cell.hidden is hidden]
            if not of:
                continue
            low, high = (0.0, 100.0) if hidden else _percent_range(of[0][1].text, true)
            facts.append(Fact(tuple(place for place, _ in of), pair, low, high, hidden))
        return facts


def _counts(cell: LedgerCell) -> bool:
    """Whether a cell says a number of children: a count, or a share of so many."""
    known = len(cell.ns) == {"count": 1, "percent": 2}.get(cell.kind, -1)
    return known and (cell.kind == "count" or cell.ns[0] > 0)


def _mentions(cells: Iterable[LedgerCell], rule: Rule) -> list[tuple[int, str]]:
    """Numbers of children, each with its name; a small one is told from others of its row by its column."""
    return [
        (n, name_of(cell) + (f" | {cell.definition.get('column', '')}" if n < rule.threshold else ""))
        for cell in cells
        for n in cell.ns
    ]


def _percent_range(text: str, true: float) -> tuple[float, float]:
    """Return what a whole percentage says, wide enough for a weighted share of the same children."""
    match = re.search(r"\d+(?:\.\d+)?", text)
    shown = float(match.group()) if match else true
    return min(shown - 0.5, true), max(shown + 0.5, true)
