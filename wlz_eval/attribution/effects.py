"""Effects: the weighted outcome model of a design, the naive difference, and effect sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance import weighted_variance
from wlz_eval.attribution.covariates import fill_missing
from wlz_eval.attribution.design import Design
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.inference import DF_KINDS, RobustEstimates, cluster_robust, hc_robust

__all__ = ["EffectEstimate", "HedgesG", "OutcomeModel", "estimate_effect", "hedges_g", "naive_difference"]

OutcomeModel = Literal["interacted", "additive", "unadjusted"]
MODELS: tuple[OutcomeModel, ...] = ("interacted", "additive", "unadjusted")
MODEL_WORDS: dict[str, str] = {
    "interacted": "adjusted for covariates that may matter differently in each group",
    "additive": "adjusted for covariates",
    "unadjusted": "not adjusted further",
}

#: An outcome model needs this many children in each group for every coefficient it fits there.
CHILDREN_PER_COEFFICIENT = 5
SCHOOL_NOT_KNOWN = "(school not known)"
ILLUSTRATIVE_NOTE = "Few schools: the interval is only illustrative."


@dataclass(frozen=True, kw_only=True)
class HedgesG:
    """A standardised effect: the difference over the pooled SD of the outcome, corrected for small samples."""

    estimate: float
    ci_low: float
    ci_high: float
    sd: float


@dataclass(frozen=True, kw_only=True, repr=False)
class EffectEstimate(Result):
    """The difference between the groups on one outcome.

    Parameters
    ----------
    outcome : str
        Column of the outcome.
    estimate, se, df, ci_low, ci_high, p : float
        Programme minus comparison, in the outcome's own unit; 95% interval. The last five are ``nan``
        where there are too few schools to know.
    n_programme, n_comparison : int
        Children with a known outcome and a weight above zero.
    n_missing_programme, n_missing_comparison : int
        Children of the design whose outcome is not known.
    schools_programme, schools_comparison : int
        Clusters in each group; 0 without clustering.
    intraclass : float
        Correlation of residuals within a school.
    g : HedgesG
    model, variance, freedom, clustering : str
        How it was estimated.
    scores : Series
        Contribution of each cluster; sums of products give covariances between outcomes.
    programme : Index
        Labels of the programme children behind the estimate.
    notes : tuple of str
    """

    outcome: str
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float
    n_programme: int
    n_comparison: int
    n_missing_programme: int
    n_missing_comparison: int
    schools_programme: int
    schools_comparison: int
    intraclass: float
    g: HedgesG
    model: str
    variance: str
    freedom: str
    clustering: str
    scores: pd.Series
    programme: pd.Index
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Difference in {self.outcome}, {self.method}"

    @property
    def illustrative(self) -> bool:
        """Whether the interval rests on so few schools that it only illustrates."""
        return not self.df >= 3.0

    @property
    def method(self) -> str:
        """How it was estimated, in a few words."""
        by = f" by {self.clustering}" if self.clustering else ""
        return f"{MODEL_WORDS[self.model]}; {self.variance}{by}, {self.freedom} degrees of freedom"

    def table(self) -> pd.DataFrame:
        """One row: estimate, se, df, interval, p, children, schools, Hedges' g."""
        return pd.DataFrame(
            [
                {
                    "outcome": self.outcome,
                    "estimate": self.estimate,
                    "se": self.se,
                    "df": self.df,
                    "ci_low": self.ci_low,
                    "ci_high": self.ci_high,
                    "p": self.p,
                    "n_programme": self.n_programme,
                    "n_comparison": self.n_comparison,
                    "schools_programme": self.schools_programme,
                    "schools_comparison": self.schools_comparison,
                    "hedges_g": self.g.estimate,
                    "illustrative": self.illustrative,
                }
            ]
        )


