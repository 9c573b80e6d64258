"""What else to withhold, so that the attack finds nothing, at little cost to the reader.

Each number that is found comes with the facts that find it: it stays found unless one of them is withheld. So the
attack yields a growing list of such *demands*. Facts are withheld one after another until nothing is found; after so
many rounds whatever stands near to a number that is still found, further and further around, so that this ends. What
turns out not to be needed is shown again, and a cheaper set of facts is sought that meets all demands, and taken if it
leaves nothing open. Numbers of the same children under several names are withheld together, since each gives the
others. Nothing depends on a clock.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wlz_eval.release.suppression.attack import Attacker, Bound, Exposed
from wlz_eval.release.suppression.facts import CellId
from wlz_eval.release.suppression.readings import readings
from wlz_eval.release.suppression.system import System

__all__ = ["ROUNDS", "Choice", "choose"]

#: Rounds in which a cheaper set is sought, and demands up to which it is.
ROUNDS, MANY = 8, 250
#: Rounds of solving after which whatever stands near to a number is withheld, further around with each round.
PATIENCE = 2
#: Sums and percentages about a number with which it is twice as hard to withhold.
SEVERAL = 5
#: Facts that are shown again to see whether they are needed.
TRIED = 4
#: What it costs a reader not to see a number in a sentence, a figure (drawn anew), a table, the table of findings.
PLACES = {"s": 6.0, "f": 2.0, "t": 1.0}
ELSEWHERE = 0.5
#: Branches in which a cheap set is sought, and how near to the cheapest it need come.
BRANCHES, NEAR = 50, 0.05

Demand = frozenset[int]


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
    """

    facts: frozenset[int]
    cells: frozenset[CellId]
    left: tuple[Bound, ...]


def choose(system: System, rounds: int = ROUNDS) -> Choice:
    """Withhold facts until no hidden number is found.

    Parameters
    ----------
    system : System
        What is published.
    rounds : int
        Rounds in which a cheaper set is sought than that found first.

    Returns
    -------
    Choice
        The same for the same pages.
    """
    search = _Search(system)
    kept = search.cheaper(search.needed(search.one_by_one()), rounds)
    held = search.facts(kept)
    cells = frozenset(place for i in held for place in system.facts[i].cells)
    return Choice(held, cells, search.left(kept))


