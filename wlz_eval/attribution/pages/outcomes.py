"""Rows about all outcomes at once: allowing for their number, and months of progress."""

from __future__ import annotations

import pandas as pd

from wlz_eval.attribution.claims import CLEAR
from wlz_eval.attribution.pages.labels import in_short
from wlz_eval.attribution.scrutiny import Scrutiny
from wlz_eval.measures.labels import column_label

__all__ = ["months_rows", "several_rows"]


def _named(scrutiny: Scrutiny, rows: pd.DataFrame) -> pd.DataFrame:
    """Put plain words in place of the columns of outcomes."""
    assert scrutiny.case is not None
    cohort = scrutiny.case.cohort
    labels = [column_label(cohort, str(name)) for name in rows["outcome"]]
    return rows.assign(label=in_short(scrutiny.case.result, labels))


def several_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row an outcome: p-values by themselves and after allowing for the others, and whether it stays clear."""
    found = scrutiny.get("several")
    if found is None:
        return pd.DataFrame()
    rows = found.table()
    words = {True: "yes", False: "no"}
    return _named(scrutiny, rows.assign(clear=(rows["p_holm"] < CLEAR).map(words)))


def months_rows(scrutiny: Scrutiny) -> pd.DataFrame:
    """One row an attainment outcome: months by the Toolkit's table, and by that of trial reports."""
    found = scrutiny.get("months")
    if found is None:
        return pd.DataFrame()
    rows = pd.concat([part.table() for part in found], ignore_index=True)
    trial = rows[rows["source"] == "trial"].set_index("outcome")["months"]
    rows = rows[rows["source"] == "toolkit"]
    return _named(scrutiny, rows.assign(months_trial=rows["outcome"].map(trial)))
