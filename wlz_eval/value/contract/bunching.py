"""Whether readings pile up just past a line that is paid for, with scores that are whole points.

Two cells about the line are looked at: the last short of it and the first past it. Where comparison children are read
on the same scale, and are paid for nothing, their two cells say how readings lie there without any incentive, habits of
the scale included: programme children should not have more past the line (Fisher's exact test, one-sided).

Several lines are judged together. With few children about a line Fisher's test cannot reach most levels, so that a
test which could hardly ever speak need not be paid for: the chances that each could have reached are added up, not the
level as often as there are lines (Tarone 1990; Westfall and Wolfinger 1997). It holds whatever goes together in the
same child. Beside the single lines stands one test of all of them together, the Mantel-Haenszel score with each child
as one observation, for readings that are moved a little everywhere.

Where there are no comparison children, a third cell is looked at, the next after the first past the line. Where the
density is smooth, the share of the three that lie in the middle one is near a third; how near follows from how curved
the density can be.
A larger share than curvature allows is bunching (Frandsen 2017, Advances in Econometrics 38, whose test for a discrete
running variable this is, made one-sided).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

__all__ = ["Bunching", "Cells", "Together", "bunching", "critical", "curvature", "step_down", "support", "together"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: Points that lie further apart than these many to an SD are kept as they are; finer scales are put into such cells.
CELLS_PER_SD = 4.0
#: The curvature that is allowed is this many times a normal density's.
SLACK = 2.0
LEVEL = 0.05
#: Step of a scale without steps.
FINEST = 1e-6
#: Share of near misses that are lifted past the line in what power is printed for.
LIFTED = 0.8
#: Readings about the line below which comparison children are not compared with, or a smooth density not tested.
FEWEST = 20


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Readings about a line: in the last cell short of it, the first past it, and the next.

    Parameters
    ----------
    short, past, beyond : int
    curved : float
        Bound on the curvature of the density (:func:`curvature`).
    """

    short: int
    past: int
    beyond: int
    curved: float

    @property
    def n(self) -> int:
        """Readings in the three cells."""
        return self.short + self.past + self.beyond

    @property
    def near(self) -> int:
        """Readings in the two cells next to the line."""
        return self.short + self.past


@dataclass(frozen=True, kw_only=True)
class Bunching:
    """The test at one line.

    Parameters
    ----------
    own : Cells
        Programme children.
    other : Cells or None
        Comparison children, where enough of them are read about the line.
    places : tuple of two arrays
        For each child of the two groups: 1 just past the line, 0 just short of it, missing elsewhere.
    movable : float
        Share of the near misses whom anybody is paid for: power is for lifting those.
    """

    own: Cells
    other: Cells | None
    places: tuple[Array, Array]
    movable: float = 1.0

    @property
    def tested(self) -> bool:
        """Whether readings about the line are enough for the test to speak at all."""
        enough = self.other is not None or self.own.n >= FEWEST
        return enough and bool(self.attainable.min() <= LEVEL)

    @cached_property
    def attainable(self) -> Array:
        """All p-values that this test could have given."""
        if self.other is None:
            return self._tail(np.arange(self.own.n + 1))
        from scipy.stats import hypergeom

        near, far, past = self.own.near, self.other.near, self.own.past + self.other.past
        k = np.arange(max(past - far, 0), min(past, near) + 1)
        return np.asarray(hypergeom.sf(k - 1, near + far, past, near), dtype=float)

    @property
    def p_value(self) -> float:
        """Chance of as many or more past the line, were there no incentive; ``nan`` where nothing is tested."""
        if not self.tested:
            return math.nan
        return float(self._tail(self.own.past))

    def _tail(self, past: npt.ArrayLike) -> Array:
        if self.other is None:
            bound = self.own.curved
            return _upper(past, self.own.n, (1 + bound) / (3 + bound))
        from scipy.stats import hypergeom

        near = self.own.near
        k = np.asarray(past, dtype=float)
        # As many past the line among all of them as are seen with `k` of the programme's.
        total = k + self.other.past
        return np.asarray(hypergeom.sf(k - 1, near + self.other.near, total, near), dtype=float)

    def power(self, level: float = LEVEL) -> float:
        """Chance that a test at this level finds most of the near misses lifted past the line (eight in ten).

        Examples
        --------
        >>> cells, none = Cells(short=30, past=30, beyond=30, curved=0.01), (np.zeros(0), np.zeros(0))
        >>> round(Bunching(own=cells, other=None, places=none).power(), 2)
        1.0
        """
        from scipy.stats import binom

        if not self.tested:
            return math.nan
        usual = 1 / 3 if self.other is None else (self.other.past + 0.5) / (self.other.near + 1)
        missed = 1 / 3 if self.other is None else 1 - usual
        n = self.own.n if self.other is None else self.own.near
        k = np.arange(n + 1)
        lifted = usual + LIFTED * self.movable * missed
        return float(np.sum(binom.pmf(k, n, lifted) * (self._tail(k) <= level)))


