"""Figures of who was picked, drawn from released tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, MARKERS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_again", "draw_gaps", "draw_rule_sets", "plot_areas"]

#: How far the two markers of a row stand above and below its middle.
APART = 0.13


def plot_areas(data: pd.DataFrame) -> Figure:
    """Draw the share at risk in each area for both groups.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``programme_percent``, ``comparison_percent``; hidden numbers are ``nan``.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.4 + 0.4 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    # One above the other, so that neither hides the other where both shares are the same.
    for group, up in (("programme", APART), ("comparison", -APART)):
        values = rows[f"{group}_percent"].to_numpy(dtype=float)
        axes.plot(values, y + up, MARKERS[group], color=COLOURS[group], label=f"{group} children", linestyle="none")
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Children at risk at the start (%)")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure


def draw_rule_sets(data: pd.DataFrame) -> Figure:
    """Draw the share of pupils that each rule set picks, and of whom the programme covers.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``percent`` (of all pupils) and ``reached`` (of the programme's children); hidden numbers
        are ``nan``.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.4 + 0.36 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    for column, group, up, words in (
        ("reached", "programme", APART, "of the programme's children"),
        ("percent", "neutral", -APART, "of all pupils of these schools"),
    ):
        values = rows[column].to_numpy(dtype=float)
        axes.plot(values, y + up, MARKERS[group], color=COLOURS[group], label=words, linestyle="none")
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Picked by the rule (%)")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure


def draw_again(data: pd.DataFrame) -> Figure:
    """Draw how many of 100 picked would be picked again, asked again at once and at the next reading.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``now``, ``later`` and the ends of their ranges, ``now_at_low``, ``now_at_high``,
        ``later_at_low``, ``later_at_high``; hidden numbers are ``nan``.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.5 + 0.46 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1].astype(float)
    for name, group, up, words in (
        ("now", "neutral", 0.14, "asked again at once"), ("later", "programme", -0.14, "at the next reading"),
    ):
        low, high = (rows[f"{name}_at_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
        axes.hlines(y + up, low, high, color=COLOURS[group], linewidth=2)
        values = rows[name].to_numpy(dtype=float)
        if np.isnan(values).all():
            continue
        axes.plot(values, y + up, MARKERS[group], color=COLOURS[group], label=words, linestyle="none")
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_xlim(0, 102)
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    axes.set_xlabel("Of 100 children picked, picked again")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure


def draw_gaps(data: pd.DataFrame) -> Figure:
    """Draw how far each group lies from all other children, with its interval.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``difference``, ``ci_low``, ``ci_high``, in percentage points; hidden numbers are ``nan``.
    """
    rows = data[data["difference"].notna()].reset_index(drop=True)
    figure, axes = new_figure(height=1.3 + 0.36 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(
        y, rows["ci_low"].to_numpy(dtype=float), rows["ci_high"].to_numpy(dtype=float), color=COLOURS["programme"],
        linewidth=2,
    )
    axes.plot(
        rows["difference"].to_numpy(dtype=float), y, MARKERS["programme"], color=COLOURS["programme"], linestyle="none"
    )
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_ylim(-0.6, max(len(rows), 1) - 0.4)
    arrows = "\N{LEFTWARDS ARROW} less often   |   more often \N{RIGHTWARDS ARROW}"
    axes.set_xlabel(f"Difference from others (percentage points)\n{arrows}")
    return figure
