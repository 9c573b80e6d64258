"""What changed for the children of the programme, beside what would be expected of them untreated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import WAVES, Cohort
from wlz_eval.core.figures import COLOURS, MARKERS, new_figure
from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.measures.change import Change, Share, paired_change, wilson
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.regression import Population, expected_exit_rate, expected_regression, population_of
from wlz_eval.measures.risk import at_risk

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["OutcomeProgress", "Progress", "level_unit", "plot_exit_rates", "progress"]


def level_unit(unit: Unit) -> Unit:
    """Return the unit of a level, from that of a difference: differences of percentages are in points."""
    return "percent" if unit == "percentage_points" else unit


@dataclass(frozen=True, kw_only=True)
class OutcomeProgress:
    """Progress of the programme's children in one measure to one wave.

    Parameters
    ----------
    measure, wave, label, unit, better : str
        What is measured, and which direction is good.
    change : Change
        Before, after, and their mean difference.
    expected : float
        Change to be expected of these children with no programme; ``nan`` where no population is known.
    population : Population or None
        The unselected population behind it.
    at_risk : int
        Children at risk at baseline with both readings; 0 where no rule or cut-point applies.
    out : int
        Of those, no longer at risk at the wave.
    exit_rate : Share
        Share of them, with interval.
    expected_exit : float
        Share to be expected with no programme at all.
    """

    measure: str
    wave: str
    label: str
    unit: Unit
    better: str
    change: Change
    expected: float
    population: Population | None
    at_risk: int
    out: int
    exit_rate: Share
    expected_exit: float


@dataclass(frozen=True)
class Progress(Result):
    """Before and after for the children of the programme, measure by measure.

    Nothing here says why anything changed.
    """

    outcomes: tuple[OutcomeProgress, ...]
    evidence: Evidence = "measured"

    title = "Change of the programme's children, beside the change to be expected with no programme"

    def __len__(self) -> int:
        return len(self.outcomes)

    def table(self) -> pd.DataFrame:
        """Return one row a measure and wave."""
        return pd.DataFrame(
            [
                {
                    "measure": o.measure,
                    "wave": o.wave,
                    "label": o.label,
                    "unit": o.unit,
                    "level_unit": level_unit(o.unit),
                    "better": o.better,
                    "n": o.change.n,
                    "missing": o.change.missing,
                    "before": o.change.before,
                    "after": o.change.after,
                    "change": o.change.change,
                    "ci_low": o.change.ci_low,
                    "ci_high": o.change.ci_high,
                    "expected_change": o.expected,
                    "r": o.population.r if o.population else math.nan,
                    "population": o.population.source if o.population else "not known",
                    "at_risk": o.at_risk,
                    "out": o.out,
                    "exit_rate": 100 * o.exit_rate.share,
                    "exit_low": 100 * o.exit_rate.low,
                    "exit_high": 100 * o.exit_rate.high,
                    "expected_exit_rate": 100 * o.expected_exit,
                    "exit_shown": min(o.out, o.at_risk - o.out),
                    "caution": o.population.caution if o.population else "",
                    "method": o.change.method,
                }
                for o in self.outcomes
            ],
            columns=[
                "measure",
                "wave",
                "label",
                "unit",
                "level_unit",
                "better",
                "n",
                "missing",
                "before",
                "after",
                "change",
                "ci_low",
                "ci_high",
                "expected_change",
                "r",
                "population",
                "at_risk",
                "out",
                "exit_rate",
                "exit_low",
                "exit_high",
                "expected_exit_rate",
                "exit_shown",
                "caution",
                "method",
            ],
        )

    def answer(self, measure: str, wave: str) -> str:
        """Template of the answer for one outcome; its placeholders are those of :meth:`words`."""
        outcome = next((o for o in self.outcomes if (o.measure, o.wave) == (measure, wave)), None)
        if outcome is None:
            return (
                "No programme child has a reading of the primary outcome both before and after, so no change "
                "can be shown."
            )
        text = "{label}: the programme's children changed by {change} on average (95% interval "
        text += "{change:interval})."
        if outcome.population is None:
            return text + " What would have been seen with no programme at all is not known for this measure."
        return text + " With no programme at all, a change of {expected} would be expected of them."

    def exit_answer(self, measure: str, wave: str) -> str:
        """Template of the second sentence, on leaving risk; its placeholders are those of :meth:`words`."""
        outcome = next((o for o in self.outcomes if (o.measure, o.wave) == (measure, wave)), None)
        if outcome is None or not outcome.at_risk:
            return "For this measure no cut-point says who is at risk at both times, so nobody is counted as out of it."
        text = "Of those at risk at the start, {exit} were no longer at risk (95% interval {exit:interval})"
        if not math.isfinite(outcome.expected_exit):
            return f"{text}."
        return text + "; {exit_expected} would be expected with no programme."

    @property
    def extent(self) -> str:
        """Which measures are compared, in words."""
        labels = list(dict.fromkeys(o.label for o in self.outcomes))
        return f"Compared before and after: {', '.join(labels) or 'nothing'}."

    def words(self, measure: str, wave: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the answer's placeholders, from recorded findings."""
        outcome = next((o for o in self.outcomes if (o.measure, o.wave) == (measure, wave)), None)
        ids = {
            "change": "change",
            "expected": "expected_untreated",
            "exit": "exit_rate",
            "exit_expected": "exit_rate_expected",
        }
        found = {name: facts.get(f"progress.{key}.{measure}.{wave}") for name, key in ids.items()}
        return {"label": outcome.label if outcome else "", **found}

    def findings(self) -> list[Finding]:
        """Return change, expected change and exit rates as descriptions."""
        return [finding for outcome in self.outcomes for finding in _findings(outcome, self.evidence)]

    def plot(self) -> Figure:
        """Draw exit rates beside what would be expected untreated."""
        return plot_exit_rates(self.table())


