"""The pilot's own table: improved, about the same, got worse, by how much support children had.

From data to page: ``groups`` (who changed how, and the mean dose of each group), ``levels`` (shares by level of
engagement), ``trend`` (the permutation test), ``result``, ``figures``.
"""

from wlz_eval.engagement.change.figures import draw_change_by_level, draw_dose_by_change
from wlz_eval.engagement.change.groups import (
    GROUPS,
    change_groups,
    dose_by_change,
    measure_change_groups,
    risk_change_groups,
)
from wlz_eval.engagement.change.levels import change_by_level, thirds_of
from wlz_eval.engagement.change.result import ChangeByEngagement, change_by_engagement
from wlz_eval.engagement.change.trend import Trend, ordered_trend

__all__ = [
    "GROUPS",
    "ChangeByEngagement",
    "Trend",
    "change_by_engagement",
    "change_by_level",
    "change_groups",
    "dose_by_change",
    "draw_change_by_level",
    "draw_dose_by_change",
    "measure_change_groups",
    "ordered_trend",
    "risk_change_groups",
    "thirds_of",
]
