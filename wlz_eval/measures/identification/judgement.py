"""How far rules on the data and teachers' judgement choose the same children."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.identification.eligible import at_programme_schools, eligible_pupils, school_codes
from wlz_eval.measures.identification.intervals import Interval, leave_one_out
from wlz_eval.measures.identification.picking import rule_sets_of
from wlz_eval.measures.identification.rule_sets import first_picks
from wlz_eval.measures.options import IdentificationOptions, RiskRule
from wlz_eval.measures.progress import Share, clustered_share
from wlz_eval.reference.agreement import agreement_word

__all__ = ["Judgement", "judgement", "kappa"]

Mask = npt.NDArray[np.bool_]
NOT_HELD = (
    "The tables do not hold both what the rules picked and whom teachers put forward, so the two cannot be compared."
)
ONE_OR_OTHER = (
    "The tables name teachers' choices only where the rules did not pick the child, so how far the two agree cannot be "
    "told."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class Judgement(Result):
    """Agreement of rules and teachers.

    Parameters
    ----------
    against : DataFrame
        One row a way of reading the data (what was recorded, then each rule set): children both picked, only the data,
        only teachers, neither; ``kappa`` with ``ci_low``, ``ci_high`` and ``words``; ``sensitivity`` (percent of the
        data's children whom teachers put forward) and ``found`` (percent of the teachers' children whom the data pick).
    kappa : Interval
        Of what was recorded.
    agree, sensitivity, found : Share
        Of what was recorded: children on whom both say the same, and the two shares above.
    numbers : dict
        Children both counts rest on.
    why_not : str
        Why there is nothing to compare.
    evidence : str
    """

    against: pd.DataFrame
    kappa: Interval
    agree: Share
    sensitivity: Share
    found: Share
    numbers: dict[str, int]
    why_not: str
    evidence: Evidence = "measured"

    title = "Agreement of rules and teachers"

    def table(self) -> pd.DataFrame:
        """Return one row a way of reading the data."""
        return self.against

    @property
    def sentence(self) -> str:
        """How well the two agree, in words; placeholders ``agree``, ``kappa``, ``sensitivity``, ``found``."""
        if self.why_not:
            return self.why_not
        word = agreement_word(self.kappa.estimate)
        reach = " (95% interval {kappa:interval})" if math.isfinite(self.kappa.low) else ""
        return (
            "Rules and teachers said the same of {agree} of the pupils. Chance alone would give much of that: beyond "
            f"chance, agreement was {word} (Cohen's kappa {{kappa}}{reach}; none is nought and full agreement is one). "
            "Of the pupils whom the rules picked, teachers put forward {sensitivity}; of those whom teachers put "
            "forward, the rules picked {found}."
        )

    def words(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the sentence's placeholders, from recorded findings."""
        shares = {name: facts.get(f"identification.teachers.{name}") for name in ("agree", "sensitivity", "found")}
        return {"kappa": facts.get("identification.kappa"), **shares}

    def findings(self) -> list[Finding]:
        """Return kappa and the three shares of what was recorded."""
        if self.why_not:
            return []
        common: dict[str, Any] = {"claim": "description", "evidence": self.evidence, "group": "programme"}
        how = "leaving each school out in turn" if self.kappa.by_school else "leaving each child out in turn"
        made = [
            Finding(
                finding_id="identification.kappa", quantity="cohens_kappa_of_rules_and_teachers",
                estimate=self.kappa.estimate, se=self.kappa.se, ci_low=self.kappa.low, ci_high=self.kappa.high,
                unit="ratio", n_programme=self.numbers["pupils"], method=how, **common,
            )
        ]
        for name, share, n in (
            ("agree", self.agree, "pupils"),
            ("sensitivity", self.sensitivity, "rules"),
            ("found", self.found, "teachers"),
        ):
            made.append(
                Finding(
                    finding_id=f"identification.teachers.{name}", quantity=f"rules_and_teachers_{name}",
                    estimate=100 * share.share, ci_low=100 * share.low, ci_high=100 * share.high, unit="percent",
                    n_programme=self.numbers[n], method="Wilson interval, children of a school alike", **common,
                )
            )
        return made


