"""The process that is copied. It imports, waits for requests on its one socket, copies itself, and reaps.

Run by :class:`wlz_eval.batch.warm.client.WarmServer` as ``python -P -m wlz_eval.batch.warm.server FD``. Each request
brings a connection of the kernel's own. While it is open the kernel lives; when the batch's end of it closes, however
the batch ended, the kernel is killed. When the socket itself closes, this process ends and takes its kernels along.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import random
import selectors
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass, field
from typing import Any, NoReturn

__all__ = ["FIRST", "MESSAGE", "THEN", "main"]

#: Longest message between batch and server, in bytes: an environment is the longest part of one.
MESSAGE = 1 << 18

#: What every notebook and every kernel imports: the first copy waits for it.
FIRST: tuple[str, ...] = (
    "ipykernel.kernelapp",
    # Each kernel imports its debugger, though nobody will ask for it: most of its start.
    "ipykernel.debugger",
    "ipykernel.zmqshell",
    "matplotlib.backends.backend_agg",
    "matplotlib_inline.backend_inline",
    "wlz_eval.batch.stopping",
    "wlz_eval.release",
)
#: What most notebooks import: it is imported while nobody asks for a kernel.
THEN: tuple[str, ...] = (
    # pandera finds its checks when the first table is validated, and they import hypothesis where it is installed.
    "pandera.pandas",
    "pandera.backends.pandas.register",
    "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.builtin_hypotheses",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "pandas.core.arrays.arrow.extension_types",
    "PIL.JpegImagePlugin",
    "contourpy",
    "formulaic",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "scipy.stats",
    "wlz_eval.attribution.pages",
    "wlz_eval.attribution.matching.search_line",
    "wlz_eval.engagement",
    "wlz_eval.engagement.figures",
    "wlz_eval.measures.identification",
    "wlz_eval.measures.progress",
    "wlz_eval.measures.quality",
    "wlz_eval.value",
    "sklearn.linear_model",
    "wlz_eval.pilot",
    "wlz_eval.report",
)
_PARENT_DEATH_SIGNAL = 1


@dataclass
class _Server:
    """Its socket, the connection of each kernel that lives, and what is still to be imported."""

    control: socket.socket
    later: list[str] = field(default_factory=lambda: list(THEN))
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    kernels: dict[int, socket.socket] = field(default_factory=dict)

    def serve(self) -> None:
        """Answer until the batch is gone."""
        woken, waker = socket.socketpair()
        for end in (woken, waker):
            end.setblocking(False)
        signal.set_wakeup_fd(waker.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # Ctrl-C at the terminal is the batch's to answer.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self.selector.register(self.control, selectors.EVENT_READ, "control")
        self.selector.register(woken, selectors.EVENT_READ, "child")
        try:
            while True:
                events = self.selector.select(0 if self.later else None)
                if not events:
                    _import(self.later.pop(0))
                for key, _ in events:
                    if key.data == "control":
                        if not self._request([woken, waker]):
                            return
                    elif key.data == "child":
                        with contextlib.suppress(BlockingIOError):
                            woken.recv(4096)
                        self._reap()
                    elif key.data in self.kernels:
                        self._command(key.data)
        finally:
            for pid in list(self.kernels):
                _signal(pid, signal.SIGKILL)

    def _request(self, own: list[socket.socket]) -> bool:
        """Copy this process for one request; False when the batch is gone."""
        try:
            message, descriptors, _, _ = socket.recv_fds(self.control, MESSAGE, 2)
        except ConnectionError:
            return False
        if not message:
            return False
        if len(descriptors) < 2:
            # No descriptor is left here, so that those of the request did not arrive: it starts cold.
            for descriptor in descriptors:
                os.close(descriptor)
            return True
        connection = socket.socket(fileno=descriptors[0])
        request = json.loads(message)
        try:
            pid = os.fork()
        except OSError:
            # Too many processes: the kernels that live go on, and this one is tried cold.
            connection.close()
            os.close(descriptors[1])
            return True
        if pid == 0:
            for other in [self.control, connection, *own, *self.kernels.values()]:
                other.close()
            self.selector.close()
            _become_kernel(request, descriptors[1])
        os.close(descriptors[1])
        self.kernels[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ, pid)
        _send(connection, {"pid": pid})
        return True

    def _command(self, pid: int) -> None:
        """Pass a signal on to a kernel; kill it when nobody is left who wants it."""
        try:
            message = self.kernels[pid].recv(MESSAGE)
        except ConnectionError:
            message = b""
        if message:
            _signal(pid, int(json.loads(message)["signal"]))
        else:
            self.selector.unregister(self.kernels[pid])
            _signal(pid, signal.SIGKILL)

    def _reap(self) -> None:
        """Tell of each kernel that has ended."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            # What the kernel had started goes with it: as long as it is not reaped, the group's number is its own.
            _signal(ended.si_pid, signal.SIGKILL)
            pid, status = os.waitpid(ended.si_pid, 0)
            connection = self.kernels.pop(pid, None)
            if connection is not None:
                _send(connection, {"exit": os.waitstatus_to_exitcode(status)})
                with contextlib.suppress(KeyError, ValueError):
                    self.selector.unregister(connection)
                connection.close()


def _send(connection: socket.socket, message: dict[str, int]) -> None:
    """Send; whoever no longer listens misses nothing."""
    with contextlib.suppress(OSError):
        connection.send(json.dumps(message).encode())


def _signal(pid: int, number: int) -> None:
    """Signal a kernel and what it started. It is not yet reaped, so the number is still its own."""
    try:
        os.killpg(pid, number)
    except OSError:
        # Copied a moment ago, and not yet the head of its own group.
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def _become_kernel(request: dict[str, Any], log: int) -> NoReturn:
    """Become a kernel: a session, a folder, an environment and a log of its own, as a process started for it has."""
    code = 1
    try:
        os.setsid()
        _die_with(request["server"])
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        for standard in (1, 2):
            os.dup2(log, standard)
        os.close(log)
        os.chdir(request["folder"])
        os.environ.clear()
        # A kernel ends itself when its parent changes; its parent is this server.
        os.environ.update({**request["environment"], "JPY_PARENT_PID": str(request["server"])})
        random.seed()
        # The folder for temporary files is of the environment, and was remembered at the first look.
        tempfile.tempdir = None
        _use_inline_figures()
        sys.argv = request["arguments"]
        code = _run_kernel()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _die_with(server: int) -> None:
    """Ask the system to end this process with its server, even if that is killed."""
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != server:
        os._exit(1)


def _use_inline_figures() -> None:
    """Choose the backend that matplotlib takes when it is first imported inside a kernel."""
    import matplotlib as mpl

    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    mpl.rcParams["backend"] = os.environ["MPLBACKEND"]


def _run_kernel() -> int:
    from ipykernel.kernelapp import launch_new_instance

    try:
        launch_new_instance()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    return 0


def _import(name: str) -> None:
    """Import a module into what is copied from now on."""
    # What cannot be imported here is imported, and reported, by the notebook that needs it.
    with contextlib.suppress(Exception):
        importlib.import_module(name)
    # Objects that exist now are shared by all copies: a collection must not touch them.
    gc.collect()
    gc.freeze()


def main(descriptor: int) -> None:
    """Import what every kernel needs, then serve the socket with this descriptor until its other end closes."""
    control = socket.socket(fileno=descriptor)
    for name in FIRST:
        _import(name)
    _Server(control).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))
