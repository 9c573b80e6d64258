"""Support goes to those in need: what that does to the association of dose with outcomes."""

from wlz_eval.engagement.confounding.balance import BalancedSlope, balance_words, balanced_slope
from wlz_eval.engagement.confounding.control import (
    Control,
    NegativeControls,
    control_words,
    negative_controls,
    usual_controls,
)
from wlz_eval.engagement.confounding.figures import (
    draw_dose_balance,
    draw_dose_explained,
    draw_negative_controls,
    draw_slope_contour,
    draw_slopes,
)
from wlz_eval.engagement.confounding.joint import DoseExplained, dose_explained, explained_words
from wlz_eval.engagement.confounding.leaving import Leaving, leaving, leaving_words
from wlz_eval.engagement.confounding.need import dose_by_need
from wlz_eval.engagement.confounding.reading import READINGS, Evidence, Reading, Slope, reading
from wlz_eval.engagement.confounding.sensitivity import SlopeSensitivity, sensitivity_words, slope_sensitivity
from wlz_eval.engagement.confounding.split import dose_around
from wlz_eval.engagement.confounding.whole import Confounding, confounding

__all__ = [
    "READINGS",
    "BalancedSlope",
    "Confounding",
    "Control",
    "DoseExplained",
    "Evidence",
    "Leaving",
    "NegativeControls",
    "Reading",
    "Slope",
    "SlopeSensitivity",
    "balance_words",
    "balanced_slope",
    "confounding",
    "control_words",
    "dose_around",
    "dose_by_need",
    "dose_explained",
    "draw_dose_balance",
    "draw_dose_explained",
    "draw_negative_controls",
    "draw_slope_contour",
    "draw_slopes",
    "explained_words",
    "leaving",
    "leaving_words",
    "negative_controls",
    "reading",
    "sensitivity_words",
    "slope_sensitivity",
    "usual_controls",
]
