"""Run one shipped cohort in every way that a batch knows, and compare what each leaves to the byte.

    python tests/notebooks/same_study.py
    python tests/notebooks/same_study.py --cohort simulated-typical -n 01 -n 04

Kernels warm and cold, one, two and four at once, and on a Dask cluster of two worker processes on this machine, one of
which is killed when half of the notebooks are done. Compared are findings, executed notebooks, ledgers and pages.
Needs the extra ``cluster``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toy_cluster import ToyCluster, content, toy_cluster

from wlz_eval.batch import RunRequest, run
from wlz_eval.batch.key import package_hash
from wlz_eval.batch.progress import QuietProgress


class _Killer(QuietProgress):
    """Kills a worker with a notebook at hand, once half of all notebooks are done."""

    def __init__(self, cluster: ToyCluster):
        self._cluster = cluster
        self._all = self._ended = 0
        self.said: list[str] = []
        self.killed = False

    def begin(self, total: int) -> None:
        self._all = total

    def ended(self, result: Any) -> None:
        self._ended += 1

    def left(self, seconds: float | None) -> None:
        if not self.killed and 2 * self._ended >= self._all:
            for number, process in enumerate(self._cluster.processes):
                place = self._cluster.folder / f"worker-{number}"
                if list(place.glob("**/wlz-eval-*/job-*/out/.work/*/*/log/*.log")):
                    process.kill()
                    self.killed = True
                    return

    def note(self, message: str) -> None:
        self.said.append(message)


def local(cohort: str, notebooks: tuple[str, ...], out: Path, workers: int, kernels: Any) -> dict[str, Any]:
    """Run it on this machine; return every file that must be the same."""
    request = RunRequest(
        cohorts=(cohort,), notebooks=notebooks, effort="draft", out_dir=out, workers=workers, kernels=kernels
    )
    return _finished(run(request), out)


def lost_worker(cohort: str, notebooks: tuple[str, ...], out: Path) -> dict[str, Any]:
    """Run it on a cluster that loses one of its two workers."""
    with toy_cluster(out.parent / "cluster", workers=2) as cluster:
        killer = _Killer(cluster)
        request = RunRequest(
            cohorts=(cohort,), notebooks=notebooks, effort="draft", out_dir=out, cluster=cluster.address
        )
        result = run(request, killer)
    moved = [message for message in killer.said if "runs again on" in message]
    if not (killer.killed and moved):
        raise SystemExit(f"No worker was lost with a notebook at hand: {killer.killed}, {killer.said}")
    print(f"    {moved[0]}", flush=True)
    return _finished(result, out)


def _finished(result: Any, out: Path) -> dict[str, Any]:
    if result.exit_code:
        raise SystemExit(f"{out.name} ended with {result.exit_code}: {result}")
    return content(out)


def differences(wanted: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """Name each file that is missing, too many or not the same."""
    return [name for name in sorted(wanted.keys() | found.keys()) if wanted.get(name) != found.get(name)]


def ways(cohort: str, notebooks: tuple[str, ...], folder: Path) -> dict[str, Callable[[], dict[str, Any]]]:
    """Every way to run it, by name; the first is what the others are compared with."""
    found: dict[str, Callable[[], dict[str, Any]]] = {}
    for kernels in ("cold", "warm"):
        for workers in (1, 2, 4):
            name = f"{kernels}, {workers} at once"
            out = folder / name.replace(", ", "-").replace(" ", "-")
            found[name] = lambda w=workers, k=kernels, o=out: local(cohort, notebooks, o, w, k)  # type: ignore[misc]
    found["two Dask workers, one killed"] = lambda: lost_worker(cohort, notebooks, folder / "dask")
    return found


def main() -> int:
    """Run it in every way and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cohort", default="simulated-typical")
    parser.add_argument("-n", "--notebook", action="append", default=[])
    given = parser.parse_args()
    bad, wanted, package = 0, None, package_hash.__wrapped__()
    with tempfile.TemporaryDirectory(prefix="same-study-") as folder:
        for name, go in ways(given.cohort, tuple(given.notebook), Path(folder).resolve()).items():
            began = time.monotonic()
            found = go()
            wanted = wanted or found
            different = differences(wanted, found)
            bad += bool(different)
            said = f"not the same: {', '.join(different)}" if different else "the same bytes"
            print(f"{name:<30}{time.monotonic() - began:>6.0f} s {len(found):>5} files  {said}", flush=True)
    if bad and package_hash.__wrapped__() != package:
        print("The package was changed meanwhile, and pages name it: run this in a copy that nobody edits.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
