"""Retention dates of cohort.yaml, acted on: what is due is named, refused by a run, and deleted when asked."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wlz_eval.batch.described import described
from wlz_eval.batch.lock import locked
from wlz_eval.cohort.find import find_cohort, shipped_cohorts
from wlz_eval.core.result import Result
from wlz_eval.release.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SOON", "Retention", "overdue", "retention", "retention_notice"]

#: Days before the date from which a check warns.
SOON = 60


@dataclass(frozen=True, kw_only=True, repr=False)
class Retention(Result):
    """When the data of each cohort must be deleted, and what was.

    Parameters
    ----------
    cohorts : tuple of (str, str, str)
        Cohort, date, and what is due or was done.
    """

    cohorts: tuple[tuple[str, str, str], ...]

    title = "When the data of each cohort must be deleted"

    def table(self) -> pd.DataFrame:
        """Return one row a cohort: ``cohort, delete_by, state``."""
        import pandas as pd

        return pd.DataFrame(list(self.cohorts), columns=["cohort", "delete_by", "state"])

    def __str__(self) -> str:
        return "\n".join(f"{name}  {day or 'no date'}  {state}" for name, day, state in self.cohorts)


def retention_date(folder: Path) -> dt.date | None:
    """Read the day by which a cohort's data must be deleted; None where there is none, or none can be read."""
    use = described(folder).get("data_use")
    day = use.get("retention_date") if isinstance(use, dict) else None
    if isinstance(day, str):
        # In quotes it is text to YAML, and the same day to whoever wrote it and to the check of the cohort.
        with contextlib.suppress(ValueError):
            return dt.date.fromisoformat(day.strip())
    return day if isinstance(day, dt.date) else None


def overdue(folder: Path, today: dt.date | None = None) -> str:
    """Say that a cohort's data should be gone already; empty when they need not be."""
    day = retention_date(folder)
    if day is None or (today or dt.date.today()) <= day:
        return ""
    return (
        f"the data had to be deleted by {day} (data_use.retention_date in cohort.yaml). Delete them with "
        f"'wlz-eval retention --apply', or correct the date if they may be kept for longer"
    )


def retention_notice(folder: Path, today: dt.date | None = None) -> str:
    """Say that a cohort's data are due soon, or already; empty otherwise."""
    day, today = retention_date(folder), today or dt.date.today()
    if day is None or day - today > dt.timedelta(days=SOON):
        return ""
    return overdue(folder, today) or f"the data must be deleted by {day}, in {(day - today).days} days"


def retention(
    cohorts: Sequence[str] = (),
    out_dirs: Sequence[str | Path] = (),
    *,
    apply: bool = False,
    today: dt.date | None = None,
) -> Retention:
    """List when the data of cohorts must be deleted, and delete what is due.

    Parameters
    ----------
    cohorts : sequence of str
        Ids or folders; none for all of the project.
    out_dirs : sequence of str or Path
        Output folders whose private copies go too; none for the project's own.
    apply : bool
        Delete the tables of cohorts whose date has passed, and all that is private of their runs. Published pages
        stay: they hold numbers of groups. So do ``cohort.yaml``, plan and contract, which hold no child, and one line
        that says that there were public runs, so that none is published after them that cannot be compared with them.
    today : date, optional
        The day it is.

    Returns
    -------
    Retention
        One line a cohort.
    """
    from wlz_eval.cohort.remove import table_files

    rows = []
    for cohort in cohorts or shipped_cohorts():
        folder = find_cohort(cohort)
        day = retention_date(folder)
        due = bool(overdue(folder, today))
        state = "may be kept" if day is None else "due" if due else "not yet due"
        if due:
            files = [*table_files(folder)]
            privates = [Workspace(out) for out in out_dirs or ("",)]
            held = [w for w in privates if _held(w, folder.name)]
            state = f"due: {len(files)} tables, and private files in {len(held)} output folders"
            if apply:
                _delete(folder.name, files, held)
                state = f"deleted: {len(files)} tables, and private files in {len(held)} output folders"
        rows.append((folder.name, str(day or ""), state))
    return Retention(cohorts=tuple(rows))


def _held(workspace: Workspace, cohort: str) -> bool:
    """Whether an output folder holds anything private of a cohort but the line that stays."""
    from wlz_eval.release.differencing import PublishedRuns

    stays = workspace.published_runs_file(cohort)
    files = (path for path in workspace.cohort_dir(cohort).rglob("*") if not path.is_dir())
    return any(path != stays or not PublishedRuns(path).closed for path in files)


def _delete(cohort: str, files: Sequence[Path], workspaces: Sequence[Workspace]) -> None:
    from wlz_eval.release.differencing import PublishedRuns

    for workspace in workspaces:
        with locked(workspace.private):
            runs = PublishedRuns(workspace.published_runs_file(cohort))
            shutil.rmtree(workspace.cohort_dir(cohort))
            runs.close()
    for path in files:
        path.unlink()
