"""The batch's end of a cluster."""

from __future__ import annotations

import contextlib
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wlz_eval.batch.cluster.connect import check_workers, connect
from wlz_eval.batch.cluster.identity import identity
from wlz_eval.batch.cluster.parcel import Job, Outcome, Store, unpack
from wlz_eval.batch.execute import Execution, NotebookTask
from wlz_eval.batch.interrupts import STOPPED
from wlz_eval.batch.lock import scratch_folder
from wlz_eval.batch.prepare import cohort_files
from wlz_eval.core.files import write_atomic

if TYPE_CHECKING:
    from wlz_eval.batch.request import RunRequest
    from wlz_eval.batch.state import CohortState
    from wlz_eval.release.workspace import Workspace

__all__ = ["ClusterPlace"]

#: Notebooks at once at most: each is watched by a thread.
_MOST = 256
#: Seconds without any worker, or without an answer of the scheduler, after which a run gives up.
PATIENCE = 90.0


class ClusterPlace:
    """Workers of a Dask cluster, one notebook a thread of theirs.

    Parameters
    ----------
    request : RunRequest
        With ``cluster``, ``share``, ``workers`` and ``kernels``.
    workspace : Workspace
        The output folder, which only this machine has to see when there is a ``share``.

    Raises
    ------
    RunError
        When the extra is not installed, the scheduler cannot be reached, it has no worker, or a worker differs.
    """

    def __init__(self, request: RunRequest, workspace: Workspace):
        self.run = uuid.uuid4().hex[:12]
        self._root = workspace.root
        self._workspace = workspace
        self._most = request.workers or _MOST
        self._warm = request.kernels == "warm"
        self._client = connect(request.cluster)
        url = request.share or str(scratch_folder(workspace.private))
        self._share = f"{url.rstrip('/')}/wlz-eval-{self.run}"
        self._identity = identity(request.studies != "none")
        self._news: deque[str] = deque()
        self._begun: dict[str, str] = {}
        self._waiting: dict[str, Any] = {}
        self._cohorts: dict[str, dict[str, str]] = {}
        self._stopping = False
        self._lost = ""
        try:
            self._store = Store(self._share)
            check_workers(self._client, self._share, self._store, self._identity)
            self._slots = _threads(self._client)
            self._client.subscribe_topic(f"wlz-eval-{self.run}", self._told)
        except BaseException:
            self._end_connection()
            raise
        self._jobs = ThreadPoolExecutor(_MOST, thread_name_prefix="cluster")
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="cluster-watch", daemon=True).start()

    @property
    def slots(self) -> int:
        """Threads of all workers; one more worker joins in, and one that is lost is missed, within seconds."""
        return max(min(self._slots, self._most, _MOST), 1)

    def has_room(self, state: CohortState, name: str) -> bool:
        """Memory is the workers' own to watch: a thread of theirs is room."""
        return True

    def submit(self, state: CohortState, name: str) -> Future[Execution]:
        """Send a notebook to the workers."""
        return self._jobs.submit(self._run, state, name, state.task(name))

    def expect(self) -> None:
        """Do nothing: a worker starts a kernel when it has a notebook."""

    def news(self) -> Sequence[str]:
        """Return what happened since the last call."""
        return [self._news.popleft() for _ in range(len(self._news))]

    def cancel_waiting(self) -> None:
        """Cancel what no worker has begun."""
        self._stopping = True
        self._cancel([future for key, future in list(self._waiting.items()) if key not in self._begun])

    def stop(self) -> None:
        """Cancel everything, and kill the kernels."""
        from wlz_eval.batch.cluster.worker import stop

        self._stopping = True
        self._on_workers(stop)
        self._cancel(list(self._waiting.values()))

    def close(self) -> None:
        """Let the workers forget this run, and remove what was shared."""
        from wlz_eval.batch.cluster.worker import forget

        self._over.set()
        self._stopping = True
        self._cancel(list(self._waiting.values()))
        self._jobs.shutdown(cancel_futures=True)
        self._on_workers(forget)
        self._end_connection()

    def _end_connection(self) -> None:
        with contextlib.suppress(Exception):
            Store(self._share).remove()
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)

    def _on_workers(self, function: Any) -> None:
        # A cluster that is gone has nothing left to stop.
        if not self._lost:
            with contextlib.suppress(Exception):
                self._client.run(function, self.run, on_error="ignore")

    def _cancel(self, futures: list[Any]) -> None:
        with contextlib.suppress(Exception):
            self._client.cancel(futures, force=True)

    def _run(self, state: CohortState, name: str, task: NotebookTask) -> Execution:
        from distributed import CancelledError, KilledWorker

        from wlz_eval.batch.cluster.worker import run_job

        key = f"wlz-eval-{self.run}-{state.prepared.id}-{name}"
        job = self._job(key, state, name, task)
        if self._lost or self._stopping:
            return self._given_up()
        # A worker that is lost costs a job nothing but time: the scheduler gives it to another one.
        future = self._client.submit(run_job, job, key=key, pure=False)
        self._waiting[key] = future
        try:
            outcome: Outcome = future.result()
        except CancelledError:
            return self._given_up()
        except KilledWorker as error:
            times = getattr(error, "allowed_failures", 0) + 1
            reason = f"{times} workers of the cluster were lost while they ran it: killed, or out of memory"
            return Execution("failed", reason, f"{reason}; their own logs say more", bug=True)
        finally:
            self._waiting.pop(key, None)
            self._begun.pop(key, None)
        if outcome.parcel:
            unpack(self._store.read(outcome.parcel, outcome.content), write_atomic, self._root)
            self._store.remove(outcome.parcel)
        return outcome.execution

    def _given_up(self) -> Execution:
        reason = STOPPED if self._stopping else self._lost or "the connection to the cluster's scheduler was lost"
        return Execution("failed", reason, reason)

    def _job(self, key: str, state: CohortState, name: str, task: NotebookTask) -> Job:
        """Send out all that the notebook reads: itself, the cohort, and the findings that it needs."""
        inputs = {f"notebook/{task.source.name}": self._store.add(task.source.read_bytes())}
        cohort = state.prepared.folder
        if cohort:
            sent = self._cohort(cohort)
            inputs.update({f"cohort/{Path(cohort).name}/{file}": content for file, content in sent.items()})
        for need in state.checked.graph[name].needs:
            for path in (
                self._workspace.findings_file(state.prepared.id, need),
                self._workspace.covariance_file(state.prepared.id, need),
            ):
                if path.exists():
                    relative = path.relative_to(self._root).as_posix()
                    inputs[f"out/{relative}"] = self._store.add(path.read_bytes())
        return Job(
            run=self.run,
            key=key,
            share=self._share,
            task=task,
            root=str(self._root),
            folder=cohort,
            inputs=inputs,
            identity=self._identity,
            warm=self._warm,
        )

    def _cohort(self, folder: str) -> dict[str, str]:
        """Send the tables and the plan of a cohort once."""
        if folder not in self._cohorts:
            self._cohorts[folder] = {p.name: self._store.add(p.read_bytes()) for p in cohort_files(Path(folder))}
        return self._cohorts[folder]

    def _told(self, event: tuple[float, dict[str, str]]) -> None:
        """Hear from a worker that it has begun; a second time, that it took over from one that was lost."""
        _, said = event
        if said["key"] in self._begun:
            name = said["key"].removeprefix(f"wlz-eval-{self.run}-")
            self._news.append(f"A worker was lost: {name} runs again on {said['worker']}.")
        self._begun[said["key"]] = said["worker"]

    def _watch(self) -> None:
        """Count the workers, and give up when there has been none for too long."""
        seen = time.monotonic()
        while not self._over.wait(2.0):
            with contextlib.suppress(Exception):
                count = _threads(self._client)
                if count:
                    seen, self._slots = time.monotonic(), count
            if time.monotonic() - seen > PATIENCE and not self._lost:
                self._lost = f"the cluster has had no worker, or no scheduler, for {PATIENCE:.0f} seconds"
                self._news.append(f"Giving up: {self._lost}.")
                self._cancel(list(self._waiting.values()))


def _threads(client: Any) -> int:
    return sum(client.nthreads().values())
