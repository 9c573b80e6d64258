"""A batch of toys on a system that lacks something, pretended before anything is imported: SYSTEM BOOKS OUT COHORT."""

from __future__ import annotations

import os
import select
import signal
import sys
import types


def _without_fork() -> None:
    del os.fork


def _windows() -> None:
    """Take away what Windows has not, as far as the libraries beneath can do without it on this system."""
    # The standard library asks for msvcrt to know where it is: it is not to be deceived, nor what builds on it.
    import asyncio  # noqa: F401
    import fcntl
    import multiprocessing.connection  # noqa: F401
    import subprocess  # noqa: F401

    import psutil  # noqa: F401
    import zmq  # noqa: F401

    flock, held = fcntl.flock, (fcntl.LOCK_EX | fcntl.LOCK_NB)
    for name in ("fork", "setsid", "killpg", "pread", "pwrite", "sched_getaffinity", "waitid", "register_at_fork"):
        if hasattr(os, name):
            delattr(os, name)
    # SIGKILL stays: the standard library's own processes need it on this system.
    del select.poll, signal.set_wakeup_fd
    sys.modules["fcntl"] = None

    def locking(descriptor: int, mode: int, length: int) -> None:
        try:
            flock(descriptor, held)
        except OSError:
            raise PermissionError(13, "Permission denied") from None

    sys.modules["msvcrt"] = types.SimpleNamespace(locking=locking, LK_NBLCK=2)


if __name__ == "__main__":
    system, books, out, cohort = sys.argv[1:]
    {"no fork": _without_fork, "windows": _windows}[system]()
    from pathlib import Path

    import pytest
    from toy_batch import fake_publish

    from wlz_eval.batch import RunRequest, run
    from wlz_eval.batch.lock import locked
    from wlz_eval.batch.warm import can_be_warm
    from wlz_eval.core.errors import RunError

    assert not can_be_warm()
    with pytest.MonkeyPatch.context() as patch:
        fake_publish(patch)
        request = RunRequest(cohorts=(cohort,), notebooks_dir=Path(books), out_dir=out, workers=2)
        result = run(request)
        if result.exit_code:
            sys.exit(str(result.jobs) + "".join(job.detail for job in result.jobs))
        with locked(Path(out, ".work")):
            try:
                run(request)
            except RunError as error:
                Path(out, "refused.txt").write_text(str(error))
