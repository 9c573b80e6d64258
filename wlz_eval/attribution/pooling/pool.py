"""Several cohorts in one model: each with its own level and covariates, all clustered by school."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.attribution.asked import asked_for_one_of
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects.analysed import Analysed, analysed_children
from wlz_eval.attribution.effects.conclude import conclude, too_few_schools
from wlz_eval.attribution.effects.estimate import EffectEstimate, hedges_g
from wlz_eval.attribution.effects.models import OutcomeModel, averaged_over, linear_outcome
from wlz_eval.attribution.pooling.result import POOLED, PooledEffect, PoolingEffect
from wlz_eval.attribution.standards.detectable import detectable
from wlz_eval.core.errors import DesignError, OptionError, suggestion
from wlz_eval.core.finding import Claim
from wlz_eval.inference import CLUSTER_DF_KINDS, RobustEstimates, cluster_robust

__all__ = ["pool"]

EFFECTS: tuple[PoolingEffect, ...] = ("average", "common")
#: The name of the programme's column in the model of a common effect.
PROGRAMME = "programme"


@dataclass(frozen=True)
class _Shared:
    """Who and what the cohorts share."""

    schools: int
    children: int
    left_out: int


def _persons(name: str, units: pd.Index, outcomes: pd.DataFrame, person: str | None) -> pd.Series:
    """Name each child across cohorts; without a column of persons, nobody is in two cohorts."""
    own = pd.Series([f"{name}\x1f{label}" for label in units], index=units)
    if person is None:
        return own
    if person not in outcomes.columns:
        raise OptionError(f"person {person!r} is not a column. {suggestion(person, list(outcomes.columns))}")
    known = outcomes.loc[units, person]
    return own.where(known.isna(), known.astype(object).astype(str))


def _joined(
    parts: dict[str, Analysed], persons: dict[str, pd.Series]
) -> tuple[dict[str, Analysed], _Shared]:
    """Leave children of the programme out of other cohorts' comparisons, and give each child one school throughout."""
    ever = {p for name, part in parts.items() for p in persons[name][part.treated]}
    kept: dict[str, Analysed] = {}
    left_out = 0
    for name, part in parts.items():
        stays = part.treated | ~persons[name].isin(ever).to_numpy()
        left_out += int((~stays).sum())
        kept[name] = part.of(stays) if not stays.all() else part
    people = pd.concat([persons[name].loc[part.y.index] for name, part in kept.items()])
    school = pd.concat([part.clusters for part in kept.values() if part.clusters is not None])
    # A child's rows belong together: they stand under the school where the child was first.
    first = dict(zip(people.to_numpy()[::-1], school.to_numpy()[::-1], strict=True))
    for name, part in kept.items():
        labels = pd.Series([first[p] for p in persons[name].loc[part.y.index]], index=part.y.index)
        kept[name] = replace(part, clusters=labels)
    sets = [set(part.clusters) for part in kept.values() if part.clusters is not None]
    every = pd.Series([s for one in sets for s in one])
    compared = people[~np.concatenate([part.treated for part in kept.values()])]
    again = int((compared.value_counts() > 1).sum())
    return kept, _Shared(int((every.value_counts() > 1).sum()), again, left_out)


def _standardised(part: Analysed) -> Analysed:
    sd = hedges_g(1.0, 1.0, 1.0, part.y, part.treated, part.weights).sd
    return replace(part, y=part.y / sd)


def _averaging(parts: Mapping[str, Analysed], designs: Mapping[str, Design], model: OutcomeModel) -> pd.DataFrame:
    """Stack the cohorts' own outcome models, each in columns of its own."""
    blocks = []
    for name, part in parts.items():
        over = averaged_over(designs[name].spec.estimand, part.treated)
        X = linear_outcome(part, over, model, "difference").X
        blocks.append(X.set_axis([f"{name}\x1f{c}" for c in X.columns], axis=1).reset_index(drop=True))
    return pd.concat(blocks, ignore_index=True).fillna(0.0)


def _common(parts: Mapping[str, Analysed], designs: Mapping[str, Design], model: OutcomeModel) -> pd.DataFrame:
    """Stack cohorts with levels and covariates of their own but one column for the programme."""
    X = _averaging(parts, designs, "unadjusted" if model == "unadjusted" else "additive")
    own = [f"{name}\x1f{PROGRAMME}" for name in parts]
    together = X[own].sum(axis=1).rename(PROGRAMME)
    return pd.concat([together, X.drop(columns=own)], axis=1)


def _shares(parts: Mapping[str, Analysed]) -> pd.Series:
    """Each cohort's share of all programme children analysed."""
    n = pd.Series({name: float(part.treated.sum()) for name, part in parts.items()})
    return n / n.sum()


