"""Run parameterised notebooks for many cohorts. It knows notebooks, not statistics."""

from wlz_eval.batch.execute import CELL_TIMEOUT, NOTEBOOK_TIMEOUT
from wlz_eval.batch.planning import PlannedJob, RunPlan, plan_run
from wlz_eval.batch.progress import Progress, make_progress
from wlz_eval.batch.record import JobResult, Refusal, RunResult
from wlz_eval.batch.request import RunRequest
from wlz_eval.batch.run import run

__all__ = [
    "CELL_TIMEOUT",
    "NOTEBOOK_TIMEOUT",
    "JobResult",
    "PlannedJob",
    "Progress",
    "Refusal",
    "RunPlan",
    "RunRequest",
    "RunResult",
    "make_progress",
    "plan_run",
    "run",
]
