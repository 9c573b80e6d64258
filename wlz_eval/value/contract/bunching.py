"""Whether readings pile up just past a line that is paid for, with scores that are whole points.

Two cells about the line are looked at: the last short of it and the first past it. Where comparison children are read
on the same scale, and are paid for nothing, their two cells say how readings lie there without any incentive, habits of
the scale included: programme children should not have more past the line (Fisher's exact test, one-sided).

Where there are none, a third cell is looked at, the next after the first past the line. Where the density is smooth,
the share of the three that lie in the middle one is near a third; how near follows from how curved the density can be.
A larger share than curvature allows is bunching (Frandsen 2017, Advances in Econometrics 38, whose test for a discrete
running variable this is, made one-sided).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Bunching", "Cells", "bunching", "curvature", "support"]

Array = npt.NDArray[np.float64]
#: Points that lie further apart than these many to an SD are kept as they are; finer scales are put into such cells.
CELLS_PER_SD = 4.0
#: The curvature that is allowed is this many times a normal density's.
SLACK = 2.0
LEVEL = 0.05
#: Share of near misses that are lifted past the line in what power is printed for.
LIFTED = 0.8
#: Readings in a group's cells about the line below which it is not tested, or not compared with.
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
    """

    own: Cells
    other: Cells | None

    @property
    def tested(self) -> bool:
        """Whether enough readings lie about the line."""
        return self.own.n >= FEWEST

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
        >>> cells = Cells(short=30, past=30, beyond=30, curved=0.01)
        >>> round(Bunching(own=cells, other=None).power(), 2)
        1.0
        """
        from scipy.stats import binom

        if not self.tested:
            return math.nan
        usual = 1 / 3 if self.other is None else (self.other.past + 0.5) / (self.other.near + 1)
        missed = 1 / 3 if self.other is None else 1 - usual
        n = self.own.n if self.other is None else self.own.near
        k = np.arange(n + 1)
        return float(np.sum(binom.pmf(k, n, usual + LIFTED * missed) * (self._tail(k) <= level)))


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


def _cells(readings: Array, cell: float, cut: float, up: bool, strict: bool, risk_side: bool) -> Cells:
    place = support(readings, cell, cut, up, strict)
    place = -1 - place if risk_side else place
    short, past, beyond = (int((place == k).sum()) for k in (-1, 0, 1))
    return Cells(short=short, past=past, beyond=beyond, curved=curvature(readings, cell, cut) if len(readings) else 0.0)


def bunching(
    values: Array,
    others: Array,
    step: float,
    cut: float,
    up: bool,
    strict: bool,
    risk_side: bool = False,
) -> Bunching:
    """Test for bunching on the first readings past a line.

    Parameters
    ----------
    values, others : array
        Readings of programme children, and of children who are paid for nothing.
    step : float
        Step of the scale; 0 for one without steps. Scales finer than a quarter of an SD are put into cells that wide.
    cut : float
        The line that is paid for.
    up, strict : bool
        As of :func:`support`.
    risk_side : bool
        Look for bunching on the last readings at risk instead: made worse so that a child counts.

    Returns
    -------
    Bunching
    """
    own, other = (v[np.isfinite(v)] for v in (np.asarray(values, float), np.asarray(others, float)))
    spread = float(np.std(own)) if len(own) else 0.0
    whole = step if step > 0 else 1e-6
    cell = max(whole, whole * math.floor(spread / CELLS_PER_SD / whole)) if spread else whole
    first, second = (_cells(v, cell, cut, up, strict, risk_side) for v in (own, other))
    return Bunching(own=first, other=second if second.near >= FEWEST else None)
