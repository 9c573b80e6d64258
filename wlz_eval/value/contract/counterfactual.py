"""Outcomes as they would be with no programme, drawn jointly for each child, and what they would have been paid.

An effect is a mean over the programme's children. Each draw takes the effects of all measured outcomes together (their
estimates, intervals and covariance), and takes each from *every* programme child's own later reading. So a child who
did well in one measure and badly in another keeps doing so: what children have in common across measures, beyond what
the programme changed, stays as it was seen. It is assumed that the effect is the same for all, which matters only near
a cut; and that readings stay on the steps of their scale, which is why a shift by a part of a step moves that share of
the children by a whole one. With no effect at all the drawn readings are the ones that were seen.

An outcome is paid past a line, so payments bend with the effect: where most children are short of their line, an effect
that is too large by a point loses fewer payments than one too small by a point wins. An estimate that is right on
average therefore gives payments that are not, and drawing about the estimate adds the same error once more. Both are
taken off: the estimate by the bootstrap's correction of bias, the interval by the bias-corrected percentile method
(Efron 1981; Efron and Tibshirani 1993, chapters 10 and 14).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.value.contract.rules import Judged
from wlz_eval.value.uncertainty.montecarlo import effect_covariance

__all__ = ["bias_corrected", "draw_effects", "draw_outcomes", "payment_table", "steps_of"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Draws worked on at once, so that memory stays small with a thousand children.
BATCH = 200
#: Steps of scales that are looked for.
STEPS = (1.0, 0.1)


def draw_effects(
    effects: Sequence[Finding], covariances: Iterable[FindingCovariance], draws: int, rng: np.random.Generator
) -> Array:
    """Draw the effects of several outcomes jointly, shape (draws, outcomes), in the outcomes' own points.

    Spreads are those of the intervals, which are wider than the standard errors say where schools are few. The second
    half of the draws mirrors the first, so that their mean is the estimate itself.
    """
    if not effects:
        return np.zeros((draws, 0))
    values, vectors = np.linalg.eigh(effect_covariance(effects, covariances))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    first = rng.standard_normal(((draws + 1) // 2, len(effects)))
    away = np.concatenate([first, -first])[:draws]
    return np.asarray([e.estimate for e in effects]) + away @ root.T


def bias_corrected(drawn: Array, held: Array) -> tuple[float, float, float]:
    """Estimate and 95% interval from draws about an estimate, corrected for their being off centre.

    Parameters
    ----------
    drawn : array, shape (draws,)
        What follows from effects drawn about their estimates.
    held : array, shape (draws,)
        What follows from the estimates themselves, under the same rounding.

    Returns
    -------
    tuple of float
        Estimate (never outside its interval), low and high end.

    Examples
    --------
    >>> z = np.linspace(-2, 2, 4001)
    >>> [round(v, 2) for v in bias_corrected(z + 0.1 * z**2, np.zeros(4001))]
    [-0.13, -1.54, 2.26]
    """
    from scipy.special import ndtr, ndtri

    n, middle = len(drawn), float(held.mean())
    below = (float((drawn < middle).sum()) + 0.5 * float((drawn == middle).sum())) / n
    off = float(ndtri(min(max(below, 0.5 / n), 1 - 0.5 / n)))
    low, high = (float(v) for v in np.quantile(drawn, ndtr(2 * off + ndtri(0.975) * np.array([-1.0, 1.0]))))
    return min(max(2 * middle - float(drawn.mean()), low), high), low, high


def steps_of(readings: Array) -> Array:
    """Step in which each measure is counted, shape (outcomes,): one, a tenth, or zero where there is no such step.

    Examples
    --------
    >>> steps_of(np.array([[12.0, 97.5, 1 / 3], [9.0, np.nan, 0.5]])).tolist()
    [1.0, 0.1, 0.0]
    """
    steps = []
    for column in readings.T:
        held = column[np.isfinite(column)]
        fits = [s for s in STEPS if len(held) and np.allclose(held / s, np.round(held / s), rtol=0, atol=1e-6)]
        steps.append(fits[0] if fits else 0.0)
    return np.array(steps)


def _without(after: Array, shift: Array, steps: Array, rng: np.random.Generator) -> Array:
    """Later readings without the programme, shape (draws, n, k); rounded to steps at random, without bias."""
    moved = after[None, :, :] - shift[:, None, :]
    whole = steps > 0
    if whole.any():
        part = moved[:, :, whole] / steps[whole]
        # Rounding to the last bit first: a shift of nothing must leave every reading as it was.
        moved[:, :, whole] = np.floor(np.round(part, 6) + rng.random(part.shape)) * steps[whole]
    return np.asarray(moved)


def draw_outcomes(
    rules: Sequence[Judged],
    before: Array,
    after: Array,
    effects: Array,
    estimated: Bools,
    exit_rate: float,
    rng: np.random.Generator,
) -> Ints:
    """Draw the number of outcomes of each child with no programme, shape (draws, children).

    Parameters
    ----------
    rules : sequence of Judged
        Payable outcomes.
    before, after : array, shape (children, outcomes)
        Readings of the programme's children.
    effects : array, shape (draws, estimated outcomes)
        Of :func:`draw_effects`.
    estimated : array of bool, shape (outcomes,)
        Which outcomes have an effect.
    exit_rate : float
        Share of the children at risk who reach each of the other outcomes with no programme, each by itself;
        ``nan`` leaves those outcomes out.
    rng : Generator

    Returns
    -------
    array of int
        Outcomes before any cap. A child whose later reading is missing achieves nothing, with or without.
    """
    draws, n, step = len(effects), len(before), steps_of(after)
    counts = np.zeros((draws, n), dtype=np.int64)
    with_effect, others = np.flatnonzero(estimated).tolist(), np.flatnonzero(~estimated).tolist()
    for start in range(0, draws, BATCH):
        rows = slice(start, min(start + BATCH, draws))
        shift = effects[rows]
        moved = _without(after[:, with_effect], shift, step[with_effect], rng)
        for place, j in enumerate(with_effect):
            counts[rows] += rules[j].reached(before[None, :, j], moved[:, :, place])
        for j in others if np.isfinite(exit_rate) else ():
            could = rules[j].at_risk(before[:, j]) & np.isfinite(after[:, j])
            counts[rows] += could & (rng.random((len(shift), n)) < exit_rate)
    return counts


def payment_table(
    prices: Sequence[int], first: Ints, child_cap: float | None, allowed: Bools, most: int
) -> Ints:
    """Pennies paid to each child for none, one, two or three outcomes, shape (children, 4), its cap kept.

    Parameters
    ----------
    prices : sequence of int
        Of the first, second and third outcome.
    first : array of int, shape (children,)
        Pennies already paid to the child for other triggers.
    child_cap : float or None
        Pennies.
    allowed : array of bool, shape (children, 3)
        Whether each outcome would be paid if it was achieved: false where its evidence was missing.
    most : int
        Most outcomes paid for one child.

    Examples
    --------
    >>> payment_table([100, 50, 20], np.array([10]), 130, np.array([[True, True, True]]), 3).tolist()
    [[0, 100, 120, 120]]
    """
    each = np.where(allowed, np.asarray(prices, dtype=np.int64)[None, :], 0)
    each[:, most:] = 0
    total = np.concatenate([np.zeros((len(each), 1), dtype=np.int64), np.cumsum(each, axis=1)], axis=1)
    if child_cap is None:
        return total
    room = np.maximum(int(child_cap) - first, 0)
    return np.minimum(total, room[:, None])
