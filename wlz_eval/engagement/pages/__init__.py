"""What page 5 says: ``outcome`` (one slope), ``examined`` (the main one from every side), ``result``, ``words``."""

from wlz_eval.engagement.pages.examined import Examined, examine
from wlz_eval.engagement.pages.figures import draw_slope
from wlz_eval.engagement.pages.outcome import OutcomeSlope
from wlz_eval.engagement.pages.result import Engagement, engagement

__all__ = ["Engagement", "Examined", "OutcomeSlope", "draw_slope", "engagement", "examine"]
