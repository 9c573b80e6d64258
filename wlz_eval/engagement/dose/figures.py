"""Figures of dose, drawn from released tables only: never a point a child, never a tick a child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.figures import COLOURS, axis_title, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_dose_curve", "draw_dose_for_change", "draw_need_slopes", "draw_share_curve"]


POINTWISE: dict[str, Any] = {
    "color": COLOURS["programme"], "alpha": 0.25, "lw": 0, "label": "95% band, each dose on its own",
}
#: Spans of the doses seen beyond which an estimate is not drawn.
FAR = 2.0


def _counts(axes: Axes, shown: pd.DataFrame, data: pd.DataFrame) -> None:
    """Draw how many children are near each dose: bars of groups in place of a tick a child."""
    edges = (shown["dose"].to_numpy()[1:] + shown["dose"].to_numpy()[:-1]) / 2
    width = float(pd.Series(edges).diff().min()) if len(edges) > 1 else 1.0
    axes.bar(shown["dose"], shown["n"], width=0.6 * width, color=COLOURS["light"])
    axes.set_ylabel("Children")
    axes.set_xlabel(axis_title(data, "x_title", "Dose"))


def _curve_axes(shown: pd.DataFrame, data: pd.DataFrame) -> tuple[Figure, Axes]:
    figure, (top, bottom) = new_figure(
        2, 1, height=4.8, sharex=True, gridspec_kw={"height_ratios": (4, 1)}
    )
    _counts(bottom, shown, data)
    top.set_ylabel(axis_title(data, "y_title", "Outcome", 34))
    return figure, top


def draw_dose_curve(data: pd.DataFrame) -> Figure:
    """Draw the curve, both bands, the straight line, and how many children are near each dose.

    Parameters
    ----------
    data : DataFrame
        ``dose``, ``n``, ``fitted``, ``low``, ``high``, ``low_all``, ``high_all``, ``line``, and the titles of the axes
        in ``x_title`` and ``y_title``; hidden rows are missing.
    """
    shown = data.dropna(subset=["dose", "fitted"]).sort_values("dose")
    figure, axes = _curve_axes(shown, data)
    wide: dict[str, Any] = {"color": COLOURS["light"], "alpha": 0.35, "lw": 0, "label": "95% band, all doses at once"}
    axes.fill_between(shown["dose"], shown["low_all"], shown["high_all"], **wide)
    axes.fill_between(shown["dose"], shown["low"], shown["high"], **POINTWISE)
    axes.plot(shown["dose"], shown["line"], color=COLOURS["neutral"], ls="--", lw=1.2, label="straight line")
    axes.plot(shown["dose"], shown["fitted"], "o-", color=COLOURS["programme"], ms=4, label="curve")
    axes.legend(fontsize=8, ncols=2)
    return figure


def draw_share_curve(data: pd.DataFrame) -> Figure:
    """Draw the share of children who meet an outcome by dose, with its band and the share asked about.

    Parameters
    ----------
    data : DataFrame
        ``dose``, ``n``, ``fitted``, ``low``, ``high`` and ``asked`` in percent, titles as for a curve.
    """
    shown = data.dropna(subset=["dose", "fitted"]).sort_values("dose")
    figure, axes = _curve_axes(shown, data)
    axes.fill_between(shown["dose"], shown["low"], shown["high"], **POINTWISE)
    axes.plot(shown["dose"], shown["fitted"], "o-", color=COLOURS["programme"], ms=4, label="share who met it")
    axes.plot(shown["dose"], shown["asked"], color=COLOURS["bad"], ls="--", lw=1.2, label="share asked about")
    axes.set_ylim(0, 100)
    axes.legend(fontsize=8)
    return figure


def draw_need_slopes(data: pd.DataFrame) -> Figure:
    """Draw the slope at each level of need with its 95% interval: ``level``, ``estimate``, ``ci_low``, ``ci_high``."""
    shown = data.dropna(subset=["estimate"]).iloc[::-1]
    figure, axes = new_figure(height=0.6 * max(len(shown), 2) + 1.4)
    y = list(range(len(shown)))
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    axes.hlines(y, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["estimate"], y, "o", color=COLOURS["programme"], ms=7)
    axes.set_yticks(y, [f"{str(level)[:1].upper()}{str(level)[1:]} need" for level in shown["level"]])
    axes.set_ylim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set_xlabel(axis_title(data, "x_title", "Difference in the outcome for a step in dose, with 95% interval"))
    return figure


def draw_dose_for_change(data: pd.DataFrame) -> Figure:
    """Draw how much more dose goes with each change: an arrow where no upper limit can be given.

    Parameters
    ----------
    data : DataFrame
        One row a change: ``change`` (or words for it in ``label``), ``dose``, ``low``, ``high`` (missing where there is
        none), ``reading``, ``seen_low``, ``seen_high``; hidden rows are missing.
    """
    shown = data.iloc[::-1].reset_index(drop=True)
    figure, axes = new_figure(height=0.7 * max(len(shown), 2) + 1.4)
    span = float((shown["seen_high"] - shown["seen_low"]).max())
    # An estimate far beyond the doses seen is not worth the room that it would take: its arrow points there.
    near = shown["dose"].where(~(shown["dose"] > FAR * span))
    known = pd.concat([near, shown["low"], shown["high"]]).max()
    right = 1.15 * max([v for v in (float(known), span) if v > 0], default=1.0)
    for y, row in shown.iterrows():
        _draw_extra(axes, float(y), row, right)  # type: ignore[arg-type]
    if span == span:
        axes.axvspan(span, right, color=COLOURS["light"], alpha=0.3, lw=0)
        axes.annotate(
            "beyond the doses seen here", (right, 1), xycoords=("data", "axes fraction"), xytext=(-2, -2),
            textcoords="offset points", ha="right", va="top", fontsize=8, color=COLOURS["neutral"],
        )
    labels = shown["label"] if "label" in shown else [f"{v:+g}" for v in shown["change"]]
    axes.set_yticks(range(len(shown)), [str(v) for v in labels])
    axes.set_ylim(-0.6, len(shown) - 0.1)
    axes.set_xlim(0, right)
    axes.set_xlabel(axis_title(data, "x_title", "Extra dose that goes with the change, with 95% interval"))
    return figure


def _draw_extra(axes: Axes, y: float, row: pd.Series, right: float) -> None:
    if row["low"] != row["low"]:
        axes.annotate(str(row["reading"]), (0.02 * right, y), va="center", fontsize=9, color=COLOURS["neutral"])
        return
    if row["high"] == row["high"]:
        axes.hlines(y, max(row["low"], 0.0), row["high"], color=COLOURS["programme"])
    else:
        arrow = {"arrowstyle": "->", "color": COLOURS["programme"], "lw": 1.8}
        axes.annotate("", xy=(right, y), xytext=(min(row["low"], right), y), arrowprops=arrow)
        axes.plot(min(row["low"], right), y, "|", color=COLOURS["programme"], ms=10)
        axes.annotate(
            str(row["reading"]), (min(row["low"], 0.55 * right), y), xytext=(0, 7), textcoords="offset points",
            fontsize=8, color=COLOURS["neutral"],
        )
    if row["dose"] <= right:
        axes.plot(row["dose"], y, "o", color=COLOURS["programme"], ms=7)
