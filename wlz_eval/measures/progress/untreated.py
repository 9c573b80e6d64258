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
#: A pool beyond this size would lend the same again, as far as can be seen beside the chance of the children.
LARGE = 20_000


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
        Variance between schools, for a child for whom the regression leaves as much open as on average.
    freedom : float
        Independent schools that this variance is known from.
    offset, spread : arrays, shape (n,)
        The own part of each programme child's school, as far as comparison children of that school or else children
        like it elsewhere show it, and the root of the variance that is still open, for a `between` of one.
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
    X0, y0, s0, s1 = X[pool], later[pool], school[pool], school[group]
    inverse = np.linalg.pinv(X0.T @ X0)
    beta = inverse @ (X0.T @ y0)
    left, m = y0 - X0 @ beta, int(school.max()) + 1
    fitted, pool_fitted = X[group] @ beta, X0 @ beta
    near, far = _spread(pool_fitted, left - _means(left, s0, m)[s0], fitted)
    sigma2, between, freedom = _between(X0 / near[:, None], y0 / near, s0, m)
    size = np.bincount(s0, minlength=m)
    trust = between * size / np.where(size > 0, between * size + sigma2, 1.0)
    mean = _means(left / near, s0, m)
    within = left - near * mean[s0]
    # Children with much need are more often in schools whose own part is not average. Where that part is not seen, it
    # is to be expected of the programme's schools as of the comparison children's.
    usual = nearby(pool_fitted, near * mean[s0], fitted)[1]
    totals = np.column_stack([np.bincount(s0, near * column, minlength=m) for column in X0.T])
    children = inverse @ ((X0 * (within**2)[:, None]).T @ X0) @ inverse
    schools = inverse @ (totals.T @ totals) @ inverse
    freed = max(len(pool) - int((size > 0).sum()) - X.shape[1], 1)
    return Model(
        fitted=fitted,
        root_children=X[group] @ _root(children),
        root_schools=X[group] @ _root(schools),
        residuals=within * math.sqrt(len(pool) / freed),
        pool_fitted=pool_fitted,
        between=between,
        freedom=freedom,
        offset=far * (trust * mean)[s1] + usual * (1 - trust)[s1],
        spread=far * np.sqrt(1 - trust)[s1],
    )


def _means(values: Array, codes: Ints, m: int) -> Array:
    size = np.bincount(codes, minlength=m)
    return np.asarray(np.bincount(codes, values, minlength=m) / np.where(size > 0, size, 1))


def nearby(fitted: Array, values: Array, wanted: Array) -> tuple[Array, Array]:
    """Average of `values` among children with nearly the same prediction: of these children, and of others.

    Parameters
    ----------
    fitted, values : array, shape (m,)
    wanted : array, shape (n,)
        Predictions of the others.

    Examples
    --------
    >>> steps = np.arange(1000.0)
    >>> near, far = nearby(steps, np.where(steps < 500, 1.0, 3.0), steps[[0, -1]])
    >>> far.round(6).tolist()
    [1.0, 3.0]
    """
    order = np.argsort(fitted, kind="stable")
    half = max(DONORS, len(order) // 20)
    total = np.concatenate([[0.0], np.cumsum(values[order])])
    at = np.arange(len(order))
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(order))
    average = (total[high] - total[low]) / (high - low)
    near = np.empty(len(order))
    near[order] = average
    return near, np.asarray(np.interp(wanted, fitted[order], average))


def _spread(fitted: Array, residuals: Array, wanted: Array) -> tuple[Array, Array]:
    """Spread of what a regression leaves open, at each prediction, over its root mean square.

    A scale of counts is crowded at its easy end: children with high scores move by more points, and so do their
    schools. Neighbours in the prediction say by how much.
    """
    overall = float(np.mean(residuals**2)) or 1.0
    near, far = nearby(fitted, residuals**2 / overall, wanted)
    return np.sqrt(np.maximum(near, 1e-2)), np.sqrt(np.maximum(far, 1e-2))


def _between(X0: Array, y0: Array, s0: Ints, m: int) -> tuple[float, float, float]:
    """Variance within and between schools of readings in units of their spread; schools behind the latter."""
    inverse = np.linalg.pinv(X0.T @ X0)
    left = y0 - X0 @ (inverse @ (X0.T @ y0))
    mean, size = _means(left, s0, m), np.bincount(s0, minlength=m).astype(float)
    within, used = left - mean[s0], size > 0
    totals = np.column_stack([np.bincount(s0, column, minlength=m) for column in X0.T])
    return _variances(float(within @ within), size[used], mean[used], totals[used].astype(float), inverse, len(y0))


def donors(pool: Array, wanted: Array, rng: np.random.Generator, draws: int) -> Ints:
    """For each draw and wanted prediction, the place of one of the pool's predictions near to it.

    Each draw first takes the pool anew, with replacement, since another pool would have lent something else
    (approximate Bayesian bootstrap; Rubin and Schenker 1986, Journal of the American Statistical Association 81).
    """
    order = np.argsort(pool, kind="stable")
    width = min(DONORS, len(order))
    start = np.searchsorted(pool[order], wanted) - width // 2
    start = np.clip(start, 0, len(order) - width)
    place = start[None, :] + rng.integers(0, width, (draws, len(start)))
    if len(order) <= LARGE:
        for row in place:
            row[:] = np.sort(rng.integers(0, len(order), len(order)))[row]
    return np.asarray(order[place])


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
    own = rng.normal(size=(draws, int(school.max()) + 1))[:, school] * model.spread
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
