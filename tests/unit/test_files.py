"""Whole or not there: what a killed run leaves is removed, what a living one is writing is not."""

import os
import subprocess
import sys

import pytest

from wlz_eval.core.files import remove_unfinished, write_atomic


def test_what_a_killed_process_left_is_removed_and_a_living_ones_stays(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = tmp_path / "deep" / f".manifest.json.{gone.pid}.abc123.part"
    left.parent.mkdir()
    left.write_text("half")
    living = tmp_path / f".manifest.json.{os.getpid()}.abc123.part"
    living.write_text("half")
    remove_unfinished(tmp_path)
    assert not left.exists()
    assert living.exists()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_atomic(path, "old")

    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
