"""Regressions of an outcome on dose among programme children. A slope is an association."""

from wlz_eval.engagement.regress.capabilities import (
    CAPABILITIES,
    MODELS,
    SCHOOL_EFFECTS,
    VARIANCES,
    capability_table,
)
from wlz_eval.engagement.regress.margins import average_margins
from wlz_eval.engagement.regress.slope import FEWEST_CHILDREN, NO_POINTS, EngagementSlope, engagement_slope

__all__ = [
    "CAPABILITIES",
    "FEWEST_CHILDREN",
    "MODELS",
    "NO_POINTS",
    "SCHOOL_EFFECTS",
    "VARIANCES",
    "EngagementSlope",
    "average_margins",
    "capability_table",
    "engagement_slope",
]
