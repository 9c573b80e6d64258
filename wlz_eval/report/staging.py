"""What publishing a cohort and publishing the studies have in common: executed notebooks in, checked pages out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import GateRefusedError, RunError
from wlz_eval.core.files import empty_folder, project_root, read_json, replace_folder, write_atomic
from wlz_eval.release.counted import cells_shown
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.gate import Known, Refusal, gate
from wlz_eval.release.images import carry_images
from wlz_eval.release.ledger import Ledger
from wlz_eval.release.rule import HIDDEN
from wlz_eval.release.suppression import withheld_cells
from wlz_eval.release.suppression.blank import blank_notebook, silenced
from wlz_eval.release.suppression.exported import withheld_findings, withhold
from wlz_eval.release.suppression.ranges import with_ranges
from wlz_eval.release.workspace import Workspace
from wlz_eval.report.content import PageContent
from wlz_eval.report.page import link_findings

__all__ = ["executed", "protected", "quoted", "read_ledgers", "release_staged", "run_record"]


def run_record(workspace: Workspace, cohort_id: str, audience: str) -> Mapping[str, Any]:
    """Read the statuses and reasons of the last run; empty when there was none."""
    return read_json(workspace.run_file(cohort_id, audience))


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
    """Return what a page's answer opens with, for use on another page."""
    stamps = {f.finding_id: s for f, s in findings.items()}
    return link_findings(content.opening, stamps, href, cell_prefix=f"{content.notebook}:")


def release_staged(
    workspace: Workspace, cohort_id: str, audience: str, ledgers: Sequence[Ledger], known: Known
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
        ledgers=ledgers,
        private=[str(project_root()), str(workspace.root)],
        known=known,
    )
    if refusals:
        _quarantine(workspace, cohort_id, audience, refusals)
        raise GateRefusedError("\n".join(str(refusal) for refusal in refusals))
    folder = workspace.published_dir(cohort_id, audience)
    replace_folder(staging, folder)
    # Pages that were refused before are of no use any more, and hold what they were refused for.
    _clear(workspace.quarantine_dir(cohort_id, audience))
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

    Raises
    ------
    GateRefusedError
        When a hidden number could be worked out whatever is withheld.
    """
    cells = with_ranges(ledgers, cells_shown(withheld_cells([*ledgers, *exported])))
    own = {ledger.notebook: ledger for ledger in ledgers}
    blanked = {}
    for name, notebook in notebooks.items():
        keys = {key for page, key in cells if page == name}
        silent = silenced(own[name], keys) if keys else ()
        blanked[name] = blank_notebook(notebook, keys, own[name].rule, silent) if keys else notebook
    held = [
        carry_images(ledger, notebooks[ledger.notebook], blanked[ledger.notebook])
        if ledger.notebook in blanked
        else ledger
        for ledger in withhold([*ledgers, *exported], cells, HIDDEN)
    ]
    return blanked, held, withheld_findings(cells)


def _clear(folder: Path) -> None:
    empty_folder(folder)
    folder.rmdir()


def _quarantine(workspace: Workspace, cohort_id: str, audience: str, refusals: Sequence[Refusal]) -> None:
    place = workspace.quarantine_dir(cohort_id, audience)
    _clear(place)
    workspace.staging_dir(cohort_id, audience).rename(place)
    write_atomic(place / "reasons.txt", "".join(f"{refusal}\n" for refusal in refusals))
