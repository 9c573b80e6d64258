"""How much support each child had: from interactions, sessions and exposures to one row a child."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["exposure_notes", "exposures", "has_delivery_data"]

MINUTES_AN_HOUR = 60.0


def has_delivery_data(cohort: Cohort) -> bool:
    """Whether the cohort says anything about what was delivered: interactions or sessions."""
    return cohort.has("interactions") or cohort.has("sessions")


def _filled_minutes(interactions: pd.DataFrame) -> pd.Series:
    """Minutes of each interaction; where only counted, the mean of its kind (else of all) stands in."""
    if "minutes" not in interactions:
        return pd.Series(np.nan, index=interactions.index)
    minutes = interactions["minutes"].astype(float)
    if minutes.notna().all() or minutes.isna().all():
        return minutes
    if "kind" in interactions:
        minutes = minutes.fillna(minutes.groupby(interactions["kind"].astype(str)).transform("mean"))
    return minutes.fillna(minutes.mean())


def _from_interactions(cohort: Cohort, children: pd.Index) -> pd.DataFrame:
    table = cohort["interactions"]
    table = table[table["child_id"].isin(children)]
    keyed = table["child_id"].astype(str)
    out = pd.DataFrame(index=children)
    out["link_worker_interactions"] = keyed.value_counts().reindex(children, fill_value=0).astype(float)
    if "kind" in table:
        is_engagement = table["kind"].astype(str) == "engagement"
        out["engagements"] = is_engagement.groupby(keyed).sum().reindex(children, fill_value=0).astype(float)
    if "with" in table:
        for whom in ("child", "parent", "professional"):
            with_whom = (table["with"].astype(str) == whom).groupby(keyed).sum()
            out[f"interactions_{whom}"] = with_whom.reindex(children, fill_value=0).astype(float)
    minutes = _filled_minutes(table)
    if minutes.notna().any():
        total = minutes.groupby(keyed).sum()
        out["link_worker_hours"] = total.reindex(children, fill_value=0.0) / MINUTES_AN_HOUR
    return out


def _from_sessions(cohort: Cohort, children: pd.Index) -> pd.DataFrame:
    table = cohort["sessions"]
    table = table[table["child_id"].isin(children)]
    keyed = table["child_id"].astype(str)
    attended = table["attended_minutes"].astype(float).fillna(0.0)
    out = pd.DataFrame(index=children)
    out["sessions_planned"] = keyed.value_counts().reindex(children, fill_value=0).astype(float)
    out["sessions_attended"] = (attended > 0).groupby(keyed).sum().reindex(children, fill_value=0).astype(float)
    planned = out["sessions_planned"].where(out["sessions_planned"] > 0)
    out["attendance_rate"] = 100.0 * out["sessions_attended"] / planned
    out["partner_hours"] = attended.groupby(keyed).sum().reindex(children, fill_value=0.0) / MINUTES_AN_HOUR
    return out


def exposures(cohort: Cohort, frame: AnalysisFrame) -> pd.DataFrame:
    """Compute the dose of each programme child.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame, which says who counts as a programme child.

    Returns
    -------
    DataFrame
        Indexed by child. As far as the tables allow: ``link_worker_interactions``, ``engagements``,
        ``interactions_child``, ``interactions_parent``, ``interactions_professional``,
        ``link_worker_hours``, ``sessions_planned``, ``sessions_attended``, ``attendance_rate`` (percent of
        planned sessions; missing when none was planned), ``partner_hours``, ``hours`` (Link Worker and
        partner time), and one column for each exposure of the exposures table (missing when not recorded).
        A child of whom the interactions or sessions table has no row had none.
    """
    children = frame.data.index[frame.data["programme"] == 1]
    parts = []
    if cohort.has("interactions"):
        parts.append(_from_interactions(cohort, children))
    if cohort.has("sessions"):
        parts.append(_from_sessions(cohort, children))
    out = pd.concat(parts, axis=1) if parts else pd.DataFrame(index=children)
    timed = [c for c in ("link_worker_hours", "partner_hours") if c in out]
    if timed:
        out["hours"] = out[timed].sum(axis=1)
    if cohort.has("exposures"):
        table = cohort["exposures"]
        table = table[table["child_id"].isin(children)]
        keys = [table["child_id"].astype(str), table["exposure"].astype(str)]
        sums = table["amount"].astype(float).groupby(keys).sum(min_count=1)
        for name in sums.index.get_level_values(1).unique():
            if name not in out:
                out[name] = sums.xs(name, level=1).reindex(children)
    out.index.name = "child_id"
    return out


def exposure_notes(cohort: Cohort) -> list[str]:
    """Say in sentences what a reader must know about how the dose was recorded."""
    notes = []
    if cohort.has("interactions"):
        table = cohort["interactions"]
        blank = table["minutes"].isna() if "minutes" in table else pd.Series(True, index=table.index)
        if blank.all():
            notes.append("Interactions were counted but not timed, so hours of support hold partner time only.")
        elif blank.any():
            notes.append("Some interactions were only counted: the mean length of their kind stands in.")
    return notes
