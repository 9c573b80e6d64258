"""Figures of page 7, drawn from released data only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_money, format_money_short, format_value
from wlz_eval.value.figures import currency_and_title, label_amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "draw_acceptability", "draw_illusion", "draw_information", "draw_perspectives", "draw_plane", "draw_tornado",
    "draw_two_way", "draw_waterfall", "draw_years",
]


def _rows(axes: Any, names: pd.Series, width: int = 34) -> list[int]:
    """Write names beside rows, the first on top."""
    rows = list(range(len(names)))[::-1]
    axes.set_yticks(rows, [textwrap.fill(str(n)[:1].upper() + str(n)[1:], width) for n in names])
    return rows


def _money_axis(axes: Any, currency: str, title: str, which: str = "x") -> None:
    """Print money on an axis as everywhere else, with a stroke at nothing."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: format_money_short(value, currency))
    if which == "x":
        axes.set_xlabel(textwrap.fill(title, 80))
        axes.axvline(0, color=COLOURS["neutral"], lw=1)
        axes.locator_params(axis="x", nbins=6)
    else:
        axes.set_ylabel(textwrap.fill(title, 46))
        axes.axhline(0, color=COLOURS["neutral"], lw=1)


def draw_waterfall(data: pd.DataFrame) -> Figure:
    """Draw the way from cost to net value: a child's cost, each benefit, what is left.

    Parameters
    ----------
    data : DataFrame
        ``step``, ``amount`` and ``title`` (of the axis, beginning with the currency); the first row is the
        cost, the last the net value.
    """
    figure, axes = new_figure(height=0.55 * len(data) + 1.5)
    currency, title = currency_and_title(data)
    amounts = data["amount"].fillna(0.0).to_numpy()
    starts = np.concatenate([[0.0], np.cumsum(amounts[:-1])])
    starts[-1] = 0.0
    rows = _rows(axes, data["step"])
    colours = [COLOURS["good"] if a >= 0 else COLOURS["bad"] for a in amounts]
    axes.barh(rows, amounts, left=starts, color=colours, height=0.6)
    ends = np.concatenate([starts, starts + amounts, [0.0]])
    for row, amount, start in zip(rows, amounts, starts, strict=True):
        label_amount(axes, amount, max(start, start + amount), row, currency)
    span = max(float(np.ptp(ends)), 1.0)
    axes.set_xlim(ends.min() - 0.05 * span, ends.max() + 0.22 * span)
    _money_axis(axes, currency, title)
    return figure


def draw_perspectives(data: pd.DataFrame) -> Figure:
    """Draw net value by perspective, with intervals (``perspective``, ``net``, ``low``, ``high``, ``title``)."""
    shown = data.dropna(subset=["net"])
    figure, axes = new_figure(height=0.5 * max(len(shown), 2) + 1.5)
    currency, title = currency_and_title(shown)
    rows = _rows(axes, shown["perspective"])
    axes.hlines(rows, shown["low"], shown["high"], color=COLOURS["programme"], lw=3)
    axes.scatter(shown["net"], rows, color=COLOURS["programme"], zorder=3)
    for row, amount in zip(rows, shown["net"], strict=True):
        words = format_money(amount, currency)
        axes.annotate(words, (amount, row), xytext=(0, 7), textcoords="offset points", ha="center")
    axes.set_ylim(-0.6, len(shown) - 0.2)
    axes.margins(x=0.08)
    _money_axis(axes, currency, title)
    return figure


def draw_tornado(data: pd.DataFrame) -> Figure:
    """Draw net value with each input at either end (``label``, ``low``, ``high``, ``middle``, ``title``)."""
    figure, axes = new_figure(height=0.62 * max(len(data), 2) + 1.7)
    currency, title = currency_and_title(data)
    rows = _rows(axes, data["label"])
    middle = float(data["middle"].iloc[0])
    for end, colour, words in (("low", "comparison", "input at the low end"), ("high", "programme", "at the high end")):
        axes.barh(rows, data[end] - middle, left=middle, color=COLOURS[colour], height=0.55, label=words)
    axes.axvline(middle, color=COLOURS["neutral"], lw=1.5, ls=":", label="as expected")
    _money_axis(axes, currency, title)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3)
    return figure


def draw_information(data: pd.DataFrame) -> Figure:
    """Draw each input's share of the spread of net value (``label``, ``share`` in percent)."""
    shown = data.dropna(subset=["share"])
    figure, axes = new_figure(height=0.55 * max(len(shown), 2) + 1.3)
    rows = _rows(axes, shown["label"])
    axes.barh(rows, shown["share"], color=COLOURS["programme"], height=0.55)
    for row, share in zip(rows, shown["share"], strict=True):
        axes.annotate(f"{share:.0f}%", (share, row), xytext=(5, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 25))
    axes.set_xlabel("Share of the variance of net value, percent")
    return figure


