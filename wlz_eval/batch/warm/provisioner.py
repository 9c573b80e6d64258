"""What jupyter_client asks for a kernel: a copy of the warm process, or a cold start where there is none."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from wlz_eval.batch.warm.client import WarmUnavailableError

__all__ = ["PROVISIONER", "WarmProvisioner"]

#: Name of the entry point under which jupyter_client finds it.
PROVISIONER = "wlz-eval-warm"


class WarmProvisioner(LocalProvisioner):
    """Copies the warm process of its kernel manager (``warm``); starts the interpreter when that cannot be done."""

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

    async def wait(self) -> int | None:
        """Wait until the kernel has ended: its parent's own wait looks only ten times a second."""
        while await self.poll() is None:
            await asyncio.sleep(0.005)
        return await super().wait()
