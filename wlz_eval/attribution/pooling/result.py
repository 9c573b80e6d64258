"""What pooling gives: the cohorts beside each other, all of them together, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Claim, Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import claim_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["POOLED", "PooledEffect", "PoolingEffect", "draw_pooled"]

PoolingEffect = Literal["average", "common"]
#: Name of the row of all cohorts together.
POOLED = "all cohorts"
#: Below this p-value the cohorts are said to differ.
DIFFER = 0.05


@dataclass(frozen=True, kw_only=True, repr=False)
class PooledEffect(Result):
    """One outcome over several cohorts.

    Parameters
    ----------
    outcome, unit : str
    effect : {"average", "common"}
        What was estimated, see :func:`pool`.
    rows : DataFrame
        One row a cohort, then ``all cohorts``: ``cohort``, ``estimate``, ``se``, ``df``, ``ci_low``, ``ci_high``,
        ``p``, ``weight`` (share of the pooled estimate), ``mde`` (smallest detectable effect, in the same unit),
        ``n_programme``, ``n_comparison``, ``schools``.
    schools, shared_schools : int
        Schools in all; those that are in more than one cohort.
    shared_children, left_out : int
        Comparison children who serve in more than one cohort; those left out because they were on the programme in
        another.
    q, q_df1, q_df2, q_p, i2 : float
        Test of equal effects in all cohorts (Wald, referred to F), and the share of their spread that chance does
        not explain.
    notes : tuple of str
    claim : str
        What the estimate may be called.
    """

    outcome: str
    unit: str
    effect: PoolingEffect
    rows: pd.DataFrame
    schools: int
    shared_schools: int
    shared_children: int
    left_out: int
    q: float
    q_df1: float
    q_df2: float
    q_p: float
    i2: float
    notes: tuple[str, ...] = ()
    claim: Claim = "adjusted_difference"
    title: str = "The difference over several cohorts"

    @property
    def pooled(self) -> pd.Series:
        """The row of all cohorts together."""
        return self.rows.iloc[-1]

    @property
    def cohorts(self) -> pd.DataFrame:
        """The rows of single cohorts."""
        return self.rows.iloc[:-1]

    def table(self) -> pd.DataFrame:
        """Return one row a cohort, then all together."""
        return self.rows.copy()

    def plot(self) -> Figure:
        """Draw each cohort's difference and the pooled one."""
        return draw_pooled(self.rows)

    def findings(self) -> tuple[Finding, ...]:
        """Give ``attribution.pooled.<what>.<outcome>``."""
        row, best = self.pooled, float(self.cohorts["mde"].min())
        numbers = [
            ("att", float(row["estimate"]), self.unit),
            ("mde", float(row["mde"]), self.unit),
            ("best_single_mde", best, self.unit),
            ("cohorts", float(len(self.cohorts)), "count"),
            ("heterogeneity", 100 * self.i2, "percent"),
        ]
        interval = {name: float(row[name]) for name in ("se", "ci_low", "ci_high")}
        return tuple(
            Finding(
                finding_id=f"attribution.pooled.{name}.{self.outcome}",
                quantity=name.replace("_", " "),
                estimate=value,
                unit=unit,  # type: ignore[arg-type]
                claim=self.claim if name == "att" else "description",
                outcome=self.outcome,
                group="programme",
                n_programme=int(row["n_programme"]),
                n_comparison=int(row["n_comparison"]),
                method="cohorts in one model, clustered by school",
                **(interval if name == "att" else {}),  # type: ignore[arg-type]
            )
            for name, value, unit in numbers
        )

    def values(self) -> Mapping[str, Finding]:
        """Name the findings as :meth:`sentences` does."""
        return MappingProxyType({f"pooled_{f.finding_id.split('.')[2]}": f for f in self.findings()})

    def sentences(self) -> tuple[str, ...]:
        """Say what pooling gives; placeholders are keys of :meth:`values`, and ``{outcome}`` its name in words."""
        if not math.isfinite(self.pooled["ci_low"]):
            return ("Even together, the cohorts have too few schools for an interval.",)
        said = [
            "Over {pooled_cohorts} cohorts together, the difference in {outcome} between programme children and their "
            "own cohort's matched comparison children is {pooled_att} (95% interval {pooled_att:interval}).",
            f"What it may be called: {claim_words(self.claim, self.pooled['ci_low'] <= 0 <= self.pooled['ci_high'])}.",
            "Together they could find a difference of {pooled_mde}; the best of them alone, {pooled_best_single_mde}.",
        ]
        if self.q_p < DIFFER:
            said.append("The cohorts differ from each other by more than chance, so the average hides something.")
        elif math.isfinite(self.q_p):
            said.append("The cohorts are not shown to differ from each other; with few cohorts that is a weak test.")
        if self.shared_schools:
            said.append("Some schools are in several cohorts; each counts as one school, not as several.")
        return tuple(said)


def draw_pooled(table: pd.DataFrame) -> Figure:
    """Draw each cohort's difference with its interval, the pooled one below.

    Parameters
    ----------
    table : DataFrame
        As :meth:`PooledEffect.table`; rows whose estimate is missing are not drawn.
    """
    rows = table.dropna(subset=["estimate"])
    figure, axes = new_figure(height=1.2 + 0.4 * max(len(rows), 1))
    y = np.arange(len(rows))
    last = (rows["cohort"] == POOLED).to_numpy()
    axes.axvline(0, color=COLOURS["neutral"], linewidth=1)
    for mask, colour, marker in ((~last, COLOURS["neutral"], "o"), (last, COLOURS["programme"], "D")):
        axes.hlines(y[mask], rows["ci_low"][mask], rows["ci_high"][mask], color=colour)
        axes.scatter(rows["estimate"][mask], y[mask], color=colour, marker=marker, zorder=3)
    axes.set_yticks(y, rows["cohort"].astype(str))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel("Difference, programme minus comparison (bars: 95% intervals)")
    axes.grid(axis="y", visible=False)
    return figure
