"""Kill a batch at a random moment, run it again plainly, and compare with a run that nobody disturbed.

    python tests/notebooks/kill_study.py --runs 200

Each round kills one process with SIGKILL: the runner, the warm process, a kernel, a worker process that a notebook
has started, or the process that makes pages. Whatever the moment, the plain run afterwards must leave the same reports
and findings to the byte, no process, and no temporary file. Most rounds run toy notebooks through the whole batch, with
real staging, swapping and site; every tenth runs a shipped notebook of two shipped cohorts with the real report and its
gate. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from toy_batch import FINDINGS, staged_publish, write_cohort, write_notebook

from wlz_eval.batch import RunRequest, run
from wlz_eval.batch.key import package_hash
from wlz_eval.batch.progress import QuietProgress

TARGETS = ("runner", "kernel", "warm process", "worker", "desk")
#: Toy pages are made in the batch's own process, and shipped notebooks start no worker.
OF_TOYS, OF_REAL = TARGETS[:4], ("runner", "kernel", "warm process", "desk")
#: What differs between runs by its nature: wall times, numbers of processes, marks of children under a key of chance.
VARIES = frozenset({"run.json", "manifest.json", "timings.json", "run.lock", "checked.json", "published_runs.json"})
#: Modules that processes of the batch's own run: what is copied for kernels, and what makes pages.
_MODULES = ("wlz_eval.batch.warm.server", "wlz_eval.batch.desk_process")
#: Seconds from which a process below a kernel is what it is called: the tracker of resources, a part of Python that no
#: batch answers for, begins as a copy of its kernel.
GROWN = 0.3
#: What each batch would import anew: here it is imported once, so that kills fall on what is written and run.
_IMPORTED = (
    "wlz_eval.batch.kernel", "wlz_eval.plan", "wlz_eval.release", "wlz_eval.report",
    "pandera.pandas", "pandera.backends.pandas.register", "pandera.backends.pandas.builtin_checks",
    "pandera.backends.pandas.builtin_hypotheses", "pyarrow.parquet", "pandas.core.arrays.arrow.extension_types",
)  # fmt: skip
_WORKERS = """\
import operator
from wlz_eval.core.parallel import ordered_map
print(sum(ordered_map(operator.add, 1, range(40), workers=2)))
"""
_OWN_POOL = """\
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
with ProcessPoolExecutor(2, get_context("fork")) as pool:
    print(list(pool.map(time.sleep, [0.7, 0.7])))
"""


@dataclass
class Scene:
    """What is run in each round, and what it leaves when nobody disturbs it."""

    folder: Path
    request: Callable[[Path], RunRequest]
    real: bool = False
    calm: dict[str, bytes] = field(default_factory=dict)
    seconds: float = 0.0

    def settle(self) -> Scene:
        """Run it undisturbed."""
        out = self.folder / "calm"
        began = time.monotonic()
        code = finish(begin(self, out))
        self.seconds = time.monotonic() - began
        assert code == 0, f"the undisturbed run ended with {code}"
        self.calm = remains(out)
        assert any(name.startswith("reports/") and name.count("/") > 1 for name in self.calm)
        return self


@dataclass(frozen=True)
class Round:
    """One kill and what came of it."""

    target: str
    moment: float
    hit: bool
    code: int
    different: tuple[str, ...]
    orphans: tuple[str, ...]
    leftovers: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Whether the kill left no trace."""
        return self.code == 0 and not (self.different or self.orphans or self.leftovers)


def toy_scene(folder: Path) -> Scene:
    """Five toy notebooks of a toy cohort, two of which start worker processes."""
    books, cohort = folder / "books", write_cohort(folder / "cohorts" / "toy")
    cells = {"01_a": _WORKERS, "02_b": "print(2)", "03_c": "print(3)", "04_d": _OWN_POOL, "05_e": "print(5)"}
    for i, (name, cell) in enumerate(cells.items(), start=1):
        needs = ["01_a"] if name in ("03_c", "05_e") else []
        write_notebook(books, name, [FINDINGS.format(name=name), cell], i, needs=needs)

    def request(out: Path) -> RunRequest:
        return RunRequest(cohorts=(cohort,), notebooks_dir=books, out_dir=out, workers=2)

    return Scene(folder, request)


def real_scene(folder: Path) -> Scene:
    """A shipped notebook of two shipped cohorts, with the real report, made in a process of its own."""
    folder.mkdir(parents=True, exist_ok=True)

    def request(out: Path) -> RunRequest:
        return RunRequest(
            cohorts=("simulated-complete", "simulated-typical"), notebooks=("01",), effort="draft", out_dir=out,
            workers=2,
        )  # fmt: skip

    return Scene(folder, request, real=True)


