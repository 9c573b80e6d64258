"""Interactions and sessions of the programme's children as plain arrays: numbers in place of words and days."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.lookup import encode, position
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.measures.frame import AnalysisFrame

__all__ = [
    "NO_DAY",
    "Interactions",
    "Sessions",
    "Window",
    "day_numbers",
    "distinct",
    "interactions",
    "programme_children",
    "sessions",
    "time_window",
]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: A day, or one day for each child.
Day = str | dt.date | pd.Timestamp | pd.Series
WHOM: tuple[str, ...] = ("child", "parent", "professional")
#: Number of a day that is not known.
NO_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Interactions:
    """Link Worker interactions, one an entry; ``kind`` and ``whom`` are -1 where they were not recorded.

    ``day`` counts from 1 January 1970; ``minutes`` is missing where a contact was only counted; ``kind`` is 0 for a
    short contact and 1 for an engagement; ``whom`` is the place in :data:`WHOM`.
    """

    child: Ints
    day: Ints
    minutes: Array
    kind: Ints
    whom: Ints


@dataclass(frozen=True)
class Sessions:
    """Partner sessions, one an entry; ``planned`` is missing where the planned length was not recorded.

    ``support`` and ``partner`` are codes of ``support_words`` and ``partner_words``, in the order of the alphabet.
    """

    child: Ints
    day: Ints
    planned: Array
    attended: Array
    support: Ints
    partner: Ints
    support_words: tuple[str, ...]
    partner_words: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Days that count for each child, both included; a child whose days are not known has ``known`` false."""

    first: Ints
    last: Ints
    known: Bools
    bounded: bool


_Records = TypeVar("_Records", Interactions, Sessions)


def programme_children(frame: AnalysisFrame) -> pd.Index:
    """Children who were on the programme, in the order of the frame."""
    return frame.data.index[frame.data["programme"] == 1].rename("child_id")


def distinct(keys: Ints) -> Ints:
    """Distinct keys in order: sorting is much faster than hashing for a million of them."""
    ordered = np.sort(keys)
    return ordered[np.r_[True, ordered[1:] != ordered[:-1]]] if len(ordered) else ordered


def day_numbers(dates: pd.Series) -> Ints:
    """Days since 1 January 1970; :data:`NO_DAY` where the date is missing."""
    return dates.to_numpy(dtype="datetime64[D]").astype(np.int64)


def _bound(value: Day | None, name: str, children: pd.Index, otherwise: int) -> tuple[Ints, Bools]:
    if value is None:
        return np.full(len(children), otherwise, dtype=np.int64), np.ones(len(children), dtype=bool)
    if isinstance(value, pd.Series):
        days = day_numbers(pd.to_datetime(value.reindex(children)))
        return days, days != NO_DAY
    day = pd.to_datetime(str(value), errors="coerce")
    if pd.isna(day):
        raise OptionError(f"{name}={value!r} is not a date. Write YYYY-MM-DD, or give one date for each child.")
    return np.full(len(children), np.datetime64(day.date(), "D").astype(np.int64)), np.ones(len(children), dtype=bool)


def time_window(children: pd.Index, since: Day | None, until: Day | None) -> Window:
    """Days that count: from `since` to `until`, both included; one date for all, or one for each child."""
    first, first_known = _bound(since, "since", children, np.iinfo(np.int64).min + 1)
    last, last_known = _bound(until, "until", children, np.iinfo(np.int64).max)
    return Window(first, last, first_known & last_known, since is not None or until is not None)


def _within(records: _Records, window: Window) -> _Records:
    """Keep the programme's children and, where days are bounded, what lies within them."""
    keep = records.child >= 0
    if window.bounded:
        child = np.maximum(records.child, 0)
        keep &= window.known[child] & (records.day >= window.first[child]) & (records.day <= window.last[child])
    if keep.all():
        return records
    arrays = {f.name: getattr(records, f.name) for f in fields(records)}
    cut: dict[str, Any] = {name: held[keep] for name, held in arrays.items() if isinstance(held, np.ndarray)}
    return replace(records, **cut)


def _numbers(table: pd.DataFrame, column: str) -> Array:
    if column not in table:
        return np.full(len(table), np.nan)
    return table[column].to_numpy(dtype=float, na_value=np.nan)


def _places(table: pd.DataFrame, column: str, words: tuple[str, ...]) -> Ints:
    if column not in table:
        return np.full(len(table), -1, dtype=np.int64)
    return position(table[column], pd.Series(words))


def _coded(table: pd.DataFrame, column: str) -> tuple[Ints, tuple[str, ...]]:
    """Code a column of words in the order of the alphabet, whatever the order of the rows."""
    if column not in table:
        return np.full(len(table), -1, dtype=np.int64), ()
    codes, words = encode(table[column])
    used = np.bincount(codes[codes >= 0], minlength=len(words)) > 0
    names = [str(w) for w, u in zip(words, used, strict=True) if u]
    ordered = sorted(set(names))
    place = {word: i for i, word in enumerate(ordered)}
    # The added last entry is what code -1, a missing cell, points at.
    rank = np.array([*(place.get(str(w), -1) for w in words), -1], dtype=np.int64)
    return rank[codes], tuple(ordered)


def interactions(cohort: Cohort, children: pd.Index, window: Window) -> Interactions:
    """Take the Link Worker interactions of these children within their days."""
    table = cohort["interactions"]
    records = Interactions(
        child=position(table["child_id"], pd.Series(children)),
        day=day_numbers(table["date"]),
        minutes=_numbers(table, "minutes"),
        kind=_places(table, "kind", ("contact", "engagement")),
        whom=_places(table, "with", WHOM),
    )
    return _within(records, window)


def sessions(cohort: Cohort, children: pd.Index, window: Window) -> Sessions:
    """Take the partner sessions of these children within their days; a session of unknown attendance was missed."""
    table = cohort["sessions"]
    support, support_words = _coded(table, "support_type")
    partner, partner_words = _coded(table, "partner_id")
    records = Sessions(
        child=position(table["child_id"], pd.Series(children)),
        day=day_numbers(table["date"]),
        planned=_numbers(table, "planned_minutes"),
        attended=np.nan_to_num(_numbers(table, "attended_minutes")),
        support=support,
        partner=partner,
        support_words=support_words,
        partner_words=partner_words,
    )
    return _within(records, window)
