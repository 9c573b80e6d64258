"""The intervals that are tried, each around the effect of the same matched children."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.matching.nearest import nearest_pairs
from wlz_eval.attribution.matching.problem import Caliper, Distances, Problem
from wlz_eval.attribution.propensity import propensity
from wlz_eval.inference import RobustEstimates, least_squares, mixed_reml, wild_bootstrap
from wlz_eval.inference.estimates import t_interval
from wlz_eval.inference.linear import LeastSquares, cluster_totals
from wlz_eval.inference.random_intercept import cluster_sums, variance_ratio, whiten
from wlz_eval.inference.sandwich import cluster_parts, intraclass_moments, satterthwaite
from wlz_eval.simulate.grid import SchoolsWorld

__all__ = ["CANDIDATES", "Matched", "judge_world", "match_world"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
#: A candidate's answer: estimate, lower and upper end, degrees of freedom.
Answer = tuple[float, float, float, float]

#: Caliper in SDs of the propensity score.
CALIPER = 0.2
#: Place of the programme among the columns of the outcome model.
PROGRAMME = 1
LEVEL = 0.95
WILD_DRAWS = 399
#: How many schools' worth of evidence the random-intercept model counts for in the moderated candidates.
PRIOR_SCHOOLS = (1.0, 2.0)
#: The candidates, in the order of the table.
CANDIDATES: dict[str, str] = {
    "pair, CR1": "least squares, clustered by matched pair",
    "CR1": "least squares, CR1 by school, t(schools - 1)",
    "CR3": "least squares, CR3 by school, t(schools - 1)",
    "wild bootstrap": "wild cluster bootstrap by school, the null imposed",
    "CR2, BM": "least squares, CR2, Bell-McCaffrey degrees of freedom",
    "CR2, IK": "least squares, CR2, Imbens-Kolesar degrees of freedom",
    "REML, KR": "random intercept, Kenward-Roger",
    "exchangeable, CR2": "random-intercept weights, CR2 and Satterthwaite's degrees of freedom under them",
    "moderated by 1": "the last, its variance pulled towards the random-intercept model's, which counts as 1 school",
    "moderated by 2": "likewise, as 2 schools",
}


@dataclass(frozen=True)
class Matched:
    """The matched children of a world, ready for an outcome model.

    Parameters
    ----------
    X : DataFrame, shape (n, p)
        Intercept, programme, covariates centred on the programme, and their products with it.
    y : array, shape (n,)
    school, pair : array of int, shape (n,)
    """

    X: pd.DataFrame
    y: Array
    school: Ints
    pair: Ints


def match_world(world: SchoolsWorld) -> Matched:
    """Pair programme with comparison children 1:1 by propensity within a caliper, and keep those with an outcome.

    Parameters
    ----------
    world : SchoolsWorld
    """
    frame = pd.DataFrame(world.covariates, columns=["baseline", "second", "trait"])
    score = propensity(frame, world.programme).probability
    problem = Problem(
        focal=np.flatnonzero(world.programme),
        pool=np.flatnonzero(~world.programme),
        distance=Distances(scalar=score),
        calipers=(Caliper("distance", CALIPER * float(score.std(ddof=1)), score),),
    )
    pairs = nearest_pairs(problem)
    rows = np.concatenate([pairs.one, pairs.two])
    pair = np.tile(np.arange(len(pairs.one)), 2)
    known = np.isfinite(world.outcome[rows])
    rows, pair = rows[known], pair[known]
    treated = world.programme[rows].astype(float)
    centred = world.covariates[rows] - world.covariates[rows[treated == 1.0]].mean(axis=0)
    columns = np.column_stack([np.ones(len(rows)), treated, centred, centred * treated[:, None]])
    names = ["intercept", "programme", *(f"{k}{c}" for k in ("", "programme x ") for c in frame.columns)]
    return Matched(pd.DataFrame(columns, columns=names), world.outcome[rows], world.school[rows], pair)


def judge_world(world: SchoolsWorld, seed: int = 0) -> dict[str, Answer]:
    """Estimate, lower and upper end of the interval, and degrees of freedom, by each candidate.

    The public verbs give the same (a test compares them); here one fit serves all.

    Parameters
    ----------
    world : SchoolsWorld
    seed : int
        Of the wild bootstrap.
    """
    data = match_world(world)
    codes = np.unique(data.school, return_inverse=True)[1]
    fit = least_squares(data.X, data.y)
    found = _least_squares(fit, codes, np.unique(data.pair, return_inverse=True)[1])
    wild = wild_bootstrap(data.X, data.y, data.school, "programme", draws=WILD_DRAWS, seed=seed)
    found["wild bootstrap"] = (wild.estimate, wild.ci_low, wild.ci_high, float("nan"))
    model = mixed_reml(data.X, data.y, data.school, contrasts={"effect": {"programme": 1.0}})
    found["REML, KR"] = _numbers(model)
    estimate, variance, df = _exchangeable(fit, codes)
    found["exchangeable, CR2"] = _answer(estimate, variance, df)
    for prior in PRIOR_SCHOOLS:
        # The two variances averaged as if the model's came from so many schools more (Smyth 2004), and no more
        # degrees of freedom than the model itself has.
        pooled = (prior * float(model.se[0]) ** 2 + df * variance) / (prior + df)
        found[f"moderated by {prior:.0f}"] = _answer(estimate, pooled, min(prior + df, max(float(model.df[0]), df)))
    return {name: found[name] for name in CANDIDATES}


def _least_squares(fit: LeastSquares, school: Ints, pair: Ints) -> dict[str, Answer]:
    effect = _effect(fit)
    estimate, m = float(fit.coefficients[PROGRAMME]), int(school.max()) + 1
    pull = fit.residuals * (fit.X @ (fit.bread @ effect[:, 0]))
    found = {}
    for name, codes in (("pair, CR1", pair), ("CR1", school)):
        count = int(codes.max()) + 1
        variance = float((cluster_totals(pull, codes) ** 2).sum()) * count / (count - 1)
        found[name] = _answer(estimate, variance, count - 1.0)
    jackknife, unbiased = (cluster_parts(fit, school, kind, effect) for kind in ("CR3", "CR2"))
    found["CR3"] = _answer(estimate, float((jackknife.scores**2).sum()), m - 1.0)
    variance = float((unbiased.scores**2).sum())
    found["CR2, BM"] = _answer(estimate, variance, satterthwaite(unbiased, 0))
    found["CR2, IK"] = _answer(
        estimate, variance, satterthwaite(unbiased, 0, *intraclass_moments(fit.residuals, school))
    )
    return found


def _exchangeable(fit: LeastSquares, school: Ints) -> tuple[float, float, float]:
    """Estimate, variance and degrees of freedom of the exchangeable working model."""
    weighted = least_squares(*whiten(fit, school, variance_ratio(cluster_sums(fit, school))))
    parts = cluster_parts(weighted, school, "CR2", _effect(weighted))
    return float(weighted.coefficients[PROGRAMME]), float((parts.scores**2).sum()), satterthwaite(parts, 0)


def _effect(fit: LeastSquares) -> Array:
    return np.eye(len(fit.names))[:, [PROGRAMME]]


def _answer(estimate: float, variance: float, df: float) -> Answer:
    low, high, _ = t_interval(np.array([estimate]), np.sqrt([variance]), np.array([df]), LEVEL)
    return estimate, float(low[0]), float(high[0]), df


def _numbers(fit: RobustEstimates) -> Answer:
    return float(fit.estimate[0]), float(fit.ci_low[0]), float(fit.ci_high[0]), float(fit.df[0])
