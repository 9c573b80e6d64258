"""A Dask cluster of real processes on this machine: one scheduler, and workers that a test can kill."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class ToyCluster:
    """Its scheduler's file and its processes."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(self.file))
        deadline = time.monotonic() + 90
        while not self.file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return str(json.loads(self.file.read_text())["address"])

    def add_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, without a nanny that would start it again."""
        place = self.folder / f"worker-{len(self.processes)}"
        options = ["--nthreads", "1", "--no-nanny", "--local-directory", str(place)]
        return self._start("worker", *options, "--scheduler-file", str(self.file))

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{kind}-{len(self.processes)}.log").open("wb")
        command = [sys.executable, "-m", "dask", kind, *options, "--no-dashboard"]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, cwd=self.folder)
        self.processes.append(process)
        return process

    def close(self) -> None:
        """End every process."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@contextmanager
def toy_cluster(folder: Path, workers: int) -> Iterator[ToyCluster]:
    """Start a cluster, and end it."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = ToyCluster(folder)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.close()


def content(out: Path) -> dict[str, Any]:
    """Every file of an output folder that must be the same wherever a batch ran: path and bytes."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and (path.parent.name in ("findings", "executed", "ledger") or "reports" in path.parts)
    }
