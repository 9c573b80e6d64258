"""Measures that ``derived:`` in ``cohort.yaml`` asks for, made from the tables of a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.cohort import derived as asked
from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import CohortError, OptionError, Problem, suggestion
from wlz_eval.measures.scoring.absence import persistent_absence_by_wave
from wlz_eval.measures.scoring.attainment import adjust_for_age, level_scores, percentile, reaches
from wlz_eval.measures.scoring.fits import check_made, check_scales
from wlz_eval.measures.scoring.forms import FORM_KEY, forms_wide
from wlz_eval.measures.scoring.incidents import incidents_by_wave
from wlz_eval.measures.scoring.ordered import areas_below
from wlz_eval.measures.scoring.sdq import DIFFICULTIES, add_subscales, score_items
from wlz_eval.reference.sdq import INFORMANTS, SCALES, item_names

__all__ = ["derived_readings", "readings"]

#: Columns of the readings that are made, those of the measures table.
COLUMNS: tuple[str, ...] = ("child_id", "measure", "wave", "value", *FORM_KEY[2:])


def readings(cohort: Cohort) -> pd.DataFrame:
    """All readings of a cohort: its measures table, and what ``derived:`` asks to make.

    Single items of a questionnaire are left out. A measure of the table is never overwritten: where the table
    holds a child's measure at a wave from the same informant, nothing is derived for it. Without ``derived:`` and
    without items this is the measures table itself.

    Returns
    -------
    DataFrame
        Columns of the measures table.
    """
    table = cohort.measures
    items = set(item_names()) & set(table["measure"].dropna().unique())
    if items:
        table = table[~table["measure"].isin(items)]
    made = derived_readings(cohort)
    if made.empty:
        return table
    made = made[~_held(made, table)]
    shared = [name for name in table if name in made]
    plain = {name: object for name in shared if isinstance(table[name].dtype, pd.CategoricalDtype)}
    return pd.concat([table.astype(plain), made[shared].astype(plain)], ignore_index=True)


def _held(made: pd.DataFrame, table: pd.DataFrame) -> np.ndarray:
    """Whether the table itself holds a value of the same child, measure, wave and informant."""
    keys = [key for key in ("child_id", "measure", "wave", "informant") if key in table and key in made]
    own = pd.MultiIndex.from_frame(table.loc[table["value"].notna(), keys].astype(object))
    return pd.MultiIndex.from_frame(made[keys].astype(object)).isin(own)


def derived_readings(cohort: Cohort) -> pd.DataFrame:
    """Make every measure that ``derived:`` asks for.

    Returns
    -------
    DataFrame
        Columns ``child_id``, ``measure``, ``wave``, ``value``, ``informant``, ``form``, ``rater_id``, ``date``;
        only values that are known.

    Raises
    ------
    CohortError
        With every entry that cannot be made, and what to do.
    """
    found: list[pd.DataFrame] = []
    problems: list[Problem] = []
    for number, spec in enumerate(cohort.meta.derived):
        try:
            found.append(_made(cohort, spec))
        except CohortError as error:
            problems += [_of_entry(problem, number) for problem in error.problems]
        except OptionError as error:
            problems.append(
                Problem(
                    table="cohort.yaml",
                    column=f"derived.{number}",
                    value=spec.kind,
                    message="this measure cannot be made",
                    remedy=str(error),
                )
            )
    if problems:
        raise CohortError(problems)
    kept = [frame[frame["value"].notna()].reindex(columns=list(COLUMNS)) for frame in found]
    kept = [frame for frame in kept if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=list(COLUMNS))


def _made(cohort: Cohort, spec: Any) -> pd.DataFrame:
    """Make what one entry asks for; the quintile of deprivation is a column of the child and no reading."""
    if isinstance(spec, asked.ImdQuintile):
        if "imd_decile" not in cohort.children:
            raise OptionError("The children table has no imd_decile to make it from: add it, or remove this entry.")
        return pd.DataFrame(columns=list(COLUMNS))
    _known_names(cohort, spec)
    check_scales(cohort, spec)
    made = _MAKERS[type(spec)](cohort, spec)
    check_made(cohort, spec, made)
    return made


def _of_entry(problem: Problem, number: int) -> Problem:
    """Name the entry that a problem is about, where it names only the key or none."""
    if problem.table != "cohort.yaml" or not problem.column.startswith("derived"):
        return problem
    return replace(problem, column=f"derived.{number}{problem.column.removeprefix('derived')}")


def _known_names(cohort: Cohort, spec: Any) -> None:
    """Refuse a measure that nobody describes, or that the table does not hold."""
    for name in asked.made_measures(spec):
        cohort.measure(name)
    source = getattr(spec, "measure", None)
    if source is not None:
        cohort.measure(source)
        held = sorted(str(name) for name in cohort.measures["measure"].dropna().unique())
        if source not in held:
            raise OptionError(f"The measures table has no {source!r}. {suggestion(source, held)}")


def _of(cohort: Cohort, name: str) -> pd.DataFrame:
    rows = cohort.measures[(cohort.measures["measure"] == name).to_numpy(dtype=bool)]
    return rows.reindex(columns=list(COLUMNS)).reset_index(drop=True)


def _into(rows: pd.DataFrame, name: str, values: Any, form: str = "") -> pd.DataFrame:
    """Make readings of another measure; a form that differs from the source's own is named."""
    made = rows.assign(measure=name, value=np.asarray(values, dtype=float))
    return made.assign(form=form) if form else made


