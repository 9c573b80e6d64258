"""What must hold of the typed tables: within a table (pandera) and between tables."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wlz_eval.cohort.convert import cell_problems
from wlz_eval.cohort.model import CohortMeta
from wlz_eval.cohort.schema import Column, Table
from wlz_eval.cohort.tables import CHILD_TABLES, TABLES
from wlz_eval.core.errors import Problem, suggestion
from wlz_eval.reference.measures import Measure, measures

__all__ = ["check_between", "check_within"]

Frames = Mapping[str, pd.DataFrame]


def check_within(frame: pd.DataFrame, table: Table, refused: pd.DataFrame) -> list[Problem]:
    """Check one typed table against its pandera schema, and its key for repeated rows.

    Parameters
    ----------
    frame : DataFrame
        Typed columns, indexed by spreadsheet row.
    table : Table
        Its declaration.
    refused : DataFrame
        True where a cell was already refused while typing, so that it is not reported as empty too.
    """
    problems = [*_schema_problems(frame, table, refused), *_repeated_rows(frame, table)]
    return problems


def _schema_problems(frame: pd.DataFrame, table: Table, refused: pd.DataFrame) -> list[Problem]:
    from pandera.errors import SchemaErrors

    try:
        table.schema(list(frame.columns)).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    problems = []
    for (name, check), group in cases.groupby(["column", "check"], sort=False, dropna=False):
        column = table.column(str(name))
        rows = group["index"].dropna().astype(int)
        if check == "not_nullable":
            rows = rows[~refused.loc[rows, column.name].to_numpy(dtype=bool)]
        where = pd.Series(frame.index.isin(rows), index=frame.index)
        problems += cell_problems(table.name, column.name, frame[column.name], where, *_words(str(check), column))
    return problems


def _words(check: str, column: Column) -> tuple[str, str]:
    """Message and remedy of a failed pandera check."""
    if check == "not_nullable":
        return "the cell is empty", f"Fill it with {column.valid}, or remove the row."
    if check in ("low", "high"):
        return "out of range", f"Valid: {column.valid}."
    if check == "allowed":
        return "unknown word", f"Valid: {column.valid}."
    return f"not {column.valid}", f"Write {column.valid}."


def _repeated_rows(frame: pd.DataFrame, table: Table) -> list[Problem]:
    key = [name for name in table.key if name in frame.columns]
    if not key or (len(key) == 1 and table.key[0] not in key):
        return []
    keyed = frame[key]
    again = keyed.duplicated(keep="first") & frame[key[0]].notna()
    if not again.any():
        return []
    if len(table.key) == 1:
        return cell_problems(table.name, key[0], frame[key[0]], again, f"the {key[0]} stands in an earlier row too",
                             f"Keep one row for each {key[0]}.")
    shown = ", ".join(key)
    return cell_problems(table.name, key[0], frame[key[0]], again, f"an earlier row has the same {shown}",
                         "Keep one of the rows.")


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
    problems += _partners(frames)
    problems += _households(frames)
    return problems


def _has(frame: pd.DataFrame, *names: str) -> bool:
    return all(name in frame.columns for name in names)


def _children(children: pd.DataFrame) -> list[Problem]:
    problems: list[Problem] = []
    if not _has(children, "group"):
        return problems
    programme = children["group"] == "programme"
    if len(children) and children["group"].notna().all() and not programme.any():
        problems.append(Problem(table="children", column="group", message="there is no programme child",
                                remedy="Write programme for the children who were on the programme."))
    if _has(children, "index_date"):
        problems += cell_problems(
            "children", "index_date", children["index_date"], programme & children["index_date"].isna(),
            "a programme child has no start date", "Give the day on which the programme began for the child.")
    if _has(children, "comparison_type"):
        mixed = programme & children["comparison_type"].notna()
        problems += cell_problems("children", "comparison_type", children["comparison_type"], mixed,
                                  "a programme child has a comparison type", "Leave the cell empty.")
        untyped = (children["group"] == "comparison") & children["comparison_type"].isna()
    else:
        untyped = children["group"] == "comparison"
    if untyped.any():
        column = children["comparison_type"] if _has(children, "comparison_type") else children["group"].astype("str")
        remedy = f"Write {TABLES['children'].column('comparison_type').valid}."
        if _has(children, "comparison_type"):
            problems += cell_problems("children", "comparison_type", column, untyped,
                                      "a comparison child has no comparison type", remedy)
        else:
            problems.append(Problem(table="children", row=1, column="comparison_type",
                                    message="comparison children have no comparison type",
                                    remedy=f"Add the column. {remedy}"))
    return problems


def _known_children(frames: Frames) -> list[Problem]:
    known = frames["children"]["child_id"].dropna()
    problems: list[Problem] = []
    for name in CHILD_TABLES:
        if name not in frames or not _has(frames[name], "child_id"):
            continue
        cells = frames[name]["child_id"]
        problems += cell_problems(name, "child_id", cells, cells.notna() & ~cells.isin(known),
                                  "the child is not in the children table",
                                  "Add the child to children, or remove the row.")
    return problems


def _dates_in_order(children: pd.DataFrame) -> list[Problem]:
    if not _has(children, "left", "index_date"):
        return []
    early = (children["left"] < children["index_date"]).fillna(False)
    return cell_problems("children", "left", children["left"], early, "the child left before index_date",
                         "Correct left or index_date.")


def _baseline_before_start(table: pd.DataFrame, children: pd.DataFrame) -> list[Problem]:
    """Find baselines of programme children that were taken after their start."""
    if not (_has(table, "child_id", "wave", "date") and _has(children, "index_date", "group")):
        return []
    before = table["wave"].isin(["pre_baseline", "baseline"]) & table["date"].notna()
    rows = table.loc[before, ["child_id", "date"]]
    programme = children.loc[(children["group"] == "programme") & children["child_id"].notna()]
    starts = programme.drop_duplicates("child_id").set_index("child_id")["index_date"]
    late = rows["date"] > rows["child_id"].astype("str").map(starts)
    where = pd.Series(False, index=table.index)
    where.loc[rows.index[late.to_numpy(dtype=bool)]] = True
    return cell_problems("measures", "date", table["date"], where,
                         "a baseline was taken after the child's index_date",
                         "Correct the date or the wave: a baseline comes before the start.")


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
                    "measures", "measure", table["measure"], where, "unknown measure",
                    f"{suggestion(str(name), sorted(known))} Or describe it under 'measures' in cohort.yaml.")
            elif _has(table, "value"):
                measure = known[name]
                outside = where & ((table["value"] < measure.low) | (table["value"] > measure.high)).fillna(False)
                problems += cell_problems("measures", "value", table["value"], outside, f"out of range for {name}",
                                          f"Valid: {measure.low:g} to {measure.high:g}; empty when not taken.")
        if _has(table, "value") and len(table) and table["value"].isna().all():
            problems.append(Problem(table="measures", column="value", message="every value is missing",
                                    remedy="Fill the column with the scores."))
    if meta is not None and _has(table, "wave"):
        for wave in table["wave"].dropna().unique():
            if wave not in meta.waves:
                problems += cell_problems("measures", "wave", table["wave"], table["wave"] == wave,
                                          "cohort.yaml gives no dates for this wave",
                                          f"Add {wave} under 'waves' in cohort.yaml.")
    return problems


def _attendance(frames: Frames) -> list[Problem]:
    table = frames.get("attendance")
    if table is None:
        return []
    problems: list[Problem] = []
    if _has(table, "sessions_possible", "sessions_attended"):
        more = (table["sessions_attended"] > table["sessions_possible"]).fillna(False)
        problems += cell_problems("attendance", "sessions_attended", table["sessions_attended"], more,
                                  "more sessions attended than possible", "Correct one of the two numbers.")
    if not _has(table, "period_start", "period_end"):
        return problems
    backwards = (table["period_end"] < table["period_start"]).fillna(False)
    problems += cell_problems("attendance", "period_end", table["period_end"], backwards,
                              "the period ends before it starts", "Swap or correct the dates.")
    if _has(table, "child_id") and not backwards.any():
        ordered = table[["child_id", "period_start", "period_end"]].sort_values(["child_id", "period_start"])
        previous = ordered.shift()
        overlap = (ordered["child_id"] == previous["child_id"]) & (
            ordered["period_start"] <= previous["period_end"]) & (
            ordered["period_start"] != previous["period_start"])
        where = overlap.reindex(table.index).fillna(False).astype(bool)
        problems += cell_problems("attendance", "period_start", table["period_start"], where,
                                  "the period overlaps another of the same child",
                                  "Give each day once: shorten one of the periods.")
    return problems


def _partners(frames: Frames) -> list[Problem]:
    problems: list[Problem] = []
    partners = frames.get("partners")
    for name in ("sessions", "partner_measures"):
        if name not in frames or not _has(frames[name], "partner_id"):
            continue
        cells = frames[name]["partner_id"]
        if partners is None:
            problems.append(Problem(table="partners", message=f"the table is missing, but {name} names partners",
                                    remedy="Add partners with a row for each partner_id."))
        elif _has(partners, "partner_id"):
            problems += cell_problems(name, "partner_id", cells,
                                      cells.notna() & ~cells.isin(partners["partner_id"].dropna()),
                                      "the partner is not in the partners table",
                                      "Add the partner to partners, or correct the id.")
    return problems


def _households(frames: Frames) -> list[Problem]:
    needs, children = frames.get("family_needs"), frames.get("children")
    if needs is None or children is None or not _has(needs, "household_id"):
        return []
    if not _has(children, "household_id"):
        return [Problem(table="children", row=1, column="household_id",
                        message="the column is missing, but family_needs names households", remedy="Add the column.")]
    cells = needs["household_id"]
    return cell_problems("family_needs", "household_id", cells,
                         cells.notna() & ~cells.isin(children["household_id"].dropna()),
                         "the household is not in the children table", "Correct the id, or remove the row.")
