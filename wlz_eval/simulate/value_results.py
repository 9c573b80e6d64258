"""The committed studies of value and of the outcomes contract, read back: how far pages 7 and 8 can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.numbers import format_number
from wlz_eval.core.result import Result
from wlz_eval.simulate.committed import percent, read_committed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ContractStudy", "ValueStudy", "load_contract_results", "load_value_results"]

_two_places = partial(format_number, digits=2)
#: What the columns of a world of the contract study say; those that a study does not hold are left out.
QUESTIONS = {
    "held": "The interval of the share that was caused holds zero, as it should",
    "flagged": "Something is flagged where nothing was planted",
    "flags": "Lines flagged where nothing was planted, a world",
    "flagged_endline": "The same, at endline",
    "flagged_baseline": "The same, at baseline",
    "found_alone": "Near misses lifted past one line: found, were it the only line",
    "found": "Near misses lifted past one line: found among all lines",
    "found_one": "Near misses lifted past one line: something is flagged",
    "named": "Near misses lifted past one line: that line is named",
    "found_every": "Near misses lifted past every line: something is flagged",
    "found_inflated": "Baselines made worse: something is flagged",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class ValueStudy(Result):
    """What the interval of the benefit-cost ratio did in worlds whose ratio is known.

    Parameters
    ----------
    cells : DataFrame
        One row a cell; columns as :func:`wlz_eval.simulate.value_study.run_cell` describes.
    facts : dict
        Seed, draws, bar.
    """

    cells: pd.DataFrame
    facts: dict[str, Any]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how much was simulated."""
        return f"Value: {len(self.cells)} cells of {int(self.cells['worlds'].min()):,} worlds"

    @property
    def _none(self) -> pd.Series[bool]:
        return self.cells["truth"] == 0

    def table(self) -> pd.DataFrame:
        """Return the cells: coverage of the ratio, and how often the benefit's interval holds nothing."""
        return self.cells

    def summary(self) -> pd.DataFrame:
        """Give the cells in words, for a page."""
        part = self.cells
        return pd.DataFrame(
            {
                "World": part["cell"],
                "True ratio, mean": part["truth"].map(_two_places),
                "Ratio found, mean": part["ratio"].map(_two_places),
                "Interval holds the truth": [
                    f"{percent(c)} (± {200 * e:.1f})"
                    for c, e in zip(part["coverage"], part["coverage_error"], strict=True)
                ],
                "Benefit may be nothing": part["holds_zero"].map(percent),
                "Said to exceed cost": part["said_gain"].map(percent),
            }
        )

    def illusion(self) -> pd.DataFrame:
        """Set what raw change would have claimed beside the truth, in words."""
        part = self.cells
        return pd.DataFrame(
            {
                "World": part["cell"], "True ratio, mean": part["truth"].map(_two_places),
                "Ratio that raw change would claim": part["raw_change"].map(_two_places),
            }
        )

    @property
    def answer(self) -> str:
        """The study's finding, in words."""
        some, none = self.cells[~self._none], self.cells[self._none]
        worth = self.cells[self.cells["truth"] > 1]
        return (
            f"Intervals can be trusted as far as inputs are spread as the plan says. That of the benefit-cost ratio "
            f"held the truth in {100 * some['coverage'].min():.1f}% to {100 * some['coverage'].max():.1f}% of worlds. "
            f"Where the programme did nothing, the interval of its benefit held zero in "
            f"{100 * none['holds_zero'].min():.1f}% to {100 * none['holds_zero'].max():.1f}%, and benefits were said "
            f"to exceed costs in {100 * none['said_gain'].max():.1f}%. Where benefits truly exceeded costs, by up to "
            f"{100 * (worth['truth'].max() - 1):.0f}%, that was said in no more than "
            f"{100 * worth['said_gain'].max():.1f}%: silence is no proof that they do not. Optimism bias comes off "
            f"gains and never off a harm, so what is stated errs downwards: where the programme did nothing, by up to "
            f"{-none['ratio'].min():.2f} times the cost on average. In those same worlds the change before to after "
            f"would have claimed benefits of {none['raw_change'].max():.1f} times the cost."
        )

    def plot(self) -> Figure:
        """Draw coverage by cell with the bar."""
        return draw_coverage(self.cells, tuple(self.facts["bar"]["coverage"]))


