"""A school that changed its scale: its change in level or in spread is unlike that of all other schools."""

from __future__ import annotations

import itertools
import math

import numpy as np

from wlz_eval.measures.quality.clues import Clue, unlike
from wlz_eval.measures.quality.held import PEOPLE, Array, Held

__all__ = ["PRIOR_LEVEL", "PRIOR_SPREAD", "change_of_spread", "scale_clues"]

Groups = list[tuple[str, np.ndarray]]

#: Children of a school with both readings, from whom its spread can be told.
FEWEST_FOR_SPREAD = 12
#: Variance between schools of the change in level, in SDs of children, where no intra-class correlation is registered.
PRIOR_LEVEL = 0.05
#: Variance between schools of the change in the logarithm of the spread: schools differ by about a tenth.
PRIOR_SPREAD = 0.01
#: Least sampling variance of a change, for schools whose two readings are the same ones.
LEAST_NOISE = 1e-6


def scale_clues(held: Held) -> list[Clue]:
    """Look for schools whose test scores or other administrative readings of one wave are on another scale.

    What people give as scores has fixed answers: there another form (:func:`form_clues`) or a rater
    (:func:`rater_clues`) is the likelier cause. Two looks at each school, measure and pair of following waves: the
    change of the mean, in SDs, and the change of
    the logarithm of the spread, each against the other schools. The smaller p-value counts twice. The wave that is
    named is the one at which the school stands further from the others.
    """
    clues = []
    for measure in held.measures:
        if held.informants.get(measure, set()) & set(PEOPLE):
            continue
        icc = held.cohort.measure(measure).icc
        for first, second in itertools.pairwise(held.waves(measure)):
            clues += _pair(held, measure, first, second, PRIOR_LEVEL if icc is None else max(float(icc), PRIOR_LEVEL))
    return clues


def _pair(held: Held, measure: str, first: str, second: str, prior: float) -> list[Clue]:
    from scipy.stats import t as student

    a, b = held.values[measure, first], held.values[measure, second]
    groups = list(held.schools(~np.isnan(a) & ~np.isnan(b), FEWEST_FOR_SPREAD))
    groups = [(name, rows) for name, rows in groups if a[rows].std() > 0 and b[rows].std() > 0]
    if len(groups) < 3:
        return []
    size = np.array([len(rows) for _, rows in groups])
    level = _level(a, b, groups, size)
    spread = change_of_spread(a, b, groups)
    t1, df1 = unlike(level[0], level[1], prior)
    t2, df2 = unlike(spread[0], spread[1], PRIOR_SPREAD)
    p_level, p_spread = 2 * student.sf(np.abs(t1), df1), 2 * student.sf(np.abs(t2), df2)
    back = _went_back(a, b, groups)
    out = []
    waves = _further(held, measure, (first, second), groups)
    for i, (name, _) in enumerate(groups):
        p = p_spread[i] if back[i] else min(p_level[i], p_spread[i])
        out.append(
            Clue(
                kind="changed_scale", table="measures", school=name, measure=measure, p=min(1.0, 2 * float(p)),
                wave=waves[i], size=int(size[i]), affected=int(size[i]),
                because="the level or the spread of the scores changed as in no other school",
            )
        )
    return out


def _level(a: Array, b: Array, groups: Groups, size: np.ndarray) -> tuple[Array, Array]:
    """Change of each school's mean in SDs of children, with its sampling variance."""
    unit = math.sqrt(np.average([a[rows].var(ddof=1) for _, rows in groups], weights=size - 1))
    change = np.array([(b[rows] - a[rows]).mean() for _, rows in groups]) / unit
    # The median of the schools: one school on another scale must not set the noise of all.
    noise = float(np.median([(b[rows] - a[rows]).var(ddof=1) for _, rows in groups])) / unit**2
    own = np.array([(b[rows] - a[rows]).var(ddof=1) for _, rows in groups]) / unit**2
    return change, np.maximum(np.maximum(own, noise), LEAST_NOISE) / size


def change_of_spread(a: Array, b: Array, groups: Groups) -> tuple[Array, Array]:
    """Change of the logarithm of each group's SD, with its sampling variance (delta method, any distribution)."""
    size = np.array([len(rows) for _, rows in groups])
    change, noise = [], []
    for _, rows in groups:
        change.append(math.log(b[rows].std(ddof=1) / a[rows].std(ddof=1)))
        squares = [((v[rows] - v[rows].mean()) / v[rows].std()) ** 2 for v in (a, b)]
        noise.append(float(np.var(squares[1] - squares[0], ddof=1)) / 4)
    pooled = float(np.average(noise, weights=size - 1))
    # Small schools see fewer of the rare high scores that make the spread: a little more noise than the formula's.
    return np.array(change), np.maximum(np.maximum(pooled, noise), LEAST_NOISE) / np.maximum(size - 3, 1)


def _went_back(a: Array, b: Array, groups: Groups) -> np.ndarray:
    """Whether a school went back about as far as the others went forward: that is an exchange, not another scale."""
    mean = np.array([(b[rows] - a[rows]).mean() for _, rows in groups])
    overall = (mean.sum() - mean) / (len(mean) - 1)
    back = (np.sign(mean) != np.sign(overall)) & (np.abs(mean + overall) < np.abs(mean - overall) / 2)
    return np.asarray(back)


def _further(held: Held, measure: str, waves: tuple[str, str], groups: Groups) -> list[str]:
    """Name for each school the wave at which its place among the schools is least like that at its other waves."""
    place = {}
    for wave in held.waves(measure):
        values = held.values[measure, wave]
        seen = [values[rows][~np.isnan(values[rows])] for _, rows in groups]
        if min(len(v) for v in seen) < 2:
            continue
        means, spreads = np.array([v.mean() for v in seen]), np.log([max(v.std(ddof=1), 1e-9) for v in seen])
        unit = math.exp(float(np.median(spreads)))
        place[wave] = np.array([(means - np.median(means)) / unit, spreads - np.median(spreads)])
    distance = []
    for wave in waves:
        # With two waves both are as far from each other: then the one further from the other schools is named.
        rest = np.median([place[w] for w in place if w != wave], axis=0)
        distance.append(np.abs(place[wave] - rest).sum(axis=0) + 1e-6 * np.abs(place[wave]).sum(axis=0))
    return [waves[int(second > first)] for first, second in zip(*distance, strict=True)]
