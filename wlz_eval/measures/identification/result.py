"""Describe who the children are, and whether the right ones were identified."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import at_programme_schools
from wlz_eval.measures.identification.figures import plot_areas
from wlz_eval.measures.identification.rules import capital
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress import level_unit
from wlz_eval.measures.risk import risk_count, risk_flags

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Identification", "identification"]

#: What West London Zone counts as high and very high need: areas at risk.
HIGH, VERY_HIGH = 3, 5
#: More than this share of children is said as "most" of them.
MOST = 0.5


@dataclass(frozen=True, kw_only=True, repr=False)
class Identification(Result):
    """Risks of the programme's children and of the comparison pool.

    Parameters
    ----------
    areas : DataFrame
        One row an area: children assessed and share at risk, by group.
    counts : DataFrame
        One row a number of areas at risk: children of each group.
    profile : DataFrame
        One row a characteristic held as a number: mean by group.
    agreement : DataFrame
        Children of programme schools by what rules and teachers said; empty when one of them is not held.
    numbers : dict
        Headline numbers.
    evidence : str
        Whether the data are measured or simulated.
    """

    areas: pd.DataFrame
    counts: pd.DataFrame
    profile: pd.DataFrame
    agreement: pd.DataFrame
    numbers: dict[str, float]
    evidence: Evidence = "measured"

    title = "Share of children at risk, by area"

    @property
    def answer(self) -> str:
        """Template of the answer; its placeholders are those of :meth:`words`."""
        if not self.numbers["assessed"]:
            return (
                "The plan names no rules of risk that these data can answer, so this page only says who the "
                "children are."
            )
        text = "Programme children were at risk in {mean} areas on average"
        text += "; {high} of them were at risk in three or more." if "high" in self.numbers else "."
        if "pool_high" in self.numbers:
            text += " Of the comparison children, {pool} were."
        return text

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answer's placeholders, from recorded findings."""
        return {
            name: facts.get(f"identification.{finding}")
            for name, finding in (
                ("mean", "risks.mean"),
                ("high", "risks.three_or_more"),
                ("pool", "pool.three_or_more"),
            )
        }

    @property
    def chosen_how(self) -> tuple[str, ...]:
        """Sentence on children whom the rules did not pick, with placeholder ``beyond``; none where not held."""
        if self.agreement.empty:
            return ()
        share = "most of" if self.numbers.get("beyond_nominated", 0.0) > MOST else "fewer than half of"
        return (
            f"{{beyond}} of the programme's children were not picked by the rules; teachers put forward {share} these.",
        )

    def table(self) -> pd.DataFrame:
        """Return the share at risk in each area, by group."""
        return self.areas

    def plot(self) -> Figure:
        """Draw the share at risk in each area, by group."""
        return plot_areas(self.areas)

    def findings(self) -> list[Finding]:
        """Return risks per child, shares in high need, and shares at risk in each area."""
        n = self.numbers
        own = int(n["assessed"])
        common: dict[str, Any] = {"claim": "description", "group": "programme", "evidence": self.evidence}
        found = []
        if own:
            found.append(
                Finding(
                    finding_id="identification.risks.mean",
                    quantity="areas_at_risk_for_each_child",
                    estimate=n["mean"],
                    unit="ratio",
                    n_programme=own,
                    method="mean over children with every area known",
                    **common,
                )
            )
            for key, name in (("high", "three_or_more"), ("very_high", "five_or_more")):
                if key in n:
                    found.append(
                        Finding(
                            finding_id=f"identification.risks.{name}",
                            quantity=f"at_risk_in_{name}_areas",
                            estimate=100 * n[key],
                            unit="percent",
                            n_programme=own,
                            **common,
                        )
                    )
        pool = int(n["pool_assessed"])
        if pool and "pool_high" in n:
            found.append(
                Finding(
                    finding_id="identification.pool.three_or_more",
                    quantity="at_risk_in_three_or_more_areas",
                    estimate=100 * n["pool_high"],
                    unit="percent",
                    n_comparison=pool,
                    claim="description",
                    group="comparison",
                    evidence=self.evidence,
                )
            )
        if n.get("high_in_schools"):
            found.append(
                Finding(
                    finding_id="identification.reached",
                    quantity="on_the_programme_of_pupils_in_high_need_at_its_schools",
                    estimate=100 * n["reached"],
                    unit="percent",
                    claim="description",
                    evidence=self.evidence,
                    n_programme=int(n["high_in_schools"]),
                    group="programme",
                    note="Of pupils at risk in three or more areas in the programme's own schools.",
                )
            )
        for row in self.areas.to_dict(orient="records"):
            if row["programme_n"] > 0:
                found.append(
                    Finding(
                        finding_id=f"identification.area.{row['area']}",
                        quantity=f"at_risk_in_{row['area']}",
                        estimate=row["programme_percent"],
                        unit="percent",
                        n_programme=int(row["programme_n"]),
                        **common,
                    )
                )
        if n.get("nominated_only_n"):
            found.append(
                Finding(
                    finding_id="identification.beyond_rules",
                    quantity="on_the_programme_though_the_rules_did_not_pick_them",
                    estimate=100 * n["nominated_only"],
                    unit="percent",
                    n_programme=int(n["nominated_only_n"]),
                    **common,
                )
            )
        return found


