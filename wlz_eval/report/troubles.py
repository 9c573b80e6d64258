"""Why a report is not there, or not whole, and what to do about it, in words for the list of cohorts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Todo", "Trouble", "todo_list", "trouble_of"]

Kind = Literal["refused", "gate", "fault", "failed", "skipped", "removed"]

_TITLES: dict[Kind, str] = {
    "refused": "Refused: the data or the plan have to be mended first.",
    "gate": "Not published: the publication gate refused the new pages.",
    "fault": "Not published: the new pages could not be made.",
    "failed": "Not all questions were answered:",
    "skipped": "Not all questions were answered:",
    "removed": "It was run, but its pages are no longer here.",
}
#: What the public is told of pages that were held back: the reasons are for those who can mend them.
HELD_BACK = "Not published: being checked."
_STUDY_TITLES: dict[Kind, str] = {
    **_TITLES,
    "refused": "Refused: the notebooks of the studies have to be mended first.",
    "failed": "Not all studies could be run:",
    "skipped": "Not all studies could be run:",
    "removed": "They were run, but their pages are no longer here.",
}


@dataclass(frozen=True, kw_only=True)
class Todo:
    """What to do about one kind of trouble."""

    anchor: str
    title: str
    steps: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What went wrong in the last run of a cohort; no kinds when nothing did.

    Parameters
    ----------
    title : str
        What happened.
    reasons : tuple of str
        Each of one line, fit for any reader.
    kinds : tuple of str
        Kinds of trouble, each of which :func:`todo_list` says what to do about.
    """

    title: str = ""
    reasons: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()


def trouble_of(
    run: Mapping[str, Any], *, published: bool, studies: bool = False, audience: str = "internal"
) -> Trouble:
    """Say what went wrong in a run.

    Parameters
    ----------
    run : mapping
        What ``run.json`` holds; empty where there was no run.
    published : bool
        Whether there are pages.
    studies : bool
        Whether it was a run of the studies.
    audience : str
        Who reads the list: the public is told that pages are being checked, and no more.
    """
    titles = _STUDY_TITLES if studies else _TITLES
    earlier = " The pages that are linked here are of an earlier run." if published else ""
    whole: tuple[tuple[Kind, list[str]], ...] = (
        ("refused", list(run.get("refused", []))),
        ("gate", list(run.get("gate", []))),
        ("fault", [run["fault"]] if run.get("fault") else []),
    )
    for kind, reasons in whole:
        if reasons and kind == "gate" and audience == "public":
            return Trouble(title=HELD_BACK + earlier)
        if reasons:
            return Trouble(title=titles[kind] + earlier, reasons=tuple(map(_public, reasons)), kinds=(kind,))
    ended = run.get("notebooks", {})
    wrong = {name: about for name, about in ended.items() if about["status"] in ("failed", "skipped")}
    if wrong:
        said = [f"{name}: {about.get('reason') or about['status']}" for name, about in wrong.items()]
        kinds: tuple[Kind, ...] = tuple(sorted({about["status"] for about in wrong.values()}))
        return Trouble(title=titles["failed"], reasons=tuple(map(_public, said)), kinds=kinds)
    if ended and not published:
        return Trouble(title=titles["removed"], kinds=("removed",))
    return Trouble()


def _public(reason: str) -> str:
    """Shorten a reason to its first line; the whole of it stands in run.json."""
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason was given"
    line = re.sub(r"(?<![\w.])/(?:[\w.-]+/)+", "", line)
    return line if len(line) <= 300 else line[:299] + "…"


_TODO: dict[Kind, tuple[str, str, str]] = {
    "refused": (
        "A cohort was refused",
        "Nothing of it was run. Mend what is listed, in the cohort's folder or in its plan; checking it again lists "
        "every problem with its row.",
        "wlz-eval check FOLDER",
    ),
    "gate": (
        "The publication gate refused",
        "The earlier pages stand. The new ones lie, unpublished, in the cohort's private folder under quarantine, with "
        "reasons.txt beside them. Mend the notebook, the plan or the data that the reason names. Where too few "
        "children differ from an earlier report, wait until more do.",
        "wlz-eval run COHORT",
    ),
    "fault": (
        "Pages could not be made",
        "The earlier pages stand, and what was computed is kept. Mend what the reason names (most often room on the "
        "disk) and run again: only the pages are made. If the reason is a fault of the suite itself, report it.",
        "wlz-eval run COHORT",
    ),
    "failed": (
        "A notebook failed",
        "The other pages stand. The reason names the cell; the notebook's log, in the cohort's private folder under "
        "log, holds the rest. Mend the cause and run it again: what is finished is kept.",
        "wlz-eval run COHORT --notebook NAME",
    ),
    "skipped": (
        "A notebook was skipped",
        "It reads numbers of a notebook that failed. Mend that one; this one then runs by itself.",
        "wlz-eval run COHORT",
    ),
    "removed": (
        "Pages were removed",
        "Somebody took the folder of pages away. Running the cohort makes them again; what is computed is kept.",
        "wlz-eval run COHORT",
    ),
}


def todo_list(troubles: Iterable[Trouble], audience: str) -> list[Todo]:
    """Say what to do about each kind of trouble that there is, once."""
    present = {kind for trouble in troubles for kind in trouble.kinds}
    more = "" if audience == "public" else f" --audience {audience}"
    return [
        Todo(
            anchor=f"todo-{kind}", title=title, steps=steps,
            command=command if kind == "refused" else command + more,
        )
        for kind, (title, steps, command) in _TODO.items()
        if kind in present
    ]