class _Search:
    """Demands so far, and what meets them; each fact stands for all that say the same."""

    def __init__(self, system: System):
        self.system = system
        self.attackers = [Attacker(system, reading) for reading in readings(system)]
        self.demands: dict[Demand, None] = {}
        self.costs: dict[int, float] = {}
        self.alike: dict[int, list[int]] = defaultdict(list)
        for fact, first in enumerate(system.alike):
            self.alike[first].append(fact)

    def facts(self, held: frozenset[int]) -> frozenset[int]:
        """Facts that are withheld with these."""
        return frozenset(fact for first in held for fact in self.alike[first])

    def demand(self, exposed: Exposed) -> Demand:
        """Facts of which one must be withheld."""
        return frozenset(self.system.alike[i] for i in exposed.facts)

    def cost(self, first: int) -> float:
        """Say what it costs not to see a fact: each place, and a little more for more children."""
        if first not in self.costs:
            self.costs[first] = self._cost(first)
        return self.costs[first]

    def _cost(self, first: int) -> float:
        facts = [self.system.facts[i] for i in self.alike[first]]
        size = max(self.system.quantities.values[q] for q in facts[0].quantities)
        keys = [key for fact in facts for _, key in fact.cells]
        places = sum(ELSEWHERE if "|" in key else PLACES.get(key[0], ELSEWHERE) for key in keys)
        return places * (1 + math.log1p(size / 10) / 10)

    def known_from(self, first: int) -> float:
        """Weigh a fact by how many others tell its numbers: withholding one of many gains little."""
        return 1 + max(self.system.degree[q] for q in self.system.facts[first].quantities) / SEVERAL

    def found(self, held: frozenset[int], thorough: bool) -> list[Exposed]:
        """Find what is exposed and can be protected."""
        facts = self.facts(held)
        return [e for a in self.attackers for e in a.exposed(facts, thorough) if e.facts - facts]

    def left(self, held: frozenset[int]) -> tuple[Bound, ...]:
        """Hidden numbers that are found, whether or not anything protects them."""
        facts = self.facts(held)
        bounds = {e.bound.quantity: e.bound for a in self.attackers for e in a.exposed(facts)}
        return tuple(bounds.values())

    def one_by_one(self) -> frozenset[int]:
        """Withhold more and more until nothing is found that can be protected."""
        held: frozenset[int] = frozenset()
        for thorough in (False, True):
            rounds = 0
            while exposed := self.found(held, thorough):
                self.add(exposed)
                held = self.greedily(held)
                rounds += thorough
                if rounds > PATIENCE:
                    around = self.system.around([e.bound.quantity for e in exposed], rounds - PATIENCE)
                    held |= {self.system.alike[i] for i in around}
        return held

    def cheaper(self, held: frozenset[int], rounds: int) -> frozenset[int]:
        """Seek a set of facts that costs less and leaves nothing open either; not where demands are many."""
        for _ in range(rounds):
            if not 0 < len(self.demands) <= MANY:
                break
            other = self.met()
            if sum(map(self.cost, sorted(other))) >= (1 - NEAR) * sum(map(self.cost, sorted(held))):
                break
            if not self.gathered(other) and not self.add(self.found(other, thorough=True)):
                return other
        return held

    def gathered(self, held: frozenset[int]) -> bool:
        """Gather what passing bounds on demands beyond some facts, withholding more and more; whether there is any."""
        any_ = False
        while self.add(self.found(held, thorough=False)):
            any_, held = True, self.greedily(held)
        return any_

    def add(self, exposed: Sequence[Exposed]) -> bool:
        """Add what numbers demand that were found; whether there are any."""
        self.demands |= dict.fromkeys(map(self.demand, exposed))
        return bool(exposed)

    def met(self) -> frozenset[int]:
        """Return a set of facts that meets all demands and is near the cheapest."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        facts = sorted(set().union(*self.demands))
        index = {i: k for k, i in enumerate(facts)}
        at = [(line, index[i]) for line, demand in enumerate(self.demands) for i in sorted(demand)]
        matrix = csr_array(
            (np.ones(len(at)), ([line for line, _ in at], [k for _, k in at])), shape=(len(self.demands), len(facts))
        )
        answer = milp(
            np.array([self.cost(i) for i in facts]), constraints=LinearConstraint(matrix, 1.0, np.inf),
            bounds=Bounds(0.0, 1.0), integrality=np.ones(len(facts)),
            options={"node_limit": BRANCHES, "mip_rel_gap": NEAR},
        )
        if answer.x is None:
            return self.greedily(frozenset())
        return frozenset(i for i, x in zip(facts, answer.x, strict=True) if x > 0.5)

    def greedily(self, held: frozenset[int]) -> frozenset[int]:
        """Meet what is not met yet by the facts that meet most for their cost."""
        open_ = [demand for demand in self.demands if not demand & held]
        while open_:
            meets: dict[int, int] = {}
            for demand in open_:
                for i in demand:
                    meets[i] = meets.get(i, 0) + 1
            best = min(sorted(meets), key=lambda i: (self.cost(i) * self.known_from(i) / meets[i], i))
            held = held | {best}
            open_ = [demand for demand in open_ if best not in demand]
        return held

    def needed(self, held: frozenset[int]) -> frozenset[int]:
        """Show again what is not needed, dearest first."""
        tried = 0
        for i in sorted(held, key=lambda i: (-self.cost(i), i)):
            without = held - {i}
            if tried < TRIED and all(demand & without for demand in self.demands):
                tried += 1
                if not self.add(self.found(without, thorough=True)):
                    held = without
        return held
