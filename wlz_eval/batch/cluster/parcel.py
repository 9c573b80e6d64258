"""What passes between the batch and a worker: files by content, through a folder or address that both see."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wlz_eval.batch.execute import Execution, NotebookTask
from wlz_eval.core.errors import RunError
from wlz_eval.core.files import hash_bytes

__all__ = ["Job", "Outcome", "Store", "pack", "unpack"]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One notebook for a worker.

    Parameters
    ----------
    run, key : str
        Names of the run and of this job, each its own.
    share : str
        Where its files are.
    task : NotebookTask
        What to run, with the paths of the machine that asks.
    root : str
        That machine's output folder.
    folder : str
        That machine's folder of the cohort; empty for a study.
    inputs : mapping of str to str
        Path within the worker's folder, and content, of each file that the notebook may read.
    identity : mapping
        What the worker must be.
    warm : bool
        Whether the kernel may be a copy of a warm process.
    """

    run: str
    key: str
    share: str
    task: NotebookTask
    root: str
    folder: str
    inputs: Mapping[str, str] = field(repr=False)
    identity: Mapping[str, str] = field(repr=False)
    warm: bool = True


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended, and where what it wrote is.

    Parameters
    ----------
    execution : Execution
        How the notebook ended.
    parcel, content : str
        Name and hash of the parcel of files; empty when there is none.
    """

    execution: Execution
    parcel: str = ""
    content: str = ""


class Store:
    """Files in a folder or at an fsspec address.

    Parameters
    ----------
    url : str
        A path, or an address such as ``s3://bucket/folder``.

    Raises
    ------
    RunError
        When no installed package can read such an address.
    """

    def __init__(self, url: str):
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise RunError(f"--share {url} cannot be used: {error}") from None
        self._known: set[str] = set()

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def write(self, name: str, content: bytes) -> None:
        """Write a file."""
        path = self._path(name)
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(path, content)

    def read(self, name: str, content: str = "") -> bytes:
        """Read a file; with `content`, only if that is its hash.

        Raises
        ------
        RunError
            When it is another file.
        """
        data: bytes = self._files.cat_file(self._path(name))
        if content and hash_bytes(data) != content:
            raise RunError(f"{name} did not arrive as it was sent.")
        return data

    def add(self, data: bytes) -> str:
        """Keep a content under its hash, once, and return that."""
        content = hash_bytes(data)
        if content not in self._known:
            self.write(f"data/{content}", data)
            self._known.add(content)
        return content

    def remove(self, name: str = "") -> None:
        """Remove a file, or everything."""
        path = self._path(name) if name else self._root
        if self._files.exists(path):
            self._files.rm(path, recursive=not name)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Put files into one parcel, the same files always into the same bytes.

    Examples
    --------
    >>> parcel = pack({"a/b.txt": b"hello"})
    >>> zipfile.ZipFile(io.BytesIO(parcel)).namelist()
    ['a/b.txt']
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def unpack(parcel: bytes, write: Any, root: Path) -> None:
    """Write each file of a parcel below `root`.

    Parameters
    ----------
    parcel : bytes
        From :func:`pack`.
    write : callable
        Called with the path and the bytes.
    root : Path
        No file leaves this folder.
    """
    with zipfile.ZipFile(io.BytesIO(parcel)) as archive:
        for name in archive.namelist():
            target = (root / name).resolve()
            if not target.is_relative_to(root.resolve()):
                raise RunError(f"A worker sent a file {name!r} that would leave the output folder.")
            write(target, archive.read(name))
