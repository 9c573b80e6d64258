"""Forget a child: out of tables, caches, stores and unpublished reports; and say where it was published.

What was published cannot be taken back without being seen, and a page that changes by one child tells on that child.
So published pages stay as they are, and the report of this verb says which of them counted the child.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from wlz_eval.batch.forgotten import forgotten_children
from wlz_eval.batch.lock import locked
from wlz_eval.cohort.find import find_cohort, shipped_cohorts
from wlz_eval.cohort.remove import Removal, child_ids, prepare_removal
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.release.differencing import PublishedRuns
from wlz_eval.release.workspace import AUDIENCES, STUDIES, Workspace

__all__ = ["Forgotten", "forget"]

#: What stays of a cohort's private folder: what was released already, and what guards it. No row of a child.
_KEPT = ("source.json", "published.json", "published_runs.json", "releases.json")


@dataclass(frozen=True, kw_only=True, repr=False)
class Forgotten(Result):
    """What was, or would be, done to forget a child. It never names the child.

    Parameters
    ----------
    steps : tuple of (str, str, str)
        Each thing done or to do: what (``rows``, ``removed``, ``published``, ``left``), where, and how.
    dry_run : bool
        Whether nothing was changed.
    known : bool
        Whether any table held the child, or it was forgotten before.
    """

    steps: tuple[tuple[str, str, str], ...]
    dry_run: bool = False
    known: bool = True

    title = "What was done to forget a child"

    def table(self) -> pd.DataFrame:
        """Return one row a step: ``what, where, how``."""
        return pd.DataFrame(list(self.steps), columns=["what", "where", "how"])

    def __str__(self) -> str:
        if not self.known:
            return "No table of these cohorts holds such a child, and nothing was changed. Check the id."
        head = "Nothing is changed yet; without --dry-run:" if self.dry_run else "Done:"
        lines = [f"  {what}: {where}: {how}" for what, where, how in self.steps]
        return "\n".join([head, *lines]) if lines else "Nothing of this child is left."


def forget(
    child: str, cohorts: Sequence[str] = (), out_dirs: Sequence[str | Path] = (), *, dry_run: bool = False
) -> Forgotten:
    """Remove a child from tables, caches, stores, ledgers, logs and unpublished reports.

    Parameters
    ----------
    child : str
        Its ``child_id``, or the ``person_id`` under which it is in several cohorts.
    cohorts : sequence of str
        Cohorts to look in, as ids or folders; none for those that the output folders know and those of the project.
    out_dirs : sequence of str or Path
        Output folders; none for the project's own.
    dry_run : bool
        Only say what would be done.

    Returns
    -------
    Forgotten
        Every file that changed, every folder that went, and every published run that counted the child.

    Raises
    ------
    OptionError
        When no id is given.
    """
    child = child.strip()
    if not child:
        raise OptionError("Give the child_id or person_id of the child.")
    workspaces = [Workspace(out) for out in out_dirs or ("",)]
    removals, ids = _removals(child, _folders(cohorts, workspaces))
    known = bool(removals) or any(forgotten_children(w).among([child]) for w in workspaces)
    if not known:
        return Forgotten(steps=(), dry_run=dry_run, known=False)
    steps = [
        ("rows", f"{r.folder.name}/{name}", f"{n} taken out") for r in removals for name, n in sorted(r.rows.items())
    ]
    for workspace in workspaces:
        steps += _in_workspace(workspace, [r.folder for r in removals], ids | {child}, dry_run)
    if not dry_run:
        for removal in removals:
            removal.write()
    steps += _mentions(removals, ids | {child}, dry_run)
    return Forgotten(steps=tuple(steps), dry_run=dry_run)


def _folders(cohorts: Sequence[str], workspaces: Sequence[Workspace]) -> list[Path]:
    """Folders of the cohorts to look in, each once."""
    if cohorts:
        return list(dict.fromkeys(find_cohort(cohort).resolve() for cohort in cohorts))
    found = [find_cohort(cohort).resolve() for cohort in shipped_cohorts()]
    for workspace in workspaces:
        for source in sorted(workspace.private.glob("*/source.json")):
            folder = workspace.source_folder(source.parent.name)
            if folder is not None and (folder / "cohort.yaml").is_file():
                found.append(folder.resolve())
    return list(dict.fromkeys(found))


def _removals(child: str, folders: Sequence[Path]) -> tuple[list[Removal], set[str]]:
    """Find the child in every cohort where that person is, and work out the tables without it."""
    held = {folder: child_ids(folder) for folder in folders}
    people = {child}
    for rows in held.values():
        people |= {row["person_id"] for row in rows if row["child_id"] == child and row.get("person_id")}
    removals, ids = [], set()
    for folder, rows in held.items():
        here = {r["child_id"] for r in rows if r["child_id"] == child or (r.get("person_id") or "") in people}
        if here:
            removals.append(prepare_removal(folder, here))
            ids |= here
    return removals, ids | (people if removals else set())


def _in_workspace(
    workspace: Workspace, folders: Collection[Path], ids: Collection[str], dry_run: bool
) -> Iterator[tuple[str, str, str]]:
    """Remove what an output folder holds of the cohorts, but for what was released already."""
    if not workspace.private.is_dir():
        return
    names = {folder.name for folder in folders}
    for name in sorted(names):
        yield from _published(workspace, name, ids)
    with locked(workspace.private):
        gone = [path for name in sorted(names) for path in _private_files(workspace.private / name)]
        gone += [path for path in _files(workspace.private) if path not in set(gone) and _holds(path, ids)]
        for path in gone:
            if not dry_run:
                path.unlink(missing_ok=True)
        for folder, n in _counted(workspace.private, gone):
            yield "removed", f"{workspace.root.name}/.work/{folder}", f"{n} files: the next run makes them anew"
        if not dry_run:
            for name in names:
                _remove_empty(workspace.private / name)
            forgotten_children(workspace).add(ids)


def _private_files(folder: Path) -> list[Path]:
    return [path for path in _files(folder) if path.name not in _KEPT]


def _files(folder: Path) -> list[Path]:
    own = ("run.lock", "forgotten.json")
    return sorted(p for p in folder.rglob("*") if (p.is_file() or p.is_symlink()) and p.name not in own)


def _holds(path: Path, ids: Collection[str]) -> bool:
    """Whether a file holds one of the ids as a word of its own."""
    try:
        return _within(path.read_bytes(), ids)
    except OSError:
        return False


def _counted(root: Path, paths: Sequence[Path]) -> list[tuple[str, int]]:
    folders = [path.relative_to(root).parts[0] for path in paths]
    return [(folder, folders.count(folder)) for folder in dict.fromkeys(folders)]


def _remove_empty(folder: Path) -> None:
    for path in sorted((p for p in folder.rglob("*") if p.is_dir() and not p.is_symlink()), reverse=True):
        if not any(path.iterdir()):
            shutil.rmtree(path)


def _published(workspace: Workspace, cohort: str, ids: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Say which published pages counted the child, and what to do about each kind."""
    public = PublishedRuns(workspace.published_runs_file(cohort)).counting(ids)
    for audience in AUDIENCES:
        pages = workspace.published_dir(cohort, audience)
        counted = public if audience == "public" else 0
        if counted or pages.is_dir():
            yield "published", f"{workspace.site_dir(audience).name}/{cohort}", _advice(audience, counted)
    studies = workspace.published_dir(STUDIES, "public")
    for page in sorted(studies.glob("*.html")):
        if cohort in page.read_text(encoding="utf-8"):
            yield "published", f"reports/{STUDIES}/{page.name}", "names this cohort, so it may count the child"


def _advice(audience: str, counted: int) -> str:
    if audience == "public":
        runs = f"{counted} public run{'' if counted == 1 else 's'} counted the child" if counted else "not counted"
        return (
            f"{runs}; the pages hold only numbers of groups and stay. The next public run is held back until enough "
            "children differ, since the difference would be about this child"
        )
    return f"{audience} pages of this cohort were made and may describe the child: remove the folder, and any copies"


def _mentions(removals: Sequence[Removal], ids: Collection[str], dry_run: bool) -> Iterator[tuple[str, str, str]]:
    """Name files of the cohorts that still hold an id in another place: a person has to decide about those."""
    for removal in removals:
        for path in _files(removal.folder):
            content = removal.contents.get(path) if dry_run else None
            if path.suffix != ".parquet" and (_within(content, ids) if content is not None else _holds(path, ids)):
                yield "left", f"{removal.folder.name}/{path.name}", "still names the child elsewhere: mend it by hand"


def _within(content: bytes, ids: Collection[str]) -> bool:
    words = [i.encode() for i in ids if i.encode() in content]
    return any(re.search(rb"(?<![\w-])" + re.escape(word) + rb"(?![\w-])", content) for word in words)
