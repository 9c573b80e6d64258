"""Dates that were shifted: most records of a school, wave or partner lie outside the time to which they belong."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import WAVES
from wlz_eval.measures.quality.clues import Clue, more_than_stray
from wlz_eval.measures.quality.held import FEWEST, Held

__all__ = ["date_clues", "outside_own_time"]


def outside_own_time(held: Held, table: str, column: str = "date") -> pd.DataFrame:
    """Say of each record of a table of delivery whether it lies outside the child's own time on the programme.

    Parameters
    ----------
    held : Held
        The cohort.
    table, column : str
        A table with a row a record, and its column of dates.

    Returns
    -------
    DataFrame
        ``child``, ``school_id`` and ``outside``, in the order of the table; records without a date are left out.
    """
    rows = held.cohort[table]
    rows = rows[rows[column].notna()]
    child = held.children.index.get_indexer(pd.Index(rows["child_id"].astype("str")))
    own = held.children.iloc[child]
    programme = held.cohort.meta.programme
    first = own["index_date"].fillna(pd.Timestamp(programme.start)).to_numpy()
    first = np.minimum(first, np.datetime64(pd.Timestamp(programme.start)))
    last = np.full(len(rows), np.datetime64(pd.Timestamp(programme.end)))
    date = rows[column].to_numpy()
    return pd.DataFrame(
        {"child": child, "school_id": held.school[child], "outside": (date < first) | (date > last)}, index=rows.index
    )


def date_clues(held: Held) -> list[Clue]:
    """Ask of each school and wave, each school's contacts and each partner's sessions whether most dates are outside.

    Slips and late returns may touch a fifth of the records (:data:`STRAY`); a child counts once, since the readings
    of one child are dated together.
    """
    return [*_of_readings(held), *_of_delivery(held)]


def _of_readings(held: Held) -> list[Clue]:
    table, clues = held.readings, []
    if "date" not in table:
        return []
    n = len(held.children)
    for wave, period in held.cohort.meta.waves.items():
        rows = _sittings(table.loc[table["wave"] == wave, ["child", "date"]])
        late = (rows["date"] < pd.Timestamp(period.start)) | (rows["date"] > pd.Timestamp(period.end))
        sittings = np.bincount(rows["child"], minlength=n)
        mostly = 2 * np.bincount(rows["child"], weights=late, minlength=n) > sittings
        for school, size, odd in held.by_school(sittings > 0, mostly, FEWEST):
            exchanged = _exchanged(held, table, school, wave) if 2 * odd > size else False
            clues.append(
                Clue(
                    kind="shifted_dates", table="measures", school=school, wave=wave, size=size,
                    affected=odd, p=1.0 if exchanged else more_than_stray(odd, size),
                    because="most readings are dated outside the time at which they were taken",
                )
            )
    return clues


def _sittings(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep one dated reading of each child and day: the readings of one sitting are one event."""
    rows = rows[rows["date"].notna()]
    child, day = rows["child"].to_numpy(), rows["date"].to_numpy()
    order = np.lexsort((day, child))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(child[order]) != 0) | (day[order][1:] != day[order][:-1])
    return rows.iloc[order[fresh]]


def _exchanged(held: Held, table: pd.DataFrame, school: str, wave: str) -> bool:
    """Whether another wave of the school is dated within this one, and this one within it: labels, not dates."""
    own = table[table["school_id"] == school]
    periods = held.cohort.meta.waves
    here = periods[wave]  # type: ignore[index]
    for other in (w for w in WAVES if w in periods and w != wave):
        there = periods[other]
        mine = _sittings(own[own["wave"] == wave])["date"].between(pd.Timestamp(there.start), pd.Timestamp(there.end))
        theirs = _sittings(own[own["wave"] == other])["date"].between(pd.Timestamp(here.start), pd.Timestamp(here.end))
        if len(theirs) and mine.mean() > 0.5 and theirs.mean() > 0.5:
            return True
    return False


def _of_delivery(held: Held) -> list[Clue]:
    clues = []
    for name, place in (("interactions", "school_id"), ("incidents", "school_id"), ("sessions", "partner_id")):
        if not held.cohort.has(name):
            continue
        rows = outside_own_time(held, name)
        if name == "sessions":
            rows["partner_id"] = held.cohort[name]["partner_id"].astype("str").reindex(rows.index)
        # One child's records may have slipped together: children are counted, by most of their records.
        by_child = rows.groupby([rows[place], rows["child"]])["outside"].mean()
        for where, share in by_child.groupby(level=0, sort=True):
            odd = share > 0.25
            if len(odd) < FEWEST:
                continue
            clues.append(
                Clue(
                    kind="shifted_dates", table=name, size=len(odd), affected=int(odd.sum()),
                    p=more_than_stray(int(odd.sum()), len(odd)),
                    because="records are dated outside the programme",
                    **{"partner" if place == "partner_id" else "school": str(where)},  # type: ignore[arg-type]
                )
            )
    return clues
