"""The attacker: bounds every hidden number by linear programming over all that is published.

A hidden number is **found** when what is published excludes any of 1, …, threshold − 1: when it says more of the number
than the mark "fewer than 10" does, but for whether there is any such child at all. Zero itself is never to be proved.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression.facts import CellId, Fact, Quantities
from wlz_eval.release.suppression.relations import Relation, relations

__all__ = ["Bound", "System", "attack", "system_of"]

_SLACK = 1e-6


@dataclass(frozen=True)
class Bound:
    """What an attacker knows of a hidden number.

    Parameters
    ----------
    quantity : int
        Which one.
    low, high : float
        Least and most children that everything published leaves possible.
    cells : tuple of CellId
        Where it is withheld.
    """

    quantity: int
    low: float
    high: float
    cells: tuple[CellId, ...]

    def found(self, threshold: int) -> bool:
        """Whether any number from one to below the threshold is excluded."""
        return self.low > 1 or self.high < threshold - 1


@dataclass(frozen=True)
class System:
    """All that is published of one cohort, as linear relations.

    Parameters
    ----------
    quantities : Quantities
        Numbers of children, and the facts published of them.
    relations : tuple of Relation
        Sums among them.
    """

    quantities: Quantities
    relations: tuple[Relation, ...]
    sums_of: Mapping[int, Sequence[Relation]] = field(default_factory=dict, compare=False, repr=False)
    shares_of: Mapping[int, Sequence[int]] = field(default_factory=dict, compare=False, repr=False)
    counts_of: Mapping[int, Sequence[int]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def threshold(self) -> int:
        """Fewest children that are shown."""
        return self.quantities.rule.threshold

    def shown(self, withheld: Collection[int]) -> set[int]:
        """Quantities that stand on some page as rounded counts."""
        facts = self.quantities.facts
        return {q for q, of in self.counts_of.items() if any(not facts[i].hidden and i not in withheld for i in of)}

    def sensitive(self) -> list[int]:
        """Quantities that are withheld since too few children are behind them."""
        values, threshold = self.quantities.values, self.threshold
        found: dict[int, None] = {}
        for fact in self.quantities.facts:
            if fact.hidden:
                found |= dict.fromkeys(q for q in fact.quantities if values[q] < threshold)
        return list(found)


def system_of(ledgers: Sequence[Ledger]) -> System:
    """Write everything that a cohort's ledgers show as facts and sums.

    The complement of each percentage is a quantity of its own, hidden with the percentage where it is small.
    """
    quantities = Quantities.of(ledgers)
    sums = relations(ledgers, quantities)
    added: list[Fact] = []
    for fact in quantities.facts:
        if fact.is_percent:
            counted, base = fact.quantities
            if counted == base:
                continue
            rest = quantities.add(quantities.values[base] - quantities.values[counted])
            sums.append((base, (counted, rest)))
            if fact.hidden and quantities.small(rest) and not quantities.small(base):
                added.append(Fact(fact.cells, (rest,), 0, quantities.rule.threshold - 1, hidden=True))
    quantities.facts += added
    sums_of: dict[int, list[Relation]] = {}
    for relation in dict.fromkeys(sums):
        for q in dict.fromkeys((relation[0], *relation[1])):
            sums_of.setdefault(q, []).append(relation)
    shares_of: dict[int, list[int]] = {}
    counts_of: dict[int, list[int]] = {}
    for i, fact in enumerate(quantities.facts):
        for q in fact.quantities:
            if not fact.is_percent:
                counts_of.setdefault(q, []).append(i)
            elif not fact.hidden:
                shares_of.setdefault(q, []).append(i)
    return System(quantities, tuple(dict.fromkeys(sums)), sums_of, shares_of, counts_of)


@dataclass(frozen=True)
class _Problem:
    """One connected part of a system, ready to be solved."""

    index: Mapping[int, int]
    given: Mapping[str, Any]
    bounds: Sequence[tuple[float, float]]


def _alone(
    system: System, withheld: Collection[int], quantity: int, shown: Collection[int]
) -> tuple[float, float] | None:
    """Bound a quantity of which only one sum with numbers that are shown says anything; None for any other."""
    sums = system.sums_of.get(quantity, [])
    low, high = _range(system, withheld, quantity)
    if system.shares_of.get(quantity) or len(sums) > 1:
        return None
    if not sums:
        return low, high
    whole, parts = sums[0]
    others = [q for q in parts if q != quantity]
    if whole == quantity or len(others) < len(parts) - 1 or not {whole, *others} <= set(shown):
        return None
    least, most = _range(system, withheld, whole)
    ranges = [_range(system, withheld, q) for q in others]
    return max(low, least - sum(r[1] for r in ranges)), min(high, most - sum(r[0] for r in ranges))


def _connected(
    system: System, withheld: Collection[int], start: int, shown: Collection[int]
) -> tuple[set[int], list[Relation], list[Fact]]:
    """Find what a quantity hangs together with through sums and percentages.

    Numbers in `shown` are taken as they are shown, and not followed further.
    """
    seen, waiting = {start}, [start]
    sums: dict[Relation, None] = {}
    percents: dict[Fact, None] = {}
    while waiting:
        q = waiting.pop()
        for relation in system.sums_of.get(q, []):
            sums[relation] = None
            new = {relation[0], *relation[1]} - seen
            seen |= new
            waiting += sorted(q for q in new if q not in shown)
        for i in system.shares_of.get(q, []):
            if i not in withheld:
                fact = system.quantities.facts[i]
                percents[fact] = None
                new = set(fact.quantities) - seen
                seen |= new
                waiting += sorted(q for q in new if q not in shown)
    return seen, list(sums), list(percents)


def _range(system: System, withheld: Collection[int], quantity: int) -> tuple[float, float]:
    """Say what is published of a quantity itself."""
    low, high = 0.0, 10.0 * max(system.quantities.values) + system.threshold
    for i in system.counts_of.get(quantity, []):
        fact = system.quantities.facts[i]
        # Who knows the rule knows that a number that was hidden for another's sake is not small.
        of = (system.threshold, math.inf) if i in withheld else (fact.low, fact.high)
        low, high = max(low, of[0]), min(high, of[1])
    return low, high


def giving_sum(system: System, withheld: Collection[int], quantity: int) -> Relation | None:
    """Find a sum that gives a hidden number away by itself, without solving anything; None where there is none."""
    for whole, parts in system.sums_of.get(quantity, []):
        others = list(parts)
        if quantity == whole or others.count(quantity) != 1:
            continue
        others.remove(quantity)
        ranges = [_range(system, withheld, q) for q in others]
        least, most = _range(system, withheld, whole)
        low, high = least - sum(r[1] for r in ranges), most - sum(r[0] for r in ranges)
        if low > 1 or high < system.threshold - 1:
            return whole, parts
    return None


def _problem(system: System, withheld: Collection[int], start: int, shown: Collection[int]) -> _Problem:
    seen, sums, percents = _connected(system, withheld, start, shown)
    index = {q: i for i, q in enumerate(sorted(seen))}
    bounds = [_range(system, withheld, q) for q in index]
    rows: list[tuple[dict[int, float], float, float]] = []
    for whole, parts in sums:
        row = {index[whole]: 1.0}
        for q in parts:
            row[index[q]] = row.get(index[q], 0.0) - 1.0
        rows.append((row, 0.0, 0.0))
    for fact in percents:
        counted, base = (index[q] for q in fact.quantities)
        rows.append(({counted: 1.0, base: -fact.low / 100}, 0.0, math.inf))
        rows.append(({counted: 1.0, base: -fact.high / 100}, -math.inf, 0.0))
    return _Problem(index, _matrices(rows, bounds) if rows else {}, bounds)


def _matrices(
    rows: Sequence[tuple[Mapping[int, float], float, float]], bounds: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    from scipy.optimize import Bounds, LinearConstraint
    from scipy.sparse import csc_array

    entries = [(i, j, v) for i, (row, *_) in enumerate(rows) for j, v in row.items()]
    matrix = csc_array(
        (np.array([v for *_, v in entries]), ([i for i, *_ in entries], [j for _, j, _ in entries])),
        shape=(len(rows), len(bounds)),
    )
    return {
        "constraints": LinearConstraint(matrix, [low for _, low, _ in rows], [high for *_, high in rows]),
        "bounds": Bounds([b[0] for b in bounds], [b[1] for b in bounds]),
    }


def _solve(problem: _Problem, quantity: int, whole: bool) -> tuple[float, float]:
    """Least and most that a quantity can be, in whole children."""
    from scipy.optimize import milp

    at = problem.index[quantity]
    if not problem.given:
        return problem.bounds[at]
    size = len(problem.index)
    ends = []
    for sign in (1.0, -1.0):
        objective = np.zeros(size)
        objective[at] = sign
        answer = milp(objective, integrality=np.full(size, int(whole)), **problem.given)
        assert answer.x is not None, f"the published numbers contradict each other: {answer.message}"
        ends.append(sign * answer.fun)
    return math.ceil(ends[0] - _SLACK), math.floor(ends[1] + _SLACK)


def bounds_of(
    system: System, withheld: Collection[int], quantities: Iterable[int], wide: bool = True, whole: bool = False
) -> dict[int, tuple[float, float]]:
    """Bound quantities, given which facts are withheld beyond the rule."""
    shown = frozenset() if wide else system.shown(withheld)
    problems: list[_Problem] = []
    found = {}
    for quantity in quantities:
        alone = None if wide else _alone(system, withheld, quantity, shown)
        if alone is not None:
            found[quantity] = alone
            continue
        problem = next((p for p in problems if wide and quantity in p.index), None)
        if problem is None:
            problem = _problem(system, withheld, quantity, shown)
            problems.append(problem)
        found[quantity] = _solve(problem, quantity, whole)
    return found


def attack(system: System, withheld: Collection[int] = (), wide: bool = True) -> list[Bound]:
    """Bound every hidden number.

    Parameters
    ----------
    system : System
        What is published.
    withheld : collection of int
        Facts that are withheld besides, by their place in ``system.quantities.facts``.
    wide : bool
        Whether everything published is used, and that numbers are whole; else only what hangs together with a number
        through others that are not shown, and linear programming.

    Returns
    -------
    list of Bound
        One a hidden number; ``found(threshold)`` says whether it was found.
    """
    sensitive = system.sensitive()
    cells: dict[int, list[CellId]] = {q: [] for q in sensitive}
    for fact in system.quantities.facts:
        if fact.hidden:
            for q in fact.quantities:
                if q in cells:
                    cells[q].extend(fact.cells)
    found = bounds_of(system, withheld, sensitive, wide, whole=wide)
    return [Bound(q, *found[q], tuple(dict.fromkeys(cells[q]))) for q in sensitive]
