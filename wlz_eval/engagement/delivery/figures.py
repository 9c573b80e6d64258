"""Figures of delivery, drawn from released data: hidden rows are missing, and no row is one child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.engagement.delivery.funnel import BEYOND

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "draw_feedback", "draw_funnel", "draw_levels", "draw_needs", "draw_pooled", "draw_rates", "draw_runs",
    "draw_scales",
]

#: Letters at which a label is broken into a second line.
WRAP = 34
#: A line above the axes that says what a bar is.
TITLE: dict[str, Any] = {"fontweight": "normal", "fontsize": 10, "loc": "left"}
LEGEND: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1), "borderaxespad": 0.1, "frameon": False}


def _labels(axes: Any, words: pd.Series) -> None:
    """Rows from the top, with wrapped labels and no marks."""
    import textwrap

    axes.set_yticks(range(len(words)), ["\n".join(textwrap.wrap(str(w), WRAP)) or "" for w in words])
    axes.set_ylim(len(words) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)


def _aim(axes: Any, value: float, words: str, colour: str = "bad") -> None:
    """Draw a line across all rows, named at its foot."""
    axes.axvline(value, color=COLOURS[colour], ls="--", lw=1.2)
    axes.annotate(
        words, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points", ha="center",
        color=COLOURS[colour], annotation_clip=False,
    )


def _rows(data: pd.DataFrame, needed: str, each: float = 0.34) -> tuple[Any, Any, pd.DataFrame]:
    shown = data.dropna(subset=[needed]).reset_index(drop=True)
    figure, axes = new_figure(height=each * max(len(shown), 3) + 1.3)
    axes.grid(axis="y", visible=False)
    return figure, axes, shown


def draw_rates(data: pd.DataFrame) -> Figure:
    """Draw the attendance of each ``group`` (``rate``, ``ci_low``, ``ci_high``, in percent) beside the ``aim``."""
    figure, axes, shown = _rows(data, "rate")
    axes.hlines(shown.index, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["rate"], shown.index, "o", color=COLOURS["programme"], ms=6)
    _labels(axes, shown["group"])
    aim = float(data["aim"].max())
    _aim(axes, aim, f"aim {aim:.0f}%")
    axes.set_xlim(max(float(shown[["ci_low", "rate"]].min().min()) - 4, -2) if len(shown) else 0, 102)
    axes.set_xlabel("Planned sessions attended (%), with 95% interval")
    return figure


def draw_funnel(data: pd.DataFrame) -> Figure:
    """Draw each partner's ``rate`` against its ``planned`` sessions, over the limits of chance around the ``target``.

    Partners whose ``verdict`` is more than chance are named. Each has limits of its own, since partners differ in
    sessions a child: two bars behind its point.
    """
    shown = data.dropna(subset=["rate", "planned"])
    figure, axes = new_figure(height=4.4)
    for name, colour in (("outer", "#DDDDDD"), ("inner", "#A6A6A6")):
        axes.vlines(shown["planned"], shown[f"{name}_low"], shown[f"{name}_high"], color=colour, lw=5, zorder=1)
    beyond = shown["verdict"].isin(list(BEYOND.values()))
    for here, marker, colour in ((~beyond, "o", "programme"), (beyond, "D", "bad")):
        points = shown[here]
        axes.plot(points["planned"], points["rate"], marker, color=COLOURS[colour], ms=6, mec="white", zorder=3)
    for _, row in shown[beyond].iterrows():
        axes.annotate(
            str(row["group"]), (row["planned"], row["rate"]), xytext=(9, -3), textcoords="offset points", fontsize=9
        )
    if len(shown):
        target = float(shown["target"].iloc[0])
        axes.axhline(target, color=COLOURS["neutral"], lw=1, zorder=2)
        axes.annotate(
            f"all partners {target:.0f}%", (1, target), xycoords=("axes fraction", "data"), xytext=(0, 3),
            textcoords="offset points", ha="right", color=COLOURS["neutral"], fontsize=9,
        )
        low, high = float(shown["planned"].min()), float(shown["planned"].max())
        room = 0.08 * max(high - low, high * 0.2, 1.0)
        axes.set_xlim(low - room, high + 3 * room)
    axes.set_xlabel("Planned sessions")
    axes.set_ylabel("Sessions attended (%)")
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.set_title("Bars: where chance keeps 95% (dark) and 99.8% (pale)", **TITLE)
    return figure


def draw_pooled(data: pd.DataFrame) -> Figure:
    """Draw each partner's rate as seen (hollow) and as pooled, with the interval of the latter, by name."""
    figure, axes, shown = _rows(data, "pooled")
    axes.hlines(shown.index, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["rate"], shown.index, "o", color=COLOURS["neutral"], mfc="white", ms=6, label="as seen")
    axes.plot(shown["pooled"], shown.index, "o", color=COLOURS["programme"], ms=6, label="drawn towards the others")
    _labels(axes, shown["group"])
    axes.legend(ncols=2, **LEGEND)
    axes.set_xlabel("Planned sessions attended (%), with 95% interval")
    return figure


