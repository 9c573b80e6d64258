"""Two public runs of one cohort, one after the other: what their difference would say of the children between them.

Counts rounded to five hide a single child in one run, but a mean of known children before and after one of them left
gives that child's score. So a cohort is published anew only where **nobody** differs from each run that was published
before, or **at least as many children as the threshold** do: in between the earlier pages stand. What a reader can
subtract is then nothing, or a group that may be shown. Children who left, who joined and whose records changed count
alike, since a corrected score is found as easily as a new one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.files import read_json, write_atomic

__all__ = ["Marks", "PublishedRuns", "child_marks", "children_between", "too_close"]

#: Of each child a mark of who it is, and one of all that the tables hold of it.
Marks = Mapping[str, str]


def child_marks(cohort: Cohort, key: bytes) -> dict[str, str]:
    """Mark every child of a cohort and all that is recorded of it, so that two runs can be compared without the data.

    Parameters
    ----------
    cohort : Cohort
        With its tables.
    key : bytes
        Secret of one output folder: without it no mark can be made from a child's id.

    Returns
    -------
    dict of str to str
        From the mark of a child to the mark of its records, whatever the order of rows and columns.
    """
    sums: list[pd.Series] = []
    for name in sorted(cohort.tables):
        table = cohort.tables[name]
        if "child_id" in table:
            rows = _row_marks(table, name, key)
            sums.append(pd.Series(rows, index=table["child_id"].astype(str).to_numpy()))
    if not sums:
        return {}
    # A sum of marks, so that the order of rows says nothing; it wraps round at 64 bits.
    whole = pd.concat(sums).groupby(level=0, sort=False).agg(["sum", "size"])
    return {
        _mark(key, str(child)): _mark(key, f"{total} {rows}")
        for child, total, rows in zip(whole.index, whole["sum"], whole["size"], strict=True)
    }


def _row_marks(table: pd.DataFrame, name: str, key: bytes) -> npt.NDArray[np.uint64]:
    """Mark each row of a table by all of its values."""
    secret = _mark(key, name)[:16]
    plain = table[sorted(table.columns)].reset_index(drop=True)
    marks = pd.util.hash_pandas_object(plain, index=False, hash_key=secret, categorize=True)
    return np.asarray(marks, dtype=np.uint64)


def _mark(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]


def children_between(before: Marks, now: Marks) -> int:
    """Count the children by whom two runs differ: who left, who joined, whose records changed.

    Examples
    --------
    >>> children_between({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"})
    3
    """
    return sum(before.get(child) != now.get(child) for child in before.keys() | now.keys())


def too_close(published: Sequence[Marks], now: Marks, threshold: int) -> bool:
    """Whether any run that was published differs from this one by some children, but fewer than the threshold."""
    return any(0 < children_between(before, now) < threshold for before in published)


class PublishedRuns:
    """The marks of every public run of a cohort, in the private folder: no name, no id, no value.

    Parameters
    ----------
    path : Path
        File that keeps them.
    """

    def __init__(self, path: Path):
        self.path = path
        kept = read_json(path)
        self.key = bytes.fromhex(kept["key"]) if kept else secrets.token_bytes(32)
        self.runs: list[dict[str, str]] = kept.get("runs", [])

    def refusal(self, now: Marks, threshold: int) -> str:
        """Say why a cohort may not be published after what was; empty when it may."""
        if not too_close(self.runs, now, threshold):
            return ""
        return (
            f"fewer than {threshold} children left, joined or changed since a report that was published: the "
            f"difference of the two would be about them. The earlier pages stand. Publish again once at least "
            f"{threshold} differ; or, if no earlier page has left this machine, remove {self.path.name} from the "
            "cohort's private folder and run again"
        )

    def counting(self, children: Collection[str]) -> int:
        """Count the runs in which any of these children was counted."""
        marks = {_mark(self.key, child) for child in children}
        return sum(not marks.isdisjoint(run) for run in self.runs)

    def remember(self, now: Marks) -> None:
        """Keep the marks of a run that was published."""
        marks = dict(now)
        if marks not in self.runs:
            self.runs.append(marks)
            kept = {"version": 1, "key": self.key.hex(), "runs": self.runs}
            write_atomic(self.path, json.dumps(kept, sort_keys=True) + "\n")
