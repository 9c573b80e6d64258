"""The pilot's own table: improved, about the same, got worse, by how much support children had."""

from wlz_eval.engagement.change.groups import GROUPS, change_groups, dose_by_change

__all__ = ["GROUPS", "change_groups", "dose_by_change"]
