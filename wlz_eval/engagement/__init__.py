"""Engagement and outcomes: exposure, association with dose, delivery. Nothing here estimates an effect."""

from wlz_eval.engagement.change import change_groups, dose_by_change
from wlz_eval.engagement.confounding import dose_by_need
from wlz_eval.engagement.delivery import Delivery, attendance_table, delivery, missed_runs
from wlz_eval.engagement.exposure import Dose, dose, exposures, has_delivery_data
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.pages import (
    Engagement,
    OutcomeSlope,
    draw_attendance,
    draw_dose,
    draw_slope,
    engagement,
)
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
