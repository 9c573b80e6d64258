"""A run as a machine reads it: one JSON object a line. Keys are added in time, never renamed or removed.

Every object has ``event`` and ``time`` (UTC, ISO 8601).

============ ==================================================================================================
event        further keys
============ ==================================================================================================
``begin``    ``format`` (1), ``notebooks``: how many there are
``started``  ``cohort``, ``notebook``, ``reason`` (why it runs), ``log`` (path of its private log)
``ended``    ``cohort``, ``notebook``, ``status`` (succeeded, failed, skipped or cached), ``seconds``, ``reason``
             (fit for publication), ``detail`` (may hold values: private), ``log``, ``done``, ``notebooks``,
             ``seconds_left`` (null while it is not known)
``refused``  ``cohort`` as it was asked for, ``message`` with every problem, ``notebooks`` that are left
``note``     ``message``
``planned``  only with ``--dry-run``: ``cohort``, ``notebook``, ``action`` (run, run if needed or keep), ``reason``
``summary``  the last line: ``exit_code``, ``counts`` by status, ``refused`` (a list of ``cohort`` and ``message``),
             ``gate`` and ``faults`` (by cohort), ``site`` (an address, or null), ``interrupted``
``error``    the last line where nothing could be run: ``kind``, ``message``, ``exit_code``
============ ==================================================================================================
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wlz_eval.batch.progress import CountingProgress
from wlz_eval.batch.record import JobResult, RunResult

if TYPE_CHECKING:
    from wlz_eval.batch.planning import RunPlan

__all__ = ["FORMAT", "JsonProgress", "error_event", "event_line", "plan_events", "summary_event"]

#: Number of this format; it grows only if a key had to change its meaning.
FORMAT = 1


def event_line(event: str, **content: Any) -> str:
    """Return one line of JSON.

    Examples
    --------
    >>> json.loads(event_line("note", message="hello"))["message"]
    'hello'
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"event": event, "time": now, **content}, ensure_ascii=False)


def summary_event(result: RunResult) -> str:
    """Return the last line of a run."""
    return event_line(
        "summary",
        exit_code=result.exit_code,
        counts=dict(Counter(job.status for job in result.jobs)),
        refused=[{"cohort": refusal.cohort, "message": refusal.message} for refusal in result.refused],
        gate={cohort: list(reasons) for cohort, reasons in result.gate.items()},
        faults=dict(result.faults),
        site=result.site.as_uri() if result.site else None,
        interrupted=result.interrupted,
    )


def plan_events(planned: RunPlan, exit_code: int) -> list[str]:
    """Return the lines of a dry run, a summary last."""
    refused = [{"cohort": refusal.cohort, "message": refusal.message} for refusal in planned.refused]
    counts = dict(Counter(job.action for job in planned.jobs))
    last = event_line(
        "summary", exit_code=exit_code, counts=counts, refused=refused, gate={}, faults={}, site=None, interrupted=False
    )
    return [event_line("planned", **vars(job)) for job in planned.jobs] + [last]


def error_event(kind: str, message: str, exit_code: int) -> str:
    """Return the last line where nothing could be run."""
    return event_line("error", kind=kind, message=message, exit_code=exit_code)


class JsonProgress(CountingProgress):
    """Writes each event as a line."""

    def begin(self, total: int) -> None:
        """Write how many notebooks there are."""
        super().begin(total)
        self._write("begin", format=FORMAT, notebooks=total)

    def started(self, cohort: str, notebook: str, reason: str, log: str) -> None:
        """Write what runs now."""
        self._write("started", cohort=cohort, notebook=notebook, reason=reason, log=log)

    def ended(self, result: JobResult) -> None:
        """Write how it ended."""
        super().ended(result)
        content = {**vars(result), "seconds": round(result.seconds, 3)}
        left = None if self._left is None else round(self._left, 1)
        self._write("ended", **content, done=self._done, notebooks=self._total, seconds_left=left)

    def refused(self, cohort: str, message: str, notebooks: int) -> None:
        """Write what is not run."""
        super().refused(cohort, message, notebooks)
        self._write("refused", cohort=cohort, message=message, notebooks=self._total)

    def note(self, message: str) -> None:
        """Write the message."""
        self._write("note", message=message)

    def _write(self, event: str, **content: Any) -> None:
        print(event_line(event, **content), file=self._stream, flush=True)
