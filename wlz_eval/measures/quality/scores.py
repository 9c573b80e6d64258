"""Six dimensions of data quality, each a score out of 100 with how it is computed."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
import pandas as pd

from wlz_eval.measures.quality.checks.dates import outside_own_time
from wlz_eval.measures.quality.held import Held
from wlz_eval.measures.quality.oddities import late_readings, oddities

__all__ = ["DIMENSIONS", "quality_scores"]

#: What each dimension asks, and what its score is the share of.
DIMENSIONS: dict[str, tuple[str, str]] = {
    "completeness": (
        "Is what should be there, there?",
        "Readings held, of all children in a group that has the measure at that time",
    ),
    "uniqueness": (
        "Is each child, and each reading, there once?",
        "Children without a suspected second id and without a repeated reading",
    ),
    "consistency": (
        "Was it measured alike everywhere and each time?",
        "Readings on the usual form, by the usual informant, and in no place suspected of another scale or exchange",
    ),
    "timeliness": ("Was it measured when it should have been?", "Dated readings within the dates of their time"),
    "validity": ("Is it possible?", "Records of support within the programme, no longer than planned; ages that fit"),
    "accuracy": (
        "Is it likely to be true?",
        "Readings not by a rater who knew, and in no place suspected of rounding or of a rater unlike the rest",
    ),
}


def quality_scores(
    held: Held, complete: pd.DataFrame, suspected: pd.DataFrame, looked: Collection[str]
) -> pd.DataFrame:
    """Score each dimension.

    Parameters
    ----------
    held : Held
        The cohort.
    complete : DataFrame
        From :func:`wlz_eval.measures.quality.tables.completeness`.
    suspected : DataFrame
        From :func:`wlz_eval.measures.quality.clues.places`.
    looked : collection of str
        Kinds of fault that could be looked for.

    Returns
    -------
    DataFrame
        One row a dimension: ``dimension``, ``name``, ``asks``, ``share_of``, ``score`` (0 to 100; NaN where the
        tables do not let one tell), ``records`` behind it and ``children``.
    """
    shares = {
        "completeness": _completeness(complete),
        "uniqueness": _uniqueness(held, suspected),
        "consistency": _consistency(held, suspected),
        "timeliness": _timeliness(held),
        "validity": _validity(held),
        "accuracy": _accuracy(held, suspected, looked),
    }
    rows = []
    for name, (good, records) in shares.items():
        asks, share_of = DIMENSIONS[name]
        score = 100 * good / records if records else math.nan
        rows.append((name, name.capitalize(), asks, share_of, score, records, len(held.children)))
    return pd.DataFrame(rows, columns=["dimension", "name", "asks", "share_of", "score", "records", "children"])


def _completeness(table: pd.DataFrame) -> tuple[float, int]:
    good, all_ = 0.0, 0
    for group in ("programme", "comparison"):
        there = table[table[f"{group}_known"].notna()]
        good, all_ = good + float(there[f"{group}_known"].sum()), all_ + int(there[f"{group}_children"].sum())
    return good, all_


def _uniqueness(held: Held, suspected: pd.DataFrame) -> tuple[float, int]:
    table = held.cohort.measures
    again = set(table.loc[table.duplicated(["child_id", "measure", "wave"]), "child_id"])
    n = len(held.children)
    twice = int(suspected.loc[suspected["kind"] == "duplicates", "affected"].sum())
    return float(max(n - twice - len(again), 0)), n


def _touched(held: Held, suspected: pd.DataFrame, kinds: tuple[str, ...]) -> np.ndarray:
    """Whether each reading lies at a place that is suspected of one of these kinds."""
    table = held.readings
    out = np.zeros(len(table), dtype=bool)
    for place in suspected[suspected["kind"].isin(kinds) & (suspected["table"] == "measures")].itertuples():
        here = np.ones(len(table), dtype=bool)
        if place.school:
            here &= (table["school_id"] == place.school).to_numpy()
        if place.waves:
            here &= table["wave"].isin(str(place.waves).split()).to_numpy()
        if place.measures:
            here &= table["measure"].isin(str(place.measures).split()).to_numpy()
        out |= here
    return out


def _consistency(held: Held, suspected: pd.DataFrame) -> tuple[float, int]:
    table = held.readings
    odd = _touched(held, suspected, ("changed_scale", "swapped_waves"))
    for column in ("form", "informant"):
        if column in table:
            odd |= held.unusual(column)
    return float((~odd).sum()), len(table)


def _timeliness(held: Held) -> tuple[float, int]:
    table = held.cohort.measures
    if "date" not in table:
        return 0.0, 0
    dated = table["date"].notna().to_numpy()
    return float((dated & ~late_readings(table, held)).sum()), int(dated.sum())


def _validity(held: Held) -> tuple[float, int]:
    good, records = 0.0, 0
    for name in ("sessions", "interactions", "incidents"):
        if held.cohort.has(name):
            outside = outside_own_time(held, name)["outside"]
            good, records = good + float((~outside).sum()), records + len(outside)
    table = oddities(held)
    counted = dict(zip(table["what"], table["values"].astype(float), strict=True))
    for what, base in (("session longer than planned", None), ("age does not fit the year group", len(held.children))):
        if what in counted:
            good -= counted[what]
            if base:
                good, records = good + base, records + base
    return max(good, 0.0), records


def _accuracy(held: Held, suspected: pd.DataFrame, looked: Collection[str]) -> tuple[float, int]:
    table = held.readings
    if "rater_knew" not in table and not {"heaping", "raters"} & set(looked):
        # Nothing was looked for that could have been found: no shortcoming seen is no score.
        return 0.0, 0
    odd = _touched(held, suspected, ("heaping", "raters", "changed_scale"))
    if "rater_knew" in table:
        odd |= table["rater_knew"].fillna(False).to_numpy(dtype=bool) & table["programme"].to_numpy(dtype=bool)
    return float((~odd).sum()), len(table)
