"""What came of a run: for the person at the terminal, for the site, and for later runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from wlz_eval.core.files import write_atomic
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["INTERRUPTED", "JobResult", "Refusal", "RunResult", "Status", "log_file", "write_run_file"]

Status = Literal["succeeded", "failed", "skipped", "cached"]

#: Exit status of a run that was stopped from the keyboard, as shells have it.
INTERRUPTED = 130


@dataclass(frozen=True)
class JobResult:
    """How one notebook of one cohort ended.

    Parameters
    ----------
    cohort, notebook : str
        Which.
    status : str
        ``succeeded``, ``failed``, ``skipped`` or ``cached`` (unchanged since it last succeeded).
    reason : str
        Why it failed, was skipped or had to run; fit for the site.
    seconds : float
        Wall time.
    detail : str
        The reason with all that helps at the terminal; never published.
    log : str
        Path of the private log of the last time it ran; empty where there is none.
    """

    cohort: str
    notebook: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    detail: str = field(default="", repr=False)
    log: str = field(default="", repr=False)


@dataclass(frozen=True)
class Refusal:
    """A cohort that was not run, and why.

    Parameters
    ----------
    cohort : str
        As it was asked for.
    message : str
        Every problem, for the terminal.
    public : tuple of str
        Each problem without the offending values, which may be a child's.
    """

    cohort: str
    message: str
    public: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunResult(Result):
    """Everything that came of a run.

    Parameters
    ----------
    jobs : tuple of JobResult
        Each notebook of each cohort.
    refused : tuple of Refusal
        Cohorts that were not run.
    gate : mapping of str to tuple of str
        Cohorts that the publication gate refused, with its reasons.
    faults : mapping of str to str
        Cohorts that something else stopped, each with the message, or with the traceback of a bug.
    site : Path or None
        Page to open.
    interrupted : bool
        Whether it was stopped from the keyboard.
    """

    jobs: tuple[JobResult, ...]
    refused: tuple[Refusal, ...] = ()
    gate: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    site: Path | None = None
    interrupted: bool = False

    title = "Run"

    @property
    def exit_code(self) -> int:
        """0 all well, 1 a notebook failed, 2 a cohort was refused, 3 the gate refused; the highest counts."""
        if self.interrupted:
            return INTERRUPTED
        failed = bool(self.faults) or any(job.status == "failed" for job in self.jobs)
        return max(3 if self.gate else 0, 2 if self.refused else 0, 1 if failed else 0)

    def table(self) -> pd.DataFrame:
        """One row a notebook: ``cohort``, ``notebook``, ``status``, ``seconds``, ``reason``."""
        import pandas as pd

        columns = ["cohort", "notebook", "status", "seconds", "reason"]
        return pd.DataFrame([[getattr(job, c) for c in columns] for job in self.jobs], columns=columns)


def log_file(folder: Path, notebook: str) -> Path:
    """Path of a notebook's private log.

    Parameters
    ----------
    folder : Path
        Private folder of a cohort's run for one audience.
    notebook : str
        Its name.
    """
    return folder / "log" / f"{notebook}.log"


def write_run_file(
    path: Path,
    cohort: str,
    audience: str,
    jobs: Sequence[JobResult] = (),
    refused: Sequence[str] = (),
    gate: Sequence[str] = (),
    fault: str = "",
) -> None:
    """Write ``run.json``: the only place that knows wall times, so that pages can be the same to the byte.

    It is private, and names each notebook's log, from the folder in which it lies.
    """
    logs = {job.notebook: log_file(path.parent, job.notebook) for job in jobs}
    content = {
        "cohort": cohort,
        "audience": audience,
        "notebooks": {
            job.notebook: {
                "status": job.status,
                "reason": job.reason,
                "seconds": round(job.seconds, 2),
                "log": logs[job.notebook].relative_to(path.parent).as_posix() if logs[job.notebook].exists() else "",
            }
            for job in jobs
        },
        "refused": list(refused),
        "gate": list(gate),
        "fault": fault,
    }
    write_atomic(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
