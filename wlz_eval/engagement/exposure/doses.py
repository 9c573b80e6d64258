"""The kinds of dose that the suite knows: how each is named, counted, and over what step a slope is stated."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.engagement.exposure.amounts import has_delivery_data, support_column

__all__ = ["DOSES", "Dose", "dose", "dose_names"]


@dataclass(frozen=True)
class Dose:
    """One kind of dose: how it is named, counted, and over what step a slope is stated.

    Parameters
    ----------
    name : str
        Column of :func:`exposures`.
    label : str
        Plain words, such as ``hours of support``.
    unit : str
        Unit of :data:`wlz_eval.core.finding.Unit` in which it is printed.
    step : float
        Difference in dose over which a slope is stated: 10 hours, 1 year.
    step_label : str
        The step in words, such as ``ten more hours of support``.
    """

    name: str
    label: str
    unit: str
    step: float
    step_label: str


_MONTH = "a month on the programme"

#: Every dose that :func:`exposures` computes and a plan may name, in the order in which they are listed.
DOSES: dict[str, Dose] = {
    d.name: d
    for d in (
        Dose("hours", "hours of support", "hours", 10.0, "ten more hours of support"),
        Dose("link_worker_hours", "Link Worker hours", "hours", 10.0, "ten more Link Worker hours"),
        Dose(
            "link_worker_hours_child", "Link Worker hours with the child", "hours", 10.0,
            "ten more Link Worker hours with the child",
        ),
        Dose(
            "link_worker_hours_parent", "Link Worker hours with a parent", "hours", 10.0,
            "ten more Link Worker hours with a parent",
        ),
        Dose(
            "link_worker_hours_professional", "Link Worker hours with a professional", "hours", 10.0,
            "ten more Link Worker hours with a professional",
        ),
        Dose("partner_hours", "partner hours", "hours", 10.0, "ten more partner hours"),
        Dose("partner_hours_planned", "partner hours planned", "hours", 10.0, "ten more partner hours planned"),
        Dose("link_worker_interactions", "Link Worker interactions", "count", 10.0, "ten more interactions"),
        Dose("contacts", "short Link Worker contacts", "count", 10.0, "ten more short contacts"),
        Dose("engagements", "Link Worker engagements", "count", 10.0, "ten more engagements"),
        Dose(
            "interactions_child", "Link Worker interactions with the child", "count", 10.0,
            "ten more interactions with the child",
        ),
        Dose(
            "interactions_parent", "Link Worker interactions with a parent", "count", 10.0,
            "ten more interactions with a parent",
        ),
        Dose(
            "interactions_professional", "Link Worker interactions with a professional", "count", 10.0,
            "ten more interactions with a professional",
        ),
        Dose("sessions_planned", "partner sessions planned", "sessions", 10.0, "ten more sessions planned"),
        Dose("sessions_attended", "partner sessions attended", "sessions", 10.0, "ten more sessions attended"),
        Dose(
            "attendance_rate", "share of sessions attended", "percent", 10.0, "ten percentage points more attendance"
        ),
        Dose(
            "minutes_rate", "share of planned minutes attended", "percent", 10.0,
            "ten percentage points more of the planned minutes",
        ),
        Dose("partners_met", "partners met", "count", 1.0, "one more partner"),
        Dose(
            "longest_missed_run", "most sessions missed in a row", "sessions", 1.0, "one more session missed in a row"
        ),
        Dose(
            "missed_in_a_row", "two sessions missed in a row", "count", 1.0, "having missed two sessions in a row"
        ),
        Dose("hours_per_month", f"hours of support {_MONTH}", "hours", 1.0, f"one more hour {_MONTH}"),
        Dose(
            "interactions_per_month", f"Link Worker interactions {_MONTH}", "count", 1.0,
            f"one more interaction {_MONTH}",
        ),
        Dose("sessions_per_month", f"sessions attended {_MONTH}", "sessions", 1.0, f"one more session {_MONTH}"),
        Dose("months_enrolled", "months on the programme", "count", 1.0, "one more month on the programme"),
        Dose("contact_days", "days with contact", "count", 10.0, "ten more days with contact"),
        Dose(
            "weeks_with_contact", "share of school weeks with contact", "percent", 10.0,
            "ten percentage points more of the school weeks",
        ),
        Dose(
            "gap_variation", "unevenness of the gaps between contacts", "ratio", 0.1,
            "gaps that are a tenth of their mean more uneven",
        ),
        Dose(
            "longest_gap_weeks", "longest time without contact, in school weeks", "count", 1.0,
            "one more school week without contact",
        ),
        Dose(
            "days_to_first_contact", "days to the first contact or session", "count", 10.0,
            "ten more days to the first contact or session",
        ),
    )
}
#: Units of an exposures table that are printed as such.
_OWN_UNITS: tuple[str, ...] = ("years", "hours", "sessions", "minutes")
_SINGULAR = {"years": "year", "hours": "hour", "sessions": "session", "minutes": "minute"}


def _of_support(cohort: Cohort) -> dict[str, Dose]:
    """Partner hours of each kind of support that the sessions table names."""
    if not cohort.has("sessions") or "support_type" not in cohort["sessions"]:
        return {}
    found = {}
    for word in sorted(str(w) for w in cohort["sessions"]["support_type"].dropna().unique()):
        words = f"partner hours of {word.replace('_', ' ')}"
        found[support_column(word)] = Dose(support_column(word), words, "hours", 10.0, f"ten more {words}")
    return found


def _recorded(cohort: Cohort) -> dict[str, Dose]:
    """Doses of the cohort's exposures table."""
    if not cohort.has("exposures"):
        return {}
    table = cohort["exposures"][["exposure", "unit"]].astype(str)
    rows = table.sort_values(["exposure", "unit"]).drop_duplicates("exposure")
    found = {}
    for name, own in rows.itertuples(index=False, name=None):
        words = str(name).replace("_", " ")
        unit = next((u for u in _OWN_UNITS if u == own), "count")
        stem = words.removesuffix(f" {own}")
        found[str(name)] = Dose(str(name), words, unit, 1.0, f"one more {_SINGULAR.get(own, own)} of {stem}")
    return found


def dose_names(cohort: Cohort) -> dict[str, Dose]:
    """Every dose that a plan of this cohort may name: those of the suite, of its support and of its own table.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> "partner_hours_mentoring" in dose_names(load_cohort("simulated-complete"))
    True
    """
    known = {**DOSES, **_of_support(cohort)}
    own = _recorded(cohort)
    # What is computed from interactions and sessions stands before an amount of the same name.
    return {**own, **known} if has_delivery_data(cohort) else {**known, **own}


def dose(cohort: Cohort, name: str) -> Dose:
    """Describe a dose by its name: one that the suite computes, or one of the cohort's exposures table.

    Raises
    ------
    OptionError
        When it is neither.
    """
    known = dose_names(cohort)
    if name not in known:
        raise OptionError(f"Unknown exposure {name!r} under engagement in the plan. {suggestion(name, list(known))}")
    return known[name]


def listed(doses: pd.DataFrame, cohort: Cohort) -> list[Dose]:
    """Doses that a table of :func:`exposures` holds, in the order of :data:`DOSES`, then the cohort's own."""
    return [d for name, d in {**DOSES, **dose_names(cohort)}.items() if name in doses]
