"""Regression to the mean in closed form: what two readings that agree this well show with no programme at all.

Children chosen for a bad reading do better at the next one, because a part of that reading was chance.
With correlation r between two readings of the unselected population, the expected later reading of a child is

    later mean + r x (later SD / earlier SD) x (reading - earlier mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.core.errors import OptionError

__all__ = ["Population", "exit_rate_expected", "expected_exit_rate", "expected_regression"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Population:
    """Two readings of an unselected population.

    Parameters
    ----------
    mean, sd : float
        Of the earlier reading.
    later_mean, later_sd : float
        Of the later reading.
    r : float
        Correlation of the two readings.
    n : int
        Children behind it; 0 for figures from the registry.
    source : str
        Where it comes from, as a phrase that can stand on a page.
    caution : str
        What a reader should know about it, as one sentence; empty when there is nothing.
    """

    mean: float
    sd: float
    later_mean: float
    later_sd: float
    r: float
    n: int = 0
    source: str = ""
    caution: str = ""

    def __post_init__(self) -> None:
        if not -1 <= self.r <= 1:
            raise OptionError(f"A correlation lies from -1 to 1, not {self.r}.")
        if not (self.sd > 0 and self.later_sd > 0):
            raise OptionError("The standard deviations of a population must be above zero.")

    @property
    def slope(self) -> float:
        """What a point more at the earlier reading says about the later one."""
        return self.r * self.later_sd / self.sd


def expected_regression(baseline: npt.ArrayLike, population: Population) -> float:
    """Mean change to be expected of these children with no programme at all.

    Parameters
    ----------
    baseline : array_like
        Earlier readings of the chosen children.
    population : Population
        The population that they were chosen from, unselected.

    Returns
    -------
    float
        Later minus earlier. With a population that does not move, this is (1 - r) times the children's
        distance from its mean, towards it.

    Examples
    --------
    >>> standing = Population(mean=7.0, sd=6.0, later_mean=7.0, later_sd=6.0, r=0.6)
    >>> round(expected_regression([17.0], standing), 6)
    -4.0
    """
    readings = _known(baseline)
    return float(np.mean(population.later_mean + population.slope * (readings - population.mean) - readings))


def expected_exit_rate(
    baseline: npt.ArrayLike, cut: float, population: Population, *, risk_is_high: bool, inclusive: bool = True
) -> float:
    """Share of children at risk who would be out of it at the later reading with no programme at all.

    The later reading of a child is taken as normal around its expectation, with the spread that r leaves.

    Parameters
    ----------
    baseline : array_like
        Earlier readings of the children at risk.
    cut : float
        Cut-point of risk.
    population : Population
        The unselected population.
    risk_is_high : bool
        Whether risk is at and above the cut (SDQ) or below it (attainment).
    inclusive : bool
        Whether scores are whole numbers, so that "at the cut" begins half a point below it.

    Returns
    -------
    float
        Share from 0 to 1.
    """
    readings = _known(baseline)
    expected = population.later_mean + population.slope * (readings - population.mean)
    spread = population.later_sd * math.sqrt(max(1 - population.r**2, 1e-12))
    edge = cut - 0.5 if risk_is_high and inclusive else cut
    z = (edge - expected) / spread
    return float(np.mean(special.ndtr(z) if risk_is_high else special.ndtr(-z)))


def exit_rate_expected(r: float, share: float) -> float:
    """Share of the worst `share` at one reading who are out of it at the next, with no programme at all.

    Two readings are taken as bivariate normal with correlation r, and the cut-point is the same at both.

    Parameters
    ----------
    r : float
        Correlation of the two readings, below 1.
    share : float
        Share of the population beyond the cut-point.

    Returns
    -------
    float
        Share from 0 to 1.

    Examples
    --------
    >>> round(100 * exit_rate_expected(0.6, 0.20), 1), round(100 * exit_rate_expected(0.4, 0.10), 1)
    (50.4, 73.3)
    """
    if not -1 < r < 1:
        raise OptionError(f"The correlation must lie between -1 and 1, not {r}.")
    if not 0 < share < 1:
        raise OptionError(f"The share at risk must lie between 0 and 1, not {share}.")
    cut = special.ndtri(1 - share)
    # Bivariate normal with equal cuts, by Owen's T (Owen 1956).
    below_both = float(special.ndtr(cut) - 2 * special.owens_t(cut, math.sqrt((1 - r) / (1 + r))))
    beyond_both = 1 - 2 * (1 - share) + below_both
    return 1 - beyond_both / share


def _known(values: npt.ArrayLike) -> Array:
    readings = np.asarray(values, dtype=float)
    readings = readings[np.isfinite(readings)]
    if not len(readings):
        raise OptionError("None of the children has a baseline reading.")
    return readings
