"""From effects to money: one line of benefit an outcome."""

from wlz_eval.value.benefits.fading import Fading
from wlz_eval.value.benefits.line import BenefitLine, benefit_link
from wlz_eval.value.benefits.lines import benefits, not_valued
from wlz_eval.value.benefits.overlap import check_overlap
from wlz_eval.value.benefits.published import PublishedSaving, published_saving
from wlz_eval.value.benefits.raw import RawChange, raw_change, raw_change_lines
from wlz_eval.value.benefits.worth import (
    benefit_factor,
    benefit_fading,
    benefit_years,
    distributional_weight,
    unit_price,
)

__all__ = [
    "BenefitLine",
    "Fading",
    "PublishedSaving",
    "RawChange",
    "benefit_factor",
    "benefit_fading",
    "benefit_link",
    "benefit_years",
    "benefits",
    "check_overlap",
    "distributional_weight",
    "not_valued",
    "published_saving",
    "raw_change",
    "raw_change_lines",
    "unit_price",
]
