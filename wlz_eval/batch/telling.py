"""A run's outcome in words, for the terminal: what went to its output and what went wrong."""

from __future__ import annotations

from collections import Counter

from wlz_eval.batch.planning import RunPlan
from wlz_eval.batch.progress import describe
from wlz_eval.batch.record import RunResult

__all__ = ["plan_lines", "result_lines"]

#: How the statuses of notebooks are counted in words.
_STATUS_WORDS = {"succeeded": "succeeded", "cached": "unchanged", "failed": "failed", "skipped": "skipped"}


def plan_lines(planned: RunPlan) -> tuple[list[str], list[str]]:
    """Return the lines for the output, and for the error stream, of a dry run."""
    width = max((len(f"{job.cohort} {job.notebook}") for job in planned.jobs), default=0)
    said = [f"{f'{job.cohort} {job.notebook}':<{width}}  {job.action}: {job.reason}" for job in planned.jobs]
    return said, [f"{refusal.cohort} would be refused:\n{refusal.message}" for refusal in planned.refused]


def result_lines(result: RunResult, quiet: bool) -> tuple[list[str], list[str]]:
    """Return the lines for the output, and for the error stream, at the end of a run."""
    wrong = [f"{refusal.cohort} was refused. {refusal.message}" for refusal in result.refused]
    # Without --quiet this was said when it happened.
    wrong += [describe(job) for job in result.jobs if quiet and job.status == "failed"]
    for cohort, reasons in result.gate.items():
        lines = "\n".join(f"  - {reason}" for reason in reasons)
        wrong.append(f"{cohort} is not published, since the publication gate refused:\n{lines}")
    wrong += [f"{where} could not be finished:\n{trace}" for where, trace in result.faults.items()]
    said = []
    if not quiet:
        counts = Counter[str](job.status for job in result.jobs)
        shown = [f"{counts[s]} {word}" for s, word in _STATUS_WORDS.items() if counts[s]]
        said.append(f"Notebooks: {', '.join(shown) or 'none'}.")
    if result.site is not None:
        said.append(f"Open {result.site.as_uri()}")
    return said, wrong
