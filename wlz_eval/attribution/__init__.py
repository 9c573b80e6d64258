"""Who is compared with whom, what differs between them, and what may be claimed about it."""

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect, draw_effects
from wlz_eval.attribution.balance import BalanceTable, balance_table, love_plot
from wlz_eval.attribution.capabilities import METHODS, MatchSpec, capability_table
from wlz_eval.attribution.claims import (
    ClaimVerdict,
    claim_sentence,
    claim_verdict,
    direction_words,
    may_say_caused,
)
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, estimate_effect, hedges_g, naive_difference
from wlz_eval.attribution.files import read_design_columns
from wlz_eval.attribution.match import match
from wlz_eval.attribution.options import ComparisonType, MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.attribution.overlap import draw_overlap, overlap_plot, overlap_table
from wlz_eval.attribution.pipeline import attribute, design_for
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.attribution.selection import SelectionVerdict, selection_verdict
from wlz_eval.attribution.tiers import TIER_WORDS, MeasurementMap, OutcomeTier, draw_map, measurement_map

__all__ = [
    "METHODS",
    "TIER_WORDS",
    "Attribution",
    "BalanceTable",
    "ClaimVerdict",
    "ComparisonType",
    "Design",
    "EffectEstimate",
    "MatchSpec",
    "MatchingOptions",
    "MeasurementMap",
    "NobodyMatchedError",
    "OutcomeEffect",
    "OutcomeOptions",
    "OutcomeTier",
    "SelectionOptions",
    "SelectionVerdict",
    "attribute",
    "balance_table",
    "capability_table",
    "claim_sentence",
    "claim_verdict",
    "design_for",
    "direction_words",
    "draw_effects",
    "draw_map",
    "draw_overlap",
    "estimate_effect",
    "hedges_g",
    "love_plot",
    "match",
    "may_say_caused",
    "measurement_map",
    "naive_difference",
    "overlap_plot",
    "overlap_table",
    "read_design_columns",
    "selection_verdict",
]
