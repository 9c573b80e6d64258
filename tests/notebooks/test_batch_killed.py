"""A run that is killed or stopped at any moment leaves what is finished whole, and the next run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_batch import FINDINGS, write_cohort, write_notebook

from wlz_eval.batch.lock import locked

VARIES = ("run.json", "manifest.json", "timings.json", "run.lock", "checked.json")
SCRIPT = Path(__file__).with_name("batch_process.py")


def write_books(folder):
    for i, name in enumerate(["01_a", "02_b", "03_c", "04_d"], start=1):
        cells = [FINDINGS.format(name=name), f"import time; time.sleep({0.5 if i < 3 else 1.5})", f"print({i})"]
        write_notebook(folder, name, cells, i, needs=["01_a"] if name == "03_c" else [])
    return folder


@pytest.fixture
def books(tmp_path):
    return write_books(tmp_path / "books")


@pytest.fixture
def cohort(tmp_path):
    return write_cohort(tmp_path / "cohorts" / "toy")


@pytest.fixture(scope="module")
def calm(tmp_path_factory):
    """Notebooks, a cohort, and what a run of them leaves that nobody disturbs."""
    folder = tmp_path_factory.mktemp("calm")
    books, cohort = write_books(folder / "books"), write_cohort(folder / "cohorts" / "toy")
    process = start(books, folder / "out", cohort)
    _, said = process.communicate()
    assert process.returncode == 0, said
    return books, cohort, files(folder / "out")


def start(books, out, cohort):
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(books), str(out), str(cohort)], stderr=subprocess.PIPE, text=True
    )


def files(out):
    """Everything that a run leaves, apart from wall times and logs."""
    found = {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    return {
        name: content
        for name, content in found.items()
        if "/log/" not in name and Path(name).name not in VARIES
    }


def wait_for(path, seconds=240):
    limit = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < limit, f"{path} did not appear"
        time.sleep(0.02)


def kernels_of(out):
    """Kernels at work in the output folder: copies of a warm process tell so only by where they are."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = str((process / "cwd").readlink())
        except OSError:
            continue
        if where.startswith(f"{out}/"):
            found.append(f"{process.name} in {where}")
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("moment", [0.6])
def test_killed_at_a_moment(tmp_path, calm, moment):
    books, cohort, whole = calm
    out = tmp_path / "out"
    process = start(books, out, cohort)
    executed = out / ".work/toy/public/executed"
    wait_for(executed / "01_a.ipynb")
    time.sleep(moment)
    process.kill()
    process.communicate()
    for path in executed.glob("*.ipynb"):
        assert path.read_bytes() == whole[path.relative_to(out).as_posix()], "what is there is whole"
    manifest = out / ".work/toy/public/manifest.json"
    finished = set(json.loads(manifest.read_text())["notebooks"]) if manifest.exists() else set()

    again = start(books, out, cohort)
    _, said = again.communicate()
    assert again.returncode == 0, said
    assert whole
    assert files(out) == whole
    record = json.loads((out / ".work/toy/public/run.json").read_text())["notebooks"]
    assert {name for name, entry in record.items() if entry["status"] == "cached"} == finished

    limit = time.monotonic() + 20
    while kernels_of(out) and time.monotonic() < limit:
        time.sleep(0.2)
    assert not kernels_of(out), "no kernel outlives its run"


def test_the_second_of_two_runs_is_refused(tmp_path, cohort):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "wlz_eval", "run", str(cohort), "--out", str(out)]
    with locked(out / ".work"):
        ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        f"Another run (process {os.getpid()}) is writing to {out}."
        " Wait until it ends, or choose another folder with --out.\n"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_handful_of_kills_leave_no_trace():
    """The runner, a kernel, the warm process and a worker of a notebook, each at a moment that the seed gives."""
    study = [sys.executable, str(SCRIPT.with_name("kill_study.py")), "--runs", "4", "--every", "0", "--seed", "7"]
    ran = subprocess.run(study, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count(": as undisturbed") == 4


@pytest.mark.parametrize(("presses", "finishes"), [(1, True), (2, False)], ids=["once", "twice"])
def test_stopped_from_the_keyboard(tmp_path, books, cohort, presses, finishes):
    write_notebook(books, "00_long", ["import time; time.sleep(4)"], 0)
    for i in range(4):
        write_notebook(books, f"1{i}_more", ["import time; time.sleep(4)"], 10 + i)
    out = tmp_path / "out"
    process = start(books, out, cohort)
    wait_for(out / ".work/toy/public/log/00_long.log")
    time.sleep(2)
    for _ in range(presses):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Press Ctrl-C again" in said
    record = json.loads((out / ".work/toy/public/run.json").read_text())["notebooks"]
    assert record["00_long"]["status"] == ("succeeded" if finishes else "failed"), said
    skipped = [name for name, entry in record.items() if entry["status"] == "skipped"]
    assert skipped
    assert not (out / "reports/toy").exists(), "what is not complete is not published"
    site = (out / "reports/index.html").read_text()
    assert [name for name in skipped if f"{name}: the run was stopped from the keyboard" not in site] == []
    assert not kernels_of(out)
