"""One cohort in a batch, or the studies: which of its notebooks are finished, which may start, which never will."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wlz_eval.batch.execute import Execution, NotebookTask
from wlz_eval.batch.key import Manifest, Record, changed, file_hash, files_hash, package_hash, versions_hash
from wlz_eval.batch.lock import scratch_folder
from wlz_eval.batch.prepare import Prepared, content_hash
from wlz_eval.batch.record import JobResult, log_file
from wlz_eval.batch.request import CheckedRequest
from wlz_eval.batch.timings import Timings
from wlz_eval.core.errors import StorageError
from wlz_eval.core.files import hash_json
from wlz_eval.release.workspace import Workspace

__all__ = ["CohortState", "manifest_path"]

#: Parameters that change where and how fast, never what.
_WITHOUT_EFFECT = frozenset({"out_dir", "workers"})


def manifest_path(workspace: Workspace, cohort: str, audience: str) -> Path:
    """Path of the manifest of a cohort's run for an audience."""
    return workspace.audience_dir(cohort, audience) / "manifest.json"


def failed_before(run_file: Path) -> frozenset[str]:
    """Return the notebooks that failed in the run that wrote this ``run.json``."""
    try:
        ended = json.loads(run_file.read_text(encoding="utf-8"))["notebooks"]
        return frozenset(name for name, about in ended.items() if about["status"] == "failed")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return frozenset()


