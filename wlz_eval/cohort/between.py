"""What must agree between columns, between tables, and with ``cohort.yaml``."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from wlz_eval.cohort.convert import cell_problems
from wlz_eval.cohort.lookup import position
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.cohort.tables import CHILD_TABLES, TABLES
from wlz_eval.core.errors import Problem, suggestion
from wlz_eval.reference.measures import Measure, measures

__all__ = ["check_between"]

Frames = Mapping[str, pd.DataFrame]


def check_between(frames: Frames, meta: CohortMeta | None) -> list[Problem]:
    """Check what must agree between columns, tables and ``cohort.yaml``."""
    problems: list[Problem] = []
    # A table with a header only is as if it were not there.
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    children = frames.get("children")
    if children is not None and "child_id" in children:
        problems += _children(children)
        problems += _known_children(frames)
        problems += _dates_in_order(children)
        if "measures" in frames:
            problems += _baseline_before_start(frames["measures"], children)
    if "measures" in frames:
        problems += _measure_values(frames["measures"], meta)
    problems += _attendance(frames)
    problems += _planned(frames)
    problems += _partners(frames)
    problems += _households(frames)
    return problems


def _unknown(cells: pd.Series, known: pd.Series) -> pd.Series:
    """Whether a cell names something that `known` does not hold."""
    return cells.notna() & (position(cells, known) < 0)


def _has(frame: pd.DataFrame, *names: str) -> bool:
    return all(name in frame.columns for name in names)


def _children(children: pd.DataFrame) -> list[Problem]:
    problems: list[Problem] = []
    if not _has(children, "group"):
        return problems
    programme = children["group"] == "programme"
    if len(children) and children["group"].notna().all() and not programme.any():
        problems.append(
            Problem(
                table="children",
                column="group",
                message="there is no programme child",
                remedy="Write programme for the children who were on the programme.",
            )
        )
    if _has(children, "index_date"):
        problems += cell_problems(
            "children",
            "index_date",
            children["index_date"],
            programme & children["index_date"].isna(),
            "a programme child has no start date",
            "Give the day on which the programme began for the child.",
        )
    if _has(children, "comparison_type"):
        mixed = programme & children["comparison_type"].notna()
        problems += cell_problems(
            "children",
            "comparison_type",
            children["comparison_type"],
            mixed,
            "a programme child has a comparison type",
            "Leave the cell empty.",
        )
        untyped = (children["group"] == "comparison") & children["comparison_type"].isna()
    else:
        untyped = children["group"] == "comparison"
    if untyped.any():
        column = children["comparison_type"] if _has(children, "comparison_type") else children["group"].astype("str")
        remedy = f"Write {TABLES['children'].column('comparison_type').valid}."
        if _has(children, "comparison_type"):
            problems += cell_problems(
                "children",
                "comparison_type",
                column,
                untyped,
                "a comparison child has no comparison type",
                remedy,
            )
        else:
            problems.append(
                Problem(
                    table="children",
                    row=1,
                    column="comparison_type",
                    message="comparison children have no comparison type",
                    remedy=f"Add the column. {remedy}",
                )
            )
    return problems


def _known_children(frames: Frames) -> list[Problem]:
    known = frames["children"]["child_id"]
    problems: list[Problem] = []
    for name in CHILD_TABLES:
        if name not in frames or not _has(frames[name], "child_id"):
            continue
        cells = frames[name]["child_id"]
        problems += cell_problems(
            name,
            "child_id",
            cells,
            _unknown(cells, known),
            "the child is not in the children table",
            "Add the child to children, or remove the row.",
        )
    return problems


def _dates_in_order(children: pd.DataFrame) -> list[Problem]:
    if not _has(children, "left", "index_date"):
        return []
    early = (children["left"] < children["index_date"]).fillna(False)
    return cell_problems(
        "children",
        "left",
        children["left"],
        early,
        "the child left before index_date",
        "Correct left or index_date.",
    )


def _baseline_before_start(table: pd.DataFrame, children: pd.DataFrame) -> list[Problem]:
    """Find baselines of programme children that were taken after their start."""
    if not (_has(table, "child_id", "wave", "date") and _has(children, "index_date", "group")):
        return []
    before = table["wave"].isin(["pre_baseline", "baseline"]) & table["date"].notna()
    rows = table.loc[before, ["child_id", "date"]]
    programme = children.loc[(children["group"] == "programme") & children["child_id"].notna()]
    programme = programme.drop_duplicates("child_id")
    known, starts = programme["child_id"], programme["index_date"]
    # The last entry, no date, is where position -1 points: a child who is not on the programme.
    start = np.append(starts.to_numpy(), np.datetime64("NaT"))[position(rows["child_id"], known)]
    where = pd.Series(False, index=table.index)
    where.loc[rows.index[rows["date"].to_numpy() > start]] = True
    return cell_problems(
        "measures",
        "date",
        table["date"],
        where,
        "a baseline was taken after the child's index_date",
        "Correct the date or the wave: a baseline comes before the start.",
    )


def _measure_values(table: pd.DataFrame, meta: CohortMeta | None) -> list[Problem]:
    """Check measures against the registry and the cohort's own list: names, ranges, waves."""
    known: dict[str, Measure] = dict(measures())
    known.update({m.name: m for m in (meta.measures if meta else ())})
    problems: list[Problem] = []
    if _has(table, "measure"):
        for name in table["measure"].dropna().unique():
            where = table["measure"] == name
            if name not in known:
                problems += cell_problems(
                    "measures",
                    "measure",
                    table["measure"],
                    where,
                    "unknown measure",
                    f"{suggestion(str(name), sorted(known))} Or describe it under 'measures' in cohort.yaml.",
                )
            elif _has(table, "value"):
                measure = known[name]
                outside = where & ((table["value"] < measure.low) | (table["value"] > measure.high)).fillna(False)
                problems += cell_problems(
                    "measures",
                    "value",
                    table["value"],
                    outside,
                    f"out of range for {name}",
                    f"Valid: {measure.low:g} to {measure.high:g}; empty when not taken.",
                )
        if _has(table, "value") and len(table) and table["value"].isna().all():
            problems.append(
                Problem(
                    table="measures",
                    column="value",
                    message="every value is missing",
                    remedy="Fill the column with the scores.",
                )
            )
    if meta is not None and _has(table, "wave"):
        for wave in table["wave"].dropna().unique():
            if wave not in meta.waves:
                problems += cell_problems(
                    "measures",
                    "wave",
                    table["wave"],
                    table["wave"] == wave,
                    "cohort.yaml gives no dates for this wave",
                    f"Add {wave} under 'waves' in cohort.yaml.",
                )
    return problems


