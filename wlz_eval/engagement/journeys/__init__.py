"""Journeys: each child's time in the programme as a sequence of contacts and support."""

from wlz_eval.engagement.journeys.cards import participant_card, partner_cards
from wlz_eval.engagement.journeys.facts import CAUTION
from wlz_eval.engagement.journeys.figures import (
    draw_flow,
    draw_stages,
    draw_states,
    draw_timeline,
    draw_touchpoints,
)
from wlz_eval.engagement.journeys.result import Journeys, journeys
from wlz_eval.engagement.journeys.search import CRITERIA, find_groups
from wlz_eval.engagement.journeys.sequences import Sequences, sequences
from wlz_eval.engagement.journeys.service import ServiceMap, service_map

__all__ = [
    "CAUTION",
    "CRITERIA",
    "Journeys",
    "Sequences",
    "ServiceMap",
    "draw_flow",
    "draw_stages",
    "draw_states",
    "draw_timeline",
    "draw_touchpoints",
    "find_groups",
    "journeys",
    "participant_card",
    "partner_cards",
    "sequences",
    "service_map",
]
