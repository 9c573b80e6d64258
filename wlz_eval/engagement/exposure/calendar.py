"""School time: which days, weeks and terms lie between two dates, so that holidays are not counted as gaps."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort, CohortMeta
from wlz_eval.engagement.exposure.records import NO_DAY, Ints, Window, day_numbers

__all__ = ["Enrolment", "SchoolTime", "enrolment", "school_time"]

Array = npt.NDArray[np.float64]
#: Days of a month, on average.
MONTH_DAYS = 365.25 / 12
#: Share of the programme's weekdays that its terms must cover to be taken as its school time; a school year has three
#: quarters of them.
TERMS_COVER = 0.5
#: Number of Monday 5 January 1970: weeks are counted from a Monday.
_MONDAY = 4


def _number(day: dt.date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


@dataclass(frozen=True)
class SchoolTime:
    """The days of the programme, with those that are school days.

    Parameters
    ----------
    first, last : int
        First and last day of the programme, counted from 1 January 1970.
    days_before : array of int, shape (days + 1,)
        School days of the programme before each of its days: weekdays in term or, where the cohort names no terms,
        all weekdays.
    weeks : array of int, shape (days,)
        Place of each day's week among the weeks that have a school day; -1 for a week that has none.
    term_starts : array of int
        First day of each term.
    term_names : tuple of str
    """

    first: int
    last: int
    days_before: Ints
    weeks: Ints
    term_starts: Ints
    term_names: tuple[str, ...]

    def place(self, day: Ints) -> Ints:
        """Place of days among the programme's, the nearest for days outside it."""
        return np.asarray(np.clip(day, self.first, self.last) - self.first, dtype=np.int64)

    def inside(self, day: Ints) -> npt.NDArray[np.bool_]:
        """Whether days lie within the programme."""
        return np.asarray((day >= self.first) & (day <= self.last))

    def school_days(self, day: Ints) -> Ints:
        """School days of the programme before each of these days."""
        return self.days_before[self.place(day)]

    def term(self, day: Ints) -> Ints:
        """Term of each day: the last that has begun, so that a holiday counts with the term before it.

        Days before the first term count with it; days outside the programme have the number of terms.
        """
        found = np.maximum(np.searchsorted(self.term_starts, day, side="right") - 1, 0)
        return np.where(self.inside(day), found, len(self.term_names)).astype(np.int64)


def school_time(meta: CohortMeta) -> SchoolTime:
    """Lay out the school days, weeks and terms of a programme."""
    first, last = _number(meta.programme.start), _number(meta.programme.end)
    days = np.arange(first, last + 1)
    school = (days - _MONDAY) % 7 < 5
    terms = sorted(meta.terms, key=lambda t: t.start)
    if terms:
        in_term = np.zeros(len(days), dtype=bool)
        for term in terms:
            in_term |= (days >= _number(term.start)) & (days <= _number(term.end))
        # Where the terms named cover little of the programme, the others were left out: all weekdays count.
        school = school & in_term if (school & in_term).sum() >= TERMS_COVER * school.sum() else school
    week = (days - _MONDAY) // 7
    with_school = np.unique(week[school])
    found = np.searchsorted(with_school, week)
    there = with_school[np.minimum(found, len(with_school) - 1)] == week if len(with_school) else np.zeros_like(school)
    return SchoolTime(
        first=first,
        last=last,
        days_before=np.concatenate([[0], np.cumsum(school)]).astype(np.int64),
        weeks=np.where(there, found, -1).astype(np.int64),
        term_starts=np.array([_number(t.start) for t in terms], dtype=np.int64),
        term_names=tuple(t.name for t in terms),
    )


@dataclass(frozen=True)
class Enrolment:
    """First and last day on which each child could have support; none where ``days`` is not above zero."""

    first: Ints
    last: Ints
    #: The child's own start, whatever days are asked for: from it the time to the first contact counts.
    start: Ints

    @property
    def days(self) -> Ints:
        """Days enrolled, both ends included."""
        return np.maximum(self.last - self.first + 1, 0)

    @property
    def months(self) -> Array:
        """Months enrolled; missing for a child with no day."""
        return np.where(self.days > 0, self.days / MONTH_DAYS, np.nan)


def enrolment(cohort: Cohort, data: pd.DataFrame, window: Window) -> Enrolment:
    """When each child was enrolled, from their own start to leaving or the end, within the days asked for."""
    first, last = _number(cohort.meta.programme.start), _number(cohort.meta.programme.end)
    start = day_numbers(data["index_date"]) if "index_date" in data else np.full(len(data), NO_DAY)
    start = np.where(start == NO_DAY, first, start)
    end = day_numbers(data["left"]) if "left" in data else np.full(len(data), NO_DAY)
    end = np.where(end == NO_DAY, last, np.minimum(end, last))
    ends = np.where(window.known, np.minimum(end, window.last), start - 1)
    return Enrolment(first=np.maximum(start, window.first), last=ends, start=start)
