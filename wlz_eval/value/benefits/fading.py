"""How long a benefit lasts and how fast it fades, where neither is known for sure."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from wlz_eval.value.prices.discount import discount_factors
from wlz_eval.value.spread import Spread

__all__ = ["LONGEST", "Fading"]

Array = npt.NDArray[np.float64]
#: Years after its start for which any benefit is followed: one lifetime.
LONGEST = 100
#: Points of the quadrature over a range: midpoints of equal shares of probability.
NODES = 4_000


@dataclass(frozen=True)
class Fading:
    """The years of a benefit: when it starts, how long it lasts, which share is lost each year.

    Present value is no straight line in either, so its value at the mean duration and decay is not its mean. What is
    expected is therefore the mean over both ranges, taken as independent, by quadrature; it is what the draws of the
    Monte Carlo average to.

    Parameters
    ----------
    start : int
        Year in which it starts, counted from the start of the programme.
    duration : Spread
        Years that it lasts. Of a last year that is begun, the share that is reached counts.
    decay : Spread
        Share lost each year after the first.
    schedule : str
        Discount schedule.

    Examples
    --------
    >>> sure = Fading(0, Spread(2.0), Spread(0.5))
    >>> round(sure.factor(2.0, 0.5), 6) == round(1 + 0.5 / 1.035, 6)
    True
    >>> unsure = Fading(0, Spread(2.0, shape="uniform", low=1.0, high=3.0), Spread(0.0))
    >>> unsure.expected < unsure.factor(2.0, 0.0)
    True
    """

    start: int
    duration: Spread
    decay: Spread
    schedule: str = "green_book"

    @property
    def uncertain(self) -> bool:
        """Whether duration or decay can take more than one value."""
        return self.duration.uncertain or self.decay.uncertain

    @property
    def longest(self) -> int:
        """Whole years that hold the longest duration."""
        high = self.duration.centre if self.duration.high is None else self.duration.high
        return math.ceil(high)

    def weights(self, duration: npt.ArrayLike = math.nan, decay: npt.ArrayLike = math.nan) -> Array:
        """Present value of one unit of money a year, by year from the start of the benefit.

        Parameters
        ----------
        duration, decay : array_like, shape (...)
            Values; ``nan`` for the mean over the range.

        Returns
        -------
        array, shape (..., years)
        """
        lasts, lost = np.asarray(duration, dtype=float), np.asarray(decay, dtype=float)
        known = lasts[np.isfinite(lasts)]
        years = max(self.longest, math.ceil(known.max()) if known.size else 0)
        k = np.arange(years)
        kept, left = _kept(lasts, k), _left(lost, k)
        if np.isnan(lasts).any():
            kept = np.where(np.isnan(lasts)[..., None], _means(self.duration, self.decay, years)[0], kept)
        if np.isnan(lost).any():
            left = np.where(np.isnan(lost)[..., None], _means(self.duration, self.decay, years)[1], left)
        return np.asarray(kept * left * discount_factors(self.start + k, self.schedule))

    def factor(self, duration: npt.ArrayLike = math.nan, decay: npt.ArrayLike = math.nan) -> Array:
        """Present value of one unit of money a year while the benefit lasts: the sum of :meth:`weights`."""
        return np.asarray(self.weights(duration, decay).sum(axis=-1))

    @cached_property
    def expected_weights(self) -> Array:
        """Mean of :meth:`weights` over both ranges, shape (years,)."""
        lasts = math.nan if self.duration.uncertain else self.duration.centre
        lost = math.nan if self.decay.uncertain else self.decay.centre
        return self.weights(lasts, lost)

    @property
    def expected(self) -> float:
        """Mean of :meth:`factor` over both ranges."""
        return float(self.expected_weights.sum())


@functools.lru_cache(maxsize=256)
def _means(duration: Spread, decay: Spread, years: int) -> Array:
    k = np.arange(years)
    return np.stack([_kept(_nodes(duration), k).mean(axis=0), _left(_nodes(decay), k).mean(axis=0)])


def _kept(lasts: Array, k: npt.NDArray[np.int_]) -> Array:
    """Share of each year that a duration reaches."""
    return np.asarray(np.clip(lasts[..., None] - k, 0.0, 1.0))


def _left(lost: Array, k: npt.NDArray[np.int_]) -> Array:
    """Share that is left in each year."""
    return np.asarray((1.0 - lost[..., None]) ** k)


def _nodes(spread: Spread) -> Array:
    from scipy import special

    return spread.at(special.ndtri((np.arange(NODES) + 0.5) / NODES)) if spread.uncertain else np.array([spread.centre])
