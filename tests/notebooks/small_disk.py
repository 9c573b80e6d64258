"""A disk that is full or read-only: a file system of its own where this process may mount one."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, free: int | None = None, read_only: bool = False) -> Iterator[Path]:
    """Mount a file system of a megabyte at `folder`, with so many bytes left free, or read-only."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "wlz-eval-test", str(folder)], capture_output=True)
    if mount.returncode:
        pytest.skip("no file system can be mounted here; tests/unit/test_files.py makes writes fail by a limit")
    try:
        if free is not None:
            fill(folder, free)
        if read_only:
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, free: int) -> None:
    """Fill it up to so many bytes; whole pages are what such a file system counts."""
    with (folder / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            file.truncate(max(file.tell() - free, 0))
