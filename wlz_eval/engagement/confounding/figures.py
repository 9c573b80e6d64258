"""Figures of confounding by need, drawn from released tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, axis_title, new_figure, wrapped
from wlz_eval.inference.omitted import draw_contour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "draw_dose_balance", "draw_dose_explained", "draw_negative_controls", "draw_slope_contour", "draw_slopes",
]

#: Times the middling width from which an interval no longer sets the axis.
WIDE = 10.0


def _forest(table: pd.DataFrame, names: Sequence[str], x_title: str, colours: Sequence[str]) -> Figure:
    """One row a line of the table: estimate and interval about a line of zero."""
    figure, axes = new_figure(height=0.38 * max(len(table), 2) + 1.3)
    y = np.arange(len(table))[::-1]
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    axes.hlines(y, table["ci_low"], table["ci_high"], color=list(colours), lw=1.8)
    axes.scatter(table["estimate"], y, color=list(colours), s=34, zorder=3)
    axes.set_yticks(y, list(names))
    axes.set_ylim(-0.7, max(len(table) - 0.3, 0.7))
    axes.set_xlabel(x_title)
    return figure


def draw_dose_explained(table: pd.DataFrame) -> Figure:
    """Draw what dose goes with, all that was known at the start taken together.

    Parameters
    ----------
    table : DataFrame
        ``label``, ``step``, ``estimate``, ``ci_low``, ``ci_high`` as :func:`dose_explained` gives them, and the title
        of the axis in ``x_title``; rows with missing numbers are not drawn.
    """
    shown = table.dropna(subset=["estimate", "ci_low", "ci_high"])
    names = [wrapped(f"{label}: {step}") for label, step in zip(shown["label"], shown["step"], strict=True)]
    figure = _forest(shown, names, axis_title(shown, "x_title", "More or less of the dose, with 95% interval"),
                     [COLOURS["programme"]] * len(shown))
    widths = shown["ci_high"] - shown["ci_low"]
    narrow = shown[widths <= WIDE * widths.median()]
    if len(narrow) < len(shown):
        # An interval of a handful of children would press all others into dots: it leaves the figure on both sides.
        reach = 1.3 * float(narrow[["ci_low", "ci_high"]].abs().to_numpy().max())
        figure.axes[0].set_xlim(-reach, reach)
    return figure


def draw_slopes(table: pd.DataFrame) -> Figure:
    """Draw the slopes side by side: ``label``, ``estimate``, ``ci_low``, ``ci_high``; the axis in ``x_title``."""
    shown = table.dropna(subset=["estimate", "ci_low", "ci_high"])
    title = axis_title(shown, "x_title", "Difference in the outcome that goes with a step of dose (95% interval)")
    return _forest(shown, [wrapped(label) for label in shown["label"]], title, [COLOURS["programme"]] * len(shown))


def draw_negative_controls(table: pd.DataFrame) -> Figure:
    """Draw whether dose goes with what came before it.

    Parameters
    ----------
    table : DataFrame
        ``label``, ``estimate``, ``ci_low``, ``ci_high``, ``counts`` (``yes`` or true where the control counts).
    """
    shown = table.dropna(subset=["estimate", "ci_low", "ci_high"])
    counts = [_yes(value) for value in shown["counts"]]
    names = [wrapped(str(n) + ("" if c else ", adjusted for")) for n, c in zip(shown["label"], counts, strict=True)]
    colours = [COLOURS["programme"] if c else COLOURS["light"] for c in counts]
    title = axis_title(shown, "x_title", "SDs of the earlier outcome that go with one SD of dose")
    return _forest(shown, names, title, colours)


def draw_dose_balance(table: pd.DataFrame) -> Figure:
    """Draw the correlation of dose with each measure known at the start, before and after weights.

    Parameters
    ----------
    table : DataFrame
        ``label``, ``before``, ``after`` as :func:`balanced_slope` gives them; ``after`` may be missing throughout.
    """
    shown = table.dropna(subset=["before"])
    figure, axes = new_figure(height=0.32 * max(len(shown), 2) + 1.6)
    y = np.arange(len(shown))[::-1]
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    style: Any = {"linestyle": "none", "ms": 7}
    axes.plot(shown["before"], y, "s", color=COLOURS["comparison"], label="before weights", **style)
    if shown["after"].notna().any():
        axes.plot(shown["after"], y, "o", color=COLOURS["programme"], label="after", **style)
    axes.set_yticks(y, [wrapped(label) for label in shown["label"]])
    axes.set_ylim(-0.7, max(len(shown) - 0.3, 0.7))
    axes.set_xlabel("Correlation with dose")
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    return figure


def draw_slope_contour(table: pd.DataFrame) -> Figure:
    """Draw, from a (released) table of contours, the slope that would be left by something unseen.

    Parameters
    ----------
    table : DataFrame
        ``r2_treatment``, ``r2_outcome``, ``estimate``, ``label`` as :meth:`SlopeSensitivity.contours` gives them; an
        ``x_title`` may say what the difference is of.
    """
    what = axis_title(table, "x_title", "Difference", width=200)
    return draw_contour(table, treatment="what is left of dose", what=what)


def _yes(value: object) -> bool:
    return value is True or str(value).lower() in ("yes", "true")
