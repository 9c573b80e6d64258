"""What West London Zone has published, computed again; the pilot's small tables rebuilt; and what they could show."""

from wlz_eval.pilot.light import PilotInLight, pilot_in_light
from wlz_eval.pilot.page import Contradictions, PublishedFigures, published_contradictions, published_figures
from wlz_eval.pilot.rebuilt import Rebuilt, rebuilt_anchors

__all__ = [
    "Contradictions",
    "PilotInLight",
    "PublishedFigures",
    "Rebuilt",
    "pilot_in_light",
    "published_contradictions",
    "published_figures",
    "rebuilt_anchors",
]
