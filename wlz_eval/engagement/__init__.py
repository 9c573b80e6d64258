"""Engagement and outcomes: exposure, association with dose, delivery. Nothing here estimates an effect."""

from wlz_eval.engagement.analysis import Engagement, OutcomeSlope, engagement
from wlz_eval.engagement.delivery import Delivery, attendance_table, delivery, missed_runs
from wlz_eval.engagement.exposure import Dose, dose, exposures, has_delivery_data
from wlz_eval.engagement.figures import draw_attendance, draw_dose, draw_slope
from wlz_eval.engagement.groups import change_groups, dose_by_change, dose_by_need
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.regress import EngagementSlope, engagement_slope

__all__ = [
    "Delivery",
    "Dose",
    "Engagement",
    "EngagementOptions",
    "EngagementSlope",
    "OutcomeSlope",
    "attendance_table",
    "change_groups",
    "delivery",
    "dose",
    "dose_by_change",
    "dose_by_need",
    "draw_attendance",
    "draw_dose",
    "draw_slope",
    "engagement",
    "engagement_slope",
    "exposures",
    "has_delivery_data",
    "missed_runs",
]
