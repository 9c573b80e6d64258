"""Does more engagement go with better outcomes? Baseline-adjusted regression, clustered by school."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.prepare import covariate_columns, kept_columns, require_columns
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust

__all__ = ["EngagementSlope", "engagement_slope"]

#: Fewest children for which a slope is estimated at all: a line through fewer says nothing.
FEWEST_CHILDREN = 20
#: Fewest children behind a point of the figure.
CHILDREN_A_POINT = 10
#: The points of a figure that cannot be drawn.
NO_POINTS = pd.DataFrame(columns=["dose", "outcome", "n", "fitted", "fitted_low", "fitted_high"], dtype=float)


@dataclass(frozen=True, repr=False)
class EngagementSlope(Result):
    """Difference in an outcome that goes with a step in dose, among children with the same covariates.

    It is an association: dose was not assigned, so nothing here says what the dose did.

    Parameters
    ----------
    outcome, exposure : str
        Columns of the data.
    step : float
        Difference in dose over which the slope is stated.
    estimate, se, df, ci_low, ci_high : float
        Slope over one step, its standard error, degrees of freedom and 95% interval, in units of the
        outcome; ``nan`` when it could not be estimated.
    n, n_schools : int
        Children and schools in the regression.
    covariates : tuple of str
        What it adjusts for.
    school_effects : str
        ``cluster`` or ``fixed``.
    points : DataFrame
        For the figure: ``dose``, ``outcome`` (means of bins of at least ten children, both adjusted for the
        covariates), ``n``, ``fitted``, ``fitted_low``, ``fitted_high``.
    note : str
        What a reader should know; says why when the slope could not be estimated.
    """

    outcome: str
    exposure: str
    step: float
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    n: int
    n_schools: int
    covariates: tuple[str, ...]
    school_effects: str
    points: pd.DataFrame
    note: str = ""

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was regressed on what."""
        return f"Association of {self.outcome} with {self.exposure}, per {self.step:g}, {self.n:,} children"

    @property
    def estimated(self) -> bool:
        """Whether there is a slope."""
        return math.isfinite(self.estimate)

    def table(self) -> pd.DataFrame:
        """One row: outcome, exposure, step, estimate, se, df, ci_low, ci_high, n, n_schools, note."""
        names = (
            "outcome",
            "exposure",
            "step",
            "estimate",
            "se",
            "df",
            "ci_low",
            "ci_high",
            "n",
            "n_schools",
            "note",
        )
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def plot(self) -> object:
        """Draw the binned means, the fitted line and its band."""
        from wlz_eval.engagement.pages.figures import draw_slope

        return draw_slope(self.points)


def _fit(X: pd.DataFrame, y: np.ndarray, school: pd.Series, contrasts: dict[str, dict[str, float]]) -> RobustEstimates:
    if school.nunique() >= 2:
        return cluster_robust(X, y, school.to_numpy(), kind="CR2", df="ik", contrasts=contrasts)
    return hc_robust(X, y, kind="HC3", contrasts=contrasts)


def _residual(values: np.ndarray, on: np.ndarray) -> np.ndarray:
    return values - on @ np.linalg.lstsq(on, values, rcond=None)[0]