def draw_runs(data: pd.DataFrame) -> Figure:
    """Draw the ``share`` of children with two misses in a row beside the range to be ``expected`` of a random order."""
    figure, axes, shown = _rows(data, "expected", 0.42)
    axes.hlines(shown.index, shown["expected_low"], shown["expected_high"], color=COLOURS["light"], lw=11)
    axes.plot(shown["share"], shown.index, "o", color=COLOURS["programme"], ms=7)
    _labels(axes, shown["group"])
    axes.set_xlabel("Children who missed two sessions in a row (%)")
    axes.set_title("Grey: the same misses in a random order", **TITLE)
    axes.set_xlim(left=max(axes.get_xlim()[0], 0))
    axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def draw_levels(data: pd.DataFrame) -> Figure:
    """Draw how many partners meet each level (``meets``, ``does_not``, ``not_known``)."""
    figure, axes, shown = _rows(data, "meets", 0.42)
    left = pd.Series(0.0, index=shown.index)
    parts = {
        "meets": ("meets it", "programme"), "does_not": ("does not", "light"), "not_known": ("not known", "comparison"),
    }
    for column, (words, colour) in parts.items():
        if not shown[column].any():
            continue
        axes.barh(shown.index, shown[column], left=left, color=COLOURS[colour], height=0.62, label=words)
        for y, (start, size) in enumerate(zip(left, shown[column], strict=True)):
            if size:
                ink = "white" if column == "meets" else "black"
                axes.annotate(f"{size:.0f}", (start + size / 2, y), ha="center", va="center", color=ink, fontsize=9)
        left += shown[column]
    _labels(axes, shown["label"])
    if left.any():
        axes.legend(ncols=3, **LEGEND)
    axes.set_xlabel("Partners")
    return figure


def draw_scales(data: pd.DataFrame) -> Figure:
    """Draw ``change`` in SDs of each measure and partner (``label``, ``group``), with its interval; right is better."""
    figure, axes, shown = _rows(data, "change")
    axes.hlines(shown.index, shown["ci_low"], shown["ci_high"], color=COLOURS["neutral"])
    axes.plot(shown["change"], shown.index, "o", color=COLOURS["neutral"], mfc="white", ms=6)
    several = len(set(shown["label"])) > 1
    _labels(axes, shown["label"] + ": " + shown["group"] if several else shown["group"])
    axes.axvline(0, color=COLOURS["neutral"], lw=1)
    axes.set_xlabel("Second reading less first, in standard deviations at the start; right is better")
    return figure


def draw_needs(data: pd.DataFrame) -> Figure:
    """Draw mean ``contacts`` of a child in each ``group`` of need, with its interval."""
    figure, axes, shown = _rows(data, "contacts", 0.5)
    axes.hlines(shown.index, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["contacts"], shown.index, "o", color=COLOURS["programme"], ms=7)
    _labels(axes, shown["group"])
    axes.set_xlim(0, max(float(shown[["ci_high", "contacts"]].max().max()) * 1.1, 1.0) if len(shown) else 1)
    axes.set_xlabel("Contacts with a Link Worker for each child, with 95% interval")
    return figure


def draw_feedback(data: pd.DataFrame) -> Figure:
    """Draw the ``share`` favourable of each ``question`` with its interval, over what the silent leave open."""
    figure, axes, shown = _rows(data, "share", 0.55)
    axes.hlines(shown.index, shown["least"], shown["most"], color=COLOURS["light"], lw=11)
    axes.hlines(shown.index, shown["ci_low"], shown["ci_high"], color=COLOURS["programme"])
    axes.plot(shown["share"], shown.index, "o", color=COLOURS["programme"], ms=6)
    _labels(axes, shown["question"])
    axes.set_xlim(0, 100)
    axes.set_xlabel("Favourable answers, four or five of five (%), with 95% interval")
    axes.set_title("Grey: had all who were silent answered the one way or the other", **TITLE)
    return figure