def hedges_g(
    difference: float,
    low: float,
    high: float,
    y: npt.ArrayLike,
    treated: npt.ArrayLike,
    weights: npt.ArrayLike,
) -> HedgesG:
    """Standardise a difference by the pooled within-group SD of the outcome, unconditional on covariates.

    Parameters
    ----------
    difference, low, high : float
        Difference and its interval in the outcome's unit.
    y, treated, weights : array
        The children analysed.

    Examples
    --------
    >>> round(hedges_g(1.0, 0.0, 2.0, [1.0, 3, 1, 3], [1, 1, 0, 0], [1, 1, 1, 1]).estimate, 4)
    0.4041
    """
    value, mask, w = np.asarray(y, float), np.asarray(treated, bool), np.asarray(weights, float)
    n1, n0 = int(mask.sum()), int((~mask).sum())
    freedom = n1 + n0 - 2
    one = weighted_variance(value[mask], w[mask]) if n1 > 1 else 0.0
    none = weighted_variance(value[~mask], w[~mask]) if n0 > 1 else 0.0
    sd = float(np.sqrt(((n1 - 1) * one + (n0 - 1) * none) / freedom)) if freedom > 0 else float("nan")
    factor = (1 - 3 / (4 * freedom - 1)) / sd if freedom > 0 and sd > 0 else float("nan")
    return HedgesG(estimate=difference * factor, ci_low=low * factor, ci_high=high * factor, sd=sd)


def _choose_model(wanted: OutcomeModel, n1: int, n0: int, k: int) -> tuple[OutcomeModel, str]:
    """Step down from the model wanted when the children are too few for its coefficients."""
    enough = min(n1, n0) >= CHILDREN_PER_COEFFICIENT * (k + 1)
    if wanted == "interacted" and not enough:
        wanted_next, note = _choose_model("additive", n1, n0, k)
        return wanted_next, note or "Too few children for interactions with the covariates: left out."
    if wanted == "additive" and n1 + n0 < CHILDREN_PER_COEFFICIENT * (k + 2):
        return "unadjusted", "Too few children to adjust for the covariates: left out."
    return wanted, ""


def _outcome_design(
    treated: npt.NDArray[np.bool_], covariates: pd.DataFrame, centre: pd.Series, model: OutcomeModel
) -> pd.DataFrame:
    """Intercept, programme, centred covariates and their interactions: the coefficient of programme is the effect."""
    columns = pd.DataFrame({"intercept": 1.0, "programme": treated.astype(float)}, index=covariates.index)
    if model == "unadjusted":
        return columns
    centred = covariates - centre
    parts = [columns, centred]
    if model == "interacted":
        parts.append((centred.mul(columns["programme"], axis=0)).add_prefix("programme × "))
    return pd.concat(parts, axis=1)


def _fit(
    X: pd.DataFrame, y: pd.Series, w: pd.Series, clusters: pd.Series | None, variance: str, df: str
) -> RobustEstimates:
    effect = {"programme": {"programme": 1.0}}
    if clusters is None:
        return hc_robust(X, y, w, kind=variance, contrasts=effect)
    return cluster_robust(X, y, clusters, w, kind=variance, df=df, contrasts=effect)


