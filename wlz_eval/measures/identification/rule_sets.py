"""Who would be identified under each rule set, how the sets overlap, and whom the programme reached."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import Eligible, eligible_pupils
from wlz_eval.measures.identification.latent import scales_of
from wlz_eval.measures.identification.picking import RuleSet, areas_words, pick, rule_sets_of
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.measures.progress import Share, clustered_share

__all__ = ["RuleSets", "first_picks", "rule_sets"]

Mask = npt.NDArray[np.bool_]
RECORDED = "recorded"


@dataclass(frozen=True, kw_only=True, repr=False)
class RuleSets(Result):
    """Whom each rule set would pick among the pupils of the programme's schools.

    Parameters
    ----------
    sets : DataFrame
        One row a rule set: ``label``, ``picked``, ``pupils``, ``percent`` of pupils, ``on_programme`` (percent of those
        picked), ``reached`` (percent of the programme's children whom it picks), ``also_plan`` and ``also_highest``
        (percent of those picked whom the plan's rule, and the rule of most need, pick as well; ``nan`` where they pick
        all of them).
    below_all, above : Share
        Children of the programme at risk in no area; pupils whom the plan's rule picks who are not on the programme.
    numbers : dict
        Counts behind them.
    caution, why_not : str
        Areas left out; why there is no table, empty where there is one.
    areas : int
        Areas at risk that the plan's rule asks for.
    evidence : str
    """

    sets: pd.DataFrame
    below_all: Share
    above: Share
    numbers: dict[str, int]
    caution: str
    why_not: str
    areas: int
    evidence: Evidence = "measured"

    title = "Whom each rule set would pick"

    def table(self) -> pd.DataFrame:
        """Return one row a rule set."""
        return self.sets

    @property
    def note(self) -> str:
        """Sentences below the table: what is not available there, and areas left out."""
        return (
            "Shares are of all children: one whose reading is missing cannot be picked, so a rule of one area may pick "
            "fewer than the table of areas calls at risk. Not available: the rule of that column picks all of them, as "
            f"it must. {self.caution}"
        ).rstrip()

    @property
    def outside(self) -> str:
        """Sentence on children below every cut-point who are on the programme; placeholder ``below``."""
        if not self.numbers["assessed"]:
            return "It cannot be said whether children below every cut-point are on the programme: no area is known."
        return "{below} of the programme's children were at risk in none of the areas (95% interval {below:interval})."

    @property
    def missed(self) -> str:
        """Sentence on pupils picked by the plan's rule who are not on the programme; placeholder ``missed``."""
        if self.why_not:
            return self.why_not
        if not self.numbers["plan_picked"]:
            return "The plan's rule picks too few of these pupils to say how many of them were reached."
        known = ", of the areas that are known of all of them" if self.caution else ""
        return (
            f"The plan's rule picks the pupils at risk in {areas_words(self.areas)}{known}. Of these pupils, "
            "{missed} were not on the programme (95% interval {missed:interval})."
        )

    def findings(self) -> list[Finding]:
        """Return both shares, and for each rule set the share of pupils it picks and of the programme it covers."""
        common: dict[str, Any] = {"claim": "description", "unit": "percent", "evidence": self.evidence}
        found = []
        if self.numbers["assessed"]:
            found.append(
                _share_finding(
                    "identification.below_all", "on_the_programme_though_at_risk_in_no_area", self.below_all,
                    n_programme=self.numbers["assessed"], group="programme", **common,
                )
            )
        if self.numbers["plan_picked"]:
            found.append(
                _share_finding(
                    "identification.missed", "not_on_the_programme_of_pupils_whom_the_plans_rule_picks", self.above,
                    n_programme=self.numbers["plan_picked"], group="programme", **common,
                    note="Of the pupils of the programme's own schools.",
                )
            )
        for row in self.sets.to_dict(orient="records"):
            found.append(
                Finding(
                    finding_id=f"identification.set.{row['key']}.picked", quantity="pupils_whom_the_rules_pick",
                    estimate=row["percent"], subgroup=row["label"], n_programme=int(row["pupils"]), group="programme",
                    **common,
                )
            )
        return found


def _share_finding(finding_id: str, quantity: str, share: Share, **facts: Any) -> Finding:
    return Finding(
        finding_id=finding_id, quantity=quantity, estimate=100 * share.share, ci_low=100 * share.low,
        ci_high=100 * share.high, method="Wilson interval, children of a school alike", **facts,
    )


def first_picks(pupils: Eligible, sets: Sequence[RuleSet]) -> dict[str, Mask]:
    """Return whom each rule set picks by the readings at the start, in the order of `pupils.data`."""
    areas = [str(c) for c in pupils.flags.columns]
    scales = scales_of(pupils.data, areas, pupils.rules)
    flags = pupils.flags.to_numpy(dtype=bool)
    return dict(pick(sets, flags, scales.severity(scales.middle()), pupils.school))


def _percent(of: Mask, among: Mask) -> float:
    return 100 * float(of[among].mean()) if among.any() else math.nan


def _also(other: Mask, chosen: Mask) -> float:
    """Percent of those chosen whom the other rule picks too; ``nan`` where it picks all, as it must when laxer."""
    return math.nan if other[chosen].all() else _percent(other, chosen)


def _table(pupils: Eligible, sets: Sequence[RuleSet], options: IdentificationOptions) -> pd.DataFrame:
    picked = first_picks(pupils, sets)
    labels = {s.key: s.label for s in sets}
    if "identified" in pupils.data:
        recorded = pupils.data["identified"]
        if recorded.notna().all() and recorded.any():
            picked[RECORDED], labels[RECORDED] = (recorded == 1).to_numpy(dtype=bool), "Picked, as the tables record it"
    programme, plan = pupils.programme, picked[f"areas_{options.areas}"]
    rows = [
        {
            "key": key, "label": labels[key], "picked": int(chosen.sum()), "pupils": len(chosen),
            "programme": int(programme.sum()), "percent": 100 * float(chosen.mean()),
            "on_programme": _percent(programme, chosen), "reached": _percent(chosen, programme),
            "also_plan": _also(plan, chosen), "also_highest": _also(picked["highest"], chosen),
        }
        for key, chosen in picked.items()
    ]
    return pd.DataFrame(rows)


COLUMNS = (
    "key", "label", "picked", "pupils", "programme", "percent", "on_programme", "reached", "also_plan", "also_highest",
)


def rule_sets(
    cohort: Cohort, frame: AnalysisFrame, rules: Sequence[RiskRule], options: IdentificationOptions | None = None
) -> RuleSets:
    """Say whom each rule set would pick, how the sets overlap, and who is on the programme against them.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    rules : sequence of RiskRule
        The plan's rules.
    options : IdentificationOptions, optional
        How many areas the plan's rule asks for, and the share that the rule of most need picks.

    Returns
    -------
    RuleSets
        Without a table where the other pupils of the schools, or their readings, are not held.
    """
    options = options or IdentificationOptions.model_validate({})
    pupils = eligible_pupils(frame, rules)
    names = [str(c) for c in pupils.flags.columns]
    sets = rule_sets_of(names, options) if pupils.enough else ()
    table = _table(pupils, sets, options) if sets else pd.DataFrame(columns=list(COLUMNS))
    own = pupils.programme
    # Of the programme's own children all areas that are read of anyone count, whatever is known of other pupils.
    children = eligible_pupils(AnalysisFrame(frame.data[frame.data["programme"] == 1], frame.flow), rules)
    none = ~children.flags.any(axis=1).to_numpy(dtype=bool) if len(children.flags.columns) else np.zeros(0, dtype=bool)
    plan = first_picks(pupils, sets)[f"areas_{options.areas}"] if sets else np.zeros(len(own), dtype=bool)
    school = pupils.data["school_id"].to_numpy() if "school_id" in pupils.data else None
    home = children.data["school_id"].to_numpy() if "school_id" in children.data else None
    return RuleSets(
        sets=table,
        below_all=clustered_share(none, home if len(none) else None),
        above=clustered_share(~own[plan], school[plan] if school is not None else None),
        numbers={"assessed": len(none), "plan_picked": int(plan.sum())},
        caution=pupils.caution,
        why_not="" if sets else pupils.why_not,
        areas=options.areas,
        evidence="simulated" if cohort.provenance == "synthetic" else "measured",
    )
