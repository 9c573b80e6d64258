"""Engagement and outcomes: exposure, association with dose, delivery, journeys. Nothing here estimates an effect.

Rooms, from data to page: ``exposure`` (how much each child had), ``regress`` (the slope of an outcome on it), ``dose``
(its shape, and backwards), ``confounding`` (need and the unseen), ``change`` (improved, same, worse), ``pages`` (page
5); ``delivery`` and ``journeys`` (page 6). ``figures`` gathers what they draw.
"""

from wlz_eval.engagement.change import change_by_engagement
from wlz_eval.engagement.confounding import confounding
from wlz_eval.engagement.delivery import Delivery, delivery
from wlz_eval.engagement.dose import dose_curve, dose_for_change, dose_for_share, interaction_with_need
from wlz_eval.engagement.exposure import Dose, describe_exposure, dose, exposures, has_delivery_data, high_engagement
from wlz_eval.engagement.journeys import Journeys, journeys, service_map
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.pages import Engagement, engagement
from wlz_eval.engagement.regress import EngagementSlope, engagement_slope

__all__ = [
    "Delivery",
    "Dose",
    "Engagement",
    "EngagementOptions",
    "EngagementSlope",
    "Journeys",
    "change_by_engagement",
    "confounding",
    "delivery",
    "describe_exposure",
    "dose",
    "dose_curve",
    "dose_for_change",
    "dose_for_share",
    "engagement",
    "engagement_slope",
    "exposures",
    "has_delivery_data",
    "high_engagement",
    "interaction_with_need",
    "journeys",
    "service_map",
]
