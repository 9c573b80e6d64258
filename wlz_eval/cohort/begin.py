"""What the plan of a cohort made from a spreadsheet begins with: its own measures, and whom to compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

__all__ = ["first_plan", "first_year"]

#: Columns of children that are worth comparing on, where at least this share of them is known.
_TRAITS = ("fsm", "sen", "eal", "gender")
_KNOWN = 0.9
_LATER = ("endline", "midpoint", "followup")


def first_year(tables: Mapping[str, pd.DataFrame]) -> int | None:
    """Return the year in which the first programme child started, or None when no date says so."""
    dates = tables["children"].get("index_date") if "children" in tables else None
    years = pd.to_datetime(dates, errors="coerce").dt.year.dropna() if dates is not None else pd.Series(dtype=float)
    return None if years.empty else int(years.min())


def first_plan(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the keys of a plan that the tables themselves suggest, to be changed by their owner.

    Parameters
    ----------
    tables : mapping
        ``children`` and ``measures``, as :func:`wlz_eval.cohort.spreadsheet.convert_sheet` makes them.

    Returns
    -------
    dict
        ``outcomes``: every measure that is held at baseline and later, the first of them primary. ``matching``:
        present when there are comparison children of a stated type and a measure that they have at baseline.
    """
    children, measures = tables["children"], tables["measures"]
    compared = children.loc[children["group"] == "comparison"]
    held = {(str(m), str(w)) for m, w in measures[["measure", "wave"]].drop_duplicates().to_numpy()}
    names = [str(n) for n in measures["measure"].unique()]
    waves = {n: next((w for w in _LATER if (n, w) in held), "") for n in names}
    plan: dict[str, Any] = {}
    outcomes = [n for n in names if waves[n] and (n, "baseline") in held]
    if outcomes:
        plan["outcomes"] = [{"measure": n, "wave": waves[n], "primary": n == outcomes[0]} for n in outcomes]
    theirs = measures[measures["child_id"].isin(compared["child_id"]) & (measures["wave"] == "baseline")]
    covariates = [f"{n}_baseline" for n in names if (theirs["measure"] == n).any()]
    kinds = compared["comparison_type"].dropna() if "comparison_type" in compared else pd.Series(dtype="str")
    if covariates and not kinds.empty:
        traits = [t for t in _TRAITS if t in children and children[t].notna().mean() >= _KNOWN]
        varied = [t for t in traits if len(children[t].dropna().unique()) > 1]
        plan["matching"] = {
            "formula": "programme ~ " + " + ".join([*covariates, *varied]),
            "comparison": str(kinds.mode().iloc[0]),
        }
    return plan
