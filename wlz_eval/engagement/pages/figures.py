"""Figures of engagement, drawn from released data only: never a point a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_attendance", "draw_dose", "draw_slope"]


def _title(data: pd.DataFrame, column: str, otherwise: str) -> str:
    """Title of an axis: the words of a column that holds the same in every row."""
    return str(data[column].iloc[0]) if column in data and len(data) else otherwise


def draw_slope(data: pd.DataFrame) -> Figure:
    """Draw binned means, fitted line and 95% band.

    Parameters
    ----------
    data : DataFrame
        ``dose``, ``outcome``, ``fitted``, ``fitted_low``, ``fitted_high``, and the titles of the axes in
        ``x_title`` and ``y_title``; hidden rows are missing.
    """
    shown = data.dropna(subset=["dose", "fitted"]).sort_values("dose")
    figure, axes = new_figure()
    band = {"color": COLOURS["light"], "alpha": 0.6, "lw": 0}
    axes.fill_between(shown["dose"], shown["fitted_low"], shown["fitted_high"], **band)
    axes.plot(shown["dose"], shown["fitted"], color=COLOURS["neutral"])
    axes.plot(shown["dose"], shown["outcome"], "o", color=COLOURS["programme"], ms=7)
    axes.set_xlabel(_title(data, "x_title", "Dose"))
    axes.set_ylabel(_title(data, "y_title", "Outcome"))
    if len(shown):
        end = shown.iloc[-1]
        axes.annotate(
            "line of best fit, with 95% band",
            (end["dose"], end["fitted_high"]),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=COLOURS["neutral"],
        )
    return figure


def draw_dose(data: pd.DataFrame) -> Figure:
    """Draw mean dose by ``group`` with its 95% interval: ``mean``, ``ci_low``, ``ci_high``, ``x_title``."""
    shown = data.dropna(subset=["mean"]).iloc[::-1]
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    y = list(range(len(shown)))
    axes.hlines(y, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["mean"], y, "o", color=COLOURS["programme"], ms=7)
    axes.set_yticks(y, [str(g)[:1].upper() + str(g)[1:] for g in shown["group"]])
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(_title(data, "x_title", "Mean dose, with 95% interval"))
    return figure


def draw_attendance(data: pd.DataFrame) -> Figure:
    """Draw the attendance of each group with its 95% interval, beside the aim.

    Parameters
    ----------
    data : DataFrame
        ``group``, ``rate``, ``ci_low``, ``ci_high`` and ``aim``, in percent; hidden rows are missing.
    """
    aim = float(data["aim"].max())
    shown = data.dropna(subset=["rate"]).iloc[::-1]
    figure, axes = new_figure(height=0.36 * max(len(shown), 3) + 1.4)
    y = list(range(len(shown)))
    axes.hlines(y, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["rate"], y, "o", color=COLOURS["programme"], ms=6)
    axes.set_yticks(y, [str(g)[:1].upper() + str(g)[1:] for g in shown["group"]])
    axes.set_ylim(-0.6, max(len(shown) - 0.2, 0.8))
    axes.axvline(aim, color=COLOURS["bad"], ls="--")
    axes.annotate(
        f"aim {aim:.0f}%",
        (aim, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -10),
        textcoords="offset points",
        ha="right",
        color=COLOURS["bad"],
    )
    axes.set_xlim(min(40.0, float(shown["ci_low"].min()) - 3 if len(shown) else 40.0), 102)
    axes.set_xlabel("Planned sessions attended (%), with 95% interval")
    return figure
