"""What each measure of a simulated child is made of, and how a latent score becomes a recorded one.

Every trait is a standard normal score of which more is better. It has a true part that moves slowly and an
error part that is fresh at each reading, so that children chosen for a bad reading do better at the next.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.reference.measures import measures

__all__ = ["PARTNER", "SDQ", "TRAITS", "Trait", "beta_binomial_cuts", "record", "sdq_total"]

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Trait:
    """Structure of one measure.

    Parameters
    ----------
    name : str
        The measure.
    need : float
        Loading on latent need: the correlation of need with the true trait, in the bad direction.
    reliability : float
        Share of the variance of a reading within schools that is the true trait.
    stability : float
        Correlation of the true trait over the two years of the programme. The test-retest correlation
        over two years is about ``reliability * stability``.
    shift : float
        How far the zone lies from the national mean, in SDs; negative is worse.
    effect : float
        Effect of the programme as a multiple of the effect on English.
    factor, factor_loading : str, float
        Second latent factor that the trait shares with others, beside need, and its loading on it.
    motivation, unseen : float
        Loadings of each year's change on motivation and on what teachers see and tables do not hold.
    """

    name: str
    need: float
    reliability: float
    stability: float
    shift: float
    effect: float
    factor: str = ""
    factor_loading: float = 0.0
    motivation: float = 0.2
    unseen: float = 0.35


#: Difficulties of the SDQ load on one common factor through need, and prosocial behaviour too.
SDQ: tuple[str, ...] = ("sdq_emotional", "sdq_conduct", "sdq_hyperactivity", "sdq_peer", "sdq_prosocial")

TRAITS: dict[str, Trait] = {
    t.name: t
    for t in (
        Trait(
            name="english",
            need=0.60,
            reliability=0.92,
            stability=0.87,
            shift=-0.30,
            effect=1.0,
            factor="learning",
            factor_loading=0.6,
        ),
        Trait(
            name="maths",
            need=0.60,
            reliability=0.92,
            stability=0.87,
            shift=-0.30,
            effect=0.6,
            factor="learning",
            factor_loading=0.6,
        ),
        Trait(name="attendance", need=0.45, reliability=0.80, stability=0.70, shift=-0.15, effect=0.8),
        Trait(
            name="sdq_emotional",
            need=0.60,
            reliability=0.70,
            stability=0.60,
            shift=-0.30,
            effect=0.6,
            factor="wellbeing",
            factor_loading=0.45,
        ),
        Trait(
            name="sdq_conduct",
            need=0.60,
            reliability=0.75,
            stability=0.65,
            shift=-0.30,
            effect=0.6,
            factor="wellbeing",
            factor_loading=0.45,
        ),
        Trait(
            name="sdq_hyperactivity",
            need=0.60,
            reliability=0.75,
            stability=0.65,
            shift=-0.30,
            effect=0.6,
            factor="wellbeing",
            factor_loading=0.45,
        ),
        Trait(
            name="sdq_peer",
            need=0.60,
            reliability=0.70,
            stability=0.60,
            shift=-0.30,
            effect=0.6,
            factor="wellbeing",
            factor_loading=0.45,
        ),
        Trait(name="sdq_prosocial", need=0.50, reliability=0.70, stability=0.60, shift=-0.20, effect=0.8),
    )
}

#: A partner's own measure: programme children only, on the partner's own scale.
PARTNER = Trait(name="confidence", need=0.40, reliability=0.70, stability=0.60, shift=0.0, effect=0.8)
PARTNER_MEAN, PARTNER_SD = 50.0, 15.0

#: Absence in percent is the square of a normal score: skewed, never negative. Its mean and SD are then
#: 2.4² + 1 = 6.8 and 5.0, close to the registry's mean and SD of attendance.
ABSENCE_ROOT, ABSENCE_SLOPE = 2.4, 1.0


@functools.cache
def beta_binomial_cuts(mean: float, sd: float, top: int) -> tuple[float, ...]:
    """Cut-points on the standard normal that make scores 0 to `top` with this mean and SD.

    The scores are beta-binomial, as counts of answers to a handful of items are: skewed towards zero when the
    mean is low. The SD is met as nearly as the family allows.

    Examples
    --------
    >>> [round(c, 2) for c in beta_binomial_cuts(5.0, 2.0, 10)[:3]]
    [-2.46, -1.78, -1.22]
    """
    share = mean / top
    binomial = top * share * (1 - share)
    rho = min(max((sd**2 / binomial - 1) / (top - 1), 1e-3), 0.999)
    a, b = share * (1 / rho - 1), (1 - share) * (1 / rho - 1)
    k = np.arange(top)
    choose = special.gammaln(top + 1) - special.gammaln(k + 1) - special.gammaln(top - k + 1)
    cumulative = np.cumsum(np.exp(choose + special.betaln(k + a, top - k + b) - special.betaln(a, b)))
    return tuple(float(c) for c in special.ndtri(np.clip(cumulative, 1e-12, 1 - 1e-12)))


def record(name: str, score: Array) -> Array:
    """Turn a latent score (more is better, zone shift included) into the value that a table holds.

    Parameters
    ----------
    name : str
        A trait other than attendance, whose record is made from sessions.
    score : array
        Latent scores.

    Returns
    -------
    array
        Attainment to one decimal place, SDQ subscales as whole numbers, within the measure's range.
    """
    if name in SDQ:
        measure = measures()[name]
        cuts = beta_binomial_cuts(float(measure.mean or 0), float(measure.sd or 1), int(measure.high))
        toward = score if measure.higher_is_better else -score
        return np.searchsorted(np.asarray(cuts), toward, side="right").astype(float)
    if name == PARTNER.name:
        return np.clip(np.round(PARTNER_MEAN + PARTNER_SD * score), 0, 100)
    measure = measures()[name]
    raw = float(measure.mean or 0) + float(measure.sd or 1) * score
    return np.clip(np.round(raw, 1), measure.low, measure.high)


def absence_rate(score: Array) -> Array:
    """Share of sessions missed, from a latent score of which more is better attendance."""
    return np.clip(np.maximum(ABSENCE_ROOT - ABSENCE_SLOPE * score, 0.0) ** 2 / 100.0, 0.0, 0.9)


def sdq_total(subscales: dict[str, Array]) -> Array:
    """Total difficulties: the sum of the four difficulty subscales."""
    return (
        subscales["sdq_emotional"] + subscales["sdq_conduct"] + subscales["sdq_hyperactivity"] + subscales["sdq_peer"]
    )
