"""The committed calibration study, read back: which interval holds everywhere, and how wide it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.result import Result
from wlz_eval.simulate.committed import read_committed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CalibrationStudy", "draw_study", "load_study"]

#: Widths are told as multiples of this candidate's.
USUAL = "CR2, IK"


@dataclass(frozen=True, kw_only=True, repr=False)
class CalibrationStudy(Result):
    """Coverage, width and false positives of every candidate in every cell of the grid.

    Parameters
    ----------
    cells : DataFrame
        One row a cell and candidate; columns as :func:`wlz_eval.simulate.calibration_study.run_cell` describes.
    facts : dict
        Seed, bar, what each candidate is, and the hash of the code.
    """

    cells: pd.DataFrame
    facts: dict[str, Any]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how much was simulated."""
        within = self.cells[self.cells["within"]]
        return (
            f"Calibration of intervals: {within['cell'].nunique()} cells of {int(within['worlds'].min()):,} worlds, "
            f"and {self.cells['cell'].nunique() - within['cell'].nunique()} beyond the bar"
        )

    def table(self) -> pd.DataFrame:
        """One row a candidate, over the cells within the bar.

        Columns ``cells``, ``failing`` (cells outside the bar by more than two Monte Carlo errors), ``coverage_worst``,
        ``worst_cell``, ``coverage_mean``, ``false_positives_worst``, ``relative_width`` (mean ratio of the mean
        half-width to that of CR2 with Imbens-Kolesár degrees of freedom).
        """
        within = self.cells[self.cells["within"]]
        usual = within[within["candidate"] == USUAL].set_index("cell")["half_width"]
        rows = []
        for candidate in self.facts["candidates"]:
            part = within[within["candidate"] == candidate].set_index("cell")
            rows.append(
                {
                    "candidate": candidate,
                    "cells": len(part),
                    "failing": int((~part["holds"]).sum()),
                    "coverage_worst": float(part["coverage"].min()),
                    "worst_cell": part["coverage"].idxmin(),
                    "coverage_mean": float(part["coverage"].mean()),
                    "false_positives_worst": float(part["false_positives"].max()),
                    "relative_width": float((part["half_width"] / usual).mean()),
                }
            )
        return pd.DataFrame(rows).set_index("candidate")

    def summary(self) -> pd.DataFrame:
        """Give the same table in words, for a page."""
        table = self.table().reset_index()
        percent = {name: [f"{100 * x:.1f}%" for x in table[name]] for name in ("coverage_worst", "coverage_mean")}
        return pd.DataFrame(
            {
                "Interval": table["candidate"],
                "Cells that fail": [f"{r.failing} of {r.cells}" for r in table.itertuples()],
                "Worst coverage": percent["coverage_worst"],
                "Where": table["worst_cell"],
                "Mean coverage": percent["coverage_mean"],
                "Relative width": [f"{x:.2f}" if x < float("inf") else "unbounded" for x in table["relative_width"]],
            }
        )

    @property
    def answer(self) -> str:
        """The study's finding, in words."""
        table = self.table()
        pair, school = (100 * table["coverage_mean"].to_dict()[name] for name in ("pair, CR1", "CR1"))
        return (
            f"Some can, and two usual recipes cannot. Of {len(table)} ways of making a 95% interval, "
            f"{int((table['failing'] == 0).sum())} held in every one of {int(table['cells'].max())} cells. Clustering "
            f"by matched pair held the truth in {pair:.0f}% of worlds on average, and clustering by school with the "
            f"usual degrees of freedom in {school:.0f}%."
        )

    def plot(self) -> Figure:
        """Draw coverage by cell, see :func:`draw_study`."""
        return draw_study(self.cells)


def load_study(folder: Path | None = None) -> CalibrationStudy:
    """Read the committed study.

    Parameters
    ----------
    folder : Path, optional
        Where ``calibration.csv`` and ``calibration.yaml`` are; ``data/studies`` when left out.

    Raises
    ------
    WlzEvalError
        When it has not been run.
    """
    table, facts = read_committed("calibration", "calibration_study", folder)
    return CalibrationStudy(cells=table, facts=facts)


def draw_study(
    cells: pd.DataFrame, candidates: tuple[str, ...] = ("CR2, BM", "CR3", "REML, KR", USUAL, "exchangeable, CR2")
) -> Figure:
    """Draw the coverage of some candidates in every cell, the bar and the nominal 95% as lines.

    Parameters
    ----------
    cells : DataFrame
        As in :class:`CalibrationStudy`.
    candidates : tuple of str
        At most five.
    """
    names = list(dict.fromkeys(cells["cell"]))
    figure, axes = new_figure(height=0.17 * len(names) + 1.4)
    marks = zip(candidates, "vs^Do", ("bad", "comparison", "accent", "neutral", "programme"), strict=False)
    for candidate, marker, colour in marks:
        part = cells[cells["candidate"] == candidate].set_index("cell").reindex(names)
        covered, places = 100 * part["coverage"], range(len(names))
        axes.scatter(covered, places, marker=marker, s=22, color=COLOURS[colour], label=candidate)
    axes.axvline(93.5, color=COLOURS["neutral"], linewidth=1, linestyle="--")
    axes.axvline(95, color=COLOURS["light"], linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlabel("Coverage of 95% intervals, % (dashed: 93.5)")
    figure.legend(loc="outside upper center", fontsize=8, ncols=len(candidates))
    return figure
