"""The slope among children whose dose, by weights, goes with nothing that was known at the start."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.errors import DesignError
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.engagement.confounding.rows import Rows, check_step, gather, robust_fit
from wlz_eval.engagement.confounding.weights import (
    balancing_columns,
    check_moments,
    dose_weights,
    effective_size,
    weighted_correlations,
)
from wlz_eval.engagement.regress import FEWEST_CHILDREN
from wlz_eval.reference.confounding import confounding_cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["BalancedSlope", "balance_words", "balanced_slope"]

Array = npt.NDArray[np.float64]
#: Children on the smaller side of a yes or no for dose to be balanced over it.
FEWEST_ALIKE = 10
_BALANCE = ("column", "label", "before", "after", "asked", "n", "n_least")
_MOMENTS = ("column", "label", "before", "after", "n", "n_least")


@dataclass(frozen=True, kw_only=True, repr=False)
class BalancedSlope(Result):
    """Difference in an outcome that goes with a step in dose, once weights have balanced dose.

    Parameters
    ----------
    outcome, exposure : str
    step : float
        Difference in dose over which the slope is stated.
    estimate, se, df, ci_low, ci_high : float
        Weighted slope over one step; ``nan`` where there are no weights that can be used.
    n, n_schools : int
    effective, largest : float
        Effective sample size; the largest weight, in times the average.
    moments : int
        1 when dose is balanced over the covariates, 2 when over their squares too, 0 when there are no weights.
    balance : DataFrame
        ``column``, ``label``, ``before``, ``after`` (correlations with dose), ``asked`` (whether the weights were made
        to bring it to zero), ``n``, ``n_least`` (of a yes or no, children on the smaller side).
    kept : DataFrame
        ``column``, ``label``, ``before``, ``after``, ``n``, ``n_least``: means, and mean and SD of dose, which weights
        must keep.
    weights : array, shape (n,)
        Of mean one, in the order of the sorted rows. Never shown.
    note : str
        What a reader should know; says why there is no slope.
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
    effective: float
    largest: float
    moments: int
    balance: pd.DataFrame
    kept: pd.DataFrame
    weights: Array
    note: str = ""

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Association of {self.outcome} with {self.exposure}, balanced by weights, {self.n:,} children"

    @property
    def estimated(self) -> bool:
        """Whether there is a slope."""
        return math.isfinite(self.estimate)

    @property
    def worst_before(self) -> float:
        """Largest correlation of dose with anything known at the start, before weights."""
        return float(self.balance["before"].abs().max()) if len(self.balance) else math.nan

    @property
    def worst_after(self) -> float:
        """The same after weights, over what was asked for and what was not."""
        return float(self.balance["after"].abs().max()) if len(self.balance) else math.nan

    @property
    def balanced(self) -> bool:
        """Whether there are weights, and no correlation of dose with anything known at the start is left."""
        return self.estimated and self.worst_after <= confounding_cut("balanced_correlation")

    def table(self) -> pd.DataFrame:
        """One row: estimate, interval, children, schools, effective sample size, largest weight, worst correlations."""
        names = (
            "outcome", "exposure", "step", "estimate", "se", "df", "ci_low", "ci_high", "n", "n_schools", "effective",
            "largest", "moments", "worst_before", "worst_after", "note",
        )
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def plot(self) -> Figure:
        """Correlations of dose before and after weights."""
        from wlz_eval.engagement.confounding.figures import draw_dose_balance

        return draw_dose_balance(self.balance)

    def findings(self, prefix: str = "engagement.confounding", unit: Unit = "points") -> tuple[Finding, ...]:
        """``.balanced_slope`` in `unit`, ``.effective_share`` in percent, ``.correlation_before`` and ``_after``."""
        common: dict[str, Any] = {
            "outcome": self.outcome, "group": "programme", "claim": "association", "n_programme": self.n,
            "note": self.note,
        }
        method = "entropy balancing of the dose, weighted least squares, CR2 by school"
        share = 100 * self.effective / self.n if self.n else math.nan
        return (
            Finding(
                finding_id=f"{prefix}.balanced_slope", quantity="slope", estimate=self.estimate, se=self.se,
                ci_low=self.ci_low, ci_high=self.ci_high, unit=unit, method=method, **common,
            ),
            Finding(
                finding_id=f"{prefix}.effective_share", quantity="effective sample size", estimate=share,
                unit="share", method="Kish", **common,
            ),
            Finding(
                finding_id=f"{prefix}.correlation_before", quantity="largest correlation", estimate=self.worst_before,
                unit="ratio", method="correlation", **common,
            ),
            Finding(
                finding_id=f"{prefix}.correlation_after", quantity="largest correlation", estimate=self.worst_after,
                unit="ratio", method="weighted correlation", **common,
            ),
        )


