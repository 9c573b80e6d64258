"""Hand finished notebooks to the report, and remember what was published so that it is not made again."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from wlz_eval.batch.desk import Call, call_here
from wlz_eval.batch.key import file_hash, package_hash
from wlz_eval.batch.record import Refusal, write_run_file
from wlz_eval.batch.state import CohortState
from wlz_eval.core.errors import GateRefusedError, StorageError, WlzEvalError
from wlz_eval.core.files import hash_json, storage_error, write_atomic
from wlz_eval.release.workspace import SITE_FILES, STUDIES, Workspace

__all__ = ["publish_cohort", "publish_site", "record_refusal"]

#: How a notebook ends that the list of cohorts speaks of.
_NOT_WELL = ("failed", "skipped")


def publish_cohort(state: CohortState, call: Call = call_here) -> tuple[str, ...]:
    """Publish what is finished of one cohort, or of the studies.

    Parameters
    ----------
    state : CohortState
        A cohort, or the studies, each of whose notebooks has ended.
    call : callable
        Calls what takes time: making pages and putting them to the gate.

    Returns
    -------
    tuple of str
        What the publication gate refused; empty when the pages are out.
    """
    cohort, audience, workspace = state.prepared.id, state.audience, state.workspace
    jobs = state.everything()
    write_run_file(workspace.run_file(cohort, audience), cohort, audience, jobs)
    # Studies are published without those that failed, even if all did: their list is not of one cohort's questions.
    if cohort != STUDIES and all(job.status in ("failed", "skipped") for job in jobs):
        return ()
    made = {name: record.outputs for name, record in state.manifest.records.items()}
    ended = {job.notebook: (job.status == "failed", job.status == "skipped" and job.reason) for job in jobs}
    source = hash_json([made, ended, package_hash()])
    pdf = state.checked.request.pdf
    printed = not pdf or any(workspace.published_dir(cohort, audience).glob("*.pdf"))
    if printed and state.manifest.published == _stamp(source, workspace, cohort, audience):
        return ()
    from wlz_eval.report import publish, publish_studies

    try:
        if cohort == STUDIES:
            names = tuple(state.checked.graph.notebooks)
            read = {c for name in names for c in state.cohorts(name)}
            call(publish_studies, workspace, audience, names, read, pdf=pdf)
        else:
            call(publish, cohort, workspace, audience, pdf=pdf)
    except GateRefusedError as error:
        reasons = tuple(str(error).splitlines())
        write_run_file(workspace.run_file(cohort, audience), cohort, audience, jobs, gate=reasons)
        return reasons
    except Exception as error:
        with contextlib.suppress(StorageError):
            write_run_file(workspace.run_file(cohort, audience), cohort, audience, jobs, fault=_public_fault(error))
        raise
    state.manifest.set_published(_stamp(source, workspace, cohort, audience))
    return ()


def _public_fault(error: Exception) -> str:
    """Say why pages could not be made, without what only helps at the terminal or may hold values."""
    if isinstance(error, WlzEvalError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return str(storage_error(error, Path(error.filename or "a page")))
    return f"{type(error).__name__} in the suite itself"


def publish_site(workspace: Workspace, audience: str) -> Path:
    """Make the page that lists the cohorts, unless it is already made of just this.

    Returns
    -------
    Path
        The page to open.
    """
    stamp = workspace.private / f"site-{audience}.json"
    if _site_stamp(workspace, audience) != _read(stamp).get("stamp"):
        from wlz_eval.report import build_site

        build_site(workspace, audience)
        write_atomic(stamp, json.dumps({"stamp": _site_stamp(workspace, audience)}) + "\n")
    return workspace.site_dir(audience) / "index.html"


def _site_stamp(workspace: Workspace, audience: str) -> str:
    """Hash of all that the pages above the cohorts are made from, and of those pages themselves."""
    site = workspace.site_dir(audience)
    said: dict[str, Any] = {"package": package_hash(), "site": {name: file_hash(site / name) for name in SITE_FILES}}
    for path in sorted(workspace.private.glob(f"*/{audience}/run.json")):
        run = _read(path)
        # Those that ended well are not in the list, however long they took.
        ended = run.pop("notebooks", {})
        run["notebooks"] = {n: [e["status"], e["reason"]] for n, e in ended.items() if e["status"] in _NOT_WELL}
        said[path.relative_to(workspace.private).as_posix()] = run
    for path in sorted(workspace.private.glob(f"*/{audience}/published.json")):
        pages = workspace.published_dir(path.parent.parent.name, audience).exists()
        said[path.relative_to(workspace.private).as_posix()] = [file_hash(path), pages]
    return hash_json(said)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content


def record_refusal(workspace: Workspace, cohort: str, audience: str, refusal: Refusal) -> None:
    """Note on disk that a cohort was refused, so that the site can say so."""
    # On a full disk the refusal still reaches the terminal.
    with contextlib.suppress(StorageError):
        write_run_file(workspace.run_file(cohort, audience), cohort, audience, refused=refusal.public)


def _stamp(source: str, workspace: Workspace, cohort: str, audience: str) -> str:
    """Hash of what the pages are made from and of the pages themselves."""
    folder = workspace.published_dir(cohort, audience)
    pages = {p.relative_to(folder).as_posix(): file_hash(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    return hash_json([source, pages])
