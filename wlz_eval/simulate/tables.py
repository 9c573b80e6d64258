"""The tables of a cohort folder, from the arrays of a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import CohortMeta
from wlz_eval.simulate.calendar import attendance_periods, make_meta
from wlz_eval.simulate.engagement import Engagement, Leaving
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.outcomes import Recorded, Sessions
from wlz_eval.simulate.pupils import Array, Bools, Ints, Pupils, coded, parameter, stream
from wlz_eval.simulate.selection import Selected

__all__ = [
    "Missing", "attendance_table", "child_ids", "children_table", "draw_missing", "measures_table", "was_recorded",
]

SEN = ("none", "support", "ehcp")
ETHNICITY = ("asian", "black", "mixed", "white", "other")
REASONS = ("moved_school", "moved_away", "withdrew")
#: Chance that a leaver's administrative endline is still held, and a teacher's form.
KEPT_ADMIN, KEPT_TEACHER = 0.5, 0.1


def _names(prefix: str, numbers: Ints, width: int) -> pd.Series:
    return pd.Series(pd.array([f"{prefix}{i:0{width}d}" for i in numbers.tolist()], dtype="str"))


def child_ids(options: SimulationOptions, n: int) -> pd.Series:
    """Pseudonyms in random order, so that an id says nothing about its child."""
    numbers = stream(options, "ids").permutation(n) + 1
    return _names("C", numbers, max(5, len(str(n))))


@dataclass(frozen=True)
class Missing:
    """Who left, and whose endline is therefore not held; all arrays run over all pupils."""

    left: Bools
    admin_endline: Bools
    teacher_endline: Bools
    teacher_midpoint: Bools


def draw_missing(options: SimulationOptions, pupils: Pupils, started: Ints, leaving: Leaving) -> Missing:
    """Draw whose later records are missing because the child left. Comparison children leave at random."""
    rng = stream(options, "missing")
    n = len(pupils)
    left = rng.random(n) < parameter("comparison_leavers")
    left[started] = leaving.left
    early = np.zeros(n, dtype=bool)
    early[started] = leaving.left & (leaving.share < 0.45)
    return Missing(
        left=left,
        admin_endline=left & (rng.random(n) > KEPT_ADMIN),
        teacher_endline=left & (rng.random(n) > KEPT_TEACHER),
        teacher_midpoint=early,
    )


def was_recorded(options: SimulationOptions, name: str, wave: str, n: int) -> Bools:
    """Whether a reading of each pupil was taken at all: tests, forms and registers are missing at random."""
    if name == "attendance":
        return stream(options, f"registers {wave}").random(n) >= parameter("missing_attendance")
    if name.startswith("sdq"):
        return stream(options, f"forms {wave}").random(n) >= parameter("missing_sdq")
    return stream(options, f"tests {name} {wave}").random(n) >= parameter("missing_attainment")


def _households(options: SimulationOptions, started: Ints, pool: Ints, n: int) -> Ints:
    """One household a child, but for a few programme children with a sibling in the pool."""
    rng = stream(options, "households")
    household = rng.permutation(n)
    siblings = min(round(parameter("siblings") * len(started)), len(pool))
    if siblings:
        household[rng.choice(pool, siblings, replace=False)] = household[rng.choice(started, siblings, replace=False)]
    return household


def children_table(
    options: SimulationOptions, pupils: Pupils, ids: pd.Series, selected: Selected, leaving: Leaving
) -> pd.DataFrame:
    """Make the ``children`` table, without those who refused consent to the use of their data."""
    n, y = len(pupils), options.start_year
    meta = make_meta(options)
    programme = np.zeros(n, dtype=bool)
    programme[selected.offered] = True
    started_rows = selected.offered[selected.started]
    rng = stream(options, "children")
    birth_year = y - pupils.year - 5
    month = rng.integers(1, 13, n)
    width = max(2, len(str(options.schools + options.comparison_schools)))
    labels = stream(options, "school ids").permutation(options.schools + options.comparison_schools) + 1
    schools = tuple(f"S{i:0{width}d}" for i in labels)
    boroughs = tuple(f"Borough {c}" for c in "ABC")

    def yes_no(where: Ints, values: Bools) -> pd.arrays.BooleanArray:
        mask = np.ones(n, dtype=bool)
        mask[where] = False
        full = np.zeros(n, dtype=bool)
        full[where] = values
        return pd.arrays.BooleanArray(full, mask)

    in_schools = np.flatnonzero(pupils.in_programme_school)
    left = pd.Series(pd.NaT, index=range(n), dtype="datetime64[us]")
    reason = np.full(n, -1)
    for row, day in zip(started_rows[leaving.left], [d for d in leaving.day if d], strict=True):
        left.iloc[row] = pd.Timestamp(day)
    reason[started_rows[leaving.left]] = rng.integers(0, len(REASONS), int(leaving.left.sum()))
    months = (
        coded(
            (birth_year + (month < 9) - (birth_year.min())) * 12 + month - 1,
            [f"{year}-{m:02d}" for year in range(birth_year.min(), birth_year.max() + 2) for m in range(1, 13)],
        )
        if n
        else pd.Categorical([])
    )
    table = {
        "child_id": ids,
        "person_id": _names("P", stream(options, "persons").permutation(n) + 1, max(6, len(str(n)))),
        "household_id": _names("H", _households(options, started_rows, np.flatnonzero(~programme), n) + 1, 6),
        "group": coded((~programme).astype(int), ("programme", "comparison")),
        "comparison_type": coded(
            np.where(programme, -1, (~pupils.in_programme_school).astype(int)),
            ("same_school", "other_school"),
        ),
        "school_id": coded(pupils.school, schools),
        "local_authority": coded(labels[pupils.school] % 3 if n else pupils.school, boroughs),
        "phase": coded((~pupils.primary).astype(int), ("primary", "secondary")),
        "year_group": coded(pupils.year, tuple(str(i) for i in range(12))),
        "birth_month": months,
        "gender": coded((~pupils.female).astype(int), ("female", "male")),
        "fsm": pupils.fsm,
        "sen": coded(pupils.sen, SEN),
        "eal": pupils.eal,
        "ethnicity": coded(pupils.ethnicity, ETHNICITY),
        "imd_decile": pd.array(pupils.imd_decile, dtype="Int64"),
        "social_care": pupils.social_care,
        "identified": yes_no(in_schools, selected.identified[in_schools]),
        "offered": yes_no(in_schools, programme[in_schools]),
        "consented": yes_no(selected.offered, selected.consented),
        "started": yes_no(selected.offered, selected.started),
        "index_date": pd.Series(pd.Timestamp(meta.programme.start), index=range(n), dtype="datetime64[us]"),
        "left": left,
        "leaving_reason": coded(reason, REASONS),
    }
    if options.selection == "judgement":
        table["teacher_nominated"] = yes_no(in_schools, selected.nominated[in_schools])
    frame = pd.DataFrame({k: v.array if isinstance(v, pd.Series) else v for k, v in table.items()})
    held = np.ones(n, dtype=bool)
    held[selected.offered[~selected.consented]] = False
    return _typed(frame[held].reset_index(drop=True))


#: Columns that are built as codes for speed and held as text, as after loading.
_TEXT = (
    "school_id",
    "local_authority",
    "phase",
    "year_group",
    "birth_month",
    "gender",
    "sen",
    "ethnicity",
    "group",
    "comparison_type",
    "leaving_reason",
)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the columns the types that they have after loading."""
    types: dict[str, str] = dict.fromkeys(_TEXT, "str")
    types |= dict.fromkeys(("fsm", "eal", "social_care"), "boolean")
    return frame.astype(types)


