"""From an effect to money: which outcomes may be valued, and what one point of each is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.reference.money import UnitValue, unit_value
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.prices.deflate import deflate
from wlz_eval.value.prices.discount import discount_factors

__all__ = ["BenefitLine", "benefit_factor", "benefits", "check_overlap", "unit_price"]

Use = Literal["headline", "projection", "excluded"]
PROGRAMME_ONLY = "It was measured for programme children only, so no effect can be known."


@dataclass(frozen=True)
class BenefitLine:
    """One line of benefit: the effect, the link to units, the price of a unit, and its years.

    Parameters
    ----------
    option : BenefitOptions
        What the plan says.
    unit : UnitValue
        The unit value that prices it.
    label : str
        The outcome in plain words.
    use : {"headline", "projection", "excluded"}
        ``headline`` for an effect; ``projection`` for an adjusted difference; ``excluded`` otherwise.
    reason : str
        Why it is not in the headline; empty when it is.
    effect : Finding or None
        Effect on one child, in units of the outcome.
    direction : float
        1 when more of the outcome is good, -1 when less is.
    price : float
        Worth of one unit in the plan's price year.
    factor : float
        Sum over the years of the benefit of what is left after decay, discounted to year 0.
    """

    option: BenefitOptions
    unit: UnitValue
    label: str
    use: Use
    reason: str
    effect: Finding | None
    direction: float
    price: float
    factor: float

    @property
    def evidence(self) -> str:
        """``illustrative`` when link or price is an assumption, else ``published``."""
        assumed = "illustrative" in (self.option.source.strip().lower(), self.unit.evidence)
        return "illustrative" if assumed else "published"


def unit_price(unit: UnitValue, options: ValueOptions) -> float:
    """Worth of one unit in the plan's price year."""
    return float(deflate(unit.value, unit.price_year, options.price_year, unit.currency, unit.price_basis))


def benefit_factor(benefit: BenefitOptions, options: ValueOptions, years: int) -> float:
    """Present value, at the start of the programme, of one unit of money a year while a benefit lasts.

    Parameters
    ----------
    benefit : BenefitOptions
        Onset after the end of the programme, duration and decay.
    options : ValueOptions
        Discount schedule.
    years : int
        Length of the programme in years: its end is the year from which the onset counts.

    Returns
    -------
    float
        Sum over the benefit's years k of (1 - decay)^k times the discount factor of that year.

    Examples
    --------
    >>> one = BenefitOptions(measure="m", unit_value="u", units_per_point=1, source="illustrative")
    >>> round(benefit_factor(one, ValueOptions(), 2), 6) == round(1.035**-2, 6)
    True
    """
    k = np.arange(benefit.duration_years)
    left = (1.0 - benefit.decay) ** k
    return float(np.sum(left * discount_factors(years + benefit.onset_year + k, options.schedule)))


def check_overlap(chosen: Sequence[BenefitOptions], overlap: str = "refuse") -> dict[int, str]:
    """Find benefits that count the same money twice.

    Two benefits overlap when they count the same stream of money by different routes: grades and absence
    both count lifetime earnings.

    Parameters
    ----------
    chosen : sequence of BenefitOptions
        Benefits in the plan's order.
    overlap : {"refuse", "count_first"}
        Whether an overlap is an error, or only the first route of each stream counts.

    Returns
    -------
    dict
        Position of each benefit that does not count, and why.

    Raises
    ------
    OptionError
        When benefits overlap and the plan does not say ``overlap: count_first``.
    """
    first: dict[str, BenefitOptions] = {}
    left_out: dict[int, str] = {}
    for i, benefit in enumerate(chosen):
        unit = unit_value(benefit.unit_value)
        before = first.setdefault(unit.stream, benefit)
        if unit_value(before.unit_value).route == unit.route:
            continue
        stream = unit.stream.replace("_", " ")
        if overlap == "refuse":
            raise OptionError(
                f"Benefits {before.unit_value!r} (of {before.measure}) and {benefit.unit_value!r} "
                f"(of {benefit.measure}) "
                f"count the same {stream} twice. Remove one from value.benefits in plan.yaml, or set "
                "'overlap: count_first' there to count only the first, which the page will say."
            )
        left_out[i] = f"It would count the same {stream} a second time."
    return left_out


