"""Figures of the regressions, drawn from released tables only: never a point a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "draw_between_within", "draw_influence", "draw_normal", "draw_residuals", "draw_several", "draw_treatments",
]


def _lines(data: pd.DataFrame, label: str, x_title: str, marked: str = "") -> Figure:
    """Estimates with intervals, one line a row, the marked row in colour; ends that are infinite leave the figure."""
    shown = data.dropna(subset=["estimate"]).iloc[::-1]
    figure, axes = new_figure(height=0.45 * max(len(shown), 2) + 1.2)
    y = np.arange(len(shown))
    colours = [COLOURS["programme"] if not marked or chosen else COLOURS["neutral"]
               for chosen in (shown[marked] if marked else [True] * len(shown))]
    ends = shown[["ci_low", "ci_high"]].to_numpy(dtype=float)
    finite = ends[np.isfinite(ends)]
    if len(finite):
        reach = max(float(np.ptp(finite)), 1e-12)
        low, high = float(finite.min()) - 0.1 * reach, float(finite.max()) + 0.1 * reach
        known = np.isfinite(shown["estimate"].to_numpy(dtype=float)) & ~np.isnan(ends).any(axis=1)
        axes.hlines(y[known], np.clip(ends[known, 0], low, high), np.clip(ends[known, 1], low, high),
                    color=[c for c, k in zip(colours, known, strict=True) if k])
    axes.scatter(shown["estimate"], y, color=colours, s=42, zorder=3)
    axes.axvline(0, color=COLOURS["light"], lw=1)
    axes.set_yticks(y, list(shown[label].astype(str)))
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(axis_title(data, "x_title", x_title))
    return figure


def draw_treatments(data: pd.DataFrame) -> Figure:
    """Draw one slope under each treatment of schools, the chosen one in colour.

    Parameters
    ----------
    data : DataFrame
        ``treatment``, ``estimate``, ``ci_low``, ``ci_high``, ``chosen``; an ``x_title`` may name the axis.
    """
    return _lines(data, "treatment", "Slope, with 95% interval (an association)", "chosen")


def draw_between_within(data: pd.DataFrame) -> Figure:
    """Draw the slopes within and between schools: ``label``, ``estimate``, ``ci_low``, ``ci_high``."""
    return _lines(data, "label", "Slope, with 95% interval (an association)")


def draw_several(data: pd.DataFrame) -> Figure:
    """Draw each exposure's slope alone and with the others held.

    Parameters
    ----------
    data : DataFrame
        ``exposure``, ``alone``, ``alone_low``, ``alone_high``, ``together``, ``together_low``, ``together_high``;
        ``label`` may name the exposure and its step in words, ``x_title`` the axis.
    """
    shown = data.iloc[::-1]
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    y = np.arange(len(shown))
    for name, shift, colour, marker, words in (
        ("alone", 0.13, COLOURS["neutral"], "s", "alone"),
        ("together", -0.13, COLOURS["programme"], "o", "the others held"),
    ):
        axes.hlines(y + shift, shown[f"{name}_low"], shown[f"{name}_high"], color=colour)
        axes.plot(shown[name], y + shift, marker, color=colour, ms=6, label=words)
    axes.axvline(0, color=COLOURS["light"], lw=1)
    names = shown["label"] if "label" in shown else shown["exposure"].astype(str).str.replace("_", " ")
    axes.set_yticks(y, list(names))
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(axis_title(data, "x_title", "Slope over one step, with 95% interval (an association)"))
    figure.legend(loc="outside upper right", ncols=2, fontsize=9)
    return figure


def draw_influence(data: pd.DataFrame) -> Figure:
    """Draw slopes without one child, sorted, as means of bins of at least ten children.

    Parameters
    ----------
    data : DataFrame
        ``rank``, ``estimate``, ``whole``, ``ci_low``, ``ci_high``; hidden rows are missing.
    """
    shown = data.dropna(subset=["estimate"])
    figure, axes = new_figure(height=3.2)
    if len(shown):
        first = shown.iloc[0]
        axes.axhspan(first["ci_low"], first["ci_high"], color=COLOURS["light"], alpha=0.45, lw=0,
                     label="95% interval, all children")
        axes.axhline(first["whole"], color=COLOURS["neutral"], lw=1.2, label="all children")
    axes.plot(shown["rank"], shown["estimate"], "o-", color=COLOURS["programme"], ms=5, lw=1.2,
              label="without one child (means of at least ten)")
    axes.axhline(0, color=COLOURS["bad"], lw=1, ls="--")
    axes.set_xlabel("Children, sorted by what the difference would be without them (%)")
    axes.set_ylabel("Difference")
    if len(shown):
        figure.legend(loc="outside upper right", ncols=3, fontsize=8)
    return figure


def draw_residuals(data: pd.DataFrame) -> Figure:
    """Draw what is left of the outcome against what was fitted, in bins, with one SD either way.

    Parameters
    ----------
    data : DataFrame
        ``fitted``, ``residual``, ``spread``; hidden rows are missing.
    """
    shown = data.dropna(subset=["fitted", "residual"])
    figure, axes = new_figure(height=3.2)
    axes.vlines(shown["fitted"], shown["residual"] - shown["spread"], shown["residual"] + shown["spread"],
                color=COLOURS["light"], lw=3, label="one SD either way")
    axes.plot(shown["fitted"], shown["residual"], "o", color=COLOURS["programme"], ms=6, label="mean of the group")
    axes.axhline(0, color=COLOURS["neutral"], lw=1)
    axes.set_xlabel("Outcome that the regression expects")
    axes.set_ylabel("Outcome minus expected")
    if len(shown):
        figure.legend(loc="outside upper right", ncols=2, fontsize=8)
    return figure


def draw_normal(data: pd.DataFrame) -> Figure:
    """Draw residuals against those of a bell shape, in bins: ``expected``, ``observed`` (SDs)."""
    shown = data.dropna(subset=["expected", "observed"])
    figure, axes = new_figure(width=4.6, height=3.8)
    if len(shown):
        ends = [float(shown[["expected", "observed"]].min().min()), float(shown[["expected", "observed"]].max().max())]
        axes.plot(ends, ends, color=COLOURS["neutral"], lw=1)
    axes.plot(shown["expected"], shown["observed"], "o", color=COLOURS["programme"], ms=6)
    axes.set_xlabel("Expected of a bell shape (SDs)")
    axes.set_ylabel("Observed (SDs), means of bins")
    return figure
