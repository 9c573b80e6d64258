"""The line of page 5, drawn from released data only: never a point a child."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_slope"]


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
    axes.set_xlabel(axis_title(data, "x_title", "Dose"))
    axes.set_ylabel(axis_title(data, "y_title", "Outcome", 34))
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
