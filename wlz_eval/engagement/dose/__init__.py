"""How much: the curve of an outcome by dose, whether need changes it, and how much dose goes with a given change."""

from wlz_eval.engagement.dose.change import CHANGE_READINGS, DoseForChange, dose_for_change
from wlz_eval.engagement.dose.curve import DoseCurve, dose_curve
from wlz_eval.engagement.dose.fieller import FiellerSet, fieller_set
from wlz_eval.engagement.dose.figures import (
    draw_dose_curve,
    draw_dose_for_change,
    draw_need_slopes,
    draw_share_curve,
)
from wlz_eval.engagement.dose.need import NeedInteraction, interaction_with_need
from wlz_eval.engagement.dose.sample import DoseWording
from wlz_eval.engagement.dose.share import SHARE_READINGS, DoseForShare, dose_for_share

__all__ = [
    "CHANGE_READINGS", "SHARE_READINGS", "DoseCurve", "DoseForChange", "DoseForShare", "DoseWording", "FiellerSet",
    "NeedInteraction", "dose_curve", "dose_for_change", "dose_for_share", "draw_dose_curve", "draw_dose_for_change",
    "draw_need_slopes", "draw_share_curve", "fieller_set", "interaction_with_need",
]
