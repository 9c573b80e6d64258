"""Does more engagement go with better outcomes? Baseline-adjusted regression that allows for schools."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.engagement.regress.capabilities import VARIANCES, check_request
from wlz_eval.engagement.regress.fitting import Fitted, fit_prepared
from wlz_eval.engagement.regress.margins import MARGIN_COLUMNS, average_margins, standardised
from wlz_eval.engagement.regress.prepare import FEWEST_CHILDREN, prepare
from wlz_eval.inference import DF_KINDS, MixedEstimates

__all__ = ["FEWEST_CHILDREN", "NO_POINTS", "EngagementSlope", "engagement_slope"]

#: Fewest children behind a point of the figure.
CHILDREN_A_POINT = 10
#: The points of a figure that cannot be drawn.
NO_POINTS = pd.DataFrame(columns=["dose", "outcome", "n", "fitted", "fitted_low", "fitted_high"], dtype=float)
NO_MARGINS = pd.DataFrame(columns=list(MARGIN_COLUMNS), dtype=float)
#: What the slope of each model is counted in.
SCALES = {"linear": "units of the outcome", "logistic": "log-odds", "ordered": "log-odds of a higher level"}
_COLUMNS = (
    "outcome", "exposure", "step", "estimate", "se", "df", "ci_low", "ci_high", "n", "n_schools", "note",
    "model", "school_effects", "variance", "df_kind", "p", "scale", "n_left_out",
)


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
        Slope over one step, its standard error, degrees of freedom and 95% interval, on `scale`; ``nan`` when it could
        not be estimated.
    n, n_schools : int
        Children and schools in the regression.
    covariates : tuple of str
        What it adjusts for.
    school_effects : str
        ``cluster``, ``fixed`` or ``random``.
    note : str
        What a reader should know; says why when the slope could not be estimated.
    p : float
        Two-sided p-value against a slope of zero.
    model, variance, df_kind : str
        What was fitted, and how its interval was made.
    scale : str
        Units of the outcome, or log-odds.
    variance_between, variance_within : float
        Of the mixed model; ``nan`` for others.
    n_left_out : int
        Children without outcome, dose, school or baseline.
    fit : Fitted or None
        What the checks of the model start from. It holds children's rows: for use, never for showing.
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
    note: str = ""
    p: float = math.nan
    model: str = "linear"
    variance: str = "CR2"
    df_kind: str = "ik"
    scale: str = SCALES["linear"]
    variance_between: float = math.nan
    variance_within: float = math.nan
    n_left_out: int = 0
    fit: Fitted | None = None

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was regressed on what."""
        return f"Association of {self.outcome} with {self.exposure}, per {self.step:g}, {self.n:,} children"

    @property
    def estimated(self) -> bool:
        """Whether there is a slope."""
        return math.isfinite(self.estimate)

    @cached_property
    def points(self) -> pd.DataFrame:
        """For the figure: ``dose``, ``outcome``, ``n``, ``fitted``, ``fitted_low``, ``fitted_high``.

        Means of bins of at least ten children, adjusted for the covariates (shares in percent, for the logistic
        model); none for the ordered model.
        """
        return _points(self.fit) if self.fit else NO_POINTS

    @cached_property
    def margins(self) -> pd.DataFrame:
        """Logistic and ordered: difference in probability over a step, in percentage points.

        See :func:`wlz_eval.engagement.regress.average_margins` for the columns; no rows for the linear model.
        """
        return average_margins(self.fit, self.step) if self.fit and self.model != "linear" else NO_MARGINS

    @property
    def coefficients(self) -> pd.DataFrame:
        """Every coefficient: ``term``, ``estimate``, ``se``, ``df``, ``ci_low``, ``ci_high``, ``p``, and a flag."""
        return self.fit.all_terms.table().reset_index() if self.fit else pd.DataFrame()

    @property
    def method(self) -> str:
        """How it was estimated, in a few words."""
        if self.n_schools < 2:
            return f"{self.model} regression, heteroskedasticity-robust (one school)"
        fixed = ", within schools" if self.school_effects == "fixed" else ""
        kind, freedom = VARIANCES[self.variance], DF_KINDS[self.df_kind]
        return f"{self.model} regression{fixed}, {kind}, {freedom} degrees of freedom"

    @property
    def residual_df(self) -> float:
        """Children less coefficients, which the release rule reads; ``nan`` where there is no slope."""
        return float(len(self.fit.X) - self.fit.X.shape[1]) if self.fit is not None else math.nan

    def table(self) -> pd.DataFrame:
        """One row: outcome, exposure, step, estimate, se, df, ci_low, ci_high, n, n_schools, note, and how."""
        return pd.DataFrame([{name: getattr(self, name) for name in _COLUMNS}])

    def plot(self) -> object:
        """Draw the binned means, the fitted line and its band."""
        from wlz_eval.engagement.pages.figures import draw_slope

        return draw_slope(self.points)


def _residual(values: np.ndarray, on: np.ndarray) -> np.ndarray:
    return values - on @ np.linalg.lstsq(on, values, rcond=None)[0]


