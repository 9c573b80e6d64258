"""What publishing a cohort and publishing the studies have in common: executed notebooks in, checked pages out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import GateRefusedError, RunError
from wlz_eval.core.files import project_root, replace_folder, write_atomic
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.gate import Refusal, gate
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.suppression import suppress
from wlz_eval.release.suppression.blank import WITHHELD, blank_notebook
from wlz_eval.release.suppression.exported import withheld_findings, withhold
from wlz_eval.release.workspace import Workspace
from wlz_eval.report.content import PageContent
from wlz_eval.report.page import link_findings

__all__ = ["executed", "protected", "quoted", "read_ledgers", "release_staged", "run_record"]


def run_record(workspace: Workspace, cohort_id: str, audience: str) -> Mapping[str, Any]:
    """Read the statuses and reasons of the last run; empty when there was none."""
    path = workspace.run_file(cohort_id, audience)
    record: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return record


def executed(
    workspace: Workspace, cohort_id: str, audience: str, run: Mapping[str, Any], names: Iterable[str]
) -> dict[str, Mapping[str, Any]]:
    """Read the notebooks that succeeded, in order. What the run says has failed is left out, however old."""
    found = {}
    for name in names:
        status = run.get("notebooks", {}).get(name, {}).get("status", "succeeded")
        path = workspace.executed_file(cohort_id, audience, name)
        if status in ("succeeded", "cached") and path.exists():
            found[name] = json.loads(path.read_text(encoding="utf-8"))
    return found


def read_ledgers(
    workspace: Workspace, cohort_id: str, audience: str, notebooks: Iterable[str]
) -> list[Ledger]:
    """Read what each notebook has shown."""
    ledgers = []
    for name in notebooks:
        path = workspace.ledger_file(cohort_id, audience, name)
        if not path.exists():
            raise RunError(f"Notebook {name} of {cohort_id} has no release ledger. Run it again.")
        ledgers.append(Ledger.load(path))
    return ledgers


def quoted(content: PageContent, findings: FindingSet, href: Callable[[str], str]) -> str:
    """Return a page's answer for use on another page."""
    stamps = {f.finding_id: s for f, s in findings.items()}
    return link_findings(content.answer, stamps, href, cell_prefix=f"{content.notebook}:")


def release_staged(
    workspace: Workspace, cohort_id: str, audience: str, ledgers: Sequence[Ledger], identifiers: Collection[str]
) -> Path:
    """Let the gate read the staging folder, and move it to where it is published, or to quarantine.

    Raises
    ------
    GateRefusedError
        With one line a reason.
    """
    staging = workspace.staging_dir(cohort_id, audience)
    refusals = gate(
        staging,
        audience=audience,
        identifiers=identifiers,
        ledgers=ledgers,
        private=[str(project_root()), str(workspace.root)],
    )
    if refusals:
        _quarantine(workspace, cohort_id, audience, refusals)
        raise GateRefusedError("\n".join(str(refusal) for refusal in refusals))
    folder = workspace.published_dir(cohort_id, audience)
    replace_folder(staging, folder)
    return folder


def protected(
    notebooks: Mapping[str, Mapping[str, Any]], ledgers: Sequence[Ledger], exported: Sequence[Ledger] = ()
) -> tuple[dict[str, Mapping[str, Any]], list[Ledger], dict[str, frozenset[str]]]:
    """Withhold what would give a hidden number away, in every page and in the table of findings.

    Parameters
    ----------
    notebooks : mapping
        Executed notebooks by name.
    ledgers : sequence of Ledger
        What they have shown.
    exported : sequence of Ledger
        What is published besides, such as the table of findings.

    Returns
    -------
    tuple
        The notebooks blanked; their ledgers and the others as blanked; columns of findings to leave empty.
    """
    cells = suppress([*ledgers, *exported], solve=False).cells
    blanked = {
        name: blank_notebook(notebook, {key for page, key in cells if page == name})
        for name, notebook in notebooks.items()
    }
    return blanked, withhold([*ledgers, *exported], cells, WITHHELD), withheld_findings(cells)


def _quarantine(workspace: Workspace, cohort_id: str, audience: str, refusals: Sequence[Refusal]) -> None:
    place = workspace.quarantine_dir(cohort_id, audience)
    shutil.rmtree(place, ignore_errors=True)
    workspace.staging_dir(cohort_id, audience).rename(place)
    write_atomic(place / "reasons.txt", "".join(f"{refusal}\n" for refusal in refusals))
