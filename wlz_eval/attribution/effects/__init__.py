"""Effects: outcome models of a design, the naive difference, and what is estimated beyond the mean difference."""

from wlz_eval.attribution.effects.analysed import Analysed, analysed_children
from wlz_eval.attribution.effects.estimate import EffectEstimate, EffectMeasure, HedgesG, hedges_g
from wlz_eval.attribution.effects.models import OutcomeModel
from wlz_eval.attribution.effects.verbs import estimate_effect, naive_difference

__all__ = [
    "Analysed",
    "EffectEstimate",
    "EffectMeasure",
    "HedgesG",
    "OutcomeModel",
    "analysed_children",
    "estimate_effect",
    "hedges_g",
    "naive_difference",
]
