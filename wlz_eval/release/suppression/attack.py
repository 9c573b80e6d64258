"""The attacker: bounds every hidden number by all that is published.

A hidden number below the threshold is **found** when what is published excludes any of 1, …, threshold − 1 (that it is
10 or more may be excluded, and that it is none). Zero itself is never to be proved. The mark of a hidden number says
nothing but that it is no less than zero.

Bounds are first tightened over all sums together, in whole children (:mod:`.rows`), which finds nearly all that can be
found. A number that is left in doubt is safe once two *worlds* are known that fit everything published, one with at
most one such child and one with as many as the mark allows. Worlds are found by programming (:mod:`.solve`), many
numbers at a time, and kept; what then is left in doubt is decided alone. Where few numbers hang together a world must
be of whole children; where many do, children in fractions are allowed, as linear programming has them. What cannot be
decided, or not within so many solutions, counts as found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wlz_eval.release.suppression.facts import CellId
from wlz_eval.release.suppression.readings import Reading
from wlz_eval.release.suppression.rows import HIGH, LOW, SLACK, End, Floats, Tightened, tighten
from wlz_eval.release.suppression.solve import Part, parts_of
from wlz_eval.release.suppression.system import System

__all__ = ["Attacker", "Bound", "Exposed", "attack"]

#: Numbers that are decided alone, each time that all are attacked; what is then in doubt counts as found.
DECIDED = 60
#: Numbers found of which it is said by what, each time that all are attacked.
EXPLAINED = 8


@dataclass(frozen=True)
class Bound:
    """What an attacker knows of a hidden number.

    Parameters
    ----------
    quantity : int
        Which one.
    low, high : float
        Least and most children that everything published leaves possible, as far as this was worked out: where it is
        not found, the two may lie further apart than need be.
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
class Exposed:
    """A hidden number that was found, and by what.

    Parameters
    ----------
    bound : Bound
        What is known of it.
    facts : frozenset of int
        It stays found unless one of these is withheld; empty where nothing that may be withheld protects it. Where it
        could not be decided, the facts that stand nearest to it.
    """

    bound: Bound
    facts: frozenset[int]


