"""Regressions of an outcome on dose among programme children. A slope is an association."""

from wlz_eval.engagement.regress.slope import FEWEST_CHILDREN, NO_POINTS, EngagementSlope, engagement_slope

__all__ = ["FEWEST_CHILDREN", "NO_POINTS", "EngagementSlope", "engagement_slope"]
