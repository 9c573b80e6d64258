"""What a person sees while a batch runs: one live bar on a terminal, plain lines elsewhere, JSON for machines."""

from __future__ import annotations

import sys
from typing import IO, Protocol

from wlz_eval.batch.record import JobResult

__all__ = ["CountingProgress", "LinesProgress", "Progress", "QuietProgress", "about", "describe", "make_progress"]


class Progress(Protocol):
    """What the batch tells; always from the thread that runs it."""

    def begin(self, total: int) -> None:
        """Say how many notebooks there are."""

    def started(self, cohort: str, notebook: str, reason: str, log: str) -> None:
        """Say that a notebook runs now, why, and where its log is."""

    def ended(self, result: JobResult) -> None:
        """Say how a notebook ended."""

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Say that a cohort is not run, which makes so many notebooks fewer."""

    def left(self, seconds: float | None) -> None:
        """Say how long the rest is expected to take, as far as that is known."""

    def note(self, message: str) -> None:
        """Say something else."""

    def close(self) -> None:
        """Say no more."""


class QuietProgress:
    """Says nothing."""

    def begin(self, total: int) -> None:
        """Say nothing."""

    def started(self, cohort: str, notebook: str, reason: str, log: str) -> None:
        """Say nothing."""

    def ended(self, result: JobResult) -> None:
        """Say nothing."""

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Say nothing."""

    def left(self, seconds: float | None) -> None:
        """Say nothing."""

    def note(self, message: str) -> None:
        """Say nothing."""

    def close(self) -> None:
        """Say nothing."""


class CountingProgress(QuietProgress):
    """Writes to a stream, and knows how many notebooks there are, have ended, and how long the rest takes.

    Parameters
    ----------
    stream : file
        Where it is shown.
    """

    def __init__(self, stream: IO[str]):
        self._stream = stream
        self._total = 0
        self._done = 0
        self._left: float | None = None

    def begin(self, total: int) -> None:
        """Remember how many notebooks there are."""
        self._total = total

    def ended(self, result: JobResult) -> None:
        """Count it."""
        self._done += 1

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Count so many fewer."""
        self._total -= notebooks

    def left(self, seconds: float | None) -> None:
        """Remember it for what is shown next."""
        self._left = seconds


class LinesProgress(CountingProgress):
    """A line for each notebook that ends: for logs and files."""

    def ended(self, result: JobResult) -> None:
        """Write one line."""
        super().ended(result)
        rest = f"; {about(self._left)} left" if self._left is not None and self._done < self._total else ""
        self.note(f"[{self._done}/{self._total}] {describe(result)}{rest}")

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Write one line; the whole message follows at the end."""
        super().refused(cohort, message, notebooks)
        self.note(f"{cohort} is refused")

    def note(self, message: str) -> None:
        """Write the message."""
        print(message, file=self._stream, flush=True)


def describe(result: JobResult) -> str:
    """Put how a notebook ended into one line; a failed one names its log."""
    line = f"{result.cohort} {result.notebook} {result.status}"
    if result.status in ("succeeded", "failed"):
        line += f" in {result.seconds:.1f} s"
    reason = result.detail or result.reason
    if reason and result.status in ("failed", "skipped"):
        line += f": {reason}"
    if result.status == "failed" and result.log and result.log not in line:
        line += f" (log: {result.log})"
    return line


def about(seconds: float) -> str:
    """Say a time as a person does.

    Examples
    --------
    >>> about(8), about(95), about(5400)
    ('about 8 s', 'about 2 min', 'about 1 h 30 min')
    """
    if seconds < 60:
        return f"about {max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"about {minutes} min" if minutes < 60 else f"about {minutes // 60} h {minutes % 60:02d} min"


def make_progress(quiet: bool = False, stream: IO[str] | None = None, as_json: bool = False) -> Progress:
    """Choose the form that fits where it is shown.

    Parameters
    ----------
    quiet : bool
        Say nothing.
    stream : file, optional
        Where it is shown: the error stream unless given; JSON goes to the output.
    as_json : bool
        One JSON object a line (see :mod:`wlz_eval.batch.events`).
    """
    if quiet:
        return QuietProgress()
    if as_json:
        from wlz_eval.batch.events import JsonProgress

        return JsonProgress(sys.stdout if stream is None else stream)
    stream = sys.stderr if stream is None else stream
    if not stream.isatty():
        return LinesProgress(stream)
    from wlz_eval.batch.bar import BarProgress

    return BarProgress(stream)
