"""Augmented inverse-probability weighting, cross-fitted: an effect that needs only one of two models to be right."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import (
    Analysed,
    known_outcome,
    outcome_clusters,
)
from wlz_eval.attribution.effects.conclude import conclude
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.attribution.effects.learners import checked_learners
from wlz_eval.attribution.effects.models import Linearised
from wlz_eval.attribution.effects.variance import check_df
from wlz_eval.core.errors import DesignError, OptionError, suggestion

__all__ = ["aipw_effect", "school_folds"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

ESTIMANDS = ("ATT", "ATC", "ATE")
#: Where a chance of being on the programme so near to 0 or 1 would make a huge weight, it is taken as this near, and
#: the note counts who was moved. Where it makes a weight near nothing it stands as it is: such children hardly count.
CHANCE_EDGE = 0.01


def school_folds(
    treated: npt.ArrayLike, clusters: npt.ArrayLike | None, folds: int, seed: int = 0
) -> npt.NDArray[np.intp]:
    """Deal children to folds, all children of a school to the same one, both groups to every fold.

    Schools with programme children are dealt first, then the others, each largest first, always to the fold that
    holds fewest such children yet; schools of the same size are shuffled.

    Parameters
    ----------
    treated : array of bool, shape (n,)
    clusters : array, shape (n,), optional
        School of each child; without it each child is dealt alone.
    folds : int
    seed : int

    Returns
    -------
    array of int, shape (n,)

    Examples
    --------
    >>> school_folds([1, 0, 1, 0], ["a", "a", "b", "b"], 2).tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    True
    """
    mask = np.asarray(treated, dtype=bool)
    codes = np.arange(len(mask)) if clusters is None else pd.factorize(np.asarray(clusters), sort=True)[0]
    programme = np.bincount(codes, weights=mask)
    comparison = np.bincount(codes, weights=~mask)
    shuffled = np.random.default_rng(seed).permutation(len(programme))
    fold = np.zeros(len(programme), dtype=np.intp)
    for size, members in ((programme, programme > 0), (comparison, programme == 0)):
        held = np.zeros(folds)
        for school in shuffled[np.argsort(-size[shuffled], kind="stable")]:
            if members[school]:
                fold[school] = int(np.argmin(held))
                held[fold[school]] += size[school]
    return fold[codes]


def _fold_number(children: Analysed, folds: int) -> tuple[pd.Series | None, int, list[str]]:
    """Deal by school where each group has at least two schools; otherwise child by child, and say so."""
    if isinstance(folds, bool) or not isinstance(folds, int | np.integer) or folds < 2:
        raise OptionError(
            f"folds must be a whole number of at least 2, not {folds!r}: no child may be predicted by its own outcome."
        )
    clusters = children.clusters
    if clusters is not None:
        programme = clusters[children.treated].nunique()
        most = min(programme, clusters.nunique() - programme or programme)
        if most >= 2:
            return clusters, min(folds, most), []
        note = "Too few schools to predict children of one school from others: folds are made of children."
        return None, folds, [note]
    return None, folds, []


@dataclass(frozen=True)
class _Nuisance:
    """Predictions for each child by models that have not seen the child's fold."""

    chance: Array
    with_programme: Array
    without: Array


def _splits(fold: npt.NDArray[np.intp], treated: Bools) -> Iterator[tuple[Bools, Bools]]:
    for number in np.unique(fold):
        test = fold == number
        for group, mask in (("programme", treated), ("comparison", ~treated)):
            if int((mask & ~test).sum()) < 2:
                raise DesignError(
                    f"Without one fold, fewer than two {group} children are left to learn from. Ask for fewer folds."
                )
        yield ~test, test


def _predict(learner: Any, X: Array, y: Array, rows: Bools, test: Bools) -> Array:
    return np.asarray(deepcopy(learner).fit(X[rows], y[rows]).predict(X[test]), dtype=float)


def _bounds(estimand: str) -> tuple[float, float]:
    """Lowest and highest chance that may stand.

    For the ATT comparison children weigh p / (1 - p), which is huge near 1 only; for the ATC the other way round.
    """
    return (0.0 if estimand == "ATT" else CHANCE_EDGE), (1.0 if estimand == "ATC" else 1 - CHANCE_EDGE)


