"""Exploring designs in JupyterLab: options to change, the design that they make, and its way into the plan."""

from wlz_eval.attribution.explore.panel import ExplorePanel, explore

__all__ = ["ExplorePanel", "explore"]
