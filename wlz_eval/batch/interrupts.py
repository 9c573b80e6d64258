"""Ctrl-C and the end that a system asks for, counted instead of obeyed at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["STOPPED", "Interrupts"]

#: Why a notebook was not run, or not to its end.
STOPPED = "the run was stopped from the keyboard"


class Interrupts:
    """Counts how often a run was asked to end: once, finish what runs; more often, stop it.

    Only a main thread can be told of signals; elsewhere nothing is counted, and whoever runs the batch stops it.
    """

    def __init__(self) -> None:
        self.count = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count signals within this block, and give them back to whoever had them before."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupted(number: int, frame: Any) -> None:
            self.count += 2 if number == signal.SIGTERM else 1

        before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
