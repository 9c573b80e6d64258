"""Who is compared with whom, what differs between them, and what may be claimed about it."""

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect, draw_effects
from wlz_eval.attribution.balance import (
    BalanceByGroup,
    BalanceTable,
    PrognosticBalance,
    balance_by_group,
    balance_of,
    balance_table,
    distribution_table,
    draw_balance_by_group,
    draw_distribution,
    draw_overlap,
    love_plot,
    overlap_plot,
    overlap_table,
    prognostic_balance,
)
from wlz_eval.attribution.calibration.calibrate import calibrate
from wlz_eval.attribution.calibration.result import Calibration, draw_calibration
from wlz_eval.attribution.capabilities import METHODS, MatchSpec, capability_table
from wlz_eval.attribution.claims import ClaimVerdict, claim_sentence, claim_verdict, direction_words, may_say_caused
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, estimate_effect, hedges_g, naive_difference
from wlz_eval.attribution.effects.aipw import aipw_effect
from wlz_eval.attribution.effects.did import (
    BaselineComparison,
    baseline_comparison,
    difference_in_differences,
    draw_baseline_comparison,
    with_and_without,
)
from wlz_eval.attribution.effects.offered import StartedAndOffered, offered_and_started
from wlz_eval.attribution.effects.spillover import Spillover, programme_share, spillover
from wlz_eval.attribution.effects.subgroups import SubgroupEffects, draw_subgroups, effects_by_subgroup
from wlz_eval.attribution.effects.trend import ParallelTrend, parallel_trend
from wlz_eval.attribution.explore import ExplorePanel, explore
from wlz_eval.attribution.files import read_design_columns
from wlz_eval.attribution.imputed import (
    ImputedDesigns,
    ImputedEffect,
    draw_imputed_balance,
    estimate_imputed,
    match_imputed,
)
from wlz_eval.attribution.make import make_design
from wlz_eval.attribution.match import match
from wlz_eval.attribution.options import ComparisonType, MatchingOptions, OutcomeOptions, SelectionOptions
from wlz_eval.attribution.pipeline import attribute, design_for
from wlz_eval.attribution.pooling.pool import pool
from wlz_eval.attribution.pooling.result import PooledEffect, draw_pooled
from wlz_eval.attribution.propensity import NobodyMatchedError
from wlz_eval.attribution.scrutiny import Scrutiny, scrutinise
from wlz_eval.attribution.selection import SelectionVerdict, selection_verdict
from wlz_eval.attribution.sensitivity import (
    EValue,
    NoisyBaseline,
    OmittedVariable,
    PlaceboTests,
    ProgrammeOnly,
    RosenbaumBounds,
    baseline_drift,
    draw_contour,
    draw_e_value,
    draw_noisy_baseline,
    draw_placebo,
    draw_programme_only,
    draw_rosenbaum,
    e_value,
    e_value_of_effect,
    noisy_baseline,
    omitted_variable,
    omitted_variable_of_design,
    pair_differences,
    placebo,
    placebo_columns,
    programme_only,
    rosenbaum,
    rosenbaum_bounds,
)
from wlz_eval.attribution.specification.curve import SpecificationCurve, specification_curve
from wlz_eval.attribution.specification.plot import draw_specifications
from wlz_eval.attribution.standards.attrition import Attrition, attrition, draw_attrition, response_weighted_effect
from wlz_eval.attribution.standards.bounds import EffectBounds, draw_bounds, lee_bounds, worst_case_bounds
from wlz_eval.attribution.standards.collection import CollectionDifferences, collection_differences
from wlz_eval.attribution.standards.evidence import EvidenceFacts, EvidenceRating, rate_evidence
from wlz_eval.attribution.standards.lift import Lift, what_would_lift
from wlz_eval.attribution.standards.months import MonthsOfProgress, effect_in_months
from wlz_eval.attribution.standards.power import DetectableEffect, minimum_detectable_effect
from wlz_eval.attribution.standards.wwc import BaselineEquivalence, baseline_equivalence, draw_equivalence
from wlz_eval.attribution.tiers import TIER_WORDS, MeasurementMap, OutcomeTier, draw_map, measurement_map
from wlz_eval.attribution.weight import weight

__all__ = [
    "METHODS",
    "TIER_WORDS",
    "Attribution",
    "Attrition",
    "BalanceByGroup",
    "BalanceTable",
    "BaselineComparison",
    "BaselineEquivalence",
    "Calibration",
    "ClaimVerdict",
    "CollectionDifferences",
    "ComparisonType",
    "Design",
    "DetectableEffect",
    "EValue",
    "EffectBounds",
    "EffectEstimate",
    "EvidenceFacts",
    "EvidenceRating",
    "ExplorePanel",
    "ImputedDesigns",
    "ImputedEffect",
    "Lift",
    "MatchSpec",
    "MatchingOptions",
    "MeasurementMap",
    "MonthsOfProgress",
    "NobodyMatchedError",
    "NoisyBaseline",
    "OmittedVariable",
    "OutcomeEffect",
    "OutcomeOptions",
    "OutcomeTier",
    "ParallelTrend",
    "PlaceboTests",
    "PooledEffect",
    "PrognosticBalance",
    "ProgrammeOnly",
    "RosenbaumBounds",
    "Scrutiny",
    "SelectionOptions",
    "SelectionVerdict",
    "SpecificationCurve",
    "Spillover",
    "StartedAndOffered",
    "SubgroupEffects",
    "aipw_effect",
    "attribute",
    "attrition",
    "balance_by_group",
    "balance_of",
    "balance_table",
    "baseline_comparison",
    "baseline_drift",
    "baseline_equivalence",
    "calibrate",
    "capability_table",
    "claim_sentence",
    "claim_verdict",
    "collection_differences",
    "design_for",
    "difference_in_differences",
    "direction_words",
    "distribution_table",
    "draw_attrition",
    "draw_balance_by_group",
    "draw_baseline_comparison",
    "draw_bounds",
    "draw_calibration",
    "draw_contour",
    "draw_distribution",
    "draw_e_value",
    "draw_effects",
    "draw_equivalence",
    "draw_imputed_balance",
    "draw_map",
    "draw_noisy_baseline",
    "draw_overlap",
    "draw_placebo",
    "draw_pooled",
    "draw_programme_only",
    "draw_rosenbaum",
    "draw_specifications",
    "draw_subgroups",
    "e_value",
    "e_value_of_effect",
    "effect_in_months",
    "effects_by_subgroup",
    "estimate_effect",
    "estimate_imputed",
    "explore",
    "hedges_g",
    "lee_bounds",
    "love_plot",
    "make_design",
    "match",
    "match_imputed",
    "may_say_caused",
    "measurement_map",
    "minimum_detectable_effect",
    "naive_difference",
    "noisy_baseline",
    "offered_and_started",
    "omitted_variable",
    "omitted_variable_of_design",
    "overlap_plot",
    "overlap_table",
    "pair_differences",
    "parallel_trend",
    "placebo",
    "placebo_columns",
    "pool",
    "prognostic_balance",
    "programme_only",
    "programme_share",
    "rate_evidence",
    "read_design_columns",
    "response_weighted_effect",
    "rosenbaum",
    "rosenbaum_bounds",
    "scrutinise",
    "selection_verdict",
    "specification_curve",
    "spillover",
    "weight",
    "what_would_lift",
    "with_and_without",
    "worst_case_bounds",
]
