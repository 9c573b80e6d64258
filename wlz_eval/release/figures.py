"""The one figure of the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["plot_sizes"]


def plot_sizes(data: pd.DataFrame) -> Figure:
    """Draw differences from matched children with their intervals, one line an outcome.

    Parameters
    ----------
    data : DataFrame
        ``outcome``, ``size``, ``low``, ``high``: in standard deviations, more is better. Rows without numbers are
        left out.

    Returns
    -------
    Figure
        A forest plot with labels in place of a legend.
    """
    data = data.dropna(subset=["size", "low", "high"]).reset_index(drop=True)
    figure, axes = new_figure(height=1.3 + 0.55 * len(data))
    y = np.arange(len(data))[::-1]
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, data["low"], data["high"], color=COLOURS["programme"])
    axes.plot(data["size"], y, "o", color=COLOURS["programme"], markersize=7)
    for at, row in zip(y, data.itertuples(), strict=True):
        axes.annotate(
            f"{row.size:.2f}".replace("-", "\N{MINUS SIGN}"),
            (row.size, at),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    reach = 1.15 * max(0.5, float(np.abs(data[["low", "high"]].to_numpy()).max(initial=0)))
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-0.6, len(data) - 0.3)
    axes.set_yticks(y, [_wrapped(label) for label in data["outcome"]])
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("\N{LEFTWARDS ARROW} worse      standard deviations      better \N{RIGHTWARDS ARROW}")
    return figure


def _wrapped(label: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(label, 30))
