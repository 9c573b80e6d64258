"""How the programme was delivered: attendance, partners, contacts, feedback. Descriptions, never an effect."""

from wlz_eval.engagement.delivery.attendance import attendance_rates, attendance_table, child_counts
from wlz_eval.engagement.delivery.caseload import Caseload, caseload
from wlz_eval.engagement.delivery.feedback import ChildFeedback, child_feedback
from wlz_eval.engagement.delivery.figures import (
    draw_feedback,
    draw_funnel,
    draw_levels,
    draw_needs,
    draw_pooled,
    draw_rates,
    draw_runs,
    draw_scales,
)
from wlz_eval.engagement.delivery.framework import PracticeProfile, practice_profile
from wlz_eval.engagement.delivery.funnel import PartnerFunnel, partner_funnel
from wlz_eval.engagement.delivery.missed import MissedSessions, missed_runs, missed_sessions
from wlz_eval.engagement.delivery.partner_scales import PartnerScales, partner_scales
from wlz_eval.engagement.delivery.planned import Planned, planned_sessions
from wlz_eval.engagement.delivery.pooling import PooledRates, beta_hierarchy, pooled_rates
from wlz_eval.engagement.delivery.result import Delivery, delivery

__all__ = [
    "Caseload",
    "ChildFeedback",
    "Delivery",
    "MissedSessions",
    "PartnerFunnel",
    "PartnerScales",
    "Planned",
    "PooledRates",
    "PracticeProfile",
    "attendance_rates",
    "attendance_table",
    "beta_hierarchy",
    "caseload",
    "child_counts",
    "child_feedback",
    "delivery",
    "draw_feedback",
    "draw_funnel",
    "draw_levels",
    "draw_needs",
    "draw_pooled",
    "draw_rates",
    "draw_runs",
    "draw_scales",
    "missed_runs",
    "missed_sessions",
    "partner_funnel",
    "partner_scales",
    "planned_sessions",
    "pooled_rates",
    "practice_profile",
]
