"""The page above the cohorts: all cohorts with their headline, the studies of the method, what failed and why."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.core.files import project_root, write_atomic
from wlz_eval.release.gate import gate
from wlz_eval.release.provenance import INTERNAL_MARK
from wlz_eval.release.workspace import STUDIES, Workspace
from wlz_eval.report.page import render_template

__all__ = ["build_site"]


def build_site(workspace: Workspace, audience: str = "public") -> Path:
    """Write the page that lists all cohorts and the studies of the method.

    Parameters
    ----------
    workspace : Workspace
        Where everything is kept.
    audience : str
        ``public``, ``internal`` or ``restricted``.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    GateRefusedError
        When the list itself holds something that must not be published.
    """
    site = workspace.site_dir(audience)
    marks = [INTERNAL_MARK[audience]] if audience in INTERNAL_MARK else []
    cohorts = [_cohort(workspace, cohort, audience) for cohort in _cohorts(workspace, audience)]
    studies = _studies(workspace, audience)
    index = render_template("index.html.j2", audience=audience, bands=marks, cohorts=cohorts, studies=studies)
    # In the private folder, where the next run removes what a killed one leaves.
    workspace.scratch_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.scratch_dir) as folder:
        write_atomic(Path(folder) / "index.html", index)
        refusals = gate(
            Path(folder),
            audience=audience,
            identifiers=(),
            private=[str(project_root()), str(workspace.root)],
        )
    if refusals:
        raise GateRefusedError("\n".join(str(refusal) for refusal in refusals))
    write_atomic(site / "index.html", index)
    return site / "index.html"


def _cohorts(workspace: Workspace, audience: str) -> list[str]:
    """Cohorts with published pages or a record of a run, real ones first."""
    names = {p.parent.parent.name for p in workspace.private.glob(f"*/{audience}/run.json")}
    names |= {p.parent.parent.name for p in workspace.private.glob(f"*/{audience}/published.json")}
    names.discard(STUDIES)
    return sorted(
        names, key=lambda name: (_read(workspace.published_file(name, audience)).get("provenance", "z"), name)
    )


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def _cohort(workspace: Workspace, cohort: str, audience: str) -> dict[str, Any]:
    """Gather what the list says of one cohort."""
    run = _read(workspace.run_file(cohort, audience))
    folder = workspace.published_dir(cohort, audience)
    published = _read(workspace.published_file(cohort, audience)) if folder.exists() else {}
    titles = ("Refused: the data or the plan have to be mended first.", "Not all questions were answered:")
    title, troubles = _troubles(run, *titles, published=bool(published))
    return {
        "title": published.get("title") or cohort,
        "provenance": published.get("provenance", ""),
        "headline": published.get("headline", ""),
        "href": f"{cohort}/index.html" if published else "",
        "summary": f"{cohort}/09_summary.html" if "09_summary" in published.get("pages", []) else "",
        "troubles": troubles,
        "trouble_title": title,
    }


def _public(reason: str) -> str:
    """Shorten a reason to its first line; the whole of it stands in run.json."""
    line = reason.strip().splitlines()[0] if reason.strip() else "no reason was given"
    line = re.sub(r"(?<![\w.])/(?:[\w.-]+/)+", "", line)
    return line if len(line) <= 300 else line[:299] + "…"


def _troubles(run: Mapping[str, Any], refused: str, partly: str, published: bool) -> tuple[str, list[str]]:
    """Say what went wrong in a run, and list it.

    `refused` is the title when nothing could be run, `partly` when some notebooks failed; `published` says whether
    there are pages.
    """
    if run.get("refused"):
        title, troubles = refused, list(run["refused"])
    elif run.get("gate"):
        title, troubles = "Not published: the publication gate refused the new pages.", list(run["gate"])
    elif run.get("fault"):
        title, troubles = "Not published: the new pages could not be made.", [run["fault"]]
    else:
        troubles = [
            f"{name}: {about.get('reason') or about['status']}"
            for name, about in run.get("notebooks", {}).items()
            if about["status"] in ("failed", "skipped")
        ]
        return partly if troubles else "", [_public(trouble) for trouble in troubles]
    earlier = " The pages that are linked here are of an earlier run." if published else ""
    return title + earlier, [_public(trouble) for trouble in troubles]


def _studies(workspace: Workspace, audience: str) -> dict[str, Any]:
    """Gather what the list says of the studies of the method."""
    run = _read(workspace.run_file(STUDIES, audience))
    folder = workspace.published_dir(STUDIES, audience)
    entries = _read(workspace.published_file(STUDIES, audience)).get("studies", []) if folder.exists() else []
    titles = ("Refused: the notebooks of the studies have to be mended first.", "Not all studies could be run:")
    title, troubles = _troubles(run, *titles, published=bool(entries))
    return {"entries": entries, "troubles": troubles, "trouble_title": title}
