"""What is held: by table, measure and wave, school and partner, and step by step to the children who are analysed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.cohort.tables import CHILD_TABLES, PROGRAMME_TABLES, TABLES
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.quality.held import Held

__all__ = ["completeness", "completeness_by_school", "losses", "tables_held"]

#: Rows of a table in plainer words than the data contract's own.
_PLAIN_ROWS = {
    "measures": "one score of a child at one time",
    "exposures": "any other support that a child had",
    "costs": "one cost",
    "funding": "one source of money",
    "rate_card": "something that is paid for under the outcomes contract, and its price",
    "targets": "a target of the outcomes contract",
    "evidence": "a proof that an outcome was reached",
    "flow": "how many children were left at one step before the data begin",
}
GROUPS = ("programme", "comparison")


def tables_held(cohort: Cohort) -> pd.DataFrame:
    """List every table of the data contract, what a row of it is, and how many children of each group have one.

    Returns
    -------
    DataFrame
        ``table``, ``name``, ``row_is``, ``rows``, ``held`` (yes or no), ``programme`` and ``comparison``: children
        of the group with a row, NaN where the table is not about children of this group.
    """
    group = cohort.children.set_index("child_id")["group"]
    rows = []
    for name, table in TABLES.items():
        there = cohort.has(name)
        with_row = dict.fromkeys(GROUPS, math.nan)
        if there and (name == "children" or name in CHILD_TABLES):
            found = group.reindex(cohort[name]["child_id"].unique())
            groups = GROUPS[:1] if name in PROGRAMME_TABLES else GROUPS
            with_row |= {g: float((found == g).sum()) for g in groups}
        rows.append(
            {
                "table": name,
                "name": name.replace("_", " ").capitalize(),
                "row_is": _PLAIN_ROWS.get(name, table.row),
                "rows": len(cohort[name]) if there else 0,
                "held": "yes" if there else "no",
                **with_row,
            }
        )
    return pd.DataFrame(rows)


def completeness(cohort: Cohort, data: pd.DataFrame) -> pd.DataFrame:
    """Count the children of each group with and without each measure at each wave.

    Returns
    -------
    DataFrame
        ``measure``, ``label``, ``wave``, ``when``, ``held_for``, and for each group its children, those with a value
        (``_known``) and those without (``_missing``); the last two are NaN where the group has none at all.
    """
    programme = data["programme"].to_numpy() == 1
    rows = []
    for column in data.columns:
        wave = next((w for w in WAVES if column.endswith(f"_{w}")), "")
        measure = column.removesuffix(f"_{wave}") if wave else ""
        if not measure:
            continue
        known = data[column].notna().to_numpy()
        row: dict[str, Any] = {
            "measure": measure, "label": cohort.measure(measure).label, "wave": wave, "when": WAVE_WORDS[wave]
        }
        held = {}
        for group, members in (("programme", programme), ("comparison", ~programme)):
            n, k = int(members.sum()), int((known & members).sum())
            held[group] = k > 0
            # That a group has none at all is a fact about the tables (held_for), and counts no children.
            row |= {
                f"{group}_children": n,
                f"{group}_known": k if k else math.nan,
                f"{group}_missing": n - k if k else math.nan,
            }
        row["held_for"] = {
            (True, True): "both groups",
            (True, False): "programme only",
            (False, True): "comparison only",
            (False, False): "nobody",
        }[held["programme"], held["comparison"]]
        rows.append(row)
    columns = ["measure", "label", "wave", "when", "held_for"]
    columns += [f"{group}_{what}" for group in GROUPS for what in ("children", "known", "missing")]
    order = {wave: i for i, wave in enumerate(WAVES)}
    return pd.DataFrame(rows, columns=columns).sort_values(
        ["measure", "wave"],
        key=lambda s: s.map(order) if s.name == "wave" else s,
        kind="stable",
        ignore_index=True,
    )


def completeness_by_school(held: Held) -> pd.DataFrame:
    """Count, for each school and wave, the children with at least one reading, and those without any.

    Returns
    -------
    DataFrame
        ``school``, ``wave``, ``when``, ``children`` (of the groups that have readings at the wave), ``known``,
        ``missing``.
    """
    rows = []
    for wave in WAVES:
        arrays = [v for (_, w), v in held.values.items() if w == wave]
        if not arrays:
            continue
        known = np.asarray(~np.isnan(np.vstack(arrays)).all(axis=0))
        # A group none of whom was measured at this wave was not meant to be.
        meant = np.where(held.programme, known[held.programme].any(), known[~held.programme].any())
        for school, here in pd.Series(np.flatnonzero(meant)).groupby(held.school[meant.astype(bool)], sort=True):
            n, k = len(here), int(known[here.to_numpy()].sum())
            rows.append((school, wave, WAVE_WORDS[wave], n, k, n - k))
    return pd.DataFrame(rows, columns=["school", "wave", "when", "children", "known", "missing"])


def losses(cohort: Cohort, frame: AnalysisFrame, first: str, outcome: str) -> pd.DataFrame:
    """Follow each group from before the data begin to the children whose primary outcome can be analysed.

    Parameters
    ----------
    cohort : Cohort
        The cohort.
    frame : AnalysisFrame
        Its analysis frame, whose flow goes on from the cohort's.
    first, outcome : str
        Columns of the frame with the primary outcome at the start and at the end.

    Returns
    -------
    DataFrame
        ``stage``, ``group``, ``count``.
    """
    data = frame.data
    rows = []
    for group, members in (("programme", data["programme"] == 1), ("comparison", data["programme"] == 0)):
        if not members.any():
            continue
        there = data[first].notna() if first in data else pd.Series(False, index=data.index)
        after = data[outcome].notna() if outcome in data else pd.Series(False, index=data.index)
        rows.append(("with the primary outcome at the start", group, int((members & there).sum())))
        rows.append(("and at the end: analysed", group, int((members & there & after).sum())))
    extra = pd.DataFrame(rows, columns=["stage", "group", "count"])
    flow = frame.flow.reset_index(drop=True)
    tables = flow.index[(flow["stage"] == "in the tables") & (flow["group"] == "programme")]
    parts = [flow, extra]
    if len(tables) and "identified" in cohort.children:
        found = cohort.children.loc[cohort.children["group"] == "programme", "identified"].fillna(False).astype(bool)
        row = {"stage": "of them, identified by the rules", "group": "programme", "count": int(found.sum())}
        step = pd.DataFrame([row])
        parts = [flow.iloc[: tables[0] + 1], step, flow.iloc[tables[0] + 1 :], extra]
    return pd.concat(parts, ignore_index=True)
