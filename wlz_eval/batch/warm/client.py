"""The batch's end of the process that is copied for each kernel."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from wlz_eval.core.errors import RunError

__all__ = ["WarmKernel", "WarmServer", "WarmUnavailableError", "can_be_warm"]

#: Seconds within which a kernel must have been copied; the first waits for all imports.
_COPY_TIMEOUT = 90.0
_MESSAGE = 4096


class WarmUnavailableError(RunError):
    """No warm kernel can be had; a cold one does the same, later."""


def can_be_warm() -> bool:
    """Whether this system can copy a process that holds the whole stack.

    Only Linux: macOS does not allow it once its own frameworks are loaded, and Windows has no fork.
    """
    return sys.platform.startswith("linux") and hasattr(os, "fork") and hasattr(socket, "send_fds")


class WarmKernel:
    """One copied kernel: what jupyter_client asks of a ``Popen``.

    Parameters
    ----------
    connection : socket
        Kept open as long as the kernel is wanted: the server kills the kernel when it closes.
    """

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket):
        self._connection = connection
        self._ended: int | None = None
        # The thread that runs the notebook waits for the kernel while the batch may want to stop it.
        self._lock = threading.Lock()
        self.pid: int | None = None
        self.pid = self._receive("pid", _COPY_TIMEOUT)
        if self.pid is None:
            connection.close()
            raise WarmUnavailableError("The process that is copied for warm kernels did not answer.")

    @property
    def returncode(self) -> int | None:
        """Exit status, when it is known."""
        return self._ended

    def _receive(self, wanted: str, timeout: float | None) -> int | None:
        """Wait for a message; None when there is none in time, or the server is gone."""
        with self._lock:
            return self._receive_alone(wanted, timeout) if self._ended is None else None

    def _receive_alone(self, wanted: str, timeout: float | None) -> int | None:
        poller = select.poll()
        poller.register(self._connection, select.POLLIN)
        if not poller.poll(None if timeout is None else 1000 * timeout):
            return None
        try:
            message = self._connection.recv(_MESSAGE)
        except OSError:
            message = b""
        if not message:
            # The server is gone and its kernels with it; what those had started would go on.
            self._kill_group()
            self._end(-signal.SIGKILL)
            return None
        content = json.loads(message)
        if "exit" in content:
            self._end(content["exit"])
        return content.get(wanted)

    def _kill_group(self) -> None:
        if self.pid is not None:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)

    def _end(self, code: int) -> None:
        self._ended = code
        self._connection.close()

    def poll(self) -> int | None:
        """Return the exit status, or None while it runs."""
        return self.wait(0.0)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it has ended, at most `timeout` seconds."""
        self._receive("exit", timeout)
        return self._ended

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and what it started."""
        if self._ended is None:
            with contextlib.suppress(OSError):
                self._connection.send(json.dumps({"signal": int(number)}).encode())

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class WarmServer:
    """Starts the process that is copied, and asks it for kernels.

    Parameters
    ----------
    environment : mapping of str to str
        Environment of that process: what has to stand before an interpreter starts, such as its hash seed, holds for
        every kernel.

    Raises
    ------
    WarmUnavailableError
        When it cannot be started here.
    """

    def __init__(self, environment: Mapping[str, str]):
        if not can_be_warm():
            raise WarmUnavailableError("This system cannot copy a process.")
        self._lock = threading.Lock()
        try:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process: subprocess.Popen[bytes] = subprocess.Popen(
                    [sys.executable, "-P", "-m", "wlz_eval.batch.warm.server", str(theirs.fileno())],
                    env=dict(environment),
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
        except OSError as error:
            raise WarmUnavailableError(f"The process that is copied could not be started: {error}") from None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def launch(
        self, arguments: Sequence[str], environment: Mapping[str, str], folder: str, log: IO[Any]
    ) -> WarmKernel:
        """Copy it, and let the copy become a kernel.

        Parameters
        ----------
        arguments : sequence of str
            Arguments of ``ipykernel_launcher``, its own name first.
        environment : mapping of str to str
            Environment of the kernel.
        folder : str
            Folder in which it works.
        log : file
            Where it writes what does not go to the notebook.

        Raises
        ------
        WarmUnavailableError
            When the server has ended or does not answer.
        """
        request = {
            "server": self.pid,
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": folder,
        }
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno(), log.fileno()])
        except OSError as error:
            ours.close()
            raise WarmUnavailableError(f"No warm kernel could be asked for: {error}") from None
        return WarmKernel(ours)

    def close(self) -> None:
        """End it, and any kernel that is left."""
        self._control.close()
        deadline = time.monotonic() + 5.0
        while self.alive and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.alive:
            self._process.kill()
        self._process.wait()
