"""Every figure of pages 5 and 6, from the rooms that draw them, each from released data: never a point a child."""

from wlz_eval.engagement.change import draw_change_by_level, draw_dose_by_change
from wlz_eval.engagement.confounding import (
    draw_dose_balance,
    draw_dose_explained,
    draw_negative_controls,
    draw_slope_contour,
    draw_slopes,
)
from wlz_eval.engagement.dose import draw_dose_curve, draw_dose_for_change, draw_need_slopes, draw_share_curve
from wlz_eval.engagement.journeys import draw_flow, draw_stages, draw_states, draw_timeline, draw_touchpoints
from wlz_eval.engagement.pages import draw_slope
from wlz_eval.engagement.regress import (
    draw_between_within,
    draw_influence,
    draw_normal,
    draw_residuals,
    draw_several,
    draw_treatments,
)

__all__ = [
    "draw_between_within", "draw_change_by_level", "draw_dose_balance", "draw_dose_by_change", "draw_dose_curve",
    "draw_dose_explained", "draw_dose_for_change", "draw_flow", "draw_influence", "draw_need_slopes",
    "draw_negative_controls", "draw_normal", "draw_residuals", "draw_several", "draw_share_curve", "draw_slope",
    "draw_slope_contour", "draw_slopes", "draw_stages", "draw_states", "draw_timeline", "draw_touchpoints",
    "draw_treatments",
]
