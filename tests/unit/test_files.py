"""Whole or not there: what a killed run leaves is removed, what a living one is writing is not."""

import errno
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from wlz_eval.core.errors import StorageError
from wlz_eval.core.files import remove_unfinished, replace_folder, storage_error, write_atomic


def half_written(folder, process, age=0.0):
    """What a process that was killed while it wrote leaves."""
    path = folder / f".manifest.json.{process}.abc123.part"
    path.parent.mkdir(exist_ok=True)
    path.write_text("half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_what_a_killed_process_left_is_removed_and_a_living_ones_stays(tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        left, written = half_written(tmp_path / "deep", gone.pid), half_written(tmp_path, living.pid)
        remove_unfinished(tmp_path)
        assert not left.exists()
        assert written.exists()
    finally:
        living.communicate(b"\n")


def test_a_number_that_was_given_again_keeps_nothing(tmp_path):
    """After a power cut, and in a container, numbers of processes begin anew: they are soon somebody else's."""
    older_than_its_process = half_written(tmp_path / "a", os.getppid(), age=400 * 24 * 3600.0)
    our_own = half_written(tmp_path / "b", os.getpid())
    remove_unfinished(tmp_path)
    assert not older_than_its_process.exists()
    assert not our_own.exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full: "),
        (errno.EROFS, "could not be written (Read-only file system). Make its folder writable and run again"),
        (errno.EACCES, "could not be written (Permission denied). Make its folder writable and run again"),
    ],
)
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, number, words):
    path = tmp_path / "a.json"
    write_atomic(path, "old")

    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError) as caught:
        write_atomic(path, "new")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a limit that POSIX systems have")
def test_a_write_that_the_system_really_cuts_short(tmp_path):
    program = """
        import resource, sys
        from pathlib import Path
        from wlz_eval.core.files import write_atomic
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        write_atomic(Path(sys.argv[1], "a.json"), "x" * 6000)
    """
    (tmp_path / "a.json").write_text("old")
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert "StorageError" in ran.stderr
    assert "it would be longer than this system lets a file be" in ran.stderr
    assert (tmp_path / "a.json").read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_content_is_on_the_disk_before_its_name_and_its_name_before_the_next_step(tmp_path, monkeypatch):
    """What a power cut leaves is then the old file or the new one, never a name without content."""
    done, fsync, replace = [], os.fsync, os.replace

    def record_fsync(descriptor):
        fsync(descriptor)
        done.append(("on the disk", os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")).split(".")[0]))

    def record_replace(source, target):
        assert Path(source).read_text() == "content"
        replace(source, target)
        done.append(("named", os.path.basename(target)))

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    write_atomic(tmp_path / "a.json", "content")
    assert done == [("on the disk", ""), ("named", "a.json"), ("on the disk", tmp_path.name)]


def test_every_reason_ends_with_what_to_do():
    for number in (errno.ENOSPC, errno.EROFS, errno.EFBIG, errno.EDQUOT, errno.EIO):
        assert "run again; what is finished is kept." in str(storage_error(OSError(number, "x"), "a"))


def folder_of(path, **files):
    """Make a folder of files."""
    for name, text in files.items():
        write_atomic(path / name.replace("__", "/"), text)
    return path


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def other_disk(monkeypatch):
    """No folder can be renamed from within ``here`` to within ``there``."""
    rename = Path.rename

    def refuse(self, target):
        if "here" in self.parts and "there" in Path(target).parts:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)


@pytest.mark.parametrize("disk", ["same", "other"])
def test_a_folder_takes_the_place_of_another(tmp_path, disk, request):
    if disk == "other":
        request.getfixturevalue("other_disk")
    for number in (1, 2):
        new = folder_of(tmp_path / "here" / "staging", **{"index": f"page {number}", "deep__a": "a", f"n{number}": ""})
        folder_of(tmp_path / "there" / ".toy.old", left="by a crash")
        replace_folder(new, tmp_path / "there" / "toy")
        assert texts(tmp_path) == {
            "there/toy/index": f"page {number}", "there/toy/deep/a": "a", f"there/toy/n{number}": "",
        }  # fmt: skip


def test_a_folder_that_does_not_fit_leaves_the_old_one(tmp_path, other_disk, monkeypatch):
    old = folder_of(tmp_path / "there" / "toy", index="old")
    new = folder_of(tmp_path / "here" / "staging", index="new")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="The disk is full"):
        replace_folder(new, old)
    assert texts(tmp_path) == {"there/toy/index": "old", "here/staging/index": "new"}
