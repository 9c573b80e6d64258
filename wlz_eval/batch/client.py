"""The batch's end of a kernel: jupyter_client's own, without its waiting, and one cell ahead."""

from __future__ import annotations

import functools
import time
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient

__all__ = ["CellRequest", "OwnKernelClient"]

#: Seconds after which a kernel is asked again, and looked at whether it lives: at first, since what it says before its
#: channel of outputs is connected is lost, and at last, since being asked does not help a busy machine.
_ASK_AGAIN, _ASK_AT_LAST = 0.02, 1.0
#: Part of the time waited so far that the next answer is waited for.
_PATIENCE = 0.1


@dataclass(frozen=True)
class CellRequest:
    """What a kernel is asked for one cell.

    Parameters
    ----------
    code : str
        Its source.
    stop_on_error : bool
        Whether nothing more is to run when it fails.
    """

    code: str
    stop_on_error: bool


class OwnKernelClient(AsyncKernelClient):
    """Is ready as soon as the kernel is, and asks for each cell while the one before runs.

    jupyter_client's own waits two tenths of a second for messages that do not come, and starts a thread that asks the
    kernel each second whether it lives, which here its process tells. Between two cells a kernel would wait for its
    answer to be read and the next question to come: on a busy machine that is most of what a notebook takes beyond its
    computing.
    """

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self._coming: deque[CellRequest] = deque()
        self._asked: deque[tuple[CellRequest, str]] = deque()

    def expect(self, cells: Iterable[CellRequest]) -> None:
        """Say which cells :meth:`execute` will be called for, in their order."""
        self._coming = deque(cells)

    def execute(
        self,
        code: str,
        silent: bool = False,
        store_history: bool = True,
        user_expressions: dict[str, Any] | None = None,
        allow_stdin: bool | None = None,
        stop_on_error: bool = True,
    ) -> str:
        """Ask for a cell, unless that was done, and for the next one; return the number of the question.

        Only for a kernel that runs nothing after a cell that failed.

        Raises
        ------
        RuntimeError
            When another cell was asked for ahead.
        """
        ask = functools.partial(
            super().execute,
            silent=silent,
            store_history=store_history,
            user_expressions=user_expressions,
            allow_stdin=allow_stdin,
        )
        while self._coming and len(self._asked) < 2:
            cell = self._coming.popleft()
            self._asked.append((cell, ask(cell.code, stop_on_error=cell.stop_on_error)))
        if not self._asked:
            return ask(code, stop_on_error=stop_on_error)
        cell, asked = self._asked.popleft()
        if cell != CellRequest(code, stop_on_error):
            raise RuntimeError("the kernel was asked for another cell ahead")
        return asked

    def start_channels(
        self, shell: bool = True, iopub: bool = True, stdin: bool = True, hb: bool = True, control: bool = True
    ) -> None:
        """Open the channels but the heartbeat."""
        super().start_channels(shell=shell, iopub=iopub, stdin=stdin, hb=False, control=control)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered on both channels, so that no output of the first cell can be lost.

        Raises
        ------
        RuntimeError
            In jupyter_client's own words, when the kernel died or has not answered in time.
        """
        began = time.monotonic()
        ends = began + (float("inf") if timeout is None else timeout)
        asked: set[str] = set()
        while True:
            # On a busy machine the answer to an earlier question may come after a later one was put.
            asked.add(self.kernel_info())
            waited = time.monotonic() - began
            if await self._answered(asked, min(max(_PATIENCE * waited, _ASK_AGAIN), _ASK_AT_LAST)):
                return
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > ends:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answered(self, asked: Collection[str], wait: float) -> bool:
        """Whether a question was answered, and the end of its work was heard of on the channel of outputs."""
        until = time.monotonic() + wait
        try:
            reply = await self._of(self.shell_channel, asked, until)
            self._handle_kernel_info_reply(reply)
            while (await self._of(self.iopub_channel, asked, until))["content"].get("execution_state") != "idle":
                pass
        except Empty:
            return False
        return True

    @staticmethod
    async def _of(channel: Any, asked: Collection[str], until: float) -> dict[str, Any]:
        """Return the next message that answers one of the questions, and pass over all others."""
        while True:
            message: dict[str, Any] = await channel.get_msg(timeout=max(until - time.monotonic(), 0.0))
            if message["parent_header"].get("msg_id") in asked:
                return message
