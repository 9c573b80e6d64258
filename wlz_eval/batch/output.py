"""What a kernel's process writes by itself, outside the notebook: its beginning and its end go to the private log."""

from __future__ import annotations

import contextlib
import os
import threading
from typing import IO, Any

__all__ = ["FIRST", "LAST", "Output"]

#: Bytes that are kept of the beginning, and of the end, of what one kernel writes.
FIRST = 500_000
LAST = 500_000
#: Seconds to wait for the rest after the kernel's end: what it started may hold its end of the pipe for ever.
_REST = 2.0


class Output:
    """A file for a process to write to, of which only so much reaches a log. It may be open before there is a log."""

    def __init__(self) -> None:
        self._log: IO[Any] | None = None
        self._before = bytearray()
        self._written = 0
        self._end = bytearray()
        self._lock = threading.Lock()
        self._over = False
        self._ended_line = True
        reader, self._writer = os.pipe()
        # What a process leaves running may go on writing: somebody must read it, or it would stand still.
        self._thread = threading.Thread(target=self._read, args=(reader,), name="output", daemon=True)
        self._thread.start()

    def to(self, log: IO[Any]) -> None:
        """Write to this log from now on, and what came before.

        Parameters
        ----------
        log : file
            Open for bytes, unbuffered. On a full disk what is written is lost, and the process goes on.
        """
        with self._lock:
            self._log = log
            self._write(bytes(self._before))
            self._before.clear()

    def close(self) -> None:
        """Take no more, and end the log; what never had one is lost."""
        os.close(self._writer)
        self._thread.join(_REST)
        with self._lock:
            self._over = True
            left_out = self._written - FIRST - len(self._end)
            if left_out > 0:
                self._write(f"\n[{left_out:,} bytes are left out: too much output.]\n".encode())
            self._write(bytes(self._end))
            if not self._ended_line:
                self._write(b"\n")

    def fileno(self) -> int:
        """Descriptor to which a process writes."""
        return self._writer

    def _read(self, reader: int) -> None:
        with open(reader, "rb", buffering=0) as file:
            while data := file.read(1 << 16):
                with self._lock:
                    if not self._over:
                        self._keep(data)

    def _keep(self, data: bytes) -> None:
        first = max(FIRST - self._written, 0)
        self._written += len(data)
        self._ended_line = data.endswith(b"\n")
        self._write(data[:first])
        self._end += data[first:]
        del self._end[:-LAST]

    def _write(self, data: bytes) -> None:
        if self._log is None:
            self._before += data
            return
        with contextlib.suppress(OSError):
            if data:
                self._log.write(data)
