"""The unselected population of a measure: mean, spread, the correlation of two readings, and how sure each is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.derived import made_measures
from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.progress.normal import Population
from wlz_eval.measures.scoring import readings
from wlz_eval.reference.measures import Measure
from wlz_eval.reference.reliability import Retest, consistency, progress_assumption, retest

__all__ = [
    "MIN_PAIRS", "Norms", "Pool", "Readings", "moment_draws", "norm_draws", "norms_of", "pool_of", "population_of",
    "readings_of", "years_between",
]

Array = npt.NDArray[np.float64]
#: Fewest children with both readings from whom a correlation is taken.
MIN_PAIRS = 60
#: With fewer schools than this the children, not the schools, are drawn anew to see how sure the population is.
FEWEST_SCHOOLS = 5
ANY = "any"


@dataclass(frozen=True)
class Readings:
    """Who rated, and on which form, at the two waves; ``any`` where the tables do not say."""

    informant: str
    form: str
    later_informant: str
    later_form: str

    @property
    def caution(self) -> str:
        """One sentence where the two readings are not alike."""
        said = []
        if self.informant != self.later_informant and ANY not in (self.informant, self.later_informant):
            said.append("It was rated by different people at the two times, so its change is no change of the child.")
        if self.form != self.later_form and ANY not in (self.form, self.later_form):
            said.append("Its form differs between the two times (one may ask about a longer period than the other).")
        return " ".join(said)


@dataclass(frozen=True)
class Pool:
    """Comparison children with both readings.

    Parameters
    ----------
    rows : DataFrame
        Their two readings and their school.
    everyone : array
        First readings of the whole unselected population: the same children where nobody was taken from among
        them, else all children of their schools, those of the programme included.
    source, caution : str
        In words.
    """

    rows: pd.DataFrame
    everyone: pd.DataFrame
    source: str
    caution: str


@dataclass(frozen=True)
class Norms:
    """Published mean and spread, with a retest correlation for this interval."""

    mean: float
    sd: float
    retest: Retest
    reliability: float
    icc: float
    toward_need: float
    caution: str


def readings_of(cohort: Cohort, measure: str, wave: str, informant: str = "") -> Readings:
    """Say who rated a measure of the programme's children at baseline and at the wave, most often, and how."""
    own = cohort.children.loc[cohort.children["group"] == "programme", "child_id"]
    made = {name for spec in cohort.meta.derived for name in made_measures(spec)}
    table = readings(cohort) if measure in made else cohort.measures
    table = table[(table["measure"] == measure) & table["child_id"].isin(own)]
    if informant and "informant" in table:
        table = table[table["informant"] == informant]

    def usual(column: str, when: str) -> str:
        if column not in table:
            return ANY
        counts = table.loc[table["wave"] == when, column].astype(object).dropna().astype(str).value_counts()
        counts = counts[counts == counts.max()] if len(counts) else counts
        return min(map(str, counts.index), default=ANY)

    return Readings(
        usual("informant", "baseline"), usual("form", "baseline"), usual("informant", wave), usual("form", wave)
    )


def years_between(cohort: Cohort, wave: str) -> float | None:
    """Years from baseline to a wave; None where the dates are not given."""
    waves = cohort.meta.waves
    if "baseline" not in waves or wave not in waves:
        return None
    return (waves[wave].start - waves["baseline"].start).days / 365.25


def pool_of(data: pd.DataFrame, measure: str, wave: str) -> Pool | None:
    """Find comparison children with both readings, enough of them.

    Children of other schools come first: nobody chose among them. Those of the same schools are what was left
    when the programme's children were taken out, so mean and spread of the first reading are taken from all
    children of those schools, and the link between the readings from the comparison children.
    """
    first, later = f"{measure}_baseline", f"{measure}_{wave}"
    if not {first, later} <= set(data.columns):
        return None
    wanted = [first, later, *(["school_id"] if "school_id" in data else [])]
    outside = (data["programme"] == 0).to_numpy()
    elsewhere = outside & (data["comparison_type"] == "other_school").to_numpy() if "comparison_type" in data else None
    rest = data.loc[outside, wanted]
    other = rest.iloc[:0] if elsewhere is None else data.loc[elsewhere, wanted]
    pairs = other.dropna(subset=[first, later])
    if len(pairs) >= MIN_PAIRS and _vary(pairs, first, later):
        return Pool(pairs, other.dropna(subset=[first]), "comparison pupils of other schools", "")
    pairs = rest.dropna(subset=[first, later])
    if len(pairs) < MIN_PAIRS or not _vary(pairs, first, later):
        return None
    return Pool(
        pairs,
        data[wanted].dropna(subset=[first]),
        "all comparison pupils",
        "The programme's children were taken out from among these pupils: mean and spread at the start are those of "
        "all pupils together.",
    )


def _vary(pairs: pd.DataFrame, *columns: str) -> bool:
    return bool((pairs[list(columns)].max() > pairs[list(columns)].min()).all())


def _sums(frame: pd.DataFrame, columns: list[Array], codes: npt.NDArray[np.intp], m: int) -> Array:
    return np.column_stack([np.bincount(codes, c, minlength=m) for c in [np.ones(len(frame)), *columns]])


