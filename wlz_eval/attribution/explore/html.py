"""Tables, sentences and pictures of the panel as HTML that asks nobody for anything."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.explore.describe import left_out_sentence, left_out_table
from wlz_eval.core.numbers import format_number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "AMBER", "GREEN", "RED", "account_html", "left_out_html", "line", "notes_html", "overlap_html", "picture",
    "table_html",
]

#: Dark enough to be read on white; what they say is also said in words.
GREEN, AMBER, RED = "#00664B", "#8A5A00", "#A33B00"


def line(text: str, colour: str, bold: bool = False) -> str:
    """Write one line of text in a colour."""
    weight = "bold" if bold else "normal"
    return f"<div style='color:{colour};font-weight:{weight};line-height:1.4;margin:2px 0'>{escape(text)}</div>"


def table_html(table: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Write a small table, numbers to the right."""
    cell = "padding:0 14px 0 0;line-height:1.45;text-align"
    head = "".join(f"<th style='{cell}:right'>{escape(names[str(c)])}</th>" for c in table.columns)
    rows = "".join(
        f"<tr><th scope='row' style='{cell}:left;font-weight:normal'>{escape(str(what))}</th>"
        + "".join(f"<td style='{cell}:right'>{escape(str(value))}</td>" for value in row)
        + "</tr>"
        for what, row in zip(table.index, table.to_numpy(), strict=True)
    )
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def picture(draw: Callable[[], Figure], alt: str) -> str:
    """Put what is drawn inside HTML, with words for those who cannot see it."""
    buffer = io.BytesIO()
    draw().savefig(buffer, format="png", facecolor="white", dpi=100)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<img alt='{escape(alt, quote=True)}' style='max-width:100%' src='data:image/png;base64,{data}'>"


def overlap_html(design: Design) -> str:
    """Draw the overlap of a design, or say why there is none to draw."""
    if design.distance.isna().any():
        return line("This method has no one number a child on which overlap could be drawn.", "inherit")
    alt = "Overlap of the likelihood of being on the programme, before and after matching."
    return picture(design.plot, alt)


def left_out_html(design: Design) -> str:
    """Say who is left out, with the means of those in and out."""
    text, table = line(left_out_sentence(design), "inherit"), left_out_table(design)
    if table.empty:
        return text
    shown = pd.DataFrame({name: [format_number(v, 2) for v in table[name]] for name in table}, index=table.index)
    names = {"matched_mean": "mean, matched", "unmatched_mean": "mean, left out", "gap": "gap in SDs"}
    return text + table_html(shown, names)


def account_html(design: Design) -> str:
    """Write the account of a design as it prints."""
    return f"<pre style='white-space:pre-wrap'>{escape(design.account())}</pre>"


def notes_html(notes: Sequence[str]) -> str:
    """Fold what a design noted on the way behind one line."""
    if not notes:
        return ""
    head = "1 note on these data" if len(notes) == 1 else f"{len(notes)} notes on these data"
    return f"<details><summary>{head}</summary>{''.join(line(note, AMBER) for note in notes)}</details>"
