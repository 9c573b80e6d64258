"""How the programme was delivered."""

from wlz_eval.engagement.delivery.attendance import attendance_table, missed_runs
from wlz_eval.engagement.delivery.result import Delivery, delivery

__all__ = ["Delivery", "attendance_table", "delivery", "missed_runs"]