def _findings(o: OutcomeProgress, evidence: Evidence) -> list[Finding]:
    where = f"{o.measure}.{o.wave}"
    caution = o.population.caution if o.population else ""
    found = [
        Finding(
            finding_id=f"progress.change.{where}",
            quantity="change",
            estimate=o.change.change,
            se=o.change.se,
            ci_low=o.change.ci_low,
            ci_high=o.change.ci_high,
            unit=o.unit,
            claim="description",
            outcome=o.measure,
            wave=o.wave,
            group="programme",
            n_programme=o.change.n,
            method=o.change.method,
            evidence=evidence,
            note="A change before to after; it does not say why.",
        )
    ]
    if math.isfinite(o.expected) and o.population:
        found.append(
            Finding(
                finding_id=f"progress.expected_untreated.{where}",
                quantity="expected_untreated",
                estimate=o.expected,
                unit=o.unit,
                claim="description",
                outcome=o.measure,
                wave=o.wave,
                group="programme",
                n_programme=o.change.n,
                n_comparison=o.population.n or None,
                method=f"regression to the mean, r from {o.population.source}",
                evidence=evidence,
                note=caution,
            )
        )
    if o.at_risk:
        found.append(
            Finding(
                finding_id=f"progress.exit_rate.{where}",
                quantity="exit_rate",
                estimate=100 * o.exit_rate.share,
                ci_low=100 * o.exit_rate.low,
                ci_high=100 * o.exit_rate.high,
                unit="percent",
                claim="description",
                outcome=o.measure,
                wave=o.wave,
                group="programme",
                subgroup="at risk at baseline",
                n_programme=o.at_risk,
                method="Wilson interval, children as independent",
                evidence=evidence,
                note="Children leave risk with no programme too.",
            )
        )
        if math.isfinite(o.expected_exit) and o.population:
            found.append(
                Finding(
                    finding_id=f"progress.exit_rate_expected.{where}",
                    quantity="exit_rate_to_be_expected_with_no_programme",
                    estimate=100 * o.expected_exit,
                    unit="percent",
                    claim="description",
                    outcome=o.measure,
                    wave=o.wave,
                    group="programme",
                    subgroup="at risk at baseline",
                    n_programme=o.at_risk,
                    n_comparison=o.population.n or None,
                    evidence=evidence,
                    note=caution,
                    method=f"bivariate normal, r from {o.population.source}",
                )
            )
    return found


def _cut(rules: Sequence[RiskRule], cohort: Cohort, measure: str) -> RiskRule | None:
    """Rule that says who is at risk by this measure: the plan's, else the registry's cut-point.

    None where scores grow with age (no norms are held): a cut-point of one age says nothing at the next.
    """
    if cohort.measure(measure).mean is None and cohort.measure(measure).risk is None:
        return None
    for rule in rules:
        if rule.column == f"{measure}_baseline" and rule.equals is None:
            return rule
    facts = cohort.measure(measure)
    if facts.risk is None or facts.higher_is_better is None:
        return None
    up = facts.higher_is_better
    return RiskRule(
        area=facts.area,
        column=f"{measure}_baseline",
        below=facts.risk if up else None,
        at_least=None if up else facts.risk,
    )


