"""Whether dose goes up or down with how children changed: a permutation test that holds with groups of two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Trend", "ordered_trend"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Additions that the exact distribution may take; beyond them permutations are drawn.
WORK = 150_000_000
#: From this many children on the normal distribution, with the exact mean and variance, is as good as permutations.
LARGE = 2000
#: Drawn permutations held at once.
HELD = 2_000_000
TINY = 1e-7


@dataclass(frozen=True, kw_only=True)
class Trend:
    """Result of :func:`ordered_trend`.

    Parameters
    ----------
    p_value : float
        Two-sided; missing where nothing varies.
    smallest : float
        Smallest p-value that these groups and doses could have given, whatever had been seen; missing where the
        distribution is not exact.
    z : float
        Statistic in its standard deviations under chance: above zero where dose rises with the score.
    n, schools : int
        Children and schools that the test could use: a school in which all have one dose, or all changed alike, says
        nothing.
    within : bool
        Whether doses were exchanged within schools only.
    method : str
    """

    p_value: float
    smallest: float
    z: float
    n: int
    schools: int
    within: bool
    method: str


@dataclass(frozen=True)
class _Stratum:
    scores: Ints
    ranks: Ints

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and variance of the sum of score times rank under permutation."""
        s, r = self.scores.astype(float), self.ranks.astype(float)
        n = len(s)
        return float(s.mean() * r.sum()), float(((s - s.mean()) ** 2).sum() * ((r - r.mean()) ** 2).sum() / (n - 1))


def ordered_trend(
    score: npt.ArrayLike,
    dose: npt.ArrayLike,
    school: npt.ArrayLike | None = None,
    *,
    draws: int = 9999,
    seed: int = 0,
) -> Trend:
    """Test whether dose rises or falls with an ordered score, by permutation within schools.

    The statistic is the linear-by-linear one: the sum over schools of score times midrank of dose within the school,
    each school weighted by about 1/(children + 1) (van Elteren 1960). If dose has nothing to do with change, every
    exchange of doses among the children of a school is as likely as what was seen; the p-value is the share of
    exchanges at least as far from their mean. It needs no distribution and holds with groups of any size. The share is
    counted exactly (the shift algorithm of Streitberg and Röhmel 1986) where that is feasible, else from seeded
    permutations with one added above and below (Phipson and Smyth 2010); for thousands of children by the normal
    distribution.

    Parameters
    ----------
    score : array_like of int, shape (n,)
        -1, 0, 1 for worse, same, improved; any whole numbers.
    dose : array_like of float, shape (n,)
    school : array_like, shape (n,), optional
        Schools, within which doses are exchanged. Where no school has children of two scores and two doses, they are
        exchanged among all, and `within` is false.
    draws, seed : int
        Of the permutations, where they are drawn.

    Returns
    -------
    Trend

    Examples
    --------
    >>> t = ordered_trend([-1, -1, 0, 0, 1, 1], [1, 2, 3, 4, 5, 6])
    >>> round(t.p_value * 90), t.method  # two of the 90 ways to arrange three pairs
    (2, 'exact permutation test')
    """
    scores = np.asarray(score, dtype=np.int64)
    values = np.asarray(dose, dtype=float)
    if school is None:
        codes = np.zeros(len(scores), dtype=np.int64)
    else:
        codes = np.asarray(pd.factorize(pd.Series(np.asarray(school, dtype=object)).astype(str), sort=True)[0])
    order = np.lexsort((scores, values, codes))
    scores, values, codes = scores[order], values[order], codes[order]
    strata = _strata(scores, values, codes)
    within = bool(strata) and len(np.unique(codes)) > 1
    if not strata:
        strata = _strata(*_all_together(scores, values))
    if not strata:
        return Trend(
            p_value=math.nan, smallest=math.nan, z=math.nan, n=0, schools=0, within=False,
            method="not possible: all have one dose, or all changed alike",
        )
    return _tested(_weighted(strata), within, len(strata), draws, seed)


def _all_together(scores: Ints, values: Array) -> tuple[Ints, Array, Ints]:
    order = np.lexsort((scores, values))
    return scores[order], values[order], np.zeros(len(scores), dtype=np.int64)


def _strata(scores: Ints, values: Array, codes: Ints) -> list[_Stratum]:
    """Schools that can say something, with doubled midranks of dose so that all numbers are whole."""
    found = []
    for code in np.unique(codes):
        own = codes == code
        s, v = scores[own], values[own]
        if len(np.unique(s)) > 1 and len(np.unique(v)) > 1:
            ranks = np.round(2 * pd.Series(v).rank(method="average").to_numpy()).astype(np.int64)
            found.append(_Stratum(s, ranks))
    return found


