"""Which risks go together: children by the combination of areas in which they are at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import eligible_pupils
from wlz_eval.measures.options import RiskRule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Combinations", "combinations", "draw_combinations"]

BETWEEN = " + "
NONE, OTHER = "No area", "Other combinations"


@dataclass(frozen=True, kw_only=True, repr=False)
class Combinations(Result):
    """The programme's children by their combination of risks.

    Parameters
    ----------
    rows : DataFrame
        One row a combination, most frequent first: ``combination`` (areas joined by a plus sign), ``children``. Those
        of fewer children than the threshold are in one last row.
    counted : int
        Children of whom every area counted here is known.
    """

    rows: pd.DataFrame
    counted: int

    title = "Combinations of risks"

    def table(self) -> pd.DataFrame:
        """Return one row a combination."""
        return self.rows

    def plot(self) -> Figure:
        """Draw the combinations."""
        return draw_combinations(self.rows)


def combinations(frame: AnalysisFrame, rules: Sequence[RiskRule], *, threshold: int = 10) -> Combinations:
    """Count the programme's children by the combination of areas in which they are at risk.

    Parameters
    ----------
    frame : AnalysisFrame
    rules : sequence of RiskRule
    threshold : int
        Combinations of fewer children are counted together; where those together are still fewer, the least frequent
        of the others joins them, so that none can be had by subtraction.

    Returns
    -------
    Combinations

    Examples
    --------
    >>> data = pd.DataFrame({"programme": 1, "fsm": [1.0] * 3 + [0.0], "eal": [1.0, 1.0, 0.0, 0.0]})
    >>> rules = [RiskRule(area="money", column="fsm", equals=1), RiskRule(area="language", column="eal", equals=1)]
    >>> combinations(AnalysisFrame(data, pd.DataFrame()), rules, threshold=2).rows.values.tolist()
    [['Money + Language', 2], ['Other combinations', 2]]
    """
    own = AnalysisFrame(frame.data[frame.data["programme"] == 1], frame.flow)
    flags = eligible_pupils(own, rules).flags
    names = [str(c).replace("_", " ").capitalize() for c in flags.columns]
    if not names or flags.empty:
        return Combinations(rows=pd.DataFrame(columns=["combination", "children"]), counted=0)
    said = [BETWEEN.join(n for n, yes in zip(names, row, strict=True) if yes) or NONE for row in flags.to_numpy()]
    counts = pd.Series(said).value_counts()
    order = sorted(counts.index, key=lambda name: (-int(counts[name]), name))
    kept = [name for name in order if counts[name] >= threshold]
    rest = len(said) - int(counts[kept].sum())
    while 0 < rest < threshold and kept:
        rest += int(counts[kept.pop()])
    rows = [(name, int(counts[name])) for name in kept] + ([(OTHER, rest)] if rest else [])
    return Combinations(rows=pd.DataFrame(rows, columns=["combination", "children"]), counted=len(said))


def draw_combinations(data: pd.DataFrame) -> Figure:
    """Draw one row a combination: filled dots for its areas, and a bar for its children.

    Parameters
    ----------
    data : DataFrame
        Columns ``combination``, ``children``; hidden numbers are ``nan``.
    """
    rows = data[data["children"].notna()].reset_index(drop=True)
    sets = [() if c in (NONE, OTHER) else tuple(str(c).split(BETWEEN)) for c in rows["combination"]]
    weight: dict[str, float] = {}
    for own, n in zip(sets, rows["children"], strict=True):
        for area in own:
            weight[area] = weight.get(area, 0.0) + float(n)
    areas = sorted(weight, key=lambda a: (-weight[a], a))
    figure, (left, right) = new_figure(
        1, 2, height=1.9 + 0.34 * max(len(rows), 2), sharey=True, width_ratios=[max(len(areas), 2) * 0.62, 4.2],
    )
    y = np.arange(len(rows))[::-1]
    for place, own, name in zip(y, sets, rows["combination"], strict=True):
        if name in (NONE, OTHER):
            left.text((len(areas) - 1) / 2, place, str(name), ha="center", va="center", color=COLOURS["neutral"])
            continue
        at = [areas.index(a) for a in own]
        left.plot(range(len(areas)), [place] * len(areas), "o", color="#E5E5E5", markersize=9)
        left.plot(at, [place] * len(at), "o-", color=COLOURS["programme"], markersize=9, linewidth=2)
    left.set_xticks(range(len(areas)), areas, rotation=40, ha="left", rotation_mode="anchor")
    left.xaxis.tick_top()
    left.tick_params(length=0, labelleft=False)
    left.set_xlim(-0.6, max(len(areas), 1) - 0.4)
    left.set_ylim(-0.6, len(rows) - 0.4)
    left.grid(False)
    for side in ("left", "bottom", "top"):
        left.spines[side].set_visible(False)
    bars = right.barh(y, rows["children"].to_numpy(dtype=float), color=COLOURS["programme"], height=0.6)
    right.bar_label(bars, fmt="{:,.0f}", padding=3)
    right.set_xlabel("Programme children")
    right.margins(x=0.12)
    right.tick_params(axis="y", length=0, labelleft=False)
    right.grid(axis="y", visible=False)
    return figure
