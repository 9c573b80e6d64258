"""Raw measures into scores, bands, risk flags and progress."""

from wlz_eval.measures.frame import AnalysisFrame, analysis_frame
from wlz_eval.measures.options import RiskRule

__all__ = ["AnalysisFrame", "RiskRule", "analysis_frame"]