def kappa(first: Mask, second: Mask) -> float:
    """Cohen's kappa of two yes/no judgements of the same children.

    Parameters
    ----------
    first, second : array of bool, shape (n,)

    Returns
    -------
    float
        Agreement beyond chance, as a share of all there could be; ``nan`` where both say the same of everyone.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20.

    Examples
    --------
    >>> yes, no = [True], [False]
    >>> round(kappa(np.array(yes * 25 + no * 25), np.array(yes * 20 + no * 5 + yes * 10 + no * 15)), 3)
    0.4
    """
    if not len(first):
        return math.nan
    a, b = float(first.mean()), float(second.mean())
    chance = a * b + (1 - a) * (1 - b)
    return (float((first == second).mean()) - chance) / (1 - chance) if chance < 1 else math.nan


def _compared(data: Mask, teachers: Mask, school: npt.NDArray[np.intp], n: dict[str, Any]) -> dict[str, Any]:
    found = leave_one_out(lambda keep: kappa(data[keep], teachers[keep]), school)
    cells = {
        "both": data & teachers, "data_only": data & ~teachers, "teachers_only": teachers & ~data,
        "neither": ~data & ~teachers,
    }
    counts = {name: int(cell.sum()) for name, cell in cells.items()}
    both = counts["both"]
    return n | counts | {
        "pupils": len(data), "data": int(data.sum()), "teachers": int(teachers.sum()),
        "kappa": found.estimate, "ci_low": found.low, "ci_high": found.high,
        "words": agreement_word(found.estimate) if math.isfinite(found.estimate) else "",
        "sensitivity": 100 * both / data.sum() if data.any() else math.nan,
        "found": 100 * both / teachers.sum() if teachers.any() else math.nan,
        "fewest": min(counts.values()),
    }


COLUMNS = (
    "label", "both", "data_only", "teachers_only", "neither", "pupils", "data", "teachers", "kappa", "ci_low",
    "ci_high", "words", "sensitivity", "found", "fewest",
)


def judgement(
    cohort: Cohort, frame: AnalysisFrame, rules: Sequence[RiskRule], options: IdentificationOptions | None = None
) -> Judgement:
    """Compare what the rules picked, and what each rule set would pick, with whom teachers put forward.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    rules : sequence of RiskRule
    options : IdentificationOptions, optional

    Returns
    -------
    Judgement
        Over the pupils of the programme's schools of whom both are known. Intervals leave each school out in turn.
    """
    evidence: Evidence = "simulated" if cohort.provenance == "synthetic" else "measured"
    here = at_programme_schools(frame.data, frame.data["programme"] == 1).to_numpy(dtype=bool)
    asked = frame.data[here]
    why_not = NOT_HELD
    if {"identified", "teacher_nominated"} <= set(asked.columns):
        asked = asked.dropna(subset=["identified", "teacher_nominated"])
        said, put = ((asked[c] == 1).to_numpy(dtype=bool) for c in ("identified", "teacher_nominated"))
        if put.any():
            why_not = "" if (said & put).any() and not (said.all() or put.all()) else ONE_OR_OTHER
    if why_not:
        none = Share(math.nan, math.nan, math.nan)
        return Judgement(
            against=pd.DataFrame(columns=list(COLUMNS)), kappa=Interval(math.nan), agree=none, sensitivity=none,
            found=none, numbers={}, why_not=why_not, evidence=evidence,
        )
    school = school_codes(asked)
    rows = [_compared(said, put, school, {"label": "Picked, as the tables record it"})]
    pupils = eligible_pupils(AnalysisFrame(asked, frame.flow), rules)
    if pupils.enough:
        teachers = (pupils.data["teacher_nominated"] == 1).to_numpy(dtype=bool)
        sets = rule_sets_of([str(c) for c in pupils.flags.columns], options or IdentificationOptions.model_validate({}))
        picked = first_picks(pupils, sets)
        rows += [_compared(picked[s.key], teachers, pupils.school, {"label": s.label}) for s in sets if s.area < 0]
    return Judgement(
        against=pd.DataFrame(rows, columns=list(COLUMNS)),
        kappa=leave_one_out(lambda keep: kappa(said[keep], put[keep]), school),
        agree=clustered_share(said == put, school),
        sensitivity=clustered_share(put[said], school[said]),
        found=clustered_share(said[put], school[put]),
        numbers={"pupils": len(asked), "rules": int(said.sum()), "teachers": int(put.sum())},
        why_not="",
        evidence=evidence,
    )
