"""Which published numbers of children add up to which, found from the true numbers.

Only sums that hold exactly are taken, so that all that the attacker is given is true: where a sum holds by chance the
attacker is stronger than any real one, and more is hidden than need be, never less.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.suppression.facts import Fact, Quantities, rounded_range

__all__ = ["Relation", "relations"]

#: A total and its parts: whole = sum of parts.
Relation = tuple[int, tuple[int, ...]]

#: Names of one number from which it is taken for one quantity that stands all over the pages.
MANY_NAMES = 12
#: Columns of a table, and numbers of a sentence, of which sums of a few are tried.
MOST_COLUMNS, MOST_PARTS = 14, 3


@dataclass
class _Block:
    """One table, figure or sentence: names of its rows, and its quantities by column."""

    names: dict[int, tuple[str, ...]]
    columns: dict[tuple[int, int], dict[int, int]]
    steps: frozenset[int]


def relations(ledgers: Sequence[Ledger], quantities: Quantities) -> list[Relation]:
    """Find the sums among the numbers of all pages.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Of one cohort.
    quantities : Quantities
        As read from them.

    Returns
    -------
    list of Relation
        Each a total and its parts, without repeats.
    """
    blocks = list(_blocks(ledgers, quantities))
    known = _by_value(quantities)
    found: dict[Relation, None] = {}
    for block in blocks:
        none_at_all: set[tuple[int, ...]] = set()
        for whole, parts in itertools.chain(
            _steps(block, quantities), _down(block, quantities, known), _across(block, quantities, known)
        ):
            nobody = tuple(sorted(q for q in parts if quantities.values[q] == 0))
            # 300 = 300 + 0 holds of any two groups of 300, in both directions: taken once, or it would prove the zero.
            repeated = len(nobody) == len(parts) - 1 and nobody in none_at_all
            if whole in parts or repeated:
                continue
            if len(nobody) == len(parts) - 1:
                none_at_all.add(nobody)
            found[(whole, tuple(sorted(parts)))] = None
    return list(found)


def _by_value(quantities: Quantities) -> Mapping[int, list[int]]:
    """Quantities that are shown somewhere, by their number.

    A number with many names, such as all children of the programme, is withheld everywhere or nowhere.
    """
    shown: dict[int, dict[int, None]] = defaultdict(dict)
    for fact in quantities.facts:
        if not fact.is_percent and not fact.hidden:
            shown[quantities.values[fact.quantities[0]]][fact.quantities[0]] = None
    known = {value: list(found) for value, found in shown.items()}
    for value in [value for value, found in known.items() if len(found) > MANY_NAMES]:
        facts = [f for f in quantities.facts if not f.hidden and f.quantities[0] in known[value] and not f.is_percent]
        known[value] = [quantities.add(value)]
        cells = tuple(place for fact in facts for place in fact.cells)
        low, high = rounded_range(value, quantities.rule)
        quantities.facts.append(Fact(cells, (known[value][0],), low, high, hidden=False))
    return known


def _place(cell: LedgerCell) -> tuple[str, int, int]:
    """Block, row and column of a cell; numbers of a sentence stand in one row, findings of a kind below each other."""
    block, _, rest = cell.key.partition(".")
    if cell.where == "findings":
        return f"findings of {cell.of}", -1, 0
    parts = rest.split(".")
    if cell.where in ("table", "figure") and len(parts) == 2 and all(part.isdigit() for part in parts):
        return block, int(parts[0]), int(parts[1])
    return f"{block} {cell.where}", 0, int(parts[-1]) if parts[-1].isdigit() else 0


def _blocks(ledgers: Sequence[Ledger], quantities: Quantities) -> Iterator[_Block]:
    for ledger in ledgers:
        found: dict[str, _Block] = {}
        for cell in ledger.cells:
            of: tuple[int, ...] = quantities.of_cell.get((ledger.notebook, cell.key), ())
            if not of:
                continue
            name, row, column = _place(cell)
            block = found.setdefault(name, _Block({}, {}, frozenset()))
            row = len(block.names) if row < 0 else row
            block.names[row] = tuple(cell.definition.get("row", "").split(" | "))
            for k, quantity in enumerate(of):
                block.columns.setdefault((column, k), {})[row] = quantity
            if cell.definition.get("steps"):
                block.steps |= {column}
        yield from found.values()


def _groups(names: Mapping[int, tuple[str, ...]]) -> list[tuple[int, ...]]:
    """Rows that may be the parts of something: all of them, or those that share all words of their names but one."""
    groups: dict[tuple[int, ...], None] = {tuple(sorted(names)): None}
    width = max((len(name) for name in names.values()), default=0)
    for places in {(i,) for i in range(width)} | {tuple(j for j in range(width) if j != i) for i in range(width)}:
        same: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for row in sorted(names):
            if len(names[row]) == width:
                same[tuple(names[row][i] for i in places)].append(row)
        groups |= dict.fromkeys(tuple(rows) for rows in same.values())
    return [group for group in groups if len(group) > 1]


def _down(block: _Block, quantities: Quantities, known: Mapping[int, list[int]]) -> Iterator[Relation]:
    """Parts below each other: their total is one of the rows, or stands elsewhere."""
    groups = _groups(block.names)
    for column in block.columns.values():
        for group in groups:
            if not all(row in column for row in group):
                continue
            of = [column[row] for row in group]
            values = [quantities.values[q] for q in of]
            total = sum(values)
            for whole in known.get(total, []):
                yield whole, tuple(of)
            for i, value in enumerate(values):
                if 2 * value == total and value > 0 and len(of) > 2:
                    yield of[i], tuple(of[:i] + of[i + 1 :])


def _across(block: _Block, quantities: Quantities, known: Mapping[int, list[int]]) -> Iterator[Relation]:
    """Columns beside each other that add up in every row, to another column or to a total that stands elsewhere."""
    columns: list[Mapping[int, int]] = []
    for column in block.columns.values():
        if column not in columns:
            columns.append(column)
    if len(columns) > MOST_COLUMNS:
        return
    values = quantities.values
    for size in range(2, MOST_PARTS + 1):
        for parts in itertools.combinations(columns, size):
            rows = sorted(set.intersection(*(set(part) for part in parts)))
            if size > 2 and any(all(values[part[row]] == 0 for row in rows) for part in parts):
                continue
            sums = {row: sum(values[part[row]] for part in parts) for row in rows}
            others = [column for column in columns if column not in parts]
            wholes = [c for c in others if all(row in c and values[c[row]] == sums[row] for row in rows)]
            for row in rows:
                of = tuple(part[row] for part in parts)
                yield from ((whole[row], of) for whole in wholes)
                if all(total in known for total in sums.values()) and any(map(quantities.small, of)):
                    yield from ((whole, of) for whole in known[sums[row]])


def _steps(block: _Block, quantities: Quantities) -> Iterator[Relation]:
    """Yield the steps of a flow: each is the one before it less those lost between, who are few."""
    for (column, _), of in block.columns.items():
        if column not in block.steps:
            continue
        for group in _groups(block.names):
            rows = [of[row] for row in group if row in of]
            for i, j in itertools.combinations(range(len(rows)), 2):
                lost = rows[i + 1 : j]
                few = lost and all(quantities.small(q) for q in lost)
                if few and quantities.values[rows[i]] == sum(quantities.values[q] for q in (rows[j], *lost)):
                    yield rows[i], (rows[j], *lost)