def draw_acceptability(data: pd.DataFrame) -> Figure:
    """Draw the chance of being worth the cost by what a point is worth (``worth``, ``chance``, ``title``)."""
    figure, axes = new_figure(height=3.4)
    currency, title = currency_and_title(data)
    axes.plot(data["worth"], data["chance"], color=COLOURS["programme"])
    axes.set_ylim(0, 100)
    axes.set_ylabel("Chance that it is worth\nits cost, percent")
    _money_axis(axes, currency, title)
    return figure


def draw_plane(data: pd.DataFrame) -> Figure:
    """Draw the plane of cost and effect: one dot a draw (``effect``, ``cost``, ``title``, ``outcome``)."""
    figure, axes = new_figure(height=3.8)
    currency, title = currency_and_title(data)
    axes.scatter(data["effect"], data["cost"], s=10, color=COLOURS["programme"], alpha=0.45, linewidths=0)
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    axes.set_xlabel(f"{data['outcome'].iloc[0]}, points in the good direction")
    _money_axis(axes, currency, title, "y")
    axes.set_ylim(0, 1.25 * float(data["cost"].max()))
    return figure


def draw_years(data: pd.DataFrame) -> Figure:
    """Draw the running net value by year (``year``, ``net``, ``low``, ``high``, ``title``)."""
    figure, axes = new_figure(height=3.6)
    currency, title = currency_and_title(data)
    # A year lasts to its end: the last one is drawn too.
    years = np.arange(len(data) + 1)
    low, net, high = (np.append(data[c], data[c].iloc[-1]) for c in ("low", "net", "high"))
    axes.fill_between(years, low, high, step="post", color=COLOURS["programme"], alpha=0.2, lw=0)
    axes.step(years, net, where="post", color=COLOURS["programme"])
    axes.set_xlabel("Years from the start of the programme")
    axes.set_xticks(range(0, len(years), max(len(years) // 8, 1)))
    _money_axis(axes, currency, title, "y")
    return figure


def draw_two_way(data: pd.DataFrame) -> Figure:
    """Draw net value over two inputs as a grid of amounts, those below zero in another colour."""
    figure, axes = new_figure(height=3.8)
    currency, title = currency_and_title(data)
    grid = data.pivot_table(index="second", columns="first", values="net", aggfunc="first", sort=True)
    values = grid.to_numpy()
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            good = values[i, j] >= 0
            colour = COLOURS["good" if good else "bad"]
            axes.add_patch(_cell(j, i, colour))
            axes.text(j, i, format_money(values[i, j], currency), ha="center", va="center", fontsize=9)
    axes.set_xlim(-0.5, values.shape[1] - 0.5)
    axes.set_ylim(-0.5, values.shape[0] - 0.5)
    axes.grid(False)
    for which, index in (("first", grid.columns), ("second", grid.index)):
        words = [format_value(float(v), data[f"{which}_unit"].iloc[0], currency) for v in index]
        label = textwrap.fill(data[f"{which}_label"].iloc[0], 60 if which == "first" else 34)
        if which == "first":
            axes.set_xticks(range(len(words)), words)
            axes.set_xlabel(label)
        else:
            axes.set_yticks(range(len(words)), words)
            axes.set_ylabel(label)
    axes.set_title(title, fontsize=9, fontweight="normal")
    return figure


def _cell(x: int, y: int, colour: str) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=0.35, edgecolor="white")


def draw_illusion(data: pd.DataFrame) -> Figure:
    """Draw benefits a child by effect and by raw change, side by side (``basis``, ``amount``, ``title``)."""
    figure, axes = new_figure(height=0.6 * max(len(data), 2) + 1.3)
    currency, title = currency_and_title(data)
    rows = _rows(axes, data["basis"])
    colours = [COLOURS["programme"], *[COLOURS["light"]] * (len(data) - 1)]
    bars = axes.barh(rows, data["amount"].fillna(0.0), color=colours, height=0.55, edgecolor=COLOURS["neutral"])
    for bar in list(bars)[1:]:
        bar.set_hatch("//")
    for row, amount in zip(rows, data["amount"], strict=True):
        label_amount(axes, amount, max(amount, 0.0), row, currency)
    axes.margins(x=0.22)
    _money_axis(axes, currency, title)
    return figure
