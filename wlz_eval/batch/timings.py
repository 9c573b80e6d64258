"""How long each notebook took when it last ran, and how much memory: private, and no part of any result."""

from __future__ import annotations

import contextlib
import json
import statistics
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wlz_eval.core.errors import StorageError
from wlz_eval.core.files import write_atomic
from wlz_eval.release.workspace import Workspace

__all__ = ["Timing", "Timings"]

#: Megabytes of a notebook that nobody has measured.
UNKNOWN_MEGABYTES = 800
#: Seconds between two writes of the file while notebooks end.
_WRITE_EVERY = 10.0


@dataclass(frozen=True)
class Timing:
    """What one notebook of one cohort took.

    Parameters
    ----------
    seconds : float
        On the wall, from the start of its kernel to the written notebook.
    computing : float
        Seconds of these in which its cells ran.
    megabytes : int
        The most memory that its kernel held.
    """

    seconds: float
    computing: float
    megabytes: int


class Timings:
    """The file ``timings.json`` of an output folder.

    It outlives a failed run, which the manifest does not, so that the next one knows what to start first. Reading it
    never fails: without it, all is unknown.

    Parameters
    ----------
    workspace : Workspace
        The output folder.
    """

    def __init__(self, workspace: Workspace):
        self._path = workspace.private / "timings.json"
        self._known = _read(self._path)
        self._lock = threading.Lock()
        self._written = time.monotonic()

    def note(self, cohort: str, notebook: str, timing: Timing) -> None:
        """Remember what a notebook took."""
        with self._lock:
            self._known.setdefault(notebook, {})[cohort] = timing
            if time.monotonic() > self._written + _WRITE_EVERY:
                self._write()

    def write(self) -> None:
        """Write what is known."""
        with self._lock:
            self._write()

    def seconds(self, cohort: str, notebook: str) -> float | None:
        """Seconds that a notebook took of this cohort, else of the middle one of others; None when it never ran."""
        known = self._known.get(notebook, {})
        if cohort in known:
            return known[cohort].seconds
        return statistics.median(timing.seconds for timing in known.values()) if known else None

    def megabytes(self, cohort: str, notebook: str) -> int:
        """Megabytes that a notebook took of this cohort, else of the largest of others, else a guess."""
        known = self._known.get(notebook, {})
        if cohort in known:
            return known[cohort].megabytes
        return max((timing.megabytes for timing in known.values()), default=UNKNOWN_MEGABYTES)

    def _write(self) -> None:
        content = {
            notebook: {cohort: vars(timing) for cohort, timing in sorted(cohorts.items())}
            for notebook, cohorts in sorted(self._known.items())
        }
        self._written = time.monotonic()
        # Only a help for the next run: a full disk must not stop this one here.
        with contextlib.suppress(StorageError):
            write_atomic(self._path, json.dumps(content, indent=1) + "\n")


def _read(path: Path) -> dict[str, dict[str, Timing]]:
    try:
        content: Mapping[str, Mapping[str, Mapping[str, float]]] = json.loads(path.read_text(encoding="utf-8"))
        return {
            notebook: {
                cohort: Timing(float(t["seconds"]), float(t["computing"]), int(t["megabytes"]))
                for cohort, t in cohorts.items()
            }
            for notebook, cohorts in content.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
