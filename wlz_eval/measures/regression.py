"""Regression to the mean: what would be seen with no programme at all.

Children chosen for a bad reading do better at the next one, because a part of that reading was chance.
With correlation r between two readings of the unselected population, the expected later reading of a child is

    later mean + r x (later SD / earlier SD) x (reading - earlier mean).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError

__all__ = [
    "MIN_PAIRS",
    "Population",
    "exit_rate_expected",
    "expected_exit_rate",
    "expected_regression",
    "population_of",
]

#: Fewest children with both readings from whom a correlation is taken.
MIN_PAIRS = 60


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
    slope = population.r * population.later_sd / population.sd
    return float(np.mean(population.later_mean + slope * (readings - population.mean) - readings))


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
    slope = population.r * population.later_sd / population.sd
    expected = population.later_mean + slope * (readings - population.mean)
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


def _known(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    readings = np.asarray(values, dtype=float)
    readings = readings[np.isfinite(readings)]
    if not len(readings):
        raise OptionError("None of the children has a baseline reading.")
    return readings


def population_of(cohort: Cohort, data: pd.DataFrame, measure: str, wave: str) -> Population | None:
    """Find the population for a measure: this cohort's comparison children, else the registry's norms.

    Comparison children of other schools come first: nobody chose among them, while those of the same schools
    are what was left when the programme's children were taken out.

    Parameters
    ----------
    cohort : Cohort
        For the registry of its measures and the length of its waves.
    data : DataFrame
        The analysis frame's data.
    measure, wave : str
        Measure, and the later wave.

    Returns
    -------
    Population or None
        None where neither comparison children nor the registry can say.
    """
    first, later = f"{measure}_baseline", f"{measure}_{wave}"
    if {first, later} <= set(data.columns):
        pool = data[data["programme"] == 0]
        other = pool[pool["comparison_type"] == "other_school"] if "comparison_type" in pool else pool.iloc[:0]
        for rows, source, caution in (
            (other, "comparison pupils of other schools", ""),
            (
                pool,
                "all comparison pupils",
                "The children of the programme are not among them, so they are a little "
                "less in need than the whole population.",
            ),
        ):
            pairs = rows[[first, later]].dropna()
            if len(pairs) >= MIN_PAIRS:
                found = _from_pairs(pairs.to_numpy(dtype=float))
                return replace(found, source=source, caution=caution) if found else None
    return _from_registry(cohort, measure, wave)


def _from_pairs(pairs: npt.NDArray[np.float64]) -> Population | None:
    mean = np.mean(pairs, axis=0).tolist()
    sd = np.std(pairs, axis=0, ddof=1).tolist()
    if not min(sd) > 0:
        return None
    r = float(np.corrcoef(pairs[:, 0], pairs[:, 1])[0, 1])
    return Population(mean=mean[0], sd=sd[0], later_mean=mean[1], later_sd=sd[1], r=r, n=len(pairs))


def _from_registry(cohort: Cohort, measure: str, wave: str) -> Population | None:
    facts = cohort.measure(measure)
    if facts.mean is None or facts.sd is None or facts.retest is None:
        return None
    caution = "" if facts.confirmed else "Its mean, spread or retest correlation is not confirmed against a source."
    years = _years(cohort, wave)
    if facts.retest_years and years and years > 1.5 * facts.retest_years:
        caution += (
            " The retest correlation is for a shorter time than lies between these waves, so more change "
            "than this is to be expected."
        )
    return Population(
        mean=facts.mean,
        sd=facts.sd,
        later_mean=facts.mean,
        later_sd=facts.sd,
        r=facts.retest,
        source="published norms",
        caution=caution.strip(),
    )


def _years(cohort: Cohort, wave: str) -> float | None:
    waves = cohort.meta.waves
    if "baseline" not in waves or wave not in waves:
        return None
    return (waves[wave].start - waves["baseline"].start).days / 365.25
