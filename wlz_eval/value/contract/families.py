"""Families in need by the Supporting Families programme: in no area, one, two, or more, by six areas and by ten."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.errors import CohortError, Problem, nearest_names
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.reference.families import family_areas

__all__ = ["Families", "families"]

#: How many areas a family meets, in words, as West London Zone counts them.
LEVELS: tuple[str, ...] = ("none", "one", "two or more")
COLUMNS = ("framework", "wave", "areas", "families", "of", "percent")


@dataclass(frozen=True, kw_only=True, repr=False)
class Families(Result):
    """Families of the programme's children by how many areas of need they meet.

    Parameters
    ----------
    rows : DataFrame
        ``framework`` (six areas, ten areas, or a local one), ``wave``, ``areas`` (none, one, two or more),
        ``families``, ``of`` (all families with a record), ``percent``.
    """

    rows: pd.DataFrame

    title = "Families by areas of need"

    def table(self) -> pd.DataFrame:
        """One row a framework, wave and number of areas."""
        return self.rows

    def findings(self) -> list[Finding]:
        """Return the share of families in each class; each family stands for at least one child."""
        return [
            Finding(
                finding_id=f"contract.families.{r['framework'].split()[0]}.{r['wave']}.{r['areas'].replace(' ', '_')}",
                quantity="share_of_families", estimate=r["percent"], unit="percent", claim="description",
                wave=r["wave"], group="programme", subgroup=f"{r['areas']} of {r['framework']}",
                n_programme=int(r["of"]), method="areas of need that the family meets",
            )
            for r in self.rows.to_dict(orient="records")
            if math.isfinite(r["percent"])
        ]


def _check(table: pd.DataFrame) -> None:
    known = family_areas()
    problems = []
    pairs = zip(table["framework"].astype(str), table["area"].astype(str), strict=True)
    for row, (framework, area) in enumerate(pairs, 2):
        if framework in known and area not in {a.area for a in known[framework]}:
            names = [a.area for a in known[framework]]
            near = nearest_names(area, names)
            hint = f"Did you mean {near[0]}? " if near else ""
            problems.append(
                Problem(table="family_needs", row=row, column="area", value=area,
                        message=f"the framework of {framework} areas has no such area",
                        remedy=f"{hint}Valid: {', '.join(names)}.")
            )
    if problems:
        raise CohortError(problems)


def families(cohort: Cohort, frame: AnalysisFrame) -> Families:
    """Count the programme's families by how many areas of need they meet.

    Parameters
    ----------
    cohort : Cohort
        With ``family_needs``, where ``met`` says that the family meets the area's criterion, which is that it has the
        need. A framework of another name is a local one and is counted by itself. Without the table there are no
        rows.
    frame : AnalysisFrame
        Says which children are the programme's.

    Raises
    ------
    CohortError
        For an area that the framework of six or of ten areas does not have.
    """
    if not cohort.has("family_needs") or "household_id" not in cohort.children:
        return Families(rows=pd.DataFrame(columns=list(COLUMNS)))
    own = frame.data.index[frame.data["programme"] == 1].astype(str)
    children = cohort.children
    homes = set(children.loc[children["child_id"].astype(str).isin(own), "household_id"].dropna().astype(str))
    table = cohort["family_needs"]
    _check(table)
    table = table[table["household_id"].astype(str).isin(homes) & table["met"].notna()]
    met = table.assign(
        framework=table["framework"].astype(str),
        wave=table["wave"].astype(str),
        home=table["household_id"].astype(str),
        met=table["met"].astype(bool),
    )
    rows = []
    names = [*family_areas(), *sorted(set(met["framework"]) - set(family_areas()))]
    for framework in names:
        for wave in WAVES:
            here = met[(met["framework"] == framework) & (met["wave"] == wave)]
            if not len(here):
                continue
            count = here.groupby("home")["met"].sum().clip(upper=len(LEVELS) - 1)
            label = f"{framework} areas" if framework in family_areas() else framework
            for k, level in enumerate(LEVELS):
                n = int((count == k).sum())
                rows.append((label, wave, level, n, len(count), 100 * n / len(count)))
    return Families(rows=pd.DataFrame(rows, columns=list(COLUMNS)))
