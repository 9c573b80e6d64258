"""Publish the studies of the method: pages like those of a cohort, but about no cohort."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import RunError, WlzEvalError, suggestion
from wlz_eval.core.files import empty_folder, write_atomic
from wlz_eval.release.gate import NOTHING, Known
from wlz_eval.release.rule import Rule
from wlz_eval.release.workspace import STUDIES, Workspace
from wlz_eval.report.content import PageContent, read_notebook
from wlz_eval.report.figure_data import write_figure_data
from wlz_eval.report.known import known
from wlz_eval.report.page import Link, render_page
from wlz_eval.report.pdf import WHOLE, pdf_files
from wlz_eval.report.staging import executed, read_ledgers, release_staged, run_record

__all__ = ["KINDS", "check_study", "publish_studies"]

#: Where a study's data come from, in the words of its page.
KINDS: dict[str, str] = {
    "simulated": "Simulated data: no real children",
    "public": "Public data sets",
    "published": "Published figures",
}
#: What stands in its place on a page made from cohorts of real pupils.
REAL = "Real pupils"


def check_study(name: str, metadata: Any) -> None:
    """Check what a study's notebook says of itself in its ``wlz_eval`` metadata.

    Parameters
    ----------
    name : str
        Name of the notebook.
    metadata : object
        The mapping under ``wlz_eval``: ``title``, ``question``, ``about`` (one sentence on its data) and ``data`` (a
        list of kinds, see :data:`KINDS`).

    Raises
    ------
    RunError
        When a key is missing or a kind is unknown.
    """
    about = metadata if isinstance(metadata, Mapping) else {}
    for key in ("title", "question", "about"):
        if not isinstance(about.get(key), str) or not about[key].strip():
            raise RunError(f"Study {name}: the notebook's 'wlz_eval' metadata need words under {key!r}.")
    kinds = about.get("data")
    if not isinstance(kinds, list) or not kinds:
        raise RunError(f"Study {name}: 'data' in the 'wlz_eval' metadata must list one or more of {', '.join(KINDS)}.")
    for kind in kinds:
        if kind not in KINDS:
            raise RunError(f"Study {name}: unknown kind of data {kind!r}. {suggestion(str(kind), list(KINDS))}")


def publish_studies(
    workspace: Workspace, audience: str, names: Sequence[str], cohorts: Collection[str] = (), *, pdf: bool = False
) -> Path:
    """Publish the studies that have been run, in one step; a study that failed has no page.

    Parameters
    ----------
    workspace : Workspace
        Where everything is kept.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    names : sequence of str
        The studies, in order.
    cohorts : collection of str
        Cohorts that studies read: the gate looks for their identifiers. One that cannot be loaded has no study that
        succeeded.
    pdf : bool
        Whether to print each page as PDF too.

    Returns
    -------
    Path
        The folder of their pages.

    Raises
    ------
    RunError
        When a study does not say what it is about, or has no ledger.
    GateRefusedError
        When the gate found something; one line a reason. The pages are then in the quarantine folder.
    """
    run = run_record(workspace, STUDIES, audience)
    notebooks = executed(workspace, STUDIES, audience, run, names)
    contents = {name: _content(name, notebook) for name, notebook in notebooks.items()}
    ledgers = read_ledgers(workspace, STUDIES, audience, notebooks)
    staging = workspace.staging_dir(STUDIES, audience)
    empty_folder(staging)
    links = [Link(name, content.question, f"{name}.html") for name, content in contents.items()]
    for ledger, (name, content) in zip(ledgers, contents.items(), strict=True):
        files = [(f"{name}.pdf", "PDF, to print")] if pdf else []
        page = render_page(content, pages=links, rule=ledger.rule, template="study.html.j2", files=files)
        write_atomic(staging / f"{name}.html", page)
        write_figure_data(staging, content.figures, ledger)
    if pdf:
        pdf_files(staging, contents, WHOLE, workspace.pdf_dir(STUDIES, audience))
    folder = release_staged(workspace, STUDIES, audience, ledgers, _known(cohorts))
    record = {"studies": [_entry(content) for content in contents.values()]}
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomic(workspace.published_file(STUDIES, audience), text)
    return folder


def _known(cohorts: Collection[str]) -> Known:
    """Gather what must not appear of the cohorts that studies read; most read none.

    Studies speak of many years, so that a month of theirs says nothing of when a simulated child was born.
    """
    from wlz_eval.cohort import load_cohort

    found = NOTHING
    for cohort in sorted(cohorts):
        try:
            found |= known(load_cohort(cohort), Rule().threshold)
        except WlzEvalError:
            continue
    return replace(found, months=frozenset())


def _content(name: str, notebook: Mapping[str, Any]) -> PageContent:
    """Read an executed study; its head also holds what the notebook's metadata say of it."""
    about = notebook["metadata"].get("wlz_eval")
    check_study(name, about)
    simulated = about["data"] == ["simulated"]
    more = {
        "title": about["title"],
        "about": about["about"],
        "kinds": [KINDS[kind] for kind in about["data"]],
        "provenance": "synthetic" if simulated else "public",
    }
    return _of_cohorts(read_notebook(name, notebook, more))


def _of_cohorts(content: PageContent) -> PageContent:
    """Let a page that was made from cohorts say what those are: the notebook's metadata know only its defaults."""
    cohorts, simulated = content.head["cohorts"], content.head["simulated"]
    if not cohorts:
        return content
    about = f"The tables and plans of the cohorts {', '.join(cohorts)}; the page says which of them are pooled."
    return replace(
        content,
        head={
            **content.head,
            "about": about,
            "kinds": [KINDS["simulated"] if simulated else REAL],
            "provenance": "synthetic" if simulated else "real",
        },
    )


def _entry(content: PageContent) -> dict[str, Any]:
    """Return what the site's index says of a study; its answer's numbers name their page in their key."""
    first = re.search(r"<p\b[^>]*>.*?</p>", content.answer, re.DOTALL)
    answer = first.group() if first else ""
    return {
        "href": f"{STUDIES}/{content.notebook}.html",
        "question": content.question,
        "answer": answer.replace(' data-cell="', f' data-cell="{content.notebook}:'),
        "kinds": content.head["kinds"],
    }
