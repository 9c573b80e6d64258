"""Contours of what would be left of a result, over the strength of something unseen: the table, and the drawing."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure, wrapped

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["contour_grid", "draw_contour"]

#: Widest strength that is drawn.
_WIDEST = 0.9
#: Shapes of the marks of measures known at the start.
_MARKERS = ("D", "o", "s", "^", "v", "P", "X", "<", ">", "p")


def contour_grid(
    robustness: float,
    benchmarks: pd.DataFrame,
    adjusted: Callable[[np.ndarray, np.ndarray], pd.DataFrame],
) -> pd.DataFrame:
    """Lay a grid of strengths around the robustness value, and mark the benchmarks that fall on it.

    Strengths are steps of a hundredth or more, so that a table rounded to two decimals still draws.

    Parameters
    ----------
    robustness : float
        Around which the grid is laid.
    benchmarks : DataFrame
        ``covariate``, ``times``, ``r2_treatment``, ``r2_outcome``, ``estimate``, ``t``.
    adjusted : callable
        What strengths with treatment and outcome would leave, as :func:`estimate_left` gives it.

    Returns
    -------
    DataFrame
        ``r2_treatment``, ``r2_outcome``, ``estimate``, ``t``, ``label`` (empty on the grid).
    """
    marks = benchmarks.dropna(subset=["r2_treatment", "r2_outcome", "estimate"])
    marks = marks[marks[["r2_treatment", "r2_outcome"]].max(axis=1) <= _WIDEST]
    reach = [1.5 * robustness] if math.isfinite(robustness) else []
    reach += marks.loc[marks["times"] == 1, ["r2_treatment", "r2_outcome"]].to_numpy().ravel().tolist()
    limit = min(_WIDEST, max(0.1, math.ceil(10 * max(reach, default=0.1) - 1e-9) / 10))
    marks = marks[marks[["r2_treatment", "r2_outcome"]].max(axis=1) <= limit]
    steps = np.linspace(0, limit, 21 if limit >= 0.2 else 11)
    treatment, outcome = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
    grid = adjusted(treatment, outcome).assign(label="")
    labelled = marks.assign(label=[f"{k:g} × {c}" for c, k in zip(marks["covariate"], marks["times"], strict=True)])
    columns = ["r2_treatment", "r2_outcome", "estimate", "t", "label"]
    parts = [grid[columns], labelled[columns]] if len(labelled) else [grid[columns]]
    return pd.concat(parts, ignore_index=True)


def draw_contour(
    table: pd.DataFrame, unit: str = "", treatment: str = "who is on the programme", what: str = "Difference"
) -> Figure:
    """Draw, from a (released) table, the estimate that would be left by strength of something unseen.

    Of each measure known at the start only the strongest multiple is marked, and named in a legend: names beside the
    marks would lie on each other, since most are near the origin.

    Parameters
    ----------
    table : DataFrame
        ``r2_treatment``, ``r2_outcome``, ``estimate``, ``label`` as :func:`contour_grid` gives them.
        Rows with missing numbers are not drawn.
    unit : str
        Words for the outcome's unit.
    treatment : str
        Words for what something unseen would explain a share of, beside the outcome.
    what : str
        Words for the estimate that would be left.
    """
    shown = table.dropna(subset=["r2_treatment", "r2_outcome", "estimate"])
    label = shown["label"].fillna("").astype(str)
    marks = _strongest(shown[label != ""])
    figure, axes = new_figure(height=4.6 + 0.15 * len(marks))
    grid = shown[label == ""].pivot_table(index="r2_outcome", columns="r2_treatment", values="estimate")
    if min(grid.shape, default=0) >= 2:
        values = grid.to_numpy(dtype=float)
        x, y = grid.columns.to_numpy(dtype=float), grid.index.to_numpy(dtype=float)
        lines = axes.contour(x, y, values, levels=9, colors=COLOURS["neutral"], linewidths=0.9,
                             linestyles="solid")
        axes.clabel(lines, fontsize=8)
        if np.nanmin(values) < 0 < np.nanmax(values):
            axes.contour(x, y, values, levels=[0.0], colors=COLOURS["bad"], linewidths=2.4)
    for at, (x_at, y_at, name) in enumerate(marks[["r2_treatment", "r2_outcome", "label"]].itertuples(index=False)):
        # A mark on an axis would otherwise be cut in half.
        axes.plot([x_at], [y_at], _MARKERS[at % len(_MARKERS)], color=COLOURS["programme"], mfc="none", mew=1.6, ms=8,
                  linestyle="none", clip_on=False, zorder=4, label=wrapped(str(name), 34))
    if len(marks):
        figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    axes.set_xlabel(f"Share of {treatment} that something unseen would explain")
    axes.set_ylabel("Share of the outcome it would explain")
    title = f"{what} that would be left" + (f" ({unit})" if unit else "") + "; thick line: nothing"
    axes.set_title(wrapped(title, 70), fontsize=10)
    return figure


def _strongest(marks: pd.DataFrame) -> pd.DataFrame:
    """Keep the last, and so the strongest, multiple of each measure."""
    return marks[~marks["label"].str.split(" × ", n=1).str[-1].duplicated(keep="last")]
