"""Costs and benefits together: page 7."""

from wlz_eval.value.appraisal.costeffect import CostEffect, acceptability
from wlz_eval.value.appraisal.figures import (
    draw_acceptability,
    draw_illusion,
    draw_information,
    draw_perspectives,
    draw_plane,
    draw_tornado,
    draw_two_way,
    draw_waterfall,
    draw_years,
)
from wlz_eval.value.appraisal.make import value
from wlz_eval.value.appraisal.npv import Amounts, Appraisal, appraise
from wlz_eval.value.appraisal.payback import Payback, payback
from wlz_eval.value.appraisal.result import ValueResult

__all__ = [
    "Amounts",
    "Appraisal",
    "CostEffect",
    "Payback",
    "ValueResult",
    "acceptability",
    "appraise",
    "draw_acceptability",
    "draw_illusion",
    "draw_information",
    "draw_perspectives",
    "draw_plane",
    "draw_tornado",
    "draw_two_way",
    "draw_waterfall",
    "draw_years",
    "payback",
    "value",
]
