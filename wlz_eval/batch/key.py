"""What a notebook's result depends on, and whether that has changed since the result was made."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from wlz_eval.core.files import hash_bytes, hash_json, project_root, reference_dir, write_atomic

__all__ = [
    "CAUSES",
    "Manifest",
    "Record",
    "changed",
    "file_hash",
    "files_hash",
    "package_hash",
    "versions_hash",
]

#: What a result depends on, and how a change in it is put into words.
CAUSES: dict[str, str] = {
    "notebook": "the notebook changed",
    "parameters": "the parameters changed",
    "data": "the data changed",
    "plan": "the plan changed",
    "package": "the package changed",
    "versions": "the installed versions changed",
    "findings": "findings that it needs changed",
}

_FORMAT = 1


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content; empty when there is no such file."""
    try:
        return hash_bytes(path.read_bytes())
    except FileNotFoundError:
        return ""


def files_hash(paths: Iterable[Path]) -> str:
    """SHA-256 of several files' names and contents, whatever their order."""
    return hash_json({path.name: file_hash(path) for path in paths})


@cache
def package_hash() -> str:
    """Hash of the package's source and of the reference tables that it reads."""
    package = Path(__file__).resolve().parents[1]
    found = {}
    for folder in (package, reference_dir()):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
                found[f"{folder.name}/{path.relative_to(folder).as_posix()}"] = file_hash(path)
    return hash_json(found)


@cache
def versions_hash() -> str:
    """Hash of the interpreter's version, the processor's architecture and the lock file."""
    return hash_json([platform.python_version(), platform.machine(), file_hash(project_root() / "requirements.lock")])


@dataclass(frozen=True)
class Record:
    """A finished notebook in the manifest.

    Parameters
    ----------
    key : mapping of str to str
        Hash of each thing it depends on (see :data:`CAUSES`).
    parameters : mapping
        The parameters in clear, for a person who reads the file.
    outputs : mapping of str to str
        Path within the output folder and content hash of each file it made.
    seconds : float
        How long it took.
    files : mapping of str to str
        Content hash of each file of data that it could read.
    """

    key: Mapping[str, str]
    parameters: Mapping[str, Any]
    outputs: Mapping[str, str]
    seconds: float
    files: Mapping[str, str] = field(default_factory=dict)


def changed(record: Record | None, key: Mapping[str, str], root: Path, files: Mapping[str, str]) -> str:
    """Say why a notebook has to run; empty when its result still stands.

    Parameters
    ----------
    record : Record or None
        What the manifest has.
    key : mapping
        What it depends on now.
    root : Path
        The output folder.
    files : mapping
        Content hash of each file of data now.
    """
    if record is None:
        return "it has not been run"
    causes = {cause: words for cause, words in CAUSES.items() if record.key.get(cause) != key.get(cause)}
    if "data" in causes and (named := _changed_files(record.files, files)):
        causes["data"] += f" ({named})"
    if causes:
        return "; ".join(causes.values())
    for path, content in record.outputs.items():
        if file_hash(root / path) != content:
            return f"{Path(path).name} is missing or was changed by another run"
    return ""


def _changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Name the files that differ; empty when none does, or nothing is known of before."""
    if not before:
        return ""
    return ", ".join(sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)))


@dataclass
class Manifest:
    """The finished notebooks of one cohort and audience: a JSON file that a person can read.

    It is rewritten whole after every change, so that a run killed at any moment finds in it
    only what is finished.
    """

    path: Path
    records: dict[str, Record] = field(default_factory=dict)
    published: str = ""

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest; one that is absent, damaged or of another format counts as empty."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != _FORMAT:
                return cls(path)
            records = {name: Record(**record) for name, record in content["notebooks"].items()}
            return cls(path, records, content["published"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls(path)

    def add(self, name: str, record: Record) -> None:
        """Note that a notebook is finished."""
        self.records[name] = record
        self._write()

    def remove(self, name: str) -> None:
        """Note that a notebook is no longer finished."""
        if self.records.pop(name, None) is not None:
            self.published = ""
            self._write()

    def set_published(self, content: str) -> None:
        """Note what was published."""
        if content != self.published:
            self.published = content
            self._write()

    def _write(self) -> None:
        content = {
            "format": _FORMAT,
            "notebooks": {name: vars(record) for name, record in sorted(self.records.items())},
            "published": self.published,
        }
        write_atomic(self.path, json.dumps(content, indent=2, ensure_ascii=False, default=dict) + "\n")
