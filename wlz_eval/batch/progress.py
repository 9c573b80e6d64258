"""What a person sees while a batch runs: one live bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import IO, Any, Protocol

from wlz_eval.batch.record import JobResult

__all__ = ["LinesProgress", "Progress", "QuietProgress", "make_progress"]


class Progress(Protocol):
    """What the batch tells."""

    def begin(self, total: int) -> None:
        """Say how many notebooks there are."""

    def started(self, cohort: str, notebook: str) -> None:
        """Say that a notebook runs now."""

    def ended(self, result: JobResult) -> None:
        """Say how a notebook ended."""

    def note(self, message: str) -> None:
        """Say something else."""

    def close(self) -> None:
        """Say no more."""


class QuietProgress:
    """Says nothing."""

    def begin(self, total: int) -> None:
        """Say nothing."""

    def started(self, cohort: str, notebook: str) -> None:
        """Say nothing."""

    def ended(self, result: JobResult) -> None:
        """Say nothing."""

    def note(self, message: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class LinesProgress(QuietProgress):
    """A line for each notebook that ends: for logs and files."""

    def __init__(self, stream: IO[str]):
        self._stream = stream
        self._total = 0
        self._done = 0

    def begin(self, total: int) -> None:
        """Remember how many notebooks there are."""
        self._total = total

    def ended(self, result: JobResult) -> None:
        """Write one line."""
        self._done += 1
        self.note(f"[{self._done}/{self._total}] {describe(result)}")

    def note(self, message: str) -> None:
        """Write the message."""
        print(message, file=self._stream, flush=True)


class BarProgress(QuietProgress):
    """One live bar, with what runs now beside it; only what did not succeed gets a line."""

    def __init__(self, stream: IO[str]):
        from rich import progress
        from rich.console import Console

        self._bar: Any = progress.Progress(
            progress.SpinnerColumn(),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            progress.TextColumn("{task.description}"),
            console=Console(file=stream),
            transient=True,
        )
        self._task: Any = None
        self._running: list[str] = []

    def begin(self, total: int) -> None:
        """Show the bar."""
        self._bar.start()
        self._task = self._bar.add_task("", total=total)

    def started(self, cohort: str, notebook: str) -> None:
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
        self._bar.advance(self._task)
        self._show()

    def note(self, message: str) -> None:
        """Write above the bar."""
        self._bar.console.print(message, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        self._bar.stop()

    def _show(self) -> None:
        self._bar.update(self._task, description=", ".join(self._running))


def describe(result: JobResult) -> str:
    """Put how a notebook ended into one line."""
    line = f"{result.cohort} {result.notebook} {result.status}"
    if result.status in ("succeeded", "failed"):
        line += f" in {result.seconds:.1f} s"
    reason = result.detail or result.reason
    return f"{line}: {reason}" if reason and result.status in ("failed", "skipped") else line


def make_progress(quiet: bool = False, stream: IO[str] | None = None) -> Progress:
    """Choose the form that fits where it is shown: the error stream unless `stream` is given."""
    stream = sys.stderr if stream is None else stream
    if quiet:
        return QuietProgress()
    return BarProgress(stream) if stream.isatty() else LinesProgress(stream)