def draw_coverage(cells: pd.DataFrame, bar: tuple[float, float]) -> Figure:
    """Draw how often intervals held the truth, by cell, with two Monte Carlo errors and the bar.

    Parameters
    ----------
    cells : DataFrame
        ``cell``, ``coverage``, ``coverage_error``.
    bar : tuple of float
        Least and most coverage that is accepted.
    """
    figure, axes = new_figure(height=0.4 * len(cells) + 1.2)
    rows = np.arange(len(cells))[::-1]
    share, error = 100 * cells["coverage"], 200 * cells["coverage_error"]
    axes.hlines(rows, share - error, share + error, color=COLOURS["programme"], lw=2)
    axes.scatter(share, rows, color=COLOURS["programme"], zorder=3)
    for end in bar:
        axes.axvline(100 * end, color=COLOURS["neutral"], lw=1, ls="--")
    axes.set_yticks(rows, cells["cell"])
    axes.set_ylim(-0.6, len(cells) - 0.4)
    axes.set_xlim(min(90.0, float((share - error).min()) - 0.5), 100)
    axes.set_xlabel("Worlds whose true ratio the 95% interval held, % (dashed: the bar)")
    return figure


@dataclass(frozen=True, kw_only=True, repr=False)
class ContractStudy(Result):
    """What page 8 said of outcomes that nobody caused, and of payments that were bent.

    Parameters
    ----------
    worlds : DataFrame
        One row a world; columns as :func:`wlz_eval.simulate.contract_study.run_world` describes.
    facts : dict
        Options, bar.
    """

    worlds: pd.DataFrame
    facts: dict[str, Any]

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: how much was simulated."""
        return f"Outcomes contract: {len(self.worlds):,} worlds without effect"

    def table(self) -> pd.DataFrame:
        """Return for each question the mean over worlds and two Monte Carlo errors.

        Returns
        -------
        DataFrame
            ``question``, ``name`` (column), ``mean``, ``error`` (two standard errors), ``worlds`` that answer it.
        """
        held = [name for name in QUESTIONS if name in self.worlds]
        rows = []
        for name in held:
            values = self.worlds[name].dropna()
            error = 2 * float(values.std()) / np.sqrt(len(values))
            rows.append((QUESTIONS[name], name, float(values.mean()), error, len(values)))
        return pd.DataFrame(rows, columns=["question", "name", "mean", "error", "worlds"])

    def summary(self) -> pd.DataFrame:
        """Give the same table in words, for a page."""
        found = self.table()
        return pd.DataFrame(
            {
                "Question": found["question"],
                "Of all worlds": [
                    f"{m:.2f} (± {e:.2f})" if n == "flags" else f"{100 * m:.1f}% (± {100 * e:.1f})"
                    for n, m, e in zip(found["name"], found["mean"], found["error"], strict=True)
                ],
            }
        )

    @property
    def answer(self) -> str:
        """The study's finding, in words."""
        means = self.table().set_index("name")["mean"]
        least = float(self.facts.get("bar", {}).get("held", np.nan))
        said = (
            f"Partly. In worlds in which the programme did nothing, outcomes were paid for all the same. The 95% "
            f"interval of the share that was caused held zero in {100 * means['held']:.1f}% of worlds"
            + (f" (the bar is {100 * least:.1f}%)." if np.isfinite(least) else ".")
        )
        found = [n for n in ("found_one", "found", "found_every", "found_inflated") if n in means]
        if found:
            said += (
                f" Payments that were bent were found in {100 * means[found].min():.0f}% to "
                f"{100 * means[found].max():.0f}% of worlds, by how they were bent: no flag is no proof."
            )
        return said

    def plot(self) -> Figure:
        """Draw the share of payments said to be caused, by world, where it is nothing in truth."""
        return draw_shares(self.worlds)


def draw_shares(worlds: pd.DataFrame) -> Figure:
    """Draw estimates of the share of payments that was caused, where it is nothing (``share``, in percent)."""
    figure, axes = new_figure(height=3.0)
    axes.hist(worlds["share"].dropna(), bins=30, color=COLOURS["programme"])
    axes.axvline(0, color=COLOURS["neutral"], lw=1.5, ls="--")
    axes.set_xlabel("Share of outcome payments said to be caused, % (dashed: the truth)")
    axes.set_ylabel("Worlds")
    return figure


def load_value_results(folder: Path | None = None) -> ValueStudy:
    """Read the committed study of value.

    Parameters
    ----------
    folder : Path, optional
        Where ``value.csv`` and the facts beside it are; ``data/studies`` when left out.

    Raises
    ------
    WlzEvalError
        When it has not been run.
    """
    cells, facts = read_committed("value", "value_study", folder)
    return ValueStudy(cells=cells, facts=facts)


def load_contract_results(folder: Path | None = None) -> ContractStudy:
    """Read the committed study of the outcomes contract; see :func:`load_value_results`."""
    worlds, facts = read_committed("contract", "contract_study", folder)
    return ContractStudy(worlds=worlds, facts=facts)