def balanced_slope(
    data: pd.DataFrame, outcome: str, exposure: str, covariates: Sequence[str] = (), *, baseline: str | None = None,
    school: str = "school_id", step: float = 1.0, moments: int = 2, labels: Mapping[str, str] | None = None,
) -> BalancedSlope:
    """Estimate a slope with weights under which dose goes with nothing that was known at the start.

    Weights are made without the values of the outcome. What dose is balanced over stays in the regression: it can move
    the slope no more, but it narrows the interval.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    outcome, exposure : str
    covariates : sequence of str
        What dose is balanced over: numbers, words (as indicators; the school itself may be among them), missing
        values as the mean with an indicator.
    baseline : str, optional
        The outcome's own baseline, balanced over too. Children without it are left out.
    school : str
        Column by which standard errors are clustered.
    step : float
        Difference in dose over which the slope is stated.
    moments : {2, 1}
        2 balances dose over squares of covariates too. Where there are no such weights, or too few effective
        children are left, dose is balanced over the covariates only, and the note says so.
    labels : mapping of str to str, optional
        Words for covariates.

    Returns
    -------
    BalancedSlope
        With ``nan`` and a reason where nothing can be estimated.

    Raises
    ------
    OptionError
        For columns that are not there or hold no numbers, or an unknown number of moments.

    Notes
    -----
    The interval takes the weights as given, which does little harm: what they were made from is in the regression as
    well, so that their own chance errors cancel.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> d = pd.DataFrame({"school_id": np.repeat(list("abcdef"), 50), "need": rng.normal(size=300)})
    >>> d["hours"] = 20 + 3 * d["need"] + rng.normal(scale=6, size=300)
    >>> d["y"] = -d["need"] + rng.normal(size=300)
    >>> result = balanced_slope(d, "y", "hours", ["need"])
    >>> bool(result.ci_low < 0 < result.ci_high), bool(result.worst_after < 1e-6)
    (True, True)
    """
    rows = gather(data, exposure, covariates, school, outcome, baseline)
    about: dict[str, Any] = {
        "outcome": outcome, "exposure": exposure, "step": check_step(step), "n": rows.n, "n_schools": rows.n_schools,
    }
    check_moments(moments)
    reason = rows.why_not()
    if reason:
        return _refused(about, reason, rows, labels or {})
    found = _usable(rows, moments)
    if isinstance(found, str):
        return _refused(about, found, rows, labels or {})
    weights, used, said = found
    over = balancing_columns(_balanced_over(rows), used)
    over = over.join(rows.X.drop(columns=over.columns, errors="ignore"))
    X = pd.DataFrame({"(constant)": 1.0}, index=over.index).join(over).assign(**{"(dose)": rows.dose})
    y = rows.data[outcome].to_numpy(dtype=float)
    fit = robust_fit(X, y, rows.school, {"(dose)": {"(dose)": float(step)}}, weights)
    few = "So few schools carry this slope that its interval is only illustrative." if fit.illustrative[0] else ""
    return BalancedSlope(
        **about, estimate=float(fit.estimate[0]), se=float(fit.se[0]), df=float(fit.df[0]),
        ci_low=float(fit.ci_low[0]), ci_high=float(fit.ci_high[0]), effective=effective_size(weights),
        largest=float(weights.max()), moments=used, weights=weights, kept=_kept(rows, weights, labels or {}),
        balance=_balance(rows, weights, used, labels or {}),
        note=" ".join(filter(None, [said, *rows.notes, few])),
    )


def _usable(rows: Rows, moments: int) -> tuple[Array, int, str] | str:
    """Weights, the moments they balance and what to say of it; or why there are none."""
    least = max(float(FEWEST_CHILDREN), confounding_cut("least_effective_share") * rows.n)
    reason = ""
    if not _balanced_over(rows).shape[1]:
        return "Too few children differ in anything that was known at the start."
    for used in range(moments, 0, -1):
        try:
            weights = dose_weights(balancing_columns(_balanced_over(rows), used), rows.dose)
        except DesignError:
            reason = "No weights make them alike on all of that at once."
            continue
        if effective_size(weights) >= least:
            less = "" if used == moments else (
                "Dose could be balanced over the measures themselves, not over their squares too, so a need that "
                "works only at its extremes may be left."
            )
            return weights, used, less
        reason = (
            "Weights that make children with more and with less of the dose alike would rest on a few of them: too "
            "small an effective sample is left."
        )
    return reason


