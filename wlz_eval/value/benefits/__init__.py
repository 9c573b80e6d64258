"""From effects to money: one line of benefit an outcome."""

from wlz_eval.value.benefits.line import BenefitLine, benefit_link
from wlz_eval.value.benefits.lines import benefits
from wlz_eval.value.benefits.overlap import check_overlap
from wlz_eval.value.benefits.worth import benefit_factor, benefit_years, distributional_weight, unit_price

__all__ = [
    "BenefitLine",
    "benefit_factor",
    "benefit_link",
    "benefit_years",
    "benefits",
    "check_overlap",
    "distributional_weight",
    "unit_price",
]