def _cross_fit(
    children: Analysed, fold: npt.NDArray[np.intp], learners: tuple[Any, Any], estimand: str
) -> tuple[_Nuisance, list[str]]:
    """Predict each child's chance of being on the programme and both outcomes from the other folds."""
    outcome_learner, propensity_learner = learners
    notes, penalised = [], 0
    X, y, treated = children.covariates.to_numpy(dtype=float), children.y.to_numpy(dtype=float), children.treated
    if not X.shape[1]:
        raise DesignError("The design has no covariate to predict from. AIPW needs at least one.")
    chance, one, none = (np.zeros(len(y)) for _ in range(3))
    for train, test in _splits(fold, treated):
        fitted = deepcopy(propensity_learner).fit(X[train], treated[train])
        penalised += bool(getattr(fitted, "penalised", False))
        chance[test] = fitted.predict_proba(X[test])[:, 1]
        one[test] = _predict(outcome_learner, X, y, train & treated, test)
        none[test] = _predict(outcome_learner, X, y, train & ~treated, test)
    if not (np.isfinite(chance).all() and np.isfinite(one).all() and np.isfinite(none).all()):
        raise DesignError("The learners predicted missing or infinite numbers. Give others, or use the defaults.")
    low, high = _bounds(estimand)
    kept = np.clip(chance, low, high)
    if penalised:
        notes.append(
            "Some covariates tell programme and comparison children apart perfectly: chances were fitted with a small "
            "penalty."
        )
    if (kept != chance).any():
        limits = ([f"below {low:g}"] if low else []) + ([f"above {high:g}"] if high < 1 else [])
        notes.append(
            f"{int((kept != chance).sum()):,} children had a chance of being on the programme {' or '.join(limits)}, "
            "taken as that."
        )
    return _Nuisance(chance=kept, with_programme=one, without=none), notes


def _somebody_alike(chance: Array, group: str) -> None:
    """Refuse to compare where nobody of a group could have been in the other."""
    if not chance.any():
        raise DesignError(
            f"By the chances of being on the programme no {group} child is like the other group. Use fewer covariates, "
            "or a less flexible propensity_learner."
        )


def _weighted_residuals(children: Analysed, fit: _Nuisance, estimand: str) -> tuple[Array, Array, Array]:
    """Residuals of the outcome models, the weights that carry each group to the estimand, and predicted effects."""
    treated, y, p = children.treated, children.y.to_numpy(dtype=float), fit.chance
    if estimand == "ATT":
        _somebody_alike(p[~treated], "comparison")
        return y - fit.without, np.where(treated, 1.0, p / (1 - p)), np.zeros(len(y))
    if estimand == "ATC":
        _somebody_alike(1 - p[treated], "programme")
        return y - fit.with_programme, np.where(treated, (1 - p) / p, 1.0), np.zeros(len(y))
    residual = y - np.where(treated, fit.with_programme, fit.without)
    weights = np.where(treated, 1 / p, 1 / (1 - p))
    return residual, weights, fit.with_programme - fit.without


def _linearised(children: Analysed, residual: Array, weights: Array, predicted: Array) -> Linearised:
    """Hold the estimate as a least-squares problem, whose scores are its influence function summed by school.

    The weighted difference of the groups' residuals is the coefficient of the programme; the mean predicted effect
    (ATE only) is the mean of a second set of rows, one a child.
    """
    treated = children.treated
    one = float(np.average(residual[treated], weights=weights[treated]))
    none = float(np.average(residual[~treated], weights=weights[~treated]))
    X = pd.DataFrame({"intercept": 1.0, "programme": treated.astype(float)})
    plain = Linearised(
        X=X, y=residual, weights=weights, contrast={"programme": 1.0}, value=one - none,
        mean_programme=float("nan"), mean_comparison=float("nan"), model="unadjusted",
    )
    if not predicted.any():
        return plain
    second = pd.DataFrame({"intercept": 0.0, "programme": 0.0, "predicted": np.ones(len(predicted))})
    child = np.arange(len(predicted))
    return replace(
        plain,
        X=pd.concat([X.assign(predicted=0.0), second], ignore_index=True),
        y=np.r_[residual, predicted],
        weights=np.r_[weights, np.ones(len(predicted))],
        contrast={"programme": 1.0, "predicted": 1.0},
        value=one - none + float(predicted.mean()),
        child=np.r_[child, child],
    )


