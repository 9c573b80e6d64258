"""What came of a calibration: coverage, false positives, power and bias, with their Monte Carlo errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.reference.evidence import rubric_threshold

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Calibration", "draw_calibration"]


#: Fewest repeats for a verdict: below, the Monte Carlo error hides all but gross failures.
ENOUGH = 100
TOO_FEW = "With so few repeats only a gross failure would show; a full run gives a verdict."


@dataclass(frozen=True, kw_only=True, repr=False)
class Calibration(Result):
    """How one design does on outcomes whose true effect is known.

    Parameters
    ----------
    data : DataFrame
        One row a replicate and true effect: ``replicate``, ``true_sd``, ``truth``, ``estimate``, ``ci_low``,
        ``ci_high``, ``n_programme``, ``n_comparison``, ``naive`` (plain difference in means), ``reason`` (why
        there is no estimate).
    outcome : str
    effect : float
        The true effect that is not zero, in SDs.
    sd : float
        Of the outcome among comparison children: what an SD is.
    icc : float
        Share of the variance between schools, given the covariates, as estimated and simulated.
    r2 : float
        Share of the comparison children's variance that the covariates tell.
    programme, comparison : int
        Children of the real design.
    normal_schools : bool
        Whether schools' own parts were normal, for want of schools to draw from.
    """

    data: pd.DataFrame
    outcome: str
    effect: float
    sd: float
    icc: float
    r2: float
    programme: int
    comparison: int
    normal_schools: bool
    title: str = "How this design does where the truth is known"

    def table(self) -> pd.DataFrame:
        """One row a true effect, each figure with its Monte Carlo error (``…_error``).

        Returns
        -------
        DataFrame
            ``true_sd``, ``truth``, ``replicates``, ``failed``, ``bias``, ``bias_sd``, ``rmse``, ``coverage``,
            ``rejected`` (share of intervals that leave zero out: false positives, or power), ``width``,
            ``naive_bias``, ``matched`` (programme children, on average), and errors.
        """
        return pd.DataFrame([_summed_up(rows, self.sd) for _, rows in self.data.groupby("true_sd", sort=True)])

    @property
    def replicates(self) -> int:
        """Repeats of each true effect."""
        return int(self._row(null=False)["replicates"])

    def _row(self, null: bool) -> pd.Series:
        table = self.table()
        return table[(table["true_sd"] == 0) == null].iloc[0]

    @property
    def coverage(self) -> float:
        """Share of intervals that hold the truth, at the true effect that is not zero."""
        return float(self._row(null=False)["coverage"])

    @property
    def false_positive_rate(self) -> float:
        """Share of intervals that leave zero out although there is no effect."""
        return float(self._row(null=True)["rejected"])

    @property
    def power(self) -> float:
        """Share of intervals that leave zero out when the effect is there."""
        return float(self._row(null=False)["rejected"])

    @property
    def coverage_error(self) -> float:
        """Monte Carlo error of the coverage."""
        return float(self._row(null=False)["coverage_error"])

    @property
    def false_positive_error(self) -> float:
        """Monte Carlo error of the false-positive rate."""
        return float(self._row(null=True)["rejected_error"])

    @property
    def holds(self) -> bool:
        """Whether coverage and false positives are within their bounds, or not beyond them by two errors."""
        covers = self.coverage + 2 * self.coverage_error >= rubric_threshold("coverage")
        return bool(
            covers and self.false_positive_rate - 2 * self.false_positive_error <= rubric_threshold("false_positives")
        )

    def plot(self) -> Figure:
        """Draw coverage, false positives and power beside what they should be."""
        return draw_calibration(self.table())

    def findings(self) -> tuple[Finding, ...]:
        """Give ``attribution.calibration.<what>.<outcome>``, with Monte Carlo errors as standard errors."""
        null, real = self._row(null=True), self._row(null=False)
        rows = [
            ("replicates", float(real["replicates"]), math.nan, "count"),
            ("bias", float(real["bias_sd"]), float(real["bias_sd_error"]), "sd"),
            ("naive_bias", float(real["naive_bias"]) / self.sd, math.nan, "sd"),
            ("coverage", float(real["coverage"]), float(real["coverage_error"]), "probability"),
            ("false_positives", float(null["rejected"]), float(null["rejected_error"]), "probability"),
            ("power", float(real["rejected"]), float(real["rejected_error"]), "probability"),
            ("width", float(real["width"]) / self.sd, float(real["width_error"]) / self.sd, "sd"),
            ("effect", self.effect, math.nan, "sd"),
        ]
        return tuple(
            Finding(
                finding_id=f"attribution.calibration.{name}.{self.outcome}",
                quantity=f"calibration: {name.replace('_', ' ')}",
                estimate=value,
                se=error,
                unit=unit,  # type: ignore[arg-type]
                claim="description",
                outcome=self.outcome,
                n_programme=self.programme,
                n_comparison=self.comparison,
                method="outcomes simulated on the cohort's own children and schools",
                evidence="simulated",
            )
            for name, value, error, unit in rows
        )

    def values(self) -> Mapping[str, Finding]:
        """Name the findings as :meth:`sentences` does."""
        return MappingProxyType({f"cal_{f.finding_id.split('.')[2]}": f for f in self.findings()})

    def sentences(self) -> tuple[str, ...]:
        """Say how the design does, as templates whose placeholders are keys of :meth:`values`."""
        verdict = (
            "That is as it should be."
            if self.holds
            else "That is worse than an honest 95% interval, so intervals here promise too much."
        )
        return (
            "The whole analysis was repeated {cal_replicates} times on these children and schools, with outcomes drawn "
            "so that the true effect is known. The share of repeats in which the 95% interval held the truth was "
            "{cal_coverage}; the share in which it saw an effect where there was none was {cal_false_positives}. "
            f"{verdict if self.replicates >= ENOUGH else TOO_FEW}",
            "The share in which a true effect of {cal_effect} was found was {cal_power}. On average the estimate was "
            "off by {cal_bias}; a comparison without matching would have been off by {cal_naive_bias}.",
            "This checks the method, not the choice of children: in these repeats nothing unmeasured decided who "
            "was on the programme.",
        )


def _summed_up(rows: pd.DataFrame, sd: float) -> dict[str, float]:
    """Sum up the replicates of one true effect."""
    done = rows[rows["estimate"].notna()]
    error = (done["estimate"] - done["truth"]).to_numpy(dtype=float)
    inside = ((done["ci_low"] <= done["truth"]) & (done["truth"] <= done["ci_high"])).to_numpy()
    apart = ((done["ci_low"] > 0) | (done["ci_high"] < 0)).to_numpy()
    known = done["ci_low"].notna().to_numpy()
    width = (done["ci_high"] - done["ci_low"]).to_numpy(dtype=float)[known]
    n, k = len(done), int(known.sum())
    bias, bias_error = _mean_and_error(error)
    mean_width, width_error = _mean_and_error(width)
    return {
        "true_sd": float(rows["true_sd"].iloc[0]),
        "truth": float(rows["truth"].iloc[0]),
        "replicates": float(len(rows)),
        "failed": float(len(rows) - n),
        "bias": bias,
        "bias_error": bias_error,
        "bias_sd": bias / sd,
        "bias_sd_error": bias_error / sd,
        "rmse": float(np.sqrt((error**2).mean())) if n else math.nan,
        # Without an interval nothing is covered and nothing found: such replicates count in neither share.
        "coverage": float(inside[known].mean()) if k else math.nan,
        "coverage_error": _share_error(inside[known]),
        "rejected": float(apart[known].mean()) if k else math.nan,
        "rejected_error": _share_error(apart[known]),
        "width": mean_width,
        "width_error": width_error,
        "naive_bias": float((done["naive"] - done["truth"]).mean()),
        "matched": float(done["n_programme"].mean()),
    }


def _mean_and_error(values: np.ndarray[Any, Any]) -> tuple[float, float]:
    if len(values) < 2:
        return (float(values[0]) if len(values) else math.nan), math.nan
    return float(values.mean()), float(values.std(ddof=1) / math.sqrt(len(values)))


def _share_error(hits: np.ndarray[Any, Any]) -> float:
    """Monte Carlo error of a share; with two of each kind added, so that 0 of 20 is not taken for certain."""
    n = len(hits)
    share = (hits.sum() + 2) / (n + 4)
    return math.sqrt(share * (1 - share) / n) if n else math.nan


def draw_calibration(table: pd.DataFrame) -> Figure:
    """Draw coverage, false positives and power in percent, with two Monte Carlo errors, beside their marks.

    Parameters
    ----------
    table : DataFrame
        As :meth:`Calibration.table`, shares between 0 and 1; missing values are not drawn.
    """
    figure, axes = new_figure(height=2.2)
    marks = [
        ("coverage, no effect", "coverage", True, 95.0),
        ("coverage, with the effect", "coverage", False, 95.0),
        ("false positives", "rejected", True, 5.0),
        ("power", "rejected", False, 80.0),
    ]
    for y, (_, column, null, mark) in enumerate(marks):
        axes.plot([mark, mark], [y - 0.35, y + 0.35], color=COLOURS["neutral"], linewidth=1.2)
        row = table[(table["true_sd"] == 0) == null]
        if len(row) and pd.notna(row[column].iloc[0]):
            value, error = 100 * float(row[column].iloc[0]), 100 * float(row[f"{column}_error"].iloc[0])
            low, high = max(value - 2 * error, 0.0), min(value + 2 * error, 100.0)
            axes.hlines(y, low, high, color=COLOURS["programme"])
            axes.scatter([value], [y], color=COLOURS["programme"], zorder=3)
    axes.set_yticks(range(len(marks)), [name for name, *_ in marks])
    axes.set_ylim(len(marks) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Percent of repeats (upright marks: 95, 5 and 80)")
    axes.grid(axis="y", visible=False)
    return figure
