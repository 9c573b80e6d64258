"""The count of areas at risk, before and after: improved, same or worse, beside what is to be expected."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress.change import Share, clustered_share
from wlz_eval.measures.progress.expected import NOTHING, Range, middle_range, on_scale, schools_of
from wlz_eval.measures.progress.population import MIN_PAIRS
from wlz_eval.measures.progress.rules import beyond, measure_rule, outcome_rules
from wlz_eval.measures.progress.untreated import donors, draw_later, fit_held, predictors

__all__ = ["Composite", "composite"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
WAYS: tuple[str, ...] = ("improved", "same", "worse")


@dataclass(frozen=True, kw_only=True)
class Composite:
    """Change in the number of outcome areas in which a child is at risk.

    Parameters
    ----------
    wave : str
    areas : tuple of str
        Areas counted: those of the plan's rules whose measure is held at both times.
    n : int
        Programme children assessed in all of them at both times.
    missing : int
        Programme children who are not.
    before, after : float
        Mean number of areas.
    seen : dict of Share
        ``improved`` (fewer areas), ``same``, ``worse``.
    expected : dict of Range
        The same with no programme, in percent; not known unless comparison children have every measure.
    """

    wave: str
    areas: tuple[str, ...]
    n: int
    missing: int
    before: float
    after: float
    seen: dict[str, Share]
    expected: dict[str, Range]


def _count(values: dict[str, Array], rules: Sequence[tuple[str, RiskRule]]) -> Array:
    """Areas at risk; where an area has several rules one is enough."""
    areas: dict[str, npt.NDArray[np.bool_]] = {}
    for measure, rule in rules:
        flag = beyond(values[measure], rule)
        areas[rule.area] = areas[rule.area] | flag if rule.area in areas else flag
    return np.sum([flag.astype(float) for flag in areas.values()], axis=0)


def composite(
    cohort: Cohort, data: pd.DataFrame, rules: Sequence[RiskRule], wave: str, *, draws: int = 500, seed: int = 0
) -> Composite | None:
    """Count the areas at risk at baseline and at a later wave, by the plan's rules.

    Children count when every area is known at both times. What is to be expected is drawn for all measures of a
    child at once, since a child who falls back in one tends to in others.

    Parameters
    ----------
    cohort : Cohort
    data : DataFrame
        The analysis frame's data.
    rules : sequence of RiskRule
    wave : str
    draws, seed : int

    Returns
    -------
    Composite or None
        None where no area is held at both times for any programme child.
    """
    data = data.sort_index()
    # A cut-point on a scale that grows with age says nothing at the next age: such measures are left out.
    used = [
        (m, r)
        for m, r in outcome_rules(rules)
        if {r.column, f"{m}_{wave}"} <= set(data.columns) and measure_rule(cohort, rules, m) is not None
    ]
    own = data["programme"] == 1
    used = [(m, r) for m, r in used if data.loc[own, [r.column, f"{m}_{wave}"]].notna().all(axis=1).any()]
    if not used:
        return None
    columns = [c for m, r in used for c in (r.column, f"{m}_{wave}")]
    known = data[columns].notna().all(axis=1)
    group = np.flatnonzero((own & known).to_numpy())
    if not len(group):
        return None
    school = schools_of(data)
    before = _count({m: data[r.column].to_numpy(dtype=float)[group] for m, r in used}, used)
    after = _count({m: data[f"{m}_{wave}"].to_numpy(dtype=float)[group] for m, _ in used}, used)
    ways = {"improved": after < before, "same": after == before, "worse": after > before}
    return Composite(
        wave=wave,
        areas=tuple(dict.fromkeys(r.area for _, r in used)),
        n=len(group),
        missing=int(own.sum()) - len(group),
        before=float(before.mean()),
        after=float(after.mean()),
        seen={way: clustered_share(ways[way], school[group]) for way in WAYS},
        expected=_expected(cohort, data, used, wave, group, known, before, draws, seed),
    )


def _expected(
    cohort: Cohort,
    data: pd.DataFrame,
    used: Sequence[tuple[str, RiskRule]],
    wave: str,
    group: Ints,
    known: pd.Series,
    before: Array,
    draws: int,
    seed: int,
) -> dict[str, Range]:
    rest = (data["programme"] == 0) & known
    other = rest & (data["comparison_type"] == "other_school") if "comparison_type" in data else rest & False
    pool = np.flatnonzero((other if other.sum() >= MIN_PAIRS else rest).to_numpy())
    if len(pool) < MIN_PAIRS:
        return dict.fromkeys(WAYS, NOTHING)
    school = schools_of(data)
    measures = list(dict.fromkeys(m for m, _ in used))
    models = {}
    for m in measures:
        X = predictors(data, f"{m}_baseline", group, pool)
        models[m] = fit_held(X, data[f"{m}_{wave}"].to_numpy(dtype=float), group, pool, school)
    rng = np.random.default_rng([seed, zlib.crc32(f"composite {wave}".encode())])
    # One comparison child lends what is left of every measure: need at the later wave, as predicted, picks it.
    need = [_need(cohort, m) for m in measures]
    spread = [need[i] / (np.std(models[m].pool_fitted) or 1.0) for i, m in enumerate(measures)]
    lent = donors(
        np.sum([s * models[m].pool_fitted for s, m in zip(spread, measures, strict=True)], axis=0),
        np.sum([s * models[m].fitted for s, m in zip(spread, measures, strict=True)], axis=0),
        rng,
        draws,
    )
    later = {
        m: on_scale(
            draw_later(models[m], school[group], rng, draws, lent), cohort.measure(m), data, f"{m}_baseline"
        )
        for m in measures
    }
    count = _count(later, used)
    ways = {"improved": count < before, "same": count == before, "worse": count > before}
    return {way: middle_range(100 * ways[way].mean(axis=1)) for way in WAYS}


def _need(cohort: Cohort, measure: str) -> float:
    return {True: -1.0, False: 1.0, None: 0.0}[cohort.measure(measure).higher_is_better]
