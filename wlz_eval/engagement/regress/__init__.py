"""Regressions of an outcome on dose among programme children. A slope is an association."""

from wlz_eval.engagement.regress.assumptions import Assumptions, assumptions
from wlz_eval.engagement.regress.brant import proportional_odds
from wlz_eval.engagement.regress.capabilities import (
    CAPABILITIES,
    MODELS,
    SCHOOL_EFFECTS,
    VARIANCES,
    capability_table,
)
from wlz_eval.engagement.regress.contextual import BetweenWithin, between_within
from wlz_eval.engagement.regress.figures import (
    draw_between_within,
    draw_influence,
    draw_normal,
    draw_residuals,
    draw_several,
    draw_treatments,
)
from wlz_eval.engagement.regress.influence import Influence, influence
from wlz_eval.engagement.regress.margins import average_margins
from wlz_eval.engagement.regress.several import SeveralExposures, several_exposures
from wlz_eval.engagement.regress.slope import FEWEST_CHILDREN, NO_POINTS, EngagementSlope, engagement_slope
from wlz_eval.engagement.regress.treatments import SchoolTreatments, school_treatments

__all__ = [
    "CAPABILITIES",
    "FEWEST_CHILDREN",
    "MODELS",
    "NO_POINTS",
    "SCHOOL_EFFECTS",
    "VARIANCES",
    "Assumptions",
    "BetweenWithin",
    "EngagementSlope",
    "Influence",
    "SchoolTreatments",
    "SeveralExposures",
    "assumptions",
    "average_margins",
    "between_within",
    "capability_table",
    "draw_between_within",
    "draw_influence",
    "draw_normal",
    "draw_residuals",
    "draw_several",
    "draw_treatments",
    "engagement_slope",
    "influence",
    "proportional_odds",
    "school_treatments",
    "several_exposures",
]
