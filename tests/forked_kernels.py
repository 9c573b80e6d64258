"""Kernels that are copies of one warm process, for tests that run many notebooks.

A kernel spends more on starting Python and importing the package than on most notebooks of a small cohort. Here each
kernel is forked from a process that has imported everything and done nothing: its own process, its own environment
and folder, no state of another notebook. Only the start differs; what a kernel of its own interpreter does is the
business of ``test_all_cohorts.py`` and ``test_batch_killed.py``, which start them as a batch does.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, parent_process
from pathlib import Path
from typing import Any

import pytest

from wlz_eval.batch.kernel import SINGLE_THREAD

#: Imported once, by the process that is copied.
WARM = [
    "forked_kernels", "formulaic", "ipykernel.kernelapp", "matplotlib.backends.backend_agg", "pandera.pandas",
    "pyarrow.parquet", "scipy.optimize", "wlz_eval.attribution.pages", "wlz_eval.release", "wlz_eval.report",
]  # fmt: skip


def be_kernel(argv: list[str], folder: str, environment: dict[str, str], log: str) -> None:
    """Become a kernel: a session, a folder, an environment and a log of its own, as a process started for it has."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with Path(log).open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = argv
    threading.Thread(target=end_with_parent, daemon=True).start()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


def end_with_parent() -> None:
    """Leave no kernel behind when the tests are killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


class ForkedKernel:
    """What jupyter_client asks of a kernel's ``Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, cmd: list[str], *, env: dict[str, str], cwd: str, stdout: Any, **_: Any):
        after_module = cmd[cmd.index("ipykernel_launcher") :]
        self._process = get_context("forkserver").Process(
            target=be_kernel, args=(after_module, cwd, env, stdout.name)
        )
        self._process.start()
        self.pid = self._process.pid
        # Signals go to the kernel's group, which is another's until it has one of its own.
        while self.poll() is None and os.getpgid(self.pid) != self.pid:
            time.sleep(0.005)

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        self._process.join(timeout)
        return self.poll()

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)


@contextmanager
def forked_kernels() -> Iterator[None]:
    """Start kernels as copies inside this context; where processes cannot be copied, as always."""
    if not sys.platform.startswith("linux"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("jupyter_client.provisioning.local_provisioner.launch_kernel", ForkedKernel)
        with pytest.MonkeyPatch.context() as environment:
            # What has to stand before the interpreter starts, as in `kernel_environment`.
            for name, value in {**SINGLE_THREAD, "PYTHONHASHSEED": "0"}.items():
                environment.setenv(name, value)
            # The process finds this module by its path, as pytest does.
            environment.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)
            forkserver.set_forkserver_preload(WARM)
            forkserver.ensure_running()
        yield
