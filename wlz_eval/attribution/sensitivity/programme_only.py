"""What a measure that only programme children have could do to a result: the sweep of its gap between the groups.

The comparison cannot be matched on a measure that comparison children lack (the SDQ, say). But programme children
show how it goes with the outcome (gamma, its slope given the covariates). If matched comparison children differ from
programme children by delta on it, given the covariates, the estimate is off by about gamma times delta.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import EffectEstimate, analysed_children, estimate_effect
from wlz_eval.attribution.effects.analysed import as_numbers, one_column
from wlz_eval.attribution.effects.models import CHILDREN_PER_COEFFICIENT
from wlz_eval.attribution.sensitivity.found import describe_findings
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.figures import COLOURS, new_figure
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ProgrammeOnly", "draw_programme_only", "programme_only"]

_BEYOND = (
    "Where the neediest were taken out of the group that comparison children come from, these may stand beyond the "
    "norm, and the gap may be wider than any shown."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class ProgrammeOnly(Result):
    """The sweep of a measure that only programme children have.

    Parameters
    ----------
    outcome, measure : str
    estimate, ci_low, ci_high : float
        The effect as estimated without the measure.
    gamma, gamma_se, gamma_low, gamma_high, gamma_df : float
        Slope of the measure on the outcome given the covariates, among programme children: outcome units for each
        unit of the measure, with its 95% interval.
    mean, norm : float
        Mean of the measure among these programme children, and nationally.
    delta_widest : float
        Widest gap of the sweep: `reach` times programme mean minus norm.
    delta_removes : float
        Gap at which nothing of the estimate is left: estimate / gamma.
    delta_interval : float
        Smallest gap, towards `delta_widest` and to a thousandth of it, at which the interval holds zero: 0 when it
        already does, ``nan`` when none within the sweep does.
    sweep : DataFrame
    n_gamma : int
        Programme children behind the slope.
    n_programme, n_comparison : int
        Children behind the effect.
    notes : tuple of str
    """

    outcome: str
    measure: str
    estimate: float
    ci_low: float
    ci_high: float
    gamma: float
    gamma_se: float
    gamma_low: float
    gamma_high: float
    gamma_df: float
    mean: float
    norm: float
    delta_widest: float
    delta_removes: float
    delta_interval: float
    sweep: pd.DataFrame
    n_gamma: int
    n_programme: int
    n_comparison: int
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"What a gap in {self.measure} between the groups would do to the difference in {self.outcome}"

    @property
    def removes_within(self) -> bool:
        """Whether a gap within the sweep leaves nothing of the estimate."""
        return math.isfinite(self.delta_removes) and 0 <= self.delta_removes / self.delta_widest <= 1

    def table(self) -> pd.DataFrame:
        """One row a gap.

        ``delta`` (the measure's unit), ``share`` (of the widest gap), ``bias``, ``estimate``, ``ci_low``, ``ci_high``
        (the outcome's unit, with that bias taken out), ``n_programme``, ``n_comparison``.
        """
        return self.sweep.copy()

    def plot(self) -> Figure:
        """Estimate and interval that would be left, by gap."""
        return draw_programme_only(self.table(), self.measure)

    @property
    def sentence(self) -> str:
        """Plain words, no numbers."""
        what = f"a gap in {self.measure} between programme and matched comparison children"
        if not (math.isfinite(self.gamma_low) and math.isfinite(self.delta_removes)):
            return f"It cannot be said with any certainty what {what} would do to the result."
        if self.gamma_low <= 0 <= self.gamma_high:
            start = f"Among programme children {self.measure} does not clearly go with the outcome; "
        else:
            start = ""
        if self.delta_removes / self.delta_widest < 0:
            said = f"{what} would hide part of the result rather than make it up."
        elif self.removes_within:
            said = f"{what} that is within the range thought possible could make up the result."
        else:
            said = f"{what} as wide as any thought possible would not make up the result."
        return start + said if start else said[0].upper() + said[1:]

    def findings(
        self, prefix: str, unit: Unit = "points", measure_unit: Unit = "points", **about: Any
    ) -> tuple[Finding, ...]:
        """Give findings ``.gamma``, ``.delta_widest``, ``.delta_removes`` and ``.bias_widest``.

        Parameters
        ----------
        prefix : str
        unit, measure_unit : str
            Units of outcome and measure. Gamma is outcome units for each unit of the measure, so a ``ratio``.
        **about
            ``outcome``, ``wave``, ``comparator``, ``tier``, ``primary``.
        """
        method = f"sweep of {self.measure}, measured among programme children only"
        ends = {"ci_low": self.gamma_low, "ci_high": self.gamma_high} if math.isfinite(self.gamma_low) else {}
        slope = describe_findings(
            prefix, [("gamma", "slope", self.gamma, "ratio")], about,
            se=self.gamma_se, n_programme=self.n_gamma, method=method, **ends,
        )
        gaps: list[tuple[str, str, float, Unit]] = [
            ("delta_widest", "widest plausible gap", self.delta_widest, measure_unit),
            ("delta_removes", "gap that removes the result", self.delta_removes, measure_unit),
            ("bias_widest", "bias at the widest gap", self.gamma * self.delta_widest, unit),
        ]
        both = {"n_programme": min(self.n_gamma, self.n_programme), "n_comparison": self.n_comparison}
        return (*slope, *describe_findings(prefix, gaps, about, method=method, **both))


def programme_only(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    measure: str,
    *,
    norm: float,
    effect: EffectEstimate | None = None,
    cluster: str | None = "school_id",
    df: str | None = None,
    steps: int = 11,
    reach: float = 1.0,
) -> ProgrammeOnly:
    """Sweep the gap on a measure that only programme children have, and see what of the result it removes.

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child: outcome, measure, cluster.
    outcome, measure : str
        Columns; the measure is taken before the programme.
    norm : float
        National mean of the measure.
    effect : EffectEstimate, optional
        The effect, if estimated already.
    cluster : str or None
    df : str, optional
        As in :func:`~wlz_eval.attribution.estimate_effect`.
    steps : int
        Gaps in the sweep, from none to the widest.
    reach : float
        The widest gap, in parts of programme mean minus norm: more than 1 where comparison children may stand
        beyond the norm, as do those who are left when the neediest of a school have been taken out.

    Returns
    -------
    ProgrammeOnly

    Raises
    ------
    OptionError
        For an unknown column, or a measure that the design matches on.
    DesignError
        When too few programme children have both, or their mean is the norm.

    Notes
    -----
    The sweep assumes that the slope is the same for comparison children and for children with low and high values.
    Where schools are known, the interval allows for effect and slope resting on the same schools.
    """
    for name in (outcome, measure):
        if name not in outcomes.columns:
            raise OptionError(f"{name!r} is not a column. {suggestion(name, list(outcomes.columns))}")
        as_numbers(one_column(outcomes, "Column", name), "Column", name)
    if not isinstance(norm, int | float | np.number):
        raise OptionError(f"norm must be a number, not {norm!r}.")
    if measure in design.formula.columns:
        raise OptionError(f"The design matches on {measure!r}, so there is no gap to sweep. Name one that it lacks.")
    if steps < 2 or not (math.isfinite(norm) and math.isfinite(reach) and reach > 0):
        raise OptionError("steps must be 2 or more, norm a number, and reach above zero.")
    if effect is None:
        effect = estimate_effect(design, outcomes, outcome, cluster=cluster, df=df)
    if effect.measure not in ("difference", "risk_difference"):
        raise OptionError("The sweep takes bias out of a difference; the effect given is a ratio.")
    fit, readings, notes = _slope(design, outcomes, outcome, measure, cluster, df)
    mean = float(readings.mean())
    if mean == norm:
        raise DesignError(f"Programme children stand at the norm of {measure}, so there is no gap to sweep.")
    known = bool(np.isfinite(fit.ci_low[0]))
    gamma, se = float(fit.estimate[0]), float(fit.se[0]) if known else float("nan")
    shared = float(effect.scores.mul(_scores(fit), fill_value=0.0).sum()) if len(effect.scores) else 0.0
    widest = reach * (mean - norm)
    fine, shown = (_sweep(np.linspace(0.0, widest, k), gamma, se, shared, effect) for k in (1001, steps))
    return ProgrammeOnly(
        outcome=outcome,
        measure=measure,
        estimate=effect.estimate,
        ci_low=effect.ci_low,
        ci_high=effect.ci_high,
        gamma=gamma,
        gamma_se=se,
        gamma_low=float(fit.ci_low[0]),
        gamma_high=float(fit.ci_high[0]),
        gamma_df=float(fit.df[0]),
        mean=mean,
        norm=norm,
        delta_widest=widest,
        delta_removes=effect.estimate / gamma if gamma != 0 else float("nan"),
        delta_interval=_first_zero(fine),
        sweep=shown,
        n_gamma=len(readings),
        n_programme=effect.n_programme,
        n_comparison=effect.n_comparison,
        notes=(*notes, _BEYOND) if reach <= 1 else tuple(notes),
    )


def _slope(
    design: Design, outcomes: pd.DataFrame, outcome: str, measure: str, cluster: str | None, df: str | None
) -> tuple[RobustEstimates, pd.Series, list[str]]:
    """Slope of the measure on the outcome given the covariates, among matched programme children."""
    children = analysed_children(design, outcomes, outcome, cluster=cluster)
    children = children.of(children.treated)
    children = children.of(outcomes.loc[children.y.index, measure].notna().to_numpy())
    readings = outcomes.loc[children.y.index, measure].astype(float)
    if len(readings) < 2 * CHILDREN_PER_COEFFICIENT or readings.nunique() < 2:
        raise DesignError(f"Too few programme children have both {outcome} and a {measure} that varies.")
    notes = []
    covariates = children.covariates
    if len(readings) < CHILDREN_PER_COEFFICIENT * (covariates.shape[1] + 2):
        covariates = covariates.iloc[:, :0]
        notes.append("Too few children to hold the covariates alike in the slope: left out.")
    X = pd.concat([pd.DataFrame({"intercept": 1.0, measure: readings}), covariates], axis=1)
    wanted = {"gamma": {measure: 1.0}}
    y, w, schools = children.y, children.weights, children.clusters
    if schools is not None and schools.nunique() < 2:
        notes.append("Programme children of one school: the slope's interval takes children as independent.")
        schools = None
    if schools is None:
        return hc_robust(X, y, w, contrasts=wanted), readings, notes
    return cluster_robust(X, y, schools, w, df=df or "ik", contrasts=wanted), readings, notes


def _scores(fit: RobustEstimates) -> pd.Series:
    return pd.Series(fit.scores[:, 0], index=pd.Index(fit.clusters)) if fit.clusters else pd.Series(dtype=float)


def _sweep(
    delta: npt.NDArray[np.float64], gamma: float, gamma_se: float, shared: float, effect: EffectEstimate
) -> pd.DataFrame:
    """Take the bias of each gap out of the estimate, with the interval of the difference of the two."""
    bias = gamma * delta
    variance = effect.se**2 + (delta * gamma_se) ** 2 - 2 * delta * shared
    quantile = float(special.stdtrit(effect.df, 0.975)) if effect.df > 0 else float("nan")
    # At no gap the slope does not matter, even where its uncertainty is unknown.
    variance = np.where(delta == 0, effect.se**2, variance)
    half = quantile * np.sqrt(np.maximum(variance, 0.0))
    left = effect.estimate - bias
    return pd.DataFrame(
        {
            "delta": delta, "share": delta / delta[-1], "bias": bias, "estimate": left, "ci_low": left - half,
            "ci_high": left + half, "n_programme": effect.n_programme, "n_comparison": effect.n_comparison,
        }
    )


def _first_zero(rows: pd.DataFrame) -> float:
    """Smallest gap of a sweep at which the interval holds zero."""
    holds = rows.loc[(rows["ci_low"] <= 0) & (rows["ci_high"] >= 0), "delta"]
    return float(holds.iloc[0]) if len(holds) else float("nan")


def draw_programme_only(table: pd.DataFrame, measure: str = "the measure", unit: str = "") -> Figure:
    """Draw, from a (released) table, what would be left of the estimate by gap.

    Parameters
    ----------
    table : DataFrame
        ``delta``, ``estimate``, ``ci_low``, ``ci_high``; rows without numbers are not drawn.
    measure : str
        Name of the measure in plain words.
    unit : str
        Words for the outcome's unit.
    """
    rows = table[["delta", "estimate", "ci_low", "ci_high"]].astype(float).dropna(subset=["delta", "estimate"])
    figure, axes = new_figure(height=3.6)
    axes.axhline(0, color=COLOURS["neutral"], linewidth=1)
    wide = rows.dropna()
    axes.fill_between(wide["delta"], wide["ci_low"], wide["ci_high"], color=COLOURS["light"], alpha=0.5)
    axes.plot(rows["delta"], rows["estimate"], color=COLOURS["programme"], marker="o", markersize=4)
    axes.set_xlabel(f"Gap in {measure} between programme and matched comparison children")
    axes.set_ylabel("Difference left" + (f" ({unit})" if unit else ""))
    return figure
