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
from wlz_eval.measures.identification.figures import plot_areas
from wlz_eval.measures.identification.picking import areas_words
from wlz_eval.measures.identification.rules import capital
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.measures.progress import level_unit
from wlz_eval.measures.risk import risk_count, risk_flags

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Identification", "identification"]

#: Areas at risk that West London Zone counts as high need, and as very high; a plan's own rule may ask for others.
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
    asked : int
        Areas at risk that the plan's rule asks for (``identification.areas``).
    evidence : str
        Whether the data are measured or simulated.
    """

    areas: pd.DataFrame
    counts: pd.DataFrame
    profile: pd.DataFrame
    agreement: pd.DataFrame
    numbers: dict[str, float]
    asked: int = HIGH
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
        if "plan" not in self.numbers:
            return f"{text}. The plan's rule asks for {areas_words(self.asked)}, which is more than these data hold."
        text += f"; {{plan}} of them were at risk in {areas_words(self.asked)}, which is the plan's rule"
        if self.asked == HIGH:
            text += " and what West London Zone counts as high need"
        text += "."
        if "pool_plan" in self.numbers:
            text += " Of the comparison children, {pool} were."
        # Of three areas held, all three would be "high": that is not what West London Zone counts, of eight.
        if self.asked != HIGH and "high" in self.numbers and len(self.areas) > HIGH:
            text += f" West London Zone counts {areas_words(HIGH)} as high need: {{high}} of the programme's children."
        return text

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answer's placeholders, from recorded findings."""
        return {
            name: facts.get(f"identification.{finding}")
            for name, finding in (
                ("mean", "risks.mean"), ("plan", "risks.plan"), ("pool", "pool.plan"), ("high", "risks.three_or_more"),
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

    @property
    def _levels(self) -> tuple[tuple[str, str, str], ...]:
        """Numbers of areas that are reported: key of the number, end of the finding's id, and words."""
        return (
            ("plan", "plan", areas_words(self.asked).replace(" ", "_")),
            ("high", "three_or_more", "three_or_more_areas"),
            ("very_high", "five_or_more", "five_or_more_areas"),
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
            for key, name, what in self._levels:
                if key in n:
                    found.append(
                        Finding(
                            finding_id=f"identification.risks.{name}",
                            quantity=f"at_risk_in_{what}",
                            estimate=100 * n[key],
                            unit="percent",
                            n_programme=own,
                            **common,
                        )
                    )
        pool = int(n["pool_assessed"])
        if pool and "pool_plan" in n:
            found.append(
                Finding(
                    finding_id="identification.pool.plan",
                    quantity=f"at_risk_in_{self._levels[0][2]}",
                    estimate=100 * n["pool_plan"],
                    unit="percent",
                    n_comparison=pool,
                    claim="description",
                    group="comparison",
                    evidence=self.evidence,
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
    """Count the pupils by what rules and teachers said, whether or not they came onto the programme.

    Of those on it, nearly none were picked by nobody, and how few follows from the shares of page 2 and the flow of
    page 1 once the table is cut by it.
    """
    columns = ["rules", "teachers", "pupils"]
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
            "pupils": int(((asked["identified"] == r) & (asked["teacher_nominated"] == t)).sum()),
        }
        for r in (1.0, 0.0)
        for t in (1.0, 0.0)
    ]
    return pd.DataFrame(rows, columns=columns)


def _numbers(data: pd.DataFrame, count: pd.Series, areas: int, asked: int) -> dict[str, float]:
    programme = data["programme"] == 1
    own, pool = count[programme].dropna(), count[~programme].dropna()
    numbers: dict[str, float] = {
        "assessed": len(own),
        "pool_assessed": len(pool),
        "mean": float(own.mean()) if len(own) else math.nan,
    }
    for key, level in (("plan", asked), ("high", HIGH), ("very_high", VERY_HIGH)):
        if areas >= level and len(own):
            numbers[key] = float((own >= level).mean())
    if areas >= asked and len(pool):
        numbers["pool_plan"] = float((pool >= asked).mean())
    if {"identified", "teacher_nominated"} <= set(data.columns):
        known = data[programme].dropna(subset=["identified", "teacher_nominated"])
        if len(known) and known["teacher_nominated"].any():
            numbers |= {
                "nominated_only_n": len(known),
                "nominated_only": float((known["identified"] == 0).mean()),
                "beyond_nominated": float(known.loc[known["identified"] == 0, "teacher_nominated"].mean()),
            }
    return numbers


def identification(
    cohort: Cohort, frame: AnalysisFrame, rules: Sequence[RiskRule], options: IdentificationOptions | None = None
) -> Identification:
    """Describe who is on the programme, and whether those in most need are.

    Parameters
    ----------
    cohort : Cohort
        For what each measure is.
    frame : AnalysisFrame
        One row a child.
    rules : sequence of RiskRule
        The plan's rules; without any, only the profile is made.
    options : IdentificationOptions, optional
        How many areas at risk the plan's rule asks for.

    Returns
    -------
    Identification
        Risks by area and child, profile of both groups, agreement of rules and teachers.
    """
    asked = (options or IdentificationOptions.model_validate({})).areas
    data = frame.data
    programme = data["programme"] == 1
    flags = risk_flags(frame, rules)
    count = risk_count(flags) if len(flags.columns) else pd.Series(np.nan, index=data.index)
    return Identification(
        areas=_area_table(flags, programme),
        counts=_count_table(count, programme, len(flags.columns)),
        profile=_profile(cohort, data),
        agreement=_agreement(data),
        numbers=_numbers(data, count, len(flags.columns), asked),
        asked=asked,
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
    )
