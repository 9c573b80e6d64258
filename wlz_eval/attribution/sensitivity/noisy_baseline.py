"""The bias of matching on a noisy baseline when the two groups come from different populations.

A child's reading is part chance. Matched on the same reading, a child of the needier population has in truth a mean
nearer to its own population's, and so has the comparison child: at the next reading they drift apart by
(1 - r) times the gap between the populations, with no programme at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NoisyBaseline", "baseline_drift", "draw_noisy_baseline", "noisy_baseline"]

#: Correlations of two readings that are tried by default.
RELIABILITIES: tuple[float, ...] = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_UPPER = "The most that this could do: other covariates that are matched on make it smaller."


def baseline_drift(gap: float, r: float) -> float:
    """Bias of matching on a baseline with retest correlation r from populations that lie `gap` apart.

    Examples
    --------
    >>> round(baseline_drift(0.5, 0.6), 6)
    0.2
    """
    return (1 - r) * gap


@dataclass(frozen=True, kw_only=True, repr=False)
class NoisyBaseline(Result):
    """Bias from a noisy baseline, over its retest correlation.

    Parameters
    ----------
    baseline : str
    mean_programme, mean_comparison : float
        Means of all programme children and of everyone they could be matched with, before matching.
    sd : float
        Pooled SD within the groups.
    r : float
        Retest correlation believed in; ``nan`` when none is given.
    rows : DataFrame
    n_programme, n_comparison : int
    notes : tuple of str
    """

    baseline: str
    mean_programme: float
    mean_comparison: float
    sd: float
    r: float
    rows: pd.DataFrame
    n_programme: int
    n_comparison: int
    notes: tuple[str, ...] = (_UPPER,)

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Bias that chance in {self.baseline} could bring into the matched comparison"

    @property
    def gap(self) -> float:
        """Programme minus comparison at baseline, before matching, in the baseline's unit."""
        return self.mean_programme - self.mean_comparison

    @property
    def bias(self) -> float:
        """Bias at the retest correlation believed in."""
        return baseline_drift(self.gap, self.r)

    def table(self) -> pd.DataFrame:
        """One row a retest correlation.

        ``r``, ``believed`` (whether it is the one given), ``gap``, ``bias`` (the baseline's unit), ``gap_sd``,
        ``bias_sd`` (SDs); with an effect also ``estimate``, ``ci_low``, ``ci_high`` with the bias taken out;
        ``n_programme``, ``n_comparison``.
        """
        return self.rows.copy()

    def plot(self) -> Figure:
        """Bias in SDs by retest correlation."""
        return draw_noisy_baseline(self.table())

    @property
    def sentence(self) -> str:
        """Plain words, no numbers."""
        if self.gap == 0:
            return "The groups start alike, so chance in the baseline brings no bias."
        way = "lower" if self.gap < 0 else "higher"
        return (
            f"Programme children come from a group that stood {way} at the start, so chance in the baseline alone "
            f"would leave them {way} than their matched partners later on, with no programme at all."
        )

    def findings(self, prefix: str, unit: Unit = "points", **about: Any) -> tuple[Finding, ...]:
        """Give findings ``.baseline_gap`` and, given r, ``.baseline_bias``, each also in SDs (``…_sd``)."""
        rows: list[tuple[str, str, float, Unit]] = [
            ("baseline_gap", "gap before matching", self.gap, unit),
            ("baseline_gap_sd", "gap before matching", self.gap / self.sd, "sd"),
        ]
        if math.isfinite(self.r):
            rows += [
                ("baseline_bias", "bias of a noisy baseline", self.bias, unit),
                ("baseline_bias_sd", "bias of a noisy baseline", self.bias / self.sd, "sd"),
            ]
        return describe_findings(
            prefix, rows, about, n_programme=self.n_programme, n_comparison=self.n_comparison,
            method="(1 − r) times the gap before matching", note=_UPPER,
        )