def begin(scene: Scene, out: Path) -> int:
    """Start a batch in a process of its own, with a folder of its own for temporary files; return its number."""
    out.mkdir(parents=True, exist_ok=True)
    temporary = _temporary(out)
    temporary.mkdir(exist_ok=True)
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        os.environ.update(TMPDIR=str(temporary), WLZ_KILL_STUDY=str(out))
        tempfile.tempdir = None
        with (out.parent / f"{out.name}.log").open("ab") as log:
            os.dup2(log.fileno(), 2)
        with pytest.MonkeyPatch.context() as patch:
            if not scene.real:
                staged_publish(patch)
            code = run(scene.request(out), QuietProgress()).exit_code
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def finish(pid: int) -> int:
    """Wait for a batch; return its exit status."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _temporary(out: Path) -> Path:
    return out.parent / f"{out.name}.tmp"


def remains(out: Path) -> dict[str, bytes]:
    """Everything that a run leaves, apart from wall times and logs."""
    found = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*")) if p.is_file()}
    return {n: p.read_bytes() for n, p in found.items() if "/log/" not in n and p.name not in VARIES}


def processes_of(out: Path) -> list[psutil.Process]:
    """Processes that began in a batch of this output folder, or work in it."""
    found = []
    mark = f"WLZ_KILL_STUDY={out}\0".encode()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            here = Path(f"/proc/{process.pid}/environ").read_bytes() + b"\0"
            if process.status() != psutil.STATUS_ZOMBIE and (mark in here or process.cwd().startswith(f"{out}/")):
                found.append(process)
    return found


def _find(target: str, runner: int) -> list[int]:
    """Numbers of the processes of a kind below a runner."""
    if target == "runner":
        return [runner]
    with contextlib.suppress(psutil.Error):
        own = psutil.Process(runner).children()
        warm, desk = ([p for p in own if name in p.cmdline()] for name in _MODULES)
        kernels = [child for server in warm for child in server.children()]
        started = [child for kernel in kernels for child in kernel.children()]
        grown = [child for child in started if time.time() - child.create_time() > GROWN]
        workers = [child for child in grown if "resource_tracker" not in " ".join(child.cmdline())]
        found = {"warm process": warm, "kernel": kernels, "worker": workers, "desk": desk}
        return [p.pid for p in found[target]]
    return []


def _strike(runner: int, target: str, moment: float, chance: random.Random) -> tuple[bool, int | None]:
    """Kill a process of a kind as soon as there is one after the moment; say if, and how the runner has ended."""
    limit = time.monotonic() + moment
    while True:
        ended, status = os.waitpid(runner, os.WNOHANG)
        if ended:
            return False, os.waitstatus_to_exitcode(status)
        if time.monotonic() >= limit:
            found = _find(target, runner)
            if found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(found), signal.SIGKILL)
                return True, None
        time.sleep(0.01)


def play(scene: Scene, seed: int, target: str) -> Round:
    """Kill once, run plainly, compare."""
    chance = random.Random(f"{seed} {target}")
    out = scene.folder / f"round-{seed}-{target.replace(' ', '-')}"
    moment, hit = chance.uniform(0.0, scene.seconds), False
    # A moment when there was no such process any more: earlier, in a folder of its own.
    while not hit:
        shutil.rmtree(out, ignore_errors=True)
        runner = begin(scene, out)
        hit, code = _strike(runner, target, moment, chance)
        if code is None:
            finish(runner)
        moment = moment if hit else moment / 2
    code = finish(begin(scene, out))
    after = remains(out)
    different = tuple(n for n in sorted(scene.calm.keys() | after.keys()) if scene.calm.get(n) != after.get(n))
    orphans = tuple(f"{p.pid} {' '.join(_words(p))}" for p in _left_after(out, seconds=5.0))
    leftovers = tuple(p.name for p in sorted(_temporary(out).iterdir()))
    result = Round(target, round(moment, 2), hit, code, different, orphans, leftovers)
    if result.good:
        for path in (out, _temporary(out)):
            shutil.rmtree(path, ignore_errors=True)
        out.with_name(f"{out.name}.log").unlink(missing_ok=True)
    return result


def _left_after(out: Path, seconds: float) -> list[psutil.Process]:
    """Processes that are still there after a while: the system needs a moment to end what was killed."""
    limit = time.monotonic() + seconds
    while (found := processes_of(out)) and time.monotonic() < limit:
        time.sleep(0.1)
    return found


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def rounds(runs: int, seed: int, folder: Path, every: int) -> Iterator[Round]:
    """Play so many rounds, each tenth with shipped notebooks, each kind of process in turn."""
    package_hash()
    for name in _IMPORTED:
        importlib.import_module(name)
    toy = toy_scene(folder / "toy").settle()
    real = real_scene(folder / "real").settle() if every else None
    for number in range(runs):
        scene = real if real is not None and number % every == every - 1 else toy
        targets = OF_REAL if scene.real else OF_TOYS
        yield play(scene, seed + number, targets[(number // every if scene.real else number) % len(targets)])


def main() -> int:
    """Play the rounds and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=10, help="each so many rounds one with shipped notebooks; 0: none")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no round after so many")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kill-study-")).resolve()
    played: list[Round] = []
    began = time.monotonic()
    for one in rounds(given.runs, given.seed, folder, given.every):
        played.append(one)
        mark = "as undisturbed" if one.good else json.dumps(vars(one))
        print(f"{len(played):4d}/{given.runs} {one.target} at {one.moment:.2f} s: {mark}", flush=True)
        if time.monotonic() - began > 60 * given.minutes:
            break
    print(f"\n{'killed':<14}{'kills':>7}{'same bytes':>12}{'orphans':>9}{'leftovers':>11}{'plain run failed':>18}")
    for target in TARGETS:
        print(_line(target, [one for one in played if one.target == target]))
    print(_line("all", played))
    print(f"{time.monotonic() - began:.0f} seconds; bad rounds are kept in {folder}")
    bad = [one for one in played if not one.good]
    if not bad:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if bad else 0


def _line(name: str, played: list[Round]) -> str:
    count = Counter[str]()
    for one in played:
        found = {"orphans": one.orphans, "leftovers": one.leftovers, "failed": one.code, "same": not one.different}
        count.update(what for what, there in found.items() if there)
    numbers: list[Any] = [len(played), count["same"], count["orphans"], count["leftovers"], count["failed"]]
    return f"{name:<14}{numbers[0]:>7}{numbers[1]:>12}{numbers[2]:>9}{numbers[3]:>11}{numbers[4]:>18}"


if __name__ == "__main__":
    sys.exit(main())
