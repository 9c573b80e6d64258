"""Rendering of what a notebook shows: tables, figures, notices. Every value is escaped; none is ever markup."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api.types import is_numeric_dtype

from wlz_eval.core.errors import ReleaseError
from wlz_eval.core.numbers import UNIT_WORDS
from wlz_eval.release.columns import Column, Interval, Label
from wlz_eval.release.rule import Released, Rule, hidden_note
from wlz_eval.release.sentences import data_element

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["drawn_again", "figure_png", "notice_html", "rule_note", "table_html", "table_text"]

#: A number, or two with "to" between them, at the start of a cell that may wrap: a line never breaks inside it.
_NUMBERS = re.compile(r">([−£$€\d.,%]+(?: (?:million|billion))?(?: to [−£$€\d.,%]+(?: (?:million|billion))?)?)(?=[ <])")
#: Letters up to which a column of words stays on one line, and from which it is given room for a sentence.
SHORT, LONG = 14, 36

#: Units that no cell shows, as the head of a column names them.
UNIT_HEADS = {
    "points": "points", "sd": "SD", "percentage_points": "percentage points", "hours": "hours", "minutes": "minutes",
    "sessions": "sessions", "years": "years",
}

#: What stands in place of a figure without any number that may be shown.
NO_FIGURE = (
    "A figure is not shown here, since there are no numbers for it, or each rests on too few children or would give "
    "away a number that does."
)

#: Dots an inch at which figures are saved, and at which the page shows them: sharp on a dense screen.
SAVE_DPI = 160
SHOW_DPI = 100


def notice_html(text: str, kind: str = "notice") -> str:
    """Return one paragraph that is about the page, not about a result."""
    return f'<p class="wlz-{escape(kind)}">{escape(text)}</p>'


def rule_note(cells: Sequence[Released], rule: Rule) -> str:
    """Say in one or two sentences what the rule did to these cells; empty when it did nothing."""
    if not rule.applies:
        return ""
    notes = []
    if any(cell.kind == "count" and not cell.hidden and cell.ns for cell in cells):
        notes.append(f"Numbers of children are rounded to the nearest {rule.round_to}.")
    if any(cell.counted and not cell.hidden for cell in cells):
        notes.append("Sums that would tell a number of children are worked out from the rounded one.")
    if any(cell.hidden for cell in cells):
        notes.append(hidden_note(rule))
    return " ".join(notes)


def table_html(
    released: Sequence[Mapping[str, Released]],
    columns: Mapping[str, Column],
    caption: str,
    note: str,
    keys: Sequence[Mapping[str, str]],
    findings: Sequence[str] = (),
) -> str:
    """Render a released table.

    Parameters
    ----------
    released : sequence of mapping
        One a row, from column to released cell.
    columns : mapping
        The columns' specifications, in order.
    caption, note : str
        Plain text above and below.
    keys : sequence of mapping
        The ledger key of each cell.
    findings : sequence of str
        For a table with one finding a row, their ids.

    Returns
    -------
    str
        A table with a caption and scoped headers inside a region that scrolls and can be focused.
    """
    columns = _with_words(released, columns)
    head = "".join(
        f'<th scope="col"{_align(spec)}>{escape(spec.title)}{_unit_html(spec, caption)}</th>'
        for spec in columns.values()
    )
    widths = {
        name: _width([row[name].text for row in released])
        for name, spec in columns.items()
        if isinstance(spec, Label)
    }
    body = []
    first_is_header = isinstance(next(iter(columns.values())), Label)
    for i, row in enumerate(released):
        cells = []
        finding = findings[i] if findings else ""
        for j, name in enumerate(columns):
            cell = row[name]
            if cell.kind == "label":
                words = escape(cell.text)
                kind = widths.get(name, "middle" if words else "short")
                cells.append(
                    f'<th scope="row" class="{kind}">{words}</th>'
                    if j == 0 and first_is_header
                    else f'<td class="{kind}">{words}</td>'
                )
            else:
                wide = len(cell.text) > 16 and not cell.hidden
                style = f"n {cell.kind}{' hidden' if cell.hidden else ''}{' wide' if wide else ''}"
                shown = data_element(cell.text, cell, finding, keys[i][name])
                if wide and cell.kind == "interval":
                    shown = _NUMBERS.sub(r'><span class="whole">\1</span>', shown)
                cells.append(f'<td class="{style}">{shown}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    kind = ' class="findings"' if findings else ""
    foot = f'<p class="wlz-note">{escape(note)}</p>' if note else ""
    return (
        f'<div class="wlz-table"><div class="wlz-scroll" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f"<table{kind}><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>{foot}</div>"
    )


def _with_words(released: Sequence[Mapping[str, Released]], columns: Mapping[str, Column]) -> dict[str, Column]:
    """Leave out columns of words, beyond the first, that say nothing in any row, such as unneeded remarks."""
    first = next(iter(columns))
    return {
        name: spec
        for name, spec in columns.items()
        if name == first or not isinstance(spec, Label) or not released or any(row[name].text for row in released)
    }


def _width(texts: Sequence[str]) -> str:
    """Say how much room a column of words needs, by its longest entry."""
    longest = max((len(text) for text in texts), default=0)
    return "short" if longest <= SHORT else "long" if longest > LONG else "middle"


def _align(spec: Column) -> str:
    return "" if isinstance(spec, Label) else ' class="n"'


def column_unit(spec: Column, caption: str) -> str:
    """Name the unit of a column where neither its cells nor the words above it say it; empty where they do.

    Examples
    --------
    >>> from wlz_eval.release.columns import Statistic
    >>> size = Statistic("Difference", "sd", n="n")
    >>> column_unit(size, "How far apart"), column_unit(size, "In standard deviations"), column_unit(size, "In SDs")
    ('SD', '', '')
    """
    unit = UNIT_HEADS.get(getattr(spec, "unit", ""), "")
    said = f"{spec.title} {caption}".casefold()
    names = (unit, UNIT_WORDS.get(getattr(spec, "unit", ""), "").strip().removesuffix("s"))
    return "" if any(name and name.casefold() in said for name in names) else unit


def _unit_html(spec: Column, caption: str) -> str:
    unit = column_unit(spec, caption)
    return f'<span class="unit"> ({escape(unit)})</span>' if unit else ""


def table_text(
    released: Sequence[Mapping[str, Released]], columns: Mapping[str, Column], caption: str, note: str
) -> str:
    """Render a released table as plain text, with the same numbers."""
    columns = _with_words(released, columns)
    rows = [
        [f"{spec.title} ({unit})" if (unit := column_unit(spec, caption)) else spec.title for spec in columns.values()],
        *([row[name].text for name in columns] for row in released),
    ]
    widths = [max(len(row[j]) for row in rows) for j in range(len(columns))]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join([caption, *lines, *([note] if note else [])])


def figure_png(figure: Figure) -> tuple[bytes, int, int]:
    """Save a figure as PNG, the same bytes for the same figure.

    Returns
    -------
    tuple
        The bytes, and the width and height in CSS pixels at which it is shown.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=SAVE_DPI, metadata={"Software": None}, facecolor="white")
    width, height = figure.get_size_inches()
    return buffer.getvalue(), round(width * SHOW_DPI), round(height * SHOW_DPI)