def support(values: Array, step: float, cut: float, up: bool, strict: bool) -> npt.NDArray[np.int64]:
    """Put readings into cells numbered from the line: 0 is the first past it, and -1 the last short of it.

    Parameters
    ----------
    values : array
    step : float
        Width of a cell.
    cut : float
        The line.
    up : bool
        Whether the good side lies above.
    strict : bool
        Whether a reading exactly at the cut is on the good side when it lies above (``below``), or on the bad side.

    Examples
    --------
    >>> support(np.array([11.0, 12.0, 10.0]), 1.0, 12.0, up=False, strict=False).tolist()
    [0, -1, 1]
    >>> support(np.array([87.0, 88.0, 89.0]), 1.0, 87.5, up=True, strict=True).tolist()
    [-1, 0, 1]
    """
    away = np.round((values - cut) / step, 9)
    if up:
        return np.asarray(np.floor(away) if strict else np.ceil(away) - 1, dtype=np.int64)
    # A reading at the cut itself is short of it where at-risk includes the cut.
    return np.asarray(np.ceil(-away) - 1, dtype=np.int64)


def curvature(values: Array, step: float, cut: float) -> float:
    """Bound on the second difference of the density at the line, as a share of the neighbours' sum.

    For a normal density of standard deviation s it is about (step / s)² |z² - 1| / 2; twice the larger of that and of
    its value at the middle is allowed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> round(curvature(rng.normal(0, 10, 100_000), 1.0, 0.0), 3)
    0.01
    """
    spread = float(np.std(values)) or step
    z = (cut - float(np.mean(values))) / spread
    return min(0.9, SLACK * (step / spread) ** 2 * max(1.0, abs(z**2 - 1)) / 2)


def _upper(k: npt.ArrayLike, n: int, p: float) -> Array:
    from scipy.stats import binom

    return np.asarray(binom.sf(np.asarray(k) - 1, n, p), dtype=float)


def _placed(readings: Array, cell: float, cut: float, up: bool, strict: bool, risk_side: bool) -> tuple[Cells, Array]:
    held = np.isfinite(readings)
    place = support(readings[held], cell, cut, up, strict)
    place = -1 - place if risk_side else place
    short, past, beyond = (int((place == k).sum()) for k in (-1, 0, 1))
    curved = curvature(readings[held], cell, cut) if held.any() else 0.0
    marks = np.full(len(readings), np.nan)
    marks[held] = np.where(place == 0, 1.0, np.where(place == -1, 0.0, np.nan))
    return Cells(short=short, past=past, beyond=beyond, curved=curved), marks


def bunching(
    values: Array,
    others: Array,
    step: float,
    cut: float,
    up: bool,
    strict: bool,
    risk_side: bool = False,
    paid_for: Bools | None = None,
) -> Bunching:
    """Test for bunching on the first readings past a line.

    Parameters
    ----------
    values, others : array
        Readings of programme children, and of children who are paid for nothing; missing where a child has none, or
        does not count.
    step : float
        Step of the scale; 0 for one without steps. Scales finer than a quarter of an SD are put into cells that wide.
    cut : float
        The line that is paid for.
    up, strict : bool
        As of :func:`support`.
    risk_side : bool
        Look for bunching on the last readings at risk instead: made worse so that a child counts.
    paid_for : array of bool, optional
        Which of `values` are of children whom somebody is paid for; all of them when left out.

    Returns
    -------
    Bunching
    """
    own, other = np.asarray(values, float), np.asarray(others, float)
    spread = float(np.nanstd(own)) if np.isfinite(own).any() else 0.0
    whole = step or FINEST
    cell = max(whole, whole * math.floor(spread / CELLS_PER_SD / whole)) if spread else whole
    (first, ours), (second, theirs) = (_placed(v, cell, cut, up, strict, risk_side) for v in (own, other))
    near = ours == 0
    movable = float(paid_for[near].mean()) if paid_for is not None and near.any() else 1.0
    compared = second if second.near >= FEWEST else None
    return Bunching(own=first, other=compared, places=(ours, theirs), movable=movable)


