"""What a range below a figure tells: each number of children between its two ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from wlz_eval.release.ledger import Ledger, LedgerCell
from wlz_eval.release.suppression.facts import CellId

__all__ = ["with_ranges"]

#: Stands in the key of a number of children that only the words below a figure say, after the figure's own part.
BELOW = ".n."


def with_ranges(ledgers: Sequence[Ledger], cells: Collection[CellId]) -> frozenset[CellId]:
    """Add to withheld cells the ends of every range, below a figure, within which one of them lies.

    "Each of its numbers rests on 295 to 300 children" bounds the children behind each row of the figure. Where a table
    beside it withholds the number of one such row, the range would say what the mark does not.

    Parameters
    ----------
    ledgers : sequence of Ledger
        What the pages show.
    cells : collection of CellId
        Cells to withhold.

    Returns
    -------
    frozenset of CellId
        Them, and the ends.
    """
    return frozenset(cells) | {end for ledger in ledgers for end in _telling(ledger, cells)}


def _telling(ledger: Ledger, cells: Collection[CellId]) -> Iterator[CellId]:
    withheld = [cell for cell in ledger.cells if cell.kind == "count" and (ledger.notebook, cell.key) in cells]
    ranges: dict[tuple[str, str], list[LedgerCell]] = defaultdict(list)
    rows: dict[str, set[str]] = defaultdict(set)
    for cell in ledger.cells if withheld else ():
        if cell.where == "figure":
            rows[cell.key.partition(".")[0]].add(cell.definition.get("row", ""))
        elif cell.where == "caption" and BELOW in cell.key:
            block, _, end = cell.key.partition(BELOW)
            ranges[block, end.partition(".")[0]].append(cell)
    for (block, _), ends in ranges.items():
        low, high = (extreme(end.ns[0] for end in ends) for extreme in (min, max))
        if any(low <= cell.ns[0] <= high and cell.definition.get("row") in rows[block] for cell in withheld):
            yield from ((ledger.notebook, end.key) for end in ends)
