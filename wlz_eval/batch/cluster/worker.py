"""A cluster's worker: fetches a parcel, runs its notebook in a folder of its own, sends back what it wrote.

Each worker process keeps one warm process of which its kernels are copies. Both end with it.
"""

from __future__ import annotations

import shutil
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from wlz_eval.batch.berth import end_kernel
from wlz_eval.batch.cluster.identity import differences, identity
from wlz_eval.batch.cluster.parcel import Job, Outcome, Store, pack
from wlz_eval.batch.execute import Execution, execute
from wlz_eval.batch.warm import WarmSource
from wlz_eval.core.files import hash_bytes, write_atomic

__all__ = ["forget", "run_job", "sees", "stop"]

_WARM = WarmSource()
_KERNELS: dict[tuple[str, str], Any] = {}
_STOPPED: set[str] = set()

#: Files in which a worker's own paths may stand; a reader is shown those of the machine that asked.
_TEXTS = frozenset({".ipynb", ".json", ".log"})


def run_job(job: Job) -> Outcome:
    """Run one notebook."""
    from distributed import get_worker

    worker = get_worker()
    different = differences(job.identity, identity("data of the studies" in job.identity))
    if different:
        reason = f"a worker computes with something else: {'; '.join(different)}"
        return Outcome(execution=Execution("failed", reason, f"{worker.address}: {reason}"))
    worker.log_event(f"wlz-eval-{job.run}", {"key": job.key, "worker": worker.address})
    own = Path(worker.local_directory).resolve() / f"wlz-eval-{job.run}"
    own.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=own, prefix="job-"))
    try:
        return _run(job, folder, own)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sees(share: str, name: str, wanted: bytes) -> bool:
    """Whether this worker reads what the batch wrote."""
    try:
        return Store(share).read(name) == wanted
    except Exception:
        return False


def stop(run: str) -> None:
    """Kill the kernels of a run at once."""
    _STOPPED.add(run)
    for (other, _), manager in list(_KERNELS.items()):
        if other == run:
            end_kernel(manager)


def forget(run: str, dask_worker: Any) -> None:
    """Let go of a run: its kernels, the warm process when nobody else uses it, and its folder.

    Dask gives `dask_worker` to what it runs beside its tasks, where ``get_worker`` knows none.
    """
    stop(run)
    if not any(other != run for other, _ in _KERNELS):
        _WARM.close()
    shutil.rmtree(Path(dask_worker.local_directory).resolve() / f"wlz-eval-{run}", ignore_errors=True)


def _run(job: Job, folder: Path, own: Path) -> Outcome:
    store, out = Store(job.share), folder / "out"
    for name, content in job.inputs.items():
        write_atomic(folder / name, store.read(f"data/{content}", content))
    places = {job.root: str(out), job.folder: str(folder / "cohort" / Path(job.folder).name)}
    parameters = dict(job.task.parameters)
    for name, place in (("out_dir", job.root), ("cohort", job.folder)):
        if name in parameters and place:
            parameters[name] = places[place]
    task = replace(
        job.task,
        source=folder / "notebook" / job.task.source.name,
        target=out / job.task.target.relative_to(job.root),
        log=out / job.task.log.relative_to(job.root),
        parameters=parameters,
        scratch=folder / "scratch",
    )

    def on_start(manager: Any) -> None:
        _KERNELS[job.run, job.key] = manager
        if job.run in _STOPPED:
            end_kernel(manager)

    try:
        execution = execute(task, on_start, _WARM.server(own) if job.warm else None)
    finally:
        _KERNELS.pop((job.run, job.key), None)
    here = {there: path for path, there in places.items() if path}
    return _sent(job, store, execution, out, here, task.log)


def _sent(job: Job, store: Store, execution: Execution, out: Path, paths: dict[str, str], log: Path) -> Outcome:
    """Send what was written, and only the log of a notebook that failed."""
    written = [path for path in out.rglob("*") if path.is_file()]
    files = {
        path.relative_to(out).as_posix(): _shown(path, paths)
        for path in written
        if (execution.status == "succeeded" or path == log)
        and f"out/{path.relative_to(out).as_posix()}" not in job.inputs
    }
    said = replace(execution, reason=_replaced(execution.reason, paths), detail=_replaced(execution.detail, paths))
    parcel = pack(files)
    name = f"results/{uuid.uuid4().hex}.zip"
    store.write(name, parcel)
    return Outcome(execution=said, parcel=name, content=hash_bytes(parcel))


def _shown(path: Path, paths: dict[str, str]) -> bytes:
    data = path.read_bytes()
    if path.suffix in _TEXTS:
        for here, there in paths.items():
            data = data.replace(here.encode(), there.encode())
    return data


def _replaced(text: str, paths: dict[str, str]) -> str:
    for here, there in paths.items():
        text = text.replace(here, there)
    return text
