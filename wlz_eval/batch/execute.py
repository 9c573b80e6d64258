"""Run one notebook in a fresh kernel, and know for certain how it ended.

The status comes from exceptions, never from the notebook: papermill marks the cells of a killed kernel as
completed. The executed notebook is written whole, after success, or not at all.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wlz_eval.batch.berth import Berth
from wlz_eval.batch.clean import clean_notebook
from wlz_eval.batch.reasons import DISK, cell_reason, death_reason
from wlz_eval.batch.warm import WarmServer
from wlz_eval.core import errors
from wlz_eval.core.errors import StorageError
from wlz_eval.core.files import storage_error, write_atomic

__all__ = ["CELL_TIMEOUT", "NOTEBOOK_TIMEOUT", "Execution", "NotebookTask", "execute"]

#: Seconds that one cell may take unless the run says otherwise.
CELL_TIMEOUT = 3600
#: Seconds that one notebook may take unless the run says otherwise.
NOTEBOOK_TIMEOUT = 4 * 3600
#: Seconds that a kernel may take to answer for the first time.
START_TIMEOUT = 90

#: Names of the errors that a user can mend.
USER_ERRORS = frozenset(
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.WlzEvalError)
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class NotebookTask:
    """One notebook to be run.

    Parameters
    ----------
    source : Path
        The notebook.
    target : Path
        Where the executed notebook goes.
    log : Path
        Private log of this notebook.
    parameters : mapping
        Everything that papermill injects.
    shown : mapping
        What the executed notebook says of its parameters.
    scratch : Path
        Folder in which the kernel gets a folder of its own.
    cell_timeout, notebook_timeout : int
        Seconds that one cell, and the whole notebook, may take.
    """

    source: Path
    target: Path
    log: Path
    parameters: Mapping[str, Any]
    shown: Mapping[str, Any]
    scratch: Path
    cell_timeout: int = CELL_TIMEOUT
    notebook_timeout: int = NOTEBOOK_TIMEOUT


@dataclass(frozen=True)
class Execution:
    """How it ended.

    Parameters
    ----------
    status : str
        ``succeeded`` or ``failed``.
    reason : str
        Why it failed, in words fit for a reader of the site; empty after success.
    detail : str
        The same with whatever helps the person at the terminal; may hold values, so it is never published.
    bug : bool
        Whether it failed for a reason that no user can mend.
    """

    status: Literal["succeeded", "failed"]
    reason: str = ""
    detail: str = field(default="", repr=False)
    bug: bool = False


class _PassingFaultError(Exception):
    """The kernel did not come up, or its output did not arrive: worth a second try."""


def execute(
    task: NotebookTask,
    on_start: Callable[[Any], None] = lambda manager: None,
    warm: WarmServer | None = None,
    ahead: Berth | None = None,
    later: Callable[[Callable[[], None]], object] = lambda end: end(),
) -> Execution:
    """Run a notebook; a kernel that does not come up, or whose output is lost, is tried once more.

    Parameters
    ----------
    task : NotebookTask
        What to run.
    on_start : callable
        Called with the kernel's manager as soon as there is one, so that a caller can stop it.
    warm : WarmServer, optional
        Process of which the kernel is a copy; a kernel starts cold without one.
    ahead : Berth, optional
        With a kernel that waits for the notebook; it is closed in any case.
    later : callable, optional
        Called with what closes all that the kernel of a notebook that succeeded, and was killed, held open, to be done
        in the meantime by another thread; at once without it.

    Returns
    -------
    Execution
        Faults of the notebook and its kernel are returned, never raised.
    """
    try:
        with contextlib.ExitStack() as open_things:
            if ahead is not None:
                open_things.callback(ahead.close)
            task.log.parent.mkdir(parents=True, exist_ok=True)
            log = open_things.enter_context(task.log.open("wb", buffering=0))
            # Where not even this can be written, a kernel dies of its first warning, and nobody would know why.
            log.write(f"{task.source.name}\n".encode())
            execution = _attempts(task, log, on_start, _berths(task, warm, ahead, open_things))
            if execution.status == "succeeded":
                later(open_things.pop_all().close)
            return execution
    except OSError as error:
        if error.errno not in DISK:
            raise
        return _not_written(storage_error(error, Path(error.filename or task.log)))
    except StorageError as error:
        return _not_written(error)


def _berths(
    task: NotebookTask, warm: WarmServer | None, ahead: Berth | None, open_things: contextlib.ExitStack
) -> Iterator[Berth]:
    """Give a berth for each attempt, each closed with what else is open."""
    if ahead is not None:
        yield ahead
    while True:
        berth = Berth(task.scratch, warm)
        open_things.callback(berth.close)
        yield berth


def _attempts(task: NotebookTask, log: Any, on_start: Callable[[Any], None], berths: Iterator[Berth]) -> Execution:
    reason = ""
    for attempt in (1, 2):
        try:
            return _attempt(task, log, on_start, next(berths))
        except _PassingFaultError as error:
            reason = str(error)
            _note(log, f"attempt {attempt}: {reason}")
            time.sleep(0.5)
    return Execution("failed", f"{reason}, twice", f"{reason}, twice; see {task.log}", bug=True)


def _attempt(task: NotebookTask, log: Any, on_start: Callable[[Any], None], berth: Berth) -> Execution:
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from wlz_eval.batch.limits import Deadline

    deadline = Deadline(task.notebook_timeout, berth.end_kernel)
    try:
        with deadline:
            try:
                berth.output.to(log)
                on_start(berth.manager)
                berth.start()
                execution = _run(task, log, berth.manager)
                # What it left running would go on writing into what others read; only what it held open can wait.
                berth.end_kernel()
                return execution
            except BaseException:
                # Before anybody says why, and before another kernel starts.
                berth.close()
                raise
    except Exception as error:
        if deadline.passed:
            return _stopped(task, log, f"it took longer than {task.notebook_timeout:,} seconds in all")
        if isinstance(error, PapermillExecutionError):
            return _cell_failed(task, log, error)
        if isinstance(error, CellTimeoutError):
            if "IOPub" in str(error):
                raise _PassingFaultError("the output of a cell did not arrive") from error
            return _stopped(task, log, f"a cell took longer than {task.cell_timeout:,} seconds")
        if isinstance(error, DeadKernelError):
            return _stopped(task, log, death_reason(berth.manager.provisioner))
        if _not_started(error, berth.manager.provisioner):
            raise _PassingFaultError("its kernel could not be started") from error
        raise


def _run(task: NotebookTask, log: Any, manager: Any) -> Execution:
    import nbformat
    from papermill.iorw import load_notebook_node

    from wlz_eval.batch.kernel import run_cells

    source = load_notebook_node(str(task.source))
    language = str(source.metadata.get("kernelspec", {}).get("language", "python"))
    if language.lower() != "python":
        reason = f"it is written in {language}, and a batch runs notebooks in Python only"
        return Execution("failed", reason, reason)
    notebook = run_cells(
        source, task.parameters, manager, log=log, start_timeout=START_TIMEOUT, execution_timeout=task.cell_timeout
    )
    write_atomic(task.target, nbformat.writes(clean_notebook(notebook, task.shown)) + "\n")
    return Execution("succeeded")


def _not_started(error: Exception, provisioner: Any) -> bool:
    """Whether a kernel never came up: it died before its first answer, never gave it, or could not be started."""
    if isinstance(error, OSError) and not isinstance(error, TimeoutError):
        begun = provisioner is not None and (provisioner.has_process or provisioner.ended)
        return error.errno not in DISK and not begun
    return isinstance(error, RuntimeError | TimeoutError) and (
        "Kernel died before replying" in str(error) or "Kernel didn't respond" in str(error)
    )


def _cell_failed(task: NotebookTask, log: Any, error: Any) -> Execution:
    # Counted as a reader of the notebook counts, without the cell that papermill put in.
    cell = f"cell {error.cell_index}"
    if error.ename in USER_ERRORS:
        _note(log, f"{cell}: {error.ename}: {error.evalue}")
        return Execution("failed", str(error.evalue), str(error.evalue))
    _note(log, "\n".join([f"{cell}: {error.ename}: {error.evalue}", *map(str, error.traceback)]))
    reason = cell_reason(error.ename, error.evalue, cell)
    if reason:
        return Execution("failed", reason, f"{reason}; traceback in {task.log}")
    return Execution(
        "failed",
        f"{error.ename} in {cell}; the private log holds the details",
        f"{error.ename}: {error.evalue} in {cell}; traceback in {task.log}",
        bug=True,
    )


def _stopped(task: NotebookTask, log: Any, reason: str) -> Execution:
    _note(log, reason)
    return Execution("failed", reason, f"{reason}; log in {task.log}", bug=True)


def _not_written(error: StorageError) -> Execution:
    return Execution("failed", str(error), str(error))


def _note(log: Any, text: str) -> None:
    # On a full disk the reason still reaches the terminal and the site.
    with contextlib.suppress(OSError):
        log.write((_COLOUR.sub("", text) + "\n").encode("utf-8", "replace"))
