"""How regular support was: days and weeks with contact, gaps between them, sessions missed in a row."""

from __future__ import annotations

import numpy as np

from wlz_eval.engagement.exposure.calendar import Enrolment, SchoolTime
from wlz_eval.engagement.exposure.records import Array, Ints, Sessions, distinct
from wlz_eval.engagement.exposure.sums import counts

__all__ = ["MISSED_IN_A_ROW", "missed_runs_of", "regularity"]

#: Planned sessions missed in a row that count as a break: the programme's own sign that a child is slipping away.
MISSED_IN_A_ROW = 2
#: Fewest gaps from which their variation is told.
FEWEST_GAPS = 3
SCHOOL_WEEK = 5.0


def _distinct(child: Ints, place: Ints) -> tuple[Ints, Ints]:
    """Distinct pairs of child and place, sorted."""
    if not len(child):
        return child, place
    width = int(place.max()) + 1
    pairs = distinct(child * width + place)
    return pairs // width, pairs % width


def regularity(child: Ints, day: Ints, time: SchoolTime, enrolled: Enrolment) -> dict[str, Array]:
    """Describe the regularity of each child's contacts that took place.

    Parameters
    ----------
    child, day : array of int, shape (contacts,)
        Who and when; contacts outside the programme's days are passed over.
    time : SchoolTime
    enrolled : Enrolment
        One entry a child.

    Returns
    -------
    dict of array, each of shape (children,)
        ``contact_days`` (days with at least one contact), ``weeks_with_contact`` (percent of the school weeks
        enrolled), ``gap_variation`` (coefficient of variation of the gaps between contacts, in school days: 0 for a
        contact every so many days, 1 for contacts at random, more for bouts; missing with fewer than three gaps),
        ``longest_gap_weeks`` (longest time enrolled without contact, in weeks of five school days, the time before
        the first and after the last included) and ``days_to_first_contact`` (calendar days from the child's own
        start; missing where there was none).

    Notes
    -----
    The variation of gaps is the usual measure of how bursty events are (Goh and Barabási 2008, Europhysics Letters 81:
    48002, whose B is (CV - 1)/(CV + 1)); share of periods with contact and longest gap are those by which retention
    in care is judged (Mugavero and others 2012, Journal of Acquired Immune Deficiency Syndromes 61: 574).
    """
    size = len(enrolled.first)
    inside = time.inside(day)
    who, days = _distinct(child[inside], time.place(day[inside]))
    met = counts(who, size)
    return {
        "contact_days": met,
        "weeks_with_contact": _weeks(who, days, time, enrolled, size),
        **_gaps(who, days, time, enrolled, met),
        "days_to_first_contact": _first(who, days + time.first, enrolled, size),
    }


def _weeks(who: Ints, days: Ints, time: SchoolTime, enrolled: Enrolment, size: int) -> Array:
    """Percent of the school weeks touched by enrolment in which there was a contact."""
    child, week = _distinct(who, time.weeks[days] + 1)
    first, last = time.place(enrolled.first), time.place(enrolled.last)
    # The last week begun by each day; a week touched only on a weekend or in a holiday is not counted.
    begun = np.maximum.accumulate(time.weeks)
    latest = begun[last]
    later = np.where(time.weeks >= 0, time.weeks, np.iinfo(np.int64).max)
    earliest = np.minimum.accumulate(later[::-1])[::-1][first]
    possible = np.where(enrolled.days > 0, np.maximum(latest - np.minimum(earliest, latest + 1) + 1, 0), 0)
    here = (week >= 1) & (week - 1 >= earliest[child]) & (week - 1 <= latest[child])
    with_contact = counts(child, size, here)
    return np.divide(100.0 * with_contact, possible, out=np.full(size, np.nan), where=possible > 0)


def _gaps(who: Ints, days: Ints, time: SchoolTime, enrolled: Enrolment, met: Array) -> dict[str, Array]:
    size = len(met)
    before = time.days_before[days]
    same = np.zeros(len(who), dtype=bool)
    same[1:] = who[1:] == who[:-1]
    gap = np.zeros(len(who), dtype=np.int64)
    gap[1:] = np.where(same[1:], before[1:] - before[:-1], 0)
    n = counts(who, size, same)
    # Whole numbers: their sums are exact in any order.
    total = np.bincount(who[same], weights=gap[same], minlength=size)
    square = np.bincount(who[same], weights=gap[same] ** 2, minlength=size)
    enough = (n >= FEWEST_GAPS) & (total > 0)
    variance = np.divide(square - total**2 / np.maximum(n, 1), n - 1, out=np.zeros(size), where=enough)
    mean = np.divide(total, n, out=np.ones(size), where=enough)
    variation = np.where(enough, np.sqrt(np.maximum(variance, 0.0)) / mean, np.nan)
    start, end = time.school_days(enrolled.first), time.school_days(enrolled.last)
    longest = np.where(enrolled.days > 0, end - start + 1, 0).astype(np.int64)
    has = met > 0
    if has.any():
        first = np.flatnonzero(~same)
        last = np.r_[first[1:] - 1, len(who) - 1]
        children = who[first]
        inner = np.maximum.reduceat(gap, first)
        edges = np.maximum(before[first] - start[children], end[children] - before[last])
        longest[children] = np.maximum(inner, np.maximum(edges, 0))
    weeks = np.where(enrolled.days > 0, longest / SCHOOL_WEEK, np.nan)
    return {"gap_variation": variation, "longest_gap_weeks": weeks}


def _first(who: Ints, day: Ints, enrolled: Enrolment, size: int) -> Array:
    out = np.full(size, np.nan)
    if len(who):
        first = np.r_[True, who[1:] != who[:-1]]
        out[who[first]] = np.maximum(day[first] - enrolled.start[who[first]], 0)
    return out


def missed_runs_of(records: Sessions, size: int) -> Array:
    """Longest run of planned sessions that each child missed; those of one day count with the attended ones first."""
    longest = np.zeros(size)
    if not len(records.child):
        return longest
    missed = (records.attended <= 0).astype(np.int64)
    day = records.day - records.day.min()
    order = np.sort((records.child * (int(day.max()) + 1) + day) * 2 + missed)
    child, gone = order // 2 // (int(day.max()) + 1), order % 2
    begin = np.r_[True, (child[1:] != child[:-1]) | (gone[1:] != gone[:-1])]
    starts = np.flatnonzero(begin)
    lengths = np.diff(np.r_[starts, len(child)])
    runs = np.where(gone[starts] == 1, lengths, 0)
    np.maximum.at(longest, child[starts], runs)
    return longest