def _use(effect: Finding | None, tier: str = "") -> tuple[Use, str]:
    """Decide what an effect may be used for. Only tier A or B, never a change before and after."""
    if effect is None and tier == "C":
        return "excluded", PROGRAMME_ONLY
    if effect is None:
        return "excluded", "No effect on it was estimated."
    if not np.isfinite(effect.estimate) or not (np.isfinite(effect.se) or effect.has_interval):
        return "excluded", effect.note or "Its effect could not be estimated."
    if effect.tier not in ("A", "B"):
        return "excluded", PROGRAMME_ONLY
    if effect.claim == "effect":
        return "headline", ""
    if effect.claim == "adjusted_difference":
        return "projection", "The data allow only an adjusted difference, which may have other causes."
    return "excluded", "It is not an estimate against a comparison group."


def benefits(
    cohort: Cohort,
    options: ValueOptions,
    effects: Iterable[Finding],
    years: int,
    better: Mapping[str, str] | None = None,
) -> tuple[BenefitLine, ...]:
    """Make the lines of benefit that the plan names.

    An effect measured against a comparison group is already net of what would have happened anyway, so
    nothing is taken off for deadweight.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Benefits, price year, schedule.
    effects : iterable of Finding
        Findings of 04; those of quantity ``att`` without subgroup and of the headline comparison are used.
    years : int
        Length of the programme in years.
    better : mapping of str to str, optional
        Direction of an outcome where the plan overrides the measure's own.

    Returns
    -------
    tuple of BenefitLine
        One a benefit of the plan, in its order, each with its use and the reason.

    Raises
    ------
    OptionError
        For an unknown unit value, another currency, an overlap, an outcome of unclear direction, or a price
        year outside the price index.
    """
    given = list(effects)
    by_id = {f.finding_id: f for f in given}
    tiers = {(f.outcome, f.wave): f.tier for f in given if f.tier}
    left_out = check_overlap(options.benefits, options.overlap)
    lines = []
    for i, benefit in enumerate(options.benefits):
        unit = unit_value(benefit.unit_value)
        measure = cohort.measure(benefit.measure)
        way = (better or {}).get(benefit.measure) or measure.better
        if unit.currency != cohort.currency:
            raise OptionError(
                f"Unit value {unit.name!r} is in {unit.currency} and the cohort's money in "
                f"{cohort.currency}. "
                "Amounts of two currencies are never added: use a unit value in the cohort's currency, or "
                "leave the benefit out."
            )
        if way == "unclear":
            raise OptionError(
                f"The benefit of {benefit.measure} cannot be valued: it is unclear which way is good. State "
                "'better' for that outcome in the plan, or remove the benefit."
            )
        if unit.discounted and benefit.duration_years > 1:
            raise OptionError(
                f"Unit value {unit.name!r} is already a present value over many years, so duration_years "
                "must be 1, "
                f"not {benefit.duration_years}."
            )
        effect = by_id.get(f"attribution.att.{benefit.measure}.{benefit.wave}")
        use, reason = _use(effect, tiers.get((benefit.measure, benefit.wave), ""))
        if i in left_out:
            use, reason = "excluded", left_out[i]
        lines.append(
            BenefitLine(
                option=benefit,
                unit=unit,
                label=measure.label,
                use=use,
                reason=reason,
                effect=effect,
                direction=-1.0 if way == "lower" else 1.0,
                price=unit_price(unit, options),
                factor=benefit_factor(benefit, options, years),
            )
        )
    return tuple(lines)
