"""Processes of their own end with the work, whatever happened to one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing import active_children
from pathlib import Path

import pytest

from wlz_eval.core.parallel import ordered_map


def wait_for(path: Path) -> str:
    while not (path.exists() and path.read_text()):
        time.sleep(0.01)
    return path.read_text()


def stop_the_other(folder: str, item: int) -> int:
    """Let one process be idle, with the lock of those that wait for work, and stop it from outside."""
    mine, other = (Path(folder, str(n)) for n in (item, 1 - item))
    mine.write_text(str(os.getpid()))
    number = int(wait_for(other))
    if item == 1:
        time.sleep(0.5)
        os.kill(number, signal.SIGSTOP)
    return item


def fail(folder: str, item: int) -> int:
    raise ValueError(f"no {item}")


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_process_that_is_stopped_or_killed_while_it_waits_holds_nobody_up(tmp_path):
    """A killed one kept a notebook waiting until its time was over: once in the 200 rounds of the study of kills."""
    code = f"from test_parallel import *; print(ordered_map(stop_the_other, {str(tmp_path)!r}, [0, 1], workers=2))"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=Path(__file__).parent, timeout=100, capture_output=True, text=True, check=True)
    assert ran.stdout == "[0, 1]\n"


def test_none_is_left_after_answers_or_an_error(tmp_path):
    before = active_children()
    with pytest.raises(ValueError, match="no "):
        ordered_map(fail, str(tmp_path), [0, 1, 2], workers=2)
    assert ordered_map(max, 2, [1, 3], workers=2) == [2, 3]
    assert active_children() == before
