"""Run the notebooks of many cohorts, and the studies: in order, several at once, each failure contained."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from wlz_eval.batch.desk import Desk
from wlz_eval.batch.execute import Execution
from wlz_eval.batch.interrupts import STOPPED, Interrupts
from wlz_eval.batch.lock import locked
from wlz_eval.batch.place import LocalPlace, Place
from wlz_eval.batch.prepare import Prepared, RefusedError, prepare
from wlz_eval.batch.progress import Progress, QuietProgress
from wlz_eval.batch.publishing import publish_cohort, publish_site, record_refusal
from wlz_eval.batch.record import JobResult, Refusal, RunResult, log_file, write_run_file
from wlz_eval.batch.request import CheckedRequest, CheckedRun, RunRequest, check_run
from wlz_eval.batch.state import CohortState
from wlz_eval.batch.studies import prepare_studies
from wlz_eval.batch.timeleft import TimeLeft
from wlz_eval.core.errors import GateRefusedError, StorageError, WlzEvalError
from wlz_eval.release.workspace import STUDIES, Workspace

__all__ = ["cohorts_of", "run"]



def run(request: RunRequest, progress: Progress | None = None) -> RunResult:
    """Run notebooks and publish their pages.

    Each cohort is checked, its notebooks run in the order of their needs, each in a fresh kernel of this
    interpreter with one thread for linear algebra, `workers` of them at once across all cohorts: a cohort that has
    begun goes before others, so that its pages are made while they run, and the longest notebook first. What has not
    changed is not run again. A notebook that fails stops what needs it and nothing else; a cohort that is refused
    stops nothing else. The studies of the method, where they are asked for, run in the same way.

    Parameters
    ----------
    request : RunRequest
        What to run.
    progress : Progress, optional
        Told of everything that happens.

    Returns
    -------
    RunResult
        With ``exit_code``, each notebook's status and reason, what was refused, and the page to open.

    Raises
    ------
    OptionError, RunError
        When the request itself is wrong, or another run holds the output folder.
    """
    checked = check_run(request)
    workspace = Workspace(request.out_dir)
    cohorts = cohorts_of(request)
    with locked(workspace.private):
        return _Batch(checked, workspace, progress or QuietProgress(), _place(checked, workspace)).run(cohorts)


def cohorts_of(request: RunRequest) -> list[str | Path]:
    """Return the cohorts of a request, each once; every shipped cohort when none is named."""
    if request.studies == "only":
        return []
    if request.cohorts:
        return list(dict.fromkeys(request.cohorts))
    from wlz_eval.cohort import shipped_cohorts

    return list(shipped_cohorts())


def _place(checked: CheckedRun, workspace: Workspace) -> Place:
    """Return where the notebooks run: here, or on the cluster that was named."""
    warm = checked.request.kernels == "warm"
    if not checked.request.cluster:
        return LocalPlace(workspace, checked.workers, warm)
    from wlz_eval.batch.cluster import ClusterPlace

    return ClusterPlace(checked.request, workspace)


class _Batch:
    """The state of one batch. Only the thread that calls :meth:`run` changes it."""

    def __init__(self, checked: CheckedRun, workspace: Workspace, progress: Progress, place: Place):
        self.checked = checked
        self.workspace = workspace
        self.progress = progress
        self.place = place
        self.states: dict[str, CohortState] = {}
        self.refused: list[Refusal] = []
        self.gate: dict[str, tuple[str, ...]] = {}
        self.faults: dict[str, str] = {}
        self.futures: dict[Future[Any], Callable[[Future[Any]], None]] = {}
        self.ready: dict[tuple[str, str], str] = {}
        self.uncancellable: set[Future[Any]] = set()
        self.interrupts = Interrupts()
        self.stopping = False
        self.clock = TimeLeft()
        self.unchecked = 0
        self.told = 0.0

    def run(self, cohorts: list[str | Path]) -> RunResult:
        self.progress.begin(self.checked.total(len(cohorts)))
        self.unchecked = len(cohorts) + (self.checked.studies is not None)
        desk = Desk(self.unchecked)
        try:
            with self.interrupts.counted():
                for cohort in cohorts:
                    checked = self.checked.for_cohorts()
                    overrides = checked.parameters.get("plan_overrides")
                    future = desk.submit(prepare, cohort, self.workspace, overrides, True, desk.call)
                    self.futures[future] = partial(self._prepared, asked=str(cohort), checked=checked)
                self._add_studies(desk)
                if not any(self.workspace.private.glob("*/*/manifest.json")):
                    # Nothing has ever run here, so a kernel will be wanted: it starts while cohorts are looked at.
                    self.place.expect()
                while self.futures:
                    self._step(desk)
        finally:
            self.place.close()
            desk.close()
            self.progress.close()
        return self._result()

    def _step(self, desk: Desk) -> None:
        done, _ = wait(self.futures, timeout=0.25, return_when=FIRST_COMPLETED)
        # In the order in which they were asked for, so that what is refused is told in the order of the cohorts.
        for future in [future for future in self.futures if future in done]:
            self.futures.pop(future)(future)
        for message in self.place.news():
            self.progress.note(message)
        if self.interrupts.count:
            self._stop()
        for state in self.states.values():
            self._advance(state, desk)
        self._tell_time()
        for cohort, name in sorted(self.ready, key=self._turn):
            if sum(len(state.running) for state in self.states.values()) >= self.place.slots:
                break
            if not self.place.has_room(self.states[cohort], name):
                break
            self._start(self.states[cohort], name, self.ready.pop((cohort, name)))
        if any(state.running for state in self.states.values()) and self._more_to_come():
            self.place.expect()

    def _more_to_come(self) -> bool:
        """Whether notebooks beside those that run may still have to."""
        waiting = any(len(s.results) + len(s.running) < len(s.checked.wanted) for s in self.states.values())
        return not self.interrupts.count and (waiting or self.unchecked > 0)

    def _turn(self, job: tuple[str, str]) -> tuple[bool, float]:
        """Put cohorts that have begun first, so that their pages are made while others run; then the longest."""
        state = self.states[job[0]]
        return not (state.running or state.results), -state.expected[job[1]]

    def _add_studies(self, desk: Desk) -> None:
        """Let the studies wait behind the cohorts: they are short, and fill what the cohorts leave idle."""
        if self.checked.fault:
            refusal = Refusal(STUDIES, self.checked.fault, tuple(self.checked.fault.splitlines()))
            self.refused.append(refusal)
            record_refusal(self.workspace, STUDIES, self.checked.request.audience, refusal)
            self.progress.refused(STUDIES, self.checked.fault, 0)
        elif self.checked.studies is not None:
            future = desk.submit(prepare_studies)
            self.futures[future] = partial(self._prepared, asked=STUDIES, checked=self.checked.studies)

    def _prepared(self, future: Future[Prepared], asked: str, checked: CheckedRequest) -> None:
        self.unchecked -= 1
        try:
            prepared = future.result()
            if prepared.id in self.states:
                other = self.states[prepared.id].prepared.folder
                message = (
                    f"{asked} and {other} have the same id {prepared.id!r}, so one would overwrite the other."
                    " Change the id in cohort.yaml, or run each with its own --out."
                )
                raise RefusedError(Refusal(asked, message, (message,)))
        except RefusedError as error:
            self.refused.append(error.refusal)
            if error.cohort_id and error.cohort_id not in self.states:
                record_refusal(self.workspace, error.cohort_id, self.checked.request.audience, error.refusal)
            self.progress.refused(asked, error.refusal.message, len(checked.wanted))
        except Exception:
            self._fault(asked)
        else:
            self.states[prepared.id] = CohortState(prepared, checked, self.workspace)

    def _advance(self, state: CohortState, desk: Desk) -> None:
        if state.closed:
            return
        settled, ready = state.advance() if not self.interrupts.count else ([], [])
        while settled:
            for result in settled:
                self._tell(result, state)
            settled, ready = state.advance()
        self.ready.update({(state.prepared.id, name): reason for name, reason in ready})
        if state.done:
            state.closed = True
            if not self.interrupts.count:
                future = desk.submit(publish_cohort, state, desk.call)
                self.futures[future] = partial(self._published, cohort=state.prepared.id)

    def _start(self, state: CohortState, name: str, reason: str) -> None:
        state.start(name, reason)
        self.progress.started(state.prepared.id, name, reason, str(self._log(state, name)))
        self.clock.started(state, name)
        future = self.place.submit(state, name)
        self.uncancellable.add(future)
        self.futures[future] = partial(self._ended, state=state, name=name)

    def _ended(self, future: Future[Execution], state: CohortState, name: str) -> None:
        seconds = self.clock.ended(state, name)
        try:
            execution = future.result()
        except Exception as error:
            details = "".join(traceback.format_exception(error))
            execution = Execution("failed", f"{type(error).__name__} in the suite itself", details, bug=True)
        if self.interrupts.count > 1 and execution.status == "failed":
            execution = Execution("failed", STOPPED, STOPPED)
        result = state.finish(name, execution, seconds)
        self._tell_time(at_once=True)
        self._tell(result, state)

    def _log(self, state: CohortState, name: str) -> Path:
        return log_file(self.workspace.audience_dir(state.prepared.id, state.audience), name)

    def _tell(self, result: JobResult, state: CohortState) -> None:
        """Tell how a notebook ended, with its log."""
        path = self._log(state, result.notebook)
        state.results[result.notebook] = replace(result, log=str(path) if path.exists() else "")
        self.progress.ended(state.results[result.notebook])

    def _tell_time(self, at_once: bool = False) -> None:
        """Tell how long the rest takes, once a second."""
        if at_once or time.monotonic() > self.told + 1:
            self.told = time.monotonic()
            slots = self.place.slots
            self.progress.left(self.clock.left(self.states.values(), self.unchecked, slots))

    def _published(self, future: Future[tuple[str, ...]], cohort: str) -> None:
        try:
            reasons = future.result()
        except Exception:
            self._fault(cohort)
            return
        if reasons:
            self.gate[cohort] = reasons
            self.progress.note(f"{cohort}: the publication gate refused its pages")

    def _fault(self, cohort: str) -> None:
        """Contain the exception at hand: it is shown in full, and the other cohorts go on."""
        error = sys.exception()
        self.faults[cohort] = str(error) if isinstance(error, WlzEvalError) else traceback.format_exc()
        self.progress.note(f"{cohort}: it could not be finished")

    def _stop(self) -> None:
        if not self.stopping:
            self.stopping = True
            self.place.cancel_waiting()
            self.progress.note("Stopping once what runs now is finished. Press Ctrl-C again to stop at once.")
        self.ready.clear()
        for future in [f for f in self.futures if f not in self.uncancellable and f.cancel()]:
            del self.futures[future]
        for state in self.states.values():
            for result in state.skip_rest(STOPPED):
                self._tell(result, state)
        if self.interrupts.count > 1:
            self.place.stop()

    def _result(self) -> RunResult:
        site = None
        if self.interrupts.count:
            for state in self.states.values():
                path = self.workspace.run_file(state.prepared.id, state.audience)
                try:
                    write_run_file(path, state.prepared.id, state.audience, state.everything())
                except StorageError:
                    self._fault(state.prepared.id)
        try:
            site = publish_site(self.workspace, self.checked.request.audience)
        except GateRefusedError as error:
            self.gate["site"] = tuple(str(error).splitlines())
        except Exception:
            self._fault("site")
        return RunResult(
            jobs=tuple(state.results[n] for state in self.states.values() for n in state.checked.wanted),
            refused=tuple(self.refused),
            gate=self.gate,
            faults=self.faults,
            site=site if site is not None and site.exists() else None,
            interrupted=bool(self.interrupts.count),
        )
