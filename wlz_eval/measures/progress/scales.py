"""Change on a scale, not only across a line: reliable change, standardised change, percentiles, expected progress."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.measures.progress.change import Change, Share, clustered_share, paired_change
from wlz_eval.measures.progress.expected import Range, Untreated, middle_range
from wlz_eval.measures.progress.normal import Population
from wlz_eval.reference.reliability import Reliability

__all__ = ["ScaleProgress", "reliable_change", "scale_progress", "standing"]

Array = npt.NDArray[np.float64]
#: Change beyond this many standard errors of a difference is more than error of measurement, 95 times in 100.
RELIABLE = 1.96


@dataclass(frozen=True, kw_only=True)
class ScaleProgress:
    """Change of the programme's children on a measure's scale.

    Parameters
    ----------
    reliability : float
        Reliability used for the reliable change index.
    reliability_source : str
        In words.
    improved, same, worse : Share
        By the reliable change index (Jacobson and Truax 1991).
    improved_expected, same_expected, worse_expected : Range
        Of the same children with no programme, in percent.
    standardised : Change
        Change in SDs of the unselected population, better upwards where a direction is known.
    standardised_expected : Range
    percentile : Change
        Pupils out of a hundred of the unselected population who did worse: before, after and shift.
    percentile_expected : Range
    ahead : Share
        Children who did better than is expected of a child that began like them with no programme; half of them
        are expected to.
    """

    reliability: float
    reliability_source: str
    improved: Share
    same: Share
    worse: Share
    improved_expected: Range
    same_expected: Range
    worse_expected: Range
    standardised: Change
    standardised_expected: Range
    percentile: Change
    percentile_expected: Range
    ahead: Share


def reliable_change(before: Array, after: Array, population: Population, reliability: float) -> Array:
    """Reliable change index: change over its standard error of measurement, sqrt(2 (1 - reliability)) SDs.

    Readings are taken in SDs from the population's mean of their own wave, so that growth with age is no change;
    where the population does not move, this is the index of Jacobson and Truax.

    Parameters
    ----------
    before, after : array
        May have draws as a first axis of `after`.
    population : Population
    reliability : float
        Below 1.

    References
    ----------
    Jacobson and Truax (1991), Journal of Consulting and Clinical Psychology 59.

    Examples
    --------
    >>> still = Population(mean=0.0, sd=7.5, later_mean=0.0, later_sd=7.5, r=0.8)
    >>> round(float(reliable_change(np.array([47.5]), np.array([32.5]), still, 0.80)[0]), 2)
    -3.16
    """
    change = (after - population.later_mean) / population.later_sd - (before - population.mean) / population.sd
    return np.asarray(change / math.sqrt(2 * (1 - reliability)))


def standing(values: Array, reference: Array | None, mean: float, sd: float) -> Array:
    """Percentile of readings in the unselected population: its own where held, else by mean and SD.

    Ties count half. Higher readings have higher percentiles.
    """
    if reference is None:
        return np.asarray(100 * special.ndtr((values - mean) / sd))
    ordered = np.sort(reference)
    below, upto = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return np.asarray(100 * (below + upto) / 2 / len(ordered))


def scale_progress(
    drawn: Untreated, after: Array, school: npt.NDArray[np.intp], alpha: Reliability | None, sign: int
) -> ScaleProgress:
    """Describe change on the scale of one measure.

    Parameters
    ----------
    drawn : Untreated
        Later readings with no programme.
    after : array
        Later readings that were seen.
    school : array of int
    alpha : Reliability or None
        Internal consistency; where none is held the retest correlation stands in, and the words say so.
    sign : {-1, 1}
        1 where more is better.
    """
    p, x = drawn.population, drawn.before
    used = alpha.r if alpha else min(max(p.r, 0.0), 0.999)
    seen = sign * reliable_change(x, after, p, used)
    free = sign * reliable_change(x, drawn.later, p, used)
    root = math.sqrt(2 * (1 - used))
    z0, z1 = sign * (x - p.mean) / p.sd, sign * (after - p.later_mean) / p.later_sd
    first = standing(x, drawn.reference_first, p.mean, p.sd)
    last = standing(after, drawn.reference_later, p.later_mean, p.later_sd)
    last_free = standing(drawn.later, drawn.reference_later, p.later_mean, p.later_sd)
    if sign < 0:
        first, last, last_free = 100 - first, 100 - last, 100 - last_free
    middle = np.median(drawn.later, axis=0)
    gap = sign * (after - middle)
    words = "internal consistency" if alpha else "the correlation of the two readings, for want of a better"
    return ScaleProgress(
        reliability=used,
        reliability_source=words if not alpha or alpha.confirmed else f"{words}, not confirmed",
        improved=clustered_share(seen > RELIABLE, school),
        same=clustered_share(np.abs(seen) <= RELIABLE, school),
        worse=clustered_share(seen < -RELIABLE, school),
        improved_expected=drawn.share(free > RELIABLE),
        same_expected=drawn.share(np.abs(free) <= RELIABLE),
        worse_expected=drawn.share(free < -RELIABLE),
        standardised=paired_change(z0, z1, school),
        standardised_expected=middle_range((free * root).mean(axis=1)),
        percentile=paired_change(first, last, school),
        percentile_expected=middle_range(last_free.mean(axis=1) - first.mean()),
        ahead=clustered_share(np.where(gap == 0, 0.5, gap > 0), school),
    )


