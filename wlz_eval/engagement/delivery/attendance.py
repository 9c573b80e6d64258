"""Attendance at planned sessions, with intervals in which the sessions of one child belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.engagement.delivery.planned import Grouping, Ints, natural_order
from wlz_eval.measures.progress.change import wilson

__all__ = ["ATTENDANCE", "attendance_rates", "attendance_table", "child_counts", "count_sessions"]

Array = npt.NDArray[np.float64]
ATTENDANCE = ("group", "planned", "attended", "children", "rate", "ci_low", "ci_high")
COUNTS = ("group", "child", "planned", "attended")


def count_sessions(child: Ints, attended: npt.NDArray[np.bool_], by: Grouping, children: int) -> pd.DataFrame:
    """Count planned and attended sessions of each child in each group.

    Parameters
    ----------
    child : array of int
        Whose session it was, 0 to `children` - 1.
    attended : array of bool
    by : Grouping
        Group of each session; those without one are left out.
    children : int

    Returns
    -------
    DataFrame
        ``group`` (in the order of its labels), ``child``, ``planned``, ``attended``: one row a child and group with
        at least one session.
    """
    known = by.codes >= 0
    key = by.codes[known] * children + child[known]
    planned = np.bincount(key, minlength=len(by.labels) * children)
    came = np.bincount(key, weights=attended[known], minlength=len(planned))
    cell = np.flatnonzero(planned)
    names = pd.Index(list(by.labels), dtype="object")
    group = pd.Categorical.from_codes((cell // max(children, 1)).tolist(), categories=names, ordered=True)
    columns = (group, cell % max(children, 1), planned[cell], came[cell].astype(int))
    return pd.DataFrame(dict(zip(COUNTS, columns, strict=True)))


def child_counts(sessions: pd.DataFrame, by: Sequence[str] | pd.Series | str) -> pd.DataFrame:
    """Count as :func:`count_sessions` does, from a table with ``child_id``, ``attended`` and a group in `by`."""
    group = sessions[by] if isinstance(by, str) else pd.Series(by, index=sessions.index)
    codes, names = pd.factorize(group)
    ranked = sorted({str(n) for n in names}, key=natural_order)
    place = np.array([*(ranked.index(str(n)) for n in names), -1], dtype=np.intp)
    child, who = pd.factorize(sessions["child_id"], sort=True)
    came = sessions["attended"].to_numpy(dtype=float) > 0
    return count_sessions(child.astype(np.intp), came, Grouping(place[codes], tuple(ranked)), len(who))


def _worth(rate: float, planned: Array, attended: Array) -> float:
    """Independent sessions that these are worth (Korn and Graubard 1998); NaN with fewer than two children."""
    total, n = planned.sum(), len(planned)
    if n < 2:
        return math.nan
    variance = n / (n - 1) * float(((attended - rate * planned) ** 2).sum()) / total**2
    if rate in (0.0, 1.0):
        # All alike: nothing says how far sessions of a child go together, so a child is worth one.
        return float(n)
    if variance <= 0:
        return float(total)
    ratio = float(special.stdtrit(max(total - 1, 1), 0.975) / special.stdtrit(n - 1, 0.975))
    return min(float(total), rate * (1 - rate) / variance * ratio**2)


def attendance_rates(counts: pd.DataFrame) -> pd.DataFrame:
    """Attendance in each group, in percent of planned sessions.

    The interval is Wilson's on the number of independent sessions that the sessions are worth: those of one child are
    not independent, so the child is the unit of the variance (a ratio estimator), with t of children less one.

    Parameters
    ----------
    counts : DataFrame
        As :func:`count_sessions` gives.

    Returns
    -------
    DataFrame
        ``group``, ``planned``, ``attended``, ``children``, ``rate``, ``ci_low``, ``ci_high`` (missing with one child).
    """
    rows = []
    for name, part in counts.groupby("group", observed=True, sort=True):
        planned, attended = (part[c].to_numpy(dtype=float) for c in ("planned", "attended"))
        rate = float(attended.sum() / planned.sum())
        worth = _worth(rate, planned, attended)
        found = wilson(rate * worth, worth)
        low, high = (found.low, found.high) if worth > 0 else (math.nan, math.nan)
        rows.append((str(name), int(planned.sum()), int(attended.sum()), len(part), 100 * rate, 100 * low, 100 * high))
    return pd.DataFrame(rows, columns=list(ATTENDANCE))


def attendance_table(sessions: pd.DataFrame, by: Sequence[str] | pd.Series | str) -> pd.DataFrame:
    """Attendance at planned sessions in each group.

    Parameters
    ----------
    sessions : DataFrame
        ``child_id`` and ``attended`` (0 or 1), one row a planned session.
    by : str or Series
        Column of `sessions`, or a series beside it, with the group; missing ones are left out.

    Returns
    -------
    DataFrame
        As :func:`attendance_rates` gives.

    Examples
    --------
    >>> s = pd.DataFrame({"child_id": ["a", "a", "b"], "attended": [1, 0, 1], "kind": ["x", "x", "x"]})
    >>> attendance_table(s, "kind")[["group", "planned", "attended", "children"]].to_dict("records")
    [{'group': 'x', 'planned': 3, 'attended': 2, 'children': 2}]
    """
    return attendance_rates(child_counts(sessions, by))
