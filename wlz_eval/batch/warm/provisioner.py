"""What jupyter_client asks for a kernel: a copy of the warm process, or a cold start where there is none."""

from __future__ import annotations

import contextlib
import os
import signal
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from wlz_eval.batch.warm.client import WarmUnavailableError

__all__ = ["PROVISIONER", "WarmProvisioner"]

#: Name of the entry point under which jupyter_client finds it.
PROVISIONER = "wlz-eval-warm"


class WarmProvisioner(LocalProvisioner):
    """Copies the warm process of its kernel manager (``warm``); starts the interpreter when that cannot be done."""

    #: Exit status of the kernel, once it is known; the number of a signal is negative.
    ended: int | None = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Launch the kernel and return where it listens."""
        server = getattr(self.parent, "warm", None)
        if server is None:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index("ipykernel_launcher") :]
        try:
            kernel = server.launch(arguments, kwargs["env"], kwargs["cwd"], kwargs["stdout"])
        except WarmUnavailableError:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel
        # Signals go through the server, which knows whether the number is still the kernel's.
        self.pid, self.pgid = kernel.pid, None
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        status = await super().poll()
        if self.process is not None and status is not None:
            self.ended = status
        return status

    def begin_end(self) -> None:
        """Kill the kernel at once, and what it started, even if it has ended itself; wait for nothing."""
        process, group = self.process, self.pgid
        if group is not None and hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)
        if process is not None and process.poll() is None:
            process.kill()

    def end(self) -> None:
        """Kill the kernel as :meth:`begin_end` does, and wait until it is gone. Any thread may ask."""
        self.begin_end()
        process = self.process
        if process is not None and process.poll() is None:
            with contextlib.suppress(Exception):
                process.wait(timeout=10)
