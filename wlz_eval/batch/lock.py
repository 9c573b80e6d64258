"""One run at a time in an output folder."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wlz_eval.core.errors import RunError
from wlz_eval.core.files import remove_unfinished
from wlz_eval.release.workspace import Workspace

__all__ = ["locked", "scratch_folder"]

#: Where Windows locks: a lock there keeps others from reading what it covers, and the holder's number is to be read.
_BEHIND = 1 << 20
#: What a system says of a lock that somebody else holds.
_HELD = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})


@contextmanager
def locked(private: Path) -> Iterator[None]:
    """Hold the output folder for this run; the system lets go of it when the process ends, however it ends.

    What a run that was killed left unfinished is removed, and what it left running is ended.

    Parameters
    ----------
    private : Path
        The output folder's ``.work``.

    Raises
    ------
    RunError
        When another run holds it, or the folder cannot be written.
    """
    try:
        private.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(private / "run.lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(
            f"The output folder {private.parent} cannot be written ({error.strerror}). Choose another with --out."
        ) from None
    try:
        _hold(descriptor, private.parent)
        _clear(private)
        try:
            yield
        finally:
            shutil.rmtree(scratch_folder(private), ignore_errors=True)
    finally:
        os.close(descriptor)


def scratch_folder(private: Path) -> Path:
    """Folder for files that no run leaves behind."""
    return Workspace(private.parent).scratch_dir


def _hold(descriptor: int, folder: Path) -> None:
    """Lock the open file and write this process's number into it."""
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno not in _HELD:
            raise RunError(
                f"The output folder {folder} cannot be locked ({error.strerror}), so two runs could overwrite each"
                " other. Choose a folder on a disk of this machine with --out."
            ) from None
        os.lseek(descriptor, 0, os.SEEK_SET)
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
        by = f" (process {holder})" if holder else ""
        raise RunError(
            f"Another run{by} is writing to {folder}. Wait until it ends, or choose another folder with --out."
        ) from None
    # Only for the message above, so a full disk must not stop the run here.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, f"{os.getpid()}\n".encode())


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        import msvcrt  # Windows

        os.lseek(descriptor, _BEHIND, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _clear(private: Path) -> None:
    """Remove what a run that was killed left. Nobody else can hold the lock, so it belongs to nobody."""
    scratch = scratch_folder(private)
    if scratch.exists():
        _end_processes(scratch)
        shutil.rmtree(scratch, ignore_errors=True)
    remove_unfinished(private)
    for published in private.parent.glob("reports*"):
        remove_unfinished(published)


def _end_processes(scratch: Path) -> None:
    """End what works in the scratch folder: kernels, and what notebooks started, of a run that was killed."""
    import psutil

    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and Path(process.cwd()).is_relative_to(scratch):
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=5)
