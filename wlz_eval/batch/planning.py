"""What a run would do, and why, without doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from wlz_eval.batch.prepare import RefusedError, prepare
from wlz_eval.batch.record import Refusal
from wlz_eval.batch.request import RunRequest, check_run
from wlz_eval.batch.run import cohorts_of
from wlz_eval.batch.state import CohortState
from wlz_eval.batch.studies import prepare_studies
from wlz_eval.core.result import Result
from wlz_eval.release.workspace import STUDIES, Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PlannedJob", "RunPlan", "plan_run"]

Action = Literal["run", "run if needed", "keep"]


@dataclass(frozen=True)
class PlannedJob:
    """One notebook of one cohort, and what would become of it.

    Parameters
    ----------
    cohort, notebook : str
        Which.
    action : str
        ``run``, ``keep`` (nothing it depends on has changed), or ``run if needed`` (what it needs is run
        again, and it follows only if those findings change).
    reason : str
        Why.
    """

    cohort: str
    notebook: str
    action: Action
    reason: str


@dataclass(frozen=True)
class RunPlan(Result):
    """What a run would do.

    Parameters
    ----------
    jobs : tuple of PlannedJob
        Each notebook of each cohort.
    refused : tuple of Refusal
        Cohorts that would not be run.
    """

    jobs: tuple[PlannedJob, ...]
    refused: tuple[Refusal, ...] = ()

    title = "What a run would do"

    def table(self) -> pd.DataFrame:
        """One row a notebook: ``cohort``, ``notebook``, ``action``, ``reason``."""
        import pandas as pd

        return pd.DataFrame([vars(job) for job in self.jobs], columns=["cohort", "notebook", "action", "reason"])


def plan_run(request: RunRequest) -> RunPlan:
    """Say what :func:`~wlz_eval.batch.run.run` would do, and why; no kernel is started.

    Parameters
    ----------
    request : RunRequest
        What would be run.

    Returns
    -------
    RunPlan

    Raises
    ------
    OptionError, RunError
        When the request itself is wrong.
    """
    run = check_run(request)
    workspace = Workspace(request.out_dir)
    jobs: list[PlannedJob] = []
    refused: list[Refusal] = []
    for cohort in cohorts_of(request):
        checked = run.for_cohorts()
        try:
            prepared = prepare(cohort, workspace, checked.parameters.get("plan_overrides"), keep=False)
        except RefusedError as error:
            refused.append(error.refusal)
            continue
        jobs.extend(_plan_cohort(CohortState(prepared, checked, workspace)))
    if run.fault:
        refused.append(Refusal(STUDIES, run.fault))
    elif run.studies is not None:
        jobs.extend(_plan_cohort(CohortState(prepare_studies(), run.studies, workspace)))
    return RunPlan(tuple(jobs), tuple(refused))


def _plan_cohort(state: CohortState) -> list[PlannedJob]:
    actions: dict[str, Action] = {}
    found = []
    for name in state.checked.wanted:
        reason = state.why(name)
        again = [need for need in state.checked.graph[name].needs if actions[need] != "keep"]
        if reason:
            actions[name] = "run"
        elif again:
            actions[name], reason = "run if needed", f"what it needs is run: {', '.join(again)}"
        else:
            actions[name], reason = "keep", "unchanged"
        found.append(PlannedJob(state.prepared.id, name, actions[name], reason))
    return found
