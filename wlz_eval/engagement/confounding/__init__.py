"""Support goes to those in need: what that does to the association of dose with outcomes."""

from wlz_eval.engagement.confounding.need import dose_by_need

__all__ = ["dose_by_need"]
