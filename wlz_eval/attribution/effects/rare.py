"""An interval where in one group nobody, or everybody, has a yes/no outcome: normal theory sees no error there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.attribution.effects.analysed import Analysed

__all__ = ["FEW_NOTE", "SCORE_NOTE", "ScoreInterval", "few_events", "score_interval", "wilson"]

Array = npt.NDArray[np.float64]
#: Children of a group who have, or lack, a yes/no outcome: with fewer the normal approximation is rough.
FEW_EVENTS = 5
SCORE_NOTE = (
    "In one group nobody has the outcome, or everybody: the interval is made of score limits for each group, since the "
    "usual one would take what it has not seen for impossible."
)
FEW_NOTE = "Few children of a group have the outcome, or lack it: the interval is rough."


@dataclass(frozen=True)
class ScoreInterval:
    """Limits of a difference in shares, its p-value, and the standard error that would give an interval as wide."""

    low: float
    high: float
    p: float
    se: float


@dataclass(frozen=True)
class _Share:
    """A group's share and the independent children that it is worth."""

    share: float
    size: float

    def distances(self, t: float) -> tuple[float, float]:
        low, high = wilson(self.share, self.size, t)
        return self.share - low, high - self.share


def wilson(share: float, size: float, t: float) -> tuple[float, float]:
    """Score limits of a share among so many independent children.

    References
    ----------
    Wilson (1927), JASA 22; with an effective size and t in place of z, Korn and Graubard (1998), Survey Methodology 24.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(0.0, 10, 1.96)], [round(limit, 4) for limit in wilson(0.5, 10, 1.96)]
    ([0.0, 0.2775], [0.2366, 0.7634])
    """
    centre = (share + t * t / (2 * size)) / (1 + t * t / size)
    half = t * math.sqrt(share * (1 - share) / size + (t / (2 * size)) ** 2) / (1 + t * t / size)
    return max(0.0, centre - half), min(1.0, centre + half)


def _groups(children: Analysed) -> list[tuple[Array, Array]]:
    y, w = children.y.to_numpy(dtype=float), np.asarray(children.weights, dtype=float)
    return [(y[side], w[side]) for side in (children.treated, ~children.treated)]


def few_events(children: Analysed) -> bool:
    """Whether a yes/no outcome is had, or lacked, by fewer than five children of a group."""
    if not children.y.isin([0, 1]).all():
        return False
    return any(min(y.sum(), len(y) - y.sum()) < FEW_EVENTS for y, _ in _groups(children))


def score_interval(
    children: Analysed, estimate: float, se: float, df: float, level: float = 0.95
) -> ScoreInterval | None:
    """Put score limits around a difference where exactly one group does not vary; None everywhere else.

    The limits of both groups are Wilson's, put together by Newcombe's rule. The group that varies counts as many
    children as its standard error, clusters and all, is worth; the other as many as its weights are worth, divided by
    the same design effect: how far its schools differ cannot be seen where nobody has the outcome.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, method 10; Zou and Donner (2008), Statistics in Medicine 27.
    """
    groups = _groups(children)
    varies = [bool(np.ptp(y) > 0) for y, _ in groups]
    if not children.y.isin([0, 1]).all() or sum(varies) != 1 or not (se > 0 and df > 0):
        return None
    kish = [float(w.sum() ** 2 / (w**2).sum()) for _, w in groups]
    shares = [float(np.average(y, weights=w)) for y, w in groups]
    one = varies.index(True)
    worth = shares[one] * (1 - shares[one]) / se**2
    sizes = [n / max(1.0, kish[one] / worth) for n in kish]
    sizes[one] = worth
    sides = [_Share(share, size) for share, size in zip(shares, sizes, strict=True)]
    t = float(special.stdtrit(df, 0.5 + level / 2))
    low, high = _limits(estimate, sides, t)
    return ScoreInterval(low, high, _p(estimate, sides, df), (high - low) / (2 * t))


def _limits(estimate: float, sides: list[_Share], t: float) -> tuple[float, float]:
    """Join the limits of two shares into those of their difference."""
    (below_one, above_one), (below_none, above_none) = (side.distances(t) for side in sides)
    low, high = estimate - math.hypot(below_one, above_none), estimate + math.hypot(above_one, below_none)
    return max(-1.0, low), min(1.0, high)


def _p(estimate: float, sides: list[_Share], df: float) -> float:
    """Find the level at which the interval just reaches zero."""
    inside, outside = 0.0, 1e3
    for _ in range(80):
        t = (inside + outside) / 2
        low, high = _limits(estimate, sides, t)
        inside, outside = (inside, t) if low <= 0 <= high else (t, outside)
    return float(2 * special.stdtr(df, -inside))
