"""Figures of data quality, drawn from released numbers only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, MARKERS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_completeness", "plot_losses", "plot_scores"]


def plot_completeness(data: pd.DataFrame) -> Figure:
    """Draw how many children of each group have a value, by measure and wave.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``when``, ``programme_known``, ``programme_children``, ``comparison_known``,
        ``comparison_children``; hidden numbers are ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.4 + 0.24 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    for group, shift in (("programme", 0.13), ("comparison", -0.13)):
        share = 100 * rows[f"{group}_known"].to_numpy(dtype=float) / rows[f"{group}_children"].to_numpy(dtype=float)
        axes.plot(
            np.minimum(share, 100),
            y + shift,
            MARKERS[group],
            color=COLOURS[group],
            label=f"{group} children",
            linestyle="none",
        )
    axes.set_yticks(y, [f"{r.label}, {r.when}" for r in rows.itertuples()])
    axes.set_xlim(0, 103)
    axes.set_xlabel("Children with a value (%)")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure


def plot_scores(data: pd.DataFrame) -> Figure:
    """Draw the score of each dimension as a bar out of 100.

    Parameters
    ----------
    data : DataFrame
        Columns ``name``, ``asks`` and ``score``; a score that is not known is said in words.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=0.9 + 0.5 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    score = rows["score"].to_numpy(dtype=float)
    known = ~np.isnan(score)
    axes.barh(y, 100, color="#EDEDED", height=0.6)
    axes.barh(y[known], score[known], color=COLOURS["programme"], height=0.6)
    for at, value in zip(y, score, strict=True):
        inside = not np.isnan(value) and value > 12
        axes.text(
            value - 1.5 if inside else 2.0 if np.isnan(value) else value + 1.5, at,
            "cannot be told from these tables" if np.isnan(value) else f"{value:.0f}",
            va="center", ha="right" if inside else "left", color="white" if inside else COLOURS["neutral"],
            fontweight="bold" if inside else "normal",
        )
    axes.set_yticks(y, [f"{r.name}\n{r.asks}" for r in rows[["name", "asks"]].itertuples(index=False, name="Row")])
    axes.set_xlim(0, 100)
    axes.set_xlabel("Score out of 100 (100: no shortcoming found)")
    axes.grid(axis="y", visible=False)
    return figure


def plot_losses(data: pd.DataFrame) -> Figure:
    """Draw the children left at each step, one panel a group; a hidden number has no bar.

    Steps that count those left out, rather than those who are left, are not drawn.

    Parameters
    ----------
    data : DataFrame
        Columns ``stage``, ``group`` and ``count``.
    """
    data = data[~data["stage"].str.endswith("left out")]
    groups = [g for g in ("all", "programme", "comparison") if (data["group"] == g).any()]
    parts = [data[data["group"] == g].reset_index(drop=True) for g in groups]
    height = 0.9 + 0.42 * len(data) + 0.45 * len(groups)
    figure, axes = new_figure(
        rows=len(groups), height=height, squeeze=False, gridspec_kw={"height_ratios": [len(p) + 0.8 for p in parts]}
    )
    titles = {"all": "Before the groups were formed", "programme": "Programme", "comparison": "Comparison"}
    for axis, group, part in zip(axes[:, 0], groups, parts, strict=True):
        y = np.arange(len(part))[::-1]
        count = part["count"].to_numpy(dtype=float)
        shown = np.nan_to_num(count)
        axis.barh(y, shown, color=COLOURS.get(group, COLOURS["neutral"]), height=0.65)
        for at, value in zip(y, count, strict=True):
            words = "hidden" if np.isnan(value) else f"{value:,.0f}"
            axis.text(np.nan_to_num(value), at, f" {words}", va="center", color=COLOURS["neutral"])
        axis.set_yticks(y, [textwrap.fill(stage, 38) for stage in part["stage"]])
        axis.set_xlim(0, max(shown.max(initial=0), 1) * 1.14)
        axis.set_title(titles[group])
        axis.xaxis.set_visible(False)
        axis.grid(visible=False)
    return figure
