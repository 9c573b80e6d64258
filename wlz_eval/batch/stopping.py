"""The kernel of a batch: ipykernel's own, which runs nothing more after a cell that failed."""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel

__all__ = ["StoppingKernel"]


class StoppingKernel(IPythonKernel):
    """Passes over every cell that comes after one that failed.

    The batch asks for a cell while the one before still runs. ipykernel's own passes over what has arrived by the time
    a cell fails, and would run what arrives a moment later.
    """

    _ends_at_error = True
    _failed = False

    def should_handle(self, stream: Any, msg: Any, idents: Any) -> Any:
        """Whether a request is answered at all: a cell is not, after one that failed and was not allowed to."""
        if msg["header"]["msg_type"] == "execute_request":
            if self._failed:
                return False
            self._ends_at_error = msg["content"].get("stop_on_error", True)
        return super().should_handle(stream, msg, idents)

    async def do_execute(self, *arguments: Any, **options: Any) -> Any:
        """Run a cell, and remember whether it failed."""
        reply = await super().do_execute(*arguments, **options)
        self._failed = self._ends_at_error and reply["status"] == "error"
        return reply
