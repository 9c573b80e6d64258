"""Who the pupils are: schools, latent need, background, and the true traits before the programme."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.reference.measures import measures
from wlz_eval.reference.simulation import simulation_parameters
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.traits import PARTNER, TRAITS, Array, Trait

__all__ = ["Bools", "Ints", "Pupils", "SchoolEffects", "TraitPath", "draw_pupils", "start_trait", "stream"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
#: How much school sizes differ: SD of their logarithm.
SCHOOL_SIZE_SD = 0.35


def stream(options: SimulationOptions, name: str) -> np.random.Generator:
    """Return the random numbers of one part of the world: a change in one part leaves the others alone."""
    return np.random.default_rng([options.seed, zlib.crc32(name.encode())])


def coded(codes: npt.ArrayLike, words: Sequence[str]) -> pd.Categorical:
    """Return words by their position in `words`; -1 is missing."""
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), list(words))  # type: ignore[call-overload, unused-ignore]


def parameter(name: str) -> float:
    """Value of a parameter of ``data/reference/simulation.csv``."""
    return simulation_parameters()[name].value


@dataclass(frozen=True)
class Pupils:
    """Every pupil of the world, as arrays of one length; programme schools come first.

    Parameters
    ----------
    school : array of int
        Index of the school; the first ``options.schools`` are programme schools.
    need, motivation, unseen : array
        Latent scores, standard normal and independent. `unseen` is what teachers see and tables do not.
    factors : dict of array
        The second latent factors, by name.
    fsm, eal, social_care : array of bool
        Background.
    sen, gender, ethnicity, imd_decile, year : arrays
        Background; `sen` is 0 none, 1 support, 2 education, health and care plan.
    primary : array of bool
        Whether the pupil's school is a primary.
    n_offered, n_started : int
        Places: how many are offered one, and how many of them start with consent.
    """

    school: Ints
    need: Array
    motivation: Array
    unseen: Array
    factors: dict[str, Array]
    fsm: Bools
    eal: Bools
    social_care: Bools
    sen: Ints
    female: Bools
    ethnicity: Ints
    imd_decile: Ints
    primary: Bools
    year: Ints
    in_programme_school: Bools
    n_offered: int

    def __len__(self) -> int:
        return len(self.need)


def _places(options: SimulationOptions) -> tuple[int, int, int]:
    """Count the children offered a place, the other pupils of their schools, and pupils of other schools."""
    lost = parameter("declined") + parameter("no_consent")
    offered = round(options.children / (1 - lost))
    if not options.comparison_schools:
        return offered, options.pool, 0
    same = min(round(offered * (1 / parameter("targeted") - 1)), options.pool // 2)
    return offered, same, options.pool - same


def _assign_schools(options: SimulationOptions, own: int, other: int) -> Ints:
    """Put pupils into schools of unequal size."""
    rng = stream(options, "school sizes")

    def spread(n: int, schools: int) -> Ints:
        if not schools or not n:
            return np.zeros(0, dtype=np.int64)
        weight = np.exp(rng.normal(0, SCHOOL_SIZE_SD, schools))
        return np.sort(rng.choice(schools, size=n, p=weight / weight.sum()))

    return np.concatenate([spread(own, options.schools), options.schools + spread(other, options.comparison_schools)])


def _tilted(share: float, loading: float, need: Array, rng: np.random.Generator) -> Bools:
    """Draw a yes/no that goes with need: a probit with this overall share."""
    score = loading * need + np.sqrt(1 - loading**2) * rng.normal(size=len(need))
    return score > special.ndtri(1 - share)


def draw_pupils(options: SimulationOptions) -> Pupils:
    """Draw all pupils. Programme and other schools come from one population of schools."""
    offered, same, other = _places(options)
    school = _assign_schools(options, offered + same, other)
    n = len(school)
    rng = stream(options, "pupils")
    need = rng.normal(size=n)
    sen_score = 0.5 * need + np.sqrt(0.75) * rng.normal(size=n)
    ehcp, support = parameter("ehcp_share"), parameter("sen_support_share")
    imd = special.ndtr(-0.5 * need + np.sqrt(0.75) * rng.normal(size=n))
    primary_school = stream(options, "phases").random(options.schools + options.comparison_schools) < parameter(
        "primary_share"
    )
    primary = primary_school[school]
    return Pupils(
        school=school,
        need=need,
        motivation=rng.normal(size=n),
        unseen=rng.normal(size=n),
        factors={"learning": rng.normal(size=n), "wellbeing": rng.normal(size=n)},
        fsm=_tilted(parameter("fsm_share"), 0.5, need, rng),
        eal=_tilted(parameter("eal_share"), 0.1, need, rng),
        social_care=_tilted(parameter("social_care_share"), 0.4, need, rng),
        sen=(sen_score > special.ndtri(1 - ehcp - support)).astype(np.int64) + (sen_score > special.ndtri(1 - ehcp)),
        female=rng.random(n) < 0.5,
        ethnicity=rng.choice(5, size=n, p=[0.15, 0.25, 0.15, 0.30, 0.15]),
        # The zone is poorer than the nation: the square brings more pupils into the low deciles.
        imd_decile=np.clip(np.ceil(10 * imd**1.6), 1, 10).astype(np.int64),
        primary=primary,
        year=np.where(primary, 3, 7) + rng.integers(0, 2, size=n),
        in_programme_school=school < options.schools,
        n_offered=offered,
    )


@dataclass(frozen=True)
class SchoolEffects:
    """Effects of schools on one trait, for each pupil: lasting, and on growth."""

    lasting: Array
    growth: Array
    icc: float

    def at(self, growth_icc: float) -> Array:
        """Effect when growth makes this share of the variance; the whole share of schools stays the same."""
        growth_icc = min(growth_icc, self.icc)
        return np.sqrt(self.icc - growth_icc) * self.lasting + np.sqrt(growth_icc) * self.growth


@dataclass
class TraitPath:
    """One trait of all pupils on its way through the waves.

    ``score(wave)`` is the latent reading without the programme: true part, school and fresh error.
    """

    trait: Trait
    options: SimulationOptions
    pupils: Pupils
    schools: SchoolEffects
    true: Array

    def _reading(self, true: Array, growth_icc: float, rng: np.random.Generator) -> Array:
        rel, icc = self.trait.reliability, self.schools.icc
        own = np.sqrt(rel) * true + np.sqrt(1 - rel) * rng.normal(size=len(true))
        return self.trait.shift + self.schools.at(growth_icc) + np.sqrt(1 - icc) * own

    def _step(self, true: Array, rng: np.random.Generator, lifted: bool) -> Array:
        """Carry the true part over one year, in either direction of time."""
        keep = np.sqrt(self.trait.stability)
        fresh = rng.normal(size=len(true))
        if lifted:
            m, u = self.trait.motivation, self.trait.unseen
            fresh *= np.sqrt(1 - m**2 - u**2)
            fresh += m * self.pupils.motivation - u * self.pupils.unseen
        return keep * true + np.sqrt(1 - keep**2) * fresh

    def before(self) -> tuple[Array, Array]:
        """Draw the readings at pre_baseline and baseline."""
        rng = stream(self.options, f"{self.trait.name} before")
        base = self._reading(self.true, 0.0, rng)
        return self._reading(self._step(self.true, rng, lifted=False), 0.0, rng), base

    def after(self) -> tuple[Array, Array]:
        """Draw the readings at midpoint and endline as they would be without the programme."""
        rng = stream(self.options, f"{self.trait.name} after")
        middle = self._step(self.true, rng, lifted=True)
        end = self._step(middle, rng, lifted=True)
        growth = self.options.growth_icc
        return self._reading(middle, growth / 2, rng), self._reading(end, growth, rng)


def start_trait(name: str, options: SimulationOptions, pupils: Pupils) -> TraitPath:
    """Draw the true part of a trait at baseline, and the effects of schools on it."""
    trait = PARTNER if name == PARTNER.name else TRAITS[name]
    icc = measures()[name].icc or 0.0
    rng = stream(options, f"{name} schools")
    n_schools = options.schools + options.comparison_schools
    lasting, growth = rng.normal(size=n_schools), rng.normal(size=n_schools)
    shared = pupils.factors[trait.factor] if trait.factor else 0.0
    own = stream(options, f"{name} true").normal(size=len(pupils))
    rest = np.sqrt(1 - trait.need**2 - trait.factor_loading**2)
    return TraitPath(
        trait=trait,
        options=options,
        pupils=pupils,
        schools=SchoolEffects(lasting[pupils.school], growth[pupils.school], icc),
        true=-trait.need * pupils.need + trait.factor_loading * shared + rest * own,
    )
