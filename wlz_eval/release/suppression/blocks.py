"""Tables, figures and sentences as blocks of quantities, and which of their rows may add up to something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.suppression.facts import ALL, Quantities, all_words, words_in

__all__ = ["Block", "blocks_of", "groups_of", "is_total", "runs_of"]


@dataclass
class Block:
    """One table, figure or sentence.

    Parameters
    ----------
    page : str
        The notebook in which it stands.
    names : dict
        Of each row its words.
    columns : dict
        Of each column, and of a percentage those counted and their base apart, the quantity in each row.
    steps : set of int
        Columns in which each row is what is left of an earlier one.
    words : set of str
        All words in it.
    """

    page: str
    names: dict[int, tuple[str, ...]] = field(default_factory=dict)
    columns: dict[tuple[int, int], dict[int, int]] = field(default_factory=dict)
    steps: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)


def blocks_of(ledgers: Sequence[Ledger], quantities: Quantities) -> Iterator[Block]:
    """Take the pages apart into tables, figures and sentences."""
    for ledger in ledgers:
        found: dict[str, Block] = {}
        for cell in ledger.cells:
            of: tuple[int, ...] = quantities.of_cell.get((ledger.notebook, cell.key), ())
            if not of:
                continue
            name, row, column = _place(cell)
            block = found.setdefault(name, Block(ledger.notebook))
            row = len(block.names) if row < 0 else row
            block.names[row] = tuple(cell.definition.get("row", "").split(" | "))
            for k, quantity in enumerate(of):
                block.columns.setdefault((column, k), {})[row] = quantity
            block.words |= all_words(cell)
            if cell.definition.get("steps"):
                block.steps |= {column}
        yield from found.values()


def _place(cell: LedgerCell) -> tuple[str, int, int]:
    """Block, row and column of a cell; numbers of a sentence stand in one row, findings of a kind below each other."""
    block, _, rest = cell.key.partition(".")
    if cell.where == "findings":
        return f"findings of {cell.of}", -1, 0
    parts = rest.split(".")
    if cell.where in ("table", "figure") and len(parts) == 2 and all(part.isdigit() for part in parts):
        return block, int(parts[0]), int(parts[1])
    return f"{block} {cell.where}", 0, int(parts[-1]) if parts[-1].isdigit() else 0


def groups_of(names: Mapping[int, tuple[str, ...]]) -> list[tuple[int, ...]]:
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


def runs_of(places: Sequence[int], longest: int) -> Iterator[tuple[int, ...]]:
    """Yield the rows or columns that stand next to each other, two or more, up to so many."""
    for i in range(len(places)):
        for j in range(i + 2, min(len(places), i + longest) + 1):
            yield tuple(places[i:j])


def is_total(name: Sequence[str]) -> bool:
    """Whether a row is called by a word that leaves nobody out.

    Examples
    --------
    >>> is_total(("All years", "boys")), is_total(("Year 7", "boys"))
    (True, False)
    """
    return any(words_in(part) & ALL for part in name)
