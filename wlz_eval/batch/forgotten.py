"""Which children were forgotten, as keyed hashes: enough to see one come back, and nothing to find one by."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable
from pathlib import Path

from wlz_eval.core.files import read_json, write_atomic
from wlz_eval.release.workspace import Workspace

__all__ = ["ForgottenChildren", "forgotten_children"]


class ForgottenChildren:
    """The list of an output folder.

    Without the key a hash says nothing; with it only a known id can be tried. Whoever may not keep even that removes
    the file, and a child that a new delivery brings back is then not noticed.

    Parameters
    ----------
    path : Path
        File that keeps it, in the private folder.
    """

    def __init__(self, path: Path):
        self.path = path
        kept = read_json(path)
        self._key = bytes.fromhex(kept["key"]) if kept else secrets.token_bytes(32)
        self._marks: set[str] = set(kept.get("children", ()))

    def add(self, ids: Iterable[str]) -> None:
        """Remember children by their hashes."""
        self._marks |= {self._mark(i) for i in ids}
        kept = {"version": 1, "key": self._key.hex(), "children": sorted(self._marks)}
        write_atomic(self.path, json.dumps(kept, indent=1, sort_keys=True) + "\n")

    def among(self, ids: Iterable[str]) -> int:
        """Count the ids that were forgotten before."""
        return sum(self._mark(i) in self._marks for i in set(ids)) if self._marks else 0

    def _mark(self, child: str) -> str:
        return hmac.new(self._key, child.encode(), hashlib.sha256).hexdigest()


def forgotten_children(workspace: Workspace) -> ForgottenChildren:
    """Open the list of children that were forgotten in an output folder."""
    return ForgottenChildren(workspace.private / "forgotten.json")
