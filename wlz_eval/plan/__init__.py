"""The analysis plan: composed of what each package lets a plan say; loading, locking, departures."""

from wlz_eval.plan.disclosure import DisclosureOptions
from wlz_eval.plan.explain import explain_plan
from wlz_eval.plan.load import check_plan, load_cohort_and_plan, load_plan, make_plan, planned_columns
from wlz_eval.plan.lock import PlanStatus, lock_plan
from wlz_eval.plan.model import PlanModel
from wlz_eval.plan.overrides import Departure
from wlz_eval.plan.plan import Plan

__all__ = [
    "Departure",
    "DisclosureOptions",
    "Plan",
    "PlanModel",
    "PlanStatus",
    "check_plan",
    "explain_plan",
    "load_cohort_and_plan",
    "load_plan",
    "lock_plan",
    "make_plan",
    "planned_columns",
]
