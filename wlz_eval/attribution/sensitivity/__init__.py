"""How far a result can be trusted: what hidden differences between the groups would do to it."""

from wlz_eval.attribution.sensitivity.evalue import EValue, draw_e_value, e_value, e_value_of_effect
from wlz_eval.attribution.sensitivity.noisy_baseline import (
    NoisyBaseline,
    baseline_drift,
    draw_noisy_baseline,
    noisy_baseline,
)
from wlz_eval.attribution.sensitivity.omitted import (
    OmittedVariable,
    omitted_variable,
    omitted_variable_of_design,
)
from wlz_eval.attribution.sensitivity.placebo import PlaceboTests, draw_placebo, placebo, placebo_columns
from wlz_eval.attribution.sensitivity.programme_only import ProgrammeOnly, draw_programme_only, programme_only
from wlz_eval.attribution.sensitivity.rosenbaum import (
    RosenbaumBounds,
    draw_rosenbaum,
    pair_differences,
    rosenbaum,
    rosenbaum_bounds,
)
from wlz_eval.inference.omitted import draw_contour

__all__ = [
    "EValue",
    "NoisyBaseline",
    "OmittedVariable",
    "PlaceboTests",
    "ProgrammeOnly",
    "RosenbaumBounds",
    "baseline_drift",
    "draw_contour",
    "draw_e_value",
    "draw_noisy_baseline",
    "draw_placebo",
    "draw_programme_only",
    "draw_rosenbaum",
    "e_value",
    "e_value_of_effect",
    "noisy_baseline",
    "omitted_variable",
    "omitted_variable_of_design",
    "pair_differences",
    "placebo",
    "placebo_columns",
    "programme_only",
    "rosenbaum",
    "rosenbaum_bounds",
]
