"""From an effect to money."""

from wlz_eval.value.benefits.lines import BenefitLine, benefit_factor, benefits, check_overlap, unit_price

__all__ = ["BenefitLine", "benefit_factor", "benefits", "check_overlap", "unit_price"]
