"""Children and Link Worker interactions of a rebuilt anchor."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.pilot.rebuild import ENDLINE, START, marginal, mixed_up

__all__ = ["children_table", "interactions_table"]

#: Column of the children table, and what it holds for those who have the characteristic and those who have not.
_MEANS = {
    "gender": ("male", "female"),
    "fsm": (True, False),
    "sen": ("support", "none"),
    "eal": (True, False),
}


def children_table(prefix: str, n: int, school: str, phase: str, profile: Mapping[str, str]) -> pd.DataFrame:
    """Make the children of an anchor, with the profile that the report prints.

    Parameters
    ----------
    prefix : str
        Of the pseudonyms.
    n : int
        Children.
    school, phase : str
    profile : mapping
        For each column (gender, fsm, sen, eal) the figure that gives its percentage. Who has a characteristic is
        not published: it is put on children in an order that follows nothing else.
    """
    table = pd.DataFrame({"child_id": [f"{prefix}{i + 1:02d}" for i in range(n)]}).assign(
        group="programme", school_id=school, local_authority="Hammersmith and Fulham", phase=phase
    )
    for turn, (column, figure) in enumerate(profile.items()):
        count, whole = marginal(figure, n)
        has, has_not = _MEANS[column]
        order = np.roll(mixed_up(n), 7 * turn)
        values = np.array([has] * count + [has_not] * (whole - count) + [None] * (n - whole), dtype=object)
        column_values = np.empty(n, dtype=object)
        column_values[order] = values
        table[column] = column_values
    return table.assign(started=True, index_date=START)


def interactions_table(ids: pd.Series, counts: npt.NDArray[np.intp]) -> pd.DataFrame:
    """Make one row an interaction, spread evenly over the days of the programme; minutes were not recorded."""
    days = pd.bdate_range(START, ENDLINE[1])
    rows = [
        (child, days[(2 * k + 1) * len(days) // (2 * count)].strftime("%Y-%m-%d"))
        for child, count in zip(ids, counts.tolist(), strict=True)
        for k in range(count)
    ]
    return pd.DataFrame(rows, columns=["child_id", "date"]).assign(**{"with": "child", "kind": "engagement"})
