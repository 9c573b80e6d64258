"""Figures of engagement, drawn from released data only: never a point a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_attendance", "draw_dose", "draw_slope"]


def draw_slope(
    data: pd.DataFrame, dose_label: str = "Dose", outcome_label: str = "Outcome", better: str = ""
) -> Figure:
    """Draw binned means, fitted line and 95% band.

    Parameters
    ----------
    data : DataFrame
        ``dose``, ``outcome``, ``fitted``, ``fitted_low``, ``fitted_high``; hidden rows are missing.
    dose_label, outcome_label : str
        Titles of the axes.
    better : str
        Which way is good, in words, such as ``higher is better``.
    """
    shown = data.dropna(subset=["dose", "fitted"]).sort_values("dose")
    figure, axes = new_figure()
    axes.fill_between(
        shown["dose"], shown["fitted_low"], shown["fitted_high"], color=COLOURS["light"], alpha=0.6, lw=0
    )
    axes.plot(shown["dose"], shown["fitted"], color=COLOURS["neutral"])
    axes.plot(shown["dose"], shown["outcome"], "o", color=COLOURS["programme"], ms=7)
    axes.set_xlabel(dose_label)
    axes.set_ylabel(f"{outcome_label}\n({better})" if better else outcome_label)
    axes.set_title("Association, not effect: mean outcome at each level of dose")
    if len(shown):
        end = shown.iloc[-1]
        axes.annotate(
            "fitted line, 95% band",
            (end["dose"], end["fitted"]),
            xytext=(-6, 10),
            textcoords="offset points",
            ha="right",
            color=COLOURS["neutral"],
        )
    return figure


def draw_dose(data: pd.DataFrame, label: str = "Dose") -> Figure:
    """Draw mean dose and its 95% interval for each ``group``: ``mean``, ``ci_low``, ``ci_high``."""
    shown = data.dropna(subset=["mean"]).iloc[::-1]
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    y = range(len(shown))
    axes.hlines(list(y), shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["mean"], list(y), "o", color=COLOURS["programme"], ms=7)
    axes.set_yticks(list(y), list(shown["group"]))
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(f"Mean {label}, with 95% interval")
    axes.set_title("Dose by how children changed: association only")
    return figure


def draw_attendance(
    data: pd.DataFrame, aspiration: float = 96.0, title: str = "Attendance at partner sessions"
) -> Figure:
    """Draw the attendance of each group with its 95% interval.

    Parameters
    ----------
    data : DataFrame
        ``group``, ``rate``, ``ci_low``, ``ci_high`` in percent; hidden rows are missing.
    aspiration : float
        Percent that partners aim for, drawn as a line.
    title : str
        Head of the figure.
    """
    shown = data.dropna(subset=["rate"]).iloc[::-1]
    figure, axes = new_figure(height=0.36 * max(len(shown), 3) + 1.4)
    y = list(range(len(shown)))
    axes.hlines(y, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["rate"], y, "o", color=COLOURS["programme"], ms=6)
    axes.set_yticks(y, list(shown["group"]))
    axes.set_ylim(-0.6, max(len(shown) - 0.2, 0.8))
    axes.axvline(aspiration, color=COLOURS["bad"], ls="--")
    axes.annotate(
        f"aim {aspiration:.0f}%",
        (aspiration, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-4, -10),
        textcoords="offset points",
        ha="right",
        color=COLOURS["bad"],
    )
    axes.set_xlim(min(40.0, float(shown["ci_low"].min()) - 3 if len(shown) else 40.0), 102)
    axes.set_xlabel("Planned sessions attended, %, with 95% interval")
    axes.set_title(title)
    return figure