@dataclass(frozen=True, kw_only=True)
class Together:
    """The test of several lines together.

    Parameters
    ----------
    short, past : int
        Readings of programme children about the lines.
    score, error, lift : float
        More past the lines than the comparison children's share; its standard error with no bunching; and how much
        more it would be with eight in ten near misses lifted.
    """

    short: int
    past: int
    score: float
    error: float
    lift: float

    @property
    def tested(self) -> bool:
        """Whether readings about the lines are enough."""
        return self.short + self.past >= FEWEST and self.error > 0

    @property
    def p_value(self) -> float:
        """Chance of as many or more past the lines, were there no incentive."""
        from scipy.special import ndtr

        return float(ndtr(-self.score / self.error)) if self.tested else math.nan

    @property
    def attainable(self) -> None:
        """Any p-value can be reached."""
        return

    def power(self, level: float = LEVEL) -> float:
        """Chance that a test at this level finds most of the near misses of every line lifted."""
        from scipy.special import ndtr, ndtri

        return float(ndtr(self.lift / self.error + ndtri(level))) if self.tested else math.nan


def together(lines: Sequence[Bunching]) -> Together:
    """Test lines together whose children are the same, in the same order.

    Parameters
    ----------
    lines : sequence of Bunching
        Those without comparison children are left out.
    """
    compared = [line for line in lines if line.other is not None]
    if not compared:
        return Together(short=0, past=0, score=0.0, error=0.0, lift=0.0)
    own, other = (np.column_stack(side) for side in zip(*(line.places for line in compared), strict=True))
    movable = np.array([line.movable for line in compared])
    near, far = np.isfinite(own), np.isfinite(other)
    n, m = near.sum(axis=0), far.sum(axis=0)
    share = (np.nansum(own, axis=0) + np.nansum(other, axis=0)) / (n + m)
    usual = np.nansum(other, axis=0) / m
    # Stratified by line, added up within each child first: a child who is read about two lines counts once.
    ours = np.where(near, (own - share) * m / (n + m), 0.0).sum(axis=1)
    theirs = np.where(far, (other - share) * n / (n + m), 0.0).sum(axis=1)
    return Together(
        short=int((own == 0).sum()), past=int((own == 1).sum()), score=float(ours.sum() - theirs.sum()),
        error=float(np.sqrt((ours**2).sum() + (theirs**2).sum())),
        lift=float((LIFTED * movable * (1 - usual) * n * m / (n + m)).sum()),
    )


def _reached(tests: Sequence[Bunching | Together], p: float) -> float:
    """Chance at most that any of these tests gives a p-value as small, were there no incentive anywhere."""
    total = 0.0
    for test in tests:
        can = test.attainable
        total += p if can is None else float(can[can <= p * (1 + 1e-9)].max(initial=0.0))
    return total


def step_down(tests: Sequence[Bunching | Together]) -> list[float]:
    """Adjust the p-values of tests for their number, by what each could have reached.

    Examples
    --------
    >>> few, none = Cells(short=4, past=14, beyond=4, curved=0.0), (np.zeros(0), np.zeros(0))
    >>> many = Cells(short=30, past=60, beyond=30, curved=0.0)
    >>> [round(p, 4) for p in step_down([Bunching(own=c, other=None, places=none) for c in (few, many)])]
    [0.0035, 0.0001]
    """
    p = [test.p_value for test in tests]
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, so_far = [0.0] * len(p), 0.0
    for place, j in enumerate(order):
        so_far = max(so_far, min(1.0, _reached([tests[k] for k in order[place:]], p[j])))
        adjusted[j] = so_far
    return adjusted


def critical(tests: Sequence[Bunching | Together]) -> float:
    """Largest p-value that is flagged when it is the smallest of these tests."""
    held = [test.attainable for test in tests]
    reachable = np.concatenate([[LEVEL / max(len(tests), 1)], *(can for can in held if can is not None)])
    values = np.unique(reachable[reachable <= LEVEL])
    kept = _last(tests, values)
    return float(values[kept - 1]) if kept else 0.0


def _last(tests: Sequence[Bunching | Together], values: Array) -> int:
    """How many of the ascending p-values keep the level: their chance grows with them."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _reached(tests, float(values[middle])) <= LEVEL else (low, middle)
    return low
