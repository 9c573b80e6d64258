"""Costs, benefits and their uncertainty; what is owed under an outcomes contract."""

from wlz_eval.value.appraisal import Appraisal, ValueResult, draw_waterfall, value
from wlz_eval.value.benefits import BenefitLine, benefit_factor, benefits, unit_price
from wlz_eval.value.contract import ContractResult, ContractTerms, contract, draw_targets
from wlz_eval.value.costs import Costs, costs, programme_years
from wlz_eval.value.figures import draw_amounts
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.prices import deflate, discount_factors, present_value

__all__ = [
    "Appraisal",
    "BenefitLine",
    "BenefitOptions",
    "ContractResult",
    "ContractTerms",
    "Costs",
    "ValueOptions",
    "ValueResult",
    "benefit_factor",
    "benefits",
    "contract",
    "costs",
    "deflate",
    "discount_factors",
    "draw_amounts",
    "draw_targets",
    "draw_waterfall",
    "present_value",
    "programme_years",
    "unit_price",
    "value",
]
