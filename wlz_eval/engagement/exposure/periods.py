"""The same amounts in a tidy long table: by term, month, kind of support, partner, or whom the Link Worker was with."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.engagement.exposure.calendar import SchoolTime, school_time
from wlz_eval.engagement.exposure.records import (
    WHOM,
    Array,
    Bools,
    Day,
    Interactions,
    Ints,
    Sessions,
    interactions,
    programme_children,
    sessions,
    time_window,
)
from wlz_eval.engagement.exposure.sums import interaction_sums, session_rates, session_sums
from wlz_eval.engagement.exposure.untimed import Untimed, check_untimed, fill_minutes
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["By", "exposures_by"]

By = Literal["term", "month", "support_type", "partner", "with"]
OUTSIDE = "outside the programme"
NOT_RECORDED = "not recorded"
#: Amounts that can be added up, so that what a child had so far means something.
ADDED: tuple[str, ...] = (
    "link_worker_interactions", "engagements", "link_worker_hours", "sessions_planned", "sessions_attended",
    "partner_hours", "hours",
)


def exposures_by(
    cohort: Cohort,
    frame: AnalysisFrame,
    by: By = "term",
    *,
    since: Day | None = None,
    until: Day | None = None,
    untimed: Untimed = "mean",
) -> pd.DataFrame:
    """Compute the dose of each programme child in each term, month, kind of support, partner, or by whom.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    by : {"term", "month", "support_type", "partner", "with"}
        What the rows of a child are. A day in a holiday belongs to the term before it. ``support_type`` and
        ``partner`` hold partner sessions only, ``with`` interactions only.
    since, until, untimed
        As for :func:`exposures`.

    Returns
    -------
    DataFrame
        ``child_id``, ``group`` (name of the term, kind of support and so on), ``number`` (its place, from 1) and the
        amounts of :func:`exposures` that are sums or rates. By term and month there is a row for every child and
        period, with ``_so_far`` beside each sum; what is dated outside the programme stands last, under
        "outside the programme", where there is any. By the others, a row for each that a child had. The sums of a
        child's rows are the child's amounts in :func:`exposures`.

    Raises
    ------
    OptionError
        When `by` is unknown, or the cohort names no terms or holds no such table.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> terms = exposures_by(cohort, analysis_frame(cohort))
    >>> terms["group"].unique().tolist()[:2]
    ['Autumn 2022', 'Spring 2023']
    """
    check_untimed(untimed)
    _check(cohort, by)
    children = programme_children(frame)
    window = time_window(children, since, until)
    time = school_time(cohort.meta)
    found: dict[str, Array] = {}
    names: tuple[str, ...] = ()
    if cohort.has("interactions") and by in ("term", "month", "with"):
        worker = interactions(cohort, children, window)
        codes, names = _group(worker, time, by)
        filled = fill_minutes(worker, untimed)
        minutes = filled.minutes if filled is not None else None
        cell = worker.child * len(names) + codes
        found |= interaction_sums(worker, cell, len(children) * len(names), minutes)
    if cohort.has("sessions") and by != "with":
        partner = sessions(cohort, children, window)
        codes, names = _group(partner, time, by)
        found |= session_rates(session_sums(partner, partner.child * len(names) + codes, len(children) * len(names)))
    timed = [found[name] for name in ("link_worker_hours", "partner_hours") if name in found]
    if timed and not (untimed == "count" and "link_worker_interactions" in found and len(timed) < 2):
        found["hours"] = np.sum(timed, axis=0)
    return _tidy(found, children, names, by, window.known)


def _check(cohort: Cohort, by: str) -> None:
    if by not in get_args(By):
        raise OptionError(f"Unknown by={by!r}. {suggestion(by, list(get_args(By)))}")
    if by == "term" and not cohort.meta.terms:
        raise OptionError("The cohort names no terms. Add them under 'terms' in cohort.yaml, or ask by='month'.")
    table = {"support_type": "sessions", "partner": "sessions", "with": "interactions"}.get(by)
    if table is not None and not cohort.has(table):
        raise OptionError(f"The cohort has no table {table}, so amounts by {by} cannot be given.")
    if table is None and not (cohort.has("interactions") or cohort.has("sessions")):
        raise OptionError("The cohort has neither interactions nor sessions, so amounts by time cannot be given.")


def _group(records: Interactions | Sessions, time: SchoolTime, by: str) -> tuple[Ints, tuple[str, ...]]:
    """Code of each record's group, and the names of the groups."""
    if by == "term":
        return time.term(records.day), (*time.term_names, OUTSIDE)
    if by == "month":
        months = np.datetime64(time.first, "D").astype("datetime64[M]"), np.datetime64(time.last, "D")
        labels = np.arange(months[0], months[1].astype("datetime64[M]") + 1)
        code = records.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) - labels[0].astype(np.int64)
        names = (*(str(label) for label in labels), OUTSIDE)
        return np.where(time.inside(records.day), code, len(labels)), names
    if isinstance(records, Interactions):
        codes, words = records.whom, WHOM
    else:
        codes = records.support if by == "support_type" else records.partner
        words = records.support_words if by == "support_type" else records.partner_words
    return np.where(codes < 0, len(words), codes), (*words, NOT_RECORDED)


def _tidy(
    found: dict[str, Array], children: pd.Index, names: tuple[str, ...], by: str, known: Bools
) -> pd.DataFrame:
    k, n = len(names), len(children)
    out = pd.DataFrame(
        {
            "child_id": np.repeat(children.to_numpy(), k),
            "group": np.tile(np.array(names, dtype=object), n),
            "number": np.tile(np.arange(1, k + 1), n),
            **found,
        }
    )
    had = np.zeros((n, k), dtype=bool)
    for name in ("link_worker_interactions", "sessions_planned"):
        if name in found:
            had |= found[name].reshape(n, k) > 0
    keep = had.copy()
    if by in ("term", "month"):
        for name in [name for name in ADDED if name in found]:
            out[f"{name}_so_far"] = found[name].reshape(n, k).cumsum(axis=1).ravel()
        # Every child has a row for every period; what lies outside only where there is any.
        keep[:, :-1] = True
    keep &= known[:, None]
    return out[keep.ravel()].reset_index(drop=True)
