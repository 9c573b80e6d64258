"""Behaviour incidents in the first and the last days of a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.derived import Incidents, IncidentWindow
from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.cohort.period import Period
from wlz_eval.core.errors import CohortError, Problem
from wlz_eval.core.result import Result

__all__ = ["IncidentRules", "counted_days", "incident_rules", "incidents_by_wave", "school_days"]


def school_days(terms: Sequence[Period], closed: Sequence[Period] = ()) -> np.ndarray:
    """List the weekdays within the terms, without the days on which schools were closed.

    Examples
    --------
    >>> import datetime as dt
    >>> week = Period(start=dt.date(2022, 9, 5), end=dt.date(2022, 9, 11))
    >>> len(school_days([week])), len(school_days([week], [Period(start=dt.date(2022, 9, 6), end=dt.date(2022, 9, 7))]))
    (5, 3)
    """

    def days(period: Period) -> np.ndarray:
        return np.arange(np.datetime64(period.start, "D"), np.datetime64(period.end, "D") + 1)

    if not terms:
        return np.array([], dtype="datetime64[D]")
    found = np.unique(np.concatenate([days(term) for term in terms]))
    found = found[np.is_busday(found)]
    return found[~np.isin(found, np.concatenate([days(period) for period in closed]))] if closed else found


def counted_days(
    spec: Incidents, window: IncidentWindow, terms: Sequence[Period]
) -> tuple[np.datetime64, np.datetime64]:
    """Find the first and the last day whose incidents count for a wave; days between them count too.

    Raises
    ------
    CohortError
        When the period holds fewer days than are asked for.
    """
    start, end = np.datetime64(window.start, "D"), np.datetime64(window.end, "D")
    if spec.counted == "calendar_days":
        days = np.arange(start, end + 1)
    else:
        days = school_days(terms, spec.closed)
        days = days[(days >= start) & (days <= end)]
    if len(days) < spec.days:
        unit = spec.counted.replace("_", " ")
        why = " (cohort.yaml gives no terms)" if spec.counted == "school_days" and not terms else ""
        raise CohortError(
            [
                Problem(
                    table="cohort.yaml",
                    column="derived",
                    value=f"{spec.into}: {window.start} to {window.end}",
                    message=f"the period holds {len(days)} {unit}{why}, fewer than the {spec.days} to be counted",
                    remedy="Lengthen the period, add terms, or ask for fewer days.",
                )
            ]
        )
    taken = days[: spec.days] if window.take == "first" else days[-spec.days :]
    return taken[0], taken[-1]


def incidents_by_wave(cohort: Cohort, spec: Incidents) -> pd.DataFrame:
    """Count each child's incidents in the days that stand for each wave.

    A child without an incident counts 0 only where the child's school records incidents: it is named under
    ``schools``, or any of its children has an incident within the wave's whole period. Else the count is missing,
    as it is for a child who left before the last counted day.

    Parameters
    ----------
    cohort : Cohort
        With the table ``incidents``.
    spec : Incidents
        The entry of ``derived`` in cohort.yaml.

    Returns
    -------
    DataFrame
        Indexed by child, one column ``<into>_<wave>`` for each wave named.

    Raises
    ------
    CohortError
        When there are no incidents, a period is too short, a school or kind is not known, or the days of a
        baseline reach into the programme.
    """
    problems = _problems(cohort, spec)
    if problems:
        raise CohortError(problems)
    children, table = cohort.children, cohort["incidents"]
    if spec.kinds:
        table = table[table["kind"].isin(spec.kinds)]
    day = table["date"].to_numpy(dtype="datetime64[D]")
    index = pd.Index(children["child_id"].astype(str), name="child_id")
    child = index.get_indexer(pd.Index(table["child_id"].astype(str)))
    school = children["school_id"].astype(str).to_numpy()
    columns = {}
    for wave in (w for w in WAVES if w in spec.windows):
        window = spec.windows[wave]
        first, last = counted_days(spec, window, cohort.meta.terms)
        inside = (day >= first) & (day <= last) & (child >= 0)
        count = np.bincount(child[inside], minlength=len(index)).astype(float)
        covered = np.isin(school, spec.schools) if spec.schools else np.isin(school, _recording(cohort, window, school))
        columns[f"{spec.into}_{wave}"] = np.where(covered & ~_gone(children, last), count, np.nan)
    return pd.DataFrame(columns, index=index)


def _recording(cohort: Cohort, window: Period, school: np.ndarray) -> np.ndarray:
    """Schools with any incident, of whatever kind, within a period."""
    table = cohort["incidents"]
    day = table["date"].to_numpy(dtype="datetime64[D]")
    within = (day >= np.datetime64(window.start, "D")) & (day <= np.datetime64(window.end, "D"))
    return np.unique(school[cohort.children["child_id"].astype(str).isin(table.loc[within, "child_id"].astype(str))])


def _gone(children: pd.DataFrame, last: np.datetime64) -> np.ndarray:
    """Whether each child had left before the last counted day."""
    if "left" not in children:
        return np.zeros(len(children), dtype=bool)
    return (children["left"] < pd.Timestamp(last)).fillna(False).to_numpy(dtype=bool)


def _problems(cohort: Cohort, spec: Incidents) -> list[Problem]:
    def problem(key: str, value: str, message: str, remedy: str) -> Problem:
        return Problem(table="cohort.yaml", column=f"derived.{key}", value=value, message=message, remedy=remedy)

    if not cohort.has("incidents"):
        why = "the cohort has no incidents to count"
        return [problem("incidents", spec.into, why, "Add the table incidents, or remove this entry.")]
    found = []
    schools = set(cohort.children["school_id"].astype(str))
    for name in sorted(set(spec.schools) - schools):
        found.append(problem("schools", name, "no child is at this school", "Correct the id of the school."))
    table = cohort["incidents"]
    kinds = set(table["kind"].dropna().astype(str)) if "kind" in table else set()
    for name in sorted(set(spec.kinds) - kinds):
        valid = ", ".join(sorted(kinds)) or "none: the table has no column kind"
        found.append(problem("kinds", name, "no incident is of this kind", f"Valid: {valid}."))
    if not spec.baseline_within_programme:
        for wave in ("pre_baseline", "baseline"):
            if wave not in spec.windows:
                continue
            _, last = counted_days(spec, spec.windows[wave], cohort.meta.terms)
            if last >= np.datetime64(cohort.meta.programme.start, "D"):
                found.append(
                    problem(
                        f"windows.{wave}",
                        f"counted to {last}",
                        f"the days of a baseline reach into the programme, which starts {cohort.meta.programme.start}",
                        "Take days before it; or write baseline_within_programme: true, as the WLZ pilot did, and "
                        "do not match on the count.",
                    )
                )
    return found


@dataclass(frozen=True, kw_only=True, repr=False)
class IncidentRules(Result):
    """How many children each reading of a behaviour rule puts at risk.

    Parameters
    ----------
    rows : DataFrame
        ``wave``, ``counted`` (school or calendar days), ``rule`` in words, ``at_least`` (fewest incidents),
        ``children`` with a count, ``at_risk``.
    """

    rows: pd.DataFrame

    title = "Children at risk by each reading of the behaviour rule"

    def table(self) -> pd.DataFrame:
        """Return one row a wave, a way to count days and a rule."""
        return self.rows


def incident_rules(cohort: Cohort, spec: Incidents, cut: int = 5) -> IncidentRules:
    """Set the readings of a behaviour rule side by side: school or calendar days, "more than" or "at least".

    Parameters
    ----------
    cohort : Cohort
        With the table ``incidents``.
    spec : Incidents
        What is counted; its ``counted`` is replaced by both ways in turn.
    cut : int
        The number in the rule. The report of the WLZ pilot gives both "more than 5" and "5 or more".
    """
    rows = []
    for counted in ("school_days", "calendar_days"):
        table = incidents_by_wave(cohort, spec.model_copy(update={"counted": counted}))
        for column in table:
            known = table[column].dropna()
            for rule, least in ((f"at least {cut}", cut), (f"more than {cut}", cut + 1)):
                wave = str(column).removeprefix(f"{spec.into}_")
                rows.append((wave, counted, rule, least, len(known), int((known >= least).sum())))
    names = ["wave", "counted", "rule", "at_least", "children", "at_risk"]
    return IncidentRules(rows=pd.DataFrame(rows, columns=names))
