"""What would lift each outcome a tier: the data that are missing, and how many children and schools they would take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from wlz_eval.attribution.asked import asked_for_number, asked_for_whole
from wlz_eval.attribution.options import OutcomeOptions
from wlz_eval.attribution.standards.detectable import planned_detectable_effect
from wlz_eval.attribution.tiers import MeasurementMap, OutcomeTier
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.progress.population import years_between
from wlz_eval.reference.power import power_prior
from wlz_eval.reference.reliability import retest

__all__ = ["Lift", "children_for_correlation", "what_would_lift"]

#: Effect, in SDs, that the data should be able to find four times in five.
TARGET = 0.3
#: Most comparison schools that are looked at.
MOST_SCHOOLS = 200
#: Half-width, in SDs, to which the change to be expected with no programme should be known.
PRECISION = 0.1
ROUTES: dict[str, str] = {
    "waiting": "Measure pupils of waiting schools, before and after",
    "earlier": "Apply the rules to earlier year groups whose readings the schools hold",
    "twice": "Measure a whole year group twice before the programme",
}
GIVES: dict[str, str] = {
    "waiting": "a comparison: an effect could be estimated",
    "earlier": "a comparison with earlier years: an effect could be estimated if nothing else changed",
    "twice": "the change to be expected with no programme, from these schools' own pupils; no effect yet",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class Lift(Result):
    """What would lift each outcome that cannot be attributed.

    Parameters
    ----------
    rows : DataFrame
        One row an outcome and route: ``measure``, ``wave``, ``label``, ``tier``, ``missing`` (in words), ``route``,
        ``what``, ``gives``, ``children`` (whose readings would be needed), ``schools``, ``readings`` (new forms or
        tests to collect), ``detects`` (smallest effect, SDs, found four times in five), ``cheapest``, ``assumed``.
    """

    rows: pd.DataFrame

    title = "What would lift each outcome a tier"

    def table(self) -> pd.DataFrame:
        """One row an outcome and route."""
        return self.rows.copy()

    def cheapest(self) -> pd.DataFrame:
        """One row an outcome: the route that gives a comparison with the fewest new readings."""
        return self.rows[self.rows["cheapest"]].reset_index(drop=True)


def children_for_correlation(r: float, distance: float, precision: float = PRECISION, icc: float = 0.0,
                             size: int = 30) -> int:
    """Children to be measured twice, so that the change to be expected is known to within `precision` SDs.

    The expected change is (1 - r) times the children's distance from the mean. Its 95% half-width holds the error of
    r, (1 - r^2)/sqrt(n), times the distance, and that of the mean change of all pupils, sqrt(2 (1 - r))/sqrt(n);
    children of one school, `size` of them, count for less by 1 + (size - 1) icc.

    Examples
    --------
    >>> children_for_correlation(0.4, 1.0)
    734
    """
    asked_for_number("r", r, -1, 1)
    asked_for_number("distance", distance)
    asked_for_number("precision", precision, 0, ends=False)
    asked_for_number("icc", icc, 0, 1)
    asked_for_whole("size", size)
    one = (distance * (1 - r**2)) ** 2 + 2 * (1 - r)
    return math.ceil(1.96**2 * one / precision**2 * (1 + (size - 1) * icc))


def _missing(row: OutcomeTier) -> str:
    need = []
    for group in ("programme", "comparison"):
        for when, words in (("before", "at the start"), ("after", "later")):
            if not getattr(row, f"{group}_{when}"):
                need.append(f"{group} children {words}")
    return "; ".join(need) if need else row.reason


def _schools_needed(n: int, own_schools: int, per_school: int, icc: float, r2: float) -> tuple[int, float]:
    """Fewest comparison schools that find :data:`TARGET`, and the smallest effect found with them."""
    reached = math.inf
    for k in range(2, MOST_SCHOOLS + 1):
        found = planned_detectable_effect(n, k * per_school, own_schools, k, icc=icc, r2=r2)
        if found <= TARGET:
            return k, found
        if reached - found < 0.0005:
            return k, found
        reached = found
    return MOST_SCHOOLS, reached


def what_would_lift(
    cohort: Cohort, frame: AnalysisFrame, tiers: MeasurementMap, outcomes: Sequence[OutcomeOptions] = ()
) -> Lift:
    """Say for each outcome that cannot be attributed which data would change that, and how many.

    Sample sizes are for finding an effect of 0.3 SD four times in five, with the schools and children that the
    programme has, the planning values of ``data/reference/power_priors.csv`` for clustering and baseline, and as many
    comparison pupils a school as the programme has. The change to be expected (measured twice before entry) should be
    known to a tenth of an SD.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    tiers : MeasurementMap
        Of the plan's outcomes.
    outcomes : sequence of OutcomeOptions
        Those asked about; all of the map when left out.

    Returns
    -------
    Lift
    """
    own = frame.data[frame.data["programme"] == 1]
    schools = max(int(own["school_id"].nunique()), 1) if "school_id" in own else 1
    wanted: set[tuple[str, str]] = {(o.measure, o.wave) for o in outcomes}
    wanted = wanted or {(t.measure, t.wave) for t in tiers.tiers}
    rows = [
        row
        for tier in tiers.tiers
        if tier.tier != "A" and (tier.measure, tier.wave) in wanted
        for row in _routes(cohort, tier, len(own), schools)
    ]
    columns = ["measure", "wave", "label", "tier", "missing", "route", "what", "gives", "children", "schools",
               "readings", "detects", "cheapest", "assumed"]
    return Lift(rows=pd.DataFrame(rows, columns=columns))


def _routes(cohort: Cohort, tier: OutcomeTier, n: int, schools: int) -> list[dict[str, object]]:
    facts = cohort.measure(tier.measure)
    icc = facts.icc if facts.icc is not None else power_prior("icc", facts.family).value
    r2 = power_prior("baseline_r2", facts.family).value
    per_school = max(round(n / schools), 1)
    same = {"measure": tier.measure, "wave": tier.wave, "label": tier.label, "tier": tier.tier,
            "missing": _missing(tier)}
    assumed = f"share of variance between schools {icc:g}, share that the baseline explains {r2:g}"
    own_new = n * ((tier.programme_before == 0) + (tier.programme_after == 0))
    k, found = _schools_needed(n, schools, per_school, icc, r2)
    rows: list[dict[str, object]] = [
        {**same, "route": "waiting", "children": k * per_school, "schools": k,
         "readings": 2 * k * per_school + own_new, "detects": found, "assumed": assumed},
    ]
    # Earlier year groups of the same schools: readings that schools hold anyway cost no new one, and a
    # questionnaire that nobody filled in then cannot be had at all.
    if facts.family in ("attainment", "attendance", "behaviour", "development"):
        change = power_prior("persistence").value
        earlier = planned_detectable_effect(n, n, schools, schools, icc=icc * (1 - change), r2=r2)
        rows.append({**same, "route": "earlier", "children": n, "schools": schools, "readings": own_new,
                     "detects": earlier, "assumed": f"{assumed}, share of a school's own part that stays {change:g}"})
    r = retest(facts.name, years_between(cohort, tier.wave))
    # Without any value, none at all is supposed: that asks for the most children.
    value = r.r if r else 0.0
    twice = children_for_correlation(value, 1.0, icc=icc)
    rows.append({**same, "route": "twice", "children": twice, "schools": schools, "readings": 2 * twice,
                 "detects": math.nan,
                 "assumed": f"correlation of the two readings {value:g}, children a standard deviation from the mean"})
    compared = [row for row in rows if row["route"] != "twice" and float(str(row["detects"])) <= TARGET + 1e-9]
    best = min(compared or rows[:1], key=lambda row: float(str(row["readings"])))
    return [{**row, "what": ROUTES[str(row["route"])], "gives": GIVES[str(row["route"])], "cheapest": row is best}
            for row in rows]
