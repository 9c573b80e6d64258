"""Costs and benefits together: page 07."""

from wlz_eval.value.appraisal.figures import draw_waterfall
from wlz_eval.value.appraisal.npv import Appraisal, appraise
from wlz_eval.value.appraisal.result import ValueResult, value

__all__ = ["Appraisal", "ValueResult", "appraise", "draw_waterfall", "value"]
