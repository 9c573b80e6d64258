"""What one unit of an outcome is worth, and when: price, weight and discounted years."""

from __future__ import annotations

import numpy as np

from wlz_eval.reference.money import UnitValue, unit_value
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.prices.deflate import deflate
from wlz_eval.value.prices.discount import discount_factors

__all__ = ["benefit_factor", "benefit_years", "distributional_weight", "unit_price"]


def unit_price(unit: UnitValue, options: ValueOptions) -> float:
    """Worth of one unit in the plan's price year."""
    return float(deflate(unit.value, unit.price_year, options.price_year, unit.currency, unit.price_basis))


def distributional_weight(unit: UnitValue, options: ValueOptions) -> float:
    """Weight of a pound that families gain: (their income / the median) to the power of minus the elasticity.

    What agencies gain, and everything where the plan states no ``household_income``, has weight 1.

    Source: HM Treasury, *The Green Book* (2020), annex 3: elasticity 1.3, after Layard and others (2008).

    Examples
    --------
    >>> from wlz_eval.reference.money import unit_value
    >>> round(distributional_weight(unit_value("absence_day"), ValueOptions(household_income=0.5)), 4)
    2.4623
    """
    if options.household_income is None or unit.who != "household":
        return 1.0
    return float(options.household_income**-options.income_elasticity)


def benefit_years(benefit: BenefitOptions, options: ValueOptions, years: int) -> tuple[tuple[int, float], ...]:
    """Years in which a benefit comes, and the present value of what one unit of money a year leaves of each.

    Parameters
    ----------
    benefit : BenefitOptions
        Onset after the end of the programme, duration and decay; those of the unit value where it states none.
    options : ValueOptions
        Discount schedules and own unit values.
    years : int
        Length of the programme in years: its end is the year from which the onset counts.

    Returns
    -------
    tuple of (int, float)
        Year from the start of the programme, and (1 - decay)^k times its discount factor.
    """
    unit = unit_value(benefit.unit_value, options.unit_values)
    onset = unit.onset_year if benefit.onset_year is None else benefit.onset_year
    duration = unit.duration_years if benefit.duration_years is None else benefit.duration_years
    decay = unit.decay if benefit.decay is None else benefit.decay
    k = np.arange(duration)
    when = years + onset + k
    schedule = options.health_schedule if unit.discount == "health" else options.schedule
    left = (1.0 - decay) ** k * discount_factors(when, schedule)
    return tuple((int(y), float(v)) for y, v in zip(when, left, strict=True))


def benefit_factor(benefit: BenefitOptions, options: ValueOptions, years: int) -> float:
    """Present value, at the start of the programme, of one unit of money a year while a benefit lasts.

    The sum of :func:`benefit_years`, whose parameters it has.

    Returns
    -------
    float

    Examples
    --------
    >>> one = BenefitOptions(measure="m", unit_value="neet_year", units_per_point=1, source="illustrative")
    >>> round(benefit_factor(one, ValueOptions(), 2), 6) == round(1.035**-2, 6)
    True
    """
    return float(np.sum([value for _, value in benefit_years(benefit, options, years)]))
