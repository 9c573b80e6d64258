"""Pages of several cohorts are made in a process of its own, and a kernel is started before its notebook is known."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from wlz_eval.batch.berth import Ahead
from wlz_eval.batch.desk import SEVERAL, Desk
from wlz_eval.batch.desk_process import portable
from wlz_eval.batch.kernel import kernel_environment
from wlz_eval.batch.warm import WarmServer, can_be_warm
from wlz_eval.core.errors import CohortError, GateRefusedError, Problem, RunError, StorageError

PROBLEM = Problem(table="children", message="is not known", remedy="Mend it.", column="school_id", row=3)


@pytest.fixture
def desk():
    desk = Desk(SEVERAL)
    yield desk
    desk.close()


def test_one_cohort_needs_no_process():
    desk = Desk(SEVERAL - 1)
    assert desk.call(os.getpid) == os.getpid()
    desk.close()


def test_several_have_one_that_stays_and_steps_back(desk):
    number = desk.call(os.getpid)
    assert number != os.getpid()
    assert desk.submit(desk.call, os.getpid).result() == number
    assert psutil.Process(number).nice() > psutil.Process().nice()
    assert desk.call(print, "what is printed does not come between the answers") is None
    desk.close()
    assert not psutil.pid_exists(number)


@pytest.mark.parametrize(
    "error",
    [
        GateRefusedError("line one\nline two"), StorageError("The disk is full."), CohortError([PROBLEM, PROBLEM]),
        CohortError([PROBLEM], heading="Two {n} here:"), OSError(28, "No space left on device", "/x/y"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_comes_back_as_it_was(error):
    try:
        raise error
    except Exception as raised:
        there = portable(raised)
    assert str(there) == str(error)
    assert "Traceback" in "".join(there.__notes__)
    assert type(there) is type(error)


class Unread:
    """Can be sent, and not be read."""

    def __reduce__(self):
        return int, ("no number",)


@pytest.mark.parametrize("part", [threading.Lock(), Unread()], ids=["not sent", "not read"])
def test_an_error_that_cannot_be_sent_comes_back_in_words(part):
    # Not one whose class takes other arguments than its message: a package that a cluster brings lets such be sent.
    error = RunError("no")
    error.part = part
    there = portable(error)
    assert (type(there), str(there)) == (RuntimeError, "RunError: no")


def test_what_is_raised_there_is_raised_here_with_where(desk):
    with pytest.raises(FileNotFoundError) as raised:
        desk.call(os.listdir, "/nowhere/at/all")
    assert raised.value.filename == "/nowhere/at/all"
    assert "desk_process.py" in "".join(raised.value.__notes__)


def test_a_process_that_is_killed_is_started_again_once(desk, tmp_path):
    first = desk.call(os.getpid)
    os.kill(first, signal.SIGKILL)
    assert desk.call(os.getpid) not in (first, os.getpid())
    with pytest.raises(RunError, match=r"was killed, twice.*--workers"):
        desk.call(os._exit, 9)
    assert desk.call(os.getpid) != os.getpid(), "the next cohort has a process again"


def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_started_again(desk):
    """What could not be sent was held back, closing the pipe failed over it, and the cohort had no pages."""
    first = desk.call(os.getpid)
    os.kill(first, signal.SIGKILL)
    desk._process.wait()
    assert desk.call(os.getpid) not in (first, os.getpid())


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_ends_with_the_batch_in_the_middle_of_anything(tmp_path):
    script = "import os, sys, time; from wlz_eval.batch.desk import Desk; desk = Desk(9)\n"
    script += "print(desk.call(os.getpid), flush=True); desk.submit(desk.call, time.sleep, 300); time.sleep(300)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as batch:
        number = int(batch.stdout.readline())
        time.sleep(0.5)
        assert psutil.pid_exists(number)
        batch.kill()
    limit = time.monotonic() + 20
    while psutil.pid_exists(number) and psutil.Process(number).status() != "zombie" and time.monotonic() < limit:
        time.sleep(0.05)
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie"


@pytest.fixture
def warm():
    if not can_be_warm():
        pytest.skip("this system cannot copy processes")
    server = WarmServer(kernel_environment(Path("/nowhere")))
    yield server
    server.close()


def waited(ahead, server):
    """Take the kernel once it waits."""
    limit = time.monotonic() + 120
    while (berth := ahead.take(server)) is None and time.monotonic() < limit:
        time.sleep(0.05)
    return berth


def test_a_kernel_waits_until_it_is_taken_and_no_second_is_started(warm, tmp_path):
    ahead = Ahead()
    ahead.prepare(tmp_path, None)
    assert ahead.take(None) is None, "one that starts cold is not started ahead"
    for _ in range(3):
        ahead.prepare(tmp_path, warm)
    berth = waited(ahead, warm)
    assert berth.alive
    assert list(tmp_path.iterdir()) == [berth.folder]
    assert ahead.take(warm) is None
    berth.close()
    berth.close()
    assert not berth.alive
    assert list(tmp_path.iterdir()) == []
    ahead.close()


def test_a_kernel_that_has_died_or_is_no_copy_of_this_process_is_not_taken(warm, tmp_path):
    ahead = Ahead()
    ahead.prepare(tmp_path, warm)
    ahead._made.result().manager.provisioner.end()
    assert ahead.take(warm) is None
    ahead.prepare(tmp_path, warm)
    made = ahead._made.result()
    assert ahead.take(None) is None
    assert not made.alive
    ahead.prepare(tmp_path / "absent" / "x", warm)
    ahead._made.result()
    ahead.close()
    assert list(tmp_path.rglob("kernel-*")) == []


def test_a_kernel_that_cannot_be_started_ahead_is_no_error(warm, tmp_path):
    (tmp_path / "file").write_text("")
    ahead = Ahead()
    ahead.prepare(tmp_path / "file", warm)
    while not ahead._made.done():
        time.sleep(0.01)
    assert ahead.take(warm) is None
    ahead.prepare(tmp_path / "file", warm)
    ahead.close()
