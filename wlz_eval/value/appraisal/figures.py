"""From cost to net value as a picture, drawn from released data only."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.value.figures import currency_and_title, label_amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_waterfall"]


def draw_waterfall(data: pd.DataFrame) -> Figure:
    """Draw the way from cost to net value: a child's cost, each benefit, what is left.

    Parameters
    ----------
    data : DataFrame
        ``step``, ``amount`` and ``title`` (of the axis, beginning with the currency); the first row is the
        cost, the last the net value.
    """
    figure, axes = new_figure(height=0.5 * len(data) + 1.4)
    currency, title = currency_and_title(data)
    amounts = data["amount"].fillna(0.0).to_numpy()
    starts = np.concatenate([[0.0], np.cumsum(amounts[:-1])])
    starts[-1] = 0.0
    rows = list(range(len(amounts)))[::-1]
    colours = [COLOURS["good"] if a >= 0 else COLOURS["bad"] for a in amounts]
    axes.barh(rows, amounts, left=starts, color=colours, height=0.6)
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    ends = np.concatenate([starts, starts + amounts, [0.0]])
    for row, amount, start in zip(rows, amounts, starts, strict=True):
        label_amount(axes, amount, max(start, start + amount), row, currency)
    span = max(float(np.ptp(ends)), 1.0)
    axes.set_xlim(ends.min() - 0.05 * span, ends.max() + 0.22 * span)
    axes.set_yticks(rows, [textwrap.fill(step, 34) for step in data["step"]])
    axes.set_xlabel(title)
    axes.set_title("From cost to net present value, a child")
    return figure
