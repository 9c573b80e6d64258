"""What page 05 says: the result of the plan's exposure and outcomes, and its figures."""

from wlz_eval.engagement.pages.figures import draw_attendance, draw_dose, draw_slope
from wlz_eval.engagement.pages.result import Engagement, OutcomeSlope, engagement

__all__ = ["Engagement", "OutcomeSlope", "draw_attendance", "draw_dose", "draw_slope", "engagement"]
