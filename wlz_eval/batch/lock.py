"""One run at a time in an output folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wlz_eval.core.errors import RunError
from wlz_eval.core.files import remove_unfinished

__all__ = ["locked", "scratch_folder"]

_SCRATCH = "scratch"


@contextmanager
def locked(private: Path) -> Iterator[None]:
    """Hold the output folder for this run; the system lets go of it when the process ends, however it ends.

    Parameters
    ----------
    private : Path
        The output folder's ``.work``.

    Raises
    ------
    RunError
        When another run holds it, or the folder cannot be written.
    """
    import fcntl

    path = private / "run.lock"
    try:
        private.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise RunError(
            f"The output folder {private.parent} cannot be written ({error.strerror}). Choose another with --out."
        ) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            by = f" (process {holder})" if holder else ""
            raise RunError(
                f"Another run{by} is writing to {private.parent}."
                " Wait until it ends, or choose another folder with --out."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        # Whatever lies here belongs to a run that was killed: nobody else can hold the lock.
        shutil.rmtree(private / _SCRATCH, ignore_errors=True)
        remove_unfinished(private)
        try:
            yield
        finally:
            shutil.rmtree(private / _SCRATCH, ignore_errors=True)
    finally:
        os.close(descriptor)


def scratch_folder(private: Path) -> Path:
    """Folder for files that no run leaves behind."""
    return private / _SCRATCH
