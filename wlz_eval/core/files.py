"""Where the project's folders are, hashes of content, and writes that are whole or not there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from wlz_eval.core.errors import StorageError

__all__ = [
    "cohorts_dir",
    "empty_folder",
    "hash_bytes",
    "hash_json",
    "notebooks_dir",
    "project_root",
    "read_json",
    "reference_dir",
    "remove_unfinished",
    "replace_folder",
    "storage_error",
    "sync_folder",
    "write_atomic",
]


def project_root() -> Path:
    """Folder that holds ``wlz_eval/``, ``notebooks/``, ``data/`` and ``reports/``."""
    return Path(__file__).resolve().parents[2]


def reference_dir() -> Path:
    """Folder of the reference tables."""
    return project_root() / "data" / "reference"


def cohorts_dir() -> Path:
    """Folder in which a cohort's id names a folder."""
    return project_root() / "data" / "cohorts"


def notebooks_dir() -> Path:
    """Folder of the notebooks."""
    return project_root() / "notebooks"


def read_json(path: Path) -> dict[str, Any]:
    """Read a record that this suite wrote; empty when there is none."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return content


def hash_bytes(*parts: bytes) -> str:
    """SHA-256 of the parts, each with its length, so that no two lists of parts collide.

    Examples
    --------
    >>> hash_bytes(b"ab", b"c") == hash_bytes(b"a", b"bc")
    False
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def hash_json(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys."""
    return hash_bytes(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode())


def remove_unfinished(folder: Path) -> None:
    """Remove what :func:`write_atomic` left half-written below `folder` when its process was killed."""
    for path in folder.rglob(".*.part"):
        process = path.name.split(".")[-3]
        with contextlib.suppress(OSError):
            if not (process.isdigit() and _still_writes(int(process), path)):
                path.unlink(missing_ok=True)


def _still_writes(process: int, path: Path) -> bool:
    """Whether the process that began a file still runs; another may have been given its number since."""
    import psutil

    if process == os.getpid():
        return False
    try:
        # A system's clock ticks a hundred times a second.
        return bool(psutil.Process(process).create_time() <= path.stat().st_mtime + 0.05)
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def replace_folder(new: Path, target: Path) -> None:
    """Put a folder in the place of another, even on another file system; a crash between leaves one of them whole.

    Raises
    ------
    StorageError
        When it cannot be put there; what was there before still stands.
    """
    old, beside = (target.parent / f".{target.name}.{end}" for end in ("old", "new"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in (old, beside):
            shutil.rmtree(left, ignore_errors=True)
        _move_beside(new, beside)
        if target.is_symlink():
            # A link is let go of; where it leads, nothing is written or removed.
            target.unlink()
        if target.exists():
            target.rename(old)
        beside.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise storage_error(error, target) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def empty_folder(folder: Path) -> None:
    """Leave an empty folder; a link is let go of, and nothing is removed where it leads.

    Raises
    ------
    StorageError
        When it cannot be made.
    """
    try:
        if folder.is_symlink():
            folder.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder) from error


def _move_beside(new: Path, beside: Path) -> None:
    try:
        new.rename(beside)
    except OSError as error:
        # A folder cannot be renamed into another file system.
        if error.errno != errno.EXDEV:
            raise
        for path in sorted(new.rglob("*")):
            if path.is_file():
                write_atomic(beside / path.relative_to(new), path.read_bytes())
        shutil.rmtree(new)


def storage_error(error: OSError, path: Path) -> StorageError:
    """Say what a person can do about a file that could not be written.

    Examples
    --------
    >>> print(storage_error(OSError(errno.ENOSPC, "No space left on device"), Path("out/index.html")))
    The disk is full: out/index.html could not be written. Free some space and run again; what is finished is kept.
    """
    again = "and run again; what is finished is kept."
    if error.errno == errno.ENOSPC:
        return StorageError(f"The disk is full: {path} could not be written. Free some space {again}")
    if error.errno == getattr(errno, "EDQUOT", -1):
        return StorageError(f"The disk quota is used up: {path} could not be written. Free some space {again}")
    if error.errno == errno.EFBIG:
        return StorageError(
            f"{path} could not be written: it would be longer than this system lets a file be. Raise the limit {again}"
        )
    why = error.strerror or type(error).__name__
    return StorageError(f"{path} could not be written ({why}). Make its folder writable {again}")


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader, or the next run, finds it whole or not at all, even after a power cut.

    Raises
    ------
    StorageError
        When it cannot be written; what was there before still stands.
    """
    path = Path(path)
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.{os.getpid()}.", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Let the names in a folder outlive a power cut, where the system can promise that of a folder."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
