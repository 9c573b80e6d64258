"""Figures of journeys and of the service, drawn from released data only: never one child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.engagement.journeys.alphabet import LABELS
from wlz_eval.engagement.journeys.flow import in_order

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["draw_flow", "draw_stages", "draw_states", "draw_timeline", "draw_touchpoints"]

#: Colour of each state: the more support the darker, and apart in grey.
STATE_COLOURS: dict[str, str] = {
    LABELS["none"]: "#F0E442",
    LABELS["light"]: "#9AD0EC",
    LABELS["link_worker"]: COLOURS["comparison"],
    LABELS["partner"]: COLOURS["good"],
    LABELS["both"]: COLOURS["programme"],
    LABELS["left"]: "#8C8C8C",
    LABELS["outside"]: "#DDDDDD",
}


def _once(values: pd.Series) -> list[str]:
    return list(dict.fromkeys(values.astype(str)))


def _short(step: str) -> str:
    """Name of a step on an axis: its half on a line of its own."""
    name, _, half = step.partition(", ")
    return f"{name}\n{half}" if half else name


def draw_states(data: pd.DataFrame) -> Figure:
    """Draw the share of children in each state in each step, one panel a group.

    Parameters
    ----------
    data : DataFrame
        ``group``, ``step``, ``state``, ``share`` in percent; a hidden share is missing, and what the shown ones
        leave is hatched.
    """
    groups, steps = _once(data["group"]), _once(data["step"])
    figure, axes = new_figure(len(groups), 1, height=1.5 + 1.9 * len(groups), squeeze=False, sharex=True)
    x = np.arange(len(steps))
    used = [state for state in STATE_COLOURS if (data["state"] == state).any()]
    for axis, group in zip(axes[:, 0], groups, strict=True):
        wide = data[data["group"] == group].set_index(["step", "state"])["share"].unstack("state").reindex(steps)  # noqa: PD010
        base = np.zeros(len(steps))
        for state in used:
            share = wide[state].fillna(0.0).to_numpy() if state in wide else np.zeros(len(steps))
            axis.bar(x, share, bottom=base, width=0.96, color=STATE_COLOURS[state], label=state)
            base += share
        rest = np.where(100 - base > 0.5 * wide.notna().sum(axis=1).to_numpy(), 100 - base, 0.0)
        if rest.any():
            axis.bar(x, rest, bottom=base, width=0.96, color="white", edgecolor=COLOURS["light"], hatch="////",
                     linewidth=0, label="Too few to show")  # fmt: skip
        axis.set_ylim(0, 100)
        axis.set_ylabel("Children (%)")
        axis.set_title(group)
        axis.grid(visible=False)
    _step_axis(axes[-1, 0], steps)
    handles: dict[str, Any] = {}
    for axis in axes[:, 0]:
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=3, frameon=False, fontsize=9)
    return figure


def _step_axis(axis: Any, steps: list[str]) -> None:
    every = max(1, -(-len(steps) // 12))
    shown = list(range(0, len(steps), every))
    turned = len(shown) > 6
    names = [steps[i].replace(", ", ",\n") for i in shown]
    axis.set_xticks(shown, names, rotation=60 if turned else 0, ha="right" if turned else "center", fontsize=8)
    if turned:
        for label in axis.get_xticklabels():
            label.set_rotation_mode("anchor")
    axis.set_xlim(-0.5, len(steps) - 0.5)


def draw_timeline(data: pd.DataFrame) -> Figure:
    """Draw the most common state of each step, one line of boxes a journey.

    Parameters
    ----------
    data : DataFrame
        ``journey``, ``step``, ``state``; with ``share`` (percent of the journey's children in it) that is written in
        the box, and a box whose share is hidden stays empty.
    """
    journeys, steps = _once(data["journey"]), _once(data["step"])
    figure, axis = new_figure(height=1.9 + 0.5 * len(journeys))
    with_share = "share" in data
    for row in (data.dropna(subset=["share"]) if with_share else data).itertuples():
        x, y = steps.index(str(row.step)), len(journeys) - 1 - journeys.index(str(row.journey))
        colour = STATE_COLOURS.get(str(row.state), COLOURS["light"])
        axis.barh(y, 0.96, left=x - 0.48, height=0.8, color=colour, label=str(row.state))
        ink = "white" if str(row.state) in (LABELS["both"], LABELS["partner"]) else "black"
        if with_share and len(steps) <= 14:
            axis.text(x, y, f"{row.share:.0f}%", ha="center", va="center", fontsize=8, color=ink)
    axis.set_yticks(range(len(journeys)), journeys[::-1])
    axis.set_ylim(-0.6, len(journeys) - 0.4)
    axis.grid(visible=False)
    _step_axis(axis, steps)
    handles = dict(zip(*reversed(axis.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside upper left", ncols=3, frameon=False, fontsize=9)
    return figure


def _heights(rows: pd.DataFrame, column: str) -> dict[str, float]:
    return {name: float(rows.loc[rows[column] == name, "children"].sum()) for name in in_order(_once(rows[column]))}


def _tops(heights: dict[str, float], total: float, gap: float) -> dict[str, float]:
    """Top of each block of a column, the column as a whole in the middle."""
    spare = total - sum(heights.values())
    top, out = total + gap - spare / 2, {}
    for name, height in heights.items():
        out[name] = top
        top -= height + gap
    return out


def draw_flow(data: pd.DataFrame) -> Figure:
    """Draw the flow from need through support to outcome as bands; a hidden band is not drawn.

    Parameters
    ----------
    data : DataFrame
        ``part`` ("need to support", "support to outcome"), ``start``, ``end``, ``children``; hidden counts missing.
    """
    shown = data.dropna(subset=["children"])
    parts = [shown[shown["part"] == part] for part in ("need to support", "support to outcome")]
    total = max((float(part["children"].sum()) for part in parts), default=1.0) or 1.0
    gap = 0.05 * total
    figure, axis = new_figure(height=4.2)
    middle = {name: max(_heights(parts[0], "end").get(name, 0.0), _heights(parts[1], "start").get(name, 0.0))
              for name in in_order(_once(pd.concat([parts[0]["end"], parts[1]["start"]])))}  # fmt: skip
    columns = [_heights(parts[0], "start"), middle, _heights(parts[1], "end")]
    tops = [_tops(column, total, gap) for column in columns]
    for i, part in enumerate(parts):
        _bands(axis, part, i, dict(tops[i]), dict(tops[i + 1]), total)
    for x, (column, top) in enumerate(zip(columns, tops, strict=True)):
        for name, height in column.items():
            axis.fill_between([x - 0.03, x + 0.03], top[name] - height, top[name], color=COLOURS["neutral"])
            side, align = (-0.05, "right") if x == 0 else (0.05, "left")
            axis.text(x + side, top[name] - height / 2, name[:1].upper() + name[1:], ha=align, va="center",
                      bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1.0})  # fmt: skip
    for x, title in enumerate(("Need at the start", "Support", "Outcome")):
        axis.text(x, total + 2.6 * gap, title, ha="center", va="bottom", fontweight="bold")
    axis.set_xlim(-0.55, 2.55)
    axis.set_ylim(-2.5 * gap, total + 4.5 * gap)
    axis.axis("off")
    return figure


def _bands(
    axis: Any, part: pd.DataFrame, x: int, left: dict[str, float], right: dict[str, float], total: float
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    colours = (COLOURS["programme"], COLOURS["comparison"], COLOURS["good"], COLOURS["accent"], COLOURS["bad"],
               "#56B4E9", "#F0E442", COLOURS["neutral"], COLOURS["light"], "#000000")  # fmt: skip
    names = in_order(_once(part["start"]))
    for start in names:
        for end in in_order(_once(part["end"])):
            size = float(part.loc[(part["start"] == start) & (part["end"] == end), "children"].sum())
            if not size:
                continue
            a, b = left[start], right[end]
            left[start], right[end] = a - size, b - size
            x0, x1, mid = x + 0.03, x + 0.97, x + 0.5
            points = [(x0, a), (mid, a), (mid, b), (x1, b), (x1, b - size), (mid, b - size), (mid, a - size),
                      (x0, a - size), (x0, a)]  # fmt: skip
            codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
            colour = colours[names.index(start) % len(colours)]
            axis.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.45, linewidth=0))
            if size >= 0.045 * total:
                axis.text(x + 0.8, b - size / 2 + 0.06 * (a - b), f"{size:,.0f}", ha="center", va="center", fontsize=8)


def draw_stages(data: pd.DataFrame) -> Figure:
    """Draw the share of children who reached each stage, with the median days to it.

    Parameters
    ----------
    data : DataFrame
        ``stage``, ``share`` (percent), ``median_days``, ``low_days``, ``high_days``; hidden numbers are missing, and
        a stage whose share is hidden has no bar. With ``children`` and ``n`` the bar is drawn from these where the
        share is missing.
    """
    rows = data.reset_index(drop=True)
    y = np.arange(len(rows))[::-1].astype(float)
    figure, (bars, days) = new_figure(1, 2, height=1.5 + 0.42 * len(rows), sharey=True)
    bars.barh(y, rows["share"].fillna(0.0), height=0.62, color=COLOURS["programme"])
    for at, share in zip(y, rows["share"], strict=True):
        known = np.isfinite(share)
        bars.text(share + 1 if known else 1, at, f"{share:.0f}%" if known else "not shown: nearly all, or few",
                  va="center", fontsize=8, color="black" if known else COLOURS["neutral"])  # fmt: skip
    bars.set_xlim(0, 112)
    bars.set_xticks([0, 25, 50, 75, 100])
    bars.set_yticks(y, rows["stage"].astype(str))
    bars.set_xlabel("Children who reached it (%)")
    days.hlines(y, rows["low_days"], rows["high_days"], color=COLOURS["neutral"], linewidth=3)
    days.plot(rows["median_days"], y, "o", color=COLOURS["programme"], markersize=7)
    for at, day in zip(y, rows["median_days"], strict=True):
        if np.isfinite(day):
            days.annotate(f"{day:.0f}", (day, at), xytext=(0, 7), textcoords="offset points", ha="center", fontsize=8)
    days.set_xlabel("Days from the start\n(half of the children lie within the line)")
    days.set_ylim(-0.7, len(rows) - 0.3)
    return figure


def draw_touchpoints(data: pd.DataFrame) -> Figure:
    """Draw who was met how often in each step: one lane for each person met, darker the more.

    Parameters
    ----------
    data : DataFrame
        ``who``, ``step``, ``per_child`` (mean contacts); hidden cells are missing and left blank. The row of the whole
        programme is not drawn.
    """
    rows = data[data["step"] != "Whole programme"]
    lanes, steps = _once(rows["who"]), _once(rows["step"])
    values = rows.set_index(["who", "step"])["per_child"].unstack("step").reindex(index=lanes, columns=steps)  # noqa: PD010
    figure, axis = new_figure(height=1.9 + 0.5 * max(len(lanes), 1))
    cells = values.to_numpy(dtype=float)
    top = float(np.nanmax(cells)) if np.isfinite(cells).any() else 1.0
    axis.imshow(cells, aspect="auto", cmap="Blues", vmin=0, vmax=max(top, 1e-9))
    for i, row in enumerate(cells):
        for j, value in enumerate(row):
            if np.isfinite(value) and len(steps) <= 14:
                axis.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=8,
                          color="white" if value > 0.6 * top else "black")  # fmt: skip
    axis.set_yticks(range(len(lanes)), lanes)
    axis.set_ylim(len(lanes) - 0.5, -0.5)
    axis.grid(visible=False)
    _step_axis(axis, steps)
    return figure
