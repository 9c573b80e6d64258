"""What changed for the children of the programme, beside what would be expected of them with no programme."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress import tables
from wlz_eval.measures.progress.composite import Composite, composite
from wlz_eval.measures.progress.figures import draw_exit_rates
from wlz_eval.measures.progress.findings import composite_findings, outcome_findings
from wlz_eval.measures.progress.outcome import OutcomeProgress, outcome_progress
from wlz_eval.reference.measures import Better

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["DRAWS", "Progress", "level_unit", "progress"]

#: Draws of what is to be expected, by effort.
DRAWS: Mapping[str, int] = {"draft": 200, "quick": 500, "full": 2000}
NOT_A_CAUSE = "Nothing on this page shows a cause: no change here has been shown to come from the programme."
VERDICTS: Mapping[str, str] = {
    "within": (
        "What was seen lies within that range: the way the children were chosen, chance and growing up are enough to "
        "explain it."
    ),
    "better": (
        "What was seen is better than that range. That is a reason to look for a fair comparison, and no proof: these "
        "children may differ in ways that nobody measured."
    ),
    "worse": (
        "What was seen is worse than that range. That is no proof of harm: these children may differ in ways that "
        "nobody measured."
    ),
    "outside": "What was seen lies outside that range, for reasons that these data cannot tell.",
}


def level_unit(unit: Unit) -> Unit:
    """Return the unit of a level, from that of a difference: differences of percentages are in points."""
    return "percent" if unit == "percentage_points" else unit


@dataclass(frozen=True, repr=False)
class Progress(Result):
    """Before and after for the children of the programme, measure by measure.

    Nothing here says why anything changed.
    """

    outcomes: tuple[OutcomeProgress, ...]
    composites: tuple[Composite, ...] = ()
    evidence: Evidence = "measured"

    title = "Change of the programme's children, beside the change to be expected with no programme"

    def __len__(self) -> int:
        return len(self.outcomes)

    def table(self, wave: str = "") -> pd.DataFrame:
        """One row a measure and wave: change, and what is to be expected with no programme."""
        return tables.change_table(self._at(wave))

    def transitions(self, wave: str = "") -> pd.DataFrame:
        """One row a measure with a cut-point: children by risk before and after."""
        return tables.transition_table(self._at(wave))

    def scales(self, wave: str = "") -> pd.DataFrame:
        """One row a measure: reliable and standardised change, percentiles, expected progress."""
        return tables.scale_table(self._at(wave))

    def ways(self, wave: str) -> pd.DataFrame:
        """Improved, same and worse, seen and expected: the count of risks, then each measure's reliable change."""
        return tables.ways_table(next((c for c in self.composites if c.wave == wave), None), self._at(wave))

    def flow(self, measure: str, wave: str) -> pd.DataFrame:
        """Four rows for the flow figure of one measure: from, to, children."""
        return tables.flow_table(self.one(measure, wave))

    def _at(self, wave: str) -> tuple[OutcomeProgress, ...]:
        return tuple(o for o in self.outcomes if wave in ("", o.wave))

    def one(self, measure: str, wave: str) -> OutcomeProgress | None:
        """Progress in one measure to one wave, if it was measured."""
        return next((o for o in self.outcomes if (o.measure, o.wave) == (measure, wave)), None)

    def flow_measure(self, measure: str, wave: str) -> str:
        """Measure of the flow figure: the one given, else the one of that wave with most children at risk."""
        found = self.one(measure, wave)
        if found and found.transitions.at_risk:
            return measure
        rows = [o for o in self._at(wave) if o.transitions.at_risk]
        return max(rows, key=lambda o: o.transitions.at_risk).measure if rows else measure

    def has_risk(self, wave: str) -> bool:
        """Whether any measure has children at risk at the start by a cut-point that holds at that wave too."""
        return any(o.transitions.at_risk for o in self._at(wave))

    def risk_reading(self, wave: str) -> str:
        """How to read who came out of risk and into it, or why there is nothing to read."""
        if self.has_risk(wave):
            return (
                "Look at both coloured bands. Children come out of risk and into it with no programme too, because one "
                "result is never the whole child."
            )
        return (
            "No measure has a cut-point that says who is at risk both at the start and later, so nobody is counted as "
            "having come out of risk or into it."
        )

    def exit_reading(self, wave: str) -> str:
        """How to read the shares no longer at risk, or why there are none."""
        if self.has_risk(wave):
            return (
                "Published results often give this share alone. Look at it beside the share to be expected with no "
                "programme."
            )
        return "Published results often give this share alone. For the same reason, these data give none."

    def cautions(self, wave: str) -> pd.DataFrame:
        """One row a caution about what is to be expected: ``caution``, and the ``measures`` that it is about."""
        rows = self.table(wave)
        found = rows[rows["caution"] != ""].groupby("caution", sort=False)["label"].agg(", ".join)
        return found.rename("measures").reset_index()[["measures", "caution"]]

    def answer(self, measure: str, wave: str) -> str:
        """Template of the answer for one outcome; its placeholders are those of :meth:`words`."""
        outcome = self.one(measure, wave)
        if outcome is None:
            return (
                "No programme child has a reading of the primary outcome both before and after, so no change "
                f"can be shown. {NOT_A_CAUSE}"
            )
        text = "{label}: the programme's children changed by {change} on average (95% interval "
        text += "{change:interval})."
        if outcome.drawn is None:
            text += " What would have been seen with no programme at all is not known for this measure."
            return f"{text} {NOT_A_CAUSE}"
        text += " With no programme at all, a change of {expected} would be expected of them (anything in "
        text += "{expected:interval} would be no surprise)."
        return f"{text} {VERDICTS[outcome.verdict]} {NOT_A_CAUSE}"

    def exit_answer(self, measure: str, wave: str) -> str:
        """Template of the second sentence, on leaving risk; its placeholders are those of :meth:`words`."""
        outcome = self.one(measure, wave)
        if outcome is None or not outcome.transitions.at_risk:
            return "For this measure no cut-point says who is at risk at both times, so nobody is counted as out of it."
        text = "Of those at risk at the start, {exit} were no longer at risk (95% interval {exit:interval})"
        if not math.isfinite(outcome.transitions.expected_exit.value):
            return f"{text}."
        return text + "; {exit_expected} would be expected with no programme ({exit_expected:interval})."

    def composite_answer(self, wave: str, fewest: int = 10) -> str:
        """Template of the sentence on the count of risks; its placeholders are those of :meth:`words`.

        With fewer than `fewest` children who stayed the same, only one share is said: two would give their number.
        """
        found = next((c for c in self.composites if c.wave == wave), None)
        if found is None:
            return "The count of risks cannot be compared: no area of the plan is held at both times."
        both = round(found.seen["same"].share * found.n) >= fewest
        text = "Counting areas at risk, {improved} of the children had fewer than at the start"
        text += " and {worse} had more." if both else "."
        if not math.isfinite(found.expected["improved"].value):
            return text + " How many would with no programme is not known, since comparison children lack a measure."
        text += " With no programme, {improved_expected} would have fewer ({improved_expected:interval})"
        return text + (" and {worse_expected} more ({worse_expected:interval})." if both else ".")

    @property
    def extent(self) -> str:
        """Which measures are compared, in words."""
        labels = list(dict.fromkeys(o.label for o in self.outcomes))
        return f"Compared before and after: {', '.join(labels) or 'nothing'}."

    def words(self, measure: str, wave: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answers' placeholders, from recorded findings."""
        outcome = self.one(measure, wave)
        where = f"{measure}.{wave}"
        ids = {
            "change": f"change.{where}",
            "expected": f"expected_untreated.{where}",
            "exit": f"exit_rate.{where}",
            "exit_expected": f"exit_rate_expected.{where}",
            "improved": f"composite.improved.{wave}",
            "worse": f"composite.worse.{wave}",
            "improved_expected": f"composite.improved_expected.{wave}",
            "worse_expected": f"composite.worse_expected.{wave}",
        }
        found = {name: facts.get(f"progress.{key}") for name, key in ids.items()}
        return {"label": outcome.label if outcome else "", **found}

    def findings(self) -> list[Finding]:
        """Return change, expected change, exits and scales as descriptions."""
        made = [f for outcome in self.outcomes for f in outcome_findings(outcome, self.evidence)]
        return made + [f for found in self.composites for f in composite_findings(found, self.evidence)]

    def plot(self) -> Figure:
        """Draw exit rates beside what would be expected untreated."""
        return draw_exit_rates(self.table())


def progress(
    cohort: Cohort,
    frame: AnalysisFrame,
    rules: Sequence[RiskRule] = (),
    waves: Sequence[str] = ("midpoint", "endline", "followup"),
    better: Mapping[str, Better] | None = None,
    *,
    basis: Literal["rules", "judgement", "mixed", "unknown"] = "rules",
    effort: Literal["draft", "quick", "full"] = "quick",
    seed: int = 0,
) -> Progress:
    """Describe what changed for the children of the programme.

    Parameters
    ----------
    cohort : Cohort
        For what each measure is.
    frame : AnalysisFrame
        One row a child.
    rules : sequence of RiskRule
        The plan's rules; the registry's cut-point counts where a measure has none.
    waves : sequence of str
        Later waves to compare with baseline.
    better : dict, optional
        Direction that is good, where the plan says other than the registry.
    basis : str
        How children were chosen, as the plan says. Where not by rules on measured columns, the range to be expected
        reaches to a choice on need that the readings show with error.
    effort : str
        How many draws.
    seed : int

    Returns
    -------
    Progress
        One entry for each measure held at baseline and at a later wave.
    """
    draws, found, counts = DRAWS[effort], [], []
    own = frame.data[frame.data["programme"] == 1]
    names = [
        c.removesuffix("_baseline")
        for c in frame.data.columns
        if c.endswith("_baseline") and not c.endswith("_pre_baseline")
    ]
    held = [w for w in WAVES if w in waves]
    for measure in names:
        for wave in held:
            later = f"{measure}_{wave}"
            if later in own and own[[f"{measure}_baseline", later]].notna().all(axis=1).any():
                found.append(
                    outcome_progress(
                        cohort, frame.data, measure, wave, rules, (better or {}).get(measure),
                        judged=basis != "rules", draws=draws, seed=seed,
                    )
                )
    for wave in held:
        counted = composite(cohort, frame.data, rules, wave, draws=draws, seed=seed)
        counts += [counted] if counted else []
    evidence: Evidence = "simulated" if cohort.provenance == "synthetic" else "measured"
    return Progress(tuple(found), tuple(counts), evidence)