class Attacker:
    """Attacks one system under any choice of what is withheld, and keeps the worlds that it finds.

    Parameters
    ----------
    system : System
        What is published.
    reading : Reading, optional
        Which of its sums are known, and which hidden numbers are sought; all when not given.
    """

    def __init__(self, system: System, reading: Reading | None = None):
        self.system = system
        self.reading = reading or Reading(frozenset(), system.sensitive)
        self.true = np.array(system.quantities.values, dtype=float)
        self.worlds = self.true[None, :]

    def active(self, withheld: Collection[int]) -> npt.NDArray[np.bool_]:
        """Rows that are known when some facts are withheld."""
        active = self.system.rows.without(withheld)
        active[list(self.reading.without)] = False
        return active

    def known(self, withheld: Collection[int]) -> Tightened:
        """Pass on what is published of each quantity."""
        return tighten(self.system.rows, self.active(withheld), *self.system.given(withheld))

    def exposed(self, withheld: Collection[int], thorough: bool = True) -> list[Exposed]:
        """Find hidden numbers.

        Parameters
        ----------
        withheld : collection of int
            Facts that are withheld besides.
        thorough : bool
            Whether those in doubt are solved for too; else only what passing bounds on finds.
        """
        system = self.system
        known = self.known(withheld)
        bounds = [b for b in (self._bound(known, q) for q in self.reading.sought) if b.found(system.threshold)]
        found, open_ = {}, 0
        # Evenly over all that are found, which stand side by side where they are found by the same.
        for i in range(step := -(-len(bounds) // EXPLAINED)):
            for bound in bounds[i::step]:
                wrong = [(bound.quantity, LOW)] if bound.low > 1 else [(bound.quantity, HIGH)]
                found[bound.quantity] = self._because(bound, withheld, known, wrong)
                open_ += bool(found[bound.quantity].facts)
            if open_ >= EXPLAINED // 2:
                return list(found.values())
        if thorough:
            for exposed in _Solving(self, withheld, known, frozenset(found)).run():
                found.setdefault(exposed.bound.quantity, exposed)
                open_ += bool(exposed.facts)
                if open_ >= EXPLAINED:
                    break
        return list(found.values())

    def _bound(self, known: Tightened, q: int) -> Bound:
        return Bound(q, float(known.low[q]), float(known.high[q]), self.system.cells_of[q])

    def _because(
        self, bound: Bound, withheld: Collection[int], known: Tightened, ends: Iterable[End], rows: Iterable[int] = ()
    ) -> Exposed:
        """Say by which facts a number is found: those from which some ends and rows follow."""
        given, more = known.reasons(ends)
        used = more | set(rows)
        shown = {self.system.fact_at(end, withheld) for end in given}
        facts = shown | {i for row in used if (i := int(self.system.rows.fact[row])) >= 0}
        return Exposed(bound, frozenset(i for i in facts if i is not None))


class _Solving:
    """Worlds for every number in doubt, under one choice of what is withheld."""

    def __init__(self, attacker: Attacker, withheld: Collection[int], known: Tightened, found: frozenset[int]):
        self.attacker, self.system, self.withheld, self.known = attacker, attacker.system, withheld, known
        self.active = attacker.active(withheld)
        self.ends = self.system.given(withheld)
        self.sought = [q for q in attacker.reading.sought if q not in found]
        self.worlds = attacker.worlds[self.fits(attacker.worlds)]
        self.decided = 0

    def fits(self, worlds: Floats) -> npt.NDArray[np.bool_]:
        """Whether each world fits everything published."""
        low, high = self.ends
        inside = ((worlds >= low) & (worlds <= high)).all(axis=1)
        return inside & self.system.rows.holds(worlds, self.active)

    def doubted(self, which: int, among: Iterable[int]) -> list[int]:
        """Numbers of which no world is known that keeps one end open."""
        if which == LOW:
            return [q for q in among if not (self.worlds[:, q] <= 1 + SLACK).any()]
        return [q for q in among if not (self.worlds[:, q] >= self.system.threshold - 1 - SLACK).any()]

    def run(self) -> Iterator[Exposed]:
        """Yield the numbers that are found."""
        if not any(self.doubted(which, self.sought) for which in (LOW, HIGH)):
            return
        for part in parts_of(self.system.rows, self.active, self.known):
            sought = [q for q in self.sought if q in part.index]
            for which in (LOW, HIGH):
                waiting = self.doubted(which, sought)
                while waiting:
                    self.keep(part, part.together(waiting, which, self.system.threshold - 1.0))
                    left = self.doubted(which, waiting)
                    if len(left) == len(waiting):
                        break
                    waiting = left
                for multiple in (0.0, float(self.system.threshold)) if waiting else ():
                    self.keep(part, multiple * self.attacker.true[part.columns])
                waiting = self.doubted(which, waiting)
                while waiting:
                    exposed = self.decide(part, waiting[0], which)
                    if exposed is not None:
                        yield exposed
                    waiting = self.doubted(which, waiting[1:])

    def keep(self, part: Part, values: Floats | None) -> bool:
        """Keep a solution if it fits everything published; rounded, but for a large part."""
        if values is None:
            return False
        world = self.attacker.true[None, :].copy()
        world[0, part.columns] = np.round(values) if part.whole else values
        if not self.fits(world).all():
            return False
        self.worlds = np.vstack([self.worlds, world])
        self.attacker.worlds = np.vstack([self.attacker.worlds, world])
        return True

    def decide(self, part: Part, q: int, which: int) -> Exposed | None:
        """Decide one end of one number; None once a world is known that keeps it open."""
        self.decided += 1
        if self.decided > DECIDED:
            return Exposed(Bound(q, 2.0, 2.0, self.system.cells_of[q]), self.near(q))
        solved = part.solve(q, which)
        ends = (solved.least, self.known.high[q]) if which == LOW else (self.known.low[q], -solved.least)
        bound = Bound(q, float(ends[0]), float(ends[1]), self.system.cells_of[q])
        if bound.found(self.system.threshold):
            return self.attacker._because(bound, self.withheld, self.known, solved.ends, solved.rows)
        self.keep(part, solved.world)
        if not part.whole or not self.doubted(which, [q]):
            return None
        self.keep(part, part.reaching(q, which, 1.0 if which == LOW else self.system.threshold - 1.0))
        if not self.doubted(which, [q]):
            return None
        return Exposed(Bound(q, 2.0, 2.0, bound.cells), self.near(q))

    def near(self, q: int) -> frozenset[int]:
        """Facts that stand nearest to a number among those that may be withheld."""
        rows = self.system.rows
        seen, facts = {q}, set[int]()
        while not facts:
            touched = {int(r) for r in rows.row[np.isin(rows.column, list(seen))] if self.active[r]}
            new = {int(rows.column[e]) for r in touched for e in rows.entries(r)}
            facts = {int(rows.fact[r]) for r in touched if rows.fact[r] >= 0}
            facts |= {i for other in new if (i := self.system.fact_at((other, HIGH), self.withheld)) is not None}
            if new <= seen:
                break
            seen |= new
        return frozenset(facts)


def attack(system: System, withheld: Collection[int] = ()) -> list[Bound]:
    """Bound every hidden number.

    Parameters
    ----------
    system : System
        What is published.
    withheld : collection of int
        Facts that are withheld besides, by their place in ``system.facts``.

    Returns
    -------
    list of Bound
        One a hidden number; ``found(threshold)`` says whether it was found.
    """
    attacker = Attacker(system)
    known = attacker.known(withheld)
    found = {exposed.bound.quantity: exposed.bound for exposed in attacker.exposed(withheld)}
    return [found.get(q, attacker._bound(known, q)) for q in system.sensitive]
