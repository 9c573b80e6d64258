"""Two public runs of one cohort, one after the other: what their difference would say of the children between them.

Counts rounded to five hide a single child in one run, but a mean of known children before and after one of them left
gives that child's score. So a cohort is published anew only where **nobody** differs from each run that was published
before, or **at least as many children as the threshold** do: in between the earlier pages stand. What a reader can
subtract is then nothing, or a group that may be shown. Children who left, who joined and whose records changed count
alike, since a corrected score is found as easily as a new one.

The same holds of each part of the records (:mod:`wlz_eval.release.marks`): a mean is of one part, and ten children
whose dates were tidied do not hide one whose score was corrected. Children who left or joined count in those parts
that hold numbers and that enough children have for a mean to be shown in both runs; of all others only counts are
shown, which are rounded and have a threshold.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from wlz_eval.core.files import read_json, write_atomic
from wlz_eval.release.marks import Marks, child_mark

__all__ = ["PublishedRuns", "children_between", "too_close"]

#: Version of the file.
_VERSION = 2
#: Name of what every child has: that it is in the cohort, and its records as a whole.
_ANY = "any record"


def children_between(before: Marks, now: Marks, threshold: int) -> dict[str, int]:
    """Count the children by whom two runs differ, in all and in each part of their records.

    Parameters
    ----------
    before, now : Marks
        Of the two runs.
    threshold : int
        Fewest children of whom a mean is shown.

    Returns
    -------
    dict of str to int
        Those who left or joined count in a part that holds numbers, where a mean of it can be shown in both runs.

    Examples
    --------
    >>> from wlz_eval.release.marks import Marks
    >>> before = Marks(("reading",), (True,), {"a": "000001", "b": "000002", "c": "000000"})
    >>> now = Marks(("reading",), (True,), {"a": "000001", "b": "000009", "d": "000000"})
    >>> children_between(before, now, 2)
    {'any record': 3, 'reading': 1}
    """
    children = list(dict.fromkeys([*before.children, *now.children]))
    measured = dict(zip([*before.parts, *now.parts], [*before.measured, *now.measured], strict=True))
    parts = list(measured)
    first, second = before.matrix(children, parts), now.matrix(children, parts)
    changed = (first != second).any(axis=2)
    shown = [run.any(axis=2).sum(axis=0) >= threshold for run in (first, second)]
    means = np.array(list(measured.values()), dtype=bool) & shown[0] & shown[1]
    stayed = np.array([child in before.children and child in now.children for child in children], dtype=bool)
    anything = ~stayed | changed.any(axis=1)
    counted = changed & (stayed[:, None] | means[None, :])
    found = {part: int(n) for part, n in zip(parts, counted.sum(axis=0), strict=True)}
    return {_ANY: int(anything.sum()), **found}


def too_close(published: Sequence[Marks], now: Marks, threshold: int) -> str:
    """Name the part of the records in which a published run differs from this one by few children; empty for none.

    Examples
    --------
    >>> from wlz_eval.release.marks import Marks
    >>> too_close([Marks((), (), {str(n): "" for n in range(40)})], Marks((), (), {str(n): "" for n in range(39)}), 10)
    'any record'
    """
    for before in published:
        for part, n in children_between(before, now, threshold).items():
            if 0 < n < threshold:
                return part
    return ""


class PublishedRuns:
    """The marks of every public run of a cohort, in the private folder: no name, no id, no value.

    Parameters
    ----------
    path : Path
        File that keeps them.

    Attributes
    ----------
    closed : bool
        Whether the marks were deleted with the data.
    """

    def __init__(self, path: Path):
        self.path = path
        kept = read_json(path)
        self._readable = not kept or kept.get("version") == _VERSION
        self.closed = bool(kept and kept.get("closed"))
        known = kept if kept and self._readable and not self.closed else {}
        self.key = bytes.fromhex(known["key"]) if known else secrets.token_bytes(32)
        self.runs: list[Marks] = [
            Marks(tuple(run["parts"]), tuple(run["measured"]), run["children"]) for run in known.get("runs", [])
        ]

    def refusal(self, now: Marks, threshold: int) -> str:
        """Say why a cohort may not be published after what was; empty when it may."""
        otherwise = (
            f"if no earlier page has left this machine, remove {self.path.name} from the cohort's private folder "
            "and run again"
        )
        if self.closed:
            return (
                "its data were deleted on the day that cohort.yaml gives, and with them what could tell whether a new "
                f"report differs from those published by too few children. The earlier pages stand; {otherwise}"
            )
        if not self._readable:
            return (
                f"{self.path.name} was written by another version of this package, so that this report cannot be "
                f"compared with those that were published. The earlier pages stand; {otherwise}"
            )
        part = too_close(self.runs, now, threshold)
        if not part:
            return ""
        where = "" if part == _ANY else f" in one part of their records ({part})"
        return (
            f"fewer than {threshold} children left, joined or changed{where} since a report that was published: the "
            f"difference of the two would be about them. The earlier pages stand. Publish again once at least "
            f"{threshold} differ; or, {otherwise}"
        )

    def counting(self, children: Collection[str]) -> int:
        """Count the runs in which any of these children was counted."""
        marks = {child_mark(child, self.key) for child in children}
        return sum(not marks.isdisjoint(run.children) for run in self.runs)

    def remember(self, now: Marks) -> None:
        """Keep the marks of a run that was published."""
        if now not in self.runs:
            self.runs.append(now)
            runs = [
                {"parts": list(run.parts), "measured": list(run.measured), "children": dict(run.children)}
                for run in self.runs
            ]
            _write(self.path, {"version": _VERSION, "key": self.key.hex(), "runs": runs})

    def close(self) -> None:
        """Delete all marks, and keep only that there were some: no later run can be compared with those published."""
        if self.runs or self.closed or not self._readable:
            _write(self.path, {"version": _VERSION, "closed": True})


def _write(path: Path, kept: dict[str, object]) -> None:
    write_atomic(path, json.dumps(kept, sort_keys=True) + "\n")
