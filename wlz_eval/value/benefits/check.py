"""What is wrong with the benefits of a plan, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.reference.appraisal import value_link
from wlz_eval.reference.money import UnitValue, unit_value
from wlz_eval.reference.payers import payers
from wlz_eval.value.benefits.line import benefit_link
from wlz_eval.value.benefits.worth import benefit_factor, unit_price
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.spread import Spread

__all__ = ["check_benefits", "direction_of"]


def direction_of(cohort: Cohort, measure: str, better: Mapping[str, str] | None) -> str:
    """Say which way is good: ``higher``, ``lower`` or ``unclear``; the plan's word first, then the measure's own."""
    return (better or {}).get(measure) or cohort.measure(measure).better


def _of_unit(cohort: Cohort, options: ValueOptions, benefit: BenefitOptions, unit: UnitValue) -> Iterator[str]:
    if unit.refused:
        yield f"Unit value {unit.name!r} cannot be used: {unit.refused}."
    try:
        Spread(1.0, unit.relative_sd, unit.distribution, unit.relative_low, unit.relative_high)
    except OptionError as error:
        yield f"Unit value {unit.name!r}, as a share of its value: {error}"
    if unit.currency != cohort.currency:
        yield (
            f"Unit value {unit.name!r} is in {unit.currency} and the cohort's money in {cohort.currency}. "
            "Amounts of two currencies are never added: use a unit value in the cohort's currency, or "
            "leave the benefit out."
        )
    ranges = (benefit.duration_low, benefit.duration_high, unit.duration_low, unit.duration_high)
    if unit.discounted and ((benefit.duration_years or 1) > 1 or any(x is not None for x in ranges)):
        yield (
            f"Unit value {unit.name!r} is already a present value over many years, so duration_years must be 1, "
            f"not {benefit.duration_years or 'a range'}, and its duration has no range."
        )
    known = {row.group for row in payers().values()} | {unit.beneficiary, "child", "families", *options.payers.values()}
    for name in sorted(set(benefit.shares) - known):
        yield f"The benefit of {benefit.measure} names an unknown gainer {name!r} under shares. " + suggestion(
            name, sorted(known)
        )
    if unit.kind == "fiscal" and unit.cashable is not None and not unit.cashable_source.strip():
        yield (
            f"Unit value {unit.name!r} states a cashable share and not where it comes from. Give cashable_source, or "
            "leave the share out: the page then says that it is not known."
        )
    if unit.kind != "fiscal" and benefit.cashable:
        yield (
            f"The benefit of {benefit.measure} is {unit.kind}, and only a fiscal benefit can be cashed: remove "
            "'cashable', or choose a fiscal unit value."
        )


def _problems(
    cohort: Cohort, options: ValueOptions, benefit: BenefitOptions, better: Mapping[str, str] | None
) -> Iterator[str]:
    try:
        unit = unit_value(benefit.unit_value, options.unit_values)
        way = direction_of(cohort, benefit.measure, better)
        benefit_link(benefit)
    except OptionError as error:
        yield str(error)
        return
    yield from _of_unit(cohort, options, benefit, unit)
    if benefit.link and not (row := value_link(benefit.link)).fits(benefit.measure, unit.name):
        yield (
            f"Link {row.name!r} leads from {', '.join(row.measures.split())} to {', '.join(row.unit_values.split())}, "
            f"not from {benefit.measure} to {unit.name}. Name another link, or give units_per_point with its source."
        )
    if way == "unclear":
        yield (
            f"The benefit of {benefit.measure} cannot be valued: it is unclear which way is good. State "
            "'better' for that outcome in the plan, or remove the benefit."
        )
    try:
        benefit_factor(benefit, options, 1)
        if unit.currency == cohort.currency:
            unit_price(unit, options)
    except OptionError as error:
        yield f"Unit value {unit.name!r}: {error}"


def check_benefits(cohort: Cohort, options: ValueOptions, better: Mapping[str, str] | None = None) -> None:
    """Refuse benefits that cannot be valued, with everything that is wrong at once.

    Raises
    ------
    OptionError
        For an unknown or unusable unit value, an unknown outcome or link, another currency, a price year outside the
        price index, a present value that is paid year after year, or an outcome of which it is unclear which way is
        good.
    """
    wrong = [p for b in options.benefits for p in _problems(cohort, options, b, better)]
    if wrong:
        raise OptionError("\n".join(dict.fromkeys(wrong)))
