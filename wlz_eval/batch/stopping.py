"""The kernel of a batch: ipykernel's own, which runs nothing after a cell that failed, or before all of it is told."""

from __future__ import annotations

import threading
from typing import Any

from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel

__all__ = ["StoppingKernel", "ToldStream"]

#: Seconds that a cell waits at most for what the kernel says of the one before to leave it: longer than any busy
#: machine takes, so that only a kernel whose own threads have ended goes on without.
_LEAVES = 60


class StoppingKernel(IPythonKernel):
    """Passes over every cell that comes after one that failed, and begins none while the one before is not told.

    The batch asks for a cell while the one before still runs. ipykernel's own passes over what has arrived by the time
    a cell fails, and would run what arrives a moment later. And it sends from threads of its own: a cell that lets no
    other thread work would hold back the answer of the one before, which then would be called the one that hangs.
    """

    _ends_at_error = True
    _failed = False

    def start(self) -> None:
        """Begin to listen."""
        super().start()
        self._replied, self._said = threading.Event(), threading.Event()
        self._replied.set()
        if self.shell_stream is not None:
            self.shell_stream.on_send(lambda message, status: self._replied.set())

    def set_parent(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        """Turn to a request; before anything is said of it, ask to be told when all that was said before has left."""
        if channel == "shell":
            self._said = threading.Event()
            self.iopub_thread.schedule(self._said.set)
        super().set_parent(ident, parent, channel)

    def should_handle(self, stream: Any, msg: Any, idents: Any) -> Any:
        """Whether a request is answered at all: a cell is not, after one that failed and was not allowed to."""
        if msg["header"]["msg_type"] == "execute_request":
            if self._failed:
                return False
            self._ends_at_error = msg["content"].get("stop_on_error", True)
        return super().should_handle(stream, msg, idents)

    async def execute_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Run a cell when all that was said of the one before has left, and its answer too."""
        self._replied.wait(_LEAVES)
        self._said.wait(_LEAVES)
        self._replied.clear()
        try:
            await super().execute_request(stream, ident, parent)
        except BaseException:
            # There is no answer, as where what took the place of stdout cannot be flushed.
            self._failed = True
            raise

    async def do_execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a cell, and remember whether it failed."""
        reply = await super().do_execute(*arguments, **options)
        self._failed = self._ends_at_error and reply["status"] == "error"
        return reply


class ToldStream(OutStream):
    """Standard output or error of a kernel: nobody waits for it to be sent where nothing was written.

    ipykernel flushes both after each cell and again after each request, and each time waits for another thread to come
    and send nothing.
    """

    _sending = False

    def flush(self) -> None:
        """Wait until what was written has been sent."""
        pending = self._flush_pending or self._subprocess_flush_pending
        if pending or self._sending or self.echo is not None:
            super().flush()

    def _flush(self) -> None:
        # Before what is pending is called so no more, so that a flush in between waits.
        self._sending = True
        try:
            super()._flush()
        finally:
            self._sending = False
