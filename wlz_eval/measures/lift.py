"""What is still to be measured before an outcome can be compared between the groups."""

from __future__ import annotations

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["what_would_lift"]


def what_would_lift(cohort: Cohort, frame: AnalysisFrame, outcomes: list[tuple[str, str]]) -> pd.DataFrame:
    """Say for each outcome what is missing for a comparison, and for how many children.

    Parameters
    ----------
    cohort : Cohort
        For what each measure is.
    frame : AnalysisFrame
        One row a child.
    outcomes : list of (measure, wave)
        The plan's outcomes.

    Returns
    -------
    DataFrame
        Columns ``measure``, ``wave``, ``label``, ``missing`` (in words) and ``children``: the comparison
        children of whom a value would be needed at each wave named, as many as the programme has with both.
    """
    data = frame.data
    programme = data["programme"] == 1
    rows = []
    for measure, wave in outcomes:
        need = []
        for when in ("baseline", wave):
            column = f"{measure}_{when}"
            for group, members in (("programme", programme), ("comparison", ~programme)):
                if not (column in data and data.loc[members, column].notna().any()):
                    need.append(f"{group} children {WAVE_WORDS[when]}")
        columns = [c for c in (f"{measure}_baseline", f"{measure}_{wave}") if c in data]
        children = int(data.loc[programme, columns].notna().all(axis=1).sum()) if columns else int(programme.sum())
        rows.append(
            {
                "measure": measure,
                "wave": wave,
                "label": cohort.measure(measure).label,
                "missing": "nothing: held for both groups, before and after" if not need else "; ".join(need),
                "children": children,
            }
        )
    return pd.DataFrame(rows, columns=["measure", "wave", "label", "missing", "children"])
