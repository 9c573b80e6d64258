"""Figures of progress, each drawn from the (released) table alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, MARKERS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_changes", "draw_exit_rates", "draw_flow", "draw_ways"]

FREE = "to be expected with no programme"


def _beside(
    axes: Any, rows: pd.DataFrame, seen: tuple[str, str, str], free: tuple[str, str, str]
) -> None:
    """Mark what was seen above what is to be expected, row by row, each with its range."""
    y = np.arange(len(rows))[::-1].astype(float)
    for names, lift, colour, marker, fill, label in (
        (seen, 0.16, COLOURS["programme"], MARKERS["programme"], "full", "seen"),
        (free, -0.16, COLOURS["neutral"], MARKERS["neutral"], "none", FREE),
    ):
        value, low, high = (rows[name].to_numpy(dtype=float) for name in names)
        axes.hlines(y + lift, low, high, color=colour, linewidth=2.4 if fill == "full" else 1.8)
        axes.plot(value, y + lift, marker, color=colour, fillstyle=fill, label=label, markersize=7)
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_ylim(-0.7, len(rows) - 0.3)


def draw_changes(data: pd.DataFrame) -> Figure:
    """Draw changes in SDs of the unselected population, better to the right, beside those to be expected.

    Parameters
    ----------
    data : DataFrame
        ``label``, ``change_good``, ``good_low``, ``good_high``, ``expected_good``, ``expected_good_low``,
        ``expected_good_high``; hidden numbers are ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.5 + 0.5 * max(len(rows), 1))
    _beside(
        axes, rows, ("change_good", "good_low", "good_high"),
        ("expected_good", "expected_good_low", "expected_good_high"),
    )
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.set_xlabel("Change from the start (standard deviations)\n\N{LEFTWARDS ARROW} got worse      got better "
                    "\N{RIGHTWARDS ARROW}")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False)
    return figure


