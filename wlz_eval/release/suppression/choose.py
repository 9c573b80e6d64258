"""What else to withhold, so that the attack finds nothing: least first, exact while that is quick."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from wlz_eval.release.suppression.attack import Bound, System, attack, bounds_of, plainly_found
from wlz_eval.release.suppression.facts import CellId

__all__ = ["NODES", "Choice", "choose"]

#: Sets of withheld facts that are tried for each part of the pages before the heuristic takes over.
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
        Hidden numbers that are still found, since nothing that may be withheld protects them.
    exact : bool
        Whether no cheaper choice exists, by the costs above.
    """

    facts: frozenset[int]
    cells: frozenset[CellId]
    left: tuple[Bound, ...]
    exact: bool


def choose(system: System, may: Callable[[CellId], bool] = lambda place: True, nodes: int = NODES) -> Choice:
    """Withhold facts until no hidden number is found.

    Sets of facts are tried in the order of their cost, each extended only by facts beside a number that it leaves
    exposed, so that the first that exposes none is the cheapest. After `nodes` sets the cheapest fact beside each
    exposed number is withheld in turn, and what turns out not to be needed is shown again. Either way the attack is run
    on the result: what it leaves is in ``left``.

    Parameters
    ----------
    system : System
        What is published.
    may : callable
        Whether a cell may still be withheld.
    nodes : int
        Sets to try.

    Returns
    -------
    Choice
        The same for the same pages.
    """
    facts: frozenset[int] = frozenset()
    exact = True
    # Only what hangs together closely at first; then all that is published, which seldom adds anything.
    for wide in (False, True):
        search = _Search(system, may, wide)
        targets = tuple(search.exposed(facts, system.sensitive()))
        if targets:
            facts, proved = search.by_parts(facts, targets, nodes)
            exact = exact and proved and not wide
        if not wide:
            facts = search.needed(facts, system.sensitive())
    left = tuple(bound for bound in attack(system, facts) if bound.found(system.threshold))
    cells = frozenset(place for i in facts for place in system.quantities.facts[i].cells)
    return Choice(facts, cells, left, exact)


class _Search:
    """Sets of withheld facts, with what each leaves exposed."""

    def __init__(self, system: System, may: Callable[[CellId], bool], wide: bool):
        self.system = system
        self.wide = wide
        self.hopeless: set[int] = set()
        facts = system.quantities.facts
        shown = (i for i, fact in enumerate(facts) if fact.cells and not fact.hidden)
        self.open = {i for i in shown if all(may(place) for place in facts[i].cells)}
        self.facts_of: dict[int, list[int]] = {}
        for i in sorted(self.open):
            for q in facts[i].quantities:
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
        plain = [q for q in quantities if not plainly_found(self.system, withheld, q)]
        found = bounds_of(self.system, withheld, plain, self.wide)
        return [q for q in quantities if q not in found or Bound(q, *found[q], ()).found(self.system.threshold)]

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

    def by_parts(self, start: frozenset[int], targets: Sequence[int], nodes: int) -> tuple[frozenset[int], bool]:
        """Protect apart what no fact ties together: each part on its own, then all that was chosen."""
        parts: list[tuple[set[int], list[int]]] = []
        for target in targets:
            near, members = set(self.beside(target, start)), [target]
            for other in [part for part in parts if part[0] & near]:
                parts.remove(other)
                near, members = near | other[0], [*other[1], *members]
            parts.append((near, members))
        held, proved = start, True
        for _, members in parts:
            chosen, cheapest = self.protect(start, tuple(members), nodes)
            held, proved = held | chosen, proved and cheapest
        return held, proved

    def protect(self, start: frozenset[int], targets: tuple[int, ...], nodes: int) -> tuple[frozenset[int], bool]:
        """Extend a set until the targets are safe; whether it is proved to be the cheapest way."""
        first = self.exposed(start, targets)
        heap: list[tuple[float, tuple[int, ...], tuple[int, ...]]] = [(0.0, tuple(sorted(start)), tuple(first))]
        seen = {start}
        tried = 0
        while heap and tried < nodes:
            spent, held, open_ = heapq.heappop(heap)
            if not open_:
                return frozenset(held), True
            for i in self.beside(open_[0], held):
                new = frozenset((*held, i))
                if new in seen:
                    continue
                seen.add(new)
                tried += 1
                left = self.exposed(new, open_)
                heapq.heappush(heap, (spent + self.cost(i), tuple(sorted(new)), tuple(left)))
                if tried >= nodes:
                    break
        return self.greedy(start, targets), False

    def greedy(self, start: frozenset[int], targets: tuple[int, ...]) -> frozenset[int]:
        """Withhold the cheapest fact beside each exposed number in turn, then show again what is not needed."""
        held = start
        open_ = self.exposed(held, targets)
        while open_:
            choices = self.beside(open_[0], held)
            if not choices:
                self.hopeless.add(open_[0])
                open_ = open_[1:]
                continue
            held = held | {choices[0]}
            open_ = self.exposed(held, open_)
        return self.needed(held, targets, start)

    def needed(
        self, held: frozenset[int], targets: Sequence[int], start: frozenset[int] = frozenset()
    ) -> frozenset[int]:
        """Show again what is not needed, dearest first."""
        safe = set(targets) - set(self.exposed(held, targets))
        for i in sorted(held - start, key=lambda i: (-self.cost(i), i)):
            watched = sorted(safe & self.near(i))
            if not self.exposed(held - {i}, watched):
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
