"""What was reached beside what was aimed for, drawn from released data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_targets"]


def draw_targets(data: pd.DataFrame) -> Figure:
    """Draw ``achieved`` beside the targets ``low``, ``base`` and ``high`` of each trigger (``label``)."""
    shown = data.iloc[::-1]
    figure, axes = new_figure(height=0.46 * max(len(shown), 2) + 1.4)
    rows = list(range(len(shown)))
    axes.hlines(rows, shown["low"], shown["high"], color=COLOURS["light"], lw=9)
    axes.plot(shown["base"], rows, "|", color=COLOURS["neutral"], ms=14, mew=2)
    axes.plot(shown["achieved"], rows, "o", color=COLOURS["programme"], ms=8)
    axes.set_yticks(rows, list(shown["label"]))
    axes.set_ylim(-0.6, len(shown) - 0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("Children. Dot: reached. Bar: low to high target. Stroke: middle target")
    return figure
