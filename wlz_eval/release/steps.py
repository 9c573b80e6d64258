"""A flow of children, step by step: what few of them were lost at a step is not told by a row of its own."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wlz_eval.release.columns import Children, Column, Label
from wlz_eval.release.rule import Rule

__all__ = ["large_steps", "steps_note"]


def large_steps(data: pd.DataFrame, columns: Mapping[str, Column], rule: Rule) -> pd.DataFrame:
    """Leave out the steps of a flow with fewer children than may be shown.

    Were such a row marked as hidden, the steps around it would have to be withheld too, and those are the sizes of
    groups that stand on every page.

    Parameters
    ----------
    data : DataFrame
        Full precision.
    columns : mapping of str to Column
        What each column holds; only a table with a ``Label`` of the dimension ``"step"`` is a flow.
    rule : Rule
        Threshold.

    Examples
    --------
    >>> flow = pd.DataFrame({"step": ["held", "left out", "pool"], "n": [300, 4, 296]})
    >>> large_steps(flow, {"step": Label("Step", dimension="step"), "n": Children("Children")}, Rule())["n"].tolist()
    [300, 296]
    """
    counts = [name for name, spec in columns.items() if isinstance(spec, Children)]
    if not (_is_flow(columns) and rule.applies and counts and len(data)):
        return data
    small = (data[counts].astype(float) < rule.threshold).any(axis=1)
    return data[~small].reset_index(drop=True)


def steps_note(columns: Mapping[str, Column], rule: Rule) -> str:
    """Say of a flow that small steps are left out; the same whether or not any was."""
    if not (_is_flow(columns) and rule.applies):
        return ""
    return f"Steps with fewer than {rule.threshold} children are left out."


def _is_flow(columns: Mapping[str, Column]) -> bool:
    return any(isinstance(spec, Label) and spec.dimension == "step" for spec in columns.values())
