"""Balance of the prognostic score: of what the covariates together say about the outcome without the programme.

The one part of balance that is shown outcomes, once the design is frozen; and of those only comparison children's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.balance.distribution import distribution_table, draw_distribution
from wlz_eval.attribution.balance.gaps import Sides
from wlz_eval.attribution.balance.table import balance_columns, check_limit, gap_within
from wlz_eval.attribution.units import label_order
from wlz_eval.core.errors import DesignError
from wlz_eval.core.result import Result
from wlz_eval.inference.linear import independent_columns

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from wlz_eval.attribution.design import Design

__all__ = ["PrognosticBalance", "prognostic_balance"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: The model is fitted outside the matched sample where that leaves so many children for every coefficient.
CHILDREN_PER_COEFFICIENT = 10
#: Fewer than this for every coefficient predict nothing.
FEWEST_PER_COEFFICIENT = 2
OUTSIDE, EVERYONE = "comparison children outside the matched sample", "all comparison children"
SEEN = (
    "Too few comparison children are outside the matched sample to fit the model on them. It was fitted on all, and "
    "has seen the outcomes of matched ones too: the more covariates for so many children, the less its balance says."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class PrognosticBalance(Result):
    """Balance of the prognostic score, before and after.

    Parameters
    ----------
    outcome : str
    row : Series
        Balance of the score, as a row of :class:`BalanceTable`; differences are in the outcome's own unit.
    score : Series
        Predicted outcome without the programme of each child of the design. Private, as any child's number.
    design : Design
    model : {"linear", "logistic"}
    fitted_on : str
        Which comparison children the model was fitted on.
    n_fitted : int
    r_squared : float
        Share of the outcome's variance among them that the model explains.
    outcome_sd : float
        SD of the outcome among them.
    notes : tuple of str
    """

    outcome: str
    row: pd.Series
    score: pd.Series
    design: Design
    model: str
    fitted_on: str
    n_fitted: int
    r_squared: float
    outcome_sd: float
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Balance of what the covariates say about {self.outcome}"

    @property
    def smd_after(self) -> float:
        """Standardised difference of the score after matching."""
        return float(self.row["smd_after"])

    def table(self) -> pd.DataFrame:
        """One row.

        Returns
        -------
        DataFrame
            ``outcome``, ``model``, ``fitted_on``, ``n_fitted``, ``r_squared``; before and after: ``difference`` (in the
            outcome's unit: what an unadjusted comparison would be wrong by, as far as the covariates tell),
            ``difference_sd`` (in SDs of the outcome), ``smd`` (in SDs of the score), ``variance_ratio``; ``verdict``;
            matched children ``n_programme``, ``n_comparison``.
        """
        sizes = {f"n_{group}": self.design.count("Matched", group) for group in ("programme", "comparison")}
        found: dict[str, object] = {}
        for when in ("before", "after"):
            difference = float(self.row[f"difference_{when}"])
            found[f"difference_{when}"] = difference
            found[f"difference_sd_{when}"] = difference / self.outcome_sd
            found[f"smd_{when}"] = float(self.row[f"smd_{when}"])
            found[f"variance_ratio_{when}"] = float(self.row[f"variance_ratio_{when}"])
        about = {
            "outcome": self.outcome,
            "model": self.model,
            "fitted_on": self.fitted_on,
            "n_fitted": self.n_fitted,
            "r_squared": self.r_squared,
        }
        return pd.DataFrame([{**about, **found, "verdict": self.row["verdict"], **sizes}])

    def plot(self) -> Figure:
        """Draw how the score is spread in each group, before and after."""
        return draw_distribution(distribution_table(self.design, self.score), f"Expected {self.outcome}")


@dataclass(frozen=True)
class _Fitted:
    """A model of the outcome: predicted values of all units."""

    model: str
    score: Array
    notes: tuple[str, ...]


def _linear(X: Array, y: Array, everyone: Array) -> Array:
    return np.asarray(everyone @ np.linalg.lstsq(X, y, rcond=None)[0])


def _logistic(X: Array, y: Array, everyone: Array) -> Array | None:
    from wlz_eval.attribution.effects.models import logistic_fit

    beta = logistic_fit(X, y, np.ones(len(y)))
    return None if beta is None else np.asarray(special.expit(everyone @ beta))


def _fit(covariates: pd.DataFrame, y: Array, rows: npt.NDArray[np.intp]) -> _Fitted:
    """Fit the outcome on some units, `y` being theirs, and predict it for all."""
    values = covariates.to_numpy(dtype=float)
    centre, spread = values[rows].mean(axis=0), values[rows].std(axis=0)
    scaled = (values - centre) / np.where(spread > 0, spread, 1.0)
    everyone = np.column_stack([np.ones(len(scaled)), np.where(spread > 0, scaled, 0.0)])
    keep = independent_columns(everyone[rows])
    notes = []
    lost = [str(name) for name, kept in zip(covariates.columns, keep[1:], strict=True) if not kept]
    if lost:
        notes.append(f"Left out, as they say nothing new of the children the model is fitted on: {', '.join(lost)}.")
    everyone = everyone[:, keep]
    if np.isin(y, (0.0, 1.0)).all():
        chance = _logistic(everyone[rows], y, everyone)
        if chance is not None:
            return _Fitted("logistic", chance, tuple(notes))
        notes.append("A logistic model tells the answers apart perfectly; a linear one is used.")
    return _Fitted("linear", _linear(everyone[rows], y, everyone), tuple(notes))


def _rarer(y: Array) -> int:
    """Children who count towards a coefficient: all, or those with the rarer answer of a yes/no outcome."""
    return int(min(y.sum(), (1 - y).sum())) if np.isin(y, (0.0, 1.0)).all() else len(y)


def _choose(y: Array, comparison: Bools, used: Bools, coefficients: int) -> tuple[npt.NDArray[np.intp], str]:
    """Choose whom the model is fitted on: outside the matched sample where these are enough."""
    known = comparison & np.isfinite(y)
    outside = np.flatnonzero(known & ~used)
    if len(outside) and _rarer(y[outside]) >= CHILDREN_PER_COEFFICIENT * coefficients:
        return outside, OUTSIDE
    return np.flatnonzero(known), EVERYONE


def prognostic_balance(
    design: Design, outcomes: pd.DataFrame, outcome: str, *, limit: float = 0.1
) -> PrognosticBalance:
    """Measure balance on the one combination of covariates that matters most: what they say about the outcome.

    A model of the outcome is fitted on comparison children, and predicts for every child what the outcome would be
    without the programme. Groups that are alike in that prediction are alike in what drives the outcome,
    even where a covariate that hardly matters differs. It is fitted on comparison children outside the matched
    sample, where these are ten for every coefficient, so that the prediction has not seen the outcomes that are
    compared later; otherwise on all of them, which the result says. No programme child's outcome is read, and
    nothing can be fed back into the design.

    Parameters
    ----------
    design : Design
        Frozen: balance on outcomes is no reason to choose another.
    outcomes : DataFrame
        Indexed by child; holds at least the comparison children.
    outcome : str
        Numeric column. 0/1 has a logistic model, any other a linear one.
    limit : float
        Largest standardised difference that counts as balanced.

    Returns
    -------
    PrognosticBalance

    Raises
    ------
    DesignError
        When comparison children with a known outcome are too few, or their outcomes all the same.
    OptionError
        For an unknown outcome.

    References
    ----------
    Hansen (2008), Biometrika 95; Stuart, Lee and Leacy (2013), Journal of Clinical Epidemiology 66, in whose
    simulations it went with bias more closely than the balance of single covariates did.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"programme": np.arange(230) < 30, "age": rng.normal(size=230)})
    >>> outcomes = pd.DataFrame({"reading_endline": 2 * data["age"] + rng.normal(size=230)})
    >>> found = prognostic_balance(match("programme ~ age", data), outcomes, "reading_endline").table()
    >>> found["fitted_on"].item()
    'comparison children outside the matched sample'
    """
    from wlz_eval.attribution.effects.analysed import outcome_values

    check_limit(limit)
    index = design.weights.index[label_order(design.weights.index)]
    treated = design.treatment.loc[index].to_numpy(dtype=bool)
    weights = design.weights.loc[index].to_numpy(dtype=float)
    y = np.full(len(index), np.nan)
    y[~treated] = outcome_values(outcomes, outcome, index[~treated]).to_numpy(dtype=float)
    covariates = design.covariates.model.loc[index]
    coefficients = covariates.shape[1] + 1
    rows, fitted_on = _choose(y, ~treated, weights > 0, coefficients)
    if len(rows) < FEWEST_PER_COEFFICIENT * coefficients or np.ptp(y[rows]) == 0:
        raise DesignError(
            f"{len(rows):,} comparison children have a known {outcome}, which must differ between them and be at least "
            f"{FEWEST_PER_COEFFICIENT * coefficients:,} to tell what {coefficients - 1} covariates say about it."
        )
    fitted = _fit(covariates, y[rows], rows)
    table = balance_columns(
        [("prognostic score", "continuous", fitted.score)],
        Sides.of(treated, weights),
        gap_within(treated, index, design.pairs, design.strata.loc[index]),
        design.spec.estimand,
        limit,
    )
    notes = fitted.notes
    if fitted_on == EVERYONE:
        notes = (*notes, SEEN)
    return PrognosticBalance(
        outcome=outcome,
        row=table.iloc[0],
        score=pd.Series(fitted.score, index=index, name="prognostic score").loc[design.weights.index],
        design=design,
        model=fitted.model,
        fitted_on=fitted_on,
        n_fitted=len(rows),
        r_squared=_explained(fitted.score[rows], y[rows]),
        outcome_sd=float(y[rows].std(ddof=1)),
        notes=notes,
    )


def _explained(score: Array, y: Array) -> float:
    """Share of variance explained: one less what is left over what there was."""
    return 1.0 - float(((y - score) ** 2).sum() / ((y - y.mean()) ** 2).sum())
