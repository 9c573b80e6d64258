"""The kinds of dose that the suite knows: how each is named, counted, and over what step a slope is stated."""

from __future__ import annotations

from dataclasses import dataclass

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["Dose", "dose"]


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


_DOSES = {
    d.name: d
    for d in (
        Dose("hours", "hours of support", "hours", 10.0, "ten more hours of support"),
        Dose("link_worker_hours", "Link Worker hours", "hours", 10.0, "ten more Link Worker hours"),
        Dose("partner_hours", "partner hours", "hours", 10.0, "ten more partner hours"),
        Dose("link_worker_interactions", "Link Worker interactions", "count", 10.0, "ten more interactions"),
        Dose("engagements", "Link Worker engagements", "count", 10.0, "ten more engagements"),
        Dose("sessions_attended", "partner sessions attended", "sessions", 10.0, "ten more sessions attended"),
        Dose(
            "attendance_rate",
            "share of sessions attended",
            "percent",
            10.0,
            "ten percentage points more attendance",
        ),
    )
}


def dose(cohort: Cohort, name: str) -> Dose:
    """Describe a dose by its name: one that the suite computes, or one of the cohort's exposures table.

    Raises
    ------
    OptionError
        When it is neither.
    """
    own: dict[str, str] = {}
    if cohort.has("exposures"):
        table = cohort["exposures"][["exposure", "unit"]].astype(str).drop_duplicates("exposure")
        own = dict(table.itertuples(index=False, name=None))
    if name in own:
        words = name.replace("_", " ")
        stem = words.removesuffix(f" {own[name]}")
        unit = own[name] if own[name] in ("years", "hours", "sessions", "minutes") else "count"
        singular = {"years": "year", "hours": "hour", "sessions": "session", "minutes": "minute"}.get(
            own[name], own[name]
        )
        return Dose(name, words, unit, 1.0, f"one more {singular} of {stem}")
    if name not in _DOSES:
        raise OptionError(
            f"Unknown exposure {name!r} under engagement in the plan. {suggestion(name, [*_DOSES, *own])}"
        )
    return _DOSES[name]
