"""Faults planted in a cohort: what evaluators meet in real tables, with the place of each known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from wlz_eval.cohort import Cohort, make_cohort
from wlz_eval.core.errors import OptionError, suggestion

__all__ = ["FAULTS", "SEEN_FROM", "PlantedFault", "large_enough", "plant_fault"]

#: Tables of a cohort, free to be changed.
Tables = dict[str, pd.DataFrame]
Rng = np.random.Generator


@dataclass(frozen=True)
class PlantedFault:
    """A cohort with one fault, and where it is.

    Parameters
    ----------
    cohort : Cohort
        The cohort with the fault.
    kind : str
        Kind of fault, as :data:`wlz_eval.measures.quality.KINDS` names it.
    table : str
        Table that was changed.
    school, partner, wave : str
        The place; empty where the fault is not of one. Several waves are joined by a space.
    size : int
        How much there is to see it by: children of the place with the readings that the fault touches.
    variant : str
        Which form of the fault.
    """

    cohort: Cohort
    kind: str
    table: str
    school: str = ""
    partner: str = ""
    wave: str = ""
    size: int = 0
    variant: str = ""


def plant_fault(cohort: Cohort, fault: str, seed: int) -> PlantedFault | None:
    """Plant a fault in a cohort.

    Parameters
    ----------
    cohort : Cohort
        A cohort without faults.
    fault : str
        A name of :data:`FAULTS`.
    seed : int
        Draws the place, the form of the fault and the children it touches.

    Returns
    -------
    PlantedFault or None
        None when the cohort has no place for it (no table of that kind, say).

    Raises
    ------
    OptionError
        When there is no such fault.

    Examples
    --------
    >>> from wlz_eval.simulate import make_options, simulate
    >>> world = simulate(make_options(children=60, pool=600, schools=4, comparison_schools=4, seed=5))
    >>> planted = plant_fault(world.cohort, "mixed_forms", seed=6)
    >>> planted.kind, planted.wave
    ('mixed_forms', 'endline')
    """
    if fault not in FAULTS:
        raise OptionError(f"There is no fault {fault!r} to plant. {suggestion(fault, list(FAULTS))}")
    rng = np.random.default_rng([seed, list(FAULTS).index(fault)])
    tables = {name: table.copy() for name, table in cohort.tables.items()}
    tables["measures"] = tables["measures"].astype({"measure": "str", "wave": "str", "informant": "str", "form": "str"})
    where = FAULTS[fault](cohort, tables, rng)
    if where is None:
        return None
    faulty = make_cohort(cohort.meta, tables, cohort.contract, checked=True)
    return PlantedFault(cohort=faulty, kind=fault, **where)  # type: ignore[arg-type]


def _school_of(tables: Tables, table: str = "measures") -> pd.Series:
    """School of each row of a table."""
    schools = tables["children"].set_index("child_id")["school_id"]
    return tables[table]["child_id"].map(schools)


def _programme_of(tables: Tables, table: str = "measures") -> pd.Series:
    group = tables["children"].set_index("child_id")["group"]
    return tables[table]["child_id"].map(group) == "programme"


def _any_school(tables: Tables, rng: Rng, rows: pd.Series | None = None) -> str:
    """Draw a school, of those that have any of the rows."""
    school = _school_of(tables) if rows is None else _school_of(tables)[rows]
    return str(rng.choice(np.sort(school.unique())))


def _swapped_waves(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Exchange the readings at the start and at the end of one school, all measures; dates stay as the labels say."""
    table = tables["measures"]
    school = _any_school(tables, rng)
    rows = table[(_school_of(tables) == school) & table["wave"].isin(["baseline", "endline"])]
    wide = rows.pivot_table(index=["child_id", "measure"], columns="wave", values="value")
    if wide.shape[1] < 2:
        return None
    both = wide.dropna()
    keys = pd.MultiIndex.from_frame(rows[["child_id", "measure"]])
    for wave, other in (("baseline", "endline"), ("endline", "baseline")):
        there = (rows["wave"] == wave).to_numpy() & keys.isin(both.index)
        table.loc[rows.index[there], "value"] = both.loc[keys[there], other].to_numpy()
    tests = both[both.index.get_level_values("measure").isin(["english", "maths"])]
    size = tests.index.get_level_values("child_id").nunique()
    return {"table": "measures", "school": school, "wave": "baseline endline", "size": size}


