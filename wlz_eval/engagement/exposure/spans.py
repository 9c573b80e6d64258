"""Periods in words, such as a school year or a term, as days: where an amount without a day stands in time."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from wlz_eval.cohort.model import Cohort, CohortMeta

__all__ = ["Span", "amount_days", "span_of"]

#: First and last day of a period.
Span = tuple[dt.date, dt.date]
#: Days from the first to the last of the terms named from which they are taken as the whole of a school year.
HALF_A_YEAR = 182
_YEAR = re.compile(r"((?:19|20)\d\d)\s*[/-]\s*((?:19|20)?\d\d)")
_RANGE = re.compile(r"\s+(?:to|until)\s+|\s*[–—]\s*")


def _one(words: str, meta: CohortMeta) -> Span | None:
    """Read one term, school year or day."""
    for term in meta.terms:
        if term.name == words:
            return term.start, term.end
    if year := _YEAR.fullmatch(words):
        first, second = int(year[1]), int(year[2])
        if second % 100 != (first + 1) % 100:
            return None
        begins, ends = dt.date(first, 9, 1), dt.date(first + 1, 8, 31)
        # The school year is as long as the cohort's terms in it; where few are named, from September to August.
        inside = [t for t in meta.terms if t.start >= begins and t.end <= ends]
        taught = (min(t.start for t in inside), max(t.end for t in inside)) if inside else (begins, begins)
        return taught if (taught[1] - taught[0]).days >= HALF_A_YEAR else (begins, ends)
    try:
        day = dt.date.fromisoformat(words)
    except ValueError:
        return None
    return day, day


def span_of(period: object, meta: CohortMeta) -> Span | None:
    """Read the period of an amount: a term of the cohort, a school year (2022/23), a day, or one of these to another.

    Parameters
    ----------
    period : object
        Words of the exposures table.
    meta : CohortMeta
        Whose terms say when a school year began and ended.

    Returns
    -------
    tuple of date, or None
        First and last day; None where the words cannot be read.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> meta = load_cohort("star-1986").meta
    >>> [str(day) for day in span_of("1987/88", meta)]
    ['1987-09-01', '1988-05-31']
    >>> span_of("while it lasted", meta) is None
    True
    """
    if not isinstance(period, str):
        return None
    if whole := _one(period.strip(), meta):
        return whole
    parts = [_one(words.strip(), meta) for words in _RANGE.split(period.strip(), maxsplit=1)]
    known = [part for part in parts if part is not None]
    if len(known) < 2 or known[0][0] > known[1][1]:
        return None
    return known[0][0], known[1][1]


def amount_days(cohort: Cohort) -> pd.DataFrame:
    """Days of each row of the exposures table: ``first``, ``last`` and the one half way, ``middle``.

    Missing in all three where the words of its period cannot be read.
    """
    table = cohort["exposures"]
    periods = table["period"] if "period" in table else pd.Series(pd.NA, index=table.index, dtype=object)
    known = {words: span_of(words, cohort.meta) for words in periods.dropna().unique()}
    spans = [known.get(words) if isinstance(words, str) else None for words in periods]
    days = [(None, None) if span is None else span for span in spans]
    out = pd.DataFrame(days, index=table.index, columns=["first", "last"]).astype("datetime64[us]")
    return out.assign(middle=out["first"] + (out["last"] - out["first"]) / 2)
