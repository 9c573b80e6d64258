"""Which published numbers of children add up to which, found from the true numbers.

Only sums that hold exactly are taken, so that all that the attacker is given is true. Among the hundreds of numbers
of a cohort's pages nearly every small number is the sum of some others by chance, so a total that stands outside a
table is taken where a reader could know it for the total of these parts: half the words of its name stand in the
table too or mean everybody, or so few numbers are of its size that its being equal can hardly be chance. Within one
table or sentence any sum is taken. Where a sum holds by chance the attacker is stronger than any real one, and more
is hidden than need be. How much a reader could trust a sum is kept with it: sums that cannot all be the design of these
tables, since together they prove that there is no child of some kind, are told apart by :mod:`.readings`.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.blocks import Block, blocks_of, groups_of, is_total, runs_of
from wlz_eval.release.suppression.facts import Quantities
from wlz_eval.release.suppression.known import Known, known_of
from wlz_eval.release.suppression.shares import shares_of, totals_by_share

__all__ = ["Relation", "Trust", "relations"]

#: A total and its parts: whole = sum of parts. With one part: two numbers of the same children.
Relation = tuple[int, tuple[int, ...]]
#: How far a reader could know a sum for one: how unlikely it is that all that agrees with it agrees by chance (a sum of
#: logarithms), times so much more where the table itself says it. What is seen within a table counts for more than all
#: numbers elsewhere that happen to be equal, and a total that is called so for more than what is seen.
Trust = float
ELSEWHERE, TITLED, WITHIN, NAMED = 1.0, 2.0, 100.0, 10_000.0
#: Where it was found, what agrees with it, and the sum.
_Found = tuple[float, Hashable, Relation]

#: Columns of a table, and numbers of a sentence, of which sums of a few are tried.
MOST_COLUMNS, MOST_PARTS = 14, 3
#: Rows next to each other of which a total above or below them is sought.
MOST_ROWS = 12


def relations(ledgers: Sequence[Ledger], quantities: Quantities) -> dict[Relation, Trust]:
    """Find the sums among the numbers of all pages.

    Parameters
    ----------
    ledgers : sequence of Ledger
        Of one cohort.
    quantities : Quantities
        As read from them.

    Returns
    -------
    dict of Relation to Trust
        Each a total and its parts, without repeats.
    """
    known, shares = known_of(ledgers, quantities), shares_of(ledgers, quantities)
    kinds: dict[Relation, dict[tuple[float, Hashable], None]] = defaultdict(dict)
    agree: dict[Hashable, dict[tuple[int, ...], float]] = defaultdict(dict)
    for number, block in enumerate(blocks_of(ledgers, quantities)):
        none_at_all: set[tuple[int, tuple[int, ...]]] = set()
        for kind, what, (whole, parts) in itertools.chain(
            _steps(block, quantities), _down(block, quantities, known), _subtotals(block, quantities),
            _across(block, quantities, known),
            ((TITLED, what, sum_) for what, sum_ in totals_by_share(block, quantities, shares)),
        ):
            nobody = tuple(sorted(q for q in parts if quantities.values[q] == 0))
            # 300 = 300 + 0 holds of any two groups of 300, in both directions: taken once, or it would prove the zero.
            alone = nobody and len(nobody) == len(parts) - 1
            way = (quantities.values[whole], nobody)
            if whole in parts or (alone and way in none_at_all):
                continue
            if alone:
                none_at_all.add(way)
            relation = (whole, tuple(sorted(parts)))
            kinds[relation][(kind, (number, what))] = None
            agree[(number, what)][relation[1]] = math.log1p(quantities.values[whole])
    found = {
        relation: max(kind * (1 + math.fsum(agree[what].values())) for kind, what in of)
        for relation, of in kinds.items()
    }
    equal = {
        (one, (other,)): alike * math.log1p(quantities.values[one]) for one, other, alike in known.same()
    }
    return equal | found


def _down(block: Block, quantities: Quantities, known: Known) -> Iterator[_Found]:
    """Parts below each other: their total is one of the rows, stands beside each of them, or elsewhere."""
    groups = groups_of(block.names)
    for at, column in block.columns.items():
        for group in groups:
            if not all(row in column for row in group):
                continue
            of = tuple(column[row] for row in group)
            values = [quantities.values[q] for q in of]
            total = sum(values)
            for whole in known.totals(total, block):
                # A total that is called so before one that is only of the same number.
                yield TITLED if known.named(whole, block) else ELSEWHERE, ("down", at, group), (whole, of)
            for whole in known.hidden_totals(total, [block.names[row] for row in group]):
                yield WITHIN, ("named", at), (whole, of)
            for i, value in enumerate(values):
                named = is_total(block.names[group[i]]) and not all(is_total(block.names[row]) for row in group)
                if 2 * value == total and (named or (value > 0 and len(of) > 2)):
                    yield NAMED if named else WITHIN, ("row", at, i, len(of)), (of[i], of[:i] + of[i + 1 :])
            for beside, base in block.columns.items():
                if beside != at and all(row in base and quantities.values[base[row]] == total for row in group):
                    for row in group:
                        yield WITHIN, ("base", at, beside), (base[row], of)
                        yield WITHIN, ("base", at, beside), (base[row], (base[group[0]],))


def _subtotals(block: Block, quantities: Quantities) -> Iterator[_Found]:
    """Rows next to each other whose total stands just above or below them."""
    values = quantities.values
    for at, column in block.columns.items():
        rows = sorted(column)
        for run in runs_of(range(len(rows)), MOST_ROWS):
            of = tuple(column[rows[i]] for i in run)
            total = sum(values[q] for q in of)
            for i in (run[0] - 1, run[-1] + 1):
                if 0 <= i < len(rows) and values[column[rows[i]]] == total > 0:
                    yield WITHIN, ("run", at, i, len(run)), (column[rows[i]], of)


def _across(block: Block, quantities: Quantities, known: Known) -> Iterator[_Found]:
    """Columns beside each other that add up in every row, to another column or to a total that stands elsewhere."""
    columns: list[Mapping[int, int]] = []
    for column in block.columns.values():
        if column not in columns:
            columns.append(column)
    if len(columns) > MOST_COLUMNS:
        return
    values = quantities.values
    for places in _few(len(columns)):
        parts = [columns[i] for i in places]
        rows = sorted(set.intersection(*(set(part) for part in parts)))
        sums = {row: sum(values[part[row]] for part in parts) for row in rows}
        wholes = [
            (k, c) for k, c in enumerate(columns)
            if k not in places and all(row in c and values[c[row]] == sums[row] for row in rows)
        ]
        nobody = len(places) > 2 and any(all(values[part[row]] == 0 for row in rows) for part in parts)
        outside = not nobody and all(known.totals(total, block) for total in sums.values())
        for row in rows:
            of = tuple(part[row] for part in parts)
            yield from ((WITHIN, ("across", places, k), (whole[row], of)) for k, whole in wholes)
            if outside and any(map(quantities.small, of)):
                yield from ((ELSEWHERE, ("across", places), (q, of)) for q in known.totals(sums[row], block))


def _few(columns: int) -> Iterator[tuple[int, ...]]:
    """Yield places of columns that may add up: any two or three, those next to each other, and all but one."""
    found: dict[tuple[int, ...], None] = {}
    for size in range(2, MOST_PARTS + 1):
        found |= dict.fromkeys(itertools.combinations(range(columns), size))
    found |= dict.fromkeys(runs_of(range(columns), columns))
    found |= dict.fromkeys(tuple(j for j in range(columns) if j != i) for i in range(columns) if columns > 2)
    yield from found


def _steps(block: Block, quantities: Quantities) -> Iterator[_Found]:
    """Yield the steps of a flow: each is the one before it less those lost between, who are fewer than those left."""
    values = quantities.values
    for (column, k), of in block.columns.items():
        if column not in block.steps:
            continue
        for group in groups_of(block.names):
            rows = [of[row] for row in group if row in of]
            for i, j in itertools.combinations(range(len(rows)), 2):
                lost = rows[i + 1 : j]
                if lost and sum(values[q] for q in lost) == values[rows[i]] - values[rows[j]] <= values[rows[j]]:
                    yield WITHIN, ("steps", column, k), (rows[i], (rows[j], *lost))