def _moments(pairs: Array, everyone: Array) -> Array:
    """Mean, SD, later mean, later SD and r of the unselected population, from sums; one row a set of sums.

    Slope and residual spread do not depend on who was chosen by the first reading (Pearson 1903, Lawley 1944), so
    they come from the pairs; mean and spread of the first reading come from everyone.
    """
    n, sx, sy, sxx, syy, sxy = pairs.T
    m, tx, txx = everyone.T
    vx, vy = sxx / n - (sx / n) ** 2, syy / n - (sy / n) ** 2
    slope = (sxy / n - sx * sy / n**2) / vx
    left = np.maximum(vy - slope**2 * vx, 1e-12)
    mean, variance = tx / m, np.maximum(txx / m - (tx / m) ** 2, 1e-12) * m / np.maximum(m - 1, 1)
    left = left * n / np.maximum(n - 2, 1)
    later_mean = sy / n + slope * (mean - sx / n)
    later_sd = np.sqrt(slope**2 * variance + left)
    return np.column_stack([mean, np.sqrt(variance), later_mean, later_sd, slope * np.sqrt(variance) / later_sd])


def _school_sums(pool: Pool, measure: str, wave: str) -> tuple[Array, Array]:
    """Give sums of readings by school, of pairs and of everyone; by child where schools are few or not known."""
    first, later = f"{measure}_baseline", f"{measure}_{wave}"
    x, y = (pool.rows[c].to_numpy(dtype=float) for c in (first, later))
    t = pool.everyone[first].to_numpy(dtype=float)
    # About the middle of the readings, so that squares lose no digits.
    centre = float(t.mean())
    x, y, t = x - centre, y - centre, t - centre
    names = pool.everyone["school_id"].astype(str) if "school_id" in pool.everyone else None
    if names is None or names.nunique() < FEWEST_SCHOOLS:
        labels = pool.everyone.index.astype(str)
        own = pool.rows.index.astype(str)
    else:
        labels, own = pd.Index(names), pd.Index(pool.rows["school_id"].astype(str))
    units = pd.Index(sorted(set(labels)))
    m = len(units)
    pairs = _sums(pool.rows, [x, y, x * x, y * y, x * y], units.get_indexer(own), m)
    return pairs, _sums(pool.everyone, [t, t * t], units.get_indexer(labels), m)


def population_of(pool: Pool, measure: str, wave: str) -> Population:
    """Return the population that comparison children show."""
    pairs, everyone = _school_sums(pool, measure, wave)
    found = _moments(pairs.sum(axis=0)[None, :], everyone.sum(axis=0)[None, :])[0]
    centre = float(pool.everyone[f"{measure}_baseline"].to_numpy(dtype=float).mean())
    mean, sd, later_mean, later_sd, r = (float(v) for v in found)
    return Population(
        mean=mean + centre, sd=sd, later_mean=later_mean + centre, later_sd=later_sd, r=r, n=len(pool.rows),
        source=pool.source, caution=pool.caution,
    )


def moment_draws(pool: Pool, measure: str, wave: str, rng: np.random.Generator, draws: int) -> Array:
    """Draw the population anew by drawing its schools anew: mean, SD, later mean, later SD, r; one row a draw."""
    pairs, everyone = _school_sums(pool, measure, wave)
    m = len(pairs)
    weights = rng.multinomial(m, np.full(m, 1 / m), size=draws).astype(float)
    # A draw without two schools' pairs has no correlation; keep it at what was found.
    total_pairs, total_all = weights @ pairs, weights @ everyone
    bad = (total_pairs[:, 0] < 3) | (total_all[:, 0] < 3)
    total_pairs[bad], total_all[bad] = pairs.sum(axis=0), everyone.sum(axis=0)
    found = _moments(total_pairs, total_all)
    centre = float(pool.everyone[f"{measure}_baseline"].to_numpy(dtype=float).mean())
    found[:, [0, 2]] += centre
    return found


def norms_of(cohort: Cohort, facts: Measure, wave: str, readings: Readings) -> Norms | None:
    """Find published norms of a measure, and its retest correlation for this informant, form and interval."""
    found = retest(facts.name, years_between(cohort, wave), readings.informant, readings.form)
    if facts.mean is None or facts.sd is None or found is None or readings.informant != readings.later_informant:
        return None
    alpha = consistency(facts.name, readings.informant, readings.form)
    need = {True: -1.0, False: 1.0, None: 0.0}[facts.higher_is_better]
    said = [
        "Mean and spread are published norms" + ("." if facts.confirmed else " that are not confirmed."),
        found.caution,
        "Pupils of these schools may have more need than the norm, and how far the choice rested on this very "
        "reading is not known: the range allows for both.",
    ]
    return Norms(
        mean=facts.mean, sd=facts.sd, retest=found, reliability=alpha.r if alpha else math.nan,
        icc=facts.icc or 0.0, toward_need=need, caution=" ".join(part for part in said if part),
    )


def norm_draws(norms: Norms, rng: np.random.Generator, draws: int) -> Array:
    """Draw a population from the ranges stated with published norms; columns as in :func:`moment_draws`.

    r is drawn from the triangle on its range; the mean lies from the norm to its stated limit, all alike.
    """
    shift = progress_assumption("norm_shift")
    mean = norms.mean + norms.toward_need * norms.sd * rng.uniform(shift.low, shift.high, draws)
    found = norms.retest
    r = _triangular(rng, found.low, found.r, found.high, draws)
    sd = np.full(draws, norms.sd)
    return np.column_stack([mean, sd, mean, sd, r])


def _triangular(rng: np.random.Generator, low: float, mode: float, high: float, draws: int) -> Array:
    if not high > low:
        return np.full(draws, mode)
    return np.asarray(rng.triangular(low, min(max(mode, low), high), high, draws))


def central_population(norms: Norms) -> Population:
    """Return the population in the middle of what the norms leave open."""
    shift = progress_assumption("norm_shift")
    mean = norms.mean + norms.toward_need * norms.sd * (shift.low + shift.high) / 2
    return Population(
        mean=mean, sd=norms.sd, later_mean=mean, later_sd=norms.sd, r=norms.retest.r, source="published norms",
        caution=norms.caution,
    )


