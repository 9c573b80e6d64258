"""Late, repeated and impossible values, counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.checks.dates import outside_own_time
from wlz_eval.measures.quality.held import Held

__all__ = ["late_readings", "oddities"]

#: Years between a child's age and that of the year group, from which one of the two must be wrong.
WRONG_AGE = 2
#: Age in years at the start of a school year is about the year group and this.
AGE_AT_ZERO = 5


def oddities(held: Held) -> pd.DataFrame:
    """Count what looks odd, whatever its cause.

    Returns
    -------
    DataFrame
        One row a kind of oddity: ``what``, ``values`` (how many), ``share`` in percent of the records looked at,
        ``how_many`` in words.
    """
    table = held.cohort.measures
    total = len(table)
    rows = [
        ("value is blank", int(table["value"].isna().sum()), total),
        ("same child, measure and wave again", int(table.duplicated(["child_id", "measure", "wave"]).sum()), total),
    ]
    if "date" in table:
        rows.append(("date outside the wave", int(late_readings(table, held).sum()), total))
        rows.append(("no date", int(table["date"].isna().sum()), total))
    rows += _delivery(held)
    rows += _ages(held)
    frame = pd.DataFrame(rows, columns=["what", "values", "of"])
    frame["share"] = 100 * frame["values"] / frame["of"].clip(lower=1)
    some = [frame["values"] == 0, frame["share"] < 1]
    frame["how_many"] = np.select(some, ["none", "few: under one in a hundred"], "some")
    return frame.drop(columns="of")


def late_readings(table: pd.DataFrame, held: Held) -> np.ndarray:
    """Whether each dated reading lies outside the dates of its wave; False where there is no date."""
    outside = np.zeros(len(table), dtype=bool)
    for wave, period in held.cohort.meta.waves.items():
        there = (table["wave"] == wave).to_numpy(dtype=bool)
        late = (table["date"] < pd.Timestamp(period.start)) | (table["date"] > pd.Timestamp(period.end))
        outside |= there & late.to_numpy(dtype=bool)
    return outside


def _delivery(held: Held) -> list[tuple[str, int, int]]:
    rows = []
    for name, what in (("sessions", "session"), ("interactions", "contact"), ("incidents", "incident")):
        if held.cohort.has(name):
            outside = outside_own_time(held, name)["outside"]
            rows.append((f"{what} outside the programme", int(outside.sum()), len(outside)))
    if held.cohort.has("sessions") and "planned_minutes" in held.cohort["sessions"]:
        table = held.cohort["sessions"]
        more = (table["attended_minutes"] > table["planned_minutes"]).fillna(False)
        rows.append(("session longer than planned", int(more.sum()), len(table)))
    return rows


def _ages(held: Held) -> list[tuple[str, int, int]]:
    children = held.children
    if not {"birth_month", "year_group"} <= set(children.columns):
        return []
    born = pd.to_datetime(children["birth_month"].astype("str"), format="%Y-%m", errors="coerce")
    group = pd.to_numeric(children["year_group"].astype("str").replace({"R": "0", "N": "-1"}), errors="coerce")
    age = (pd.Timestamp(held.cohort.meta.programme.start) - born).dt.days / 365.25
    known = age.notna() & group.notna()
    wrong = known & ((age - group - AGE_AT_ZERO).abs() > WRONG_AGE)
    return [("age does not fit the year group", int(wrong.sum()), int(known.sum()))]
