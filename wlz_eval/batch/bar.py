"""The live bar of a terminal."""

from __future__ import annotations

from collections import Counter
from typing import IO, Any

from wlz_eval.batch.progress import QuietProgress, about, describe
from wlz_eval.batch.record import JobResult

__all__ = ["BarProgress"]

_WORDS = {"succeeded": "done", "cached": "unchanged", "failed": "failed", "skipped": "skipped"}


class BarProgress(QuietProgress):
    """One live bar with counts, time left and what runs now; only what failed gets a line of its own."""

    def __init__(self, stream: IO[str]):
        from rich import progress
        from rich.console import Console
        from rich.table import Column

        self._bar: Any = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(20),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[counts]}", markup=False),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.fields[left]}", markup=False),
            # What runs now takes what room is left, and is cut where there is too little.
            progress.TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, no_wrap=True)),
            console=Console(file=stream),
            transient=True,
            expand=True,
        )
        self._task: Any = None
        self._total = 0
        self._running: list[str] = []
        self._counts: Counter[str] = Counter()
        self._left = ""

    def begin(self, total: int) -> None:
        """Show the bar."""
        self._total = total
        self._bar.start()
        self._task = self._bar.add_task("", total=total, counts="", left="")

    def started(self, cohort: str, notebook: str, reason: str, log: str) -> None:
        """Name what runs now."""
        self._running.append(f"{cohort} {notebook}")
        self._show()

    def ended(self, result: JobResult) -> None:
        """Move the bar."""
        name = f"{result.cohort} {result.notebook}"
        if name in self._running:
            self._running.remove(name)
        if result.status == "failed":
            self.note(describe(result))
        self._counts[result.status] += 1
        self._bar.advance(self._task)
        self._show()

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Make the bar so much shorter; the whole message follows at the end."""
        self._total -= notebooks
        self.note(f"{cohort} is refused")
        self._show()

    def left(self, seconds: float | None) -> None:
        """Show how long the rest takes."""
        self._left = "" if seconds is None else f"{about(seconds)} left"
        self._show()

    def note(self, message: str) -> None:
        """Write above the bar."""
        self._bar.console.print(message, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def _show(self) -> None:
        counts = ", ".join(f"{self._counts[status]} {word}" for status, word in _WORDS.items() if self._counts[status])
        running = ", ".join(self._running)
        self._bar.update(self._task, description=running, counts=counts, left=self._left, total=self._total)
