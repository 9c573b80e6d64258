"""Who is at risk, area by area, by the plan's rules."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.measures.frame import FLAGS, AnalysisFrame
from wlz_eval.measures.options import RiskRule

__all__ = ["at_risk", "risk_count", "risk_flags"]

YES_IS = "Write a number; of yes and no, 1 is yes and 0 is no."


def at_risk(values: pd.Series, rule: RiskRule) -> pd.Series:
    """Apply one rule to one column; a missing value stays missing.

    Parameters
    ----------
    values : Series
        The rule's column of the analysis frame.
    rule : RiskRule
        What counts as at risk.

    Returns
    -------
    Series of boolean
        True, False, or missing where the value is not known.

    Examples
    --------
    >>> rule = RiskRule(area="attendance", column="attendance_baseline", below=96)
    >>> at_risk(pd.Series([95.9, 96.0, None]), rule).tolist()
    [True, False, <NA>]
    """
    _same_kind(values, rule)
    if rule.below is not None:
        flag = values.astype(float) < rule.below
    elif rule.at_least is not None:
        flag = values.astype(float) >= rule.at_least
    else:
        flag = values == rule.equals
    return flag.astype("boolean").mask(values.isna())


def _same_kind(values: pd.Series, rule: RiskRule) -> None:
    """Refuse a number asked of words, or a word of numbers: such a rule would find nobody, and look like an answer.

    Only kinds are judged, not which values there are: rules are applied to parts of a cohort too.
    """
    known = values.dropna()
    if known.empty:
        return
    number = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    where = f"The risk rule for {rule.area} on column {rule.column!r}"
    if not number and not isinstance(rule.equals, str):
        found = ", ".join(sorted(map(str, known.unique()))[:8])
        raise OptionError(f"{where} asks for a number, and the column holds words ({found}): write equals and a word.")
    if number and isinstance(rule.equals, str):
        raise OptionError(f"{where} asks for the word {rule.equals!r}, and the column holds numbers. {YES_IS}")
    if rule.column in FLAGS and rule.equals not in (None, 0, 1):
        raise OptionError(f"{where} asks for {rule.equals!r}, and the column holds yes and no. {YES_IS}")


def risk_flags(frame: AnalysisFrame | pd.DataFrame, rules: Sequence[RiskRule]) -> pd.DataFrame:
    """Flag each child's risk in each area.

    Where an area has several rules, one that holds is enough; a child is "not at risk" only when every rule
    of the area is known not to hold.

    Parameters
    ----------
    frame : AnalysisFrame or DataFrame
        One row a child.
    rules : sequence of RiskRule
        The plan's rules.

    Returns
    -------
    DataFrame of boolean
        Indexed as the frame, one column an area, in the order of the rules.

    Raises
    ------
    OptionError
        When a rule names a column that the frame does not have.

    Examples
    --------
    >>> data = pd.DataFrame({"english_baseline": [80.0, 100.0], "fsm": [1.0, 0.0]})
    >>> rules = [RiskRule(area="english", column="english_baseline", below=87.38),
    ...          RiskRule(area="money", column="fsm", equals=1, outcome_area=False)]
    >>> risk_flags(data, rules).sum(axis=1).tolist()
    [2, 0]
    """
    data = frame.data if isinstance(frame, AnalysisFrame) else frame
    areas: dict[str, pd.Series] = {}
    for rule in rules:
        if rule.column not in data:
            raise OptionError(
                f"The risk rule for {rule.area} names column {rule.column!r}, which these data lack. "
                f"{suggestion(rule.column, [str(c) for c in data.columns])}"
            )
        flag = at_risk(data[rule.column], rule)
        # Three-valued "or": true wins over missing, missing over false.
        areas[rule.area] = areas[rule.area] | flag if rule.area in areas else flag
    return pd.DataFrame(areas, index=data.index)


def risk_count(flags: pd.DataFrame) -> pd.Series:
    """Count each child's areas at risk; missing when any area is not known.

    A count over the known areas alone would call a child safe for want of data.
    """
    known = flags.notna().all(axis=1).to_numpy(dtype=bool)
    count = flags.fillna(False).astype(bool).sum(axis=1).to_numpy(dtype=float)
    return pd.Series(np.where(known, count, np.nan), index=flags.index, name="risks")
