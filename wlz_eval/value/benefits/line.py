"""One line of benefit: what makes it up, and what it is expected to be worth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.reference.appraisal import value_link
from wlz_eval.reference.money import UnitValue
from wlz_eval.value.benefits.fading import Fading
from wlz_eval.value.benefits.optimism import less_optimism
from wlz_eval.value.options import BenefitOptions
from wlz_eval.value.spread import Spread

__all__ = ["BenefitLine", "Use", "benefit_link", "is_assumed", "is_sourced"]

Use = Literal["headline", "projection", "excluded", "raw_change"]


@dataclass(frozen=True)
class BenefitLine:
    """One line of benefit: the effect, the link to units, the price of a unit, and its years.

    Its expected present value for one child is direction x effect x mean of `link` x mean of `worth` x `factor` x
    `multiplier`, less `optimism` where that is a gain; the Monte Carlo draws effect, `link`, `worth`, and duration and
    decay of `fading`.

    Parameters
    ----------
    option : BenefitOptions
        What the plan says.
    unit : UnitValue
        The unit value that prices it.
    label : str
        The outcome in plain words.
    use : {"headline", "projection", "excluded", "raw_change"}
        ``headline`` for an effect; ``projection`` for an adjusted difference; ``raw_change`` for a change before and
        after, which is shown beside the result and never added; ``excluded`` otherwise.
    reason : str
        Why it is not in the headline; empty when it is.
    effect : Finding or None
        Effect on one child, in units of the outcome.
    direction : float
        1 when more of the outcome is good, -1 when less is.
    price : float
        Worth of one unit in the plan's price year.
    fading : Fading
        When it starts, how long it lasts and how fast it fades.
    optimism : float
        Share taken off a gain for optimism bias; known, and not drawn.
    weight : float
        Distributional weight; 1 for what agencies gain, and where the plan asks for none.
    price_note : str
        What a reader should know of the price's way to the plan's price year.
    """

    option: BenefitOptions
    unit: UnitValue
    label: str
    use: Use
    reason: str
    effect: Finding | None
    direction: float
    price: float
    fading: Fading
    optimism: float = 0.0
    weight: float = 1.0
    price_note: str = ""

    @property
    def factor(self) -> float:
        """Sum over the years of what is expected to be left after decay, discounted to year 0."""
        return self.fading.expected

    @property
    def yearly(self) -> tuple[tuple[int, float], ...]:
        """The parts of `factor`: year, counted from the start of the programme, and its discounted weight."""
        return tuple((self.fading.start + k, float(v)) for k, v in enumerate(self.fading.expected_weights))

    @property
    def evidence(self) -> str:
        """``illustrative`` when link, price, duration or decay is an assumption, else ``published``."""
        return "illustrative" if is_assumed(self.option, self.unit) else "published"

    @property
    def link(self) -> Spread:
        """Units of the unit value for one point of the outcome, in the good direction."""
        return benefit_link(self.option)

    @property
    def link_source(self) -> str:
        """Where the link comes from."""
        return value_link(self.option.link).source if self.option.link else self.option.source

    @property
    def through(self) -> str:
        """What stands between the outcome and the money, in words; empty where the plan does not say."""
        return value_link(self.option.link).through if self.option.link else ""

    @property
    def worth(self) -> Spread:
        """Worth of one unit in the plan's price year, with its spread."""
        u, p = self.unit, self.price
        low, high = (None if x is None else x * p for x in (u.relative_low, u.relative_high))
        return Spread(p, u.relative_sd * p, u.distribution, low, high)

    @property
    def additional(self) -> float:
        """Share that is left after displacement, leakage and substitution; deadweight is off the effect already."""
        o = self.option
        return (1 - o.displacement) * (1 - o.leakage) * (1 - o.substitution)

    @property
    def multiplier(self) -> float:
        """What a discounted benefit is multiplied by: additionality, distributional weight."""
        return self.additional * self.weight

    @property
    def cashable(self) -> float | None:
        """Share that a budget can give back; ``None`` where neither plan nor unit value says."""
        return self.unit.cashable if self.option.cashable is None else self.option.cashable

    @property
    def cashable_source(self) -> str:
        """Where that share comes from; empty where it is not known."""
        return self.unit.cashable_source if self.option.cashable is None else self.option.cashable_source

    @property
    def shares(self) -> dict[str, float]:
        """Who gains which share."""
        return dict(self.option.shares) or {self.unit.beneficiary: 1.0}

    @property
    def mean(self) -> float:
        """Expected present value for one child; ``nan`` without an effect."""
        if self.effect is None:
            return math.nan
        money = self.link.mean * self.worth.mean * self.factor * self.multiplier
        return less_optimism(self.direction * self.effect.estimate * money, self.optimism)


def is_sourced(source: str) -> bool:
    """Whether a plan names a source, and not that there is none.

    Examples
    --------
    >>> is_sourced("Smith (2020)"), is_sourced("illustrative"), is_sourced("")
    (True, False, False)
    """
    return source.strip().lower() not in ("", "illustrative")


def is_assumed(benefit: BenefitOptions, unit: UnitValue) -> bool:
    """Whether any part of the chain from an outcome to its money is an assumption: link, price, duration or decay."""
    b = benefit
    linked = value_link(b.link).evidence == "published" if b.link else is_sourced(b.source)
    lasts = any(x is not None for x in (b.duration_years, b.duration_low, b.decay, b.decay_low))
    return not linked or unit.evidence == "illustrative" or (lasts and not is_sourced(b.lasting_source))


def benefit_link(benefit: BenefitOptions) -> Spread:
    """Units of the unit value for one point of an outcome, with its spread: the plan's own, or a row of links.

    Raises
    ------
    OptionError
        For an unknown link.
    """
    if benefit.link:
        row = value_link(benefit.link)
        return Spread(row.units_per_point, row.sd, row.distribution, row.low, row.high)
    if benefit.units_per_point is None:
        raise OptionError(f"The benefit of {benefit.measure} has neither units_per_point nor a link.")
    return Spread(
        benefit.units_per_point,
        benefit.sd_units_per_point,
        benefit.link_distribution,
        benefit.link_low,
        benefit.link_high,
    )
