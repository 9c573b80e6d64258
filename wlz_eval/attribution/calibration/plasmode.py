"""Worlds made of a cohort's own children: real covariates and schools, outcomes with an effect that is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.covariates import fill_missing, make_covariates
from wlz_eval.attribution.formula import MatchingFormula
from wlz_eval.attribution.propensity import propensity
from wlz_eval.core.errors import DesignError
from wlz_eval.inference.linear import least_squares
from wlz_eval.inference.sandwich import intraclass_moments

__all__ = ["PlasmodeWorld", "Replicate", "draw_replicate", "plasmode_world"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

#: With fewer comparison schools than this their own effects are too few to draw from: normal ones are drawn.
SCHOOLS_TO_DRAW_FROM = 10


@dataclass(frozen=True, kw_only=True)
class PlasmodeWorld:
    """What a replicate is drawn from. Rows are children, in a fixed order.

    Parameters
    ----------
    mean : array, shape (n,)
        Outcome expected without the programme.
    missing : array of bool, shape (n,)
        Children whose outcome is not known in truth, and so in no replicate.
    school : array of int, shape (n,)
    treated : array of bool, shape (n,)
        Who really was on the programme.
    score : array, shape (n,)
        Log-odds of being on it, given the covariates.
    member : array of bool, shape (n,)
        Children of the design; the others are further children of programme schools, who may be drawn in.
    school_effects, residuals : array
        Schools' and children's own parts, centred, with the variances estimated between and within schools.
    between, within : float
        Those variances.
    normal_schools : bool
        Whether schools' parts are drawn from a normal distribution, for want of schools.
    sd : float
        Standard deviation of the outcome among comparison children.
    """

    mean: Array
    missing: Bools
    school: Ints
    treated: Bools
    score: Array
    member: Bools
    school_effects: Array
    residuals: Array
    between: float
    within: float
    normal_schools: bool
    sd: float

    @property
    def icc(self) -> float:
        """Share of the residual variance between schools."""
        total = self.between + self.within
        return self.between / total if total > 0 else 0.0

    @property
    def r2(self) -> float:
        """Share of the comparison children's variance that was known at the start."""
        return float(np.clip(1 - (self.between + self.within) / self.sd**2, 0.0, 0.99)) if self.sd > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Replicate:
    """One drawing: which rows, who is on the programme, and their outcome without it."""

    rows: Ints
    treated: Bools
    outcome: Array


def _columns(
    read: MatchingFormula, data: pd.DataFrame, treated: Bools, baseline: pd.Series | None
) -> tuple[pd.DataFrame, Array]:
    """Covariates of the propensity model, and those of the outcome model: with squares, and the own baseline."""
    covariates = make_covariates(read, data, treated).model
    wide = covariates
    if baseline is not None and baseline.notna().any():
        filled, marker, _ = fill_missing(baseline.astype(float), treated, str(baseline.name))
        wide = pd.concat([covariates, filled, *([] if marker is None else [marker])], axis=1)
    values = wide.to_numpy(dtype=float)
    values = (values - values.mean(axis=0)) / np.where(values.std(axis=0) > 0, values.std(axis=0), 1.0)
    many = np.array([len(np.unique(column)) > 2 for column in values.T], dtype=bool)
    # Squares, so that the chain's own straight-line adjustment is not right by construction.
    return covariates, np.column_stack([np.ones(len(values)), values, values[:, many] ** 2])


def _inflated(values: Array, variance: float) -> Array:
    """Centre, and scale to a variance: what is left after a fit varies less than what was there before."""
    centred = values - values.mean()
    spread = float(centred.std())
    return centred * (np.sqrt(variance) / spread) if spread > 0 else np.zeros_like(centred)


def _residual_parts(residuals: Array, codes: Ints) -> tuple[float, float, Array, Array]:
    """Split residuals into schools' and children's parts, each with its estimated variance."""
    within, between = intraclass_moments(residuals, codes)
    size = np.bincount(codes).astype(float)
    mean = np.bincount(codes, weights=residuals) / size
    # Best linear prediction: small schools are drawn towards the average.
    shrunk = mean * between * size / (between * size + within) if within > 0 else mean
    return within, between, _inflated(shrunk, between), _inflated(residuals - shrunk[codes], within)


