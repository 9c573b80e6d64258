"""The verbs: the effect of a design on an outcome, and the naive difference beside it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import (
    Analysed,
    Cluster,
    analysed_children,
    known_outcome,
    known_treatment,
    outcome_clusters,
)
from wlz_eval.attribution.effects.conclude import conclude
from wlz_eval.attribution.effects.estimate import MEASURES, EffectEstimate, EffectMeasure
from wlz_eval.attribution.effects.models import (
    MODELS,
    Linearised,
    OutcomeModel,
    averaged_over,
    linear_outcome,
    logistic_outcome,
)
from wlz_eval.attribution.effects.variance import check_df
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.inference import WORKING_MODELS

__all__ = ["estimate_effect", "naive_difference"]


def _check(option: str, value: object, valid: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in valid:
        raise OptionError(f"{option} {value!r} is not known. {suggestion(str(value), valid)}")


def _fit(children: Analysed, over: np.ndarray, model: OutcomeModel, measure: EffectMeasure) -> Linearised:
    if measure != "difference" and not children.y.isin([0, 1]).all():
        raise OptionError(
            f"measure {measure!r} needs an outcome of 0 and 1; {children.outcome!r} holds other values. "
            "Use measure 'difference'."
        )
    if model == "logistic":
        return logistic_outcome(children, over, measure)
    return linear_outcome(children, over, model, measure)


def estimate_effect(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: Cluster = "school_id",
    variance: str | None = None,
    df: str | None = None,
    working: str | None = None,
    model: OutcomeModel = "interacted",
    measure: EffectMeasure = "difference",
    baseline: str | None = None,
) -> EffectEstimate:
    """Estimate the effect on one outcome, averaged over the children whom the design is about.

    The outcome is regressed, with the design's weights, on the programme, the centred covariates and their
    products. Each child over whom is averaged (matched programme children for the ATT, comparison children for
    the ATC, all as weighted for the ATE) is predicted with and without the programme; the averages of the
    two predictions are compared (g-computation).

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child: the outcome, the cluster column, and `baseline` if given.
    outcome : str
        Column of the outcome. Children without it are left out, and counted.
    cluster : str, tuple of two str, or None
        Column of schools; ``"pair"`` for matched pairs; None for independent children; two of them, such as
        ``("pair", "school_id")``, where children go together in both ways, or ``("pair", "unit")`` where a
        comparison child serves in several pairs.
    variance : str, optional
        CR0-CR3 with clusters (default CR2), HC0-HC3 without (default HC3), CR0 or CR1 two-way (default CR1); or
        ``REML``, the model-based variance of a random intercept of schools.
    df : str, optional
        Degrees of freedom, see :func:`wlz_eval.inference.cluster_robust` (default ``ik``) and
        :func:`wlz_eval.inference.mixed_reml`; two-way they are the fewer clusters minus one.
    working : {"independent", "exchangeable"}, optional
        With ``exchangeable`` a random intercept weights the schools nearer to one vote each, the variance staying
        robust. Where effects differ between schools this averages them otherwise. The default for an
        adjusted difference clustered by school, being the narrowest interval that held in every world of the
        calibration study; all else is ``independent``, with Imbens and Kolesár's degrees of freedom.
    model : {"interacted", "additive", "unadjusted", "logistic"}
        Steps down, with a note, when children are too few. ``logistic`` is for an outcome of 0 and 1; CR2, CR3
        and their degrees of freedom are then approximate, see
        :func:`wlz_eval.attribution.effects.models.logistic_outcome`.
    measure : {"difference", "risk_difference", "risk_ratio", "odds_ratio"}
        What is said of the two averages. The last three are for an outcome of 0 and 1, and marginal; intervals
        of ratios are made on the log scale by the delta method.
    baseline : str, optional
        The outcome's own baseline, when the design's covariates do not hold it already.

    Returns
    -------
    EffectEstimate

    Raises
    ------
    DesignError
        When hardly anybody in a group has the outcome.
    OptionError
        For an unknown column or option.

    References
    ----------
    Stuart (2010); Greifer's MatchIt vignette on estimating effects; Imbens and Kolesar (2016) for the interval.

    Examples
    --------
    >>> from wlz_eval.attribution import match
    >>> data = pd.DataFrame({"programme": [1, 1, 0, 0, 0, 0], "age": [6, 8, 3, 6, 7.5, 2]}, index=list("abcdef"))
    >>> outcomes = data.assign(passed_endline=[1, 1, 0, 1, 0, 0])
    >>> design = match("programme ~ age", data)
    >>> estimate_effect(design, outcomes, "passed_endline", cluster=None, model="unadjusted").estimate
    0.5
    """
    _check("model", model, MODELS)
    _check("measure", measure, MEASURES)
    if working is not None:
        _check("working", working, tuple(WORKING_MODELS))
    check_df(cluster, df)
    children = analysed_children(design, outcomes, outcome, cluster=cluster, baseline=baseline)
    over = averaged_over(design.spec.estimand, children.treated)
    return conclude(children, _fit(children, over, model, measure), measure, variance, df, working)


def naive_difference(
    treatment: pd.Series,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: str | None = "school_id",
    df: str | None = None,
    measure: EffectMeasure = "difference",
) -> EffectEstimate:
    """Compare all programme with all comparison children, unmatched.

    Parameters
    ----------
    treatment : Series of bool
        Programme children, indexed by child.
    outcomes, outcome, cluster, df, measure
        As in :func:`estimate_effect`.
    """
    _check("measure", measure, MEASURES)
    check_df(cluster, df)
    notes: list[str] = []
    treatment = known_treatment(treatment)
    y, missing = known_outcome(outcomes, outcome, treatment.index, treatment)
    clusters, clustering = outcome_clusters(cluster, outcomes, y.index, None, notes)
    children = Analysed(
        outcome=outcome,
        y=y,
        weights=pd.Series(1.0, index=y.index),
        treated=treatment.loc[y.index].to_numpy(dtype=bool),
        covariates=pd.DataFrame(index=y.index),
        clusters=clusters,
        clustering=clustering,
        missing=missing,
        notes=tuple(notes),
    )
    result = conclude(children, _fit(children, children.treated, "unadjusted", measure), measure, None, df)
    return replace(
        result, notes=(*result.notes, "Nothing is adjusted for: the groups differed from the start.")
    )
