"""The appraisal of a cohort: from its costs and the effects of page 4 to the whole of page 7."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding, FindingCovariance
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.reference.money import published_value
from wlz_eval.value.appraisal.costeffect import cost_effects
from wlz_eval.value.appraisal.npv import appraise
from wlz_eval.value.appraisal.result import ValueResult
from wlz_eval.value.appraisal.scenarios import check_scenarios
from wlz_eval.value.benefits import benefits, raw_change
from wlz_eval.value.benefits.check import direction_of
from wlz_eval.value.costs import costs, programme_years
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.uncertainty.build import check_correlations

__all__ = ["value"]


def _outcomes(
    cohort: Cohort, effects: Sequence[Finding], better: Mapping[str, str] | None
) -> list[tuple[Finding, str, float]]:
    """Pick the headline effects in points of which it is clear which way is good."""
    chosen = []
    for f in effects:
        headline = f.finding_id == f"attribution.att.{f.outcome}.{f.wave}"
        usable = f.claim in ("effect", "adjusted_difference") and f.tier in ("A", "B")
        if not headline or not usable or f.unit != "points":
            continue
        if not (math.isfinite(f.estimate) and (f.has_interval or math.isfinite(f.se))):
            continue
        way = direction_of(cohort, f.outcome, better)
        if way != "unclear":
            label = f"{cohort.measure(f.outcome).label}, {WAVE_WORDS[f.wave]}"
            chosen.append((f, label, -1.0 if way == "lower" else 1.0))
    return chosen


def value(
    cohort: Cohort,
    options: ValueOptions,
    effects: Iterable[Finding],
    covariances: Iterable[FindingCovariance] = (),
    seed: int = 0,
    draws: int | None = None,
    children: int | None = None,
    better: Mapping[str, str] | None = None,
    changes: Iterable[Finding] = (),
) -> ValueResult:
    """Appraise costs and benefits of a cohort.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Price year, discount schedule, benefits.
    effects : iterable of Finding
        Findings of 04.
    covariances : iterable of FindingCovariance
        Between their estimates.
    seed : int
        Seed of the Monte Carlo.
    draws : int, optional
        How many draws; the plan's number at full effort when left out.
    children : int, optional
        Programme children who started; counted in the children table when left out.
    better : mapping of str to str, optional
        Direction of outcomes where the plan overrides the measure's own.
    changes : iterable of Finding
        Findings of 03, for what the raw change would have claimed.

    Returns
    -------
    ValueResult
        The mean effect of the children who were compared is taken to hold for all who started. Effects of
        tier A or B only: those with the claim ``effect`` make the headline; adjusted differences make a
        separate projection.

    Raises
    ------
    OptionError
        When money cannot be brought to one price year or currency, benefits overlap, an effect has no interval, or
        a correlation or a scenario names no input.
    """
    table, given = cohort.children, list(effects)
    if cohort.provenance == "synthetic":
        given = [replace(f, evidence="simulated") if f.evidence == "measured" else f for f in given]
    if children is None:
        started = table["started"].fillna(True).astype(bool) if "started" in table else True
        children = int(((table["group"] == "programme") & started).sum())
    money = costs(cohort, options, children)
    pairs = tuple(covariances)
    n_draws = options.draws if draws is None else draws
    years = programme_years(cohort)
    lines = benefits(cohort, options, given, years, better)
    check_correlations(options, lines)
    check_scenarios(options, lines)
    certain = [x for x in lines if x.use == "headline"]
    possible = [x for x in lines if x.use in ("headline", "projection")]
    return ValueResult(
        costs=money,
        lines=lines,
        headline=appraise(certain, pairs, money, options, n_draws, seed),
        projection=appraise(possible, pairs, money, options, n_draws, seed) if len(possible) > len(certain) else None,
        children=children,
        options=options,
        effects=cost_effects(_outcomes(cohort, given, better), money, options, n_draws, seed),
        raw=raw_change(cohort, options, changes, lines, years, better),
        quoted=tuple(row for row in published_value(cohort.id) if row["quantity"] != "cost_per_child"),
        draws=n_draws,
    )
