"""The analysis frame: one row a child, formula-friendly columns, baseline and outcomes side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.derived import ImdQuintile
from wlz_eval.cohort.model import LATE_SUFFIXES, WAVES, Cohort
from wlz_eval.cohort.tables import TABLES
from wlz_eval.measures.scoring import attendance_by_wave, imd_quintile, readings

__all__ = ["AnalysisFrame", "analysis_frame", "frame_columns"]

#: Yes/no columns of the children table that become 0/1 in the frame.
FLAGS: tuple[str, ...] = (
    "fsm",
    "eal",
    "social_care",
    "teacher_nominated",
    "identified",
    "offered",
    "consented",
    "started",
)
#: Columns of the children table that are carried over as they are.
CARRIED: tuple[str, ...] = (
    "group",
    "comparison_type",
    "school_id",
    "local_authority",
    "phase",
    "year_group",
    "gender",
    "sen",
    "ethnicity",
    "imd_decile",
    "index_date",
    "left",
)


@dataclass(frozen=True)
class AnalysisFrame:
    """One row a child, and what was left out on the way.

    Parameters
    ----------
    data : DataFrame
        Indexed by ``child_id``, sorted. ``programme`` is 1 for programme children who started and 0 for
        the comparison pool; then the columns of the children table, yes/no columns as 0/1 with NaN where
        not known, and one column for each measure and wave, such as ``sdq_total_baseline``.
    flow : DataFrame
        Participant flow from the tables to this frame: ``stage``, ``group``, ``count``.
    """

    data: pd.DataFrame
    flow: pd.DataFrame

    @property
    def baseline_columns(self) -> list[str]:
        """Columns known before the programme began: the only ones that a design may use."""
        not_before = ("left", "group", "programme")
        return [c for c in self.data.columns if not c.endswith(LATE_SUFFIXES) and c not in not_before]

    @property
    def outcome_columns(self) -> list[str]:
        """Columns measured after the programme began."""
        return [c for c in self.data.columns if c.endswith(LATE_SUFFIXES)]


def _whose(cohort: Cohort, rows: pd.DataFrame, informants: Mapping[str, str]) -> dict[str, str]:
    """Whose rating of each measure counts; an informant named for one scale of the SDQ counts for the others too."""
    sdq = [str(name) for name in rows["measure"].dropna().unique() if cohort.measure(str(name)).family == "sdq"]
    named = {informants[name] for name in sdq if name in informants}
    if len(named) != 1 or "informant" not in rows:
        return dict(informants)
    informant = named.pop()
    rated = {str(name) for name in rows.loc[(rows["informant"] == informant).to_numpy(dtype=bool), "measure"].unique()}
    return {**{name: informant for name in sdq if name in rated}, **informants}


def _split_by_informant(cohort: Cohort, rows: pd.DataFrame, whose: Mapping[str, str]) -> pd.Series:
    """Name what each reading is; the SDQ of several informants is never mixed, so each has a name of its own."""
    names = rows["measure"]
    if "informant" not in rows:
        return names
    for name in names.dropna().unique():
        if cohort.measure(str(name)).family != "sdq" or name in whose:
            continue
        own = names == name
        raters = rows.loc[own, "informant"].dropna().unique()
        if len(raters) > 1:
            names = names.astype(object)
            names[own] = [f"{name}_{rater}" for rater in rows.loc[own, "informant"].astype(object).fillna("unknown")]
    return names


def frame_columns(cohort: Cohort, informants: Mapping[str, str] | None = None) -> list[str]:
    """Columns that the cohort's analysis frame will have, without making the frame."""
    rows = readings(cohort)
    names = ["programme", *carried_columns(cohort.children)]
    names += ["imd_quintile"] if _wants_quintile(cohort) else []
    named = rows.assign(measure=_split_by_informant(cohort, rows, _whose(cohort, rows, informants or {})))
    pairs = named[["measure", "wave"]].drop_duplicates().astype(str)
    names += [f"{m}_{w}" for m, w in pairs.itertuples(index=False)]
    names += [str(c) for c in attendance_by_wave(cohort).columns]
    return list(dict.fromkeys(names))


def _wants_quintile(cohort: Cohort) -> bool:
    return any(isinstance(spec, ImdQuintile) for spec in cohort.meta.derived)


