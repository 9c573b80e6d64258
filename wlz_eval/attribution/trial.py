"""Whether a plan's design can be made of a cohort, before anybody makes it: what a check of the plan says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from wlz_eval.attribution.make import make_design
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.units import number_column, read_units
from wlz_eval.core.errors import DesignError, OptionError, Problem, WlzEvalError
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["trial_problems"]

#: Children of each group on whom the options are tried.
TRIED = 200


def trial_problems(frame: AnalysisFrame, matching: MatchingOptions, table: str = "plan.yaml") -> list[Problem]:
    """List what would keep the plan's own design from being made, and covariates that would be left out of it.

    Reads the covariates of every child whom the plan compares, and tries the options on a few hundred of them. No
    outcome is read, and nothing of the trial is kept: whether the groups come out alike is not looked at.

    Parameters
    ----------
    frame : AnalysisFrame
    matching : MatchingOptions
    table : str
        Name of the plan's file.

    Returns
    -------
    list of Problem
        Covariates that are the same for every child are warnings: the design drops them, and says so.
    """
    children = _compared(frame, matching)
    if isinstance(children, str):
        return [Problem(table=table, column="matching.comparison", value=matching.comparison, message=children,
                        remedy="Change it to one that the cohort has.")]  # fmt: skip
    try:
        units = read_units(matching.formula, children, matching.missing)
    except WlzEvalError as error:
        return [_problem(table, "matching.formula", error)]
    found = [
        Problem(
            table=table, column="matching.formula", value=name, fatal=False,
            message="this covariate is the same for every child who is compared",
            remedy="It is left out of the design; take it out of the formula.",
        )
        for name in units.formula.columns
        if not any(column == name or str(column).startswith(f"{name}: ") for column in units.covariates.balance)
    ]
    limits = matching.caliper if isinstance(matching.caliper, dict) else {}
    for name in (name for name in limits if name != "distance"):
        try:
            number_column(units.frame, name, "caliper")
        except WlzEvalError as error:
            found.append(_problem(table, f"matching.caliper.{name}", error))
    return found or _tried(children, matching, table)


def _compared(frame: AnalysisFrame, matching: MatchingOptions) -> pd.DataFrame | str:
    """Baseline columns of the children whom the plan compares, or what is wrong with whom it names."""
    data = frame.data
    kinds = data["comparison_type"].astype(object) if "comparison_type" in data else pd.Series(None, data.index)
    pool = (data["programme"] == 0) & (kinds == matching.comparison)
    if not pool.any():
        held = sorted({str(kind) for kind in kinds[data["programme"] == 0].dropna()})
        return f"the cohort has no comparison child of this type; it has {', '.join(held) or 'none of any type'}"
    return data.loc[(data["programme"] == 1) | pool, ["programme", *frame.baseline_columns]]


def _tried(children: pd.DataFrame, matching: MatchingOptions, table: str) -> list[Problem]:
    """Try the options on the first children of each group by label."""
    few = children.sort_index().groupby("programme", sort=True).head(TRIED)
    options: dict[str, Any] = {**matching.engine_options(matching.comparison), "seed": 0}
    try:
        make_design(matching.formula, few, **options)
    except OptionError as error:
        return [_problem(table, "matching", error)]
    except DesignError:
        # So few children may have nobody to be compared with; what all of them have is for the analysis to say.
        return []
    return []


def _problem(table: str, column: str, error: WlzEvalError) -> Problem:
    message, _, remedy = str(error).rstrip(".").partition(". ")
    return Problem(table=table, column=column, message=message, remedy=f"{remedy or 'Correct this key'}.")
