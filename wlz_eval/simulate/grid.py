"""Pupils in schools with a known effect: the worlds on which inference with few schools is tried."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["CELLS", "SEED", "Cell", "SchoolsWorld", "WorldOptions", "draw_world"]

Array = npt.NDArray[np.float64]

#: Of every world; fixed before the committed run, never drawn again. Candidates were looked for in worlds of another.
SEED = 20261122
#: Variance of the outcome between schools and within, covariates held; with them it is about one in all.
BETWEEN, WITHIN = 0.15, 0.49
#: Slopes of the outcome on baseline, a second measure, and a yes/no trait.
SLOPES = np.array([0.55, 0.2, -0.25])
#: Share of the variance of the baseline that lies between schools.
BASELINE_BETWEEN = 0.1
#: SD of the logarithm of school sizes, and of the programme's share of a school.
SIZES, SHARES = 0.6, 0.5
TRAIT_RATE = 0.2
#: Of the unobserved trait under selection by judgement: gap between the groups and slope of the outcome.
JUDGED_GAP, JUDGED_SLOPE = 0.5, 0.3


@dataclass(frozen=True)
class WorldOptions:
    """What can differ between worlds.

    Parameters
    ----------
    programme_schools, comparison_schools : int
        Schools of each kind. With no comparison schools, comparison pupils sit in the programme schools.
    programme : int
        Programme children.
    schools : {"normal", "heavy", "absent"}
        Distribution of school effects; heavy tails are Student's t with three degrees of freedom.
    programme_spread, comparison_spread : float
        SD of school effects of the one kind and of the other, as a multiple of the usual.
    gap : float
        Difference of the covariates between the groups, in SDs: overlap shrinks as it grows.
    attrition : bool
        Whether outcomes are missing, more often for low baselines and for comparison pupils.
    effect_spread : float
        SD of the effect between programme schools.
    judgement : bool
        Whether children were chosen by something not measured besides.
    """

    programme_schools: int = 3
    comparison_schools: int = 30
    programme: int = 300
    schools: Literal["normal", "heavy", "absent"] = "normal"
    programme_spread: float = 1.0
    comparison_spread: float = 1.0
    gap: float = 0.4
    attrition: bool = False
    effect_spread: float = 0.0
    judgement: bool = False

    @property
    def seed(self) -> int:
        """Seed of the cell, from all that defines it."""
        return zlib.crc32(repr(self).encode())


@dataclass(frozen=True)
class SchoolsWorld:
    """One simulated world.

    Parameters
    ----------
    programme : array of bool, shape (n,)
    covariates : array, shape (n, 3)
        Baseline, a second measure, a yes/no trait.
    school : array of int, shape (n,)
    outcome : array, shape (n,)
        ``nan`` where lost.
    effect : float
        The true effect.
    """

    programme: npt.NDArray[np.bool_]
    covariates: Array
    school: npt.NDArray[np.intp]
    outcome: Array
    effect: float


def _spread(rng: np.random.Generator, pupils: int, schools: int, extra: float = 0.0) -> npt.NDArray[np.intp]:
    """Put pupils into schools of unequal size, at least two into each."""
    share = np.exp(rng.normal(0.0, np.hypot(SIZES, extra), schools))
    rest = rng.multinomial(pupils - 2 * schools, share / share.sum())
    return np.repeat(np.arange(schools), rest + 2)


def _school_effects(rng: np.random.Generator, options: WorldOptions, kinds: Array) -> Array:
    if options.schools == "absent":
        return np.zeros(len(kinds))
    draws = rng.standard_t(3, len(kinds)) / np.sqrt(3.0) if options.schools == "heavy" else rng.normal(size=len(kinds))
    return np.sqrt(BETWEEN) * kinds * draws


def draw_world(options: WorldOptions, number: int, effect: float, seed: int = SEED) -> SchoolsWorld:
    """Draw world `number` of a cell: selection by logistic regression on the covariates, linear outcome.

    Covariates of programme children are those of the pool, shifted: for normal covariates that is what selection
    by a logistic model does.

    Parameters
    ----------
    options : WorldOptions
    number : int
        Each number is another world, always the same.
    effect : float
        In SDs of the outcome.
    seed : int

    Examples
    --------
    >>> world = draw_world(WorldOptions(programme=60), 0, 0.2)
    >>> int(world.programme.sum()), bool(world.programme[0])
    (60, True)
    """
    rng = np.random.default_rng([seed, options.seed, number])
    g1, g0, n1 = options.programme_schools, options.comparison_schools, options.programme
    n0 = max(3 * n1, 15 * g0)
    one = _spread(rng, n1, g1, 0.0 if g0 else SHARES)
    none = _spread(rng, n0, g0) + g1 if g0 else _spread(rng, n0, g1)
    school = np.concatenate([one, none])
    programme = np.arange(n1 + n0) < n1
    n, m = n1 + n0, g1 + g0
    sign = np.where(programme, options.gap, 0.0)
    baseline = np.sqrt(BASELINE_BETWEEN) * rng.normal(size=m)[school]
    baseline += np.sqrt(1 - BASELINE_BETWEEN) * rng.normal(size=n) - sign
    second = rng.normal(size=n) - sign / 2
    odds = TRAIT_RATE / (1 - TRAIT_RATE) * np.exp(2 * sign)
    trait = (rng.random(n) < odds / (1 + odds)) * 1.0
    covariates = np.column_stack([baseline, second, trait])
    kinds = np.where(np.arange(m) < g1, options.programme_spread, options.comparison_spread)
    outcome = covariates @ SLOPES + _school_effects(rng, options, kinds)[school]
    outcome += np.sqrt(WITHIN) * rng.normal(size=n)
    outcome += programme * (effect + options.effect_spread * rng.normal(size=m)[school])
    if options.judgement:
        outcome += JUDGED_SLOPE * (rng.normal(size=n) - JUDGED_GAP * programme)
    if options.attrition:
        lost = 1 / (1 + np.exp(np.where(programme, 1.8, 1.1) + 0.5 * baseline))
        outcome[rng.random(n) < lost] = np.nan
    return SchoolsWorld(programme, covariates, school, outcome, effect)


@dataclass(frozen=True)
class Cell:
    """One cell of the grid.

    Parameters
    ----------
    options : WorldOptions
    within : bool
        Whether the bar holds here; else the cell shows what happens beyond it.
    """

    options: WorldOptions
    within: bool = True


def _cells() -> dict[str, Cell]:
    cells = {f"{g1} x {g0}": Cell(WorldOptions(g1, g0)) for g1 in (3, 8, 10) for g0 in (3, 10, 30, 100)}
    for name in ("3 x 3", "3 x 30", "8 x 3", "8 x 30", "10 x 100"):
        plain = cells[name].options
        cells[f"{name}, heavy tails"] = Cell(replace(plain, schools="heavy"))
        cells[f"{name}, no school effects"] = Cell(replace(plain, schools="absent"))
    for name in ("3 x 3", "3 x 10", "3 x 30", "3 x 100", "8 x 3", "8 x 30", "10 x 100"):
        plain = cells[name].options
        cells[f"{name}, programme schools vary 1.5 times"] = Cell(replace(plain, programme_spread=1.5))
    for schools in (3, 8, 10, 30):
        cells[f"{schools} same"] = Cell(WorldOptions(schools, 0))
    same = cells["8 same"].options
    cells["8 same, heavy tails"] = Cell(replace(same, schools="heavy"))
    cells["8 same, no school effects"] = Cell(replace(same, schools="absent"))
    cells["8 same, attrition"] = Cell(replace(same, attrition=True))
    for name in ("3 x 30", "8 x 30"):
        plain = cells[name].options
        cells[f"{name}, attrition"] = Cell(replace(plain, attrition=True))
        cells[f"{name}, little overlap"] = Cell(replace(plain, gap=0.8))
        cells[f"{name}, 60 children"] = Cell(replace(plain, programme=60))
        cells[f"{name}, 900 children"] = Cell(replace(plain, programme=900))
        for spread in (2, 3):
            wide = replace(plain, programme_spread=float(spread))
            cells[f"{name}, programme schools vary {spread} times"] = Cell(wide, within=False)
    for name in ("3 same", "8 same", "30 same", "8 x 30"):
        cells[f"{name}, effect varies"] = Cell(replace(cells[name].options, effect_spread=0.2), within=False)
    for name in ("8 same", "8 x 30"):
        cells[f"{name}, chosen by judgement"] = Cell(replace(cells[name].options, judgement=True), within=False)
    return cells


#: The grid, by name: programme x comparison schools, or the number of schools that hold both.
CELLS: dict[str, Cell] = _cells()