def plasmode_world(
    read: MatchingFormula,
    data: pd.DataFrame,
    outcome: pd.Series,
    school: pd.Series,
    member: npt.ArrayLike,
    baseline: pd.Series | None = None,
) -> PlasmodeWorld:
    """Learn from a cohort what replicates are drawn from.

    The outcome model is fitted on comparison children only, so that no effect of the programme enters it.

    Parameters
    ----------
    read : MatchingFormula
    data : DataFrame
        Baseline columns, one row a child.
    outcome, school : Series
        On the same index; a missing school is a school of its own.
    member : array of bool
        Children of the design.
    baseline : Series, optional
        The outcome's own baseline, when the formula does not hold it.

    Raises
    ------
    DesignError
        When too few comparison children have the outcome to fit its model.

    References
    ----------
    Franklin et al. (2014), Computational Statistics & Data Analysis 72, for the plasmode; Carpenter, Goldstein and
    Rasbash (2003), Applied Statistics 52, for residuals that are drawn again with their variances restored.
    """
    treated = data[read.treatment].to_numpy(dtype=float) == 1.0
    covariates, X = _columns(read, data, treated, baseline)
    y = outcome.to_numpy(dtype=float)
    codes = pd.factorize(school.astype(object).where(school.notna(), "").astype(str), sort=True)[0].astype(np.intp)
    known = ~treated & np.isfinite(y)
    if known.sum() < 2 * X.shape[1] + 2:
        raise DesignError(
            f"Only {int(known.sum()):,} comparison children have a known {outcome.name}: too few to simulate it from."
        )
    fit = least_squares(X[known], y[known])
    kept = [int(name[1:]) for name in fit.names]
    local = pd.factorize(codes[known], sort=True)[0].astype(np.intp)
    within, between, effects, residuals = _residual_parts(fit.residuals, local)
    return PlasmodeWorld(
        mean=X[:, kept] @ fit.coefficients,
        missing=~np.isfinite(y),
        school=codes,
        treated=treated,
        score=propensity(covariates, treated).linear,
        member=np.asarray(member, dtype=bool),
        school_effects=effects,
        residuals=residuals,
        between=between,
        within=within,
        normal_schools=len(effects) < SCHOOLS_TO_DRAW_FROM,
        sd=float(np.std(y[known], ddof=1)),
    )


def _draw_children(world: PlasmodeWorld, rng: np.random.Generator) -> tuple[Ints, Bools]:
    """Draw who is on the programme: as many in each school as there really were.

    Where a school has other children too, its programme children are drawn from all of them, by the odds that the
    covariates give. Where it has none, they are drawn with replacement from its own. Children of the programme schools
    who are not of the design and are not drawn stay out of it, as they did in truth.
    """
    # The largest of log-odds plus Gumbel noise are a draw without replacement with those odds.
    key = world.score + rng.gumbel(size=len(world.score))
    rows, treated = [], []
    order = np.argsort(world.school, kind="stable")
    for here in np.split(order, np.flatnonzero(np.diff(world.school[order])) + 1):
        count = int(world.treated[here].sum())
        if count == 0:
            rows.append(here[world.member[here]])
            treated.append(np.zeros(len(rows[-1]), dtype=bool))
            continue
        if count == len(here):
            rows.append(np.sort(rng.choice(here, size=count)))
            treated.append(np.ones(count, dtype=bool))
            continue
        chosen = np.zeros(len(here), dtype=bool)
        chosen[np.argsort(-key[here], kind="stable")[:count]] = True
        # Programme children who are not drawn become comparison children where the design has any in their school.
        compared = bool((world.member[here] & ~world.treated[here]).any())
        keep = chosen | (world.member[here] & compared)
        rows.append(here[keep])
        treated.append(chosen[keep])
    return np.concatenate(rows), np.concatenate(treated)


def draw_replicate(world: PlasmodeWorld, rng: np.random.Generator) -> Replicate:
    """Draw children, their places on the programme, and their outcomes without it."""
    rows, treated = _draw_children(world, rng)
    schools = int(world.school.max()) + 1
    if world.normal_schools:
        level = np.sqrt(world.between) * rng.normal(size=schools)
    else:
        level = rng.choice(world.school_effects, size=schools)
    outcome = world.mean[rows] + level[world.school[rows]] + rng.choice(world.residuals, size=len(rows))
    return Replicate(rows=rows, treated=treated, outcome=np.where(world.missing[rows], np.nan, outcome))
