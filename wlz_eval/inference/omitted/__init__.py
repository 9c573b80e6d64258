"""Omitted variables: what something unseen would do to a regression coefficient, by the variance that it explains."""

from wlz_eval.inference.omitted.contours import contour_grid, draw_contour
from wlz_eval.inference.omitted.left import (
    BENCHMARK_COLUMNS,
    benchmark_bounds,
    critical_t,
    estimate_left,
    robustness_values,
)
from wlz_eval.inference.omitted.strength import (
    benchmark_strength,
    bias,
    partial_r2,
    partial_r2_of,
    residual_scale,
    robustness,
    se_factor,
)

__all__ = [
    "BENCHMARK_COLUMNS",
    "benchmark_bounds",
    "benchmark_strength",
    "bias",
    "contour_grid",
    "critical_t",
    "draw_contour",
    "estimate_left",
    "partial_r2",
    "partial_r2_of",
    "residual_scale",
    "robustness",
    "robustness_values",
    "se_factor",
]