def _weighted(strata: Sequence[_Stratum]) -> list[_Stratum]:
    """Weight each school by about one over its children and one more, in whole numbers."""
    if len(strata) == 1:
        return list(strata)
    largest = max(len(s.scores) for s in strata) + 1
    return [_Stratum(s.scores, s.ranks * max(1, round(4 * largest / (len(s.scores) + 1)))) for s in strata]


def _tested(strata: list[_Stratum], within: bool, schools: int, draws: int, seed: int) -> Trend:
    moments = [s.moments for s in strata]
    mean, sd = sum(m for m, _ in moments), math.sqrt(sum(v for _, v in moments))
    seen = float(sum(int((s.scores * s.ranks).sum()) for s in strata))
    z, n = (seen - mean) / sd, sum(len(s.scores) for s in strata)
    smallest = math.nan
    exact = _exact(strata) if n < LARGE else None
    if exact is not None:
        values, chance = exact
        away = np.abs(values - mean)
        p = float(chance[away >= abs(seen - mean) - TINY].sum())
        smallest = float(chance[away >= away[chance > 0].max() - TINY].sum())
        method = "exact permutation test"
    elif n < LARGE:
        away = np.abs(_drawn(strata, draws, seed) - mean)
        p = float(((away >= abs(seen - mean) - TINY).sum() + 1) / (draws + 1))
        method = f"permutation test, {draws:,} drawn"
    else:
        p = math.erfc(abs(z) / math.sqrt(2))
        method = "permutation test, normal approximation"
    return Trend(
        p_value=min(p, 1.0), smallest=smallest, z=z, n=n, schools=schools, within=within,
        method=method + (" within schools" if within else ""),
    )


def _plan(stratum: _Stratum) -> tuple[Ints, Ints, int, int]:
    """Score steps from the most common score, how many have each, and the bounds of any partial sum."""
    words, counts = np.unique(stratum.scores, return_counts=True)
    common = int(np.argmax(counts))
    steps, sizes = np.delete(words - words[common], common), np.delete(counts, common)
    descending = np.sort(stratum.ranks)[::-1]
    reach = [int(step) * int(descending[:size].sum()) for step, size in zip(steps, sizes, strict=True)]
    return steps, sizes, sum(min(r, 0) for r in reach), sum(max(r, 0) for r in reach)


def _exact(strata: Sequence[_Stratum]) -> tuple[Array, Array] | None:
    """Every value that the statistic can take, and its chance; None where that is too much work."""
    plans = [_plan(s) for s in strata]
    work = sum(
        len(s.scores) * math.prod(int(k) + 1 for k in sizes) * (high - low + 1)
        for s, (_, sizes, low, high) in zip(strata, plans, strict=True)
    )
    width = 1
    for _, _, low, high in plans:
        work += width * (high - low + 1)
        width += high - low
    if work > WORK:
        return None
    chance, start = np.ones(1), 0
    for stratum, plan in zip(strata, plans, strict=True):
        chance = np.convolve(chance, _distribution(stratum, *plan))
        # Scores were counted from the most common one: what it adds is the same in every arrangement.
        words, counts = np.unique(stratum.scores, return_counts=True)
        start += plan[2] + int(words[np.argmax(counts)]) * int(stratum.ranks.sum())
    return start + np.arange(len(chance), dtype=float), chance


def _distribution(stratum: _Stratum, steps: Ints, sizes: Ints, low: int, high: int) -> Array:
    """Chance of each sum from `low` to `high` when scores are dealt to ranks at random."""
    shape = (*(int(k) + 1 for k in sizes), high - low + 1)
    ways = np.zeros(shape)
    ways[(*(0 for _ in sizes), -low)] = 1.0
    for rank in stratum.ranks.tolist():
        before = ways.copy()
        for axis, step in enumerate(steps.tolist()):
            more, less = [slice(None)] * len(shape), [slice(None)] * len(shape)
            more[axis], less[axis] = slice(1, None), slice(None, -1)
            shift = step * rank
            more[-1] = slice(shift, None) if shift >= 0 else slice(None, shift)
            less[-1] = slice(None, shape[-1] - shift) if shift >= 0 else slice(-shift, None)
            ways[tuple(more)] += before[tuple(less)]
    found = ways[tuple(int(k) for k in sizes)]
    return np.asarray(found / found.sum(), dtype=np.float64)


def _drawn(strata: Sequence[_Stratum], draws: int, seed: int) -> Array:
    rng = np.random.default_rng([seed, 57])
    total = np.zeros(draws)
    for stratum in strata:
        n = len(stratum.scores)
        block = max(1, HELD // n)
        for first in range(0, draws, block):
            size = min(block, draws - first)
            dealt = rng.permuted(np.broadcast_to(stratum.scores, (size, n)), axis=1)
            total[first : first + size] += dealt @ stratum.ranks
    return total