@dataclass
class CohortState:
    """Where one cohort of a batch stands; the studies of the method count as one.

    Parameters
    ----------
    prepared : Prepared
        The cohort.
    checked : CheckedRequest
        What is asked of it.
    workspace : Workspace
        Where everything lies.
    """

    prepared: Prepared
    checked: CheckedRequest
    workspace: Workspace
    results: dict[str, JobResult] = field(default_factory=dict)
    running: dict[str, str] = field(default_factory=dict)
    closed: bool = False
    manifest: Manifest = field(init=False)
    expected: Mapping[str, float] = field(init=False)
    failed: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.manifest = Manifest.read(manifest_path(self.workspace, self.prepared.id, self.audience))
        self.failed = failed_before(self.workspace.run_file(self.prepared.id, self.audience))
        timings = Timings(self.workspace)
        seconds = {name: self._seconds(name, timings) for name in self.checked.graph.notebooks}
        self.expected = self.checked.graph.critical_path(seconds)

    def _seconds(self, name: str, timings: Timings) -> float:
        """Guess how long a notebook takes: as when it last ran, here or of another cohort, else by its length."""
        known = timings.seconds(self.prepared.id, name)
        if known is None and name in self.manifest.records:
            known = self.manifest.records[name].seconds
        return 0.5 * self.checked.graph[name].code_cells if known is None else known

    @property
    def audience(self) -> str:
        """For whom."""
        return self.checked.request.audience

    @property
    def done(self) -> bool:
        """Whether each wanted notebook has ended."""
        return all(name in self.results for name in self.checked.wanted)

    def shown(self, name: str) -> dict[str, Any]:
        """Parameters of a notebook that bear on its result."""
        return {k: v for k, v in self._parameters(name).items() if k not in _WITHOUT_EFFECT} | (
            {"cohort": self.prepared.id} if "cohort" in self.checked.graph[name].parameters else {}
        )

    def key(self, name: str) -> dict[str, str]:
        """Hash of each thing that a notebook's result depends on."""
        notebook = self.checked.graph[name]
        return {
            "notebook": notebook.source_hash,
            "parameters": hash_json(self.shown(name)),
            "data": self._data(name),
            "plan": self.prepared.plan,
            "package": package_hash(),
            "versions": versions_hash(),
            "findings": files_hash(f for need in notebook.needs for f in self._findings(need)),
        }

    def why(self, name: str) -> str:
        """Say why a notebook has to run now; empty when its last result stands."""
        reason = changed(
            self.manifest.records.get(name), self.key(name), self.workspace.root, self.prepared.files
        )
        if name not in self.manifest.records and name in self.failed:
            return "it failed when it last ran"
        if not reason and self.checked.request.fresh and name in self.checked.wanted:
            return "asked for afresh"
        return reason

    def advance(self) -> tuple[list[JobResult], list[tuple[str, str]]]:
        """Settle what can be settled without a kernel.

        Returns
        -------
        tuple
            Notebooks that ended (cached, or skipped since something they need failed), and those that may
            start now, each with the reason.
        """
        settled: list[JobResult] = []
        ready: list[tuple[str, str]] = []
        for name in self.checked.wanted:
            needs = self.checked.graph[name].needs
            if name in self.results or name in self.running or any(need not in self.results for need in needs):
                continue
            lost = [need for need in needs if self.results[need].status in ("failed", "skipped")]
            if lost:
                self.forget(name)
                ends = {"failed": "failed", "skipped": "was skipped"}
                words = "it needs " + ", and ".join(f"{n}, which {ends[self.results[n].status]}" for n in lost)
                settled.append(self._end(name, JobResult(self.prepared.id, name, "skipped", words)))
                continue
            reason = self.why(name)
            if reason:
                ready.append((name, reason))
            else:
                settled.append(self._end(name, JobResult(self.prepared.id, name, "cached", "unchanged")))
        return settled, ready

    def task(self, name: str) -> NotebookTask:
        """Return what the kernel is to run."""
        root = self.workspace.audience_dir(self.prepared.id, self.audience)
        return NotebookTask(
            source=self.checked.graph[name].path,
            target=self.workspace.executed_file(self.prepared.id, self.audience, name),
            log=log_file(root, name),
            parameters=self._parameters(name),
            shown=self.shown(name),
            scratch=scratch_folder(self.workspace.private),
            cell_timeout=self.checked.request.cell_timeout,
            notebook_timeout=self.checked.request.notebook_timeout,
        )

    def start(self, name: str, reason: str) -> None:
        """Note that a notebook runs; what it made before no longer counts."""
        self.running[name] = reason
        self.forget(name)

    def finish(self, name: str, execution: Execution, seconds: float) -> JobResult:
        """Note how a notebook that ran has ended."""
        reason = self.running.pop(name)
        if execution.status == "failed":
            self.forget(name)
            result = JobResult(self.prepared.id, name, "failed", execution.reason, seconds, execution.detail)
            return self._end(name, result)
        outputs = {
            path.relative_to(self.workspace.root).as_posix(): content
            for path in self._outputs(name)
            if (content := file_hash(path))
        }
        try:
            files = self.prepared.files
            self.manifest.add(name, Record(self.key(name), self.shown(name), outputs, round(seconds, 2), files))
        except StorageError as error:
            self.forget(name)
            return self._end(name, JobResult(self.prepared.id, name, "failed", str(error), seconds, str(error)))
        return self._end(name, JobResult(self.prepared.id, name, "succeeded", reason, seconds))

    def skip_rest(self, reason: str) -> list[JobResult]:
        """Give up what has not started."""
        rest = [n for n in self.checked.wanted if n not in self.results and n not in self.running]
        return [self._end(n, JobResult(self.prepared.id, n, "skipped", reason)) for n in rest]

    def forget(self, name: str) -> None:
        """Remove what a notebook made before, so that nothing stale can be read or published."""
        # Where nothing can be written, what the manifest still says is refuted by the hashes that it gives.
        with contextlib.suppress(StorageError):
            self.manifest.remove(name)
        for path in self._outputs(name):
            with contextlib.suppress(OSError):
                path.unlink()

    def everything(self) -> list[JobResult]:
        """Results of all notebooks in order; of those that were not asked for, whether they still stand."""
        found = []
        for name in self.checked.graph.notebooks:
            if name in self.results:
                found.append(self.results[name])
            elif why := self.why(name):
                found.append(JobResult(self.prepared.id, name, "skipped", f"not asked for in this run, and {why}"))
            else:
                found.append(JobResult(self.prepared.id, name, "cached", "unchanged"))
        return found

    def _end(self, name: str, result: JobResult) -> JobResult:
        self.results[name] = result
        return result

    def _parameters(self, name: str) -> dict[str, Any]:
        request = self.checked.request
        given = {
            "cohort": self.prepared.parameter,
            "audience": request.audience,
            "out_dir": str(self.workspace.root),
            "effort": request.effort or self.prepared.effort,
            "workers": 1,
            **self.checked.parameters,
        }
        return {k: given[k] for k in self.checked.graph[name].parameters if k in given}

    def cohorts(self, name: str) -> tuple[str, ...]:
        """Return the cohorts that a study reads: those of its parameter ``cohorts``."""
        parameter = self.checked.graph[name].parameters.get("cohorts")
        return tuple(map(str, self._parameters(name).get("cohorts", parameter.default))) if parameter else ()

    def _data(self, name: str) -> str:
        read = {cohort: content_hash(cohort) for cohort in self.cohorts(name)}
        return hash_json([self.prepared.data, read]) if read else self.prepared.data

    def _findings(self, name: str) -> tuple[Path, Path]:
        return (
            self.workspace.findings_file(self.prepared.id, name),
            self.workspace.covariance_file(self.prepared.id, name),
        )

    def _outputs(self, name: str) -> tuple[Path, ...]:
        return (
            self.workspace.executed_file(self.prepared.id, self.audience, name),
            *self._findings(name),
            self.workspace.ledger_file(self.prepared.id, self.audience, name),
        )