def _wave_dates(options: SimulationOptions, meta: CohortMeta, wave: str, n: int) -> np.ndarray:
    period = meta.waves[wave]  # type: ignore[index]
    days = pd.bdate_range(period.start, period.end).as_unit("us").to_numpy()
    return days[stream(options, f"dates {wave}").integers(0, len(days), n)]


def measures_table(
    options: SimulationOptions,
    ids: pd.Series,
    before: Mapping[tuple[str, str], Array],
    after: Mapping[tuple[str, str], Array],
    on_programme: Bools,
    known: Bools,
    missing: Missing,
) -> pd.DataFrame:
    """Make the ``measures`` table, one block a measure and wave; what is missing has no row.

    Parameters
    ----------
    options : SimulationOptions
        The world.
    ids : Series of str
        Pseudonyms of all pupils.
    before, after : mapping of (measure, wave) to array
        Recorded values of all pupils.
    on_programme, known : array of bool
        Who started; whose data may be held at all.
    missing : Missing
        Whose later records are not held.
    """
    meta, n = make_meta(options), len(ids)
    blocks: list[tuple[str, str, Ints, Array]] = []
    for (name, wave), values in {**before, **after}.items():
        sdq = name.startswith("sdq")
        if name == "attendance" or (sdq and wave == "pre_baseline"):
            continue
        there = known & was_recorded(options, name, wave, n)
        if sdq:
            if options.comparison_measures == "administrative" or wave == "midpoint":
                there &= on_programme
            there &= ~{"endline": missing.teacher_endline, "midpoint": missing.teacher_midpoint}.get(
                wave, np.zeros(n, dtype=bool)
            )
        elif wave == "endline":
            there &= ~missing.admin_endline
        rows = np.flatnonzero(there)
        blocks.append((name, wave, rows, values[rows]))
    return _stack(options, meta, ids, blocks, on_programme)


