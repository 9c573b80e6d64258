"""Omitted variables: how much of programme and outcome something unseen would have to explain (Cinelli and Hazlett)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import estimate_effect
from wlz_eval.attribution.sensitivity.benchmarks import Benchmarks, observed_strengths, outcome_model
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.inference.omitted import (
    BENCHMARK_COLUMNS,
    benchmark_bounds,
    contour_grid,
    draw_contour,
    estimate_left,
    robustness_values,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["OmittedVariable", "omitted_variable", "omitted_variable_of_design"]

Array = npt.NDArray[np.float64]
_STRENGTH_NOTE = "Strengths are shares of variance among children, whatever the clustering of the interval."
_BEFORE_NOTE = (
    "How strongly an observed covariate goes with the programme is taken from before matching: something unseen was "
    "not matched on."
)
_OLS_SE = "the standard error and degrees of freedom given, taken as those of ordinary least squares"


@dataclass(frozen=True, kw_only=True, repr=False)
class OmittedVariable(Result):
    """How strong an unseen variable would have to be to undo a regression result.

    Parameters
    ----------
    estimate, se : float
        In the outcome's unit.
    t_df : float
        Degrees of freedom of the intervals, once one more variable were adjusted for.
    scale, strength_df : float
        Residual SD of the outcome over that of the programme indicator, and residual degrees of freedom: what
        turns explained variance into bias.
    partial_r2 : float
        Share of the outcome's unexplained variance that the programme explains.
    robustness, robustness_interval : float
        Equal strength with programme and outcome that brings the estimate, or the nearer end of the interval, to zero.
    observed : DataFrame
        ``covariate``, ``r2_treatment``, ``r2_outcome`` of observed covariates.
    times : tuple of float
        How many times as strong as each of them something unseen is taken to be.
    alpha : float
    se_source : str
        Whose standard error it is, in words.
    n_programme, n_comparison : int or None
    notes : tuple of str
    """

    estimate: float
    se: float
    t_df: float
    scale: float
    strength_df: float
    partial_r2: float
    robustness: float
    robustness_interval: float
    observed: pd.DataFrame
    times: tuple[float, ...]
    alpha: float
    se_source: str
    n_programme: int | None = None
    n_comparison: int | None = None
    notes: tuple[str, ...] = ()
    title: str = "Strength of something unseen that would undo the result"

    def table(self) -> pd.DataFrame:
        """One row: ``estimate``, ``se``, ``partial_r2``, ``robustness``, ``robustness_interval`` (shares), children."""
        row = {
            "estimate": self.estimate,
            "se": self.se,
            "partial_r2": self.partial_r2,
            "robustness": self.robustness,
            "robustness_interval": self.robustness_interval,
            "n_programme": self.n_programme,
            "n_comparison": self.n_comparison,
        }
        return pd.DataFrame([row])

    def adjusted(self, r2_treatment: npt.ArrayLike, r2_outcome: npt.ArrayLike) -> pd.DataFrame:
        """Estimate that would be left, had something of given strength been adjusted for (bias towards zero).

        Parameters
        ----------
        r2_treatment, r2_outcome : array_like of the same length
            Strengths, shares from 0 to 1.

        Returns
        -------
        DataFrame
            ``r2_treatment``, ``r2_outcome``, ``estimate``, ``se``, ``t``, ``ci_low``, ``ci_high``.
        """
        return estimate_left(
            self.estimate, self.se, self.t_df, self.scale, self.strength_df, r2_treatment, r2_outcome, self.alpha
        )

    def benchmarks(self) -> pd.DataFrame:
        """One row a covariate and multiple: what something that many times as strong would leave.

        ``covariate``, ``times``, then as in :meth:`adjusted`, then ``n_programme``, ``n_comparison``. Rows are
        missing where the bound has no end.
        """
        table = benchmark_bounds(self.observed, self.times)
        left = self.adjusted(table["r2_treatment"], table["r2_outcome"]).drop(columns=["r2_treatment", "r2_outcome"])
        return pd.concat([table, left], axis=1).assign(
            n_programme=self.n_programme, n_comparison=self.n_comparison
        )

    def contours(self) -> pd.DataFrame:
        """Grid of strengths and what each would leave, with the benchmarks as labelled rows.

        ``r2_treatment``, ``r2_outcome``, ``estimate``, ``t``, ``label`` (empty on the grid), ``n_programme``,
        ``n_comparison``.
        """
        return contour_grid(self.robustness, self.benchmarks(), self.adjusted).assign(
            n_programme=self.n_programme, n_comparison=self.n_comparison
        )

    def plot(self) -> Figure:
        """Contours of the estimate that would be left, with observed covariates as marks."""
        return draw_contour(self.contours())

    @property
    def sentence(self) -> str:
        """Plain words, no numbers: how the strength needed compares with the strongest observed covariate."""
        if not math.isfinite(self.robustness_interval):
            return "No interval can be given, so it cannot be said what would undo the result."
        if self.robustness_interval == 0:
            return "The interval already leaves room for no effect, so nothing unseen is needed to undo the result."
        bounds = self.benchmarks()
        single = bounds[bounds["times"] == 1]
        if single.empty:
            return "Something unseen would have to explain part of both programme and outcome to undo the result."
        # Where the bound has no end (missing) the result may be undone as well.
        undone = single[~(single["ci_high"] < 0 if self.estimate < 0 else single["ci_low"] > 0)]
        if undone.empty:
            return (
                "Something unseen that is as strong as any one observed covariate would not be enough to bring the "
                "interval to no effect."
            )
        names = ", ".join(str(c) for c in undone["covariate"])
        return f"Something unseen that is as strong as {names} could bring the interval to no effect."

    def findings(self, prefix: str, **about: Any) -> tuple[Finding, ...]:
        """Give findings ``.partial_r2``, ``.robustness``, ``.robustness_interval``: percent of what is unexplained."""
        rows: list[tuple[str, str, float, Any]] = [
            ("partial_r2", "partial R²", 100 * self.partial_r2, "percent"),
            ("robustness", "robustness value", 100 * self.robustness, "percent"),
            ("robustness_interval", "robustness value of the interval", 100 * self.robustness_interval, "percent"),
        ]
        return describe_findings(
            prefix, rows, about, n_programme=self.n_programme, n_comparison=self.n_comparison,
            method=f"Omitted-variable bias (Cinelli and Hazlett), {self.se_source}",
        )


def _is_number(value: object) -> bool:
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return number and math.isfinite(value)  # type: ignore[arg-type]


def _checked_times(times: Sequence[float], alpha: float) -> tuple[float, ...]:
    listed = not isinstance(times, str) and hasattr(times, "__iter__") and len(times) > 0
    if not listed or not all(_is_number(k) and k > 0 for k in times):
        raise OptionError("times must be numbers above zero, such as (1, 2, 3).")
    if not _is_number(alpha) or not 0 < alpha < 1:
        raise OptionError(f"alpha must lie between 0 and 1, not {alpha!r}.")
    return tuple(float(k) for k in times)


def omitted_variable(
    estimate: float,
    se: float,
    df: float,
    *,
    observed: pd.DataFrame | None = None,
    times: Sequence[float] = (1.0, 2.0, 3.0),
    alpha: float = 0.05,
    n_programme: int | None = None,
    n_comparison: int | None = None,
) -> OmittedVariable:
    """Sensitivity of a regression coefficient from its estimate, standard error and degrees of freedom.

    The formulas are exact for the standard error of ordinary (or weighted) least squares, not for a clustered one;
    for a matched design use :func:`omitted_variable_of_design`, which keeps the two apart.

    Parameters
    ----------
    estimate, se, df : float
        Coefficient of the programme, its standard error, and residual degrees of freedom (above 1).
    observed : DataFrame, optional
        Observed covariates as benchmarks: ``covariate``, ``r2_treatment``, ``r2_outcome`` (partial R²).
    times : sequence of float
        How many times as strong as each benchmark something unseen is taken to be.
    alpha : float
        Level of intervals and of `robustness_interval`.
    n_programme, n_comparison : int, optional

    Returns
    -------
    OmittedVariable

    References
    ----------
    Cinelli and Hazlett (2020), Journal of the Royal Statistical Society B 82; R's sensemakr.

    Examples
    --------
    >>> result = omitted_variable(0.09731582, 0.02325654, 783)
    >>> round(result.partial_r2, 5), round(result.robustness, 5), round(result.robustness_interval, 5)
    (0.02187, 0.13878, 0.07626)
    """
    if not all(map(_is_number, (estimate, se))) or isinstance(df, (str, bool)) or df is None or not (se > 0 and df > 1):
        raise OptionError("estimate must be a number, se above zero, and df above one.")
    empty = pd.DataFrame(columns=list(BENCHMARK_COLUMNS))
    given = empty if observed is None else observed
    if not isinstance(given, pd.DataFrame):
        raise OptionError(f"observed must be a DataFrame, not {type(given).__name__}.")
    missing = [c for c in BENCHMARK_COLUMNS if c not in given.columns]
    if missing:
        raise OptionError(f"observed has no column {', '.join(missing)}. It needs {', '.join(BENCHMARK_COLUMNS)}.")
    return _assemble(
        estimate, se, df - 1, se * math.sqrt(df), df, given, _checked_times(times, alpha), alpha,
        se_source=_OLS_SE, n_programme=n_programme, n_comparison=n_comparison,
    )


def _assemble(
    estimate: float, se: float, t_df: float, scale: float, strength_df: float, observed: pd.DataFrame,
    times: tuple[float, ...], alpha: float, **facts: Any,
) -> OmittedVariable:
    if not scale > 0:
        raise DesignError("The covariates and the programme explain the outcome wholly, so nothing is left to explain.")
    partial, whole, interval = robustness_values(estimate, se, t_df, scale, strength_df, alpha)
    return OmittedVariable(
        estimate=estimate,
        se=se,
        t_df=t_df,
        scale=scale,
        strength_df=strength_df,
        partial_r2=partial,
        robustness=whole,
        robustness_interval=interval,
        observed=observed.reset_index(drop=True),
        times=times,
        alpha=alpha,
        **facts,
    )


def omitted_variable_of_design(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    baseline: str | None = None,
    benchmarks: Benchmarks = "before",
    times: Sequence[float] = (1.0, 2.0, 3.0),
    alpha: float = 0.05,
    **options: Any,
) -> OmittedVariable:
    """Sensitivity of the effect of a design, with every observed covariate as a benchmark.

    Strengths are shares of variance in the design's weighted outcome model (programme and covariates, without
    interactions), which makes the bias exact. The interval is that of
    :func:`~wlz_eval.attribution.estimate_effect`, so it holds with few schools; what adjustment would do to its
    width is taken from ordinary least squares, which is approximate.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child.
    outcome : str
    baseline : str, optional
        The outcome's own baseline, when the design does not hold it.
    benchmarks : {"before", "after"}
        Whether a covariate's strength with the programme is taken among all children before matching, or among
        the children as weighted. Matching has made the groups alike on what was observed, so that after it even a
        strong confounder looks harmless; something unseen was not matched on. After matching is what R's sensemakr
        gives on the weighted regression.
    times : sequence of float
        How many times as strong as each observed covariate.
    alpha : float
    **options
        ``cluster, variance, df`` of ``estimate_effect``.

    Returns
    -------
    OmittedVariable
        Covariates with several columns (levels, a marker of missing values) count as one benchmark.
    """
    chosen = _checked_times(times, alpha)
    if benchmarks not in get_args(Benchmarks):
        raise OptionError(f"benchmarks {benchmarks!r} is not known. {suggestion(benchmarks, get_args(Benchmarks))}")
    unknown = sorted(set(options) - {"cluster", "variance", "df"})
    if unknown:
        raise OptionError(
            f"omitted_variable_of_design has no option {unknown[0]!r}: the bias formula is for a difference by an "
            f"additive linear model. {suggestion(unknown[0], ('cluster', 'variance', 'df'))}"
        )
    # The bias formula is that of the weighted regression itself, without weights of schools.
    effect = estimate_effect(
        design, outcomes, outcome, baseline=baseline, model="additive", working="independent", **options
    )
    model = outcome_model(design, outcomes, effect, baseline)
    return _assemble(
        effect.estimate, effect.se, effect.df, model.scale, model.df,
        observed_strengths(design, model, benchmarks), chosen, alpha,
        se_source=f"interval: {effect.method}",
        n_programme=effect.n_programme,
        n_comparison=effect.n_comparison,
        notes=(*effect.notes, _STRENGTH_NOTE, *([_BEFORE_NOTE] if benchmarks == "before" else [])),
    )
