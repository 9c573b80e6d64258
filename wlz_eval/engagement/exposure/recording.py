"""What a reader must know about how support was recorded: units, gaps in the record, entries that cannot be right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.exposure.calendar import Enrolment, enrolment, school_time
from wlz_eval.engagement.exposure.records import (
    Interactions,
    Sessions,
    distinct,
    interactions,
    programme_children,
    sessions,
    time_window,
)
from wlz_eval.engagement.exposure.untimed import switch_day
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["Recording", "exposure_notes", "recording"]

COLUMNS = ("key", "where", "what", "handled", "records", "of_records", "share", "children")
#: Percent of a table's records from which an oddity is said in a sentence; the table of oddities holds all.
WORTH_SAYING = 1.0
_NAMES = {"interactions": "Link Worker interactions", "sessions": "Partner sessions", "exposures": "Other exposures"}


@dataclass(frozen=True, kw_only=True, repr=False)
class Recording(Result):
    """How support was recorded, and what was done about what is odd.

    Parameters
    ----------
    rows : DataFrame
        One row a thing looked for that was found.
    notes : tuple of str
        The same in sentences without numbers.
    n : int
        Programme children.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]
    n: int
    title: str = "How support was recorded"

    def table(self) -> pd.DataFrame:
        """One row an oddity found.

        Returns
        -------
        DataFrame
            ``key``, ``where``, ``what``, ``handled`` (what was done), ``records`` (missing where children are meant),
            ``of_records``, ``share`` (percent of these) and ``children`` whom it touches.
        """
        return self.rows

    def findings(self) -> list[Finding]:
        """Children touched by each oddity, as descriptions."""
        return [
            Finding(
                finding_id=f"engagement.recording.{row['key']}",
                quantity="count",
                estimate=float(row["children"]),
                unit="children",
                claim="description",
                group="programme",
                subgroup=str(row["what"]),
                n_programme=int(row["children"]),
                method="count of programme children with such a record",
            )
            for row in self.rows.to_dict(orient="records")
        ]


@dataclass
class _Found:
    """Rows and sentences as they are found."""

    size: int
    rows: list[tuple[object, ...]]
    notes: list[str]

    def add(self, key: str, table: str, what: str, handled: str, child: np.ndarray, where: np.ndarray) -> None:
        n = int(where.sum())
        if not n:
            return
        children = len(distinct(child[where]))
        share = 100.0 * n / len(where)
        self.rows.append((f"{table}.{key}", _NAMES[table], what, handled, float(n), float(len(where)), share, children))
        if share >= WORTH_SAYING:
            self.notes.append(f"{_NAMES[table]}: {what}; {handled}.")

    def without(self, table: str, child: np.ndarray) -> None:
        n = self.size - len(distinct(child))
        if not n:
            return
        what, handled = "children of whom the table has no record", "taken as having had none"
        self.rows.append((f"{table}.none", _NAMES[table], what, handled, np.nan, np.nan, np.nan, n))
        if n == self.size:
            self.notes.append(
                f"{_NAMES[table]}: the table has no record of any programme child, so a dose of nought says nothing."
            )


def _alike(*columns: np.ndarray) -> np.ndarray:
    """Rows that repeat another in every column."""
    keys = pd.DataFrame(dict(enumerate(columns)))
    return keys.duplicated(keep="first").to_numpy(dtype=bool)


def _dates(found: _Found, table: str, records: Interactions | Sessions, cohort: Cohort, enrolled: Enrolment) -> None:
    inside = school_time(cohort.meta).inside(records.day)
    found.add(
        "outside", table, "dated outside the programme", "counted in totals, in no term, week or gap",
        records.child, ~inside,
    )
    early = inside & (records.day < enrolled.start[records.child])
    found.add("early", table, "dated before the child's own start", "counted as support", records.child, early)
    late = inside & (records.day > enrolled.last[records.child])
    found.add("after_leaving", table, "dated after the child had left", "counted as support", records.child, late)


def _of_interactions(found: _Found, cohort: Cohort, records: Interactions, enrolled: Enrolment) -> None:
    blank = np.isnan(records.minutes)
    if len(blank) and blank.all():
        found.notes.append("Interactions were counted but not timed, so hours of support hold partner time only.")
    elif blank.any():
        switch = switch_day(records)
        how = (
            "only counted, among others that were timed"
            if switch is None
            else f"only counted {'up to' if switch[1] == 'timed' else 'from'} a day on which the recording changed"
        )
        found.add("untimed", "interactions", how, "the mean length of their kind stands in", records.child, blank)
    _dates(found, "interactions", records, cohort, enrolled)
    again = _alike(records.child, records.day, records.minutes, records.kind, records.whom)
    found.add(
        "repeated", "interactions", "alike in every cell with another of the same child and day",
        "counted as separate contacts", records.child, again,
    )
    found.without("interactions", records.child)


def _of_sessions(found: _Found, cohort: Cohort, records: Sessions, enrolled: Enrolment) -> None:
    _dates(found, "sessions", records, cohort, enrolled)
    over = records.attended > records.planned
    found.add(
        "over", "sessions", "attended for longer than planned",
        "counted in full as hours, and to the planned length in the share of minutes", records.child, over,
    )
    unknown = np.isnan(records.planned)
    found.add(
        "unplanned", "sessions", "without a planned length", "left out of the share of minutes", records.child, unknown
    )
    again = _alike(records.child, records.day, records.partner, records.support, records.planned, records.attended)
    found.add(
        "repeated", "sessions", "alike in every cell with another of the same child and day",
        "counted as separate sessions", records.child, again,
    )
    found.without("sessions", records.child)


def recording(cohort: Cohort, frame: AnalysisFrame) -> Recording:
    """Look through the records of support for what a reader must know, and say what was done about each.

    What cannot be read at all (an unknown child or partner, negative minutes, a session planned for no minutes, a
    missing date) is refused while loading.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame

    Returns
    -------
    Recording
        Empty where nothing is odd or nothing was recorded.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> list(recording(cohort, analysis_frame(cohort)).table().columns[:3])
    ['key', 'where', 'what']
    """
    children = programme_children(frame)
    window = time_window(children, None, None)
    enrolled = enrolment(cohort, frame.data.loc[children], window)
    found = _Found(len(children), [], [])
    if cohort.has("interactions"):
        _of_interactions(found, cohort, interactions(cohort, children, window), enrolled)
    if cohort.has("sessions"):
        _of_sessions(found, cohort, sessions(cohort, children, window), enrolled)
    return Recording(rows=pd.DataFrame(found.rows, columns=list(COLUMNS)), notes=tuple(found.notes), n=len(children))


def exposure_notes(cohort: Cohort, frame: AnalysisFrame | None = None) -> list[str]:
    """Say in sentences, without numbers, what a reader must know about how the dose was recorded.

    Without a frame only the unit of recording is looked at, for all children of the tables.
    """
    if frame is not None:
        return list(recording(cohort, frame).notes)
    notes = []
    if cohort.has("interactions"):
        table = cohort["interactions"]
        blank = table["minutes"].isna() if "minutes" in table else pd.Series(True, index=table.index)
        if blank.all():
            notes.append("Interactions were counted but not timed, so hours of support hold partner time only.")
        elif blank.any():
            notes.append("Some interactions were only counted: the mean length of their kind stands in.")
    return notes