def _package(
    outcome: str,
    X: pd.DataFrame,
    y: pd.Series,
    w: pd.Series,
    clusters: pd.Series | None,
    clustering: str,
    variance: str,
    df: str,
    model: str,
    missing: tuple[int, int],
    notes: list[str],
) -> EffectEstimate:
    """Fit, and describe the fit."""
    treated = X["programme"].to_numpy() == 1.0
    schools = (0, 0)
    hopeless = False
    if clusters is not None:
        schools = (int(clusters[treated].nunique()), int(clusters[~treated].nunique()))
        hopeless = min(schools) < 2 or int(clusters.nunique()) < 3
    # With one school in a group nothing tells the programme from that school: the estimate stands, without interval.
    fit = _fit(X, y, w, None if hopeless else clusters, "HC1" if hopeless else variance, df)
    notes = notes + list(fit.notes)
    nan = float("nan")
    numbers = {
        "se": float(fit.se[0]),
        "df": float(fit.df[0]),
        "ci_low": float(fit.ci_low[0]),
        "ci_high": float(fit.ci_high[0]),
        "p": float(fit.p[0]),
    }
    if hopeless:
        numbers = dict.fromkeys(numbers, nan)
        notes.append("One group comes from a single school, so no interval can be given.")
    elif not numbers["df"] >= 3.0:
        notes.append(ILLUSTRATIVE_NOTE)
    known = clusters is not None and not hopeless
    estimate = float(fit.estimate[0])
    return EffectEstimate(
        outcome=outcome,
        estimate=estimate,
        **numbers,
        n_programme=int(treated.sum()),
        n_comparison=int((~treated).sum()),
        n_missing_programme=missing[0],
        n_missing_comparison=missing[1],
        schools_programme=schools[0],
        schools_comparison=schools[1],
        intraclass=fit.intraclass,
        g=hedges_g(estimate, numbers["ci_low"], numbers["ci_high"], y, treated, w),
        model=model,
        variance="no interval" if hopeless else fit.variance_kind,
        freedom=DF_KINDS[fit.df_kind],
        clustering=clustering if known else "",
        scores=pd.Series(fit.scores[:, 0], index=pd.Index(fit.clusters)) if known else pd.Series(dtype=float),
        programme=X.index[treated],
        notes=tuple(notes),
    )


def _clusters(
    cluster: str | None, outcomes: pd.DataFrame, units: pd.Index, strata: pd.Series | None, notes: list[str]
) -> tuple[pd.Series | None, str]:
    if cluster is None:
        return None, ""
    if cluster == "pair":
        if strata is None or strata.loc[units].isna().any():
            raise OptionError(
                "cluster 'pair' needs a design without replacement. Cluster by school, or not at all."
            )
        return strata.loc[units].astype(int), "pair"
    if cluster not in outcomes.columns:
        raise OptionError(
            f"cluster {cluster!r} is not a column. {suggestion(cluster, ['pair', *outcomes.columns])}"
        )
    labels = outcomes.loc[units, cluster]
    unknown = int(labels.isna().sum())
    if unknown:
        notes.append(f"School not known for {unknown:,} children: treated as one school.")
    return labels.astype(object).where(labels.notna(), SCHOOL_NOT_KNOWN).astype(str), cluster.removesuffix(
        "_id"
    )


def _known(
    outcomes: pd.DataFrame, outcome: str, units: pd.Index, treated: pd.Series
) -> tuple[pd.Series, tuple[int, int]]:
    """Outcome of the units who have one, and how many of each group have none."""
    if outcome not in outcomes.columns:
        raise OptionError(
            f"Outcome {outcome!r} is not a column. {suggestion(outcome, list(outcomes.columns))}"
        )
    if not outcomes.index.is_unique:
        raise DesignError("The outcomes have several rows for one child. Each child must have exactly one.")
    absent = units.difference(outcomes.index)
    if len(absent):
        raise DesignError(
            f"{len(absent):,} children of the design are not in the outcomes, such as {absent[0]!r}."
        )
    y = pd.Series(outcomes.loc[units, outcome].to_numpy(dtype=float, na_value=np.nan), index=units)
    gone = y.isna()
    side = treated.loc[units]
    y = y[~gone]
    for mask, group in ((side, "programme"), (~side, "comparison")):
        if (mask & ~gone).sum() < 2:
            raise DesignError(f"Fewer than two {group} children of the design have a known {outcome}.")
    return y, (int((gone & side).sum()), int((gone & ~side).sum()))