def _contrasts(names: Sequence[str], shares: pd.Series) -> dict[str, dict[str, float]]:
    """Ask for the pooled effect, then each cohort's, then the difference of each from the first."""
    column = {name: f"{name}\x1f{PROGRAMME}" for name in names}
    contrasts = {POOLED: {column[name]: float(shares[name]) for name in names}}
    contrasts |= {f"cohort {name}": {column[name]: 1.0} for name in names}
    return contrasts | {f"gap {name}": {column[name]: 1.0, column[names[0]]: -1.0} for name in names[1:]}


def _heterogeneity(fit: RobustEstimates, cohorts: int) -> tuple[float, float, float, float, float]:
    """Wald test that all cohorts have one effect, referred to F with the fewest degrees of freedom of its parts."""
    gaps = slice(1 + cohorts, 2 * cohorts)
    value, V = fit.estimate[gaps], fit.covariance[gaps, gaps]
    df1, df2 = float(cohorts - 1), float(np.min(fit.df[gaps]))
    if np.linalg.matrix_rank(V) < cohorts - 1 or not df2 > 0:
        return math.nan, df1, df2, math.nan, math.nan
    q = float(value @ np.linalg.solve(V, value))
    return q, df1, df2, float(special.fdtrc(df1, df2, q / df1)), max(0.0, (q - df1) / q) if q > 0 else 0.0


def _fit(
    X: pd.DataFrame, parts: Mapping[str, Analysed], contrasts: Mapping[str, Mapping[str, float]], df: str
) -> RobustEstimates:
    stacked = list(parts.values())
    y, w = (np.concatenate([getattr(p, f).to_numpy(dtype=float) for p in stacked]) for f in ("y", "weights"))
    clusters = np.concatenate([p.clusters.to_numpy() for p in stacked if p.clusters is not None])
    return cluster_robust(X, y, clusters, w, kind="CR2", df=df, contrasts=contrasts)


def _cohort_row(name: str, found: EffectEstimate, schools: int, weight: float) -> dict[str, object]:
    numbers = ("estimate", "se", "df", "ci_low", "ci_high", "p", "n_programme", "n_comparison")
    return {
        "cohort": name,
        **{n: getattr(found, n) for n in numbers},
        "weight": weight,
        "mde": detectable(found.se, found.df),
        "schools": schools,
    }


def _pooled_row(fit: RobustEstimates, parts: Mapping[str, Analysed], schools: int) -> dict[str, object]:
    numbers = ("estimate", "se", "df", "ci_low", "ci_high", "p")
    treated = np.concatenate([part.treated for part in parts.values()])
    row = {n: float(getattr(fit, n)[0]) for n in numbers}
    return {
        "cohort": POOLED,
        **row,
        "n_programme": int(treated.sum()),
        "n_comparison": int((~treated).sum()),
        "weight": 1.0,
        "mde": detectable(row["se"], row["df"]),
        "schools": schools,
    }