def _duplicates(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Copy one to four children of one school under new ids; one reading in ten is typed anew, a little off."""
    children = tables["children"]
    school = str(rng.choice(np.sort(children["school_id"].unique())))
    own = children[children["school_id"] == school]
    chosen = own.iloc[np.sort(rng.choice(len(own), size=min(int(rng.integers(1, 5)), len(own)), replace=False))]
    ids = {old: f"{old}x" for old in chosen["child_id"]}
    same_person = bool(rng.random() < 0.3)
    again = chosen.assign(child_id=chosen["child_id"].map(ids))
    if not same_person and "person_id" in again:
        again = again.assign(person_id=again["person_id"] + "x")
    tables["children"] = pd.concat([children, again], ignore_index=True)
    fewest = 99
    for name in ("measures", "attendance"):
        copied = tables[name][tables[name]["child_id"].isin(ids)].copy()
        if name == "measures":
            fine = copied[~copied["measure"].str.startswith("sdq")]
            fewest = int(fine.groupby("child_id").size().reindex(list(ids)).fillna(0).min())
            off = rng.random(len(copied)) < 0.1
            copied["value"] = copied["value"] + np.where(off, rng.choice([-1.0, 1.0], len(copied)), 0.0)
            scales = [cohort.measure(m) for m in copied["measure"]]
            copied["value"] = np.clip(copied["value"], [s.low for s in scales], [s.high for s in scales])
        copied["child_id"] = copied["child_id"].map(ids)
        tables[name] = pd.concat([tables[name], copied], ignore_index=True)
    variant = "one person_id" if same_person else "two persons"
    return {"table": "children", "school": school, "size": fewest, "variant": variant}


def _changed_scale(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Give one school's test scores at the end on a scale with half the spread, as key stage scaled scores have."""
    table = tables["measures"]
    measure = str(rng.choice(["english", "maths"]))
    here = (table["measure"] == measure) & (table["wave"] == "endline")
    school = _any_school(tables, rng, here)
    rows = here & (_school_of(tables) == school)
    table.loc[rows, "value"] = np.round(100 + 5 + 0.5 * (table.loc[rows, "value"] - 100))
    return {"table": "measures", "school": school, "wave": "endline", "size": int(rows.sum()), "variant": measure}


def _heaping(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Round seven in ten scores that the teachers of one school gave to a multiple of five."""
    table = tables["measures"]
    wave = str(rng.choice(["baseline", "endline"]))
    here = (table["measure"] == "sdq_total") & (table["wave"] == wave)
    if not here.any():
        return None
    school = _any_school(tables, rng, here)
    rows = table.index[here & (_school_of(tables) == school)]
    value = table.loc[rows, "value"].to_numpy(dtype=float)
    size = int(((value > 2) & (value < 38)).sum())
    round_off = rng.random(len(rows)) < 0.7
    table.loc[rows, "value"] = np.where(round_off, 5 * np.round(value / 5), value)
    return {"table": "measures", "school": school, "wave": wave, "size": size}


def _shifted_dates(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Move the dates of one school's readings, or of one partner's sessions, by a year or by 1,462 days.

    The latter is the distance between the two date systems of spreadsheets.
    """
    days = int(rng.choice([365, 1462]))
    if "sessions" in tables and rng.random() < 0.4:
        table = tables["sessions"]
        partner = str(rng.choice(np.sort(table["partner_id"].unique())))
        rows = table["partner_id"] == partner
        table.loc[rows, "date"] = table.loc[rows, "date"] + pd.Timedelta(days=-days)
        size = int(table.loc[rows, "child_id"].nunique())
        return {"table": "sessions", "partner": partner, "size": size, "variant": f"{days} days"}
    table = tables["measures"]
    wave = str(rng.choice(["baseline", "endline"]))
    school = _any_school(tables, rng, table["wave"] == wave)
    rows = (table["wave"] == wave) & (_school_of(tables) == school)
    sign = -1 if wave == "baseline" else int(rng.choice([-1, 1]))
    table.loc[rows, "date"] = table.loc[rows, "date"] + pd.Timedelta(days=sign * days)
    size = int(table.loc[rows, "child_id"].nunique())
    return {"table": "measures", "school": school, "wave": wave, "size": size, "variant": f"{days} days"}


def _silent_partner(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Take away what one partner returned: its measures, or its sessions as well."""
    if "partner_measures" not in tables:
        return None
    partner = str(rng.choice(np.sort(tables["partners"]["partner_id"].unique())))
    sessions = tables["sessions"]
    counts = sessions.groupby(["child_id", "partner_id"]).size().reset_index(name="n")
    counts = counts.sort_values(["child_id", "n", "partner_id"], ascending=[True, False, True])
    main = counts.drop_duplicates("child_id")
    size = int((main["partner_id"] == partner).sum())
    everything = bool(rng.random() < 0.5)
    tables["partner_measures"] = tables["partner_measures"][tables["partner_measures"]["partner_id"] != partner]
    if everything:
        tables["sessions"] = sessions[sessions["partner_id"] != partner]
    table = "sessions" if everything else "partner_measures"
    return {"table": table, "partner": partner, "size": size, "variant": "sessions too" if everything else "measures"}


def _raters(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Let one school's raters know beforehand, or let one rater see four fifths of the difficulties gone at the end."""
    table = tables["measures"]
    own = table["measure"].str.startswith("sdq") & _programme_of(tables)
    if rng.random() < 0.5:
        rows = own & (table["wave"] == "baseline")
        school = _any_school(tables, rng, rows)
        rows &= _school_of(tables) == school
        table.loc[rows, "rater_knew"] = True
        size = int(table.loc[rows, "child_id"].nunique())
        return {"table": "measures", "school": school, "wave": "baseline", "size": size, "variant": "knew before"}
    rows = own & (table["wave"] == "endline")
    if not rows.any():
        return None
    school = _any_school(tables, rng, rows)
    teacher = table["informant"] == "teacher"
    table["rater_id"] = ("R" + _school_of(tables).astype("str")).where(teacher).astype("str")
    rows &= _school_of(tables) == school
    easier = np.where(table.loc[rows, "measure"] == "sdq_prosocial", 10.0, 0.0)
    table.loc[rows, "value"] = np.round(table.loc[rows, "value"] / 5 + easier * 4 / 5)
    size = int(table.loc[rows, "child_id"].nunique())
    return {"table": "measures", "school": school, "wave": "endline", "size": size, "variant": "kinder rater"}


def _mixed_forms(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Take one school's SDQ at the end on the follow-up form, or from parents."""
    table = tables["measures"]
    here = table["measure"].str.startswith("sdq") & (table["wave"] == "endline")
    if not here.any():
        return None
    school = _any_school(tables, rng, here)
    rows = here & (_school_of(tables) == school)
    by_parent = bool(rng.random() < 0.4)
    table.loc[rows, "informant" if by_parent else "form"] = "parent" if by_parent else "sdq_4_17_followup"
    size = int(table.loc[rows, "child_id"].nunique())
    return {
        "table": "measures", "school": school, "wave": "endline", "size": size,
        "variant": "parents" if by_parent else "follow-up form",
    }


def _counted_then_timed(cohort: Cohort, tables: Tables, rng: Rng) -> dict[str, object] | None:
    """Leave the minutes of one school's contacts empty up to a day somewhere in the middle of the programme."""
    table = tables["interactions"]
    school = str(rng.choice(np.sort(_school_of(tables, "interactions").unique())))
    programme = cohort.meta.programme
    day = pd.Timestamp(programme.start) + (pd.Timestamp(programme.end) - pd.Timestamp(programme.start)) * rng.uniform(
        0.3, 0.7
    )
    rows = (_school_of(tables, "interactions") == school) & (table["date"] < day)
    size = int(table.loc[_school_of(tables, "interactions") == school, "child_id"].nunique())
    table.loc[rows, "minutes"] = np.nan
    return {"table": "interactions", "school": school, "size": size}


#: Every fault that can be planted, by the kind that the page gives it.
FAULTS: Mapping[str, Callable[[Cohort, Tables, Rng], dict[str, object] | None]] = MappingProxyType(
    {
        "swapped_waves": _swapped_waves,
        "duplicates": _duplicates,
        "changed_scale": _changed_scale,
        "heaping": _heaping,
        "shifted_dates": _shifted_dates,
        "silent_partner": _silent_partner,
        "raters": _raters,
        "mixed_forms": _mixed_forms,
        "counted_then_timed": _counted_then_timed,
    }
)

#: From which size (:attr:`PlantedFault.size`, and the children of the cohort for alike records) a fault can be seen
#: at all,
#: by kind or by kind and variant. The reason is the same everywhere: one chance in twenty of a false alarm is shared by
#: ten kinds, the ways of looking for each, and all places, so a single place is named only when its p-value lies
#: near one in ten thousand to one in a hundred thousand. By kind:
#:
#: - dates, forms and raters who knew: 10 children, since slips may touch a fifth of the records, and .2 to the power
#: of 8
#:   is about that small;
#: - contacts timed later: 16 children, a sign test halves its p-value with each;
#: - heaped scores: 25 scores off the floor, of which a fifth lie on round numbers anyway;
#: - a silent partner: 8 children, of whom most would have come back; 20 where its sessions are missing too, since
#: partners
#:   differ in size;
#: - one rater unlike the rest: 25 children, whose mean and spread then are known to a fifth of an SD;
#: - another scale: 50 children, whose spread is known to a tenth; readings exchanged: 110, since readings at the
#: start and
#:   at the end are much alike, and only earlier ones tell them apart;
#: - records too alike: 200 children in the cohort, since with few children ranks are coarse.
SEEN_FROM: Mapping[str, int] = MappingProxyType(
    {
        "swapped_waves": 110,
        "duplicates": 1,
        "changed_scale": 50,
        "heaping": 25,
        "shifted_dates": 10,
        "silent_partner": 8,
        "silent_partner: sessions too": 20,
        "raters": 10,
        "raters: kinder rater": 25,
        "mixed_forms": 10,
        "counted_then_timed": 16,
    }
)
#: Children of a cohort from which records of two ids can be told to be one child's.
RANKS_FROM = 200


def large_enough(planted: PlantedFault) -> bool:
    """Whether a planted fault touches enough for the checks to see it; see :data:`SEEN_FROM`."""
    if planted.variant == "two persons" and len(planted.cohort.children) < RANKS_FROM:
        return False
    least = SEEN_FROM.get(f"{planted.kind}: {planted.variant}", SEEN_FROM[planted.kind])
    return planted.size >= least
