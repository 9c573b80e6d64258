"""Why a notebook ended early, in words for whoever reads the list of what failed."""

from __future__ import annotations

import errno
import re
import signal
from typing import Any

__all__ = ["DISK", "cell_reason", "death_reason"]

#: Errors of the system that say that nothing can be written here.
DISK = frozenset({errno.ENOSPC, errno.EROFS, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})
_ERRNO = re.compile(r"\[Errno (\d+)\]")

_CANNOT = "{cell} could not write a file"
_WRITE = {
    errno.ENOSPC: f"the disk is full: {_CANNOT}. Free some space and run again",
    getattr(errno, "EDQUOT", -1): f"the disk quota is used up: {_CANNOT}. Free some space and run again",
    errno.EROFS: f"{_CANNOT}, since the file system is read-only",
    errno.EFBIG: f"{_CANNOT}: it would be longer than this system lets a file be",
}
_RELIEF = "Run fewer notebooks at once (--workers), or use a machine with more memory"
_KILLED = f"was killed, most often by the system because memory ran out. {_RELIEF}"


def cell_reason(name: str, message: str, cell: str) -> str:
    """Say what stopped a cell when it was the machine; empty when it was anything else.

    Parameters
    ----------
    name, message : str
        The error's class and text, which may hold values: nothing of it is passed on but the system's number.
    cell : str
        Which cell.

    Examples
    --------
    >>> cell_reason("OSError", "[Errno 28] No space left on device: 'x'", "cell 4")
    'the disk is full: cell 4 could not write a file. Free some space and run again'
    """
    if name in ("MemoryError", "_ArrayMemoryError", "ArrowMemoryError"):
        return f"{cell} needed more memory than there was. {_RELIEF}"
    if name == "BrokenProcessPool":
        return f"a worker process of {cell} {_KILLED}"
    found = _ERRNO.match(message)
    return _WRITE.get(int(found[1]), "").format(cell=cell) if found else ""


def death_reason(provisioner: Any) -> str:
    """Say how a kernel died, as far as its exit status tells."""
    status = getattr(provisioner, "ended", None)
    if status is None:
        return "its kernel died"
    if status >= 0:
        return f"its kernel ended by itself, with status {status}"
    if -status == getattr(signal, "SIGKILL", 9):
        return f"its kernel {_KILLED}"
    return f"its kernel crashed ({_signal_name(-status)}), a fault in compiled code or a signal from outside"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
