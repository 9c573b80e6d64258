"""How much support each child had: from interactions, sessions and exposures to one row a child."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from wlz_eval.cohort.lookup import position
from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement.exposure.calendar import Enrolment, enrolment, school_time
from wlz_eval.engagement.exposure.records import (
    NO_DAY,
    Array,
    Day,
    Interactions,
    Sessions,
    Window,
    day_numbers,
    distinct,
    interactions,
    programme_children,
    sessions,
    time_window,
)
from wlz_eval.engagement.exposure.regularity import MISSED_IN_A_ROW, missed_runs_of, regularity
from wlz_eval.engagement.exposure.spans import amount_days
from wlz_eval.engagement.exposure.sums import interaction_sums, session_rates, session_sums
from wlz_eval.engagement.exposure.untimed import Filled, Untimed, check_untimed, fill_minutes, filling_error
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["exposures", "has_delivery_data", "support_column"]


def has_delivery_data(cohort: Cohort) -> bool:
    """Whether the cohort says anything about what was delivered: interactions or sessions."""
    return cohort.has("interactions") or cohort.has("sessions")


def support_column(support: str) -> str:
    """Column of :func:`exposures` with the partner hours of one kind of support.

    Examples
    --------
    >>> support_column("Speech and language")
    'partner_hours_speech_and_language'
    """
    return "partner_hours_" + re.sub(r"\W+", "_", support.strip().lower()).strip("_")


def exposures(
    cohort: Cohort,
    frame: AnalysisFrame,
    *,
    since: Day | None = None,
    until: Day | None = None,
    untimed: Untimed = "mean",
) -> pd.DataFrame:
    """Compute the dose of each programme child.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame, which says who counts as a programme child.
    since, until : date, str or Series of date, optional
        Only what happened from and up to this day, both included: one day for all, or one for each child (indexed by
        child). A child whose day is missing has no dose at all. An amount of the exposures table counts where most of
        its period lies within them; with either, an exposure with a period that cannot be read is left out whole.
    untimed : {"mean", "missing", "count"}
        What becomes of contacts that were only counted: the mean length of their kind stands in and
        ``link_worker_hours_filled`` and ``link_worker_hours_sd`` say how much; hours of their child are missing; or
        hours are left out for everyone.

    Returns
    -------
    DataFrame
        Indexed by child. As far as the tables allow:

        - Link Workers: ``link_worker_interactions``, ``contacts`` (short ones), ``engagements``,
          ``interactions_child``, ``interactions_parent``, ``interactions_professional``, ``link_worker_hours`` and
          the same by whom.
        - Partners: ``sessions_planned``, ``sessions_attended``, ``partner_hours``, ``partner_hours_planned``,
          ``attendance_rate`` (percent of planned sessions; missing when none was planned), ``minutes_rate`` (percent
          of planned minutes; what ran over is not counted), ``partners_met``, ``longest_missed_run`` and
          ``missed_in_a_row`` (1 where two planned sessions running were missed), and ``partner_hours_`` by kind of
          support.
        - Both: ``hours``, ``months_enrolled``, and per month enrolled ``hours_per_month``,
          ``interactions_per_month``, ``sessions_per_month``; and what :func:`regularity` gives.
        - One column for each exposure of the exposures table (missing when not recorded).

        A child of whom the interactions or sessions table has no row had none. Records dated outside the programme
        count in the totals, where a slip of the date is likelier than support outside it, and in no gap or week.

    Raises
    ------
    OptionError
        When a date or `untimed` cannot be read.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> doses = exposures(cohort, analysis_frame(cohort), until="2023-07-31")
    >>> bool((doses["sessions_attended"] <= doses["sessions_planned"]).all())
    True
    """
    check_untimed(untimed)
    children = programme_children(frame)
    window = time_window(children, since, until)
    enrolled = enrolment(cohort, frame.data.loc[children], window)
    worker = interactions(cohort, children, window) if cohort.has("interactions") else None
    partner = sessions(cohort, children, window) if cohort.has("sessions") else None
    found: dict[str, Array] = {}
    filled = None
    if worker is not None:
        filled = fill_minutes(worker, untimed)
        found |= _worker_amounts(worker, filled, len(children))
    if partner is not None:
        found |= _partner_amounts(partner, len(children))
    found |= _both(cohort, found, enrolled, worker, partner, untimed)
    out = pd.DataFrame(found, index=children).where(pd.Series(window.known, index=children), np.nan)
    if cohort.has("exposures"):
        out = out.join(_recorded(cohort, children, window, set(out.columns)))
    out.index.name = "child_id"
    return out


def _worker_amounts(records: Interactions, filled: Filled | None, size: int) -> dict[str, Array]:
    minutes = filled.minutes if filled is not None else None
    found = interaction_sums(records, records.child, size, minutes)
    if filled is not None and filled.blank.any() and not np.isnan(filled.minutes).any():
        share, error = filling_error(records, filled, size)
        found |= {"link_worker_hours_filled": share, "link_worker_hours_sd": error}
    return found


def _partner_amounts(records: Sessions, size: int) -> dict[str, Array]:
    found = session_rates(session_sums(records, records.child, size))
    run = missed_runs_of(records, size)
    came = records.attended > 0
    partners = max(len(records.partner_words), 1)
    pairs = distinct(records.child[came] * partners + records.partner[came])
    found["partners_met"] = np.bincount(pairs // partners, minlength=size).astype(float)
    found |= {"longest_missed_run": run, "missed_in_a_row": (run >= MISSED_IN_A_ROW).astype(float)}
    for code, word in enumerate(records.support_words):
        own = records.support == code
        part = Sessions(
            records.child[own], records.day[own], records.planned[own], records.attended[own], records.support[own],
            records.partner[own], records.support_words, records.partner_words,
        )
        found[support_column(word)] = session_sums(part, part.child, size)["partner_hours"]
    return found


def _both(
    cohort: Cohort,
    found: dict[str, Array],
    enrolled: Enrolment,
    worker: Interactions | None,
    partner: Sessions | None,
    untimed: Untimed,
) -> dict[str, Array]:
    """Hours of both together, amounts per month enrolled, and regularity."""
    if worker is None and partner is None:
        return {}
    out: dict[str, Array] = {}
    timed = [found[name] for name in ("link_worker_hours", "partner_hours") if name in found]
    # Partner time alone is not "hours of support" where the analyst asked for Link Worker time to be left out.
    hidden = untimed == "count" and worker is not None and "link_worker_hours" not in found
    if timed and not hidden:
        out["hours"] = np.sum(timed, axis=0)
    months = enrolled.months
    out["months_enrolled"] = months
    for name, amount in (
        ("hours_per_month", out.get("hours")),
        ("interactions_per_month", found.get("link_worker_interactions")),
        ("sessions_per_month", found.get("sessions_attended")),
    ):
        if amount is not None:
            out[name] = amount / months
    came = partner.attended > 0 if partner is not None else np.array([], dtype=bool)
    child = [worker.child] if worker is not None else []
    day = [worker.day] if worker is not None else []
    if partner is not None:
        child, day = [*child, partner.child[came]], [*day, partner.day[came]]
    return out | regularity(np.concatenate(child), np.concatenate(day), school_time(cohort.meta), enrolled)


def _recorded(cohort: Cohort, children: pd.Index, window: Window, taken: set[str]) -> pd.DataFrame:
    """Amounts of the exposures table within the days asked for, added up in one order whatever that of the rows.

    A child with rows of which none lies within them had none of it; a child without any row is not known.
    """
    table = cohort["exposures"]
    place = position(table["child_id"], pd.Series(children))
    own = place >= 0
    rows = pd.DataFrame(
        {
            "child": table["child_id"].astype(str),
            "exposure": table["exposure"].astype(str),
            "amount": table["amount"].astype(float),
        }
    )[own]
    if window.bounded:
        middle, child = day_numbers(amount_days(cohort)["middle"])[own], place[own]
        within = window.known[child] & (middle >= window.first[child]) & (middle <= window.last[child])
        rows["amount"] = rows["amount"].where(within, 0.0)
        unread = set(rows.loc[middle == NO_DAY, "exposure"])
        rows = rows[~rows["exposure"].isin(unread) & window.known[child]]
    rows = rows.sort_values(["child", "exposure", "amount"], ignore_index=True)
    total = rows.groupby(["child", "exposure"], sort=True)["amount"].sum(min_count=1)
    names = [name for name in total.index.get_level_values("exposure").unique() if name not in taken]
    return pd.DataFrame(
        {name: total.xs(name, level="exposure").reindex(children) for name in sorted(names)}, index=children
    )