def noisy_baseline(
    design: Design,
    data: pd.DataFrame,
    baseline: str,
    *,
    r: float | None = None,
    reliabilities: Sequence[float] = RELIABILITIES,
    effect: EffectEstimate | None = None,
) -> NoisyBaseline:
    """Bias of matching on a noisy baseline, with the cohort's own gap, over its retest correlation.

    Parameters
    ----------
    design : Design
        Says who the programme children are and whom they could be matched with.
    data : DataFrame
        Indexed by child: the baseline.
    baseline : str
        Column; the outcome is on the same scale.
    r : float, optional
        Retest correlation that is believed, within either population; it gets a row of its own.
    reliabilities : sequence of float
        Others to show, from 0 to 1.
    effect : EffectEstimate, optional
        Effect on an outcome of the same scale, to be shown with each bias taken out.

    Returns
    -------
    NoisyBaseline

    Raises
    ------
    OptionError
        For an unknown column or a correlation outside 0 to 1.
    DesignError
        When hardly anybody in a group has a baseline.

    Notes
    -----
    Matching is taken to be exact on this one reading, and r to be alike in both populations.
    """
    if baseline not in data.columns:
        raise OptionError(f"baseline {baseline!r} is not a column. {suggestion(baseline, list(data.columns))}")
    tried = sorted({float(v) for v in reliabilities} | ({float(r)} if r is not None else set()))
    if not tried or not all(0 <= v <= 1 for v in tried):
        raise OptionError("Retest correlations lie from 0 to 1.")
    values = data[baseline].reindex(design.treatment.index).astype(float)
    treated = design.treatment.to_numpy(dtype=bool)
    # Sorted, so that the order of rows changes nothing, to the last bit.
    one, two = (values[group].dropna().sort_values(ignore_index=True) for group in (treated, ~treated))
    if min(len(one), len(two)) < 2:
        raise DesignError(f"Fewer than two children of a group have a known {baseline}.")
    pooled = ((len(one) - 1) * one.var() + (len(two) - 1) * two.var()) / (len(one) + len(two) - 2)
    if not pooled > 0:
        raise DesignError(f"{baseline} does not vary within the groups.")
    sd, gap = math.sqrt(float(pooled)), float(one.mean() - two.mean())
    bias = np.array([baseline_drift(gap, v) for v in tried])
    rows = pd.DataFrame(
        {"r": tried, "believed": [r is not None and v == r for v in tried], "gap": gap, "bias": bias}
    ).assign(gap_sd=gap / sd, bias_sd=bias / sd)
    if effect is not None:
        rows = rows.assign(
            estimate=effect.estimate - bias, ci_low=effect.ci_low - bias, ci_high=effect.ci_high - bias
        )
    return NoisyBaseline(
        baseline=baseline,
        mean_programme=float(one.mean()),
        mean_comparison=float(two.mean()),
        sd=sd,
        r=float("nan") if r is None else float(r),
        rows=rows.assign(n_programme=len(one), n_comparison=len(two)),
        n_programme=len(one),
        n_comparison=len(two),
    )


def draw_noisy_baseline(table: pd.DataFrame) -> Figure:
    """Draw, from a (released) table, bias in SDs by retest correlation.

    Parameters
    ----------
    table : DataFrame
        ``r``, ``bias_sd``, ``believed``; rows without a bias are not drawn.
    """
    rows = table.dropna(subset=["r", "bias_sd"])
    figure, axes = new_figure(height=3.2)
    axes.axhline(0, color=COLOURS["neutral"], linewidth=1)
    axes.plot(rows["r"], rows["bias_sd"], color=COLOURS["programme"], marker="o", markersize=4)
    held = rows[rows["believed"].astype(bool)]
    axes.plot(held["r"], held["bias_sd"], color=COLOURS["bad"], marker="D", markersize=8, linestyle="none")
    axes.set_xlabel("Correlation of two readings of the baseline (1: no chance in it)")
    axes.set_ylabel("Bias (standard deviations)")
    return figure
