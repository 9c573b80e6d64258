"""What a kernel takes: its own seconds, and the most memory that it held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Usage", "peak_memory"]

_MEGABYTE = 1 << 20


@dataclass
class Usage:
    """What the kernel of one notebook took.

    Parameters
    ----------
    computing : float
        Seconds that it worked on cells, by its own clock.
    megabytes : int
        The most memory that it held.
    """

    computing: float = 0.0
    megabytes: int = 0

    def cell_ended(self, reply: Any, process: int | None) -> None:
        """Add one cell.

        Parameters
        ----------
        reply : mapping
            The kernel's answer, in which it says when it began and ended.
        process : int or None
            Its process number, when it runs on this machine.
        """
        began, ended = _moment(reply["metadata"].get("started")), _moment(reply["header"].get("date"))
        if began is not None and ended is not None:
            self.computing += (ended - began).total_seconds()
        if process is not None:
            self.megabytes = max(self.megabytes, peak_memory(process))


def peak_memory(process: int) -> int:
    """Return the most megabytes that a process has held; where the system does not tell, those that it holds now.

    Examples
    --------
    >>> import os
    >>> peak_memory(os.getpid()) > 1
    True
    """
    try:
        with open(f"/proc/{process}/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) // 1024
    except (OSError, ValueError, IndexError):
        pass
    import psutil

    try:
        return int(psutil.Process(process).memory_info().rss // _MEGABYTE)
    except psutil.Error:
        return 0


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return None
