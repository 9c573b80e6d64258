"""What would be seen with no programme, of one measure and its children, with intervals: closed form and simulated."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress.normal import Population, expected_exit_rate, expected_regression
from wlz_eval.measures.progress.population import (
    Readings,
    central_population,
    moment_draws,
    norm_draws,
    norms_of,
    pool_of,
    population_of,
    readings_of,
)
from wlz_eval.measures.progress.untreated import draw_later, fit_held, norm_later, predictors, true_line
from wlz_eval.reference.measures import Measure
from wlz_eval.reference.reliability import consistency, progress_assumption

__all__ = ["Expected", "Range", "Untreated", "middle_range", "on_scale", "one_reading", "schools_of", "untreated"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Range:
    """A number to be expected, and the middle 95% of what chance and ignorance leave possible."""

    value: float
    low: float
    high: float


NOTHING = Range(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Expected:
    """Change and exits to be expected with no programme."""

    change: Range
    exit_rate: Range


@dataclass(frozen=True, kw_only=True)
class Untreated:
    """Later readings of the programme's children with no programme.

    Parameters
    ----------
    children : array of int
        Their rows in the analysis frame: children with both readings.
    before : array, shape (n,)
    later : array, shape (draws, n)
        Drawn later readings, within the measure's range and as whole numbers where the readings are.
    population : Population
        The unselected population, from the first reading alone.
    moments : array, shape (draws, 5)
        Its mean, SD, later mean, later SD and r, drawn.
    basis : {"comparison", "norms"}
    reference_first, reference_later : array or None
        Readings of the unselected population at both waves, where comparison children show them.
    caution : str
    """

    children: Ints
    before: Array
    later: Array
    population: Population
    moments: Array
    basis: str
    caution: str
    reference_first: Array | None = None
    reference_later: Array | None = None

    def change(self) -> Range:
        """Mean change to be expected."""
        return middle_range(self.later.mean(axis=1) - self.before.mean())

    def share(self, yes: Bools, among: Bools | None = None) -> Range:
        """Share of the children (of those `among`) for whom a drawn statement holds, in percent."""
        rows = yes if among is None else yes[:, among]
        return middle_range(100 * rows.mean(axis=1)) if rows.shape[1] else NOTHING


def middle_range(draws: Array) -> Range:
    """Mean of draws and their middle 95%."""
    return Range(float(np.mean(draws)), *_middle(draws))


def _middle(draws: Array) -> tuple[float, float]:
    """Return the ends between which one further draw lies 95 times in 100, however few the draws.

    That is place p (draws + 1) of the sorted draws; the usual place, 1 + p (draws - 1), holds 94 with 200 draws.
    """
    low, high = np.quantile(draws, [0.025, 0.975], method="weibull")
    return float(low), float(high)


def _held(
    facts: Measure,
    data: pd.DataFrame,
    group: Ints,
    wave: str,
    judged: bool,
    readings: Readings,
    rng: np.random.Generator,
    draws: int,
) -> Untreated | None:
    pool = pool_of(data, facts.name, wave)
    if pool is None:
        return None
    first, later = f"{facts.name}_baseline", f"{facts.name}_{wave}"
    school = schools_of(data)
    rows = np.asarray(data.index.get_indexer(pool.rows.index), dtype=np.intp)
    X = predictors(data, first, group, rows)
    model = fit_held(X, data[later].to_numpy(dtype=float), group, rows, school)
    before = data[first].to_numpy(dtype=float)[group]
    population = population_of(pool, facts.name, wave)
    drawn = draw_later(model, school[group], rng, draws)
    caution = pool.caution
    alpha = consistency(facts.name, readings.informant) if judged else None
    if alpha is not None:
        drawn = drawn + _judged(drawn, before, population, alpha.r, rng)
        caution += " Children were chosen by judgement too: the range reaches from a choice on what was measured to a "
        caution += "choice on need that a single reading measures with error."
    # Pupils from among whom the programme's children were taken out are no longer the whole population.
    whole = pool.rows if not pool.caution else None
    return Untreated(
        children=group, before=before, later=on_scale(drawn, facts, data, first), population=population,
        moments=moment_draws(pool, facts.name, wave, rng, draws), basis="comparison", caution=caution.strip(),
        reference_first=None if whole is None else whole[first].to_numpy(dtype=float),
        reference_later=None if whole is None else whole[later].to_numpy(dtype=float),
    )


def _judged(drawn: Array, before: Array, population: Population, reliability: float, rng: np.random.Generator) -> Array:
    """Shift of each draw towards a choice on true need, where that leaves more of the excess than was drawn."""
    choice = progress_assumption("choice_on_reading")
    excess = float(np.mean(before)) - population.mean
    gap = true_line(before, population, reliability) - float(drawn.mean())
    gap = gap if gap * excess > 0 else 0.0
    return gap * rng.uniform(choice.low, choice.high, (len(drawn), 1))


def schools_of(data: pd.DataFrame) -> Ints:
    """Give the schools of a frame numbers; one number where they are not known."""
    if "school_id" not in data:
        return np.zeros(len(data), dtype=np.intp)
    return np.asarray(pd.factorize(data["school_id"].astype(str), sort=True)[0], dtype=np.intp)


def on_scale(drawn: Array, facts: Measure, data: pd.DataFrame, first: str) -> Array:
    """Keep drawn readings to the measure's range, and whole where all first readings are."""
    known = data[first].to_numpy(dtype=float)
    known = known[np.isfinite(known)]
    if np.all(known == np.round(known)):
        drawn = np.round(drawn)
    return np.clip(drawn, facts.low, facts.high)