def _sdq(cohort: Cohort, spec: asked.SdqScores) -> pd.DataFrame:
    sources = item_names() if spec.source == "items" else SCALES[:DIFFICULTIES]
    keys, values = forms_wide(cohort, sources)
    if keys.empty:
        raise OptionError(f"The measures table has no SDQ {spec.source}: they are named {sources[0]} to {sources[-1]}.")
    informant = keys["informant"].astype(object) if "informant" in keys else pd.Series(np.nan, keys.index)
    odd = ~informant.isin(INFORMANTS)
    if odd.any():
        named = informant[odd].iloc[0]
        raise OptionError(
            f"{int(odd.sum())} SDQ forms have no valid informant (found: {'blank' if pd.isna(named) else named}); "
            f"write {', '.join(INFORMANTS)} in the column informant: scores of different informants are never mixed."
        )
    numbers = values.to_numpy(dtype=float)
    _whole(keys, values, (0, 1, 2) if spec.source == "items" else tuple(range(11)))
    scores = score_items(numbers) if spec.source == "items" else add_subscales(numbers)[:, None]
    return pd.concat(
        [_into(keys, name, scores[:, i]) for i, name in enumerate(asked.made_measures(spec))], ignore_index=True
    )


def _whole(keys: pd.DataFrame, values: pd.DataFrame, valid: tuple[int, ...]) -> None:
    """Refuse answers between the steps of the form, naming one by measure, child and wave."""
    numbers = values.to_numpy(dtype=float)
    wrong = ~np.isnan(numbers) & ~np.isin(numbers, valid)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        form = keys.iloc[row]
        raise OptionError(
            f"{int(wrong.sum())} answers are no whole number from {valid[0]} to {valid[-1]}; the first is "
            f"{values.columns[column]} = {numbers[row, column]:g} of child {form['child_id']} at {form['wave']}. "
            "Correct them, or leave the cell empty."
        )


def _from_wide(wide: pd.DataFrame, name: str) -> pd.DataFrame:
    """Turn columns ``<name>_<wave>`` into readings by the school's own records."""
    waves = [wave for wave in WAVES if f"{name}_{wave}" in wide]
    parts = [
        pd.DataFrame({"child_id": wide.index.astype(str), "wave": wave, "value": wide[f"{name}_{wave}"].to_numpy()})
        for wave in waves
    ]
    return pd.concat(parts, ignore_index=True).assign(measure=name, informant="admin")


def _persistent_absence(cohort: Cohort, spec: asked.PersistentAbsence) -> pd.DataFrame:
    return _from_wide(persistent_absence_by_wave(cohort), spec.kind)


def _incidents(cohort: Cohort, spec: asked.Incidents) -> pd.DataFrame:
    return _from_wide(incidents_by_wave(cohort, spec), spec.into)


def _levels(cohort: Cohort, spec: asked.TeacherLevels) -> pd.DataFrame:
    rows = _of(cohort, spec.measure)
    return _into(rows, spec.into, level_scores(rows["value"], spec.scale)["midpoint"], f"levels_{spec.scale}")


def _percentile(cohort: Cohort, spec: asked.Percentile) -> pd.DataFrame:
    rows = _of(cohort, spec.measure)
    return _into(rows, spec.into, percentile(rows["value"]))


def _reaches(cohort: Cohort, spec: asked.ReachesStandard) -> pd.DataFrame:
    rows = _of(cohort, spec.measure)
    return _into(rows, spec.into, reaches(rows["value"], spec.scale, spec.cut))


def _eyfs(cohort: Cohort, spec: asked.EyfsAreasBelow) -> pd.DataFrame:
    held = sorted(str(name) for name in cohort.measures["measure"].dropna().unique())
    areas = [name for name in held if name.startswith("eyfs_") and name != spec.kind]
    if not areas:
        raise OptionError("The measures table has no early years areas: they are named eyfs_literacy and so on.")
    # Areas are judged one by one, on different days and by different adults: a child's wave is the unit.
    keys, values = forms_wide(cohort, areas, ("child_id", "wave", "informant", "form"))
    return _into(keys, spec.kind, areas_below(values))


def _age_adjusted(cohort: Cohort, spec: asked.AgeAdjusted) -> pd.DataFrame:
    children = cohort.children
    absent = [name for name in ("birth_month", "year_group") if name not in children]
    if absent:
        raise OptionError(f"The children table has no {' and no '.join(absent)}: the adjustment for age needs both.")
    rows = _of(cohort, spec.measure)
    of = children.set_index(children["child_id"].astype(str)).reindex(rows["child_id"].astype(str))
    within = of["group"] == "comparison" if spec.population == "comparison" else of["group"].notna()
    values = np.full(len(rows), np.nan)
    kinds = rows[["wave", "informant", "form"]].astype(object).fillna("")
    for at in kinds.groupby(["wave", "informant", "form"], sort=True).indices.values():
        part = of.iloc[at].reset_index(drop=True)
        score = rows["value"].iloc[at].reset_index(drop=True)
        population = within.iloc[at].reset_index(drop=True)
        values[at] = adjust_for_age(score, part["birth_month"], part["year_group"], population)
    return _into(rows, spec.into, values)


#: What makes each kind. The quintile of deprivation is a column of the child and stands in the frame itself.
_MAKERS: Mapping[type, Callable[[Cohort, Any], pd.DataFrame]] = MappingProxyType(
    {
        asked.SdqScores: _sdq,
        asked.PersistentAbsence: _persistent_absence,
        asked.Incidents: _incidents,
        asked.TeacherLevels: _levels,
        asked.Percentile: _percentile,
        asked.ReachesStandard: _reaches,
        asked.EyfsAreasBelow: _eyfs,
        asked.AgeAdjusted: _age_adjusted,
    }
)
