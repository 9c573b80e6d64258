"""Later readings of the programme's own children as they would be with no programme, drawn many times.

Where comparison children have both readings, each programme child's later reading is predicted from all that was
measured at the start, since children chosen for several bad readings fall back in each by less than one reading alone
would say. Where only published norms are held, it follows from the one reading, with the ranges of the norms. Every
draw takes the population anew, then the schools, then the children, so that the spread of the draws is all that is not
known: what was seen should lie in their middle 95% when the programme did nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.measures.progress.normal import Population
from wlz_eval.measures.progress.population import Norms
from wlz_eval.reference.reliability import progress_assumption

__all__ = ["Model", "donors", "draw_later", "fit_held", "norm_later", "predictors", "true_line"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: Background that may be held for both groups, beside all measures at baseline.
BACKGROUND: tuple[str, ...] = ("fsm", "eal", "social_care", "imd_decile", "year_group")
#: A column predicts when at least this share of either group has it.
HELD_SHARE = 0.8
#: Comparison children like a programme child, one of whom lends what cannot be predicted.
DONORS = 100


def predictors(data: pd.DataFrame, first: str, group: Ints, pool: Ints) -> Array:
    """Columns known at the start, held for both groups: this reading and its square first, then all others.

    Parameters
    ----------
    data : DataFrame
        The analysis frame's data.
    first : str
        Column of the first reading.
    group, pool : array of int
        Rows of the programme children and of the comparison children.

    Returns
    -------
    array, shape (n, k)
        All rows of `data`; gaps are filled with the comparison children's mean.
    """
    base = [c for c in data.columns if c.endswith("_baseline") and not c.endswith("_pre_baseline") and c != first]
    blocks = [data[c] for c in [*base, *BACKGROUND] if c in data]
    blocks = [pd.to_numeric(b, errors="coerce") for b in blocks]
    for name in ("sen", "gender"):
        if name in data:
            levels = data[name].astype(object)
            blocks += [(levels == level).astype(float) for level in sorted(map(str, levels.dropna().unique()))[1:]]
    own = data[first].to_numpy(dtype=float)
    centre, scale = np.nanmean(own[pool]), np.nanstd(own[pool]) or 1.0
    z = (own - centre) / scale
    columns = [z, z**2]
    for block in blocks:
        values = block.to_numpy(dtype=float, na_value=np.nan)
        if min(np.isfinite(values[rows]).mean() for rows in (group, pool)) < HELD_SHARE:
            continue
        middle, spread = np.nanmean(values[pool]), np.nanstd(values[pool])
        if spread > 0:
            columns.append(np.where(np.isfinite(values), (values - middle) / spread, 0.0))
    return np.column_stack([np.ones(len(data)), *columns])


@dataclass(frozen=True)
class Model:
    """A regression of the later reading among comparison children, with what it leaves open.

    Parameters
    ----------
    fitted : array, shape (n,)
        Prediction for each programme child.
    root_children, root_schools : array, shape (n, k)
        Roots of the variance of those predictions: by the comparison children, and by schools for a variance
        between schools of one.
    residuals : array, shape (m,)
        What the regression leaves of each comparison child, the school's own part taken out.
    pool_fitted : array, shape (m,)
    between : float
        Variance between schools.
    freedom : float
        Independent schools that this variance is known from.
    offset, spread : arrays, shape (n,)
        The own part of each programme child's school, as far as comparison children of that school show it, and
        the share of `between` that is still open.
    """

    fitted: Array
    root_children: Array
    root_schools: Array
    residuals: Array
    pool_fitted: Array
    between: float
    freedom: float
    offset: Array
    spread: Array


def _root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return vectors * np.sqrt(np.maximum(values, 0.0))


def _variances(
    within: float, size: Array, mean: Array, totals: Array, inverse: npt.NDArray[Any], n: int
) -> tuple[float, float, float]:
    """Split what a regression leaves into variance within and between schools, by moments without bias.

    The regression takes a part of the differences between schools for itself: with D = Z'MZ, where M takes the
    regression out and Z marks schools, the expected sums of squares within and between follow from traces of D
    (Henderson's third method). Returns also how many schools the second variance is worth.
    """
    D: Array = np.diag(size) - totals @ inverse @ totals.T
    scaled = D / np.sqrt(np.outer(size, size))
    seen_between = float(np.trace(D @ (D / size[:, None])))
    errors_between = float(np.trace(scaled))
    errors_within = max(n - totals.shape[1] - errors_between, 1.0)
    hidden = max(float(np.trace(D)) - seen_between, 0.0)
    left = float(np.sum(size * mean**2))
    system = np.array([[errors_within, hidden], [errors_between, seen_between]])
    if len(size) < 2 or abs(np.linalg.det(system)) < 1e-9:
        return within / errors_within, 0.0, 1.0
    sigma2, between = np.linalg.solve(system, np.array([within, left]))
    freedom = max(errors_between**2 / max(float(np.sum(scaled**2)), 1e-12), 1.0)
    if between <= 0:
        return (within + left) / (errors_within + errors_between), 0.0, freedom
    return float(sigma2), float(between), freedom


def fit_held(X: Array, later: Array, group: Ints, pool: Ints, school: Ints) -> Model:
    """Fit the later reading of comparison children on what was known of them at the start.

    Parameters
    ----------
    X : array, shape (all, k)
        Columns of :func:`predictors`.
    later : array, shape (all,)
        Later readings; those of the programme's children are not looked at.
    group, pool : array of int
        Rows of the programme children and of the comparison children.
    school : array of int, shape (all,)
        School of each child, 0 to the number of schools - 1.
    """
    X0, y0, s0 = X[pool], later[pool], school[pool]
    inverse = np.linalg.pinv(X0.T @ X0)
    beta = inverse @ (X0.T @ y0)
    left = y0 - X0 @ beta
    m = int(school.max()) + 1
    size, sums = np.bincount(s0, minlength=m).astype(float), np.bincount(s0, left, minlength=m)
    used = size > 0
    mean = np.divide(sums, size, out=np.zeros(m), where=used)
    within = left - mean[s0]
    n0 = len(pool)
    totals = np.column_stack([np.bincount(s0, column, minlength=m) for column in X0.T])
    G = int(used.sum())
    shares = (size[used], mean[used], totals[used].astype(float))
    sigma2, between, freedom = _variances(float(within @ within), *shares, inverse, n0)
    trust = np.divide(between * size, between * size + sigma2, out=np.zeros(m), where=used)
    s1 = school[group]
    children = inverse @ ((X0 * (within**2)[:, None]).T @ X0) @ inverse
    schools = inverse @ (totals.T @ totals) @ inverse
    return Model(
        fitted=X[group] @ beta,
        root_children=X[group] @ _root(children),
        root_schools=X[group] @ _root(schools),
        residuals=within * math.sqrt(n0 / max(n0 - G - X.shape[1], 1)),
        pool_fitted=X0 @ beta,
        between=between,
        freedom=freedom,
        offset=(trust * mean)[s1],
        spread=(1 - trust)[s1],
    )


def donors(pool: Array, wanted: Array, rng: np.random.Generator, draws: int) -> Ints:
    """For each draw and wanted prediction, the place of one of the pool's predictions near to it."""
    order = np.argsort(pool, kind="stable")
    width = min(DONORS, len(order))
    start = np.searchsorted(pool[order], wanted) - width // 2
    start = np.clip(start, 0, len(order) - width)
    return np.asarray(order[start[None, :] + rng.integers(0, width, (draws, len(start)))])


def draw_later(
    model: Model, school: Ints, rng: np.random.Generator, draws: int, lent: Ints | None = None
) -> Array:
    """Draw the later readings of the programme's children with no programme, shape (draws, n).

    `lent` says which comparison child lends what the model leaves open; drawn among like ones when left out.
    """
    if lent is None:
        lent = donors(model.pool_fitted, model.fitted, rng, draws)
    # How much schools differ is itself known from few schools.
    root = np.sqrt(model.between * model.freedom / rng.chisquare(model.freedom, draws))[:, None]
    children = rng.normal(size=(draws, model.root_children.shape[1])) @ model.root_children.T
    schools = rng.normal(size=(draws, model.root_schools.shape[1])) @ model.root_schools.T
    own = rng.normal(size=(draws, int(school.max()) + 1))[:, school] * np.sqrt(model.spread)
    return np.asarray(model.fitted + model.offset + children + root * (schools + own) + model.residuals[lent])


def true_line(baseline: Array, population: Population, reliability: float) -> float:
    """Mean later reading if the children had been chosen on what the measure measures, not on the reading itself.

    Then no part of their first reading was chance, and only a change of the true score brings them back: their
    excess shrinks to r / reliability of itself in place of r.
    """
    slope = min(population.r / reliability, 1.0) * population.later_sd / population.sd
    return float(population.later_mean + slope * (np.mean(baseline) - population.mean))


def norm_later(
    baseline: Array, norms: Norms, moments: Array, school: Ints, rng: np.random.Generator
) -> Array:
    """Draw later readings from published norms, shape (draws, n); one draw a row of `moments`."""
    mean, sd, later_mean, later_sd, r = (moments[:, [i]] for i in range(5))
    draws = len(moments)
    slope = r * later_sd / sd
    fitted = later_mean + slope * (baseline - mean)
    if math.isfinite(norms.reliability):
        choice = progress_assumption("choice_on_reading")
        share = rng.uniform(choice.low, choice.high, (draws, 1))
        kept = np.minimum(r / norms.reliability, 1.0) * later_sd / sd
        fitted = fitted + share * (kept - slope) * (baseline.mean() - mean)
    left = later_sd * np.sqrt(np.maximum(1 - r**2, 1e-12))
    schools = rng.normal(size=(draws, int(school.max()) + 1))[:, school] * math.sqrt(norms.icc)
    children = rng.normal(size=(draws, len(baseline))) * math.sqrt(1 - norms.icc)
    return np.asarray(fitted + left * (schools + children))