def estimate_effect(
    design: Design,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: str | None = "school_id",
    variance: str | None = None,
    df: str = "ik",
    model: OutcomeModel = "interacted",
    baseline: str | None = None,
) -> EffectEstimate:
    """Estimate the effect on one outcome, averaged over the matched children of the programme (ATT).

    The outcome is regressed, with the design's weights, on the programme, the centred covariates and their
    products; centred on the focal children analysed, the programme's coefficient is the average of each
    child's predicted difference (g-computation).

    Parameters
    ----------
    design : Design
    outcomes : DataFrame
        Indexed by child: the outcome, the cluster column, and `baseline` if given.
    outcome : str
        Column of the outcome. Children without it are left out, and counted.
    cluster : str or None
        Column of schools; ``"pair"`` for matched pairs; None for independent children.
    variance : str, optional
        CR0-CR3 with clusters (default CR2), HC0-HC3 without (default HC3).
    df : str
        Degrees of freedom, see :func:`wlz_eval.inference.cluster_robust`.
    model : {"interacted", "additive", "unadjusted"}
        Steps down, with a note, when children are too few.
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
    """
    if model not in MODELS:
        raise OptionError(f"model {model!r} is not known. {suggestion(model, MODELS)}")
    notes: list[str] = []
    used = design.weights.index[design.weights.to_numpy() > 0]
    y, missing = _known(outcomes, outcome, used, design.treatment)
    treated = design.treatment.loc[y.index].to_numpy(dtype=bool)
    covariates = design.covariates.model.loc[y.index]
    if baseline is not None and baseline not in design.formula.columns:
        covariates = _with_baseline(covariates, outcomes, baseline, treated, notes)
    chosen, note = _choose_model(model, int(treated.sum()), int((~treated).sum()), covariates.shape[1])
    if note:
        notes.append(note)
    w = design.weights.loc[y.index]
    focal = treated if design.spec.estimand == "ATT" else ~treated
    centre = covariates[focal].mul(w[focal], axis=0).sum() / w[focal].sum()
    X = _outcome_design(treated, covariates, centre, chosen)
    clusters, clustering = _clusters(cluster, outcomes, y.index, design.strata, notes)
    kind = variance or ("HC3" if clusters is None else "CR2")
    return _package(outcome, X, y, w, clusters, clustering, kind, df, chosen, missing, notes)


def _with_baseline(
    covariates: pd.DataFrame,
    outcomes: pd.DataFrame,
    baseline: str,
    treated: npt.NDArray[np.bool_],
    notes: list[str],
) -> pd.DataFrame:
    if baseline not in outcomes.columns:
        raise OptionError(
            f"baseline {baseline!r} is not a column. {suggestion(baseline, list(outcomes.columns))}"
        )
    own = outcomes.loc[covariates.index, baseline].astype(float)
    if own.isna().all():
        return covariates
    filled, marker, note = fill_missing(own, treated, baseline)
    if note:
        notes.append(note)
    return pd.concat([covariates, filled.rename(baseline), *([] if marker is None else [marker])], axis=1)


def naive_difference(
    treatment: pd.Series,
    outcomes: pd.DataFrame,
    outcome: str,
    *,
    cluster: str | None = "school_id",
    df: str = "ik",
) -> EffectEstimate:
    """Compute the plain difference in means between all programme and all comparison children, unmatched.

    Parameters
    ----------
    treatment : Series of bool
        Programme children, indexed by child.
    outcomes, outcome, cluster, df
        As in :func:`estimate_effect`.
    """
    notes: list[str] = []
    treatment = treatment.astype(bool)
    y, missing = _known(outcomes, outcome, treatment.index, treatment)
    X = pd.DataFrame({"intercept": 1.0, "programme": treatment.loc[y.index].astype(float)}, index=y.index)
    clusters, clustering = _clusters(cluster, outcomes, y.index, None, notes)
    ones = pd.Series(1.0, index=y.index)
    kind = "HC3" if clusters is None else "CR2"
    result = _package(outcome, X, y, ones, clusters, clustering, kind, df, "unadjusted", missing, notes)
    return replace(
        result, notes=(*result.notes, "Nothing is adjusted for: the groups differed from the start.")
    )
