"""Overlap of two groups; lives in :mod:`wlz_eval.attribution.balance.overlap`."""

from wlz_eval.attribution.balance.overlap import draw_overlap, overlap_plot, overlap_table

__all__ = ["draw_overlap", "overlap_plot", "overlap_table"]
