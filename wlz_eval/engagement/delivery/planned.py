"""The sessions that partners planned for children of the programme, as codes: two million in about a second."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort

__all__ = ["Grouping", "Planned", "natural_order", "numbered_schools", "partner_names", "planned_sessions"]

Ints = npt.NDArray[np.intp]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: Days at either end of a child's time with partners that count as its beginning and its end: four weeks.
EDGE_DAYS = 28
STAGES = ("First four weeks of a child", "In between", "Last four weeks of a child")


@dataclass(frozen=True)
class Grouping:
    """A group for each session: `codes` into `labels`, -1 where the group is not known."""

    codes: Ints
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Planned:
    """Planned sessions of the programme's children.

    Parameters
    ----------
    children : Index
        All programme children who started, sorted; `child` counts in it.
    child, day : array of int
        One entry a session: whose, and the day since 1970.
    attended : array of bool
    groups : mapping of str to Grouping
        ``partner``, ``term``, ``weekday``, ``stage``, ``school``; ``support`` and ``reason`` where the table has them.
    notes : tuple of str
        What a reader must know about the table, as sentences.
    """

    children: pd.Index
    child: Ints
    day: Ints
    attended: npt.NDArray[np.bool_]
    groups: Mapping[str, Grouping]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.child)


def natural_order(label: str) -> tuple[str, str]:
    """Key by which "Partner 2" comes before "Partner 10".

    Examples
    --------
    >>> sorted(["Partner 10", "Partner 2"], key=natural_order)
    ['Partner 2', 'Partner 10']
    """
    return re.sub(r"\d+", lambda m: m[0].zfill(9), label.casefold()), label


def partner_names(cohort: Cohort) -> dict[str, str]:
    """Name of each partner by its id; the id itself where there is no name or two partners share it."""
    if not cohort.has("partners"):
        return {}
    table = cohort["partners"]
    ids = table["partner_id"].astype(str)
    names = table["name"] if "name" in table else pd.Series(pd.NA, index=table.index)
    names = names.astype(object).where(names.notna() & ~names.duplicated(keep=False), ids)
    return dict(zip(ids, names.astype(str), strict=True))


def _grouping(values: pd.Series, order: Sequence[str] | None = None) -> Grouping:
    """Codes of words, in natural order or in the one given."""
    codes, words = pd.factorize(values)
    names = [str(w) for w in words]
    ranked = sorted(names, key=order.index if order is not None else natural_order)
    place = np.array([ranked.index(name) for name in names] + [-1], dtype=np.intp)
    return Grouping(place[codes], tuple(ranked))


def _terms(cohort: Cohort, day: Ints) -> Grouping:
    """Term of each day, in the order of time; -1 outside terms."""
    terms = sorted(cohort.meta.terms, key=lambda t: t.start)
    codes = np.full(len(day), -1, dtype=np.intp)
    for i, term in enumerate(terms):
        start, end = (int(np.datetime64(d, "D").astype(int)) for d in (term.start, term.end))
        codes[(day >= start) & (day <= end)] = i
    return Grouping(codes, tuple(t.name for t in terms))


def _stages(child: Ints, day: Ints, n: int) -> Grouping:
    """First and last weeks of each child's own time with partners; where they meet, the first count."""
    first, last = np.full(n, np.iinfo(np.intp).max), np.full(n, np.iinfo(np.intp).min)
    np.minimum.at(first, child, day)
    np.maximum.at(last, child, day)
    late, early = day > last[child] - EDGE_DAYS, day < first[child] + EDGE_DAYS
    return Grouping(np.where(early, 0, np.where(late, 2, 1)).astype(np.intp), STAGES)


def _partners(cohort: Cohort, ids: pd.Series) -> tuple[Grouping, list[str]]:
    names, notes = partner_names(cohort), []
    codes, words = pd.factorize(ids)
    unknown = [str(w) for w in words if str(w) not in names]
    if not names:
        notes.append("These data hold no table of partners, so each partner is shown by its pseudonym.")
    elif unknown:
        notes.append(
            "Some sessions were with partners that the table of partners lacks: they are shown by pseudonym."
        )
    shown = pd.Series([names.get(str(w), str(w)) for w in words] or [], dtype="object")
    found = _grouping(shown)
    return Grouping(found.codes[codes] if len(words) else codes.astype(np.intp), found.labels), notes


def numbered_schools(cohort: Cohort, school: pd.Series) -> pd.Series:
    """Name schools without their ids, which no page may hold: numbered in the order of the ids of all schools."""
    ids = sorted(cohort.children["school_id"].astype("str").unique())
    return school.astype("str").map({name: f"School {i}" for i, name in enumerate(ids, start=1)})


def planned_sessions(cohort: Cohort, children: pd.Index, school: pd.Series | None = None) -> Planned:
    """Read the planned sessions of some children.

    A session planned for no minutes at all was not planned, and is left out with a note.

    Parameters
    ----------
    cohort : Cohort
        With a sessions table.
    children : Index
        Children who count; sessions of others are left out.
    school : Series, optional
        School of each of them.

    Returns
    -------
    Planned
    """
    table, notes = cohort["sessions"], []
    order = pd.Index(sorted(children.astype(str)))
    code, who = pd.factorize(table["child_id"])
    child = order.get_indexer(pd.Index(who))[code]
    keep = child >= 0
    if "planned_minutes" in table:
        unplanned = table["planned_minutes"].to_numpy(dtype=float, na_value=np.nan) == 0
        if (unplanned & keep).any():
            notes.append("Some sessions were planned for no minutes at all: they are left out as not planned.")
        keep &= ~unplanned
    if not keep.all():
        table, child = table[keep], child[keep]
    day = table["date"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    groups: dict[str, Grouping] = {}
    groups["partner"], said = _partners(cohort, table["partner_id"])
    groups["term"] = _terms(cohort, day)
    groups["weekday"] = Grouping(((day + 3) % 7).astype(np.intp), WEEKDAYS)
    groups["stage"] = _stages(child, day, len(order))
    attended = table["attended_minutes"].to_numpy(dtype=float, na_value=0.0) > 0
    if "support_type" in table:
        groups["support"] = _grouping(table["support_type"])
    if "missed_reason" in table:
        groups["reason"] = _grouping(table["missed_reason"].where(pd.Series(~attended, index=table.index)))
    if school is not None:
        held = _grouping(school.reindex(order))
        groups["school"] = Grouping(held.codes[child], held.labels)
    return Planned(order, child, day, attended, groups, (*notes, *said))
