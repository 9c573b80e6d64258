"""Partners by the six levels of the delivery practice framework."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.planned import natural_order, partner_names
from wlz_eval.reference.delivery import practice_levels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LEVELS", "PracticeProfile", "practice_profile"]

LEVELS = ("level", "label", "evidence", "meets", "does_not", "not_known")
WORDS = {True: "yes", False: "no"}
NOT_KNOWN = "not known"
#: Levels that must be met before more intensity is expected to help: practice and engagement, then intensity.
PRACTICE, ENGAGEMENT, INTENSITY = 2, 3, 4


@dataclass(frozen=True, kw_only=True, repr=False)
class PracticeProfile(Result):
    """How many partners meet each level, and which.

    Parameters
    ----------
    levels : DataFrame
        One row a level: ``level``, ``label``, ``evidence``, and how many partners it ``meets``, ``does_not`` or is
        ``not_known`` of.
    partners : DataFrame
        One row a partner, by name: ``group``, one column a level (``level_1`` …: yes, no, not known), ``met`` of those
        known. Facts about organisations, never about children.
    ahead : int
        Partners whose intensity is as planned although practice or engagement is not.
    """

    levels: pd.DataFrame
    partners: pd.DataFrame
    ahead: int

    title = "Partners by level of the delivery practice framework"

    def table(self) -> pd.DataFrame:
        """Return one row a level."""
        return self.levels

    def plot(self) -> Figure:
        """Draw partners by level."""
        from wlz_eval.engagement.delivery.figures import draw_levels

        return draw_levels(self.levels)

    def findings(self) -> list[Finding]:
        """Return how many partners meet each level, all of them, and intensity without what it builds on."""
        if self.levels.empty:
            return []
        known = self.partners.drop(columns=["group", "met"])
        made = [(f"level_{row['level']}", str(row["label"]), int(row["meets"])) for _, row in self.levels.iterrows()]
        made.append(("partners", "all partners", len(self.partners)))
        made.append(("all_levels", "every level", int((known == WORDS[True]).all(axis=1).sum())))
        made.append(("ahead", "intensity without practice or engagement", self.ahead))
        return [
            Finding(
                finding_id=f"delivery.practice.{name}", quantity="count", unit="count", claim="description",
                estimate=float(value), subgroup=what, method="count of partners",
            )
            for name, what, value in made
        ]

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say how many partners meet all levels: a template and its values."""
        if self.levels.empty:
            return "These data do not say which levels of the delivery practice framework partners meet.", {}
        words = {f.finding_id.rsplit(".", 1)[1]: f for f in self.findings()}
        text = "{all_levels:number} of {partners:number} partners are recorded as meeting every level of the framework."
        if self.ahead:
            text += (
                " In {ahead:number}, intensity is as planned although practice or engagement is not: the framework "
                "expects little of more support until those are in place."
            )
        return text, words


def practice_profile(cohort: Cohort) -> PracticeProfile:
    """Count the partners that meet each of the six levels.

    Parameters
    ----------
    cohort : Cohort
        Its partners table may lack levels, or be absent: then they are not known.

    Returns
    -------
    PracticeProfile
        Empty when no level is recorded of any partner.
    """
    steps = practice_levels()
    table = cohort["partners"] if cohort.has("partners") else pd.DataFrame()
    if not any(step.column in table and table[step.column].notna().any() for step in steps):
        partners = pd.DataFrame(columns=["group", *(f"level_{step.level}" for step in steps), "met"])
        return PracticeProfile(levels=pd.DataFrame(columns=list(LEVELS)), partners=partners, ahead=0)
    names = partner_names(cohort)
    known = pd.DataFrame({"group": [names[str(i)] for i in table["partner_id"]]})
    for step in steps:
        given = table[step.column] if step.column in table else pd.Series(pd.NA, index=table.index)
        known[f"level_{step.level}"] = [NOT_KNOWN if pd.isna(v) else WORDS[bool(v)] for v in given]
    known = known.sort_values("group", key=lambda s: s.map(natural_order), ignore_index=True)
    columns = [f"level_{step.level}" for step in steps]
    known["met"] = (known[columns] == WORDS[True]).sum(axis=1)
    rows = []
    for step, column in zip(steps, columns, strict=True):
        counts = [int((known[column] == word).sum()) for word in (WORDS[True], WORDS[False], NOT_KNOWN)]
        rows.append((step.level, step.label, step.evidence, *counts))
    below = (known[[f"level_{PRACTICE}", f"level_{ENGAGEMENT}"]] == WORDS[False]).any(axis=1)
    ahead = int((below & (known[f"level_{INTENSITY}"] == WORDS[True])).sum())
    return PracticeProfile(levels=pd.DataFrame(rows, columns=list(LEVELS)), partners=known, ahead=ahead)
