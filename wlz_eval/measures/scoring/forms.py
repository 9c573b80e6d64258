"""Filled-in forms: rows of the measures table that belong together, as one row a form."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import CohortError, Problem

__all__ = ["FORM_KEY", "forms_wide"]

#: What two readings share when they stand on the same form.
FORM_KEY: tuple[str, ...] = ("child_id", "wave", "informant", "form", "rater_id", "date")


def forms_wide(
    cohort: Cohort, names: Sequence[str], key: Sequence[str] = FORM_KEY
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the readings of several measures that stand on the same form into one row.

    Parameters
    ----------
    cohort : Cohort
        Its measures table is read.
    names : sequence of str
        Measures, such as the items of the SDQ.
    key : sequence of str
        What the readings of one row share.

    Returns
    -------
    keys : DataFrame
        One row a form: those columns of `key` that the table has, in the order of the keys.
    values : DataFrame
        As many rows, one column a name; missing where the form does not have the reading.

    Raises
    ------
    CohortError
        When the same reading stands twice on one form, where the table cannot say which holds.
    """
    table = cohort.measures
    place = pd.Index(names).get_indexer(pd.Index(table["measure"].astype(object)))
    rows, place = table[place >= 0], place[place >= 0]
    shared = [name for name in key if name in rows]
    code = np.zeros(len(rows), dtype=np.int64)
    for name in shared:
        # In the order of the values, so that the order of rows changes nothing; a missing value is one too.
        one, found = pd.factorize(rows[name], sort=True)
        code = pd.factorize(code * (len(found) + 1) + one + 1, sort=True)[0].astype(np.int64)
    forms = int(code.max()) + 1 if len(code) else 0
    cell = code * len(names) + place
    if (np.bincount(cell, minlength=1) > 1).any():
        raise CohortError([_twice(rows, cell, shared)])
    values = np.full(forms * len(names), np.nan)
    values[cell] = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    first = np.full(forms, len(rows), dtype=np.int64)
    np.minimum.at(first, code, np.arange(len(rows)))
    keys = rows[shared].iloc[first].reset_index(drop=True)
    return keys, pd.DataFrame(values.reshape(forms, len(names)), columns=list(names))


def _twice(rows: pd.DataFrame, cell: np.ndarray, shared: list[str]) -> Problem:
    again = pd.Series(cell).duplicated(keep=False).to_numpy()
    example = rows[again].iloc[0]
    return Problem(
        table="measures",
        column="measure",
        value=f"{example['measure']} at {example['wave']}",
        message=f"{int(again.sum())} readings stand more than once on one form (same {', '.join(shared)})",
        remedy="Keep one of them, or tell the forms apart by date, form or rater_id.",
    )
