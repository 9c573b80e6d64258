"""Effects: outcome models of a design, the naive difference, and what is estimated beyond the mean difference."""

from wlz_eval.attribution.effects.aipw import aipw_effect
from wlz_eval.attribution.effects.analysed import Analysed, analysed_children
from wlz_eval.attribution.effects.did import (
    BaselineComparison,
    baseline_comparison,
    difference_in_differences,
    draw_baseline_comparison,
    with_and_without,
)
from wlz_eval.attribution.effects.estimate import EffectEstimate, EffectMeasure, HedgesG, hedges_g
from wlz_eval.attribution.effects.models import OutcomeModel
from wlz_eval.attribution.effects.offered import StartedAndOffered, offered_and_started
from wlz_eval.attribution.effects.spillover import Spillover, programme_share, spillover
from wlz_eval.attribution.effects.subgroups import SubgroupEffects, draw_subgroups, effects_by_subgroup
from wlz_eval.attribution.effects.trend import ParallelTrend, parallel_trend
from wlz_eval.attribution.effects.verbs import estimate_effect, naive_difference

__all__ = [
    "Analysed",
    "BaselineComparison",
    "EffectEstimate",
    "EffectMeasure",
    "HedgesG",
    "OutcomeModel",
    "ParallelTrend",
    "Spillover",
    "StartedAndOffered",
    "SubgroupEffects",
    "aipw_effect",
    "analysed_children",
    "baseline_comparison",
    "difference_in_differences",
    "draw_baseline_comparison",
    "draw_subgroups",
    "effects_by_subgroup",
    "estimate_effect",
    "hedges_g",
    "naive_difference",
    "offered_and_started",
    "parallel_trend",
    "programme_share",
    "spillover",
    "with_and_without",
]
