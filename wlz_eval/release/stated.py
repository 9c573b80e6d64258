"""What a figure says in words: its finding for those who cannot see it, and the children it rests on.

Both are read off the cells that the figure was released with, so they can say nothing that it does not show; a number
repeated in words carries the key of its cell, and is withheld with it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

import pandas as pd

from wlz_eval.core.numbers import UNIT_WORDS
from wlz_eval.release.columns import Children, Column, Interval, Label, Number, Percent, Statistic
from wlz_eval.release.rule import Released, Rule, release_count
from wlz_eval.release.sentences import data_element

__all__ = ["ALL_HIDDEN", "RESTS_ON", "RestsOn", "Shown", "finding_words", "resting_on"]

#: Said of a figure none of whose numbers is shown.
ALL_HIDDEN = "Its numbers are hidden."
#: Begins the words on the children behind a figure; they are left out where one of their numbers is hidden.
RESTS_ON = "Each of its numbers rests on"
#: Rows up to which each is said; of more, the first and the last in order of size.
EACH = 4
#: Columns that hold the two ends of a range.
_ENDS = ("low", "high")
#: Columns that hold words for the axes and not for a row.
_AXES = ("x_title", "y_title", "title", "note")
#: Columns that count the children behind an estimate, or all of whom a share is one.
_OF_STATISTICS = frozenset(("n", "children", "n_programme", "n_comparison"))
_OF_SHARES = frozenset(("n", "pupils", "picked", "programme_n", "comparison_n"))
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """The cells that a figure is drawn from.

    Parameters
    ----------
    data : DataFrame
        Full precision.
    released : sequence of mapping
        One a row of `data`, from column to released cell.
    columns : mapping of str to Column
        What each column holds.
    keys : sequence of mapping
        The ledger key of each cell.
    """

    data: pd.DataFrame
    released: Sequence[Mapping[str, Released]]
    columns: Mapping[str, Column]
    keys: Sequence[Mapping[str, str]]

    def seen(self, i: int, name: str) -> bool:
        """Whether a cell holds a number that is shown."""
        return math.isfinite(self.released[i][name].value)

    def html(self, i: int, name: str) -> str:
        """Return a number as it is shown, with the key of its cell."""
        cell = self.released[i][name]
        return data_element(cell.text, cell, "", self.keys[i][name])

    @property
    def names(self) -> list[str]:
        """Name each row by the words that tell it from others."""
        labels = [
            [" ".join(row[name].text.split()) for row in self.released]
            for name, spec in self.columns.items()
            if isinstance(spec, Label) and name not in _AXES
        ]
        telling = [words for words in labels if len(set(words)) > 1] or labels[:1]
        chosen: list[list[str]] = []
        for words in telling:
            chosen.append(words)
            if len(set(zip(*chosen, strict=True))) == len(self.released):
                break
        return [", ".join(word for word in row if word) for row in zip(*chosen, strict=True)]


@dataclass(frozen=True)
class RestsOn:
    """A number of children that is said below a figure.

    Parameters
    ----------
    released : Released
        As it is shown.
    key : str
        Of its cell; empty where it stands in none yet.
    row : str
        The row of the figure that rests on these children.
    """

    released: Released
    key: str
    row: str


def finding_words(shown: Shown) -> str:
    """Say in words what a figure shows: each row of a few, or the two ends of many.

    Parameters
    ----------
    shown : Shown
        Its cells.

    Returns
    -------
    str
        HTML whose numbers stand in ``<data>`` with the keys of their cells; that they are hidden, where all are.
    """
    values, intervals = _values(shown.columns)
    names = shown.names
    if not names or _is_axis(shown.columns):
        return _along(shown, values, intervals)
    if tuple(values) == _ENDS or _lie_about_one(shown, values):
        return _widest(shown, names)
    said = []
    for name in values:
        rows = [i for i in range(len(shown.released)) if shown.seen(i, name)]
        if not rows:
            continue
        told = [i for i in range(len(shown.released)) if shown.seen(i, name) or shown.released[i][name].hidden]
        size = {i: shown.released[i][name].value for i in rows}
        ordered = told if len(told) <= EACH else [min(rows, key=size.__getitem__), max(rows, key=size.__getitem__)]
        numbers = [_one(shown, i, name, intervals.get(name)) for i in ordered]
        parts = [f"{escape(names[i])} at {number}" for i, number in zip(ordered, numbers, strict=True)]
        if len(told) <= EACH:
            words = "; ".join(parts)
        elif shown.released[ordered[0]][name].text == shown.released[ordered[1]][name].text:
            words = f"all that are shown lie at {shown.html(ordered[0], name)}"
        else:
            # A hidden number has no rank, so the lowest may be among them.
            words = f"{'of those shown, ' * (len(rows) < len(told))}lowest {parts[0]}, highest {parts[1]}"
        said.append(f"{_title(shown.columns[name])}{words}.")
    return " ".join(said) or ALL_HIDDEN


def resting_on(shown: Shown, rule: Rule) -> dict[str, list[RestsOn]]:
    """Count the children on whom the rows of a figure rest.

    Parameters
    ----------
    shown : Shown
        Its cells.
    rule : Rule
        Threshold and rounding.

    Returns
    -------
    dict
        For each group (``""``, ``"programme"``, ``"comparison"``) the fewest and the most children of a row whose
        number is shown; one where they are the same. Empty for a figure that is about no child.
    """
    names = shown.names or [""] * len(shown.released)
    found: dict[str, list[RestsOn]] = {}
    for group, value, column in _bases(shown.columns):
        counts = []
        for i in (i for i in range(len(shown.released)) if shown.seen(i, value)):
            own = isinstance(shown.columns.get(column), Children)
            cell = shown.released[i][column] if own else release_count(float(shown.data[column].iloc[i]), rule)
            if math.isfinite(cell.value):
                counts.append(RestsOn(cell, shown.keys[i][column] if own else "", names[i]))
        ends = [f(counts, key=lambda c: c.released.value) for f in (min, max)] if counts else []
        found[group] = ends[:1] if ends and ends[0].released.text == ends[1].released.text else ends
    return {group: ends for group, ends in found.items() if ends}


def plain(html: str) -> str:
    """Return the text of a sentence."""
    return unescape(_TAG.sub("", html))


def _values(columns: Mapping[str, Column]) -> tuple[list[str], dict[str, str]]:
    """Return the columns that hold what the figure is about, and of each its interval."""
    numeric = [n for n, s in columns.items() if isinstance(s, Statistic | Percent | Children | Number)]
    if _is_axis(columns) and len(numeric) > 1:
        numeric = numeric[1:]
    strong = [n for n in numeric if not isinstance(columns[n], Children | Number)] or numeric
    strong = [n for n in strong if n not in _ENDS] or strong
    values = [n for n in strong[:1] + strong[1:2] if _measure(columns[n]) == _measure(columns[strong[0]])]
    intervals: dict[str, str] = {}
    last: dict[Any, str] = {}
    for name, spec in columns.items():
        if isinstance(spec, Interval):
            owner = last.get((spec.unit, spec.currency))
            if owner:
                intervals.setdefault(owner, name)
        elif not isinstance(spec, Label):
            last[_measure(spec)] = name
    return values, intervals


def _measure(spec: Column) -> tuple[str, str]:
    if isinstance(spec, Percent):
        return "percent", ""
    if isinstance(spec, Children):
        return "children", ""
    return getattr(spec, "unit", ""), getattr(spec, "currency", "")


def _is_axis(columns: Mapping[str, Column]) -> bool:
    """Whether rows are points along a scale, which the first column of numbers holds."""
    return all(name in _AXES for name, spec in columns.items() if isinstance(spec, Label))


def _along(shown: Shown, values: Sequence[str], intervals: Mapping[str, str]) -> str:
    """Say what a curve holds at its two ends, and where it is highest or lowest in between; of two, both."""
    axis = next((n for n, s in shown.columns.items() if not isinstance(s, Label | Interval)), None)
    if axis is None or not values or axis == values[0]:
        return ""
    along = escape(shown.columns[axis].title)
    said = []
    for name in values:
        rows = [i for i in range(len(shown.released)) if shown.seen(i, name) and shown.seen(i, axis)]
        rows.sort(key=lambda i: shown.released[i][axis].value)
        parts = [
            f"{_one(shown, i, name, intervals.get(name))} where {along} is {shown.html(i, axis)}"
            for i in _turns(rows, [shown.released[i][name].value for i in rows])
        ]
        said += [f"{_title(shown.columns[name])}{'; '.join(parts)}."] if parts else []
    return " ".join(said)


def _turns(rows: Sequence[int], values: Sequence[float]) -> list[int]:
    """Rows at the two ends of a curve, and those beyond both ends where it is highest and lowest."""
    if len(rows) < 3:
        return list(rows)
    ends = values[0], values[-1]
    between = {values.index(extreme) for extreme in (min(values), max(values)) if extreme not in ends}
    return [rows[k] for k in sorted({0, len(rows) - 1} | between)]


def _lie_about_one(shown: Shown, values: Sequence[str]) -> bool:
    """Whether the rows are ranges about a number that is the same in all of them."""
    if len(shown.released) < 2 or not all(isinstance(shown.columns.get(end), Statistic) for end in _ENDS):
        return False
    return len({row[values[0]].text for row in shown.released}) == 1


def _widest(shown: Shown, names: Sequence[str]) -> str:
    """Say which row has the widest range, and the range."""
    rows = [i for i in range(len(names)) if all(shown.seen(i, end) for end in _ENDS)]
    if not rows:
        return ""
    width = {i: abs(shown.released[i]["high"].value - shown.released[i]["low"].value) for i in rows}
    i = max(rows, key=width.__getitem__)
    low, high = (f"{shown.html(i, end)} {_lower(shown.columns[end].title)}" for end in _ENDS)
    return f"The widest range is that of {escape(names[i])}: {low}, {high}."


def _lower(title: str) -> str:
    return escape(title[:1].lower() + title[1:])


def _title(spec: Column) -> str:
    unit = UNIT_WORDS.get(getattr(spec, "unit", ""), "").strip()
    named = not unit or unit == "%" or "(" in spec.title or unit.rstrip("s").casefold() in spec.title.casefold()
    return f"{escape(spec.title)}{'' if named else f' ({escape(unit)})'}: "


def _one(shown: Shown, i: int, name: str, interval: str | None) -> str:
    """Say one number with its interval, and whether that holds zero where for any row it might."""
    if interval is None or not shown.seen(i, interval):
        return shown.html(i, name)
    cells = [row[interval] for row in shown.released]
    said = f"{shown.html(i, name)} ({_lower(shown.columns[interval].title)} {shown.html(i, interval)}"
    if any(cell.value <= 0 for cell in cells):
        said += f", which {'holds' if cells[i].value <= 0 <= cells[i].high else 'leaves out'} zero"
    return f"{said})"


def _bases(columns: Mapping[str, Column]) -> Iterable[tuple[str, str, str]]:
    """Yield each group, a column of numbers, and the column with the children of that group behind it."""
    taken: set[str] = set()
    for value, spec in columns.items():
        for n in _counted(value, spec, columns):
            group = next((group for group in ("programme", "comparison") if group in n), "")
            if group not in taken and "" not in taken and (group or not taken):
                taken.add(group)
                yield group, value, n


def _counted(value: str, spec: Column, columns: Mapping[str, Column]) -> Iterable[str]:
    """Name the columns with the children behind a number, of those that may be said.

    Those are counts that the figure itself holds, and the bases of what findings and tables say too. The smallest of
    several groups is not one, nor the base of a share that others beside it would give away.
    """
    if isinstance(spec, Children):
        estimates = any(isinstance(s, Statistic | Percent) for s in columns.values())
        return () if estimates else (value,)
    if not isinstance(spec, Statistic | Percent) or (isinstance(spec, Percent) and spec.beside):
        return ()
    known = _OF_STATISTICS if isinstance(spec, Statistic) else _OF_SHARES
    ns = (spec.n,) if isinstance(spec.n, str) else tuple(spec.n)
    return [n for n in ns if n in known or isinstance(columns.get(n), Children)]
