"""Publish a cohort: staging, gate, then quarantine or one move into the published folder."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import GateRefusedError, RunError
from wlz_eval.core.files import empty_folder, write_atomic
from wlz_eval.release.differencing import PublishedRuns
from wlz_eval.release.findings import FindingSet, FindingStore
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.marks import child_marks
from wlz_eval.release.notebook import NOTEBOOKS
from wlz_eval.release.summary import EFFECT_TOPICS
from wlz_eval.release.suppression.exported import exported_ledger
from wlz_eval.release.workspace import Workspace
from wlz_eval.report.changes import Changes, changes_between
from wlz_eval.report.content import PageContent, read_notebook
from wlz_eval.report.exports import Row, enter_counted, released_rows
from wlz_eval.report.figure_data import write_figure_data
from wlz_eval.report.history import History, release_of
from wlz_eval.report.known import known
from wlz_eval.report.numbers import downloads, numbers_record, stage_numbers
from wlz_eval.report.page import Link, bands, release_note, render_page, render_template
from wlz_eval.report.pdf import WHOLE, pdf_files
from wlz_eval.report.staging import executed, protected, quoted, read_ledgers, release_staged, run_record
from wlz_eval.report.summary_files import SUMMARY_FILES, stage_summary

__all__ = ["PublishResult", "publish"]

#: Words for pages that were not made, in the order of the questions.
QUESTIONS: dict[str, str] = {
    "01_data_quality": "Can the data be trusted?",
    "02_identification": "Who are the children, and were the right ones identified?",
    "03_progress": "What changed?",
    "04_attribution": "What changed because of the programme?",
    "05_engagement": "Does more engagement go with better outcomes?",
    "06_delivery": "How was it delivered?",
    "07_value": "What is it worth?",
    "08_contract": "What is owed under the outcomes contract?",
    "09_summary": "What may we say?",
}


@dataclass(frozen=True)
class PublishResult:
    """What was published.

    Parameters
    ----------
    cohort, audience : str
        Whose pages, for whom.
    folder : Path
        Where they are.
    pages : tuple of str
        Their files.
    """

    cohort: str
    audience: str
    folder: Path
    pages: tuple[str, ...]


def publish(
    cohort_id: str,
    workspace: Workspace,
    audience: str = "public",
    *,
    cohort: Cohort | None = None,
    pdf: bool = False,
) -> PublishResult:
    """Publish the pages of a cohort whose notebooks have been run.

    Pages are made in a staging folder, read there by the gate, and moved into ``reports/`` in one step. What stood
    there before stays whole until then, and stays altogether when the gate refuses.

    Parameters
    ----------
    cohort_id : str
        Id of the cohort.
    workspace : Workspace
        Where everything is kept.
    audience : str
        ``public``, ``internal`` or ``restricted``.
    cohort : Cohort, optional
        The cohort, when it was made in memory; else it is read from where the notebooks read it.
    pdf : bool
        Whether to print the pages as PDF too, each by itself and all in one.

    Returns
    -------
    PublishResult
        The folder and its pages.

    Raises
    ------
    RunError
        When the cohort was refused, or no notebook of it has been run.
    GateRefusedError
        When the gate found something; one line a reason. The pages are then in the quarantine folder. Also when fewer
        children than the threshold differ from those of an earlier public run: then the earlier pages stand.
    """
    run = run_record(workspace, cohort_id, audience)
    if run.get("refused"):
        raise RunError(f"Cohort {cohort_id} was refused, so nothing is published for it: {run['refused'][0]}")
    notebooks = executed(workspace, cohort_id, audience, run, NOTEBOOKS)
    if not notebooks:
        raise RunError(
            f"No notebook of cohort {cohort_id} has been run for {audience} readers. Use 'wlz-eval run'."
        )
    loaded = cohort if cohort is not None else _load(workspace, cohort_id)
    ledgers = read_ledgers(workspace, cohort_id, audience, notebooks)
    if audience == "public":
        runs = PublishedRuns(workspace.published_runs_file(cohort_id))
        marks = child_marks(loaded, runs.key)
        if refusal := runs.refusal(marks, ledgers[0].rule.threshold):
            raise GateRefusedError(f"{cohort_id}: {refusal}.")
    store = FindingStore(workspace, cohort_id)
    findings = FindingSet()
    for name in notebooks:
        findings = findings | store.read(name)
    withheld: dict[str, frozenset[str]] = {}
    if audience == "public":
        table = exported_ledger(findings, loaded, ledgers[0].rule)
        enter_counted(table, findings, loaded)
        notebooks, ledgers, withheld = protected(notebooks, ledgers, [table])
    staging = workspace.staging_dir(cohort_id, audience)
    empty_folder(staging)
    contents = {name: read_notebook(name, notebook) for name, notebook in notebooks.items()}
    rows = released_rows(findings, loaded, ledgers[0].rule, withheld)
    history = History(workspace.releases_file(cohort_id, audience))
    release = release_of(contents, notebooks, rows, ledgers[0].rule)
    changes = changes_between(history.before(release), release)
    _stage(staging, contents, findings, ledgers, loaded, run, rows, changes, pdf)
    if pdf:
        pdf_files(staging, contents, WHOLE, workspace.pdf_dir(cohort_id, audience))
    folder = release_staged(workspace, cohort_id, audience, ledgers, known(loaded, ledgers[0].rule.threshold))
    if audience == "public":
        runs.remember(marks)
    if not any(ended["status"] == "failed" for ended in run.get("notebooks", {}).values()):
        # One that lacks what failed is no report to compare the next with: all that it lacks would then seem new.
        history.remember(release)
    _remember(workspace, cohort_id, audience, contents, findings, numbers_record(rows, loaded))
    pages = tuple(sorted(p.name for p in folder.iterdir()))
    return PublishResult(cohort_id, audience, folder, pages)


def _load(workspace: Workspace, cohort_id: str) -> Cohort:
    from wlz_eval.cohort import load_cohort

    folder = workspace.source_folder(cohort_id)
    if folder is None:
        raise RunError(
            f"It is not known where the tables of cohort {cohort_id} are, so the gate cannot look for their "
            "identifiers. Run its notebooks again."
        )
    return load_cohort(folder)


def _stage(
    staging: Path,
    contents: Mapping[str, PageContent],
    findings: FindingSet,
    ledgers: Sequence[Ledger],
    cohort: Cohort,
    run: Mapping[str, Any],
    rows: Sequence[Row],
    changes: Changes,
    pdf: bool,
) -> None:
    rule = ledgers[0].rule
    links = [Link(name, content.question, f"{name}.html") for name, content in contents.items()]
    of_page = {ledger.notebook: ledger for ledger in ledgers}
    for name, content in contents.items():
        files = [*([(f"{name}.pdf", "PDF, to print")] if pdf else []), *_of_summary(name)]
        page = render_page(content, findings=findings, pages=links, rule=rule, files=files)
        write_atomic(staging / f"{name}.html", page)
        write_figure_data(staging, content.figures, of_page[name])
    if "09_summary" in contents:
        stage_summary(staging, contents["09_summary"], rule)
    stage_numbers(staging, rows, changes, contents, cohort)
    # Last, since it lists what else there is.
    files = downloads(staging, coming=[WHOLE, "09_summary.pdf"] if pdf else [])
    page = _cohort_page(contents, findings, ledgers, run, files)
    write_atomic(staging / "index.html", page)


def _of_summary(name: str) -> list[tuple[str, str]]:
    return list(SUMMARY_FILES.items()) if name == "09_summary" else []


def _cohort_page(
    contents: Mapping[str, PageContent],
    findings: FindingSet,
    ledgers: Sequence[Ledger],
    run: Mapping[str, Any],
    files: Sequence[tuple[str, str]],
) -> str:
    head = next(iter(contents.values())).head
    entries = []
    for number, name in enumerate(NOTEBOOKS, start=1):
        if name == "09_summary" and name in contents:
            continue
        if name in contents:
            answer = quoted(contents[name], findings, lambda notebook: f"{notebook}.html")
            entry = {
                "href": f"{name}.html",
                "question": contents[name].question,
                "answer": answer,
                "reason": "",
                "failed": False,
            }
        else:
            about = run.get("notebooks", {}).get(name, {})
            failed = about.get("status") in ("failed", "skipped")
            reason = about.get("reason") or "it was not part of this run"
            reason = reason if reason.endswith((".", "!", "?")) else f"{reason}."
            entry = {"href": "", "question": QUESTIONS[name], "answer": "", "reason": reason, "failed": failed}
        entries.append({"number": number, **entry})
    summary = contents.get("09_summary")
    return render_template(
        "cohort.html.j2",
        audience=head["audience"],
        bands=bands(head),
        title=head["title"],
        cohort=head["cohort"],
        simulated=head["provenance"] == "synthetic",
        about=head["about"],
        source=head["source"],
        licence=head["licence"],
        plan=head["plan"],
        data_hash=head["data_hash"],
        plan_hash=head["plan_hash"],
        code_hash=head["code_hash"],
        headline=quoted(summary, findings, lambda notebook: f"{notebook}.html") if summary else "",
        entries=entries,
        downloads=files,
        release_note=release_note(ledgers[0].rule),
    )


def _main_sentence(answer: str) -> str:
    """Return the paragraph on the programme's effect, or the first where none is marked so."""
    paragraphs = re.findall(r'<p class="wlz-say">.*?</p>', answer, re.DOTALL)
    marked = [p for p in paragraphs if any(f"<strong>{topic}</strong>" in p for topic in EFFECT_TOPICS)]
    return (marked or paragraphs or [answer])[0]


def _remember(
    workspace: Workspace,
    cohort_id: str,
    audience: str,
    contents: Mapping[str, PageContent],
    findings: FindingSet,
    numbers: Mapping[str, Any],
) -> None:
    """Keep what the site's index says of a cohort."""
    head = next(iter(contents.values())).head
    summary = contents.get("09_summary") or contents.get("04_attribution")
    headline = quoted(summary, findings, lambda notebook: f"{cohort_id}/{notebook}.html") if summary else ""
    headline = _main_sentence(headline)
    record = {
        "cohort": cohort_id,
        "title": head["title"],
        "provenance": head["provenance"],
        "about": head["about"],
        "headline": headline,
        "pages": list(contents),
        "questions": {name: content.question for name, content in contents.items()},
        **numbers,
    }
    text = json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    write_atomic(workspace.published_file(cohort_id, audience), text)
