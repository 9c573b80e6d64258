"""What else to withhold, so that the attack finds nothing: least first, exact while that is quick."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wlz_eval.release.suppression.attack import Bound, System, attack, bounds_of, giving_sum
from wlz_eval.release.suppression.facts import CellId
from wlz_eval.release.suppression.relations import Relation

__all__ = ["NODES", "Choice", "choose"]

#: Sets of withheld facts that are tried for each number before the heuristic takes over.
NODES = 60
#: What it costs a reader not to see a number in a sentence, a figure (drawn anew), a table, the table of findings.
PLACES = {"s": 6.0, "f": 2.0, "t": 1.0}
ELSEWHERE = 0.5


@dataclass(frozen=True)
class Choice:
    """What is withheld beyond the rule.

    Parameters
    ----------
    facts : frozenset of int
        By their place in the system.
    cells : frozenset of CellId
        Every place where they stand.
    left : tuple of Bound
        Hidden numbers that are still found, since nothing that may be withheld protects them; not looked for unless the
        attack solves.
    exact : bool
        Whether it is proved that no cheaper choice exists, by the costs above.
    """

    facts: frozenset[int]
    cells: frozenset[CellId]
    left: tuple[Bound, ...]
    exact: bool


def choose(system: System, nodes: int = NODES, solve: bool = True) -> Choice:
    """Withhold facts until no hidden number is found.

    Numbers are protected in turn. For each, sets of facts are tried in the order of their cost, each extended only by
    facts beside the number, so that the first that protects it is the cheapest; after `nodes` sets the cheapest fact
    beside it is withheld until it is safe. What turns out not to be needed is shown again. Either way the attack is run
    on the result over everything published: what it leaves is in ``left``.

    Parameters
    ----------
    system : System
        What is published.
    nodes : int
        Sets to try.
    solve : bool
        Whether the attack solves for each number over everything that hangs together with it (minutes for a cohort's
        pages), or takes only what one sum gives away by itself (a second).

    Returns
    -------
    Choice
        The same for the same pages.
    """
    search = _Search(system, solve)
    targets = search.exposed(frozenset(), system.sensitive())
    facts, exact = search.one_by_one(frozenset(), targets, nodes)
    left = _left(system, facts) if solve else ()
    cells = frozenset(place for i in facts for place in system.quantities.facts[i].cells)
    return Choice(facts, cells, left, exact)


def _left(system: System, facts: Collection[int]) -> tuple[Bound, ...]:
    return tuple(bound for bound in attack(system, facts) if bound.found(system.threshold))


class _Search:
    """Sets of withheld facts, with what each leaves exposed."""

    def __init__(self, system: System, solve: bool):
        self.system = system
        self.solve = solve
        facts = system.quantities.facts
        self.facts_of: dict[int, list[int]] = {}
        for i, fact in enumerate(facts):
            if fact.cells and not fact.hidden:
                for q in fact.quantities:
                    self.facts_of.setdefault(q, []).append(i)
        self.sums_of: dict[int, list[tuple[int, ...]]] = {}
        for whole, parts in system.relations:
            for q in (whole, *parts):
                self.sums_of.setdefault(q, []).append((whole, *parts))

    def cost(self, i: int) -> float:
        """Say what it costs not to see a fact: each place, and a little more for more children."""
        fact = self.system.quantities.facts[i]
        size = max(self.system.quantities.values[q] for q in fact.quantities)
        places = sum(ELSEWHERE if "|" in key else PLACES.get(key[0], ELSEWHERE) for _, key in fact.cells)
        return places * (1 + math.log1p(size / 10) / 10)

    def exposed(self, withheld: frozenset[int], quantities: Sequence[int]) -> list[int]:
        """Which of these an attacker finds."""
        return [q for q in quantities if self.is_exposed(withheld, q)]

    def is_exposed(self, withheld: frozenset[int], quantity: int) -> bool:
        """Whether an attacker finds a number."""
        if giving_sum(self.system, withheld, quantity) is not None:
            return True
        if not self.solve:
            return False
        low, high = bounds_of(self.system, withheld, [quantity], wide=False)[quantity]
        return Bound(quantity, low, high, ()).found(self.system.threshold)

    def beside(self, quantity: int, withheld: Collection[int]) -> list[int]:
        """Facts by which a quantity is found: those of sums that reach it through quantities that are not shown."""
        values = self.system.quantities.facts
        shown = {q for i, f in enumerate(values) if not f.hidden and i not in withheld for q in f.quantities}
        seen, waiting, facts = {quantity}, [quantity], set()
        while waiting:
            for members in self.sums_of.get(waiting.pop(), []):
                for q in members:
                    facts |= set(self.facts_of.get(q, []))
                    if q not in seen:
                        seen.add(q)
                        if q not in shown:
                            waiting.append(q)
        for q in seen:
            facts |= set(self.facts_of.get(q, []))
        return sorted(facts - set(withheld), key=lambda i: (self.cost(i), i))

    def within(self, relation: Relation, withheld: Collection[int]) -> list[int]:
        """Facts of the quantities of one sum, cheapest first."""
        facts = {i for q in (relation[0], *relation[1]) for i in self.facts_of.get(q, [])}
        return sorted(facts - set(withheld), key=lambda i: (self.cost(i), i))

    def one_by_one(
        self, start: frozenset[int], targets: Sequence[int], nodes: int
    ) -> tuple[frozenset[int], bool]:
        """Protect each number in turn, then show again what is not needed; proved cheapest for one number only."""
        held, proved = start, True
        for target in targets:
            held, cheapest = self.protect(held, target, nodes)
            proved = proved and cheapest
        if len(targets) < 2:
            return held, proved
        return self.needed(held, targets, start), False

    def protect(self, start: frozenset[int], target: int, nodes: int) -> tuple[frozenset[int], bool]:
        """Extend a set until a number is safe; whether it is proved to be the cheapest way."""
        heap: list[tuple[float, tuple[int, ...]]] = [(0.0, tuple(sorted(start)))]
        seen = {start}
        for _ in range(nodes):
            if not heap:
                break
            spent, held = heapq.heappop(heap)
            if not self.is_exposed(frozenset(held), target):
                return frozenset(held), True
            for i in self.beside(target, held):
                new = frozenset((*held, i))
                if new not in seen:
                    seen.add(new)
                    heapq.heappush(heap, (spent + self.cost(i), tuple(sorted(new))))
        return self.greedy(start, target), False

    def greedy(self, start: frozenset[int], target: int) -> frozenset[int]:
        """Withhold the cheapest fact beside an exposed number until it is safe, or nothing is left to withhold."""
        held = start
        while self.is_exposed(held, target):
            sum_ = giving_sum(self.system, held, target)
            choices = self.within(sum_, held) if sum_ else self.beside(target, held)
            if not choices:
                break
            held = held | {choices[0]}
        return self.needed(held, [target], start)

    def needed(self, held: frozenset[int], targets: Sequence[int], start: frozenset[int]) -> frozenset[int]:
        """Show again what is not needed, dearest first."""
        safe = [q for q in targets if not self.is_exposed(held, q)]
        for i in sorted(held - start, key=lambda i: (-self.cost(i), i)):
            near = self.near(i)
            if not any(self.is_exposed(held - {i}, q) for q in safe if q in near):
                held = held - {i}
        return held

    def near(self, i: int) -> set[int]:
        """Quantities that hang together with a fact."""
        from_ = list(self.system.quantities.facts[i].quantities)
        seen = set(from_)
        while from_:
            q = from_.pop()
            shares = [self.system.quantities.facts[j].quantities for j in self.system.shares_of.get(q, [])]
            new = {other for members in (*self.sums_of.get(q, []), *shares) for other in members} - seen
            seen |= new
            from_ += sorted(new)
        return seen
