"""From a linearised model to an estimate with its interval: the one place where that is done."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.attribution.effects.analysed import Analysed
from wlz_eval.attribution.effects.estimate import (
    ILLUSTRATIVE_NOTE,
    RATIOS,
    EffectEstimate,
    EffectMeasure,
    HedgesG,
    hedges_g,
)
from wlz_eval.attribution.effects.models import Linearised
from wlz_eval.core.errors import OptionError
from wlz_eval.inference import DF_KINDS, ILLUSTRATIVE_BELOW, RobustEstimates, cluster_robust, hc_robust
from wlz_eval.inference.twoway import twoway_robust

__all__ = ["conclude", "too_few_schools"]

UNDEFINED_NOTE = "The ratio is not defined: in a group everybody has the outcome, or nobody."
ONE_SCHOOL_NOTE = "One group comes from a single school, so no interval can be given."


def too_few_schools(children: Analysed) -> bool:
    """Whether one school alone stands for a group, so that nothing tells the programme from that school."""
    clusters, treated = children.clusters, children.treated
    if clusters is None:
        return False
    sides = min(clusters[treated].nunique(), clusters[~treated].nunique())
    return int(sides) < 2 or int(clusters.nunique()) < 3


def _robust(children: Analysed, model: Linearised, variance: str | None, df: str | None) -> RobustEstimates:
    contrast = {"effect": {name: factor for name, factor in model.contrast.items() if factor != 0}}
    clusters, crossed = children.clusters, children.crossed
    if crossed is not None:
        if df not in (None, "clusters"):
            raise OptionError(f"df {df!r} is not known to two-way clusters, which use the fewer clusters minus one.")
        X, y = model.X.iloc[crossed.child], model.y[crossed.child]
        kind = variance or "CR1"
        return twoway_robust(X, y, crossed.one, crossed.two, crossed.weights, kind=kind, contrasts=contrast)
    variance, df = variance or ("HC3" if clusters is None else "CR2"), df or "ik"
    if clusters is None and model.child is None:
        return hc_robust(model.X, model.y, model.weights, kind=variance, contrasts=contrast)
    child = np.arange(len(model.y)) if model.child is None else model.child
    if clusters is None:
        # A child's rows belong together: HC0 to HC3 are CR0 to CR3 with the child as the cluster.
        kind, labels, df = variance.replace("HC", "CR"), child, "residual"
    else:
        kind, labels = variance, clusters.to_numpy()[child]
    return cluster_robust(model.X, model.y, labels, model.weights, kind=kind, df=df, contrasts=contrast)


def _numbers(model: Linearised, fit: RobustEstimates, ratio: bool) -> dict[str, float]:
    half = float(fit.ci_high[0] - fit.ci_low[0]) / 2
    se, df = float(fit.se[0]), float(fit.df[0])
    p = float(2 * special.stdtr(df, -abs(model.value / se))) if math.isfinite(half) and se > 0 else math.nan
    back = np.exp if ratio else float
    return {
        "se": se,
        "df": df,
        "ci_low": float(back(model.value - half)),
        "ci_high": float(back(model.value + half)),
        "p": p,
    }


def _no_numbers() -> dict[str, float]:
    return dict.fromkeys(("se", "df", "ci_low", "ci_high", "p"), math.nan)


def conclude(
    children: Analysed, model: Linearised, measure: EffectMeasure, variance: str | None, df: str | None
) -> EffectEstimate:
    """Put a robust interval around the effect of a fitted outcome model.

    With one school in a group the estimate stands without an interval; under three degrees of freedom the interval
    is called illustrative.

    Parameters
    ----------
    children : Analysed
    model : Linearised
    measure : str
    variance : str or None
        CR0-CR3 with clusters (default CR2), HC0-HC3 without (default HC3), CR0 or CR1 two-way (default CR1).
    df : str or None
        Default: Imbens-Kolesár with clusters; without, and two-way, there is only one.
    """
    treated, clusters = children.treated, children.clusters
    hopeless, undefined = too_few_schools(children), not math.isfinite(model.value)
    known = clusters is not None and not hopeless and not undefined
    notes = [*children.notes, *model.notes]
    numbers, scores, kind, freedom = _no_numbers(), pd.Series(dtype=float), "no interval", ""
    intraclass = math.nan
    if not (hopeless or undefined):
        fit = _robust(children, model, variance, df)
        numbers, kind, freedom = _numbers(model, fit, measure in RATIOS), fit.variance_kind, DF_KINDS[fit.df_kind]
        intraclass = fit.intraclass
        notes.extend(fit.notes)
        if known and children.crossed is None:
            scores = pd.Series(fit.scores[:, 0], index=pd.Index(fit.clusters))
    if hopeless or undefined:
        notes.append(UNDEFINED_NOTE if undefined else ONE_SCHOOL_NOTE)
    elif not numbers["df"] >= ILLUSTRATIVE_BELOW:
        notes.append(ILLUSTRATIVE_NOTE)
    estimate = math.exp(model.value) if measure in RATIOS else model.value
    return EffectEstimate(
        outcome=children.outcome,
        estimate=estimate,
        **numbers,
        n_programme=int(treated.sum()),
        n_comparison=int((~treated).sum()),
        n_missing_programme=children.missing[0],
        n_missing_comparison=children.missing[1],
        schools_programme=0 if clusters is None else int(clusters[treated].nunique()),
        schools_comparison=0 if clusters is None else int(clusters[~treated].nunique()),
        intraclass=intraclass,
        g=_standardised(children, estimate, numbers, measure),
        model=model.model,
        variance=kind,
        freedom=freedom,
        clustering=children.clustering if known or (children.crossed is not None and numbers["se"] > 0) else "",
        scores=scores,
        programme=children.y.index[treated],
        notes=tuple(notes),
        measure=measure,
        mean_programme=model.mean_programme,
        mean_comparison=model.mean_comparison,
    )


def _standardised(
    children: Analysed, estimate: float, numbers: dict[str, float], measure: EffectMeasure
) -> HedgesG:
    if measure in RATIOS:
        return HedgesG(estimate=math.nan, ci_low=math.nan, ci_high=math.nan, sd=math.nan)
    low, high = numbers["ci_low"], numbers["ci_high"]
    return hedges_g(estimate, low, high, children.y, children.treated, children.weights)
