"""One site from runs that each wrote to a folder of its own, as a scheduler's tasks do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from wlz_eval.batch.lock import locked, scratch_folder
from wlz_eval.batch.publishing import publish_site
from wlz_eval.core.errors import OptionError
from wlz_eval.core.files import replace_folder
from wlz_eval.release.workspace import Workspace

__all__ = ["gather"]


def gather(folders: Sequence[str | Path], workspace: Workspace, audience: str) -> Path:
    """Take over what other runs have made, and list all of it on one page.

    Each cohort, or the studies, is taken over whole, private files and pages, so that it can also be run again where
    it is taken to. What is there already of the same id is replaced.

    Parameters
    ----------
    folders : sequence of str or Path
        Output folders of other runs.
    workspace : Workspace
        Where to take them.
    audience : str
        Whose page is made.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    OptionError, RunError
        When a folder holds no run, two hold the same cohort, or a run is still writing to one of them.
    """
    others = [Workspace(folder) for folder in dict.fromkeys(map(str, folders))]
    _check(others, workspace)
    with ExitStack() as held:
        for place in (workspace, *others):
            held.enter_context(locked(place.private))
        for other in others:
            for cohort in _cohorts(other):
                _take(other, workspace, cohort)
        return publish_site(workspace, audience)


def _check(others: Sequence[Workspace], workspace: Workspace) -> None:
    mistakes, found = [], dict[str, Path]()
    for other in others:
        if other.root == workspace.root:
            mistakes.append(f"{other.root} is --out itself. Name the folders of the other runs with --from.")
        elif not _cohorts(other):
            mistakes.append(f"{other.root} holds no run: it must be what was --out of one.")
        for cohort in _cohorts(other):
            if cohort in found:
                mistakes.append(f"{cohort} is in {found[cohort]} and in {other.root}. Name only one of them.")
            found[cohort] = other.root
    if mistakes:
        raise OptionError("\n".join(mistakes))


def _cohorts(workspace: Workspace) -> list[str]:
    """Ids of what has been run in an output folder."""
    return sorted({path.parent.parent.name for path in workspace.private.glob("*/*/run.json")})


def _take(other: Workspace, workspace: Workspace, cohort: str) -> None:
    """Copy a cohort's private files and pages; each folder is replaced in one step, the pages last."""
    _replace(other.cohort_dir(cohort), workspace.cohort_dir(cohort), workspace)
    for audience in sorted(path.name for path in other.cohort_dir(cohort).iterdir() if (path / "run.json").exists()):
        _replace(other.published_dir(cohort, audience), workspace.published_dir(cohort, audience), workspace)


def _replace(source: Path, target: Path, workspace: Workspace) -> None:
    scratch = scratch_folder(workspace.private) / "gather"
    shutil.rmtree(scratch, ignore_errors=True)
    if source.exists():
        shutil.copytree(source, scratch)
        replace_folder(scratch, target)
    elif target.exists():
        shutil.rmtree(target)
