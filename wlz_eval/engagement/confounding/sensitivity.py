"""How strong something unseen would have to be to undo the slope of an outcome on dose (Cinelli and Hazlett)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.confounding.rows import Rows, check_step, gather, robust_fit
from wlz_eval.inference.omitted import (
    BENCHMARK_COLUMNS,
    benchmark_bounds,
    contour_grid,
    estimate_left,
    partial_r2_of,
    residual_scale,
    robustness_values,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SlopeSensitivity", "sensitivity_words", "slope_sensitivity"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, repr=False)
class SlopeSensitivity(Result):
    """Strength of something unseen that would undo the slope of an outcome on dose.

    Parameters
    ----------
    outcome, exposure : str
    step : float
        Difference in dose over which the slope is stated.
    estimate, se, df, ci_low, ci_high : float
        Slope over one step, as the interval by school has it; ``nan`` where there is none.
    scale, strength_df : float
        Residual SD of the outcome over that of dose (in steps), and residual degrees of freedom.
    partial_r2 : float
        Share of what the covariates leave of the outcome that goes with dose.
    robustness, robustness_interval : float
        Equal share of what is left of dose and of outcome that brings the slope, or the nearer end of its interval, to
        zero.
    observed : DataFrame
        ``covariate`` (in words), ``r2_treatment`` (with dose), ``r2_outcome`` of what was known at the start.
    times : tuple of float
        How many times as strong as each of them something unseen is taken to be.
    n, n_schools : int
    note : str
    """

    outcome: str
    exposure: str
    step: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    scale: float
    strength_df: float
    partial_r2: float
    robustness: float
    robustness_interval: float
    observed: pd.DataFrame
    times: tuple[float, ...]
    n: int
    n_schools: int
    note: str = ""

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"What unseen would undo the association of {self.outcome} with {self.exposure}, {self.n:,} children"

    @property
    def estimated(self) -> bool:
        """Whether there is a slope to be undone."""
        return math.isfinite(self.robustness)

    def table(self) -> pd.DataFrame:
        """One row: the slope, ``partial_r2``, ``robustness``, ``robustness_interval`` (shares), children."""
        names = (
            "outcome", "exposure", "step", "estimate", "se", "df", "ci_low", "ci_high", "partial_r2", "robustness",
            "robustness_interval", "n", "n_schools", "note",
        )
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def adjusted(self, r2_treatment: npt.ArrayLike, r2_outcome: npt.ArrayLike) -> pd.DataFrame:
        """Slope that would be left by something of given strengths (shares from 0 to 1) with dose and with outcome."""
        return estimate_left(
            self.estimate, self.se, self.df, self.scale, self.strength_df, r2_treatment, r2_outcome
        )

    def benchmarks(self) -> pd.DataFrame:
        """One row a covariate and multiple: what something so many times as strong would leave.

        ``covariate``, ``times``, ``r2_treatment``, ``r2_outcome``, ``estimate``, ``se``, ``t``, ``ci_low``,
        ``ci_high``, ``undone`` (the interval would reach zero, or the bound has no end), ``n``.
        """
        bounds = benchmark_bounds(self.observed, self.times)
        left = self.adjusted(bounds["r2_treatment"], bounds["r2_outcome"]).drop(columns=["r2_treatment", "r2_outcome"])
        table = pd.concat([bounds, left], axis=1)
        clear = table["ci_high"] < 0 if self.estimate < 0 else table["ci_low"] > 0
        return table.assign(undone=~clear, n=self.n)

    def contours(self) -> pd.DataFrame:
        """Strengths and what each would leave: ``r2_treatment``, ``r2_outcome``, ``estimate``, ``t``, ``label``, ``n``.

        Benchmarks are the labelled rows; elsewhere the label is empty.
        """
        return contour_grid(self.robustness, self.benchmarks(), self.adjusted).assign(n=self.n)

    def plot(self) -> Figure:
        """Contours of the slope that would be left, with what was known at the start as marks."""
        from wlz_eval.engagement.confounding.figures import draw_slope_contour

        return draw_slope_contour(self.contours())

    def findings(self, prefix: str = "engagement.confounding") -> tuple[Finding, ...]:
        """``.partial_r2``, ``.robustness``, ``.robustness_interval``: percent of what the covariates leave."""
        rows = [
            ("partial_r2", "partial R²", self.partial_r2),
            ("robustness", "robustness value", self.robustness),
            ("robustness_interval", "robustness value of the interval", self.robustness_interval),
        ]
        return tuple(
            Finding(
                finding_id=f"{prefix}.{name}", quantity=quantity, outcome=self.outcome, group="programme",
                estimate=100 * value, unit="share", claim="association", n_programme=self.n, note=self.note,
                method="Omitted-variable bias (Cinelli and Hazlett), interval CR2 by school",
            )
            for name, quantity, value in rows
        )


def slope_sensitivity(
    data: pd.DataFrame, outcome: str, exposure: str, covariates: Sequence[str] = (), *, baseline: str | None = None,
    school: str = "school_id", step: float = 1.0, times: Sequence[float] = (1.0, 2.0, 3.0),
    labels: Mapping[str, str] | None = None, within: bool = False,
) -> SlopeSensitivity:
    """Ask how strong something unseen would have to be to undo the slope of an outcome on dose.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
    covariates : sequence of str
        Known at the start; each is a benchmark.
    baseline : str, optional
        The outcome's own baseline, a benchmark too. Children without it are left out.
    school : str
        Column by which the interval is clustered.
    step : float
        Difference in dose over which the slope is stated.
    times : sequence of float
        How many times as strong as each benchmark something unseen is taken to be.
    labels : mapping of str to str, optional
        Words for covariates.
    within : bool
        Compare children within the same school only. Schools are no benchmark.

    Returns
    -------
    SlopeSensitivity
        With ``nan`` and a reason where there is no slope.

    Raises
    ------
    OptionError
        For columns that are not there or hold no numbers, or multiples that are not above zero.

    Notes
    -----
    Strengths are shares of variance among children in plain least squares, which makes the bias exact; the slope is
    therefore that of plain least squares too, where :func:`engagement_slope` may weigh schools. The interval is that
    by school; what adjusting would do to its width is taken from least squares, which is approximate.

    References
    ----------
    Cinelli and Hazlett (2020), Journal of the Royal Statistical Society B 82.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 50), "hours": rng.normal(size=300)})
    >>> d["y"] = 0.5 * d["hours"] + rng.normal(size=300)
    >>> bool(0.3 < slope_sensitivity(d, "y", "hours").robustness < 0.5)
    True
    """
    chosen = tuple(float(k) for k in times)
    if not chosen or not all(math.isfinite(k) and k > 0 for k in chosen):
        raise OptionError(f"times must be numbers above zero, such as (1, 2, 3), not {times!r}.")
    rows = gather(data, exposure, covariates, school, outcome, baseline, within=within)
    about: dict[str, Any] = {
        "outcome": outcome, "exposure": exposure, "step": check_step(step), "times": chosen, "n": rows.n,
        "n_schools": rows.n_schools,
    }
    reason = rows.why_no_slope()
    if reason:
        return _refused(about, reason)
    X = pd.DataFrame({"(constant)": 1.0}, index=rows.X.index).join(rows.X).assign(**{"(dose)": rows.dose / step})
    y = rows.data[outcome].to_numpy(dtype=float)
    matrix, even = X.to_numpy(), np.ones(rows.n)
    scale = residual_scale(matrix.shape[1] - 1, matrix, y, even)
    if not scale > 0:
        return _refused(about, "What was known and the dose explain the outcome wholly, so nothing is left to explain.")
    fit = robust_fit(X, y, rows.school, {"(dose)": {"(dose)": 1.0}})
    estimate, se, df = float(fit.estimate[0]), float(fit.se[0]), float(fit.df[0])
    strength_df = float(rows.n - matrix.shape[1])
    # One more variable would have been adjusted for; degrees of freedom of few schools hardly change by it.
    partial, whole, interval = robustness_values(estimate, se, df, scale, strength_df)
    return SlopeSensitivity(
        **about, estimate=estimate, se=se, df=df, ci_low=float(fit.ci_low[0]), ci_high=float(fit.ci_high[0]),
        scale=scale, strength_df=strength_df, partial_r2=partial, robustness=whole, robustness_interval=interval,
        observed=_observed(rows, matrix, y, labels or {}), note=" ".join(rows.notes),
    )


def _refused(about: dict[str, Any], reason: str) -> SlopeSensitivity:
    nan = math.nan
    return SlopeSensitivity(
        **about, estimate=nan, se=nan, df=nan, ci_low=nan, ci_high=nan, scale=nan, strength_df=nan, partial_r2=nan,
        robustness=nan, robustness_interval=nan, observed=pd.DataFrame(columns=list(BENCHMARK_COLUMNS), dtype=float),
        note=reason,
    )


def _observed(rows: Rows, matrix: Array, y: Array, labels: Mapping[str, str]) -> pd.DataFrame:
    """Partial R² of each covariate with dose (given the others) and with the outcome (given dose too)."""
    names, even, others = list(rows.X.columns), np.ones(rows.n), matrix[:, :-1]
    found = []
    for covariate, columns in rows.groups.items():
        places = [1 + names.index(c) for c in columns]
        with_dose = partial_r2_of(places, others, matrix[:, -1], even)
        found.append((labels.get(covariate, covariate), with_dose, partial_r2_of(places, matrix, y, even)))
    return pd.DataFrame(found, columns=list(BENCHMARK_COLUMNS))


def sensitivity_words(
    result: SlopeSensitivity, dose: str = "support", yardstick: bool = True
) -> tuple[str, dict[str, Finding | str]]:
    """Say how much something unseen would have to explain: a template and its values.

    Parameters
    ----------
    result : SlopeSensitivity
    dose : str
        Words for the dose.
    yardstick : bool
        Whether what was known says enough of who had more for what is unseen to be measured by it.
    """
    partial, whole, interval = result.findings()
    values: dict[str, Finding | str] = {
        "dose": dose, "partial": partial, "robustness": whole, "robustness_interval": interval, "reason": result.note,
    }
    if not result.estimated:
        return "What something unseen would do to the association cannot be said. {reason}", values
    point = (
        "An unseen cause of both that explained {robustness} of what is left of {dose} and of the outcome would be "
        "enough to leave no association at all"
    )
    if not math.isfinite(result.robustness_interval):
        return point + "; no interval can be given.", values
    if result.robustness_interval == 0:
        return point + "; the interval has room for none as it is.", values
    end = "; {robustness_interval} of each would be enough for the interval to reach none. "
    return point + end + _compared(result, values, yardstick), values


#: Added where nothing known at the start would be enough, but nothing of it says who had more either.
NO_YARDSTICK = (
    " That is no reassurance: what was known hardly says who had more, and motivation may say far more of it."
)


def _compared(result: SlopeSensitivity, values: dict[str, Finding | str], yardstick: bool) -> str:
    """Compare with what was known at the start, measure by measure."""
    bounds = result.benchmarks()
    if bounds.empty:
        return "Nothing that was known at the start is there to compare it with."
    undone = bounds[bounds["undone"]].groupby("covariate", sort=False)["times"].min()
    if undone.empty:
        values["most"] = _how_often(max(result.times))
        enough = "Even something {most} as strong as any one measure known at the start would not be enough for that."
        return enough + ("" if yardstick else NO_YARDSTICK)
    least = undone.min()
    values["least"] = _how_often(least)
    values["measures"] = " or ".join(str(c) for c in undone.index[undone == least])
    return "Something {least} as strong as {measures}, among what was known at the start, would be enough for that."


def _how_often(times: float) -> str:
    words = {1.0: "just", 2.0: "twice", 3.0: "three times", 4.0: "four times", 5.0: "five times"}
    return words.get(times, "several times")