def _points(X: pd.DataFrame, y: np.ndarray, exposure: str, school: pd.Series, most: int = 10) -> pd.DataFrame:
    """Means of adjusted dose and outcome in bins of equal size, with the fitted line and its band.

    By the theorem of Frisch, Waugh and Lovell the slope through the adjusted values is the regression's own.
    """
    others = X.drop(columns=exposure).to_numpy()
    dose = X[exposure].to_numpy()
    adjusted = pd.DataFrame({"dose": dose.mean() + _residual(dose, others), "outcome": y.mean() + _residual(y, others)})
    bins = max(1, min(most, len(y) // (2 * CHILDREN_A_POINT)))
    rank = adjusted["dose"].rank(method="first") - 1
    points = adjusted.groupby((rank * bins // len(y)).astype(int)).mean()
    points["n"] = adjusted.groupby((rank * bins // len(y)).astype(int)).size()
    means = X.mean()
    means_of = {str(name): float(mean) for name, mean in means.items()}
    contrasts = {str(i): {**means_of, exposure: float(d)} for i, d in enumerate(points["dose"])}
    line = _fit(X, y, school, contrasts)
    points["fitted"], points["fitted_low"], points["fitted_high"] = line.estimate, line.ci_low, line.ci_high
    return points.reset_index(drop=True)


def engagement_slope(
    data: pd.DataFrame,
    outcome: str,
    exposure: str,
    covariates: Sequence[str] = (),
    baseline: str | None = None,
    school: str = "school_id",
    step: float = 1.0,
    school_effects: str = "cluster",
) -> EngagementSlope:
    """Regress an outcome on dose among programme children, adjusting for the baseline.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
        Columns with the outcome and the dose.
    covariates : sequence of str
        Further columns to adjust for; a missing value becomes the mean, with an indicator beside it.
    baseline : str, optional
        Column with the outcome's own baseline. Children without it are left out.
    school : str
        Column by which standard errors are clustered.
    step : float
        Difference in dose over which the slope is stated.
    school_effects : {"cluster", "fixed"}
        ``fixed`` also compares children within the same school only.

    Returns
    -------
    EngagementSlope
        With ``nan`` and a reason when it cannot be estimated: too few children, or a dose that does not vary.

    Raises
    ------
    OptionError
        For a column that is not there, or an unknown way to treat schools.

    Notes
    -----
    Least squares; CR2 standard errors with Imbens-Kolesar degrees of freedom (HC3 when there is one school).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 20), "hours": rng.uniform(0, 50, 120)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=120)
    >>> round(engagement_slope(d, "y", "hours", step=10).estimate)
    2
    """
    if school_effects not in ("cluster", "fixed"):
        raise OptionError(
            f"Unknown school_effects {school_effects!r}. {suggestion(school_effects, ['cluster', 'fixed'])}"
        )
    adjust = list(dict.fromkeys([*([baseline] if baseline else []), *(c for c in covariates if c != baseline)]))
    require_columns(data, [outcome, exposure, school, *adjust])
    needed = [outcome, exposure, school, *([baseline] if baseline else [])]
    used = data.dropna(subset=needed)
    y = used[outcome].to_numpy(dtype=float)
    X = pd.DataFrame({"constant": 1.0}, index=used.index).join(covariate_columns(used, adjust))
    if school_effects == "fixed":
        X = X.join(covariate_columns(used.assign(**{school: used[school].astype(str)}), [school]))
    X[exposure] = used[exposure].to_numpy(dtype=float)
    reason = _why_not(X, exposure)
    common: dict[str, Any] = {
        "outcome": outcome,
        "exposure": exposure,
        "step": step,
        "n": len(used),
        "n_schools": int(used[school].nunique()),
        "covariates": tuple(adjust),
        "school_effects": school_effects,
    }
    if reason:
        nan = math.nan
        return EngagementSlope(
            **common, estimate=nan, se=nan, df=nan, ci_low=nan, ci_high=nan, points=NO_POINTS, note=reason
        )
    # An aliased column before the dose would make the line's contrasts ask for what is not there.
    X = X.loc[:, kept_columns(X)]
    fit = _fit(X, y, used[school], {exposure: {exposure: step}})
    notes = []
    if fit.n_clusters == 0:
        notes.append("All children are in one school, so differences between schools cannot be allowed for.")
    elif fit.illustrative[0]:
        notes.append("So few schools carry this slope that its interval is only illustrative.")
    return EngagementSlope(
        **common,
        estimate=float(fit.estimate[0]),
        se=float(fit.se[0]),
        df=float(fit.df[0]),
        ci_low=float(fit.ci_low[0]),
        ci_high=float(fit.ci_high[0]),
        points=_points(X, y, exposure, used[school]),
        note=" ".join(notes),
    )


def _why_not(X: pd.DataFrame, exposure: str) -> str:
    """Say why no slope can be estimated; empty when one can."""
    if len(X) < FEWEST_CHILDREN:
        return "Too few children have both the dose and the outcome to fit a line."
    dose = X[exposure]
    if dose.max() == dose.min():
        return "Every child had the same dose, so nothing can be said about more or less of it."
    if len(X) <= X.shape[1] + 2:
        return "There are too few children for so many covariates."
    if not kept_columns(X)[-1]:
        return "The dose cannot be told apart from the covariates."
    return ""
