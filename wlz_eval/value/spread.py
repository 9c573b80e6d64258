"""What is not known about one number: a shape, its mean, and its value at a standard normal draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.reference.money import Distribution

__all__ = ["Spread", "clipped_mean"]

Array = npt.NDArray[np.float64]
_BOUNDED: tuple[str, ...] = ("triangular", "uniform", "beta")


def clipped_mean(mean: float, sd: float) -> float:
    """Mean of a normal variable whose negative values count as zero.

    Examples
    --------
    >>> clipped_mean(2.0, 0.0)
    2.0
    >>> round(clipped_mean(0.0, 1.0), 6)
    0.398942
    """
    if sd == 0:
        return max(mean, 0.0)
    z = mean / sd
    return float(mean * special.ndtr(z) + sd * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi))


@dataclass(frozen=True)
class Spread:
    """An uncertain number.

    Parameters
    ----------
    centre : float
        Mean of a normal, lognormal or beta; mode of a triangular. A uniform has its bounds only.
    sd : float
        Standard deviation of a normal, lognormal or beta.
    shape : {"normal", "lognormal", "triangular", "uniform", "beta", "fixed"}
        A normal is cut at zero: negative draws count as zero. ``fixed`` has no uncertainty.
    low, high : float, optional
        Bounds of a triangular, uniform or beta.

    Raises
    ------
    OptionError
        When the numbers do not make the shape.

    Examples
    --------
    >>> Spread(10.0, 2.0).at([-1.0, 0.0]).tolist()
    [8.0, 10.0]
    >>> round(Spread(2.0, shape="triangular", low=1.0, high=6.0).mean, 6)
    3.0
    """

    centre: float
    sd: float = 0.0
    shape: Distribution = "normal"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.shape == "fixed" and self.sd:
            raise OptionError("A fixed number has no standard deviation. Leave it out, or choose another shape.")
        if self.shape == "lognormal" and self.centre <= 0:
            raise OptionError(f"A lognormal needs a mean above 0, not {self.centre:g}.")
        if self.shape not in _BOUNDED:
            if self.low is not None or self.high is not None:
                others = ", ".join(_BOUNDED)
                raise OptionError(f"A {self.shape} shape has no bounds: leave them out, or choose {others}.")
            return
        low, high = self.low, self.high
        if low is None or high is None or not low < high or not low <= self.centre <= high:
            given = f"{self.centre:g}, not {low} and {high}"
            raise OptionError(f"A {self.shape} shape needs a low and a high around {given}.")
        if self.shape == "beta":
            self._beta()
        elif self.sd:
            raise OptionError(f"A {self.shape} shape is set by its bounds. Leave the standard deviation out.")

    @property
    def uncertain(self) -> bool:
        """Whether it can take more than one value."""
        return self.shape in _BOUNDED or self.sd > 0

    @property
    def mean(self) -> float:
        """What draws of it average to."""
        if self.shape == "normal":
            return clipped_mean(self.centre, self.sd)
        low, high = self._bounds()
        if self.shape == "triangular":
            return (low + high + self.centre) / 3
        return (low + high) / 2 if self.shape == "uniform" else self.centre

    def _bounds(self) -> tuple[float, float]:
        return (0.0 if self.low is None else self.low), (0.0 if self.high is None else self.high)

    def _beta(self) -> tuple[float, float]:
        """Parameters of the beta with this mean and standard deviation between the bounds."""
        low, high = self._bounds()
        m, v = (self.centre - low) / (high - low), (self.sd / (high - low)) ** 2
        if not 0 < v < m * (1 - m):
            raise OptionError(
                f"No beta between {low:g} and {high:g} has mean {self.centre:g} and standard deviation {self.sd:g}. "
                f"Take a standard deviation above 0 and below {math.sqrt(m * (1 - m)) * (high - low):g}."
            )
        total = m * (1 - m) / v - 1
        return m * total, (1 - m) * total

    def at(self, z: npt.ArrayLike) -> Array:
        """Return its value at standard normal draws: the quantile of the same rank.

        Working from normal draws lets numbers of different shapes be drawn with correlation.
        """
        z = np.asarray(z, dtype=float)
        low, high = self._bounds()
        if self.shape == "normal":
            return np.maximum(self.centre + self.sd * z, 0.0)
        if self.shape == "lognormal":
            s = math.sqrt(math.log1p((self.sd / self.centre) ** 2))
            return np.asarray(self.centre * np.exp(s * z - s**2 / 2))
        if self.shape == "fixed":
            return np.full_like(z, self.centre)
        u = special.ndtr(z)
        if self.shape == "uniform":
            return np.asarray(low + (high - low) * u)
        if self.shape == "beta":
            return np.asarray(low + (high - low) * special.betaincinv(*self._beta(), u))
        rise, width = (self.centre - low) / (high - low), high - low
        left = low + np.sqrt(u * width * (self.centre - low))
        return np.asarray(np.where(u < rise, left, high - np.sqrt((1 - u) * width * (high - self.centre))))
