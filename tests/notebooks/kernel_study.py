"""Run many notebooks in warm kernels, one after the other, and count what each leaves behind.

    python tests/notebooks/kernel_study.py --kernels 500

Counts descriptors, sockets, threads and children of the batch's process and of the warm process, after the first few
kernels and after the last. Linux only.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from toy_batch import write_notebook

from wlz_eval.batch.berth import Ahead, Berth
from wlz_eval.batch.execute import NotebookTask, execute
from wlz_eval.batch.kernel import kernel_environment
from wlz_eval.batch.warm import WarmServer

#: For each process and thing that it holds, how many before and after.
Counts = dict[str, dict[str, tuple[int, int]]]
#: Kernels before the first count: pools and caches that are made once are no leak.
SETTLING = 5


def held(pid: int) -> dict[str, int]:
    """Count what a process holds."""
    links = []
    for path in Path(f"/proc/{pid}/fd").iterdir():
        try:
            links.append(os.readlink(path))
        except OSError:
            continue
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    children = [child for task in tasks for child in (task / "children").read_text().split()]
    sockets = sum(link.startswith("socket:") for link in links)
    # The one that lists this folder comes and goes.
    return {"descriptors": len(links), "sockets": sockets, "threads": len(tasks), "children": len(children)}


def run_kernels(kernels: int, folder: Path, progress: bool = False) -> tuple[list[str], Counts]:
    """Run so many notebooks.

    Returns
    -------
    tuple
        The reasons of those that failed, and the counts.
    """
    source = write_notebook(folder, "01_a", ["import numpy\nprint(numpy.arange(3).sum())"], 1)
    task = NotebookTask(source, folder / "out.ipynb", folder / "a.log", {"draws": 4}, {"draws": 4}, folder / "scratch")
    server = WarmServer(kernel_environment(folder))
    # As in a batch, each kernel starts before its notebook is known, and what it held open is closed in another thread.
    ahead, ends = Ahead(), ThreadPoolExecutor(1)
    failed = []
    try:
        for number in range(kernels):
            managers: list[Any] = []
            ended = execute(task, managers.append, server, _waiting(ahead, task, server), ends.submit)
            # A cold kernel heads a group that the batch knows; a warm one is ended by the process it is a copy of.
            if ended.status != "succeeded" or managers[0].provisioner.pgid is not None:
                failed.append(f"kernel {number + 1}: {ended.reason or 'it was started cold'}")
            # What is counted is closed, however busy the machine.
            ends.submit(int).result()
            if number + 1 == min(SETTLING, kernels):
                before = _count(server)
            if progress and (number + 1) % 25 == 0:
                print(f"{number + 1} kernels, {len(failed)} failed: {_count(server)}", flush=True)
        after = _count(server)
    finally:
        ends.shutdown()
        ahead.close()
        server.close()
    return failed, {p: {what: (before[p][what], after[p][what]) for what in before[p]} for p in before}


def _waiting(ahead: Ahead, task: NotebookTask, server: WarmServer) -> Berth:
    """Start a kernel ahead, and take it once it is there."""
    ahead.prepare(task.scratch, server)
    while (berth := ahead.take(server)) is None:
        ahead.prepare(task.scratch, server)
        time.sleep(0.005)
    return berth


def _count(server: WarmServer) -> dict[str, dict[str, int]]:
    gc.collect()
    # The kernel that has just ended is reaped at once, and its connection closed with it.
    time.sleep(0.5)
    return {"batch": held(os.getpid()), "warm process": held(server.pid)}


def leaks(counts: Counts) -> list[str]:
    """Say what there is more of after than before."""
    return [
        f"{process}: {what} {before} -> {after}"
        for process, things in counts.items()
        for what, (before, after) in things.items()
        if after > before
    ]


def main() -> int:
    """Run the kernels and print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernels", type=int, default=500)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kernel-study-") as folder:
        began = time.monotonic()
        failed, counts = run_kernels(given.kernels, Path(folder).resolve(), progress=True)
        seconds = time.monotonic() - began
    for process, things in counts.items():
        for what, (before, after) in things.items():
            print(f"{process:<14}{what:<14}{before:>5} after {SETTLING} kernels {after:>5} after {given.kernels}")
    print(f"{given.kernels} kernels, {len(failed)} failed, {seconds:.0f} seconds ({seconds / given.kernels:.2f} each)")
    for line in failed + leaks(counts):
        print(line)
    return 1 if failed or leaks(counts) else 0


if __name__ == "__main__":
    sys.exit(main())
