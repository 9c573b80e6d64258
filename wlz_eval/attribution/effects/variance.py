"""Which variance stands around an effect: by school, by pair, by both, by child, or from a random intercept."""

from __future__ import annotations

import numpy as np

from wlz_eval.attribution.effects.analysed import Analysed
from wlz_eval.attribution.effects.estimate import EffectMeasure
from wlz_eval.attribution.effects.models import Linearised
from wlz_eval.core.errors import OptionError
from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust, mixed_reml, twoway_robust

__all__ = ["REML", "check_df", "check_variance", "default_working", "reweights", "robust_fit"]

#: Name of the model-based variance of a random intercept.
REML = "REML"

Contrasts = dict[str, dict[str, float]]


def reweights(variance: str | None, working: str) -> bool:
    """Whether schools are weighted by a random intercept, so that the estimate itself is another."""
    return variance == REML or working == "exchangeable"


def default_working(
    children: Analysed, model: Linearised, measure: EffectMeasure, variance: str | None, df: str | None
) -> str:
    """Choose the working model where the caller leaves it open.

    Random-intercept weights with CR2 are the narrowest interval that held in every world of the calibration study:
    they give each school nearer to one vote, so that the largest of a few schools does not decide, while the variance
    stays robust. They are for adjusted differences by school; an unadjusted difference keeps the design's weights, by
    which the groups were balanced.
    """
    plain = variance is None and df is None and measure == "difference" and model.child is None
    adjusted = model.model in ("interacted", "additive")
    schools = children.clusters is not None and children.crossed is None and children.clustering != "pair"
    return "exchangeable" if plain and adjusted and schools else "independent"


def check_df(cluster: object, df: str | None) -> None:
    """Refuse degrees of freedom of clusters where there are none."""
    if cluster is None and df not in (None, "residual"):
        raise OptionError(f"df {df!r} needs clusters. Independent children have df 'residual', the default there.")


def check_variance(
    children: Analysed, model: Linearised, measure: EffectMeasure, variance: str | None, df: str | None, working: str
) -> None:
    """Refuse combinations that do not exist, naming what does."""
    if children.crossed is not None and df not in (None, "clusters"):
        raise OptionError(f"df {df!r} is not known to two-way clusters, which use the fewer clusters minus one.")
    if not reweights(variance, working):
        return
    asked = "variance 'REML'" if variance == REML else "working 'exchangeable'"
    if children.clusters is None or children.crossed is not None:
        raise OptionError(f"{asked} needs clusters of one kind. Cluster by school.")
    if measure != "difference" or model.model == "logistic" or model.child is not None:
        raise OptionError(f"{asked} is for differences by a linear model. Use the independent working model.")


def robust_fit(
    children: Analysed, model: Linearised, variance: str | None, df: str | None, working: str
) -> RobustEstimates:
    """Fit the linearised model with the variance asked for; the first contrast is the effect.

    Parameters
    ----------
    children : Analysed
    model : Linearised
    variance, df, working : str or None
        As in :func:`wlz_eval.attribution.effects.estimate_effect`.
    """
    contrast: Contrasts = {"effect": {name: factor for name, factor in model.contrast.items() if factor != 0}}
    clusters, crossed = children.clusters, children.crossed
    X, y, w = model.X, model.y, model.weights
    if crossed is not None:
        rows = crossed.child
        return twoway_robust(
            X.iloc[rows], y[rows], crossed.one, crossed.two, crossed.weights, kind=variance or "CR1", contrasts=contrast
        )
    if reweights(variance, working):
        assert clusters is not None
        both: Contrasts = {**contrast, "comparison": {"intercept": 1.0}}
        if variance == REML:
            return mixed_reml(X, y, clusters, w, df=df or "kenward-roger", contrasts=both)
        return cluster_robust(X, y, clusters, w, kind=variance or "CR2", df=df, contrasts=both, working=working)
    if clusters is None and model.child is None:
        return hc_robust(X, y, w, kind=variance or "HC3", contrasts=contrast)
    child = np.arange(len(y)) if model.child is None else model.child
    if clusters is None:
        # A child's rows belong together: HC0 to HC3 are CR0 to CR3 with the child as the cluster.
        kind = (variance or "HC3").replace("HC", "CR")
        return cluster_robust(X, y, child, w, kind=kind, df="residual", contrasts=contrast)
    return cluster_robust(
        X, y, clusters.to_numpy()[child], w, kind=variance or "CR2", df=df, contrasts=contrast, working=working
    )
