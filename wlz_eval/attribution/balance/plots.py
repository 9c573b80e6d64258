"""Pictures of balance, drawn from tables, so that a released table with hidden rows can be drawn too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from wlz_eval.attribution.balance.table import BalanceTable

__all__ = ["love_plot"]

#: Part of the width of the axes that the name of a mark takes, where names of covariates leave it narrow.
_ROOM = 0.42


def love_plot(table: pd.DataFrame | BalanceTable, limit: float = 0.1) -> Figure:
    """Draw standardised mean differences before and after matching, one line a covariate.

    Parameters
    ----------
    table : DataFrame or BalanceTable
        Columns ``covariate``, ``smd_before``, ``smd_after``; rows with missing values are not drawn.
    limit : float
        Where the band of good balance ends; of a BalanceTable its own limit is taken.
    """
    frame = table if isinstance(table, pd.DataFrame) else table.data.reset_index()
    limit = limit if isinstance(table, pd.DataFrame) else table.limit
    rows = frame[frame["kind"] != "distance"] if "kind" in frame.columns else frame
    rows = rows.dropna(subset=["smd_before", "smd_after"], how="all")
    rows = rows.iloc[np.argsort(rows["smd_before"].abs().fillna(0).to_numpy(), kind="stable")]
    figure, axes = new_figure(height=max(2.2, 1.0 + 0.34 * len(rows)))
    y = np.arange(len(rows))
    axes.axvspan(-limit, limit, color="#EFEFEF", zorder=0)
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.hlines(y, rows["smd_before"], rows["smd_after"], color=COLOURS["light"], linewidth=1.2)
    axes.scatter(
        rows["smd_before"],
        y,
        marker="o",
        facecolors="white",
        edgecolors=COLOURS["bad"],
        zorder=3,
    )
    axes.scatter(rows["smd_after"], y, marker="D", color=COLOURS["programme"], zorder=4)
    _name_marks(axes, rows)
    # Long names would leave the axes narrow, and the words above and below them no room.
    axes.set_yticks(y, [wrapped(name) for name in rows["covariate"]])
    axes.set_xlabel("Difference between the groups, in standard deviations", loc="right")
    axes.grid(axis="y", visible=False)
    return figure


def _name_marks(axes: Axes, rows: pd.DataFrame) -> None:
    """Write above the highest row which mark is which, away from each other, so that the words never meet."""
    marks = rows[["smd_before", "smd_after"]].to_numpy()
    whole = np.flatnonzero(np.isfinite(marks).all(axis=1))
    if not len(whole):
        return
    at = int(whole[-1])
    before, after = marks[at]
    axes.set_ylim(-0.6, len(rows) + 0.1)
    low, high = axes.get_xlim()
    room = _ROOM * (high - low)
    axes.set_xlim(min(low, min(before, after) - room), max(high, max(before, after) + room))
    sides = {"before matching": (before, before >= after), "after matching": (after, before < after)}
    for words, (x, to_the_right) in sides.items():
        axes.annotate(
            words,
            (x, at),
            xytext=(2 if to_the_right else -2, 6),
            textcoords="offset points",
            ha="left" if to_the_right else "right",
            fontsize=9,
            color=COLOURS["neutral"],
        )