def _attendance(frames: Frames) -> list[Problem]:
    table = frames.get("attendance")
    if table is None:
        return []
    problems: list[Problem] = []
    if _has(table, "sessions_possible", "sessions_attended"):
        more = (table["sessions_attended"] > table["sessions_possible"]).fillna(False)
        problems += cell_problems(
            "attendance",
            "sessions_attended",
            table["sessions_attended"],
            more,
            "more sessions attended than possible",
            "Correct one of the two numbers.",
        )
    if not _has(table, "period_start", "period_end"):
        return problems
    backwards = (table["period_end"] < table["period_start"]).fillna(False)
    problems += cell_problems(
        "attendance",
        "period_end",
        table["period_end"],
        backwards,
        "the period ends before it starts",
        "Swap or correct the dates.",
    )
    if _has(table, "child_id") and not backwards.any():
        ordered = table[["child_id", "period_start", "period_end"]].sort_values(["child_id", "period_start"])
        previous = ordered.shift()
        overlap = (
            (ordered["child_id"] == previous["child_id"])
            & (ordered["period_start"] <= previous["period_end"])
            & (ordered["period_start"] != previous["period_start"])
        )
        where = overlap.reindex(table.index).fillna(False).astype(bool)
        problems += cell_problems(
            "attendance",
            "period_start",
            table["period_start"],
            where,
            "the period overlaps another of the same child",
            "Give each day once: shorten one of the periods.",
        )
    return problems


def _planned(frames: Frames) -> list[Problem]:
    """Refuse a session planned for no time: a row of sessions is a session planned for a child."""
    table = frames.get("sessions")
    if table is None or not _has(table, "planned_minutes"):
        return []
    return cell_problems(
        "sessions",
        "planned_minutes",
        table["planned_minutes"],
        table["planned_minutes"] == 0,
        "the session was planned for no time",
        "Give the planned length, leave the cell empty where it is not known, or remove the row.",
    )


def _partners(frames: Frames) -> list[Problem]:
    problems: list[Problem] = []
    partners = frames.get("partners")
    for name in ("sessions", "partner_measures"):
        if name not in frames or not _has(frames[name], "partner_id"):
            continue
        cells = frames[name]["partner_id"]
        if partners is None:
            problems.append(
                Problem(
                    table="partners",
                    message=f"the table is missing, but {name} names partners",
                    remedy="Add partners with a row for each partner_id.",
                )
            )
        elif _has(partners, "partner_id"):
            problems += cell_problems(
                name,
                "partner_id",
                cells,
                _unknown(cells, partners["partner_id"]),
                "the partner is not in the partners table",
                "Add the partner to partners, or correct the id.",
            )
    return problems


def _households(frames: Frames) -> list[Problem]:
    needs, children = frames.get("family_needs"), frames.get("children")
    if needs is None or children is None or not _has(needs, "household_id"):
        return []
    if not _has(children, "household_id"):
        return [
            Problem(
                table="children",
                row=1,
                column="household_id",
                message="the column is missing, but family_needs names households",
                remedy="Add the column.",
            )
        ]
    cells = needs["household_id"]
    return cell_problems(
        "family_needs",
        "household_id",
        cells,
        _unknown(cells, children["household_id"]),
        "the household is not in the children table",
        "Correct the id, or remove the row.",
    )
