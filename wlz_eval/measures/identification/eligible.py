"""Whom the programme's children were chosen from: the pupils of its schools, and what can be read of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.risk import risk_flags

__all__ = ["FEWEST_OTHERS", "Eligible", "at_programme_schools", "eligible_pupils", "school_codes"]

#: An area is read for all pupils when it is known of at least this share of those not on the programme.
MOSTLY_KNOWN = 0.5
#: Fewest other pupils of the schools without whom nobody can say who else might have been chosen.
FEWEST_OTHERS = 20


@dataclass(frozen=True)
class Eligible:
    """Pupils of the programme's schools of whom every area that is read for all is known.

    Parameters
    ----------
    data : DataFrame
        Their rows of the analysis frame.
    flags : DataFrame of bool
        Their areas at risk: areas read for all pupils only.
    rules : tuple of RiskRule
        The rules of those areas.
    unread : tuple of str
        Areas of the plan that are not known of the other pupils.
    incomplete : int
        Pupils left out because one of the areas read for all is not known of them.
    """

    data: pd.DataFrame
    flags: pd.DataFrame
    rules: tuple[RiskRule, ...]
    unread: tuple[str, ...]
    incomplete: int

    @property
    def programme(self) -> npt.NDArray[np.bool_]:
        """Whether each pupil was on the programme."""
        return np.asarray(self.data["programme"] == 1, dtype=bool)

    @property
    def school(self) -> npt.NDArray[np.intp]:
        """School of each pupil, as a code."""
        return school_codes(self.data)

    @property
    def enough(self) -> bool:
        """Whether there are other pupils, and areas, so that it can be said who else might have been chosen."""
        return bool(len(self.flags.columns)) and int((~self.programme).sum()) >= FEWEST_OTHERS

    @property
    def why_not(self) -> str:
        """Sentence for when there are not enough of them."""
        if self.unread and not len(self.flags.columns):
            return (
                "None of the plan's areas of risk is known of the other pupils of these schools, so it cannot be said "
                "who else might have been chosen."
            )
        if not len(self.flags.columns):
            return "The plan names no rules of risk, so it cannot be said whom rules would have chosen."
        return (
            "The tables do not hold the other pupils of the programme's schools, so it cannot be said who else might "
            "have been chosen."
        )

    @property
    def caution(self) -> str:
        """Sentence on areas that could not be read for all pupils; empty when there are none."""
        if not self.unread or not len(self.flags.columns):
            return ""
        names = ", ".join(area.replace("_", " ") for area in self.unread)
        return f"Left out, because not known of the other pupils: {names}."


def school_codes(data: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Return the school of each row as a code; one school where the tables name none."""
    if "school_id" not in data:
        return np.zeros(len(data), dtype=np.intp)
    return np.asarray(pd.factorize(data["school_id"].astype(str), sort=True)[0], dtype=np.intp)


def at_programme_schools(rows: pd.DataFrame, programme: pd.Series) -> pd.Series:
    """Mark the programme's children and the other pupils of their schools, in the frame or the children table."""
    if "comparison_type" in rows:
        others = (rows["comparison_type"] == "same_school").fillna(False).astype(bool)
    elif "school_id" in rows:
        others = rows["school_id"].isin(rows.loc[programme, "school_id"].dropna().unique())
    else:
        others = pd.Series(False, index=rows.index)
    return programme | others


def eligible_pupils(frame: AnalysisFrame, rules: Sequence[RiskRule]) -> Eligible:
    """Find the pupils of the programme's schools, and the areas of risk that are known of all of them.

    Parameters
    ----------
    frame : AnalysisFrame
    rules : sequence of RiskRule

    Returns
    -------
    Eligible

    Examples
    --------
    >>> data = pd.DataFrame({"programme": [1, 0, 0], "comparison_type": [None, "same_school", "other_school"],
    ...                      "fsm": [1.0, 0.0, 1.0]})
    >>> found = eligible_pupils(AnalysisFrame(data, pd.DataFrame()), [RiskRule(area="money", column="fsm", equals=1)])
    >>> len(found.data), found.flags["money"].tolist()
    (2, [True, False])
    """
    here = at_programme_schools(frame.data, frame.data["programme"] == 1)
    data = frame.data[here.to_numpy(dtype=bool)].sort_index()
    flags = risk_flags(data, rules)
    others = (data["programme"] == 0).to_numpy(dtype=bool)
    known = flags[others].notna().mean() if others.any() else flags.notna().mean()
    areas = [str(area) for area in flags.columns if known[area] >= MOSTLY_KNOWN]
    complete = flags[areas].notna().all(axis=1).to_numpy(dtype=bool)
    return Eligible(
        data=data[complete],
        flags=flags.loc[complete, areas].astype(bool),
        rules=tuple(rule for rule in rules if rule.area in areas),
        unread=tuple(str(area) for area in flags.columns if area not in areas),
        incomplete=int((~complete).sum()),
    )
