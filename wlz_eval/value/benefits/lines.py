"""From effects to lines of benefit: which outcomes may be valued, and for what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.reference.appraisal import optimism_bias
from wlz_eval.reference.money import UnitValue, unit_value
from wlz_eval.value.benefits.check import check_benefits, direction_of
from wlz_eval.value.benefits.line import BenefitLine, Use, is_assumed
from wlz_eval.value.benefits.overlap import check_overlap
from wlz_eval.value.benefits.worth import benefit_fading, distributional_weight, unit_price
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.prices.deflate import price_notes

__all__ = ["benefits", "make_line", "not_valued"]

PROGRAMME_ONLY = "It was measured for programme children only, so no effect can be known."


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


#: Confidence grade of an assumption without evidence.
ASSUMED = 6


def _grade(benefit: BenefitOptions, unit: UnitValue) -> int | None:
    """Grade of a benefit that states none: its unit value's, or that of an assumption where its chain holds one."""
    return ASSUMED if is_assumed(benefit, unit) else unit.confidence_grade


def _optimism(benefit: BenefitOptions, unit: UnitValue, options: ValueOptions) -> float:
    """Share taken off for optimism bias: by the benefit's own grade, or its chain's where the plan asks for it."""
    grade = benefit.confidence_grade
    if grade is None and options.optimism_bias:
        grade = _grade(benefit, unit)
    return 0.0 if grade is None else optimism_bias(grade).taken_off


def make_line(
    cohort: Cohort,
    options: ValueOptions,
    benefit: BenefitOptions,
    years: int,
    better: Mapping[str, str] | None,
    use: Use,
    reason: str,
    effect: Finding | None,
) -> BenefitLine:
    """Make one line of benefit; the use and the effect are the caller's to decide."""
    unit = unit_value(benefit.unit_value, options.unit_values)
    touched = [unit.price_year] if unit.price_basis == "calendar" else [unit.price_year, unit.price_year + 1]
    return BenefitLine(
        option=benefit,
        unit=unit,
        label=cohort.measure(benefit.measure).label,
        use=use,
        reason=reason,
        effect=effect,
        direction=-1.0 if direction_of(cohort, benefit.measure, better) == "lower" else 1.0,
        price=unit_price(unit, options),
        fading=benefit_fading(benefit, options, years),
        optimism=_optimism(benefit, unit, options),
        weight=distributional_weight(unit, options),
        price_note=" ".join(price_notes(touched, options.price_year, unit.currency)),
    )


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
    check_benefits(cohort, options, better)
    left_out = check_overlap(options.benefits, options.overlap, options.unit_values)
    lines = []
    for i, benefit in enumerate(options.benefits):
        effect = by_id.get(f"attribution.att.{benefit.measure}.{benefit.wave}")
        use, reason = _use(effect, tiers.get((benefit.measure, benefit.wave), ""))
        if i in left_out:
            use, reason = "excluded", left_out[i]
        lines.append(make_line(cohort, options, benefit, years, better, use, reason, effect))
    return tuple(lines)


def not_valued(options: ValueOptions, effects: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    """List outcomes that have an effect, or an adjusted difference, and no benefit in the plan.

    Their worth is left out of every sum, be it a gain or a loss: the page must say so.

    Returns
    -------
    tuple of (str, str)
        Outcome and wave, in the order of `effects`.

    Examples
    --------
    >>> not_valued(ValueOptions(), [])
    ()
    """
    valued = {(b.measure, b.wave) for b in options.benefits}
    found = dict.fromkeys(
        (f.outcome, f.wave)
        for f in effects
        if f.quantity == "att" and f.finding_id == f"attribution.att.{f.outcome}.{f.wave}" and _use(f)[0] != "excluded"
    )
    return tuple(key for key in found if key not in valued)