def pool(
    cohorts: Mapping[str, tuple[Design, pd.DataFrame]],
    outcome: str,
    *,
    effect: PoolingEffect = "average",
    cluster: str = "school_id",
    person: str | None = "person_id",
    baseline: str | None = None,
    model: OutcomeModel = "interacted",
    df: str = "ik",
    standardise: bool = False,
    unit: str = "points",
    claim: Claim = "adjusted_difference",
) -> PooledEffect:
    """Estimate one outcome over several cohorts in one model.

    Each cohort keeps its own design, level, covariate slopes and centring; nothing is compared across cohorts.
    Schools with the same label are one school, whatever the cohort, and their children one cluster: what a school does
    well it may do well every year, so a school seen twice is not two schools. A child who is a comparison child
    in two cohorts stands under one school throughout; one who was on the programme in any cohort leaves the
    comparisons of the others.

    Parameters
    ----------
    cohorts : mapping of str to (Design, DataFrame)
        Design and outcomes of each cohort, by name; at least two.
    outcome : str
        Column of the outcome, in every cohort.
    effect : {"average", "common"}
        ``average``: each cohort has an effect of its own, averaged over all programme children analysed.
        ``common``: all have the same effect, which lets precise cohorts count for more, and cohorts with a single
        programme school count at all.
    cluster : str
        Column of schools.
    person : str or None
        Column that names a child across cohorts; None when no child can be in two.
    baseline, model
        As in :func:`estimate_effect`; with a common effect the model has no interactions.
    df : str
        Degrees of freedom, see :func:`wlz_eval.inference.cluster_robust`.
    standardise : bool
        Whether each cohort's outcome is divided by its own SD first, where scales differ.
    unit, claim : str
        Of the estimate, for findings; the unit is ``sd`` when standardised.

    Returns
    -------
    PooledEffect

    Raises
    ------
    DesignError
        When a cohort has a group in a single school, for the average of their effects.
    OptionError
        For fewer than two cohorts, or an unknown option or column.

    References
    ----------
    Pustejovsky and Tipton (2018) for clusters across cohorts; Cochran (1954) for heterogeneity.
    """
    if not isinstance(cohorts, Mapping):
        raise OptionError("cohorts must name each design and its outcomes, such as {'2019': (design, outcomes)}.")
    for name, member in cohorts.items():
        if not (isinstance(member, tuple) and len(member) == 2 and isinstance(member[0], Design)):
            raise OptionError(f"Cohort {name!r} must be a design and its table of outcomes, in this order.")
    if len(cohorts) < 2:
        raise OptionError(f"Pooling needs at least two cohorts; {len(cohorts)} was given.")
    if effect not in EFFECTS:
        raise OptionError(f"effect {effect!r} is not known. {suggestion(effect, EFFECTS)}")
    if model == "logistic":
        raise OptionError("Pooling fits linear models. Use model 'interacted', 'additive' or 'unadjusted'.")
    asked_for_one_of("model", model, ("interacted", "additive", "unadjusted"))
    asked_for_one_of("df", df, CLUSTER_DF_KINDS)
    asked_for_one_of("claim", claim, get_args(Claim))
    if not isinstance(cluster, str):
        raise OptionError("Cohorts are pooled by their schools. Name the column of schools as cluster.")
    if not isinstance(standardise, bool):
        raise OptionError(f"standardise must be True or False, not {standardise!r}.")
    names = sorted(cohorts)
    designs = {name: cohorts[name][0] for name in names}
    found = {
        name: analysed_children(designs[name], cohorts[name][1], outcome, cluster=cluster, baseline=baseline)
        for name in names
    }
    same = [name for name in names if np.ptp(found[name].y) == 0]
    if same:
        # Its difference of nothing would count as known without any error.
        raise DesignError(f"In cohort {same[0]!r} {outcome} is the same for every child. Leave that cohort out.")
    persons = {name: _persons(name, found[name].y.index, cohorts[name][1], person) for name in names}
    parts, shared = _joined(found, persons)
    if standardise:
        parts = {name: _standardised(part) for name, part in parts.items()}
    return _package(parts, designs, shared, outcome, effect, model, df, "sd" if standardise else unit, claim)


def _package(
    parts: dict[str, Analysed],
    designs: dict[str, Design],
    shared: _Shared,
    outcome: str,
    effect: PoolingEffect,
    model: OutcomeModel,
    df: str,
    unit: str,
    claim: Claim,
) -> PooledEffect:
    names, shares = list(parts), _shares(parts)
    alone = [name for name in names if too_few_schools(parts[name])]
    heterogeneity: tuple[float, float, float, float, float] = (math.nan, len(names) - 1.0, math.nan, math.nan, math.nan)
    if not alone:
        fit = _fit(_averaging(parts, designs, model), parts, _contrasts(names, shares), df)
        heterogeneity = _heterogeneity(fit, len(names))
    elif effect == "average":
        raise DesignError(
            f"Cohort {alone[0]!r} has a group in a single school, so its own effect cannot be told from that school's. "
            "Use effect 'common', or leave the cohort out."
        )
    if effect == "common":
        fit = _fit(_common(parts, designs, model), parts, {POOLED: {PROGRAMME: 1.0}}, df)
    rows = []
    for name, part in parts.items():
        over = averaged_over(designs[name].spec.estimand, part.treated)
        single = conclude(part, linear_outcome(part, over, model, "difference"), "difference", None, df)
        weight = float(shares[name]) if effect == "average" else math.nan
        rows.append(_cohort_row(name, single, len(set(part.clusters if part.clusters is not None else ())), weight))
    every = {school for part in parts.values() if part.clusters is not None for school in part.clusters}
    q, df1, df2, p, i2 = heterogeneity
    return PooledEffect(
        outcome=outcome,
        unit=unit,
        effect=effect,
        rows=pd.DataFrame([*rows, _pooled_row(fit, parts, len(every))]),
        schools=len(every),
        shared_schools=shared.schools,
        shared_children=shared.children,
        left_out=shared.left_out,
        q=q,
        q_df1=df1,
        q_df2=df2,
        q_p=p,
        i2=i2,
        notes=tuple(dict.fromkeys(note for part in parts.values() for note in part.notes)),
        claim=claim,
    )