def _norms(
    cohort: Cohort,
    facts: Measure,
    data: pd.DataFrame,
    group: Ints,
    wave: str,
    readings: Readings,
    rng: np.random.Generator,
    draws: int,
) -> Untreated | None:
    norms = norms_of(cohort, facts, wave, readings)
    if norms is None:
        return None
    first = f"{facts.name}_baseline"
    before = data[first].to_numpy(dtype=float)[group]
    moments = norm_draws(norms, rng, draws)
    later = norm_later(before, norms, moments, schools_of(data)[group], rng)
    return Untreated(
        children=group, before=before, later=on_scale(later, facts, data, first),
        population=central_population(norms), moments=moments, basis="norms", caution=norms.caution,
    )


def untreated(
    cohort: Cohort,
    data: pd.DataFrame,
    measure: str,
    wave: str,
    *,
    judged: bool = False,
    draws: int = 500,
    seed: int = 0,
) -> Untreated | None:
    """Draw the later readings of the programme's children with no programme.

    Parameters
    ----------
    cohort : Cohort
    data : DataFrame
        The analysis frame's data.
    measure, wave : str
    judged : bool
        Whether children were (or may have been) chosen on more than what the tables hold.
    draws : int
    seed : int

    Returns
    -------
    Untreated or None
        None where neither comparison children nor published norms can say, or no child has both readings.
    """
    facts = cohort.measure(measure)
    first, later = f"{measure}_baseline", f"{measure}_{wave}"
    data = data.sort_index()
    own = (data["programme"] == 1) & data[first].notna() & data[later].notna()
    group = np.flatnonzero(own.to_numpy())
    if not len(group):
        return None
    rng = np.random.default_rng([seed, zlib.crc32(f"{measure} {wave}".encode())])
    readings = readings_of(cohort, measure, wave)
    found = _held(facts, data, group, wave, judged, readings, rng, draws)
    return found if found is not None else _norms(cohort, facts, data, group, wave, readings, rng, draws)


def one_reading(
    drawn: Untreated, rule: RiskRule | None, at_risk: Bools, school: Ints, icc: float, seed: int
) -> Expected:
    """Give expected change and exits from the first reading alone, in closed form (bivariate normal).

    The interval holds the population's uncertainty and the chance of these children: the later readings of n
    children, alike by school with correlation `icc`, and n yes-or-no exits.
    """
    rng = np.random.default_rng([seed, 7])
    n, x = len(drawn.before), drawn.before
    mean, sd, later_mean, later_sd, r = drawn.moments.T
    slope = r * later_sd / sd
    change = later_mean + slope * (x.mean() - mean) - x.mean()
    counts = np.bincount(school)
    alike = icc * float(np.sum(counts.astype(float) ** 2)) / n**2 + (1 - icc) / n
    left = later_sd * np.sqrt(np.maximum(1 - r**2, 1e-12))
    seen = change + left * math.sqrt(alike) * rng.normal(size=len(change))
    expected = Range(expected_regression(x, drawn.population), *_middle(seen))
    cut = None if rule is None else rule.below if rule.below is not None else rule.at_least
    if rule is None or cut is None or not at_risk.any():
        return Expected(expected, NOTHING)
    high_is_risk = rule.at_least is not None
    risky = x[at_risk]
    whole = bool(np.all(x == np.round(x)))
    edge = cut - 0.5 if high_is_risk and whole else cut
    z = (edge - (later_mean[:, None] + slope[:, None] * (risky - mean[:, None]))) / left[:, None]
    chance = special.ndtr(z if high_is_risk else -z).mean(axis=1)
    exits = _middle(100 * rng.binomial(len(risky), chance) / len(risky))
    value = expected_exit_rate(risky, cut, drawn.population, risk_is_high=high_is_risk, inclusive=whole)
    return Expected(expected, Range(100 * value, *exits))
