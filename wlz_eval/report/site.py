"""The pages above the cohorts: their list, the same finding side by side, the A to Z, and all numbers as one table."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import GateRefusedError
from wlz_eval.core.files import project_root, read_json, write_atomic
from wlz_eval.release.gate import gate
from wlz_eval.release.provenance import INTERNAL_MARK, SIMULATED_MARK
from wlz_eval.release.workspace import SITE_FILES, STUDIES, Workspace
from wlz_eval.report.compare import COMPARED, compare
from wlz_eval.report.exports import (
    BOM,
    COLUMNS,
    SITE_COLUMNS,
    dictionary_csv,
    has_columns,
    joined_csv,
    joined_parquet,
    read_rows,
)
from wlz_eval.report.finding_index import Entry, by_letter, over_cohorts
from wlz_eval.report.known import known_of_all
from wlz_eval.report.page import render_template
from wlz_eval.report.troubles import Trouble, todo_list, trouble_of

__all__ = ["build_site"]

#: The study that is the one pooled model.
_POOLED = f"{STUDIES}/pooled.html"


def build_site(workspace: Workspace, audience: str = "public") -> Path:
    """Write what stands above the cohorts: only from what each of them has published.

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
        When a page itself holds something that must not be published.
    """
    site = workspace.site_dir(audience)
    made = _made(workspace, audience)
    # In the private folder, where the next run removes what a killed one leaves.
    workspace.scratch_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.scratch_dir) as folder:
        for name, content in made.items():
            write_atomic(Path(folder) / name, content)
        refusals = gate(
            Path(folder),
            audience=audience,
            private=[str(project_root()), str(workspace.root)],
            known=known_of_all(workspace, _cohorts(workspace, audience)),
        )
    if refusals:
        raise GateRefusedError("\n".join(str(refusal) for refusal in refusals))
    # The list comes last: it links the others, and a run that is killed before it makes all of them again.
    for name in reversed(SITE_FILES):
        if name in made:
            write_atomic(site / name, made[name])
        else:
            (site / name).unlink(missing_ok=True)
    return site / "index.html"


def _made(workspace: Workspace, audience: str) -> dict[str, str | bytes]:
    """Make every file of the site; those for which there is nothing are left out."""
    cohorts = [_cohort(workspace, cohort, audience) for cohort in _cohorts(workspace, audience)]
    studies = _studies(workspace, audience)
    marks = [INTERNAL_MARK[audience]] if audience in INTERNAL_MARK else []
    published = [cohort for cohort in cohorts if cohort["href"]]
    made: dict[str, str | bytes] = {}
    # A table that another version of the suite made has other columns; running its cohort again brings it in.
    tables = [c for c in published if has_columns(c["table"], COLUMNS)]
    topics = compare([{**c, "rows": read_rows(c["table"], **COMPARED)} for c in tables])
    shown = [panel for topic in topics for panel in topic.panels]
    if shown:
        pooled = next((entry for entry in studies["entries"] if entry["href"] == _POOLED), None)
        simulated = [SIMULATED_MARK] if all(panel.simulated for panel in shown) else []
        made["compare.html"] = render_template(
            "compare.html.j2", audience=audience, bands=[*simulated, *marks], topics=topics, pooled=pooled,
        )
    if tables:
        more = [{"cohort": c["id"], "cohort_title": c["title"], "simulated": c["simulated"]} for c in tables]
        paths = [c["table"] for c in tables]
        csvs = [path.with_suffix(".csv") for path in paths]
        made["findings.csv"] = BOM + joined_csv(zip(more, csvs, strict=True), list(SITE_COLUMNS))
        made["findings.parquet"] = joined_parquet(zip(more, paths, strict=True))
        made["findings_dictionary.csv"] = BOM + dictionary_csv(SITE_COLUMNS)
        made["find.html"] = render_template(
            "find.html.j2", audience=audience, bands=marks, cohorts=published, questions=_questions(published),
            studies=studies["entries"], letters=by_letter(over_cohorts(published)),
        )
    todo = todo_list([*(c["trouble"] for c in cohorts), studies["trouble"]], audience)
    made["index.html"] = render_template(
        "index.html.j2", audience=audience, bands=marks, cohorts=cohorts, studies=studies, todo=todo,
        compared=bool(shown), numbers=bool(tables),
    )
    return made


def _cohorts(workspace: Workspace, audience: str) -> list[str]:
    """Cohorts with published pages or a record of a run, real ones first."""
    names = {p.parent.parent.name for p in workspace.private.glob(f"*/{audience}/run.json")}
    names |= {p.parent.parent.name for p in workspace.private.glob(f"*/{audience}/published.json")}
    names.discard(STUDIES)
    return sorted(
        names, key=lambda name: (read_json(workspace.published_file(name, audience)).get("provenance", "z"), name)
    )


def _cohort(workspace: Workspace, cohort: str, audience: str) -> dict[str, Any]:
    """Gather what the site says of one cohort: from its record, and from the table that it has published."""
    run = read_json(workspace.run_file(cohort, audience))
    folder = workspace.published_dir(cohort, audience)
    published = read_json(workspace.published_file(cohort, audience)) if folder.exists() else {}
    return {
        "id": cohort,
        "title": published.get("title") or cohort,
        "provenance": published.get("provenance", ""),
        "about": published.get("about", ""),
        "simulated": published.get("provenance", "") == "synthetic",
        "headline": published.get("headline", ""),
        "href": f"{cohort}/index.html" if published else "",
        "summary": f"{cohort}/09_summary.html" if "09_summary" in published.get("pages", []) else "",
        "changes": f"{cohort}/changes.html" if (folder / "changes.html").exists() else "",
        "trouble": trouble_of(run, published=bool(published), audience=audience),
        "questions": published.get("questions", {}),
        "words": published.get("words", []),
        "measures": published.get("measures", {}),
        "readings": published.get("readings", {}),
        "table": folder / "findings.parquet",
    }


def _questions(cohorts: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """List the questions in their order, each with the cohorts that answer it."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for cohort in cohorts:
        for name, question in cohort["questions"].items():
            link = (cohort["id"], f"{cohort['id']}/{name}.html")
            found.setdefault(name, {}).setdefault(question, []).append(link)
    return [
        Entry(word=question, anchor="", links=tuple(links))
        for name in sorted(found)
        for question, links in found[name].items()
    ]


def _studies(workspace: Workspace, audience: str) -> dict[str, Any]:
    """Gather what the list says of the studies of the method."""
    run = read_json(workspace.run_file(STUDIES, audience))
    folder = workspace.published_dir(STUDIES, audience)
    entries = read_json(workspace.published_file(STUDIES, audience)).get("studies", []) if folder.exists() else []
    trouble: Trouble = trouble_of(run, published=bool(entries), studies=True, audience=audience)
    return {"entries": entries, "trouble": trouble}
