"""Everything that is uncertain, drawn together."""

from wlz_eval.value.uncertainty.montecarlo import Draws, draw_benefits, mean_benefits

__all__ = ["Draws", "draw_benefits", "mean_benefits"]
