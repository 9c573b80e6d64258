"""Attendance in percent, and persistent absence by the rule of the school year."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort, Period
from wlz_eval.core.errors import CohortError, Problem
from wlz_eval.reference.scales import absence_rule

__all__ = ["attendance_by_wave", "persistent_absence", "persistent_absence_by_wave", "school_year"]

#: School years begin in this month.
FIRST_MONTH = 9


def school_year(day: dt.date) -> int:
    """School year of a day, by the year in which it begins.

    Examples
    --------
    >>> school_year(dt.date(2016, 8, 31)), school_year(dt.date(2016, 9, 1))
    (2015, 2016)
    """
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def attendance_by_wave(cohort: Cohort) -> pd.DataFrame:
    """Compute each child's attendance at each wave, in percent of the sessions possible.

    A period of the attendance table counts for a wave when it lies wholly inside the wave's attendance
    window (``attendance_windows`` in cohort.yaml, else the wave's own dates).

    Returns
    -------
    DataFrame
        Indexed by child, one column ``attendance_<wave>`` for each wave with data.
    """
    sums = _sessions_by_wave(cohort)
    columns = {}
    for wave, counted in sums.items():
        attended, possible = (counted[c].astype(float) for c in ("sessions_attended", "sessions_possible"))
        columns[f"attendance_{wave}"] = 100.0 * attended / possible
    return pd.DataFrame(columns) if columns else pd.DataFrame(index=pd.Index([], name="child_id"))


def persistent_absence(attended: pd.Series, possible: pd.Series, year: int) -> pd.Series:
    """Say whether each child's absence was persistent, by the rule of a school year.

    Parameters
    ----------
    attended, possible : Series
        Half-day sessions; without any possible session the answer is missing.
    year : int
        School year, by the year in which it begins: its rule stands in ``data/reference/persistent_absence.csv``.

    Returns
    -------
    Series of float
        1 where the share of sessions missed is at least that of the rule, else 0.

    Examples
    --------
    >>> persistent_absence(pd.Series([90, 91]), pd.Series([100, 100]), 2016).tolist()
    [1.0, 0.0]
    >>> persistent_absence(pd.Series([90, 85]), pd.Series([100, 100]), 2014).tolist()
    [0.0, 1.0]
    """
    seen, could = attended.astype(float), possible.astype(float)
    # Products instead of a quotient, so that exactly a tenth missed is a tenth.
    missed = 100.0 * (could - seen) >= absence_rule(year).share * could
    return missed.astype(float).where(could > 0)


def persistent_absence_by_wave(cohort: Cohort) -> pd.DataFrame:
    """Say for each child and wave whether absence was persistent, by the rule of the wave's school year.

    Raises
    ------
    CohortError
        When the cohort has no attendance in any wave, or a wave's window lies in two school years with
        different rules.
    """
    sums = _sessions_by_wave(cohort)
    if not sums:
        raise CohortError(
            [
                Problem(
                    table="cohort.yaml",
                    column="derived",
                    value="persistent_absence",
                    message="there is no attendance within the window of any wave to make it from",
                    remedy="Add the attendance table, or give attendance_windows that hold its periods.",
                )
            ]
        )
    columns = {}
    for wave, counted in sums.items():
        window = _windows(cohort)[wave]
        first, last = school_year(window.start), school_year(window.end)
        if absence_rule(first) != absence_rule(last):
            raise CohortError(
                [
                    Problem(
                        table="cohort.yaml",
                        column=f"attendance_windows.{wave}",
                        value=f"{window.start} to {window.end}",
                        message="the rule of persistent absence changed within this window",
                        remedy="Give a window within one school year.",
                    )
                ]
            )
        columns[f"persistent_absence_{wave}"] = persistent_absence(
            counted["sessions_attended"], counted["sessions_possible"], first
        )
    return pd.DataFrame(columns)


def _windows(cohort: Cohort) -> dict[Any, Period]:
    return {**cohort.meta.waves, **cohort.meta.attendance_windows}


def _sessions_by_wave(cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Sum the sessions of each child within each wave's window; children without a possible session are left out."""
    if not cohort.has("attendance"):
        return {}
    table = cohort["attendance"]
    sums = {}
    for wave in WAVES:
        window = _windows(cohort).get(wave)
        if window is None:
            continue
        inside = (table["period_start"] >= pd.Timestamp(window.start)) & (
            table["period_end"] <= pd.Timestamp(window.end)
        )
        if not inside.any():
            continue
        counted = table.loc[inside].groupby("child_id", observed=True)[["sessions_attended", "sessions_possible"]].sum()
        sums[wave] = counted[counted["sessions_possible"] > 0]
    return sums