def _measures_wide(cohort: Cohort, children: pd.Index, informants: dict[str, str]) -> pd.DataFrame:
    """Spread the measures of `children`: one column for each measure and wave, in the order of name and time.

    Where a child has several values (informants, repeated readings) the one of the informant named in
    `informants` counts, else the mean of that measure and wave. The SDQ of several informants is not averaged:
    unless one is named, each has columns of its own, such as ``sdq_total_teacher_baseline``.
    """
    table = readings(cohort)
    informants = _whose(cohort, table, informants)
    found, found_names = pd.factorize(_split_by_informant(cohort, table, informants))
    measure_names = sorted(str(name) for name in found_names)
    measure = np.array([measure_names.index(str(name)) for name in found_names], dtype=np.int64)[found]
    wave, wave_names = pd.factorize(table["wave"])
    child = children.get_indexer(pd.Index(table["child_id"]))
    value = table["value"].to_numpy(dtype=float, na_value=np.nan)
    keep = (child >= 0) & ~np.isnan(value)
    for name, informant in informants.items():
        if "informant" in table and name in measure_names:
            keep &= ~((table["measure"] == name) & (table["informant"] != informant)).to_numpy(dtype=bool)
    time = np.array([WAVES.index(str(w)) for w in wave_names], dtype=np.int64)[wave]
    column, used = pd.factorize(measure[keep] * len(WAVES) + time[keep], sort=True)
    cell = child[keep] * len(used) + column
    size = len(children) * len(used)
    count = np.bincount(cell, minlength=size)
    total = np.bincount(cell, weights=value[keep], minlength=size)
    mean = np.divide(total, count, out=np.full(size, np.nan), where=count > 0)
    names = [f"{measure_names[c // len(WAVES)]}_{WAVES[c % len(WAVES)]}" for c in used]
    return pd.DataFrame(mean.reshape(len(children), len(used)), index=children, columns=names)


def carried_columns(children: pd.DataFrame) -> list[str]:
    """Columns of the children table that the frame carries, yes/no columns included.

    Columns outside the schema are in the table only when the plan asked for them, and are carried too.
    """
    extra = sorted(set(children.columns) - set(TABLES["children"].names))
    return [c for c in (*CARRIED, *FLAGS, *extra) if c in children]


def _who_counts(children: pd.DataFrame, offered: bool) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep programme children who started (or were offered a place), and others with no tie to the programme."""
    programme = children["group"] == "programme"
    started = programme & children["started"].fillna(True).astype(bool) if "started" in children else programme
    ever = children[programme]

    def _linked(column: str) -> pd.Series:
        if column not in children:
            return pd.Series(False, index=children.index)
        known = ever[column].dropna().unique()
        return ~programme & children[column].isin(known)

    same_person = _linked("person_id")
    sibling = _linked("household_id") & ~same_person
    flow = pd.DataFrame(
        [
            ("in the tables", "programme", int(programme.sum())),
            ("started", "programme", int(started.sum())),
            ("in the tables", "comparison", int((~programme).sum())),
            ("ever on the programme, left out", "comparison", int(same_person.sum())),
            ("sibling on the programme, left out", "comparison", int(sibling.sum())),
            ("comparison pool", "comparison", int((~programme & ~same_person & ~sibling).sum())),
        ],
        columns=["stage", "group", "count"],
    )
    counted = programme if offered else started
    return children[counted | (~programme & ~same_person & ~sibling)], flow


def analysis_frame(
    cohort: Cohort, informants: Mapping[str, str] | None = None, *, offered: bool = False
) -> AnalysisFrame:
    """Make the one-row-a-child frame of a cohort.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    informants : dict, optional
        For a measure that several informants rated, whose rating counts. One named for a scale of the SDQ counts
        for its other scales too; without a name, each informant's SDQ has columns of its own.
    offered : bool
        Keep every programme child who was offered a place, those who never started included.

    Returns
    -------
    AnalysisFrame
        The frame and the participant flow. Measures that ``derived:`` in cohort.yaml asks for stand beside the
        others; single items of a questionnaire do not. Children who were ever on the programme, and their siblings,
        are not in the comparison pool.
    """
    kept, flow = _who_counts(cohort.children, offered)
    frame = pd.DataFrame(index=pd.Index(kept["child_id"], name="child_id"))
    frame["programme"] = (kept["group"] == "programme").to_numpy(dtype=int)
    for column in carried_columns(kept):
        if column not in FLAGS:
            frame[column] = kept[column].to_numpy()
    for column in FLAGS:
        if column in kept:
            frame[column] = kept[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    wide = _measures_wide(cohort, frame.index, dict(informants or {}))
    if _wants_quintile(cohort):
        frame["imd_quintile"] = imd_quintile(kept["imd_decile"]).to_numpy(dtype=float, na_value=np.nan)
    attendance = attendance_by_wave(cohort)
    attendance = attendance[[c for c in attendance.columns if c not in wide.columns]]
    frame = frame.join(wide).join(attendance).sort_index()
    return AnalysisFrame(data=frame, flow=pd.concat([cohort.flow, flow], ignore_index=True))
