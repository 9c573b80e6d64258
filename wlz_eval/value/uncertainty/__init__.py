"""Everything that is uncertain: drawn together, moved one at a time, solved for, and weighed."""

from wlz_eval.value.uncertainty.build import check_correlations, input_names, value_model
from wlz_eval.value.uncertainty.information import information, partial_information, perfect_information
from wlz_eval.value.uncertainty.margins import EffectSpread, effect_spread
from wlz_eval.value.uncertainty.model import Drawn, Input, Line, ValueModel
from wlz_eval.value.uncertainty.oneway import Switch, scenario, switching, tornado, two_way
from wlz_eval.value.uncertainty.ratio import RatioInterval, ratio_interval
from wlz_eval.value.uncertainty.sampling import correlated_scores

__all__ = [
    "Drawn",
    "EffectSpread",
    "Input",
    "Line",
    "RatioInterval",
    "Switch",
    "ValueModel",
    "check_correlations",
    "correlated_scores",
    "effect_spread",
    "information",
    "input_names",
    "partial_information",
    "perfect_information",
    "ratio_interval",
    "scenario",
    "switching",
    "tornado",
    "two_way",
    "value_model",
]