def drawn_again(
    block: str, draw: Callable[..., Any], data: pd.DataFrame, columns: Mapping[str, Column], alt_html: str
) -> dict[str, Any]:
    """Return all that is needed to draw a figure without some of its numbers: released values only.

    Parameters
    ----------
    block : str
        With what the keys of its cells begin.
    draw : callable
        Its drawing function; one that has no name in a module cannot be called again.
    data : DataFrame
        What it was given.
    columns : mapping
        The columns' specifications, in the order of the keys.
    alt_html : str
        The alternative text with each number in its element.
    """
    place = f"{getattr(draw, '__module__', '')}:{getattr(draw, '__qualname__', '')}"
    frames = [[spec.low, spec.high] if isinstance(spec, Interval) else [name] for name, spec in columns.items()]
    plain = data.astype(object).where(data.notna(), None)
    return {
        "block": block, "draw": place, "columns": frames, "alt": alt_html,
        "titles": [spec.title for spec in columns.values()],
        "numbers": [name for name in data if is_numeric_dtype(data[name])],
        "data": {str(name): plain[name].tolist() for name in plain},
    }


def figure_bundle(figure: Any, alt: str) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the display data of a figure, with the alternative text where notebook tools look for it."""
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise ReleaseError(
            f"The drawing function returned {type(figure).__name__}, not a matplotlib Figure. "
            "End it with 'return figure'."
        )
    png, width, height = figure_png(figure)
    bundle = {"image/png": base64.b64encode(png).decode("ascii"), "text/plain": alt}
    return bundle, {"image/png": {"alt": alt, "width": width, "height": height}}
