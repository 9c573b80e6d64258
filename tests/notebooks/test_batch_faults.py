"""Faults of a notebook, its kernel and its machine, each made to happen: how it ends, and in which words."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import socket
import sys
import time
from pathlib import Path

import nbformat
import pytest
from jupyter_client.asynchronous import AsyncKernelClient
from nbclient.exceptions import CellTimeoutError
from papermill.engines import papermill_engines
from small_disk import small_disk
from toy_batch import PARAMETERS, write_notebook

from wlz_eval.batch.execute import NotebookTask, execute
from wlz_eval.batch.kernel import kernel_environment
from wlz_eval.batch.limits import PRINTED
from wlz_eval.batch.warm import WarmServer, WarmUnavailableError, can_be_warm

RELIEF = "Run fewer notebooks at once (--workers), or use a machine with more memory"
KILLED = f"was killed, most often by the system because memory ran out. {RELIEF}"
IN_ALL = "it took longer than 2 seconds in all"
linux = pytest.mark.skipif(sys.platform != "linux", reason="a fault as Linux makes it")


@pytest.fixture(scope="module")
def warm():
    """One process to copy kernels from, since each test needs one."""
    if not can_be_warm():
        yield None
        return
    server = WarmServer(kernel_environment(Path("/nowhere")))
    yield server
    assert server.alive, "no fault of a kernel ends the process that it was copied from"
    server.close()


@pytest.fixture
def make(tmp_path, warm):
    """Run a notebook of some cells."""

    def make(*cells, started=lambda manager: None, may_fail=0, **options):
        source = write_notebook(tmp_path, "01_a", cells, 1, parameters=PARAMETERS)
        if may_fail:
            book = nbformat.read(str(source), 4)
            book.cells[1 + may_fail].metadata["tags"] = ["raises-exception"]
            nbformat.write(book, str(source))
        given = {"target": tmp_path / "out.ipynb", "log": tmp_path / "a.log", "cell_timeout": 120}
        task = NotebookTask(source=source, parameters={}, shown={}, scratch=tmp_path / "scratch", **given)
        task = dataclasses.replace(task, **options)
        task.target.unlink(missing_ok=True)
        ended = execute(task, started, warm)
        assert os.listdir(task.scratch) == [], "nothing is left in the folder of the kernel"
        assert task.target.exists() == (ended.status == "succeeded")
        return ended

    return make


def printed(tmp_path, stream="stdout"):
    book = nbformat.read(tmp_path / "out.ipynb", 4)
    return "".join(o["text"] for cell in book.cells for o in cell.get("outputs", []) if o.get("name") == stream)


ENDINGS = {
    "killed": ("import os; os.kill(os.getpid(), 9)", f"its kernel {KILLED}"),
    "out of memory": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)); x = bytearray(8 << 30)",
        f"cell 3 needed more memory than there was. {RELIEF}",
    ),
    "arrays out of memory": (
        "import resource, numpy; resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)); numpy.ones(1 << 30)",
        f"cell 3 needed more memory than there was. {RELIEF}",
    ),
    "crash": (
        "import ctypes; ctypes.string_at(0)",
        "its kernel crashed (SIGSEGV), a fault in compiled code or a signal from outside",
    ),
    "ended by itself": ("import os; os._exit(3)", "its kernel ended by itself, with status 3"),
    "worker killed": (
        "from concurrent.futures import ProcessPoolExecutor as P\nimport os\nP(1).submit(os._exit, 9).result()",
        f"a worker process of cell 3 {KILLED}",
    ),
    "full disk": ("open('/dev/full', 'w').write('x')\nopen('/dev/full', 'w', 1).write('x\\n')",
                  "the disk is full: cell 3 could not write a file. Free some space and run again"),
    "user error": (
        "from wlz_eval.core.errors import DesignError\nraise DesignError('No child was matched.')",
        "No child was matched.",
    ),
    "bug": ("{}['child 17']", "KeyError in cell 3; the private log holds the details"),
}


@linux
@pytest.mark.parametrize(("cell", "reason"), ENDINGS.values(), ids=ENDINGS)
def test_what_ends_a_notebook_is_told_in_words(make, cell, reason):
    ended = make(cell)
    assert (ended.status, ended.reason) == ("failed", reason)
    assert "Traceback" not in ended.detail


@pytest.mark.parametrize("begins_cold", [False, True], ids=["warm", "cold"])
def test_nothing_runs_after_a_cell_that_failed(make, tmp_path, begins_cold, monkeypatch):
    """A cell is asked for while the one before runs. Where that had failed already, ipykernel itself ran it."""
    if begins_cold:
        monkeypatch.setattr(WarmServer, "launch", no_kernel)
    monkeypatch.setattr(AsyncKernelClient, "execute", slowly(AsyncKernelClient.execute))
    later = tmp_path / "later"
    for _ in range(3):
        ended = make("1 / 0", f"import time; open({str(later)!r}, 'w').close(); time.sleep(60)")
        assert ended.reason.startswith("ZeroDivisionError in cell 3;")
        assert not later.exists()


def slowly(ask):
    """Ask for a cell when the one before has ended."""
    def slow(*arguments, **options):
        time.sleep(0.2)
        return ask(*arguments, **options)

    return slow


def no_kernel(*request):
    raise WarmUnavailableError("not here")


def test_a_cell_that_may_fail_stops_no_other(make, tmp_path):
    """The notebook has failed all the same: papermill takes each error in it for one."""
    later = tmp_path / "later"
    cells = ["1 / 0", f"open({str(later)!r}, 'w').close()"]
    assert make(*cells, may_fail=1).reason.startswith("ZeroDivisionError in cell 3;")
    assert later.exists()


@linux
def test_the_system_kills_a_kernel_for_its_memory(make, tmp_path):
    """A control group with a limit, as containers and batch systems have."""
    group = Path("/sys/fs/cgroup/memory") / f"wlz-eval-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(400 << 20))
    except OSError as error:
        pytest.skip(f"no control group can be made here ({error}); 'killed' and 'out of memory' stand for it")
    try:
        ended = make(f"import os; open('{group}/tasks', 'w').write(str(os.getpid())); x = bytearray(b'x') * (2 << 30)")
        assert ended.reason == f"its kernel {KILLED}"
    finally:
        time.sleep(0.2)
        group.rmdir()


def test_nothing_runs_after_a_cell_that_was_never_answered(make, tmp_path):
    """ipykernel flushes before it answers: what cannot be flushed ended the answer, and the next cell ran."""
    takes = "import sys\nwith open('gone', 'w') as f: sys.stdout = f"
    ended = make(takes, f"open({str(tmp_path / 'ran')!r}, 'w')", cell_timeout=3)
    assert ended.status == "failed"
    assert not (tmp_path / "ran").exists()


def test_nothing_of_a_notebook_runs_when_it_is_called_done(tmp_path, warm):
    """Its kernel was ended in a thread of the batch while the next notebook read what it still wrote."""
    target = tmp_path / "findings"
    writes = (
        f"f = open({str(target)!r}, 'w')\nimport threading, time\ndef g():\n    while True:\n        f.write('x')\n"
        "        f.flush(); time.sleep(0.001)\nthreading.Thread(target=g, daemon=True).start()"
    )
    source, closing = write_notebook(tmp_path, "01_a", [writes], 1, parameters=PARAMETERS), []
    task = NotebookTask(source=source, parameters={}, shown={}, scratch=tmp_path / "scratch",
                        target=tmp_path / "out.ipynb", log=tmp_path / "a.log", cell_timeout=120)
    assert execute(task, warm=warm, later=closing.append).status == "succeeded"
    time.sleep(0.05)
    size = target.stat().st_size
    time.sleep(0.5)
    assert target.stat().st_size == size > 0
    closing[0]()


HANGS = {
    "in C, deaf to interrupts": (
        "import ctypes, signal; signal.pthread_sigmask(0, {2, 15}); ctypes.PyDLL(None).sleep(999)"
    ),
    "stopped by a signal": "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
    "asleep": "import time; time.sleep(999)",
}


@linux
@pytest.mark.parametrize("cell", HANGS.values(), ids=HANGS)
@pytest.mark.parametrize("limit", ["cell_timeout", "notebook_timeout"])
def test_a_kernel_that_hangs_is_ended(make, cell, limit):
    managers = []
    ended = make(cell, started=managers.append, **{limit: 2})
    words = {"cell_timeout": "a cell took longer than 2 seconds", "notebook_timeout": IN_ALL}
    assert (ended.status, ended.reason) == ("failed", words[limit])
    assert not Path(f"/proc/{managers[0].provisioner.pid}").exists()


def test_many_short_cells_are_too_long_together(make):
    assert make(*["import time; time.sleep(1)"] * 20, notebook_timeout=2).reason == IN_ALL


PRINTS = {
    "at once": "print('x' * 100_000_000)",
    "in lines": "for i in range(100_000): print('x' * 999)",
    "each line by itself": "import sys\nfor i in range(2_000):\n    print('x' * 49_999); sys.stdout.flush()",
}


@linux
@pytest.mark.parametrize("cell", PRINTS.values(), ids=PRINTS)
def test_a_hundred_megabytes_of_output_are_cut(make, tmp_path, cell):
    ended = make(cell, "print('end')", "import sys; print('warned', file=sys.stderr)")
    assert ended.status == "succeeded", ended
    text = printed(tmp_path)
    assert text.endswith("\n[The rest is left out: too much output (printed text).]\nend\n")
    assert len(text.split("\n[The rest")[0]) == PRINTED
    assert printed(tmp_path, "stderr") == "warned\n"
    assert (tmp_path / "out.ipynb").stat().st_size < 2 * PRINTED
    log = (tmp_path / "a.log").read_text()
    # What the kernel's process writes by itself may come after it.
    assert "\ncell 3: [The rest is left out: too much output (printed text).]\n" in f"\n{log}"
    assert len(log) < 10_000


@linux
@pytest.mark.parametrize("ends", ["", "\nos.abort()"], ids=["goes on", "crashes"])
def test_what_is_written_below_python_is_cut_in_the_log(make, tmp_path, ends):
    """Under pytest a kernel leaves its descriptors alone; elsewhere it brings this into the notebook."""
    cell = "os.write(1, b'the first')\nfor i in range(100): os.write(2, b'x' * 1_000_000)\nos.write(1, b'the last')"
    assert make(f"import os\n{cell}{ends}").status == ("failed" if ends else "succeeded")
    log = (tmp_path / "a.log").read_text()
    # A first kernel whose port was taken stands before it (seen once).
    assert "the first" in log.partition("xxx")[0]
    assert re.search(r"\n\[99,000,\d{3} bytes are left out: too much output.\]\nx", log)
    reason = "its kernel crashed (SIGABRT), a fault in compiled code or a signal from outside\n"
    assert log.endswith(f"xthe last\n{reason if ends else ''}")
    assert len(log) < 1_001_000


def test_what_a_kernel_leaves_running_may_go_on_writing(make, tmp_path):
    """Its end of the pipe stays open, in a group of its own: the notebook ends all the same, and so does the log."""
    cell = "import subprocess\nsubprocess.Popen(['sh', '-c', 'sleep 5; echo late'], start_new_session=True)"
    assert make(cell).status == "succeeded"
    assert "late" not in (tmp_path / "a.log").read_text()


def test_shown_output_and_errors_are_cut_too(make, tmp_path):
    show = "from IPython.display import HTML, display\nfor i in range(8): display(HTML('y' * 8_000_000))"
    assert make(show).status == "succeeded"
    assert 40_000_000 < (tmp_path / "out.ipynb").stat().st_size < 60_000_000
    assert "too much output (figures and tables)" in (tmp_path / "a.log").read_text()
    ended = make("raise ValueError('z' * 50_000_000)")
    assert ended.reason == "ValueError in cell 3; the private log holds the details"
    assert (tmp_path / "a.log").stat().st_size < 1_000_000


def test_what_a_cell_takes_back_is_not_counted(make, tmp_path):
    cell = "from IPython.display import clear_output\nfor i in range(9): clear_output(); print(str(i) * %d)"
    assert make(cell % (PRINTED // 2)).status == "succeeded"
    assert printed(tmp_path) == "8" * (PRINTED // 2) + "\n"


@pytest.fixture
def taken():
    """Ports at which somebody else listens."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(5)]
    yield [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize("collisions", [1, 2])
def test_ports_that_somebody_else_has_are_tried_once_more(make, tmp_path, taken, monkeypatch, collisions):
    from jupyter_client.connect import LocalPortCache

    free, given = LocalPortCache.find_available_port, []

    def find(cache, ip):
        given.append(ip)
        number = len(given) - 1
        return taken[number % 5] if number < 5 * collisions else free(cache, ip)

    monkeypatch.setattr(LocalPortCache, "find_available_port", find)
    ended = make("print(1)")
    assert "attempt 1: its kernel could not be started" in (tmp_path / "a.log").read_text()
    expected = ("succeeded", "") if collisions == 1 else ("failed", "its kernel could not be started, twice")
    assert (ended.status, ended.reason) == expected


@pytest.mark.parametrize("program", ["/bin/false", "/nowhere/python"])
def test_a_kernel_that_cannot_start(tmp_path, program, monkeypatch):
    source = write_notebook(tmp_path, "01_a", ["print(1)"], 1)
    monkeypatch.setattr(sys, "executable", program)
    ended = execute(NotebookTask(source, tmp_path / "out.ipynb", tmp_path / "a.log", {}, {}, tmp_path / "scratch"))
    assert (ended.status, ended.reason) == ("failed", "its kernel could not be started, twice")


@pytest.mark.parametrize("spec", [{"name": "no-such-kernel", "display_name": "x"}, None], ids=["unknown", "none"])
def test_a_missing_kernel_specification_is_no_matter(tmp_path, warm, spec, monkeypatch):
    """A batch starts this interpreter, whatever a notebook or the machine calls its kernels."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "empty"))
    source = write_notebook(tmp_path, "01_a", ["print(1)"], 1)
    content = json.loads(source.read_text())
    content["metadata"].pop("kernelspec")
    content["metadata"] |= {"kernelspec": spec} if spec else {}
    source.write_text(json.dumps(content))
    task = NotebookTask(source, tmp_path / "out.ipynb", tmp_path / "a.log", {}, {}, tmp_path / "scratch")
    assert execute(task, warm=warm).status == "succeeded"


def test_a_notebook_of_another_language_is_told_so(tmp_path):
    source = write_notebook(tmp_path, "01_a", ["print(1)"], 1)
    content = json.loads(source.read_text())
    content["metadata"]["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    source.write_text(json.dumps(content))
    ended = execute(NotebookTask(source, tmp_path / "out.ipynb", tmp_path / "a.log", {}, {}, tmp_path / "scratch"))
    assert ended.reason == "it is written in R, and a batch runs notebooks in Python only"


@pytest.mark.parametrize("place", ["target", "log", "scratch"])
def test_a_full_disk_under_a_notebook(make, tmp_path, warm, place):
    with small_disk(tmp_path / "full", free=0) as full:
        paths = {"target": full / "x.ipynb", "log": full / "logs" / "x.log", "scratch": full / "scratch"}
        source = write_notebook(tmp_path, "01_a", ["print('x' * 9_000)"], 1)
        plain = {"target": tmp_path / "out.ipynb", "log": tmp_path / "a.log", "scratch": tmp_path / "scratch"}
        task = NotebookTask(source=source, parameters={}, shown={}, **(plain | {place: paths[place]}))
        ended = execute(task, warm=warm)
        assert ended.status == "failed"
        assert ended.reason.startswith("The disk is full: ")
        assert ended.reason.endswith("could not be written. Free some space and run again; what is finished is kept.")
        assert not (full / "x.ipynb").exists()
        assert not list(full.rglob("*.part"))


def test_a_read_only_place_under_a_notebook(tmp_path, warm):
    with small_disk(tmp_path / "ro", read_only=True) as folder:
        source = write_notebook(tmp_path, "01_a", ["print(1)"], 1)
        task = NotebookTask(source, folder / "x.ipynb", tmp_path / "a.log", {}, {}, tmp_path / "scratch")
        ended = execute(task, warm=warm)
        assert ended.reason == (
            f"{folder / 'x.ipynb'} could not be written (Read-only file system)."
            " Make its folder writable and run again; what is finished is kept."
        )


def failing(monkeypatch, message, times):
    """Let papermill fail so often before it does its work: a busy machine cannot be ordered."""
    real, left = papermill_engines.execute_notebook_with_engine, [times]

    def execute_notebook_with_engine(*arguments, **options):
        if left[0]:
            left[0] -= 1
            raise CellTimeoutError(message)
        return real(*arguments, **options)

    monkeypatch.setattr(papermill_engines, "execute_notebook_with_engine", execute_notebook_with_engine)


def test_output_that_did_not_arrive_is_waited_for_again(make, tmp_path, monkeypatch):
    """On a busy machine a cell of a second was said to have taken an hour."""
    failing(monkeypatch, "Timeout waiting for IOPub output", 1)
    assert make("print(1)").status == "succeeded"
    assert "attempt 1: the output of a cell did not arrive" in (tmp_path / "a.log").read_text()


def test_output_lost_twice_is_a_failure_with_its_own_reason(make, monkeypatch):
    failing(monkeypatch, "Timeout waiting for IOPub output", 2)
    ended = make("print(1)")
    assert (ended.status, ended.reason) == ("failed", "the output of a cell did not arrive, twice")


@linux
def test_what_a_killed_kernel_had_started_goes_with_it(make):
    """Processes that a notebook starts live in its kernel's group."""
    cell = "import subprocess, os, signal\nsubprocess.Popen(['sleep', '987'])\nos.kill(os.getpid(), signal.SIGKILL)"
    assert make(cell).status == "failed"
    left = [p for p in Path("/proc").glob("[0-9]*/cmdline") if b"sleep\0987\0" in _read(p)]
    assert left == []


def _read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""