def draw_exit_rates(data: pd.DataFrame) -> Figure:
    """Draw shares no longer at risk beside the shares to be expected with no programme, in percent.

    Parameters
    ----------
    data : DataFrame
        ``label``, ``exit_rate``, ``exit_low``, ``exit_high``, ``expected_exit_rate``, ``expected_exit_low``,
        ``expected_exit_high``; hidden numbers are ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.5 + 0.5 * max(len(rows), 1))
    _beside(
        axes, rows, ("exit_rate", "exit_low", "exit_high"),
        ("expected_exit_rate", "expected_exit_low", "expected_exit_high"),
    )
    axes.set_xlim(0, 100)
    axes.set_xlabel("Children no longer at risk, of those at risk at the start (%)")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False)
    return figure


def draw_flow(data: pd.DataFrame) -> Figure:
    """Draw who was at risk at the start and who is later, as bands between two columns.

    Parameters
    ----------
    data : DataFrame
        ``start``, ``end``, ``children``; a hidden number is ``nan`` and its band is not drawn.
    """
    rows = data.dropna(subset=["children"])
    total = float(rows["children"].sum()) or 1.0
    gap = 0.06 * total
    order = ["at risk", "not at risk"]
    figure, axes = new_figure(height=3.8)
    left, right = (_stack(rows, side, order, gap) for side in ("start", "end"))
    used_left, used_right = {k: b for k, (b, _) in left.items()}, {k: b for k, (b, _) in right.items()}
    colours = {
        ("at risk", "not at risk"): COLOURS["good"], ("at risk", "at risk"): COLOURS["light"],
        ("not at risk", "at risk"): COLOURS["bad"], ("not at risk", "not at risk"): COLOURS["light"],
    }
    words = {
        ("at risk", "not at risk"): "came out of risk", ("at risk", "at risk"): "stayed at risk",
        ("not at risk", "at risk"): "came into risk", ("not at risk", "not at risk"): "stayed out of risk",
    }
    for start in order:
        for end in order:
            band = rows[(rows["start"] == start) & (rows["end"] == end)]
            size = float(band["children"].sum())
            if not size:
                continue
            a, b = used_left[start], used_right[end]
            used_left[start], used_right[end] = a - size, b - size
            _band(axes, a, b, size, colours[start, end])
            # Written at the left, where no band has crossed another yet.
            axes.text(0.10, a + 0.03 * (b - a) - size / 2, f"{size:,.0f} {words[start, end]}", ha="left", va="center")
    for side, x, align in ((left, 0.06, "right"), (right, 0.94, "left")):
        for name, (top, size) in side.items():
            if size:
                axes.fill_between([x - 0.02, x + 0.02], top - size, top, color=COLOURS["neutral"])
                axes.text(x + (-0.03 if align == "right" else 0.03), top - size / 2, name, ha=align, va="center",
                          fontweight="bold")
    axes.text(0.06, total + 2.2 * gap, "At the start", ha="center", va="bottom", fontweight="bold")
    axes.text(0.94, total + 2.2 * gap, "Later", ha="center", va="bottom", fontweight="bold")
    axes.set_xlim(-0.16, 1.16)
    axes.set_ylim(-gap, total + 4 * gap)
    axes.axis("off")
    return figure


def _stack(rows: pd.DataFrame, side: str, order: list[str], gap: float) -> dict[str, tuple[float, float]]:
    """Top and height of each block of a column, the first of `order` uppermost."""
    sizes = {name: float(rows.loc[rows[side] == name, "children"].sum()) for name in order}
    top = sum(sizes.values()) + gap
    found = {}
    for name in order:
        found[name] = (top, sizes[name])
        top -= sizes[name] + gap
    return found


def _band(axes: Any, a: float, b: float, size: float, colour: str) -> None:
    t = np.linspace(0, 1, 60)
    bend = 3 * t**2 - 2 * t**3
    middle = a + (b - a) * bend
    axes.fill_between(0.08 + 0.84 * t, middle - size, middle, color=colour, alpha=0.55, linewidth=0)


def draw_ways(data: pd.DataFrame) -> Figure:
    """Draw shares better to the right and worse to the left, with thinner bars for what is to be expected.

    Children who stayed about the same are not drawn: a hidden share would follow from the other two.

    Parameters
    ----------
    data : DataFrame
        ``label``, ``improved``, ``worse``, ``improved_expected``, ``worse_expected``, in percent; hidden numbers are
        ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.9 + 0.62 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1].astype(float)
    looks = (("worse", -1, COLOURS["bad"], "got worse"), ("improved", 1, COLOURS["good"], "got better"))
    for suffix, lift, height, alpha in (("", 0.14, 0.40, 1.0), ("_expected", -0.22, 0.20, 0.45)):
        for way, side, colour, label in looks:
            value = rows[f"{way}{suffix}"].to_numpy(dtype=float)
            axes.barh(y + lift, side * np.nan_to_num(value), height=height, color=colour, alpha=alpha,
                      label=label if not suffix else f"{label}: {FREE}")
            for place, size in zip(y, value, strict=True):
                if np.isfinite(size) and not suffix:
                    axes.text(side * (size + 1), place + lift, f"{size:.0f}", ha="left" if side > 0 else "right",
                              va="center", fontsize=9)
                elif not suffix:
                    # No bar at all would look like no child at all.
                    axes.text(side, place + lift, "hidden", ha="left" if side > 0 else "right", va="center", fontsize=9,
                              color=COLOURS["neutral"], style="italic")
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    widest = np.nanmax(np.abs(rows[["improved", "worse", "improved_expected", "worse_expected"]].to_numpy(dtype=float)),
                       initial=20.0)
    axes.set_xlim(-1.15 * widest - 4, 1.15 * widest + 4)
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):.0f}")
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel("Children (%)")
    axes.grid(visible=False)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False)
    return figure
