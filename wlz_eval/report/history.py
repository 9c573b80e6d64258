"""What the last two reports of a cohort said and were made from, so that a new one can say what changed.

Only released numbers are kept, and only those of two reports: the one that stands, and the one before it. The same
report published again changes neither, so its pages stay the same to the byte; a run that is killed after the pages
were moved finds the earlier record, and makes the same pages again. What is published of a run in which a notebook
failed is not kept: the next report is compared with the last one that was whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from wlz_eval.core.files import hash_json, read_json, write_atomic
from wlz_eval.release.rule import Rule
from wlz_eval.report.content import PageContent
from wlz_eval.report.exports import Row

__all__ = ["History", "Release", "release_of"]

_VERSION = 1
#: What of a released finding is kept.
_KEPT = (
    "finding_id", "what", "estimate", "ci_low", "ci_high", "unit", "currency", "hidden", "claim", "tier", "primary",
    "notebook", "cell",
)


@dataclass(frozen=True, kw_only=True)
class Release:
    """One report: its released numbers, and what they were made from.

    Parameters
    ----------
    rule : Rule
        Threshold and rounding under which they were released.
    inputs : mapping
        By notebook what its numbers depend on, each as a hash or a word: ``data``, ``plan``, ``code``, ``notebook``,
        ``effort``, ``seed``, ``versions``.
    rows : sequence of dict
        The released findings.
    """

    rule: Rule
    inputs: Mapping[str, Mapping[str, str]]
    rows: Sequence[Row]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "rule": asdict(self.rule),
            "inputs": {name: dict(inputs) for name, inputs in self.inputs.items()},
            "rows": [[row[name] for name in _KEPT] for row in self.rows],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Release:
        """Read what :meth:`to_json` gave."""
        rows = [dict(zip(_KEPT, row, strict=True)) for row in content["rows"]]
        return cls(rule=Rule(**content["rule"]), inputs=content["inputs"], rows=rows)


def release_of(
    contents: Mapping[str, PageContent], notebooks: Mapping[str, Mapping[str, Any]], rows: Sequence[Row], rule: Rule
) -> Release:
    """Describe the report that is about to be published.

    Parameters
    ----------
    contents : mapping
        Its pages by notebook.
    notebooks : mapping
        The executed notebooks.
    rows : sequence of dict
        Its released findings.
    rule : Rule
    """
    inputs = {name: _inputs(content.head, notebooks[name]) for name, content in contents.items()}
    return Release(rule=rule, inputs=inputs, rows=rows)


def _inputs(head: Mapping[str, Any], notebook: Mapping[str, Any]) -> dict[str, str]:
    """Say what the numbers of a notebook depend on; a cell that the batch filled in says what the head says."""
    cells = [
        cell.get("source", "")
        for cell in notebook["cells"]
        if "injected-parameters" not in cell.get("metadata", {}).get("tags", [])
    ]
    return {
        "data": head["data_hash"],
        "plan": head["plan_hash"],
        "code": head["code_hash"],
        "notebook": hash_json(cells),
        "effort": str(head["effort"]),
        "seed": str(head["seed"]),
        "versions": hash_json(head["versions"]),
    }


class History:
    """The last two reports of a cohort for one audience.

    Parameters
    ----------
    path : Path
        File that keeps them, in the private folder.
    """

    def __init__(self, path: Path):
        self.path = path
        kept = read_json(path)
        if kept.get("version") != _VERSION:
            kept = {}
        self._current: dict[str, Any] | None = kept.get("current")
        self._before: dict[str, Any] | None = kept.get("before")

    def before(self, now: Release) -> Release | None:
        """Return the report to compare this one with: the last that was not the same; None when there is none."""
        kept = self._before if self._current == _plain(now) else self._current
        return Release.from_json(kept) if kept else None

    def remember(self, now: Release) -> None:
        """Keep a report that was published, and the one before it."""
        content = _plain(now)
        if content == self._current:
            return
        self._before, self._current = self._current, content
        kept = {"version": _VERSION, "current": self._current, "before": self._before}
        write_atomic(self.path, json.dumps(kept, ensure_ascii=False, sort_keys=True) + "\n")


def _plain(release: Release) -> dict[str, Any]:
    """Return a report as it will be read from the file."""
    content: dict[str, Any] = json.loads(json.dumps(release.to_json()))
    return content
