"""Where notebooks run: kernels of this machine, or a cluster's workers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from wlz_eval.batch.berth import Ahead, Berth, end_kernel
from wlz_eval.batch.execute import Execution, execute
from wlz_eval.batch.lock import scratch_folder
from wlz_eval.batch.memory import available_memory, fits
from wlz_eval.batch.timings import Timing, Timings
from wlz_eval.batch.usage import Usage, peak_memory
from wlz_eval.batch.warm import WarmServer, WarmSource
from wlz_eval.release.workspace import Workspace

if TYPE_CHECKING:
    from wlz_eval.batch.state import CohortState

__all__ = ["LocalPlace", "Place"]


class Place(Protocol):
    """Where notebooks run."""

    @property
    def slots(self) -> int:
        """How many notebooks can run at once now."""

    def has_room(self, state: CohortState, name: str) -> bool:
        """Whether there is memory for this notebook beside what runs now."""

    def submit(self, state: CohortState, name: str) -> Future[Execution]:
        """Run a notebook of a cohort."""

    def expect(self) -> None:
        """Get ready for one notebook more, where that saves it time."""

    def news(self) -> Sequence[str]:
        """Return what a person should be told that happened since the last call."""

    def cancel_waiting(self) -> None:
        """Give up what was submitted and has not begun."""

    def stop(self) -> None:
        """End at once what runs."""

    def close(self) -> None:
        """Let go of everything."""


class LocalPlace:
    """Kernels of this machine, each watched by a thread.

    Parameters
    ----------
    workspace : Workspace
        Where the warm process keeps its files.
    workers : int
        Kernels at once.
    warm : bool
        Whether kernels are copies of a warm process, where the system allows that.
    """

    def __init__(self, workspace: Workspace, workers: int, warm: bool):
        self.slots = workers
        self._workspace = workspace
        self._warm = WarmSource() if warm else None
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="kernel")
        self._ends = ThreadPoolExecutor(1, thread_name_prefix="end")
        self._ahead = Ahead()
        self._kernels: dict[tuple[str, str], Any] = {}
        self._running: set[tuple[str, str]] = set()
        self._timings = Timings(workspace)

    def has_room(self, state: CohortState, name: str) -> bool:
        """Whether the memory that is left is enough for what it took last; one notebook runs in any case."""
        running = [(self._timings.megabytes(*job), self._held(job)) for job in list(self._running)]
        needed = self._timings.megabytes(state.prepared.id, name)
        return not running or fits(needed, available_memory(), running)

    def _held(self, job: tuple[str, str]) -> int:
        process = getattr(getattr(self._kernels.get(job), "provisioner", None), "pid", None)
        return peak_memory(process) if process else 0

    def submit(self, state: CohortState, name: str) -> Future[Execution]:
        """Run a notebook in a kernel of its own."""
        job = (state.prepared.id, name)
        self._running.add(job)
        warm = self._server()
        return self._threads.submit(self._execute, job, state.task(name), warm, self._ahead.take(warm))

    def expect(self) -> None:
        """Start a kernel ahead of the notebook that it is for."""
        self._ahead.prepare(scratch_folder(self._workspace.private), self._server())

    def _server(self) -> WarmServer | None:
        return self._warm.server(self._workspace.private) if self._warm is not None else None

    def _execute(
        self, job: tuple[str, str], task: Any, warm: WarmServer | None, ahead: Berth | None
    ) -> Execution:
        usage, began = Usage(), time.monotonic()

        def on_start(manager: Any) -> None:
            nonlocal usage
            self._kernels[job] = manager
            usage = manager.usage

        try:
            execution = execute(task, on_start, warm, ahead, self._ends.submit)
        finally:
            self._kernels.pop(job, None)
            self._running.discard(job)
        if execution.status == "succeeded":
            seconds = round(time.monotonic() - began, 3)
            self._timings.note(*job, Timing(seconds, round(usage.computing, 3), usage.megabytes))
        return execution

    def news(self) -> Sequence[str]:
        """Nothing happens here that the batch does not see itself."""
        return ()

    def cancel_waiting(self) -> None:
        """Nothing waits: no more is submitted than there are slots."""

    def stop(self) -> None:
        """Kill every kernel, and what it started."""
        for manager in list(self._kernels.values()):
            end_kernel(manager)

    def close(self) -> None:
        """Kill what still runs, and the warm process."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)
        self._ends.shutdown()
        self._ahead.close()
        self._timings.write()
        if self._warm is not None:
            self._warm.close()
