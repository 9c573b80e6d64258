"""Tables that leave out rows with few children: the steps of a flow, and what is said of those who are lacking.

A row that only says that a number is hidden would be untrue where the sizes of the groups around it say more.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wlz_eval.release.columns import Children, Column, Label, Percent, Statistic
from wlz_eval.release.rule import Rule

__all__ = ["large_steps", "steps_note"]

#: Dimensions of a label by which rows with few children are left out, and what the note calls such rows.
LEFT_OUT = {"step": "Steps", "gap": "Rows"}


def large_steps(data: pd.DataFrame, columns: Mapping[str, Column], rule: Rule) -> pd.DataFrame:
    """Leave out the steps of a flow, or the gaps in a table, with fewer children than may be shown.

    Were such a row marked as hidden, the numbers around it would have to be withheld too, and those are the sizes of
    groups that stand on every page.

    Parameters
    ----------
    data : DataFrame
        Full precision.
    columns : mapping of str to Column
        What each column holds; a ``Label`` of the dimension ``"step"`` or ``"gap"`` makes it such a table.
    rule : Rule
        Threshold.

    Examples
    --------
    >>> flow = pd.DataFrame({"step": ["held", "left out", "pool"], "n": [300, 4, 296]})
    >>> large_steps(flow, {"step": Label("Step", dimension="step"), "n": Children("Children")}, Rule())["n"].tolist()
    [300, 296]
    """
    counts = [name for name, spec in columns.items() if isinstance(spec, Children)]
    counts += [n for spec in columns.values() if isinstance(spec, Percent | Statistic) for n in _bases(spec)]
    if not (_left_out(columns) and rule.applies and counts and len(data)):
        return data
    small = (data[counts].astype(float) < rule.threshold).any(axis=1)
    return data[~small].reset_index(drop=True)


def _bases(spec: Percent | Statistic) -> tuple[str, ...]:
    return (spec.n,) if isinstance(spec.n, str) else tuple(spec.n)


def steps_note(columns: Mapping[str, Column], rule: Rule) -> str:
    """Say of such a table that rows are left out; the same whether or not any was."""
    rows = _left_out(columns)
    if not (rows and rule.applies):
        return ""
    return f"{rows} with fewer than {rule.threshold} children are left out."


def _left_out(columns: Mapping[str, Column]) -> str:
    dimensions = [spec.dimension for spec in columns.values() if isinstance(spec, Label)]
    return next((LEFT_OUT[dimension] for dimension in dimensions if dimension in LEFT_OUT), "")
