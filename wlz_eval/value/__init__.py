"""Costs, benefits and their uncertainty; what is owed under an outcomes contract."""

from wlz_eval.value.appraisal import ValueResult, value
from wlz_eval.value.benefits import BenefitLine, benefit_factor, benefits, unit_price
from wlz_eval.value.contract import ContractResult, contract
from wlz_eval.value.costs import Costs, costs, programme_years
from wlz_eval.value.deflate import deflate
from wlz_eval.value.discount import discount_factors, present_value
from wlz_eval.value.figures import draw_amounts, draw_targets, draw_waterfall
from wlz_eval.value.npv import Appraisal
from wlz_eval.value.options import BenefitOptions, ValueOptions
from wlz_eval.value.terms import ContractTerms

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
