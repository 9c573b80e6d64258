"""Figures of change by engagement, drawn from released tables only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, MARKERS, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_change_by_level", "draw_dose_by_change"]

_GROUP_STYLE = {"improved": ("good", "^"), "about the same": ("neutral", "o"), "got worse": ("bad", "v")}


def _words(value: object) -> str:
    return str(value)[:1].upper() + str(value)[1:]


def draw_dose_by_change(data: pd.DataFrame) -> Figure:
    """Draw the mean dose of those who improved, stayed the same and got worse, each with its 95% interval.

    Parameters
    ----------
    data : DataFrame
        ``group``, ``mean``, ``ci_low``, ``ci_high`` and ``x_title``, as ``table()`` gives them; hidden rows are
        missing.
    """
    shown = data.dropna(subset=["mean"]).iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    for y, row in shown.iterrows():
        colour, marker = _GROUP_STYLE.get(str(row["group"]), ("neutral", MARKERS["neutral"]))
        if pd.notna(row["ci_low"]) and pd.notna(row["ci_high"]):
            axes.hlines(y, row["ci_low"], row["ci_high"], color=COLOURS[colour])
        axes.plot([row["mean"]], [y], marker, color=COLOURS[colour], ms=8)
    axes.set_yticks(range(len(shown)), [_words(g) for g in shown["group"]])
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(axis_title(data, "x_title", "Mean dose, with 95% interval"))
    return figure


def draw_change_by_level(data: pd.DataFrame) -> Figure:
    """Draw the share that improved at each level of engagement, with its 95% interval.

    Parameters
    ----------
    data : DataFrame
        ``level``, ``improved_share``, ``improved_low``, ``improved_high`` and ``x_title``, as ``level_table()`` gives
        them; hidden rows are missing.
    """
    shown = data.dropna(subset=["improved_share"]).iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    y = list(range(len(shown)))
    axes.hlines(y, shown["improved_low"], shown["improved_high"], color=COLOURS["programme"])
    axes.plot(shown["improved_share"], y, MARKERS["programme"], color=COLOURS["programme"], ms=8)
    axes.set_yticks(y, [_words(level) for level in shown["level"]])
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlim(0, 100)
    axes.set_xlabel(axis_title(data, "x_title", "Children who improved (%), with 95% interval"))
    return figure
