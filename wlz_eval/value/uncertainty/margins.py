"""How an effect is spread when it is drawn: with the width and the heavy tails of its own interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding

__all__ = ["Z95", "EffectSpread", "Margin", "effect_spread"]

Array = npt.NDArray[np.float64]
#: Half-width of a normal 95% interval, in standard deviations.
Z95 = float(special.ndtri(0.975))
#: Fewest degrees of freedom to draw an effect with: below, draws have no variance. The interval is matched anyway.
LEAST_DF = 3.0
#: An interval wider than the normal one by less than this share is drawn as normal.
ALMOST_NORMAL = 1e-4


class Margin(Protocol):
    """An uncertain number that can be drawn from normal scores; :class:`~wlz_eval.value.spread.Spread` is one."""

    @property
    def mean(self) -> float:
        """What draws of it average to."""

    @property
    def uncertain(self) -> bool:
        """Whether it can take more than one value."""

    def at(self, z: npt.ArrayLike) -> Array:
        """Value at normal scores."""


@dataclass(frozen=True)
class EffectSpread:
    """An effect: a t distribution about its estimate.

    Parameters
    ----------
    centre : float
        The estimate.
    scale : float
        Of the t distribution; 0 for an effect that is certain.
    df : float
        Degrees of freedom; infinite for a normal distribution.
    """

    centre: float
    scale: float
    df: float = math.inf

    @property
    def mean(self) -> float:
        """What draws of it average to."""
        return self.centre

    @property
    def uncertain(self) -> bool:
        """Whether it can take more than one value."""
        return self.scale > 0

    def at(self, z: npt.ArrayLike) -> Array:
        """Value at normal scores: 1.96 is the upper end of its 95% interval."""
        z = np.asarray(z, dtype=float)
        return self.centre + self.scale * (z if math.isinf(self.df) else special.stdtrit(self.df, special.ndtr(z)))


def effect_spread(effect: Finding) -> EffectSpread:
    """Spread of an effect: a t distribution whose middle 95% is the effect's own interval.

    With few schools the interval is wider than the standard error alone would make it. The degrees of freedom that
    make it so are found from the two, so that the draws have the interval's heavy tails as well as its width.

    Parameters
    ----------
    effect : Finding
        With a standard error, an interval or both.

    Raises
    ------
    OptionError
        When it has neither: money cannot be worked out from an effect of unknown precision.

    Examples
    --------
    >>> f = Finding(finding_id="a", quantity="att", estimate=2.0, se=1.0, ci_low=-0.776445, ci_high=4.776445,
    ...             unit="points", claim="effect")
    >>> round(effect_spread(f).df, 2)
    4.0
    """
    se = effect.se if math.isfinite(effect.se) else 0.0
    if not effect.has_interval and not math.isfinite(effect.se):
        raise OptionError(
            f"The effect {effect.finding_id} has neither an interval nor a standard error, so nothing can be said of "
            "the money that follows from it. Leave its benefit out, or estimate it with an interval."
        )
    half = (effect.ci_high - effect.ci_low) / 2 if effect.has_interval else se * Z95
    if se <= 0 or half <= se * Z95 * (1 + ALMOST_NORMAL):
        return EffectSpread(effect.estimate, max(half / Z95, se))
    df = max(_degrees(half / se), LEAST_DF)
    return EffectSpread(effect.estimate, half / float(special.stdtrit(df, 0.975)), df)


def _degrees(ratio: float) -> float:
    """Degrees of freedom at which 97.5% of a t lie below `ratio`, by halving."""
    low, high = 0.0, math.log(1e6)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if special.stdtrit(math.exp(middle), 0.975) > ratio else (low, middle)
    return math.exp((low + high) / 2)
