"""Where the project's folders are, hashes of content, and writes that are whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

__all__ = [
    "cohorts_dir",
    "hash_bytes",
    "hash_json",
    "notebooks_dir",
    "project_root",
    "reference_dir",
    "remove_unfinished",
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
        if not (process.isdigit() and _alive(int(process))):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file so that a reader, or the next run, finds it whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
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
