"""Figures of the contract, drawn from released data only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_money_short
from wlz_eval.value.figures import currency_and_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_anyway", "draw_cash", "draw_payments", "draw_targets"]

#: Months between the marks below a figure over time.
EVERY = 3
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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


def _months(axes: Any, months: list[str]) -> None:
    at = list(range(0, len(months), EVERY))
    words = [f"{MONTHS[int(months[i][5:7]) - 1]}\n{months[i][:4]}" for i in at]
    axes.set_xticks(at, words)


def _money(axis: Any, currency: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(6))
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_money_short(value, currency)))


def draw_payments(data: pd.DataFrame) -> Figure:
    """Draw payments so far by month (``month``, ``paid``) beside the projections ``low``, ``base``, ``high``."""
    figure, axes = new_figure(height=3.6)
    currency, title = currency_and_title(data)
    rows = list(range(len(data)))
    if data[["low", "high"]].notna().any(axis=None):
        axes.fill_between(rows, data["low"], data["high"], step="post", color=COLOURS["light"], alpha=0.6,
                          label="Low to high target")
    if data["base"].notna().any():
        axes.step(rows, data["base"], where="post", color=COLOURS["neutral"], ls="--", label="Middle target")
    paid = data["paid"].dropna()
    axes.step([rows[data.index.get_loc(i)] for i in paid.index], paid, where="post", color=COLOURS["programme"], lw=2.4,
              label="Owed")
    _months(axes, [str(m) for m in data["month"]])
    _money(axes.yaxis, currency)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("\n".join(title.replace(" (", ",\n(").split(",\n")))
    axes.legend(loc="upper left")
    return figure


def draw_anyway(data: pd.DataFrame) -> Figure:
    """Draw what is paid, and what stands ``beside`` it (``words``, ``paid``, ``without``, its ends)."""
    shown = data.iloc[::-1]
    figure, axes = new_figure(height=0.5 * max(len(shown), 2) + 1.5)
    currency, title = currency_and_title(data)
    rows = list(range(len(shown)))
    axes.barh(rows, shown["paid"], color=COLOURS["light"], height=0.62, label="Paid")
    axes.hlines(rows, shown["without_low"], shown["without_high"], color=COLOURS["bad"], lw=2.2)
    label = f"{data['beside'].iloc[0]}, and its 95% range"
    axes.plot(shown["without"], rows, "D", color=COLOURS["bad"], ms=7, label=label)
    axes.set_yticks(rows, list(shown["words"]))
    _money(axes.xaxis, currency)
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.set_xlim(left=0)
    axes.set_xlabel(title)
    figure.legend(loc="outside upper left", ncols=2)
    return figure


def draw_cash(data: pd.DataFrame) -> Figure:
    """Draw money in and out by month and the balance (``month``, ``capital``, ``costs``, ``payments``, ``balance``)."""
    figure, axes = new_figure(height=3.8)
    currency, title = currency_and_title(data)
    rows = list(range(len(data)))
    capital, payments = data["capital"].fillna(0.0), data["payments"].fillna(0.0)
    axes.bar(rows, capital, color=COLOURS["accent"], label="Capital in")
    axes.bar(rows, payments, bottom=capital, color=COLOURS["good"], label="Payments in")
    axes.bar(rows, -data["costs"].fillna(0.0), color=COLOURS["bad"], label="Costs out")
    axes.plot(rows, data["balance"], color=COLOURS["neutral"], lw=2, label="Balance")
    axes.axhline(0, color=COLOURS["neutral"], lw=0.8)
    _months(axes, [str(m) for m in data["month"]])
    _money(axes.yaxis, currency)
    axes.set_ylabel("\n".join(title.replace(" (", ",\n(").split(",\n")))
    figure.legend(loc="outside upper left", ncols=4)
    return figure
