"""What one unit of an outcome is worth, and when: price, weight and discounted years."""

from __future__ import annotations

from wlz_eval.reference.money import BoundedShape, UnitValue, unit_value
from wlz_eval.value.benefits.fading import Fading
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.prices.deflate import deflate
from wlz_eval.value.spread import Spread

__all__ = ["benefit_factor", "benefit_fading", "benefit_years", "distributional_weight", "unit_price"]


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


def _ranged(centre: float, low: float | None, high: float | None, shape: BoundedShape) -> Spread:
    return Spread(centre) if low is None and high is None else Spread(centre, 0.0, shape, low, high)


def _lasting(benefit: BenefitOptions, unit: UnitValue) -> tuple[Spread, Spread]:
    """Duration and decay: the plan's range, or the plan's number, or what the unit value says."""
    b, u, spreads = benefit, unit, []
    for said, own, theirs, own_range, their_range in (
        (
            b.duration_years is not None, b.duration_years, u.duration_years,
            (b.duration_low, b.duration_high, b.duration_distribution),
            (u.duration_low, u.duration_high, u.duration_distribution),
        ),
        (
            b.decay is not None, b.decay, u.decay,
            (b.decay_low, b.decay_high, b.decay_distribution), (u.decay_low, u.decay_high, u.decay_distribution),
        ),
    ):
        centre = float(theirs if own is None else own)
        ranged = own_range if said or own_range[:2] != (None, None) else their_range
        spreads.append(_ranged(centre, *ranged))
    return spreads[0], spreads[1]


def benefit_fading(benefit: BenefitOptions, options: ValueOptions, years: int) -> Fading:
    """When a benefit starts, how long it lasts and how it fades, with what is not known of that.

    Parameters
    ----------
    benefit : BenefitOptions
        Onset after the end of the programme, duration and decay; those of the unit value where it states none.
    options : ValueOptions
        Discount schedules and own unit values.
    years : int
        Length of the programme in years: its end is the year from which the onset counts.

    Raises
    ------
    OptionError
        When a range does not hold its own middle.
    """
    unit = unit_value(benefit.unit_value, options.unit_values)
    onset = unit.onset_year if benefit.onset_year is None else benefit.onset_year
    schedule = options.health_schedule if unit.discount == "health" else options.schedule
    return Fading(years + onset, *_lasting(benefit, unit), schedule)


def benefit_years(benefit: BenefitOptions, options: ValueOptions, years: int) -> tuple[tuple[int, float], ...]:
    """Years in which a benefit comes, and the present value of what one unit of money a year leaves of each.

    Parameters
    ----------
    benefit, options, years
        As for :func:`benefit_fading`.

    Returns
    -------
    tuple of (int, float)
        Year from the start of the programme, and what is expected of it: (1 - decay)^k times its discount factor, or
        the mean of that over the ranges of duration and decay.
    """
    found = benefit_fading(benefit, options, years)
    return tuple((found.start + k, float(v)) for k, v in enumerate(found.expected_weights))


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
    return benefit_fading(benefit, options, years).expected