def _one(
    cohort: Cohort, data: pd.DataFrame, measure: str, wave: str, rules: Sequence[RiskRule], better: str | None
) -> OutcomeProgress:
    facts = cohort.measure(measure)
    own = data[data["programme"] == 1]
    first = own[f"{measure}_baseline"].to_numpy(dtype=float)
    last = own[f"{measure}_{wave}"].to_numpy(dtype=float)
    change = paired_change(first, last, own["school_id"].to_numpy() if "school_id" in own else None)
    both = np.isfinite(first) & np.isfinite(last)
    population = population_of(cohort, data, measure, wave) if both.any() else None
    expected = expected_regression(first[both], population) if population else math.nan
    rule, exit_rate, expected_exit, n_risk, n_out = _cut(rules, cohort, measure), wilson(0, 0), math.nan, 0, 0
    if rule is not None and both.any():
        risk = at_risk(pd.Series(first[both]), rule).to_numpy(dtype=bool)
        later = at_risk(pd.Series(last[both]), rule).to_numpy(dtype=bool)
        n_risk, n_out = int(risk.sum()), int((risk & ~later).sum())
        exit_rate = wilson(n_out, n_risk)
        if population and n_risk:
            cut = rule.below if rule.below is not None else rule.at_least
            expected_exit = expected_exit_rate(
                first[both][risk], float(cut or 0), population, risk_is_high=rule.at_least is not None
            )
    return OutcomeProgress(
        measure=measure,
        wave=wave,
        label=facts.label,
        unit=cast(Unit, facts.unit),
        better=better or facts.better,
        change=change,
        expected=expected,
        population=population,
        at_risk=n_risk,
        out=n_out,
        exit_rate=exit_rate,
        expected_exit=expected_exit,
    )


def progress(
    cohort: Cohort,
    frame: AnalysisFrame,
    rules: Sequence[RiskRule] = (),
    waves: Sequence[str] = ("midpoint", "endline", "followup"),
    better: dict[str, str] | None = None,
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

    Returns
    -------
    Progress
        One entry for each measure held at baseline and at a later wave.
    """
    found = []
    own = frame.data[frame.data["programme"] == 1]
    names = [
        c.removesuffix("_baseline")
        for c in frame.data.columns
        if c.endswith("_baseline") and not c.endswith("_pre_baseline")
    ]
    for measure in names:
        for wave in (w for w in WAVES if w in waves):
            later = f"{measure}_{wave}"
            if later in own and own[[f"{measure}_baseline", later]].notna().all(axis=1).any():
                found.append(_one(cohort, frame.data, measure, wave, rules, (better or {}).get(measure)))
    evidence: Evidence = "simulated" if cohort.provenance == "synthetic" else "measured"
    return Progress(tuple(found), evidence)


def plot_exit_rates(data: pd.DataFrame) -> Figure:
    """Draw shares no longer at risk (with interval) and the shares to be expected untreated.

    Parameters
    ----------
    data : DataFrame
        Columns ``label``, ``exit_rate``, ``exit_low``, ``exit_high``, ``expected_exit_rate``, in percent;
        hidden numbers are ``nan`` and are not drawn.
    """
    rows = data.reset_index(drop=True)
    figure, axes = new_figure(height=1.2 + 0.45 * max(len(rows), 1))
    y = np.arange(len(rows))[::-1]
    seen = rows["exit_rate"].to_numpy(dtype=float)
    low, high = rows["exit_low"].to_numpy(dtype=float), rows["exit_high"].to_numpy(dtype=float)
    axes.hlines(y, low, high, color=COLOURS["programme"])
    axes.plot(seen, y, MARKERS["programme"], color=COLOURS["programme"], label="seen")
    axes.plot(
        rows["expected_exit_rate"].to_numpy(dtype=float),
        y,
        MARKERS["neutral"],
        color=COLOURS["neutral"],
        fillstyle="none",
        label="to be expected with no programme",
    )
    axes.set_yticks(y, rows["label"].astype(str).tolist())
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel("Children no longer at risk, of those at risk at the start (%)")
    figure.legend(loc="outside upper left", ncols=2, frameon=False)
    return figure
