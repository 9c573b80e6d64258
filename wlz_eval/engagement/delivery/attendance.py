"""Attendance at planned sessions, and sessions missed in a row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

__all__ = ["ATTENDANCE", "attendance_table", "missed_runs"]

ATTENDANCE = ("group", "planned", "attended", "children", "rate", "ci_low", "ci_high")
#: Sessions missed in a row that count as a gap.
RUN = 2


def _rate(planned: np.ndarray, attended: np.ndarray) -> tuple[float, float, float]:
    """Attendance in percent with a 95% interval in which a child's sessions belong together.

    A ratio estimator: the sessions of one child are not independent, so the child is the unit.
    """
    total, n = planned.sum(), len(planned)
    if total == 0:
        return math.nan, math.nan, math.nan
    rate = attended.sum() / total
    if n < 2:
        return 100 * rate, math.nan, math.nan
    residual = attended - rate * planned
    se = math.sqrt(n / (n - 1) * float((residual**2).sum())) / total
    width = float(special.stdtrit(n - 1, 0.975)) * se
    return 100 * rate, 100 * max(rate - width, 0.0), 100 * min(rate + width, 1.0)


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
        ``group``, ``planned``, ``attended``, ``children``, ``rate`` (percent of planned sessions),
        ``ci_low``, ``ci_high``.

    Examples
    --------
    >>> s = pd.DataFrame({"child_id": ["a", "a", "b"], "attended": [1, 0, 1], "kind": ["x", "x", "x"]})
    >>> attendance_table(s, "kind")[["group", "planned", "attended", "children"]].to_dict("records")
    [{'group': 'x', 'planned': 3, 'attended': 2, 'children': 2}]
    """
    group = sessions[by] if isinstance(by, str) else pd.Series(by, index=sessions.index)
    words = group.astype("object").where(group.notna())
    per_child = sessions.assign(group=words).dropna(subset=["group"]).groupby(["group", "child_id"], sort=True)
    counts = per_child["attended"].agg(planned="size", attended="sum").reset_index()
    rows = []
    for name, part in counts.groupby("group", sort=True):
        rate = _rate(part["planned"].to_numpy(dtype=float), part["attended"].to_numpy(dtype=float))
        rows.append((str(name), int(part["planned"].sum()), int(part["attended"].sum()), len(part), *rate))
    return pd.DataFrame(rows, columns=list(ATTENDANCE))


def missed_runs(sessions: pd.DataFrame, length: int = RUN) -> pd.Series:
    """Whether each child missed at least `length` planned sessions in a row.

    Parameters
    ----------
    sessions : DataFrame
        ``child_id``, ``date``, ``attended`` (0 or 1).
    length : int
        Sessions in a row.

    Returns
    -------
    Series of bool
        Indexed by child.
    """
    ordered = sessions.sort_values(["child_id", "date"], kind="stable")
    child = ordered["child_id"].to_numpy()
    missed = (ordered["attended"].to_numpy() == 0).astype(int)
    # Rows are sorted by child, so a new run starts where the child or the state changes.
    new = np.r_[True, (child[1:] != child[:-1]) | (missed[1:] != missed[:-1])] if len(child) else np.array([], bool)
    run = np.cumsum(new)
    longest = pd.Series(missed).groupby(run).sum()
    owner = pd.Series(child).groupby(run).first()
    return (longest >= length).groupby(owner.to_numpy()).any().rename("missed_run")
