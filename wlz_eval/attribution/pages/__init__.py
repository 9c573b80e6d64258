"""What notebook 04 shows: sentences ready to be said, rows ready for a table or a figure."""

from wlz_eval.attribution.pages.facts import fact_rows
from wlz_eval.attribution.pages.further import (
    attrition_rows,
    baseline_rows,
    benchmark_rows,
    bound_rows,
    calibration_rows,
    collection_rows,
    contour_rows,
    equivalence_rows,
    evidence_rows,
    further_findings,
    further_values,
    needed_rows,
    other_estimate_rows,
    outcome_words,
    placebo_rows,
    prognostic_rows,
    rosenbaum_rows,
    said,
    specification_rows,
    spillover_rows,
    subgroup_rows,
    sweep_rows,
    why_open,
)
from wlz_eval.attribution.pages.outcomes import months_rows, several_rows
from wlz_eval.attribution.pages.sentences import (
    answer,
    balance_sentence,
    limits,
    nobody_unmatched,
    sentences,
    values,
    who_was_compared,
    why_not,
)
from wlz_eval.attribution.pages.tables import (
    balance_rows,
    effect_rows,
    flow_rows,
    map_rows,
    missing_rows,
    overlap_rows,
    profile_rows,
    size_rows,
    spread_rows,
)

__all__ = [
    "answer", "attrition_rows", "balance_rows", "balance_sentence", "baseline_rows", "benchmark_rows", "bound_rows",
    "calibration_rows", "collection_rows", "contour_rows", "effect_rows", "equivalence_rows", "evidence_rows",
    "fact_rows", "flow_rows", "further_findings", "further_values", "limits", "map_rows", "missing_rows",
    "months_rows", "needed_rows", "nobody_unmatched", "other_estimate_rows", "outcome_words", "overlap_rows",
    "placebo_rows", "profile_rows", "prognostic_rows", "rosenbaum_rows", "said", "sentences", "several_rows",
    "size_rows", "specification_rows", "spillover_rows", "spread_rows", "subgroup_rows", "sweep_rows", "values",
    "who_was_compared", "why_not", "why_open",
]
