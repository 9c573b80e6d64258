"""Worlds of the dose study: children in schools, support given by need, and an outcome with a known slope on dose."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["DOSE_CELLS", "DoseCell", "DoseOptions", "DoseWorld", "draw_dose_world"]

Array = npt.NDArray[np.float64]

#: Of every world; fixed before the committed run, never drawn again. Candidates were looked at in worlds of another.
SEED = 20261205
#: Children a school on average, and SD of the logarithm of schools' sizes.
A_SCHOOL, SIZES = 25, 0.5
#: Slopes of the outcome on the baseline and on a second need; what is left then has this variance.
SLOPES, LEFT = np.array([0.6, -0.2]), 0.5
#: Slopes of the dose on the same (more for those who began lower and need more).
NEED = np.array([-0.4, 0.3])
#: Share of the baseline's variance between schools.
BASELINE_BETWEEN = 0.1
#: Of motivation that nobody recorded: slope of the dose, and of the outcome.
TAKES, GAINS = 0.5, 0.3
#: True slope, in SDs of the outcome for an SD of the dose, where there is one.
SLOPE = 0.2


@dataclass(frozen=True)
class DoseOptions:
    """What can differ between worlds.

    Parameters
    ----------
    schools : int
    icc : float
        Share of the outcome's unexplained variance that lies between schools.
    slope : float
        Mean outcome for one more of the dose, all else equal.
    motivation : bool
        Whether something unrecorded raises both dose and outcome.
    between : float
        Share of the variance of dose that lies between schools.
    slope_spread : float
        SD of the slope between schools.
    heavy : bool
        Whether school effects have heavy tails (Student's t with three degrees of freedom).
    uneven : bool
        Whether the error grows with the dose: from half as large to twice.
    """

    schools: int
    icc: float = 0.15
    slope: float = 0.0
    motivation: bool = False
    between: float = 0.2
    slope_spread: float = 0.0
    heavy: bool = False
    uneven: bool = False

    @property
    def seed(self) -> int:
        """Seed of the cell, from all that defines it."""
        return zlib.crc32(repr(self).encode())


@dataclass(frozen=True)
class DoseWorld:
    """One simulated world.

    Parameters
    ----------
    columns : array, shape (n, 4)
        Constant, baseline, second need, dose.
    outcome, motivation : array, shape (n,)
    school : array of int, shape (n,)
    """

    columns: Array
    outcome: Array
    motivation: Array
    school: npt.NDArray[np.intp]


def draw_dose_world(options: DoseOptions, number: int, seed: int = SEED) -> DoseWorld:
    """Draw world `number` of a cell.

    Parameters
    ----------
    options : DoseOptions
    number : int
        Each number is another world, always the same.
    seed : int

    Examples
    --------
    >>> world = draw_dose_world(DoseOptions(8), 0)
    >>> world.columns.shape, len(set(world.school))
    ((200, 4), 8)
    """
    rng = np.random.default_rng([seed, options.seed, number])
    m, n = options.schools, options.schools * A_SCHOOL
    share = np.exp(SIZES * rng.normal(size=m))
    school = np.repeat(np.arange(m), 4 + rng.multinomial(n - 4 * m, share / share.sum()))
    baseline = np.sqrt(BASELINE_BETWEEN) * rng.normal(size=m)[school]
    baseline += np.sqrt(1 - BASELINE_BETWEEN) * rng.normal(size=n)
    needs = np.column_stack([baseline, rng.normal(size=n)])
    motivation = rng.normal(size=n)
    own = 1.0 - float(NEED @ NEED) - options.between - TAKES**2
    dose = needs @ NEED + np.sqrt(options.between) * rng.normal(size=m)[school]
    # Where motivation does not matter, something else without consequence takes its place.
    dose += TAKES * (motivation if options.motivation else rng.normal(size=n)) + np.sqrt(own) * rng.normal(size=n)
    effects = rng.standard_t(3, m) / np.sqrt(3.0) if options.heavy else rng.normal(size=m)
    spread = np.exp(np.log(2.0) * np.clip(dose, -2, 2) / 2) if options.uneven else np.ones(n)
    slopes = options.slope + options.slope_spread * rng.normal(size=m)
    outcome = needs @ SLOPES + slopes[school] * dose + np.sqrt(options.icc * LEFT) * effects[school]
    outcome += np.sqrt((1 - options.icc) * LEFT) * spread * rng.normal(size=n)
    if options.motivation:
        outcome += GAINS * motivation
    return DoseWorld(np.column_stack([np.ones(n), needs, dose]), outcome, motivation, school)


@dataclass(frozen=True)
class DoseCell:
    """One cell of the grid.

    Parameters
    ----------
    options : DoseOptions
    within : bool
        Whether the bar holds here; else the cell shows what happens beyond it.
    """

    options: DoseOptions
    within: bool = True


def _cells() -> dict[str, DoseCell]:
    cells = {}
    for slope in (0.0, SLOPE):
        true = f"slope {slope:g}"
        for m in (3, 8, 20, 60):
            for icc in (0.0, 0.15):
                cells[f"{m} schools, ICC {icc:g}, {true}"] = DoseCell(DoseOptions(m, icc, slope))
        for m in (8, 20):
            cells[f"{m} schools, heavy tails, {true}"] = DoseCell(DoseOptions(m, slope=slope, heavy=True))
            cells[f"{m} schools, errors grow with dose, {true}"] = DoseCell(DoseOptions(m, slope=slope, uneven=True))
            cells[f"{m} schools, slopes vary, {true}"] = DoseCell(DoseOptions(m, slope=slope, slope_spread=0.15))
    for m in (3, 8):
        cells[f"{m} schools, dose mostly by school"] = DoseCell(DoseOptions(m, between=0.45), within=False)
    cells["3 schools, slopes vary"] = DoseCell(DoseOptions(3, slope_spread=0.15), within=False)
    for m in (8, 60):
        for slope in (0.0, SLOPE):
            options = DoseOptions(m, slope=slope, motivation=True)
            cells[f"{m} schools, motivation not recorded, slope {slope:g}"] = DoseCell(options, within=False)
    return cells


#: The grid, by name.
DOSE_CELLS: dict[str, DoseCell] = _cells()
