"""The one warm process of a batch, or of a cluster's worker."""

from __future__ import annotations

import threading
from pathlib import Path

from wlz_eval.batch.warm.client import WarmServer, WarmUnavailableError, can_be_warm

__all__ = ["WarmSource"]


class WarmSource:
    """Where kernels are copied from: started with the first kernel, and again if it was killed. Any thread may ask."""

    def __init__(self) -> None:
        self._server: WarmServer | None = None
        self._lock = threading.Lock()

    def server(self, private: Path) -> WarmServer | None:
        """Return the warm process; None where there can be none, and kernels start cold.

        Parameters
        ----------
        private : Path
            Folder in which kernels keep what is theirs.
        """
        if not can_be_warm():
            return None
        # It brings papermill with it, which a batch with nothing to run does not need.
        from wlz_eval.batch.kernel import kernel_environment

        with self._lock:
            if self._server is not None and not self._server.alive:
                self._close()
            if self._server is None:
                try:
                    self._server = WarmServer(kernel_environment(private))
                except WarmUnavailableError:
                    return None
            return self._server

    def close(self) -> None:
        """End the warm process, if there is one."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
