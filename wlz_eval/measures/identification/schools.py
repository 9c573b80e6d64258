"""Who the children are: the programme's, school by school and together, beside other pupils."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import at_programme_schools
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.risk import risk_count, risk_flags

__all__ = ["SchoolProfile", "school_letter", "school_profile"]

#: Characteristics shown, and which values count as yes.
SHOWN: dict[str, tuple[Any, ...]] = {
    "boys": ("male", "boy", "m"), "fsm": (1.0,), "sen": ("support", "ehcp"), "eal": (1.0,), "social_care": (1.0,),
}
COLUMN_OF = {"boys": "gender"}


@dataclass(frozen=True, kw_only=True, repr=False)
class SchoolProfile(Result):
    """Profile of the children.

    Parameters
    ----------
    groups : DataFrame
        One row a group (programme, other pupils of its schools, pupils of other schools): ``label``, ``children``,
        ``years``, ``areas`` (average areas at risk) with ``areas_n``, and for ``boys``, ``fsm``, ``sen``, ``eal``,
        ``social_care`` the percent and, as ``_n``, of how many it is known.
    schools : DataFrame
        The same of the programme's children of each school, named School A, School B and so on; schools with few of
        them together.
    """

    groups: pd.DataFrame
    schools: pd.DataFrame

    title = "Profile of the children"

    def table(self) -> pd.DataFrame:
        """Return groups, then schools."""
        return pd.concat([self.groups, self.schools], ignore_index=True)


def school_letter(position: int) -> str:
    """Name a school by its position.

    Examples
    --------
    >>> school_letter(0), school_letter(25), school_letter(26)
    ('School A', 'School Z', 'School AA')
    """
    letters, left = "", position
    while left >= 0:
        letters, left = chr(ord("A") + left % 26) + letters, left // 26 - 1
    return f"School {letters}"


def _year_order(year: str) -> tuple[int, str]:
    return (int(year), "") if year.isdigit() else (-1, year)


def _years(rows: pd.DataFrame) -> str:
    if "year_group" not in rows or rows["year_group"].isna().all():
        return "not held"
    years = sorted(rows["year_group"].dropna().astype(str).unique(), key=_year_order)
    return years[0] if len(years) == 1 else f"{years[0]} to {years[-1]}"


def _row(label: str, rows: pd.DataFrame, count: pd.Series) -> dict[str, Any]:
    known_count = count.reindex(rows.index).dropna()
    row: dict[str, Any] = {
        "label": label, "children": len(rows), "years": _years(rows), "areas_n": len(known_count),
        "areas": float(known_count.mean()) if len(known_count) else math.nan,
    }
    for name, yes in SHOWN.items():
        column = COLUMN_OF.get(name, name)
        known = rows[column].dropna() if column in rows else pd.Series(dtype=object)
        row |= {name: 100 * float(known.isin(yes).mean()) if len(known) else math.nan, f"{name}_n": len(known)}
    return row


COLUMNS = ("label", "children", "years", "areas_n", "areas", *(n + end for n in SHOWN for end in ("", "_n")))


def school_profile(frame: AnalysisFrame, rules: Sequence[RiskRule], *, threshold: int = 10) -> SchoolProfile:
    """Describe the children by school, and the programme's beside other pupils.

    Parameters
    ----------
    frame : AnalysisFrame
    rules : sequence of RiskRule
        For the average number of areas at risk.
    threshold : int
        Schools with fewer of the programme's children are put together.

    Returns
    -------
    SchoolProfile

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 1, 0], "school_id": ["s9", "s9", "s1"], "fsm": [1.0, 0.0, 0.0]})
    >>> found = school_profile(AnalysisFrame(data, pd.DataFrame()), (), threshold=1)
    >>> found.schools[["label", "children", "fsm"]].values.tolist()
    [['School A', 2, 50.0]]
    """
    data = frame.data
    flags = risk_flags(data, rules)
    count = risk_count(flags) if len(flags.columns) else pd.Series(math.nan, index=data.index)
    own = data["programme"] == 1
    here = at_programme_schools(data, own)
    groups = [
        ("Programme children", own), ("Other pupils of the same schools", here & ~own),
        ("Other comparison pupils", ~here),
    ]
    rows = [_row(label, data[members], count) for label, members in groups if members.any()]
    return SchoolProfile(
        groups=pd.DataFrame(rows, columns=list(COLUMNS)),
        schools=pd.DataFrame(_school_rows(data[own], count, threshold), columns=list(COLUMNS)),
    )


def _school_rows(children: pd.DataFrame, count: pd.Series, threshold: int) -> list[dict[str, Any]]:
    if "school_id" not in children:
        return []
    names = children["school_id"].astype(str)
    sizes = names.value_counts()
    large = sorted(sizes.index[sizes >= threshold])
    rows = [_row(school_letter(i), children[names == name], count) for i, name in enumerate(large)]
    rest = children[~names.isin(large)]
    return [*rows, _row("All other schools together", rest, count)] if len(rest) else rows
