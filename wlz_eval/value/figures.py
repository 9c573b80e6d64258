"""Figures of value, drawn from released data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_money

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_amounts", "draw_targets", "draw_waterfall"]


def draw_waterfall(data: pd.DataFrame, currency: str = "GBP", price_year: int | str = "") -> Figure:
    """Draw the way from cost to net value: a child's cost, each benefit, what is left.

    Parameters
    ----------
    data : DataFrame
        ``step`` and ``amount``; the first row is the cost, the last the net value.
    currency : str
        ISO code.
    price_year : int or str
        For the title.
    """
    figure, axes = new_figure(height=0.5 * len(data) + 1.4)
    amounts = data["amount"].fillna(0.0).to_numpy()
    position, starts = 0.0, []
    for i, amount in enumerate(amounts):
        last = i == len(amounts) - 1
        starts.append(0.0 if last else position)
        position += 0.0 if last else amount
    rows = list(range(len(amounts)))[::-1]
    colours = [COLOURS["good"] if a >= 0 else COLOURS["bad"] for a in amounts]
    axes.barh(rows, amounts, left=starts, color=colours, height=0.6)
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    span = max(abs(amounts).max(), 1.0)
    for row, amount, start in zip(rows, amounts, starts, strict=True):
        right = max(start, start + amount)
        axes.annotate(
            format_money(amount, currency),
            (right, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    low = min(0.0, *(min(s, s + a) for s, a in zip(starts, amounts, strict=True)))
    high = max(0.0, *(max(s, s + a) for s, a in zip(starts, amounts, strict=True)))
    axes.set_xlim(low - 0.05 * span, high + 0.28 * span)
    axes.set_yticks(rows, list(data["step"]))
    axes.set_xlabel(f"{currency} a child, {price_year} prices")
    axes.set_title("From cost to net present value, a child")
    return figure


def draw_amounts(
    data: pd.DataFrame, currency: str = "GBP", price_year: int | str = "", column: str = "per_child"
) -> Figure:
    """Draw amounts by group as bars with their numbers (``group`` and the `column`)."""
    shown = data.dropna(subset=[column]).iloc[::-1]
    figure, axes = new_figure(height=0.42 * max(len(shown), 2) + 1.3)
    rows = list(range(len(shown)))
    axes.barh(rows, shown[column], color=COLOURS["programme"], height=0.6)
    for row, amount in zip(rows, shown[column], strict=True):
        axes.annotate(
            format_money(amount, currency),
            (amount, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_xlim(0, 1.2 * float(shown[column].max()) if len(shown) else 1)
    axes.set_yticks(rows, list(shown["group"]))
    suffix = f", {price_year} prices" if price_year else ""
    axes.set_xlabel(f"{currency}{' a child' if column == 'per_child' else ''}{suffix}")
    axes.set_title("Who pays")
    return figure


def draw_targets(data: pd.DataFrame) -> Figure:
    """Draw ``achieved`` beside the targets ``low``, ``base`` and ``high`` of each ``trigger``."""
    shown = data.iloc[::-1]
    figure, axes = new_figure(height=0.46 * max(len(shown), 2) + 1.4)
    rows = list(range(len(shown)))
    axes.hlines(rows, shown["low"], shown["high"], color=COLOURS["light"], lw=9)
    axes.plot(shown["base"], rows, "|", color=COLOURS["neutral"], ms=14, mew=2)
    axes.plot(shown["achieved"], rows, "o", color=COLOURS["programme"], ms=8)
    axes.set_yticks(rows, list(shown["trigger"]))
    axes.set_ylim(-0.6, len(shown) - 0.2)
    axes.set_xlim(left=0)
    axes.set_xlabel("Children. Dot: achieved. Bar: low to high target. Stroke: base target")
    axes.set_title("Achieved beside the targets")
    return figure
