"""Figures of value, drawn from released data only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_money

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_amounts", "draw_targets", "draw_waterfall"]


def _currency(data: pd.DataFrame) -> tuple[str, str]:
    """Currency, and title of the axis with its sign, from the column ``title``: ``GBP a child, 2023 prices``."""
    title = str(data["title"].iloc[0]) if len(data) else "GBP"
    currency = title.split()[0]
    return currency, title.replace(currency, {"GBP": "£", "USD": "$", "EUR": "€"}.get(currency, currency), 1)


def _label(axes: Any, amount: float, right: float, row: int, currency: str) -> None:
    text = format_money(amount, currency)
    axes.annotate(text, (right, row), xytext=(5, 0), textcoords="offset points", va="center")


def draw_waterfall(data: pd.DataFrame) -> Figure:
    """Draw the way from cost to net value: a child's cost, each benefit, what is left.

    Parameters
    ----------
    data : DataFrame
        ``step``, ``amount`` and ``title`` (of the axis, beginning with the currency); the first row is the
        cost, the last the net value.
    """
    figure, axes = new_figure(height=0.5 * len(data) + 1.4)
    currency, title = _currency(data)
    amounts = data["amount"].fillna(0.0).to_numpy()
    starts = np.concatenate([[0.0], np.cumsum(amounts[:-1])])
    starts[-1] = 0.0
    rows = list(range(len(amounts)))[::-1]
    colours = [COLOURS["good"] if a >= 0 else COLOURS["bad"] for a in amounts]
    axes.barh(rows, amounts, left=starts, color=colours, height=0.6)
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    ends = np.concatenate([starts, starts + amounts, [0.0]])
    for row, amount, start in zip(rows, amounts, starts, strict=True):
        _label(axes, amount, max(start, start + amount), row, currency)
    span = max(float(np.ptp(ends)), 1.0)
    axes.set_xlim(ends.min() - 0.05 * span, ends.max() + 0.22 * span)
    axes.set_yticks(rows, [textwrap.fill(step, 34) for step in data["step"]])
    axes.set_xlabel(title)
    axes.set_title("From cost to net present value, a child")
    return figure


def draw_amounts(data: pd.DataFrame) -> Figure:
    """Draw amounts a child by group as bars with their numbers (``group``, ``per_child``, ``title``)."""
    shown = data.dropna(subset=["per_child"]).iloc[::-1]
    figure, axes = new_figure(height=0.42 * max(len(shown), 2) + 1.3)
    currency, title = _currency(data)
    rows = list(range(len(shown)))
    axes.barh(rows, shown["per_child"], color=COLOURS["programme"], height=0.6)
    for row, amount in zip(rows, shown["per_child"], strict=True):
        _label(axes, amount, amount, row, currency)
    axes.set_xlim(0, 1.2 * float(shown["per_child"].max()) if len(shown) else 1)
    axes.set_yticks(rows, [str(g)[:1].upper() + str(g)[1:] for g in shown["group"]])
    axes.set_xlabel(title)
    return figure


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
