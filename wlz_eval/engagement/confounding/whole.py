"""Everything that bears on whether an association of dose with an outcome may be trusted, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.engagement.confounding.balance import BalancedSlope, balanced_slope
from wlz_eval.engagement.confounding.control import Control, NegativeControls, negative_controls
from wlz_eval.engagement.confounding.joint import DoseExplained, dose_explained
from wlz_eval.engagement.confounding.reading import Evidence, Reading, Slope, reading
from wlz_eval.engagement.confounding.sensitivity import SlopeSensitivity, slope_sensitivity
from wlz_eval.reference.confounding import confounding_cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Confounding", "confounding"]

#: The slopes that are set side by side.
SLOPES: dict[str, str] = {
    "unadjusted": "Nothing taken into account",
    "adjusted": "What was known at the start taken into account",
    "within": "That, among children of the same school",
    "balanced": "Children weighted so that dose goes with nothing known at the start",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Confounding(Result):
    """Need, balance, what is unseen, negative controls, and the reading that they allow.

    Parameters
    ----------
    outcome, exposure : str
    explained : DoseExplained
    unadjusted, adjusted, within : SlopeSensitivity
        The slope with nothing, with all that was known at the start, and with schools as well.
    balanced : BalancedSlope
    controls : NegativeControls
    reading : Reading
    """

    outcome: str
    exposure: str
    explained: DoseExplained
    unadjusted: SlopeSensitivity
    adjusted: SlopeSensitivity
    within: SlopeSensitivity
    balanced: BalancedSlope
    controls: NegativeControls
    reading: Reading

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"{self.outcome} and {self.exposure}: {self.reading.name.replace('_', ' ')}"

    def table(self) -> pd.DataFrame:
        """One row a slope: ``name``, ``label``, ``estimate``, ``se``, ``ci_low``, ``ci_high``, ``n``, ``note``."""
        rows = []
        for name, label in SLOPES.items():
            found = getattr(self, name)
            rows.append((name, label, found.estimate, found.se, found.ci_low, found.ci_high, found.n, found.note))
        return pd.DataFrame(rows, columns=["name", "label", "estimate", "se", "ci_low", "ci_high", "n", "note"])

    def plot(self) -> Figure:
        """Forest of the slopes."""
        from wlz_eval.engagement.confounding.figures import draw_slopes

        return draw_slopes(self.table())

    def findings(
        self, prefix: str = "engagement.confounding", unit: Unit = "points", dose_unit: Unit = "count"
    ) -> tuple[Finding, ...]:
        """Give the slopes side by side, then the findings of every part."""
        slopes = tuple(
            Finding(
                finding_id=f"{prefix}.slope.{name}", quantity="slope", outcome=self.outcome, group="programme",
                subgroup=label, estimate=found.estimate, se=found.se, ci_low=found.ci_low, ci_high=found.ci_high,
                unit=unit, claim="association", n_programme=found.n, note=found.note,
                method="least squares, CR2 by school",
            )
            for name, label in SLOPES.items()
            if name != "balanced"
            for found in [getattr(self, name)]
        )
        return (
            *slopes, *self.explained.findings(prefix, dose_unit), *self.balanced.findings(prefix, unit),
            *self.adjusted.findings(prefix), *self.controls.findings(prefix),
        )


def confounding(
    data: pd.DataFrame, outcome: str, exposure: str, covariates: Sequence[str] = (), *, baseline: str | None = None,
    controls: Sequence[Control] = (), school: str = "school_id", step: float = 1.0,
    labels: Mapping[str, str] | None = None, answer: Slope | None = None,
) -> Confounding:
    """Ask everything that bears on whether an association of dose with an outcome may be trusted.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
    covariates : sequence of str
        Known at the start.
    baseline : str, optional
        The outcome's own baseline.
    controls : sequence of Control
        Negative controls, such as :func:`usual_controls` makes.
    school : str
    step : float
        Difference in dose over which slopes are stated.
    labels : mapping of str to str, optional
        Words for covariates and outcomes.
    answer : Slope, optional
        The slope that the page answers with, where it treats schools otherwise than plain least squares.

    Returns
    -------
    Confounding

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 50), "need": rng.normal(size=300)})
    >>> d["hours"] = 20 + 3 * d["need"] + rng.normal(scale=4, size=300)
    >>> d["y"] = -d["need"] + rng.normal(size=300)
    >>> confounding(d, "y", "hours", ["need"]).reading.name
    'explained_by_start'
    """
    known = list(dict.fromkeys([*([baseline] if baseline else []), *covariates]))
    common: dict[str, Any] = {"school": school, "step": step, "labels": labels}
    # The same children throughout: without its baseline a child is in none of the slopes.
    used = data.dropna(subset=[baseline]) if baseline and baseline in data else data
    unadjusted = slope_sensitivity(used, outcome, exposure, **common)
    explained = dose_explained(used, exposure, known, labels=labels, school=school)
    adjusted = slope_sensitivity(used, outcome, exposure, covariates, baseline=baseline, **common)
    within = slope_sensitivity(used, outcome, exposure, covariates, baseline=baseline, within=True, **common)
    balanced = balanced_slope(used, outcome, exposure, covariates, baseline=baseline, **common)
    checked = negative_controls(data, controls, school=school, labels=labels)
    return Confounding(
        outcome=outcome, exposure=exposure, adjusted=adjusted, unadjusted=unadjusted, within=within,
        explained=explained, balanced=balanced,
        controls=checked,
        reading=reading(
            replace(_evidence(explained, unadjusted, adjusted, within, balanced, checked), answer=answer or Slope())
        ),
    )


def _evidence(
    explained: DoseExplained, unadjusted: SlopeSensitivity, adjusted: SlopeSensitivity, within: SlopeSensitivity,
    balanced: BalancedSlope, controls: NegativeControls,
) -> Evidence:
    bounds = adjusted.benchmarks()
    near = bounds[bounds["times"] <= confounding_cut("benchmark_times")]
    several = within.n_schools > 1
    return Evidence(
        unadjusted=_slope(unadjusted), adjusted=_slope(adjusted), balanced=_slope(balanced),
        within=_slope(within) if several else Slope(), start_known=len(adjusted.observed) > 0,
        share_explained=explained.adjusted,
        balance_reached=balanced.balanced, robustness_interval=adjusted.robustness_interval,
        benchmark_undoes=bool(near["undone"].any()), control_alarmed=controls.alarmed,
    )


def _slope(found: SlopeSensitivity | BalancedSlope) -> Slope:
    return Slope(estimate=found.estimate, ci_low=found.ci_low, ci_high=found.ci_high)
