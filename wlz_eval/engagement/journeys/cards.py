"""Profile cards: a typical child of each journey, and each partner. Aggregates only, each with its children."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement.journeys.events import day_numbers, rows_of
from wlz_eval.engagement.journeys.sequences import EVERYONE
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.labels import column_label

__all__ = ["PARTICIPANT_CARD", "PARTNER_CARD", "participant_card", "partner_cards"]

PARTICIPANT_CARD = ("journey", "topic", "what", "kind", "value", "unit", "n")
PARTNER_CARD = (
    "partner", "support", "areas", "children", "planned", "attended", "rate", "sessions_a_child", "minutes", "weeks",
    "levels_met", "levels", "minutes_largest", "minutes_second",
)  # fmt: skip
#: Yes/no columns of the children table that a card shows, in words.
FLAGS = {"fsm": "Eligible for free school meals", "eal": "English as an additional language",
         "social_care": "Known to social care"}  # fmt: skip
#: The six levels of the delivery practice framework, in their order.
LEVELS = ("policies", "practice", "engagement", "intensity", "outcomes", "values")


def participant_card(cohort: Cohort, data: pd.DataFrame, group: pd.Series, columns: list[str]) -> pd.DataFrame:
    """Describe the children of each group: who they were, what they had, how they did.

    Parameters
    ----------
    cohort : Cohort
        For the names of measures.
    data : DataFrame
        One row a programme child: flags of the frame, the readings in `columns`, and the doses
        ``contacts``, ``engagements``, ``sessions_attended``, ``attendance_rate``, ``steps_supported``.
    group : Series of str
        The group of each child; missing for all where there are no groups: then one card, of all children.
    columns : list of str
        Columns with readings, before and after.

    Returns
    -------
    DataFrame
        ``journey``, ``topic`` (before, support, after), ``what``, ``kind`` (mean or share), ``value``, ``unit``,
        ``n`` (children behind it). Shares are percentages of children and belong under the rule for percentages.
    """
    before = [c for c in columns if c.endswith("_baseline")]
    flags = [(c, label) for c, label in FLAGS.items() if c in data]
    parts = [("before", label, "share", 100 * data[c].astype(float), "percent") for c, label in flags]
    if "sen" in data:
        needs = data["sen"].astype(object).map(lambda v: np.nan if pd.isna(v) else float(v != "none"))
        parts.append(("before", "Special educational needs", "share", 100 * needs.astype(float), "percent"))
    parts += [("before", column_label(cohort, c), "mean", data[c], _unit(cohort, c)) for c in before]
    parts += [("support", label, "mean", data[c], unit) for c, (label, unit) in DOSES.items() if c in data]
    after = [c for c in columns if c not in before]
    parts += [("after", column_label(cohort, c), "mean", data[c], _unit(cohort, c)) for c in after]
    rows = []
    # All children beside each journey would give away what is hidden of one of them.
    shown = group if group.notna().any() else pd.Series(EVERYONE, index=data.index)
    for name in sorted(shown.dropna().unique()):
        own = shown == name
        for topic, label, kind, values, unit in parts:
            known = values[own].astype(float).dropna()
            rows.append((name, topic, label, kind, float(known.mean()) if len(known) else math.nan, unit, len(known)))
    return pd.DataFrame(rows, columns=list(PARTICIPANT_CARD))


#: What of support a card shows: words and unit.
DOSES = {
    "steps_supported": ("Steps with engagement or partner support", "count"),
    "contacts": ("Link Worker contacts", "count"),
    "engagements": ("Link Worker engagements", "count"),
    "sessions_attended": ("Partner sessions attended", "sessions"),
    "attendance_rate": ("Share of planned sessions attended", "percent"),
}


def _unit(cohort: Cohort, column: str) -> str:
    unit = cohort.measure(column.rsplit("_", 1)[0]).unit
    # A mean of percentages is in percent; only a difference of two is in percentage points.
    return "percent" if unit == "percentage_points" else unit


def partner_cards(cohort: Cohort, frame: AnalysisFrame) -> pd.DataFrame:
    """Describe each partner: whom it reached, how often, and the levels of practice that it meets.

    Returns
    -------
    DataFrame
        One row a partner with sessions, in the order of their names (no ranking): ``partner``, ``support``,
        ``areas``, ``children``, ``planned``, ``attended`` (sessions), ``rate`` (percent attended),
        ``sessions_a_child`` (attended), ``minutes`` (of a session attended), ``weeks`` (from a child's first
        session to their last, median), ``levels_met`` (of the six of the delivery practice framework; missing when
        not recorded), ``levels`` (their names), ``minutes_largest`` and ``minutes_second``
        (what of ``minutes`` is that of the two children with most, for the release rule). Empty without sessions.
    """
    children = pd.Index(sorted(frame.data.index[frame.data["programme"] == 1]))
    if not cohort.has("sessions"):
        return pd.DataFrame(columns=list(PARTNER_CARD))
    table = cohort["sessions"]
    rows = rows_of(table, children)
    used = pd.DataFrame(
        {
            "partner": table["partner_id"].astype(object),
            "child": rows,
            "minutes": table["attended_minutes"].astype(float),
            "day": day_numbers(table["date"]),
            "support": table["support_type"].astype(object) if "support_type" in table else None,
        }
    )[rows >= 0]
    used["came"] = (used["minutes"] > 0).astype(float)
    by = used.groupby("partner", sort=True)
    spans = used.groupby(["partner", "child"])["day"].agg(lambda d: (d.max() - d.min()) / 7)
    came = used[used["came"] > 0]
    sessions, most = came.groupby("partner").size(), came.groupby(["partner", "child"])["minutes"].sum()
    out = pd.DataFrame(
        {
            "children": by["child"].nunique(),
            "planned": by.size(),
            "attended": by["came"].sum(),
            "minutes": came.groupby("partner")["minutes"].mean(),
            "minutes_largest": most.groupby("partner").max() / sessions,
            "minutes_second": most.groupby("partner").agg(lambda m: m.nlargest(2).iloc[1:].sum()) / sessions,
            "weeks": spans.groupby("partner").median(),
            "support": by["support"].agg(lambda s: ", ".join(sorted({str(v).replace("_", " ") for v in s.dropna()}))),
        }
    )
    out["rate"] = 100 * out["attended"] / out["planned"]
    out["sessions_a_child"] = out["attended"] / out["children"]
    return _named(out, cohort)


def _listed(words: object) -> str:
    return ", ".join(word.replace("_", " ") for word in words.split()) if isinstance(words, str) else ""


def _named(out: pd.DataFrame, cohort: Cohort) -> pd.DataFrame:
    """Add what the partners table says, and put partner 2 before partner 10."""
    known = cohort["partners"].set_index("partner_id") if cohort.has("partners") else pd.DataFrame()
    about = known.reindex(out.index)
    ids = pd.Series(out.index, out.index)
    out["partner"] = about["name"].astype(object).fillna(ids) if "name" in about else ids
    out["areas"] = about["outcome_areas"].map(_listed) if "outcome_areas" in about else ""
    held = [level for level in LEVELS if f"level_{level}" in about]
    if held:
        met = pd.DataFrame({level: about[f"level_{level}"].astype(object) for level in held})
        yes = met.map(lambda v: (not pd.isna(v)) and bool(v))
        out["levels_met"] = yes.sum(axis=1).where(met.notna().any(axis=1)).astype(float)
        out["levels"] = yes.apply(lambda row: ", ".join(level for level in held if row[level]), axis=1)
    else:
        out["levels_met"], out["levels"] = math.nan, ""
    order = out["partner"].astype(str).str.replace(r"\d+", lambda m: m[0].zfill(6), regex=True)
    return out.assign(_order=order).sort_values("_order")[list(PARTNER_CARD)].reset_index(drop=True)
