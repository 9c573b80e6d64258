"""Percentages that tell a total of a table: of all whom some of its rows count, so many are in a few of them.

"42% were not picked by the rules" says how many are in the rows of a table in which the rules said no. A reader knows
that the two are one where the base is a total of the table too. So a share is taken for a total of some rows of a
table of its page where both hold: those counted (or those not counted) are as many as in these rows, and the base as
many as in more of them. How many the rows count may itself be told by percentages. Only sums in which a small number
stands are taken: no other could give one away.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.blocks import Block, groups_of
from wlz_eval.release.suppression.facts import Quantities

__all__ = ["Shares", "shares_of", "totals_by_share"]

#: Of a page and a base, by its number, the quantities that percentages tell of it, by theirs.
Shares = Mapping[tuple[str, int], Mapping[int, Sequence[int]]]
#: Rows of a table up to which any of them may be taken together.
ANY_ROWS = 4


def shares_of(ledgers: Sequence[Ledger], quantities: Quantities) -> Shares:
    """Gather what the percentages that are shown tell: those counted and those not, by base.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Of one cohort.
    quantities : Quantities
        As read from them.

    Returns
    -------
    mapping
        Page and number of the base to number counted, or not counted, to quantities.
    """
    found: dict[tuple[str, int], dict[int, dict[int, None]]] = defaultdict(lambda: defaultdict(dict))
    for ledger in ledgers:
        for cell in ledger.cells:
            of = quantities.of_cell.get((ledger.notebook, cell.key), ())
            if cell.hidden or len(of) != 2 or (of[0], of[1]) not in quantities.rests:
                continue
            for q in (of[0], quantities.rests[of[0], of[1]]):
                found[ledger.notebook, quantities.values[of[1]]][quantities.values[q]][q] = None
    return {base: {n: tuple(alike) for n, alike in by.items()} for base, by in found.items()}


def totals_by_share(
    block: Block, quantities: Quantities, shares: Shares
) -> Iterator[tuple[Hashable, tuple[int, tuple[int, ...]]]]:
    """Yield totals of some rows that a percentage tells, each as what agrees with it and the sum.

    Parameters
    ----------
    block : Block
        A table, figure or sentence.
    quantities : Quantities
        As read from the ledgers.
    shares : Shares
        What percentages tell.
    """
    rows = _rows_together(block)
    counts = [column for (_, k), column in block.columns.items() if k == 0]
    for number, columns in enumerate([*((column,) for column in counts), *itertools.pairwise(counts)]):
        sets = {
            some: tuple(dict.fromkeys(column[row] for row in some for column in columns))
            for some in rows if all(row in column for row in some for column in columns)
        }
        totals = {some: sum(quantities.values[q] for q in of) for some, of in sets.items()}
        bases = [(all_, shares[block.page, n]) for all_, n in totals.items() if (block.page, n) in shares]
        for some, of in sets.items():
            if len(of) > 1 and any(map(quantities.small, of)):
                told = {q: None for all_, by in bases if some < all_ for q in by.get(totals[some], ())}
                yield from ((("share", number, tuple(sorted(some))), (q, of)) for q in told if q not in of)


def _rows_together(block: Block) -> list[frozenset[int]]:
    """Rows that may be taken together: one, all, those of one group, those from the first or to the last."""
    rows = sorted(block.names)
    runs = [rows[:i] for i in range(2, len(rows))] + [rows[i:] for i in range(1, len(rows))]
    some = [] if len(rows) > ANY_ROWS else [
        list(few) for size in range(2, len(rows)) for few in itertools.combinations(rows, size)
    ]
    return list(dict.fromkeys(map(frozenset, [*([row] for row in rows), rows, *runs, *some, *groups_of(block.names)])))
