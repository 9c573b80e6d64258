"""The steps of a journey: half-terms of the programme, or months since the child's own start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import CohortMeta

__all__ = ["Steps", "make_steps", "why_no_steps"]

Ints = npt.NDArray[np.integer]
Array = npt.NDArray[np.float64]

DAYS_A_MONTH = 365.25 / 12
#: Most steps of a journey: ten years of months.
MOST_STEPS = 120


@dataclass(frozen=True)
class Steps:
    """Where each step begins, for each child.

    Parameters
    ----------
    children : Index, length n
        The children.
    labels : tuple of str, length T
        Name of each step.
    edges : array, shape (T + 1,)
        First day of each step and the day after the last: days since 1970, or since the child's start.
    origin : array, shape (n,)
        Day from which `edges` count: 0, or each child's start.
    began, ended : array, shape (n,)
        First day of each child in the programme, and the day they left early (missing when they stayed).
    last : float
        Last day of the programme.
    """

    children: pd.Index
    labels: tuple[str, ...]
    edges: Array
    origin: Array
    began: Array
    ended: Array
    last: float

    def of(self, child: Ints, day: Array) -> Ints:
        """Step of each event of `child` on `day`; -1 outside all steps."""
        since = day - self.origin[np.maximum(child, 0)]
        step = np.searchsorted(self.edges, since, side="right") - 1
        inside = (step >= 0) & (step < len(self.labels)) & ~np.isnan(since)
        return np.where(inside, step, -1)

    @property
    def middles(self) -> Array:
        """Middle day of each step of each child, days since 1970: (n, T)."""
        return self.origin[:, None] + ((self.edges[1:] + self.edges[:-1]) / 2)[None, :]

    @property
    def left(self) -> npt.NDArray[np.bool_]:
        """Whether a child had left before half of each step had passed: (n, T)."""
        return self.ended[:, None] <= self.middles

    @property
    def outside(self) -> npt.NDArray[np.bool_]:
        """Whether more than half of each step lies before the child's start or after the programme: (n, T)."""
        return (self.began[:, None] > self.middles) | (self.middles > self.last)


def why_no_steps(meta: CohortMeta, period: str) -> str:
    """Say why the programme cannot be cut into steps; empty when it can."""
    if period == "half_term" and not _terms(meta):
        return (
            "cohort.yaml gives no dates of school terms within the programme, so journeys cannot be cut into "
            "half-terms: give the terms, or plan journeys by month."
        )
    return ""


def _number(day: object) -> float:
    return float(np.datetime64(str(day), "D").astype(np.int64))


def _terms(meta: CohortMeta) -> list[tuple[str, float, float]]:
    """Terms that begin within the programme, in the order of time."""
    first, last = _number(meta.programme.start), _number(meta.programme.end)
    terms = sorted((_number(t.start), _number(t.end), t.name) for t in meta.terms)
    return [(name, start, end) for start, end, name in terms if end >= first and start <= last]


def make_steps(meta: CohortMeta, children: pd.DataFrame, period: str) -> Steps:
    """Cut the programme into steps.

    Parameters
    ----------
    meta : CohortMeta
        Dates of the programme and of the terms.
    children : DataFrame
        Indexed by child: ``index_date`` and, where known, ``left``.
    period : {"half_term", "month"}
        Half-terms: each term in two halves of equal length; a holiday belongs to the step before it. Months
        count from each child's own start.
    """
    last = _number(meta.programme.end)
    began = _days(children, "index_date", len(children))
    ended = _days(children, "left", len(children))
    if period == "half_term":
        terms = _terms(meta)
        halves = [edge for _, start, end in terms for edge in (start, start + (end - start + 1) // 2)]
        labels = tuple(f"{name}, {half} half" for name, _, _ in terms for half in ("first", "second"))
        edges = np.array([*halves, max(last + 1, halves[-1] + 1)])
        return Steps(children.index, labels, edges, np.zeros(len(children)), began, ended, last)
    n = max(1, min(round((last + 1 - _number(meta.programme.start)) / DAYS_A_MONTH), MOST_STEPS))
    labels = tuple(f"Month {i + 1}" for i in range(n))
    return Steps(children.index, labels, np.arange(n + 1.0) * DAYS_A_MONTH, began, began, ended, last)


def _days(children: pd.DataFrame, column: str, n: int) -> Array:
    if column not in children:
        return np.full(n, np.nan)
    values = children[column].to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(float))
