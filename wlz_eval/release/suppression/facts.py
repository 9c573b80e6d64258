"""What a cohort's pages say of numbers of children, as an attacker would write it down.

A *quantity* is a true number of children. A *fact* is what is published of one: a rounded count, a mark that hides it,
a percentage that ties two of them, or a mean or other number that is shown, so that those on whom it rests are no fewer
than the threshold. A mark says nothing but that there may be such children: it is the same for numbers that are small
and for those that were withheld for another's sake. :mod:`.relations` adds which quantities add up to which.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.rule import Rule, release_count

__all__ = ["EVERYBODY", "CellId", "Fact", "Quantities", "all_words", "rounded_range", "words_in", "words_of"]

#: Notebook and key of a cell.
CellId = tuple[str, str]

#: Words that leave nobody out.
ALL = frozenset(("all", "total", "everyone", "everybody", "overall", "child", "children", "pupil", "pupils"))
#: Words for everybody, which may name the total of any table.
EVERYBODY = ALL | {
    "whole", "cohort", "programme", "comparison", "group", "groups", "number", "n", "count", "size", "years", "sexes",
    "ages", "started", "both",
}
#: Findings on one comparison rest on the same children: what is said of them stands before the first colon.
_OF_A_COMPARISON = re.compile(r"attribution\.(att|hedges_g|in_hundred|family_p)\.")
#: Words that say in which form a number is given, not of whom.
_FORMS = frozenset(("count", "number", "percent", "share"))
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
    def is_count(self) -> bool:
        """Whether it is a rounded count."""
        return len(self.quantities) == 1 and math.isfinite(self.high)

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
    if _OF_A_COMPARISON.match(about.get("finding", "")):
        return about.get("row", "").partition(": ")[2] or about["finding"]
    where = f"{cell.of} {cell.key.split('.')[1]}" if cell.where in ("table", "figure") else cell.of
    return about.get("row") or about.get("finding") or about.get("placeholder") or where


def words_of(cell: LedgerCell) -> frozenset[str]:
    """Words by which a cell is called; where its row has no name, those of its column and caption."""
    about = cell.definition
    named = about.get("row") or about.get("finding") or about.get("placeholder")
    return words_in(named or f"{cell.of} {about.get('column', '')}")


def all_words(cell: LedgerCell) -> frozenset[str]:
    """Every word about a cell."""
    return words_in(" ".join((cell.of, *cell.definition.values())))


def words_in(name: str) -> frozenset[str]:
    """Words of a name, but for the idle ones."""
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
    rests : dict
        Of each share, those counted and their base, the quantity of those not counted.
    """

    rule: Rule
    values: list[int] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    of_cell: dict[CellId, tuple[int, ...]] = field(default_factory=dict)
    rests: dict[tuple[int, int], int] = field(default_factory=dict)

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
        apart = _apart(cells)
        numbers = found._numbers(m for place, cell in cells for m in _mentions(cell, rule, (place, cell.key) in apart))
        counts: dict[int, list[tuple[CellId, LedgerCell]]] = defaultdict(list)
        shares: dict[tuple[int, ...], list[tuple[CellId, LedgerCell]]] = defaultdict(list)
        for notebook, cell in cells:
            place = (notebook, cell.key)
            quantities = tuple(numbers[mention] for mention in _mentions(cell, rule, place in apart))
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
        found._rested(ledgers, numbers)
        return found

    def _rested(self, ledgers: Sequence[Ledger], numbers: Mapping[tuple[int, str], int]) -> None:
        """Add that the children behind each number that is shown are no fewer than the threshold."""
        beside: dict[tuple[str, str, int], dict[int, None]] = defaultdict(dict)
        for ledger in ledgers:
            for cell in ledger.cells:
                for q in self.of_cell.get((ledger.notebook, cell.key), ()):
                    for line in _lines_of(ledger.notebook, cell):
                        beside[(*line, self.values[q])][q] = None
        rests: dict[int, dict[CellId, None]] = defaultdict(dict)
        for ledger in ledgers:
            for cell in ledger.cells:
                if cell.hidden or cell.kind not in ("statistic", "interval"):
                    continue
                for n in cell.ns:
                    lines = _lines_of(ledger.notebook, cell)
                    alike = [q for line in lines for q in beside.get((*line, n), ())]
                    named = numbers.get((n, name_of(cell)))
                    for q in alike if named is None else [*alike, named]:
                        rests[q][(ledger.notebook, cell.key)] = None
        for q, places in sorted(rests.items()):
            self.facts.append(Fact(tuple(places), (q,), self.rule.threshold, math.inf, hidden=False))

    def _numbers(self, mentions: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
        """Tell which numbers are one quantity: equal, and of the same words but those for everybody and for forms."""
        names: dict[int, list[str]] = defaultdict(list)
        for value, name in sorted(set(mentions)):
            names[value].append(name)
        numbers: dict[tuple[int, str], int] = {}
        for value, called in names.items():
            seen: dict[frozenset[str], int] = {}
            for name in sorted(called, key=lambda name: (len(words_in(name)), name)):
                words = words_in(name) - ALL - _FORMS
                known = seen.get(words) if words else None
                numbers[(value, name)] = self.add(value) if known is None else known
                seen.setdefault(words, numbers[(value, name)])
        return numbers

    def _count_facts(self, quantity: int, places: list[tuple[CellId, LedgerCell]]) -> list[Fact]:
        low, high = rounded_range(self.values[quantity], self.rule)
        shown = tuple(place for place, cell in places if not cell.hidden)
        withheld = tuple(place for place, cell in places if cell.hidden)
        facts = []
        if shown:
            facts.append(Fact(shown, (quantity,), low, high, hidden=False))
        if withheld:
            facts.append(Fact(withheld, (quantity,), 0, math.inf, hidden=True))
        return facts

    def _percent_facts(self, pair: tuple[int, ...], places: list[tuple[CellId, LedgerCell]]) -> list[Fact]:
        counted, base = (self.values[q] for q in pair)
        if pair[0] != pair[1]:
            self.rests[pair[0], pair[1]] = self.add(base - counted)
        true = 100 * counted / base if base else 0.0
        facts = []
        for hidden in (False, True):
            of = [(place, cell) for place, cell in places if cell.hidden is hidden]
            if not of:
                continue
            low, high = (0.0, 100.0) if hidden else _percent_range(of[0][1].text, true)
            facts.append(Fact(tuple(place for place, _ in of), pair, low, high, hidden))
        return facts


def _lines_of(notebook: str, cell: LedgerCell) -> tuple[tuple[str, str], ...]:
    """Row of a table, sentence, or finding: where a number and the children on whom it rests stand together."""
    row = re.split(r"\.\d+$|\|", cell.key)[0]
    finding = cell.definition.get("finding", "")
    return ((notebook, row), ("", finding)) if finding else ((notebook, row),)


def _counts(cell: LedgerCell) -> bool:
    """Whether a cell says a number of children: a count, or a share of so many."""
    known = len(cell.ns) == {"count": 1, "percent": 2}.get(cell.kind, -1)
    return known and (cell.kind == "count" or cell.ns[0] > 0)


def _mentions(cell: LedgerCell, rule: Rule, apart: bool) -> list[tuple[int, str]]:
    """Numbers of children, each with its name; a small one is told from others of its row by its column."""
    column = f" | {cell.definition.get('column', '')}"
    return [(n, name_of(cell) + (column if apart or n < rule.threshold else "")) for n in cell.ns]


def _apart(cells: Sequence[tuple[str, LedgerCell]]) -> set[CellId]:
    """Find counts that stand twice in one row: of all children, and of those with a reading, where each has one."""
    rows: dict[tuple[str, str, int], list[CellId]] = defaultdict(list)
    for notebook, cell in cells:
        if cell.kind == "count":
            rows[(notebook, re.split(r"\.\d+$|\|", cell.key)[0], cell.ns[0])].append((notebook, cell.key))
    return {place for places in rows.values() if len(places) > 1 for place in places}


def _percent_range(text: str, true: float) -> tuple[float, float]:
    """Return what a whole percentage says, wide enough for a weighted share of the same children."""
    match = re.search(r"\d+(?:\.\d+)?", text)
    shown = float(match.group()) if match else true
    return min(shown - 0.5, true), max(shown + 0.5, true)
