"""What programme children received: Link Worker interactions and partner sessions.

Both depend on need and on motivation, and stop when a child leaves. Motivation also lifts outcomes a little,
so the slope of outcomes on hours overstates what another hour does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.simulate.calendar import make_meta
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import Array, Bools, Ints, Pupils, coded, parameter, stream

__all__ = ["Engagement", "Leaving", "draw_engagement", "draw_leaving", "school_days"]

SUPPORT = ("mentoring", "academic", "sport", "arts", "counselling")
SUPPORT_AREAS = {
    "mentoring": "relationships emotional_wellbeing",
    "academic": "english maths",
    "sport": "relationships",
    "arts": "emotional_wellbeing confidence",
    "counselling": "emotional_wellbeing",
}
PLANNED_MINUTES = {"mentoring": 45, "academic": 60, "sport": 90, "arts": 60, "counselling": 45}


def school_days(options: SimulationOptions) -> pd.DatetimeIndex:
    """Weekdays in term during the programme."""
    days = [pd.bdate_range(t.start, t.end).as_unit("us") for t in make_meta(options).terms]
    return pd.DatetimeIndex(np.concatenate([term.to_numpy() for term in days]))


@dataclass(frozen=True)
class Leaving:
    """Who left early, after what `share` of the programme (1 for those who stayed), and on which day."""

    left: Bools
    share: Array
    day: list[dt.date | None]


def draw_leaving(options: SimulationOptions, started: Ints, attendance: Array) -> Leaving:
    """Draw who leaves early: more often with poor measured attendance, never by the outcome."""
    rng = stream(options, "leaving")
    n = len(started)
    # A gentle slope in measured attendance, so that leaving is random given what the tables hold.
    chance = special.expit(special.logit(parameter("attrition")) - 0.06 * (attendance[started] - 90.0))
    left = rng.random(n) < chance
    share = np.where(left, rng.uniform(0.1, 0.9, size=n), 1.0)
    days = school_days(options)
    index = np.minimum((share * len(days)).astype(int), len(days) - 1)
    return Leaving(
        left=left,
        share=share,
        day=[days[i].date() if gone else None for i, gone in zip(index, left, strict=True)],
    )


@dataclass(frozen=True)
class Engagement:
    """Interactions and sessions, with `child` as the row among the children who started.

    ``hours`` is each child's dose: interactions with anyone, and partner sessions attended.
    """

    interactions: pd.DataFrame
    sessions: pd.DataFrame
    partners: pd.DataFrame
    main_partner: Ints
    hours: Array


def _partners(rng: np.random.Generator) -> pd.DataFrame:
    n = int(parameter("partners"))
    support = [SUPPORT[i % len(SUPPORT)] for i in range(n)]
    frame = pd.DataFrame(
        {
            "partner_id": [f"PA{i + 1:02d}" for i in range(n)],
            "name": [f"Simulated partner {i + 1}" for i in range(n)],
            "support_type": support,
            "outcome_areas": [SUPPORT_AREAS[s] for s in support],
        }
    )
    levels = ("policies", "practice", "engagement", "intensity", "outcomes", "values")
    for level, share in zip(levels, (0.95, 0.85, 0.75, 0.65, 0.6, 0.7), strict=True):
        frame[f"level_{level}"] = pd.array(rng.random(n) < share, dtype="boolean")
    return frame


def _interactions(rng: np.random.Generator, lift: Array, share: Array, days: pd.DatetimeIndex) -> pd.DataFrame:
    n = len(lift)
    # A gamma frailty beside need and motivation makes counts vary more than a Poisson's.
    mean = parameter("interactions_mean") * share * np.exp(lift - 0.5 * lift.var()) * rng.gamma(8.0, 1 / 8.0, n)
    count = rng.poisson(mean)
    child = np.repeat(np.arange(n), count)
    rows = len(child)
    day = (rng.random(rows) * share[child] * len(days)).astype(int)
    short = rng.random(rows) < 0.4
    minutes = np.where(short, 5 * rng.integers(1, 4, rows), 5 * rng.integers(4, 12, rows)).astype(float)
    return pd.DataFrame(
        {
            "child": child,
            "date": days.to_numpy()[np.minimum(day, len(days) - 1)],
            "with": coded(rng.choice(3, rows, p=[0.7, 0.2, 0.1]), ["child", "parent", "professional"]),
            "kind": coded(short.astype(int), ["engagement", "contact"]),
            "minutes": minutes,
        }
    )


def _sessions(
    rng: np.random.Generator, lift: Array, share: Array, days: pd.DatetimeIndex, partners: pd.DataFrame
) -> tuple[pd.DataFrame, Ints]:
    n, k = len(lift), len(partners)
    first = rng.integers(0, k, n)
    second = (first + rng.integers(1, k, n)) % k
    count = rng.poisson(parameter("partner_sessions_mean") * share * rng.gamma(12.0, 1 / 12.0, n))
    child = np.repeat(np.arange(n), count)
    rows = len(child)
    partner = np.where(rng.random(rows) < 0.6, first[child], second[child])
    chance = special.expit(special.logit(parameter("partner_attendance")) + lift + rng.normal(0, 0.4, n))
    came = rng.random(rows) < chance[child]
    planned = partners["support_type"].map(PLANNED_MINUTES).to_numpy(dtype=float)[partner]
    partly = np.where(rng.random(rows) < 0.06, 0.5, 1.0)
    day = (rng.random(rows) * share[child] * len(days)).astype(int)
    frame = pd.DataFrame(
        {
            "child": child,
            "partner": partner,
            "date": days.to_numpy()[np.minimum(day, len(days) - 1)],
            "planned_minutes": planned,
            "attended_minutes": np.where(came, np.floor(planned * partly), 0.0),
        }
    )
    return frame, first


def draw_engagement(options: SimulationOptions, pupils: Pupils, started: Ints, leaving: Leaving) -> Engagement:
    """Draw what each child who started received."""
    rng = stream(options, "engagement")
    need, motivation = pupils.need[started], pupils.motivation[started]
    days = school_days(options)
    partners = _partners(rng)
    interactions = _interactions(rng, 0.10 * need + 0.25 * motivation, leaving.share, days)
    sessions, main = _sessions(rng, 0.35 * motivation - 0.10 * need, leaving.share, days, partners)
    n = len(started)
    minutes = np.bincount(interactions["child"], interactions["minutes"], minlength=n) + np.bincount(
        sessions["child"], sessions["attended_minutes"], minlength=n
    )
    return Engagement(interactions, sessions, partners, main, minutes / 60.0)
