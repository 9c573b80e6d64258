"""Outcome models: the two averages that are compared, and what each row contributes to their difference.

Whatever the model, the effect is a smooth function of coefficients, so that it is, to first order, a contrast of a
least-squares fit: of the model itself when it is linear, of its last step of reweighted least squares when it
is logistic. All robust variances and degrees of freedom of :mod:`wlz_eval.inference` then apply to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.attribution.effects.analysed import Analysed
from wlz_eval.attribution.effects.estimate import EffectMeasure
from wlz_eval.core.errors import OptionError
from wlz_eval.inference import independent_columns, least_squares

__all__ = [
    "MODELS",
    "Linearised",
    "OutcomeModel",
    "averaged_over",
    "linear_outcome",
    "logistic_fit",
    "logistic_outcome",
]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OutcomeModel = Literal["interacted", "additive", "unadjusted", "logistic"]
MODELS: tuple[OutcomeModel, ...] = ("interacted", "additive", "unadjusted", "logistic")

#: An outcome model needs this many children (for a logistic one: with the rarer answer) for every coefficient it fits.
CHILDREN_PER_COEFFICIENT = 5

#: Iterations of the logistic fit, and the change in its coefficients, as a share of them, at which it stops.
ROUNDS, CONVERGENCE = 50, 1e-9
#: Information about some combination of the coefficients, as a share of that about each, below which there is none.
NOTHING_LEFT = 1e-12
#: An average this near to 0 or 1 differs from it by rounding only.
EDGE = 1e-12


@dataclass(frozen=True)
class Linearised:
    """A fitted outcome model as a least-squares problem with one contrast.

    Parameters
    ----------
    X : DataFrame
        Columns of the fit, one row a child.
    y, weights : array
        Working outcome and weights.
    contrast : mapping of str to float
        Change of the effect with each coefficient.
    value : float
        The effect; its logarithm for a ratio. ``nan`` where a ratio is not defined.
    mean_programme, mean_comparison : float
        The two averages that are compared.
    model : str
        What was fitted in the end.
    notes : tuple of str
    child : array of int, optional
        Position of the child of each row, where a child has several rows.
    """

    X: pd.DataFrame
    y: Array
    weights: Array
    contrast: dict[str, float]
    value: float
    mean_programme: float
    mean_comparison: float
    model: OutcomeModel
    notes: tuple[str, ...] = ()
    child: npt.NDArray[np.intp] | None = None


def averaged_over(estimand: str, treated: Bools) -> Bools:
    """Mark the children whose effects are averaged: programme (ATT), comparison (ATC), or all, as weighted."""
    if estimand == "ATT":
        return treated
    return ~treated if estimand == "ATC" else np.ones(len(treated), dtype=bool)


def _compare(measure: EffectMeasure, one: float, none: float) -> tuple[float, float, float]:
    """Effect from two averages, and its change with each."""
    if measure in ("difference", "risk_difference"):
        return one - none, 1.0, -1.0
    if not (EDGE < one < 1 - EDGE and EDGE < none < 1 - EDGE):
        return math.nan, math.nan, math.nan
    if measure == "risk_ratio":
        return math.log(one / none), 1 / one, -1 / none
    gap = float(special.logit(one) - special.logit(none))
    return gap, 1 / (one * (1 - one)), -1 / (none * (1 - none))


def _step_down(wanted: OutcomeModel, n1: int, n0: int, k: int) -> tuple[OutcomeModel, tuple[str, ...]]:
    """Step down from the model wanted when the children are too few for its coefficients."""
    enough = min(n1, n0) >= CHILDREN_PER_COEFFICIENT * (k + 1)
    note: tuple[str, ...] = ()
    if wanted == "interacted" and not enough:
        wanted, note = "additive", ("Too few children for interactions with the covariates: left out.",)
    if wanted == "additive" and n1 + n0 < CHILDREN_PER_COEFFICIENT * (k + 2):
        return "unadjusted", ("Too few children to adjust for the covariates: left out.",)
    return wanted, note


def _columns(treated: Bools, covariates: pd.DataFrame, centre: pd.Series, model: OutcomeModel) -> pd.DataFrame:
    """Intercept, programme, centred covariates and their products: the coefficient of programme is the effect."""
    columns = pd.DataFrame({"intercept": 1.0, "programme": treated.astype(float)}, index=covariates.index)
    if model == "unadjusted":
        return columns
    centred = covariates - centre
    parts = [columns, centred]
    if model == "interacted":
        parts.append((centred.mul(columns["programme"], axis=0)).add_prefix("programme × "))
    return pd.concat(parts, axis=1)


def _centre(children: Analysed, over: Bools) -> pd.Series:
    w = children.weights[over]
    return children.covariates[over].mul(w, axis=0).sum() / w.sum()


def linear_outcome(children: Analysed, over: Bools, wanted: OutcomeModel, measure: EffectMeasure) -> Linearised:
    """Fit the linear outcome model and compare its two averages.

    Parameters
    ----------
    children : Analysed
    over : array of bool
        Children over whom is averaged.
    wanted : {"interacted", "additive", "unadjusted"}
        Steps down, with a note, when children are too few.
    measure : str
    """
    n1 = int(children.treated.sum())
    model, notes = _step_down(wanted, n1, len(children.y) - n1, children.covariates.shape[1])
    X = _columns(children.treated, children.covariates, _centre(children, over), model)
    y, w = children.y.to_numpy(dtype=float), children.weights.to_numpy(dtype=float)
    fit = least_squares(X, y, w)
    coefficients = dict(zip(fit.names, fit.coefficients, strict=True))
    none = float(coefficients["intercept"])
    # A covariate that repeats the programme is found when the contrast is formed, and named there.
    one = none + float(coefficients.get("programme", math.nan))
    value, slope_one, slope_none = _compare(measure, one, none)
    return Linearised(
        X=X,
        y=y,
        weights=w,
        contrast={"programme": slope_one, "intercept": slope_one + slope_none},
        value=value,
        mean_programme=one,
        mean_comparison=none,
        model=model,
        notes=notes,
    )


def _determined(information: Array) -> bool:
    """Whether the data speak about every combination of the coefficients."""
    own = np.diag(information)
    if not (own > 0).all():
        return False
    scale = 1 / np.sqrt(own)
    return bool(np.linalg.eigvalsh(information * np.outer(scale, scale))[0] > NOTHING_LEFT)


def logistic_fit(X: Array, y: Array, w: Array, penalty: float = 0.0) -> Array | None:
    """Fit a weighted logistic regression by maximum likelihood, penalised on request.

    Parameters
    ----------
    X : array, shape (n, p)
        Columns of full rank, the intercept first.
    y, w : array, shape (n,)
        Answers of 0 and 1; weights.
    penalty : float
        Half of it times each squared coefficient, the intercept's left out, is taken from the likelihood.

    Returns
    -------
    array, shape (p,), or None
        None when the fit runs away because the columns tell the answers apart: each step then moves the coefficients
        as far as the one before, until nothing in the data speaks about them. Chances near 0 or 1 alone are no sign
        of that.
    """
    beta, ridge = np.zeros(X.shape[1]), np.r_[0.0, np.full(X.shape[1] - 1, penalty)]
    beta[0] = special.logit((w * y).sum() / w.sum())

    def likelihood(trial: Array) -> float:
        linear = X @ trial
        return float(w @ (y * linear - np.logaddexp(0.0, linear)) - ridge @ trial**2 / 2)

    height = likelihood(beta)
    for _ in range(ROUNDS):
        linear = X @ beta
        # One minus a chance near 1 would be lost in rounding.
        chance, rest = special.expit(linear), special.expit(-linear)
        information = X.T @ (X * (w * chance * rest)[:, None]) + np.diag(ridge)
        if not _determined(information):
            return None
        newton = np.linalg.solve(information, X.T @ (w * (y * rest - (1 - y) * chance)) - ridge * beta)
        # A full step may overshoot where a level is rare; the likelihood must not fall.
        step = newton
        while likelihood(beta + step) < height - 1e-9 * abs(height) and np.abs(step).max() > CONVERGENCE:
            step = step / 2
        beta = beta + step
        height = likelihood(beta)
        if np.abs(newton).max() < CONVERGENCE * (1 + np.abs(beta).max()):
            return beta
    return None


def _rarer(children: Analysed) -> tuple[int, int]:
    """Children with the rarer answer: in the group with fewer of them, and in all."""
    y, treated = children.y.to_numpy(dtype=float), children.treated
    counts = [min(int(y[m].sum()), int((1 - y[m]).sum())) for m in (treated, ~treated)]
    return min(counts), min(int(y.sum()), int((1 - y).sum()))


def _logistic_columns(children: Analysed, over: Bools) -> tuple[list[OutcomeModel], list[str]]:
    """Forms of the logistic model that the children can carry, largest first, and what had to be left out."""
    k = children.covariates.shape[1]
    scarce, all_rare = _rarer(children)
    forms: list[OutcomeModel] = []
    notes: list[str] = []
    if scarce >= CHILDREN_PER_COEFFICIENT * (k + 1):
        forms.append("interacted")
    else:
        notes.append("Too few children with the rarer answer for interactions with the covariates: left out.")
    if all_rare >= CHILDREN_PER_COEFFICIENT * (k + 2):
        forms.append("additive")
    return forms, notes


def logistic_outcome(children: Analysed, over: Bools, measure: EffectMeasure) -> Linearised:
    """Fit a weighted logistic outcome model and compare average chances with and without the programme.

    Each child over whom is averaged gets two predicted chances, one as a programme and one as a comparison child
    (g-computation), so that the result is marginal. The row of the fit's last reweighted least-squares step,
    times the root of p(1 - p), has unit variance under the model, which makes CR2 and its degrees of freedom
    those of a least-squares problem. That step is exact for CR0, and an approximation for CR2, CR3 and the
    degrees of freedom, as good as the first-order (delta) expansion itself. Covariates are taken as given.

    Raises
    ------
    OptionError
        When the outcome is not 0 or 1 for each child.
    """
    y = children.y.to_numpy(dtype=float)
    if not np.isin(y, (0.0, 1.0)).all():
        raise OptionError(
            f"model 'logistic' needs an outcome of 0 and 1; {children.outcome!r} holds other values. "
            "Use a linear model."
        )
    forms, notes = _logistic_columns(children, over)
    for form in forms:
        result = _logistic_try(children, over, form, measure, tuple(notes))
        if result is not None:
            return result
        notes = ["A logistic model with more terms tells the answers apart perfectly: terms were left out."]
    plain = linear_outcome(children, over, "unadjusted", measure)
    why = "Too few children with the rarer answer to adjust for the covariates: left out."
    return Linearised(**{**plain.__dict__, "notes": (why,)})


def _logistic_try(
    children: Analysed, over: Bools, form: OutcomeModel, measure: EffectMeasure, notes: tuple[str, ...]
) -> Linearised | None:
    treated, y = children.treated, children.y.to_numpy(dtype=float)
    w = children.weights.to_numpy(dtype=float)
    centre = _centre(children, over)
    full = _columns(treated, children.covariates, centre, form)
    keep = independent_columns(full.to_numpy() * np.sqrt(w)[:, None])
    X = full.loc[:, keep]
    beta = logistic_fit(X.to_numpy(), y, w)
    if beta is None or "programme" not in X.columns:
        return None
    share = w[over] / w[over].sum()
    means, slopes = [], []
    for state in (True, False):
        as_if = _columns(np.full(int(over.sum()), state), children.covariates[over], centre, form)[X.columns].to_numpy()
        chance = special.expit(as_if @ beta)
        means.append(float(share @ chance))
        slopes.append(as_if.T @ (share * chance * (1 - chance)))
    value, slope_one, slope_none = _compare(measure, means[0], means[1])
    gradient = slope_one * slopes[0] + slope_none * slopes[1]
    chance = special.expit(X.to_numpy() @ beta)
    root = np.sqrt(chance * (1 - chance))
    return Linearised(
        X=X.mul(root, axis=0),
        y=root * (X.to_numpy() @ beta) + (y - chance) / root,
        weights=w,
        contrast=dict(zip(map(str, X.columns), gradient, strict=True)),
        value=value,
        mean_programme=means[0],
        mean_comparison=means[1],
        model="logistic",
        notes=notes,
    )
