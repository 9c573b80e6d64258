"""What one kernel runs in: a folder, a pipe for what its process writes, and its manager; and one made ready ahead."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wlz_eval.batch.output import Output

if TYPE_CHECKING:
    from wlz_eval.batch.kernel import OwnKernelManager
    from wlz_eval.batch.warm import WarmServer

__all__ = ["Ahead", "Berth", "end_kernel"]


class Berth:
    """A kernel's folder, pipe and manager. Its kernel starts when asked to, before or after its notebook is known.

    Parameters
    ----------
    scratch : Path
        Folder in which it makes one of its own.
    warm : WarmServer or None
        Process of which the kernel is a copy; it starts cold without one.

    Raises
    ------
    OSError
        When the folder cannot be made.
    """

    def __init__(self, scratch: Path, warm: WarmServer | None):
        # It brings papermill with it, which a batch with nothing to run does not need.
        from wlz_eval.batch.kernel import OwnKernelManager

        scratch.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=scratch, prefix="kernel-"))
        self.output = Output()
        self._closed = False
        self.manager: OwnKernelManager = OwnKernelManager(
            kernel_name="python3", connection_file=str(self.folder / "kernel.json"), warm=warm
        )

    def start(self) -> None:
        """Start the kernel, unless that was done."""
        from wlz_eval.batch.kernel import start_kernel

        if not self.manager.has_kernel:
            start_kernel(self.manager, self.folder, self.output)

    @property
    def alive(self) -> bool:
        """Whether its kernel was started and runs."""
        process = getattr(self.manager.provisioner, "process", None)
        return process is not None and process.poll() is None

    def end_kernel(self) -> None:
        """Kill its kernel at once, and what it started. Any thread may ask."""
        end_kernel(self.manager)

    def close(self) -> None:
        """End the kernel and what its log is told, and remove the folder; once. Any thread may ask."""
        from wlz_eval.batch.kernel import clean_up

        if not self._closed:
            self._closed = True
            self.end_kernel()
            clean_up(self.manager)
            self.output.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def end_kernel(manager: Any) -> None:
    """Kill a kernel at once, and what it started. Any thread may ask."""
    if manager.provisioner is not None:
        manager.provisioner.end()


class Ahead:
    """One kernel that is started before its notebook is known, so that the notebook need not wait for it.

    Only the batch's thread asks for it; it starts in a thread of its own.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._made: Future[Berth] | None = None

    def prepare(self, scratch: Path, warm: WarmServer | None) -> None:
        """Start a kernel, unless one waits already; one that would start cold is not started ahead."""
        if warm is not None and self._made is None:
            self._made = self._thread.submit(_started, scratch, warm)

    def take(self, warm: WarmServer | None) -> Berth | None:
        """Return the kernel that waits; None when none is ready, or when it has ended or is no copy of this process."""
        if self._made is None or not self._made.done():
            return None
        made, self._made = self._made, None
        if made.exception() is not None:
            # Whatever it is, the notebook meets it too, and says so.
            return None
        berth = made.result()
        if berth.manager.warm is warm and berth.alive:
            return berth
        berth.close()
        return None

    def close(self) -> None:
        """End the kernel that still waits."""
        self._thread.shutdown()
        if self._made is not None and self._made.exception() is None:
            self._made.result().close()
        self._made = None


def _started(scratch: Path, warm: WarmServer) -> Berth:
    berth = Berth(scratch, warm)
    try:
        berth.start()
    except BaseException:
        with contextlib.suppress(Exception):
            berth.close()
        raise
    return berth
