"""The picture of a specification curve: estimates in order of size above, the choices behind each below."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CHOICES", "draw_specifications"]

#: Choices that a specification makes, in the order in which the figure shows them.
CHOICES: tuple[str, ...] = ("comparison", "method", "caliper", "covariates", "exact", "model")


def _marked(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Read yes and no, as a released table says them, or true and false."""
    return np.array([value is True or value == "yes" or value == 1 for value in values.tolist()], dtype=bool)


def draw_specifications(table: pd.DataFrame) -> Figure:
    """Draw the estimates in order of size above, and the choices behind each below.

    Parameters
    ----------
    table : DataFrame
        As :meth:`SpecificationCurve.table`; rows whose estimate is missing (failed, or hidden by the release
        rule) are not drawn.
    """
    rows = table.dropna(subset=["estimate"]).sort_values(["estimate", "specification"]).reset_index(drop=True)
    named = rows.sort_values("specification")
    held = [(c, v) for c in CHOICES if c in rows and len(set(rows[c])) > 1 for v in dict.fromkeys(named[c])]
    figure, (top, below) = new_figure(
        2, 1, height=3.4 + 0.17 * max(len(held), 1), sharex=True, height_ratios=[3.0, 0.17 * max(len(held), 1) + 0.3]
    )
    x, planned = np.arange(len(rows)), _marked(rows["planned"])
    fine = _marked(rows["sound"])
    top.axhline(0, color=COLOURS["neutral"], linewidth=1)
    for mask, colour, label in (
        (fine, COLOURS["programme"], "groups alike, most children compared"),
        (~fine, COLOURS["light"], "groups not alike, or few compared"),
    ):
        top.vlines(x[mask], rows["ci_low"][mask], rows["ci_high"][mask], color=colour, linewidth=0.6, alpha=0.5)
        top.scatter(x[mask], rows["estimate"][mask], s=8, color=colour, label=label, zorder=3)
    own: dict[str, Any] = {"marker": "D", "color": COLOURS["bad"], "zorder": 4}
    top.scatter(x[planned], rows["estimate"][planned], s=60, label="as planned", **own)
    top.set_ylabel("Difference (95% intervals)")
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=8)
    for y, (column, value) in enumerate(held):
        mask = (rows[column] == value).to_numpy()
        for part, colour in ((mask & fine, COLOURS["programme"]), (mask & ~fine, COLOURS["light"])):
            below.scatter(x[part], np.full(part.sum(), y), s=7, marker="|", color=colour)
        below.scatter(x[mask & planned], np.full((mask & planned).sum(), y), s=24, **own)
    below.set_yticks(range(len(held)), [str(value) for _, value in held], fontsize=7)
    below.set_ylim(max(len(held), 1) - 0.5, -0.5)
    for y in range(1, len(held)):
        if held[y][0] != held[y - 1][0]:
            below.axhline(y - 0.5, color=COLOURS["light"], linewidth=0.8)
    below.set_xlabel("Analyses, from lowest to highest difference")
    below.set_xticks([])
    below.grid(visible=False)
    return figure