def _bins(values: np.ndarray, most: int = 10) -> np.ndarray:
    """Bins of equal size, each of at least ten children; the rows are sorted by child, so their order is always one."""
    bins = max(1, min(most, len(values) // (2 * CHILDREN_A_POINT)))
    rank = pd.Series(values).rank(method="first") - 1
    return np.asarray((rank * bins // len(values)).astype(int))


def _points(fit: Fitted) -> pd.DataFrame:
    """Means of adjusted dose and outcome in bins of equal size, with the fitted line and its band."""
    if fit.model == "ordered":
        return NO_POINTS
    return _linear_points(fit) if fit.model == "linear" else _logistic_points(fit)


def _linear_points(fit: Fitted) -> pd.DataFrame:
    """By the theorem of Frisch, Waugh and Lovell the slope through the adjusted values is that of least squares."""
    exposure = fit.prepared.exposure
    others, dose, y = fit.X.drop(columns=exposure).to_numpy(), fit.dose, fit.y
    adjusted = pd.DataFrame({"dose": dose.mean() + _residual(dose, others), "outcome": y.mean() + _residual(y, others)})
    grouped = adjusted.groupby(_bins(adjusted["dose"].to_numpy()))
    points = grouped.mean()
    points["n"] = grouped.size()
    means_of = {str(name): float(mean) for name, mean in fit.X.mean().items()}
    line = fit.contrasts({str(i): {**means_of, exposure: float(d)} for i, d in enumerate(points["dose"])})
    points["fitted"], points["fitted_low"], points["fitted_high"] = line.estimate, line.ci_low, line.ci_high
    return points.reset_index(drop=True)


def _logistic_points(fit: Fitted) -> pd.DataFrame:
    """Shares in bins of dose, standardised to all children's covariates; the curve is the mean fitted probability."""
    table = pd.DataFrame({"dose": fit.dose, "left": fit.y - fit.expected})
    grouped = table.groupby(_bins(fit.dose))
    points = grouped[["dose"]].mean()
    curve = standardised(fit, points["dose"])
    points["outcome"] = 100 * (curve["estimate"].to_numpy() + grouped["left"].mean().to_numpy())
    points["n"] = grouped.size()
    for name, column in (("fitted", "estimate"), ("fitted_low", "ci_low"), ("fitted_high", "ci_high")):
        points[name] = 100 * curve[column].to_numpy()
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
    model: str = "linear",
    variance: str | None = None,
    df: str | None = None,
) -> EngagementSlope:
    """Regress an outcome on dose among programme children, adjusting for the baseline.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
        Columns with the outcome and the dose. A logistic outcome has two values; an ordered one is numbers or an
        ordered category.
    covariates : sequence of str
        Further columns to adjust for; a missing value becomes the mean, with an indicator beside it.
    baseline : str, optional
        Column with the outcome's own baseline. Children without it are left out.
    school : str
        Column with the school of each child.
    step : float
        Difference in dose over which the slope is stated.
    school_effects : {"cluster", "fixed", "random"}
        How schools enter: see ``SCHOOL_EFFECTS``. ``fixed`` compares children within the same school only.
    model : {"linear", "logistic", "ordered"}
        See ``MODELS``.
    variance, df : str, optional
        Variance and degrees of freedom, the best known for the model when left out: see :func:`capability_table`.

    Returns
    -------
    EngagementSlope
        With ``nan`` and a reason when it cannot be estimated: too few children, a dose or an outcome that does not
        vary, a dose that sorts the outcome without error.

    Raises
    ------
    OptionError
        For a column that is not there or not of the right kind, or an option that is unknown or does not go with
        the others.

    Notes
    -----
    The default interval of the linear model is the narrowest that covered the true slope in every cell of
    ``data/studies/dose.csv`` (CR2 by school with random-intercept weights, Satterthwaite's degrees of freedom).
    Logistic and ordered models are fitted by maximum likelihood, with CR2 of their scores by school (Kauermann and
    Carroll 2001) and Bell and McCaffrey's degrees of freedom; where covariates sort a yes/no outcome without error, by
    Firth's penalised likelihood (Heinze and Schemper 2002, Statistics in Medicine 21). With one school: HC3.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 20), "hours": rng.uniform(0, 50, 120)})
    >>> d["y"] = 0.2 * d["hours"] + rng.normal(size=120)
    >>> round(engagement_slope(d, "y", "hours", step=10).estimate)
    2
    >>> d["met"] = d["y"] + rng.normal(size=120) * 3 > 5
    >>> engagement_slope(d, "met", "hours", step=10, model="logistic").margins["estimate"].round().tolist()
    [18.0]
    """
    kind, freedom = check_request(model, school_effects, variance, df)
    if not (math.isfinite(step) and step > 0):
        raise OptionError(f"step must be a positive number, not {step!r}.")
    prepared = prepare(data, outcome, exposure, covariates, baseline, school, model)
    fit, reason = fit_prepared(prepared, model, school_effects, kind, freedom)
    shown = fit.prepared if fit else prepared
    common: dict[str, Any] = {
        "outcome": outcome, "exposure": exposure, "step": step, "n": len(shown.y), "n_schools": shown.n_schools,
        "covariates": prepared.covariates, "school_effects": school_effects, "model": model, "variance": kind,
        "df_kind": freedom, "scale": SCALES[model], "n_left_out": shown.n_left_out,
    }
    if fit is None:
        nan = math.nan
        return EngagementSlope(
            **common, estimate=nan, se=nan, df=nan, ci_low=nan, ci_high=nan, note=reason
        )
    found = fit.all_terms
    mixed = found if isinstance(found, MixedEstimates) else None
    return EngagementSlope(
        **common,
        estimate=step * float(found.estimate[-1]),
        se=step * float(found.se[-1]),
        df=float(found.df[-1]),
        ci_low=step * float(found.ci_low[-1]),
        ci_high=step * float(found.ci_high[-1]),
        p=float(found.p[-1]),
        note=" ".join(fit.notes),
        variance_between=mixed.variance_between if mixed else math.nan,
        variance_within=mixed.variance_within if mixed else math.nan,
        fit=fit,
    )