def _stack(
    options: SimulationOptions,
    meta: CohortMeta,
    ids: pd.Series,
    blocks: list[tuple[str, str, Ints, Array]],
    on_programme: Bools,
) -> pd.DataFrame:
    n = len(ids)
    names = list(dict.fromkeys(b[0] for b in blocks))
    waves = [w for w in ("pre_baseline", "baseline", "midpoint", "endline") if any(b[1] == w for b in blocks)]
    dates = {w: _wave_dates(options, meta, w, n) for w in waves}
    size = np.array([len(b[2]) for b in blocks])
    rows = np.concatenate([b[2] for b in blocks])
    sdq = np.repeat([b[0].startswith("sdq") for b in blocks], size)
    late = np.repeat([b[1] in ("midpoint", "endline") for b in blocks], size)
    return pd.DataFrame(
        {
            "child_id": ids.array.take(rows),
            "measure": coded(np.repeat([names.index(b[0]) for b in blocks], size), tuple(names)),
            "wave": coded(np.repeat([waves.index(b[1]) for b in blocks], size), tuple(waves)),
            "value": np.concatenate([b[3] for b in blocks]),
            "date": np.concatenate([dates[b[1]][b[2]] for b in blocks]),
            "informant": coded((~sdq).astype(int), ("teacher", "admin")),
            "form": coded((~sdq).astype(int), ("sdq_4_17", "standardised_test")),
            "rater_knew": pd.arrays.BooleanArray(sdq & late & on_programme[rows], ~sdq),
        }
    )


def attendance_table(
    options: SimulationOptions,
    ids: pd.Series,
    records: Mapping[str, Sessions],
    known: Bools,
    missing: Missing,
) -> pd.DataFrame:
    """Make the ``attendance`` table: one row a child and period."""
    n, periods, blocks = len(ids), attendance_periods(options), []
    for wave, sessions in records.items():
        there = known & was_recorded(options, "attendance", wave, n)
        if wave == "endline":
            there &= ~missing.admin_endline
        blocks.append((wave, np.flatnonzero(there), sessions))
    size = np.array([len(rows) for _, rows, _ in blocks])

    def day(which: str) -> np.ndarray:
        stamps = np.array([pd.Timestamp(getattr(periods[w], which)).to_datetime64() for w, _, _ in blocks])
        return np.repeat(stamps.astype("datetime64[us]"), size)

    return pd.DataFrame(
        {
            "child_id": ids.array.take(np.concatenate([rows for _, rows, _ in blocks])),
            "period_start": day("start"),
            "period_end": day("end"),
            "sessions_possible": pd.array(np.concatenate([s.possible[r] for _, r, s in blocks]), dtype="Int64"),
            "sessions_attended": pd.array(np.concatenate([s.attended[r] for _, r, s in blocks]), dtype="Int64"),
        }
    )


def delivery_tables(
    options: SimulationOptions, ids: pd.Series, started: Ints, engagement: Engagement
) -> dict[str, pd.DataFrame]:
    """Make ``interactions``, ``sessions`` and ``partners``."""
    own = ids.array.take(started)

    def with_ids(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.sort_values(["child", "date"], kind="stable")
        return frame.assign(child_id=own.take(frame["child"].to_numpy())).drop(columns="child").reset_index(drop=True)

    sessions = with_ids(engagement.sessions)
    partner = engagement.partners["partner_id"].array.take(sessions["partner"].to_numpy())
    support = engagement.partners["support_type"].array.take(sessions.pop("partner").to_numpy())
    sessions["partner_id"], sessions["support_type"] = partner, support
    return {
        "interactions": with_ids(engagement.interactions),
        "sessions": sessions,
        "partners": engagement.partners,
    }


def partner_measures_table(
    options: SimulationOptions,
    ids: pd.Series,
    started: Ints,
    engagement: Engagement,
    base: Array,
    end: Recorded,
) -> pd.DataFrame:
    """Make ``partner_measures``: a partner's own scale, programme children only."""
    n = len(started)
    own = ids.array.take(started)
    partner = engagement.partners["partner_id"].array.take(engagement.main_partner)
    held = stream(options, "partner forms").random((2, n)) < np.array([[0.9], [0.75]])
    frames = [
        pd.DataFrame({"child_id": own, "partner_id": partner, "measure": "confidence", "wave": wave, "value": values})[
            there
        ]
        for wave, values, there in zip(("baseline", "endline"), (base[started], end.with_programme), held, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)