def _everybody(design: Design, outcomes: pd.DataFrame, outcome: str, cluster: str | None) -> Analysed:
    """All children who were given to the design, matched or not, with a known outcome."""
    notes: list[str] = []
    y, missing = known_outcome(outcomes, outcome, design.treatment.index, design.treatment)
    clusters, clustering = outcome_clusters(cluster, outcomes, y.index, None, notes)
    return Analysed(
        outcome=outcome,
        y=y,
        weights=pd.Series(1.0, index=y.index),
        treated=design.treatment.loc[y.index].to_numpy(dtype=bool),
        covariates=design.covariates.model.loc[y.index],
        clusters=clusters,
        clustering=clustering,
        missing=missing,
        notes=tuple(notes),
    )


def _averages(children: Analysed, estimand: str, estimate: float) -> tuple[float, float]:
    """Observed average of the children whom the estimand is about, and the same with the effect taken away or added."""
    y, treated = children.y.to_numpy(dtype=float), children.treated
    if estimand == "ATT":
        return float(y[treated].mean()), float(y[treated].mean()) - estimate
    if estimand == "ATC":
        return float(y[~treated].mean()) + estimate, float(y[~treated].mean())
    return float("nan"), float("nan")


def aipw_effect(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    estimand: str | None = None,
    cluster: str | None = "school_id",
    variance: str | None = None,
    df: str | None = None,
    folds: int = 5,
    outcome_learner: Any = None,
    propensity_learner: Any = None,
    seed: int = 0,
) -> EffectEstimate:
    """Estimate an effect by cross-fitted augmented inverse-probability weighting, without matching anybody.

    Every child given to the design counts, matched or not. Outcomes are predicted from the design's covariates in
    each group, and what the predictions miss is compared with weights from the chance of being on the programme; the
    estimate holds if either model does. Each child is predicted by models that have not seen that child's
    school, so that flexible models may be used. It stands beside a matched estimate, which rests on the same
    covariates and shares its main risk: what was not measured.

    Parameters
    ----------
    design : Design
        Gives the children and their covariates; its pairs and weights are not used.
    outcomes, outcome, cluster
        As in :func:`wlz_eval.attribution.effects.estimate_effect`; ``"pair"`` is no cluster here.
    estimand : {"ATT", "ATC", "ATE"}, optional
        That of the design when left out.
    variance, df : str
        Of the influence function, summed by school; the degrees of freedom (those of the weighted difference of
        residuals) are an approximation, as the models' own uncertainty is of higher order.
    folds : int
        At most the number of schools of either group.
    outcome_learner, propensity_learner : object, optional
        Any scikit-learn regressor and classifier, copied, never changed; least squares and unpenalised logistic
        regression when left out.
    seed : int
        Of the folds.

    Returns
    -------
    EffectEstimate
        With model ``aipw``.

    Raises
    ------
    DesignError
        When too few children are left to learn from.
    OptionError
        For an unknown option.

    References
    ----------
    Robins, Rotnitzky and Zhao (1994), JASA 89; Chernozhukov et al. (2018), Econometrics Journal 21.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> rng = np.random.default_rng(1)
    >>> data = pd.DataFrame({"programme": rng.integers(0, 2, 200), "need_baseline": rng.normal(size=200)})
    >>> data["y_endline"] = data["programme"] + data["need_baseline"]
    >>> design = match("programme ~ need_baseline", data[["programme", "need_baseline"]])
    >>> round(aipw_effect(design, data, "y_endline", cluster=None).estimate, 6)
    1.0
    """
    if not isinstance(design, Design):
        raise OptionError(f"design must be a Design, as match() and weight() make it, not {type(design).__name__}.")
    aim = estimand or design.spec.estimand
    if aim not in ESTIMANDS:
        raise OptionError(f"estimand {aim!r} is not known. {suggestion(aim, ESTIMANDS)}")
    if cluster == "pair":
        raise OptionError("aipw_effect matches nobody, so there are no pairs. Cluster by school, or not at all.")
    check_df(cluster, df)
    children = _everybody(design, outcomes, outcome, cluster)
    dealt, number, notes = _fold_number(children, folds)
    fold = school_folds(children.treated, None if dealt is None else dealt.to_numpy(), number, seed)
    fit, said = _cross_fit(children, fold, checked_learners(outcome_learner, propensity_learner), aim)
    model = _linearised(children, *_weighted_residuals(children, fit, aim))
    result = conclude(replace(children, notes=(*children.notes, *notes, *said)), model, "difference", variance, df)
    one, none = _averages(children, aim, result.estimate)
    return replace(result, model="aipw", mean_programme=one, mean_comparison=none)
