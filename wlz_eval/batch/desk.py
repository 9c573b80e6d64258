"""Who checks cohorts and makes pages while kernels run: one thread, and for several cohorts a process of its own.

In the batch's own process that work would hold the interpreter, and every message between a notebook and its kernel
would wait for a turn. One cohort's pages are made when its notebooks have ended, and wait for nobody.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from wlz_eval.core.errors import RunError

__all__ = ["SEVERAL", "Call", "Desk", "call_here"]

Answer = TypeVar("Answer")
#: Calls a function, here or in another process.
Call = Callable[..., Any]

#: Cohorts from which on there is a process.
SEVERAL = 2


def call_here(function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
    """Call a function in this process."""
    return function(*arguments, **options)


class Desk:
    """Does one thing after another.

    Parameters
    ----------
    cohorts : int
        How many cohorts the batch has.
    """

    def __init__(self, cohorts: int):
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._elsewhere = cohorts >= SEVERAL
        self._process: subprocess.Popen[bytes] | None = None

    def submit(self, function: Callable[..., Answer], *arguments: Any) -> Future[Answer]:
        """Call a function in the desk's thread; what takes it time should go to :meth:`call`."""
        return self._thread.submit(function, *arguments)

    def call(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Any:
        """Call a function in the desk's process, if there is one.

        Parameters
        ----------
        function : callable
            Of a module's top, so that the process finds it.
        arguments, options
            What can be sent there.

        Raises
        ------
        RunError
            When the process was killed twice.
        Exception
            Whatever the function raises.
        """
        if not self._elsewhere:
            return call_here(function, *arguments, **options)
        for _ in range(2):
            try:
                done, answer = self._ask((function, arguments, options))
            except (EOFError, OSError, pickle.UnpicklingError):
                # Killed, most often since memory ran out: what it had begun is not taken for finished.
                self._end()
                continue
            if done:
                return answer
            raise answer
        raise RunError(
            "The process that makes pages was killed, twice, most often by the system because memory ran out. Run fewer"
            " notebooks at once (--workers), or use a machine with more memory."
        )

    def close(self) -> None:
        """Finish what was begun, and end the process."""
        self._thread.shutdown(cancel_futures=True)
        self._end()

    def _ask(self, question: Any) -> tuple[bool, Any]:
        if self._process is None:
            self._process = _start()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(question, self._process.stdin)
        self._process.stdin.flush()
        done, answer = pickle.load(self._process.stdout)
        return bool(done), answer

    def _end(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                # What was asked of one that had ended is still held back, and cannot be sent any more.
                with contextlib.suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]


def _start() -> subprocess.Popen[bytes]:
    from wlz_eval.batch.kernel import SINGLE_THREAD

    return subprocess.Popen(
        [sys.executable, "-P", "-m", "wlz_eval.batch.desk_process"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **SINGLE_THREAD, "MPLBACKEND": "agg"},
    )  # fmt: skip