def _area_table(flags: pd.DataFrame, programme: pd.Series) -> pd.DataFrame:
    rows = []
    for area in flags.columns:
        row: dict[str, Any] = {"area": area, "label": capital(area)}
        for group, members in (("programme", programme), ("comparison", ~programme)):
            known = flags.loc[members, area].dropna()
            row[f"{group}_n"] = len(known) or math.nan
            row[f"{group}_percent"] = 100 * float(known.mean()) if len(known) else math.nan
        rows.append(row)
    return pd.DataFrame(
        rows,
        columns=["area", "label", "programme_n", "programme_percent", "comparison_n", "comparison_percent"],
    )


def _count_table(count: pd.Series, programme: pd.Series, areas: int) -> pd.DataFrame:
    groups = {"programme": count[programme].dropna(), "comparison": count[~programme].dropna()}
    rows = [
        {
            "risks": k,
            **{name: int((known == k).sum()) if len(known) else math.nan for name, known in groups.items()},
        }
        for k in range(areas + 1 if areas else 0)
    ]
    return pd.DataFrame(rows, columns=["risks", "programme", "comparison"])


def _profile(cohort: Cohort, data: pd.DataFrame) -> pd.DataFrame:
    programme = data["programme"] == 1
    rows = []
    for column in data.columns:
        if not column.endswith("_baseline") or column.endswith("_pre_baseline"):
            continue
        facts = cohort.measure(column.removesuffix("_baseline"))
        row: dict[str, Any] = {"column": column, "label": facts.label, "unit": level_unit(cast(Unit, facts.unit))}
        for group, members in (("programme", programme), ("comparison", ~programme)):
            known = data.loc[members, column].dropna()
            row |= {f"{group}_n": len(known), group: float(known.mean()) if len(known) else math.nan}
        rows.append(row)
    return pd.DataFrame(rows, columns=PROFILE)


PROFILE = ["column", "label", "unit", "programme", "programme_n", "comparison", "comparison_n"]


def _agreement(data: pd.DataFrame) -> pd.DataFrame:
    columns = ["rules", "teachers", "programme", "not_on_programme"]
    if not {"identified", "teacher_nominated"} <= set(data.columns):
        return pd.DataFrame(columns=columns)
    asked = data.dropna(subset=["identified", "teacher_nominated"])
    if asked.empty or not asked["teacher_nominated"].any():
        return pd.DataFrame(columns=columns)
    words = {1.0: "yes", 0.0: "no"}
    rows = [
        {
            "rules": words[r],
            "teachers": words[t],
            "programme": int(
                ((asked["identified"] == r) & (asked["teacher_nominated"] == t) & (asked["programme"] == 1)).sum()
            ),
            "not_on_programme": int(
                ((asked["identified"] == r) & (asked["teacher_nominated"] == t) & (asked["programme"] == 0)).sum()
            ),
        }
        for r in (1.0, 0.0)
        for t in (1.0, 0.0)
    ]
    return pd.DataFrame(rows, columns=columns)


def _numbers(data: pd.DataFrame, count: pd.Series, areas: int) -> dict[str, float]:
    programme = data["programme"] == 1
    own, pool = count[programme].dropna(), count[~programme].dropna()
    numbers: dict[str, float] = {
        "assessed": len(own),
        "pool_assessed": len(pool),
        "mean": float(own.mean()) if len(own) else math.nan,
    }
    for key, level in (("high", HIGH), ("very_high", VERY_HIGH)):
        if areas >= level and len(own):
            numbers[key] = float((own >= level).mean())
        if areas >= level and len(pool):
            numbers[f"pool_{key}"] = float((pool >= level).mean())
    if areas >= HIGH:
        here = at_programme_schools(data, programme)
        same = here & ~programme
        needy = here & (count >= HIGH)
        if same.any() and count[same].notna().any():
            numbers |= {"high_in_schools": int(needy.sum()), "reached": float(programme[needy].mean())}
    if {"identified", "teacher_nominated"} <= set(data.columns):
        asked = data[programme].dropna(subset=["identified", "teacher_nominated"])
        if len(asked) and asked["teacher_nominated"].any():
            numbers |= {
                "nominated_only_n": len(asked),
                "nominated_only": float((asked["identified"] == 0).mean()),
                "beyond_nominated": float(asked.loc[asked["identified"] == 0, "teacher_nominated"].mean()),
            }
    return numbers


def identification(cohort: Cohort, frame: AnalysisFrame, rules: Sequence[RiskRule]) -> Identification:
    """Describe who is on the programme, and whether those in most need are.

    Parameters
    ----------
    cohort : Cohort
        For what each measure is.
    frame : AnalysisFrame
        One row a child.
    rules : sequence of RiskRule
        The plan's rules; without any, only the profile is made.

    Returns
    -------
    Identification
        Risks by area and child, profile of both groups, agreement of rules and teachers.
    """
    data = frame.data
    programme = data["programme"] == 1
    flags = risk_flags(frame, rules)
    count = risk_count(flags) if len(flags.columns) else pd.Series(np.nan, index=data.index)
    return Identification(
        areas=_area_table(flags, programme),
        counts=_count_table(count, programme, len(flags.columns)),
        profile=_profile(cohort, data),
        agreement=_agreement(data),
        numbers=_numbers(data, count, len(flags.columns)),
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
    )