def _balanced_over(rows: Rows) -> pd.DataFrame:
    """Columns that dose is balanced over: of groups that are not too small to be made alike.

    A smaller group stays in the regression.
    """
    return rows.X.loc[:, [rows.least(str(c)) >= FEWEST_ALIKE for c in rows.X.columns]]


def _refused(about: dict[str, Any], reason: str, rows: Rows, labels: Mapping[str, str]) -> BalancedSlope:
    nan = math.nan
    even = np.ones(rows.n)
    seen = rows.n >= FEWEST_CHILDREN and bool(rows.groups) and np.ptp(rows.dose) > 0
    balance = _balance(rows, even, 1, labels).assign(after=nan, asked=False) if seen else _empty(_BALANCE)
    return BalancedSlope(
        **about, estimate=nan, se=nan, df=nan, ci_low=nan, ci_high=nan, effective=nan, largest=nan, moments=0,
        balance=balance, kept=_empty(_MOMENTS), weights=np.empty(0), note=reason,
    )


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


def _label(rows: Rows, column: str, labels: Mapping[str, str]) -> str:
    """Words for a column: those of its covariate, and which level of it."""
    head = column.removesuffix(" squared")
    covariate = next((c for c, names in rows.groups.items() if head in names), head)
    words = labels.get(covariate, covariate)
    return words + column[len(covariate):].replace("=", ": ", 1).replace("(missing)", "(not known)")


def _balance(rows: Rows, weights: Array, moments: int, labels: Mapping[str, str]) -> pd.DataFrame:
    """Correlations of dose before and after, with squares whether or not they were asked for."""
    columns = balancing_columns(_balanced_over(rows), 2)
    asked = set(balancing_columns(_balanced_over(rows), moments).columns)
    values = columns.to_numpy(dtype=float)
    return pd.DataFrame(
        {
            "column": columns.columns.astype(str),
            "label": [_label(rows, str(c), labels) for c in columns.columns],
            "before": weighted_correlations(values, rows.dose, np.ones(rows.n)),
            "after": weighted_correlations(values, rows.dose, weights),
            "asked": [c in asked for c in columns.columns],
            "n": rows.n,
            "n_least": [rows.least(str(c).removesuffix(" squared")) for c in columns.columns],
        }
    )


def _kept(rows: Rows, weights: Array, labels: Mapping[str, str]) -> pd.DataFrame:
    w, even = weights / weights.sum(), np.full(rows.n, 1 / rows.n)
    found = [
        ("(dose)", "Mean dose", even @ rows.dose, w @ rows.dose, rows.n, rows.n),
        ("(dose sd)", "SD of dose", *(math.sqrt(v @ (rows.dose - v @ rows.dose) ** 2) for v in (even, w)), rows.n,
         rows.n),
    ]
    for column in rows.X.columns:
        values = rows.X[column].to_numpy()
        title = f"Mean of {_label(rows, str(column), labels)}"
        found.append((str(column), title, even @ values, w @ values, rows.n, rows.least(str(column))))
    return pd.DataFrame(found, columns=list(_MOMENTS))


def balance_words(result: BalancedSlope, dose: str = "support") -> tuple[str, dict[str, Finding | str]]:
    """Say whether children with more and less dose could be made alike, and at what cost: a template and its values."""
    slope, share, before, after = result.findings()
    values: dict[str, Finding | str] = {
        "dose": dose, "slope": slope, "share": share, "before": before, "after": after, "reason": result.note,
    }
    if not result.estimated:
        return "Children with more and with less {dose} could not be made alike on what was known. {reason}", values
    gone = (
        "Weights bring the strongest link of {dose} with anything known at the start from a correlation of {before} to "
        "{after}"
    )
    left = "" if result.balanced else ", which is not near enough to nothing"
    note = " {reason}" if result.note else ""
    cost = ". Since some children then count more than others, they tell as much as {share} of them would unweighted."
    return gone + left + cost + note, values
