"""From a linearised model to an estimate with its interval: the one place where that is done."""

from __future__ import annotations

import math
from dataclasses import replace

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
from wlz_eval.attribution.effects.rare import FEW_NOTE, SCORE_NOTE, few_events, score_interval
from wlz_eval.attribution.effects.variance import check_variance, default_working, reweights, robust_fit
from wlz_eval.inference import DF_KINDS, ILLUSTRATIVE_BELOW, RobustEstimates

__all__ = ["conclude", "too_few_schools"]

UNDEFINED_NOTE = "The ratio is not defined: in a group everybody has the outcome, or nobody."
EXPLAINED_NOTE = (
    "The outcome is the same for everybody in a group, or is explained exactly: nothing is left by which to tell how "
    "far off the difference may be, so no interval can be given."
)
#: A difference below this share of the outcome is made of rounding.
ROUNDING = 1e-14
ONE_SCHOOL_NOTE = "One group comes from a single school, so no interval can be given."


def too_few_schools(children: Analysed) -> bool:
    """Whether one school alone stands for a group, so that nothing tells the programme from that school."""
    clusters, treated = children.clusters, children.treated
    if clusters is None:
        return False
    sides = min(clusters[treated].nunique(), clusters[~treated].nunique())
    return int(sides) < 2 or int(clusters.nunique()) < 3


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


def _reweighted(model: Linearised, fit: RobustEstimates) -> Linearised:
    """Give the model the effect and averages that come of random-intercept weights of schools."""
    effect, none = float(fit.estimate[0]), float(fit.estimate[1])
    return replace(model, value=effect, mean_programme=none + effect, mean_comparison=none)


def _no_numbers() -> dict[str, float]:
    return dict.fromkeys(("se", "df", "ci_low", "ci_high", "p"), math.nan)


def conclude(
    children: Analysed,
    model: Linearised,
    measure: EffectMeasure,
    variance: str | None,
    df: str | None,
    working: str | None = None,
) -> EffectEstimate:
    """Put a robust interval around the effect of a fitted outcome model.

    With one school in a group the estimate stands without an interval; under three degrees of freedom the interval
    is called illustrative. Where nobody in one group has a yes/no outcome, its limits are score limits
    (:func:`wlz_eval.attribution.effects.rare.score_interval`).

    Parameters
    ----------
    children : Analysed
    model : Linearised
    measure : str
    variance : str or None
        CR0-CR3 with clusters (default CR2), HC0-HC3 without (default HC3), CR0 or CR1 two-way (default CR1).
    df : str or None
        Default: Imbens-Kolesár with clusters; without, and two-way, there is only one.
    working : str or None
        Working model that weights the schools; None for :func:`default_working`.
    """
    working = working or default_working(children, model, measure, variance, df)
    check_variance(children, model, measure, variance, df, working)
    treated, clusters = children.treated, children.clusters
    hopeless, undefined = too_few_schools(children), not math.isfinite(model.value)
    known = clusters is not None and not hopeless and not undefined
    notes = [*children.notes, *model.notes]
    numbers, scores, kind, freedom = _no_numbers(), pd.Series(dtype=float), "no interval", ""
    intraclass = math.nan
    if not (hopeless or undefined):
        fit = robust_fit(children, model, variance, df, working)
        kind, freedom = fit.variance_kind, DF_KINDS[fit.df_kind]
        if reweights(variance, working):
            model, kind = _reweighted(model, fit), f"{kind} with random-intercept weights"
        numbers = _numbers(model, fit, measure in RATIOS)
        intraclass = fit.intraclass
        notes.extend(fit.notes)
        if not numbers["se"] > ROUNDING * float(children.y.abs().max()):
            numbers, kind, freedom = _no_numbers(), "no interval", ""
            known = False
        wider = None if measure in RATIOS else score_interval(children, model.value, numbers["se"], numbers["df"])
        if known and children.crossed is None:
            larger = 1.0 if wider is None else wider.se / numbers["se"]
            scores = pd.Series(fit.scores[:, 0] * larger, index=pd.Index(fit.clusters))
        if wider is not None:
            numbers |= {"se": wider.se, "ci_low": wider.low, "ci_high": wider.high, "p": wider.p}
            kind = f"{kind} with score limits"
            notes.append(SCORE_NOTE)
        elif numbers["se"] > 0 and few_events(children):
            notes.append(FEW_NOTE)
    if hopeless or undefined:
        notes.append(UNDEFINED_NOTE if undefined else ONE_SCHOOL_NOTE)
    elif not numbers["se"] > 0:
        notes.append(EXPLAINED_NOTE)
    elif not numbers["df"] >= ILLUSTRATIVE_BELOW:
        notes.append(ILLUSTRATIVE_NOTE)
    estimate = math.exp(model.value) if measure in RATIOS else _without_rounding(model.value, children)
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


def _without_rounding(value: float, children: Analysed) -> float:
    """Make a difference of nothing but rounding the zero that it is."""
    return 0.0 if abs(value) <= ROUNDING * float(children.y.abs().max()) else value


def _standardised(
    children: Analysed, estimate: float, numbers: dict[str, float], measure: EffectMeasure
) -> HedgesG:
    if measure in RATIOS:
        return HedgesG(estimate=math.nan, ci_low=math.nan, ci_high=math.nan, sd=math.nan)
    low, high = numbers["ci_low"], numbers["ci_high"]
    return hedges_g(estimate, low, high, children.y, children.treated, children.weights)
