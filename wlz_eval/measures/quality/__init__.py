"""Can the data be trusted? What is held, for how many, and what looks wrong."""

from wlz_eval.measures.quality.clues import FALSE_ALARMS, KINDS, decide, places
from wlz_eval.measures.quality.figures import plot_completeness, plot_losses, plot_scores
from wlz_eval.measures.quality.quality import DataQuality, data_quality

__all__ = [
    "FALSE_ALARMS",
    "KINDS",
    "DataQuality",
    "data_quality",
    "decide",
    "places",
    "plot_completeness",
    "plot_losses",
    "plot_scores",
]
