"""Raw measures into scores, bands, risk flags and progress."""

from wlz_eval.measures.change import Change, paired_change, wilson
from wlz_eval.measures.frame import AnalysisFrame, analysis_frame
from wlz_eval.measures.identification import Identification, identification, plot_areas, rules_table
from wlz_eval.measures.lift import what_would_lift
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress import Progress, plot_exit_rates, progress
from wlz_eval.measures.quality import DataQuality, data_quality, plot_completeness, plot_losses, plot_scores
from wlz_eval.measures.regression import (
    Population,
    exit_rate_expected,
    expected_exit_rate,
    expected_regression,
    population_of,
)
from wlz_eval.measures.risk import at_risk, risk_count, risk_flags

__all__ = [
    "AnalysisFrame",
    "Change",
    "DataQuality",
    "Identification",
    "Population",
    "Progress",
    "RiskRule",
    "analysis_frame",
    "at_risk",
    "data_quality",
    "exit_rate_expected",
    "expected_exit_rate",
    "expected_regression",
    "identification",
    "paired_change",
    "plot_areas",
    "plot_completeness",
    "plot_exit_rates",
    "plot_losses",
    "plot_scores",
    "population_of",
    "progress",
    "risk_count",
    "risk_flags",
    "rules_table",
    "what_would_lift",
    "wilson",
]
