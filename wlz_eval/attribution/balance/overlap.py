"""Overlap: where on the distance the two groups stand, before and after matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.attribution.balance.distribution import one_distance, round_edges
from wlz_eval.core.errors import OptionError
from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = ["draw_overlap", "overlap_plot", "overlap_table"]


def overlap_table(design: Design, bins: int = 10) -> pd.DataFrame:
    """Count children of each group in equal steps of the distance.

    Parameters
    ----------
    design : Design
    bins : int
        Steps. A distance between 0 and 1 is cut from 0 to 1; any other into about so many between round numbers.

    Returns
    -------
    DataFrame
        ``low``, ``high`` (ends of the step), then children ``programme``, ``programme_matched``,
        ``comparison``, ``comparison_matched``.

    Raises
    ------
    DesignError
        When the design has no distance that is one number a child.
    OptionError
        For bins that are no whole number of at least 2.
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise OptionError(f"bins must be a whole number of at least 2, not {bins!r}.")
    values = one_distance(design)
    low, high = float(values.min()), float(values.max())
    bounded = low >= 0.0 and high <= 1.0
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(0.0, 1.0, bins + 1) if bounded else round_edges(low, high, bins)
    values = np.clip(values, edges[0], edges[-1])
    treated, matched = design.treatment.to_numpy(dtype=bool), design.weights.to_numpy() > 0
    groups = {
        "programme": treated,
        "programme_matched": treated & matched,
        "comparison": ~treated,
        "comparison_matched": ~treated & matched,
    }
    counts = {name: np.histogram(values[mask], bins=edges)[0] for name, mask in groups.items()}
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], **counts})


def draw_overlap(table: pd.DataFrame) -> Figure:
    """Draw an overlap table: shares of each group, programme upwards and comparison downwards.

    Shares are of the children shown. Where a cell is hidden (a missing value) stands a mark in the place of a bar.
    """
    bounded = bool(table["low"].min() >= 0 and table["high"].max() <= 1)
    held = table.drop(columns=["low", "high"]).fillna(0).to_numpy(dtype=float).sum(axis=1) > 0
    # Empty steps at the upper end only squeeze the picture.
    table = table.iloc[: int(np.flatnonzero(held)[-1]) + 1] if held.any() else table
    figure, axes = new_figure(1, 2, height=3.4, sharey=True)
    centre, width = (table["low"] + table["high"]) / 2, (table["high"] - table["low"]) * 0.9
    for axis, suffix, title in zip(
        axes, ("", "_matched"), ("Before matching", "After matching"), strict=True
    ):
        for group, sign in (("programme", 1.0), ("comparison", -1.0)):
            counts = table[f"{group}{suffix}"].astype(float)
            total = counts.sum()
            shares = sign * 100 * counts / total if total > 0 else counts * np.nan
            axis.bar(centre, shares.fillna(0), width=width, color=COLOURS[group])
            for place in centre[counts.isna()]:
                axis.annotate(
                    "hidden", (place, 0), (0, 4 * sign), textcoords="offset points", rotation=90, fontsize=6,
                    ha="center", va="bottom" if sign > 0 else "top", color=COLOURS[group],
                )  # fmt: skip
            axis.text(
                0.98,
                0.94 if sign > 0 else 0.03,
                group,
                transform=axis.transAxes,
                ha="right",
                color=COLOURS[group],
            )
        axis.axhline(0, color=COLOURS["neutral"], linewidth=1)
        axis.margins(y=0.2)  # room for the names of the groups above and below the bars
        axis.set_title(title)
        axis.set_xlabel("Likelihood of being on the programme" if bounded else "Distance that was matched on")
    axes[0].set_ylabel("Share of the children shown (%)" if table.isna().any(axis=None) else "Share of the group (%)")
    axes[0].yaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    return figure


def overlap_plot(design: Design, bins: int = 10) -> Figure:
    """Draw the overlap of a design."""
    return draw_overlap(overlap_table(design, bins))
