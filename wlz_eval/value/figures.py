"""Figures of value, drawn from released data only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_money

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["currency_and_title", "draw_amounts", "draw_units", "label_amount"]


def currency_and_title(data: pd.DataFrame) -> tuple[str, str]:
    """Currency, and title of the axis with its sign, from the column ``title``: ``GBP a child, 2023 prices``."""
    title = str(data["title"].iloc[0]) if len(data) else "GBP"
    currency = title.split()[0]
    return currency, title.replace(currency, {"GBP": "£", "USD": "$", "EUR": "€"}.get(currency, currency), 1)


def label_amount(axes: Any, amount: float, right: float, row: int, currency: str) -> None:
    """Write an amount beside the right end of its bar."""
    text = format_money(amount, currency)
    axes.annotate(text, (right, row), xytext=(5, 0), textcoords="offset points", va="center")


def draw_amounts(data: pd.DataFrame) -> Figure:
    """Draw amounts a child by group as bars with their numbers (``group``, ``per_child``, ``title``)."""
    shown = data.dropna(subset=["per_child"]).iloc[::-1]
    figure, axes = new_figure(height=0.42 * max(len(shown), 2) + 1.3)
    currency, title = currency_and_title(data)
    rows = list(range(len(shown)))
    axes.barh(rows, shown["per_child"], color=COLOURS["programme"], height=0.6)
    for row, amount in zip(rows, shown["per_child"], strict=True):
        label_amount(axes, amount, amount, row, currency)
    axes.set_xlim(0, 1.2 * float(shown["per_child"].max()) if len(shown) else 1)
    axes.set_yticks(rows, [str(g)[:1].upper() + str(g)[1:] for g in shown["group"]])
    axes.set_xlabel(title)
    return figure


def draw_units(data: pd.DataFrame) -> Figure:
    """Draw how many units of each thing that has a price would be needed (``label``, ``unit``, ``units_needed``)."""
    shown = data.dropna(subset=["units_needed"]).iloc[::-1]
    figure, axes = new_figure(height=0.42 * max(len(shown), 2) + 1.3)
    rows = list(range(len(shown)))
    axes.scatter(shown["units_needed"], rows, color=COLOURS["neutral"], marker="D")
    for row, (units, unit) in enumerate(zip(shown["units_needed"], shown["unit"], strict=True)):
        text = f"{units:,.1f} × {unit}" if units < 10 else f"{units:,.0f} × {unit}"
        axes.annotate(text, (units, row), xytext=(7, 0), textcoords="offset points", va="center")
    axes.set_xscale("log")
    if len(shown):
        axes.set_xlim(float(shown["units_needed"].min()) / 2, 40 * float(shown["units_needed"].max()))
    axes.set_yticks(rows, [textwrap.fill(str(label), 44) for label in shown["label"]])
    axes.xaxis.set_major_formatter("{x:,g}")
    axes.set_xlabel("Units a child (each step is ten times more)")
    return figure
