"""The main outcome examined: everything that is asked of its association with dose, and what the pages need of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.engagement.change import ChangeByEngagement, change_by_engagement, measure_change_groups
from wlz_eval.engagement.confounding import (
    Confounding,
    Leaving,
    Slope,
    balance_words,
    confounding,
    control_words,
    dose_around,
    explained_words,
    leaving,
    leaving_words,
    sensitivity_words,
    usual_controls,
)
from wlz_eval.engagement.dose import (
    DoseCurve,
    DoseForChange,
    DoseForShare,
    DoseWording,
    NeedInteraction,
    dose_curve,
    dose_for_change,
    dose_for_share,
    interaction_with_need,
)
from wlz_eval.engagement.exposure import Dose, dose
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.pages.outcome import OutcomeSlope
from wlz_eval.engagement.regress import (
    Assumptions,
    BetweenWithin,
    Influence,
    SchoolTreatments,
    SeveralExposures,
    assumptions,
    between_within,
    influence,
    school_treatments,
    several_exposures,
)
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.labels import column_label

__all__ = ["Examined", "examine"]

#: Changes that dose is asked for where the plan names none, in SDs of the outcome, and their words.
CHANGES: dict[float, str] = {0.2: "A fifth of a standard deviation", 0.5: "Half a standard deviation"}
PREFIX = "engagement.examined"
#: A template, and the values of its placeholders.
Words = tuple[str, Mapping[str, Finding | str | None]]


@dataclass(frozen=True, kw_only=True)
class Examined:
    """The association of the main outcome with dose, from every side. Nothing of it is an effect.

    Parameters
    ----------
    primary : OutcomeSlope
        The slope that is examined.
    confounding : Confounding
        Who had more, slopes side by side, what is unseen, negative controls, and the reading.
    leaving : Leaving or None
        Those who left early beside those who stayed; None where nobody, or everybody, is known to have left.
    schools : SchoolTreatments
        The slope under each treatment of schools.
    parts : BetweenWithin
        Between and within schools.
    checks : Assumptions
    influence : Influence
    curve : DoseCurve
    need : NeedInteraction or None
        None where the outcome has no baseline, or no direction of it is need.
    for_changes : tuple of DoseForChange
    for_half : DoseForShare or None
        None where the outcome has no cut-point of risk.
    several : SeveralExposures or None
        None where the tables hold fewer than two of the doses that the plan names.
    changes : ChangeByEngagement or None
        None where the outcome has no baseline or no direction.
    dose_labels, dose_steps : mapping
        Words for doses, and for the step over which the slope of each is stated.
    """

    primary: OutcomeSlope
    confounding: Confounding
    leaving: Leaving | None
    schools: SchoolTreatments
    parts: BetweenWithin
    checks: Assumptions
    influence: Influence
    curve: DoseCurve
    need: NeedInteraction | None
    for_changes: tuple[DoseForChange, ...]
    for_half: DoseForShare | None
    several: SeveralExposures | None
    changes: ChangeByEngagement | None
    dose_labels: dict[str, str]
    dose_steps: dict[str, str]

    def words_on_confounding(self, kind: Dose) -> dict[str, Words]:
        """Say who had more (``who``), what is allowed for (``reading``), balance, the unseen, controls and leaving."""
        found = self.confounding
        return {
            "who": explained_words(found.explained, kind.label),
            "reading": found.reading.words(self.primary.measure.label, kind.label),
            "balance": balance_words(found.balanced, kind.label),
            "unseen": sensitivity_words(found.adjusted, kind.label, found.reading.evidence.yardstick),
            "controls": control_words(found.controls, kind.label),
            "leaving": leaving_words(self.leaving, kind.label, self.unit, kind.unit),  # type: ignore[arg-type]
        }

    @property
    def unit(self) -> Unit:
        """Unit of the outcome."""
        return self.primary.measure.unit  # type: ignore[return-value]

    def findings(self, dose_unit: Unit) -> list[Finding]:
        """Return every number that a page may say: associations and descriptions."""
        about: dict[str, Any] = {"unit": self.unit, "outcome": self.primary.measure.name, "wave": self.primary.wave}
        found = [
            *self.confounding.findings(unit=self.unit, dose_unit=dose_unit),
            *self.schools.findings(f"{PREFIX}.schools", **about),
            *self.parts.findings(f"{PREFIX}.parts", **about),
            *self.influence.findings(f"{PREFIX}.influence", **about),
            *self.curve.findings(),
        ]
        if self.leaving is not None:
            found += self.leaving.findings(unit=self.unit, dose_unit=dose_unit)
        for part in (self.need, *self.for_changes, self.for_half, self.changes):
            found += part.findings() if part is not None else []
        if self.several is not None:
            found += self.several.findings(f"{PREFIX}.together", **about)
        return found

    def several_rows(self) -> pd.DataFrame:
        """Slopes of several doses alone and together, each with its step in words; empty where there are none."""
        if self.several is None:
            return pd.DataFrame(columns=["label"])
        table = self.several.table()
        return table.assign(label=table["exposure"].map(self.dose_steps))

    def correlations(self) -> pd.DataFrame:
        """How far the doses go together, in words."""
        if self.several is None:
            return pd.DataFrame(columns=["one", "two", "correlation", "n"])
        table = self.several.correlations()
        return table.assign(one=table["one"].map(self.dose_labels), two=table["two"].map(self.dose_labels))

    def inverse(self) -> pd.DataFrame:
        """One row a change that dose was asked for."""
        if not self.for_changes:
            return pd.DataFrame(columns=["label", "dose", "low", "high", "reading", "n"])
        words = list(CHANGES.values()) if len(self.for_changes) > 1 else ["The change that the plan asks about"]
        return pd.concat([f.table() for f in self.for_changes], ignore_index=True).assign(
            label=words, x_title=f"More {self.for_changes[0].wording.dose}"
        )


def examine(
    cohort: Cohort,
    frame: AnalysisFrame,
    data: pd.DataFrame,
    primary: OutcomeSlope,
    kind: Dose,
    options: EngagementOptions,
    draws: int = 999,
    seed: int = 0,
) -> Examined:
    """Examine the association of the main outcome with dose.

    Parameters
    ----------
    cohort, frame : Cohort, AnalysisFrame
    data : DataFrame
        One row a programme child: the frame's columns and every dose.
    primary : OutcomeSlope
        The slope to examine.
    kind : Dose
        The dose that the plan names.
    options : EngagementOptions
    draws : int
        Of the wild bootstrap and of permutation tests that are not exact.
    seed : int
    """
    column, before = primary.column, primary.baseline if primary.baseline in data else None
    given: dict[str, Any] = {"covariates": options.covariates, "baseline": before}
    wording = DoseWording(
        outcome=primary.measure.label, dose=kind.label, outcome_unit=primary.measure.unit, dose_unit=kind.unit,  # type: ignore[arg-type]
    )
    listed = {name: dose(cohort, name) for name in (*options.together, kind.name) if name in data}
    labels = {name: column_label(cohort, name) for name in {*options.covariates, *([before] if before else [])}}
    return Examined(
        primary=primary,
        confounding=_confounding(cohort, frame, data, primary, kind, options, labels),
        leaving=leaving(
            data, column, kind.name, cohort.meta.programme.end, options.covariates, baseline=before, step=kind.step
        ),
        schools=school_treatments(primary.slope, draws=draws, seed=seed),
        parts=between_within(primary.slope),
        checks=assumptions(primary.slope),
        influence=influence(primary.slope),
        curve=dose_curve(data, column, kind.name, seed=seed, wording=wording, **given),
        need=_need(data, primary, kind, options, wording),
        for_changes=_for_changes(frame, data, primary, kind, options, wording),
        for_half=_for_half(data, primary, kind, options, wording),
        several=_several(cohort, data, primary, options),
        changes=_changes(cohort, data, primary, kind, draws, seed),
        dose_labels={name: found.label for name, found in listed.items()},
        dose_steps={name: found.step_label for name, found in listed.items()},
    )


def _confounding(
    cohort: Cohort,
    frame: AnalysisFrame,
    data: pd.DataFrame,
    primary: OutcomeSlope,
    kind: Dose,
    options: EngagementOptions,
    labels: dict[str, str],
) -> Confounding:
    name = primary.measure.name
    columns = {"baseline": primary.baseline, "before": f"{name}_pre_baseline", "midpoint": f"{name}_midpoint"}
    known = {role: column for role, column in columns.items() if column in data}
    if "midpoint" in known:
        try:
            halves = dose_around(cohort, frame, name, "midpoint", kind.name)
        except OptionError:
            # A dose without days cannot be split: the control on later dose is left out, as its table shows.
            del known["midpoint"]
        else:
            data = data.join(halves)
            known |= {"earlier": f"{kind.name}_to_midpoint", "later": f"{kind.name}_after_midpoint"}
    words = labels | {known[role]: column_label(cohort, known[role]) for role in columns if role in known}
    own = primary.slope
    return confounding(
        data, primary.column, kind.name, options.covariates, baseline=known.get("baseline"), step=kind.step,
        controls=usual_controls(data, kind.name, options.covariates, **known), labels=words,
        answer=Slope(estimate=own.estimate, ci_low=own.ci_low, ci_high=own.ci_high),
    )


def _need(
    data: pd.DataFrame, primary: OutcomeSlope, kind: Dose, options: EngagementOptions, wording: DoseWording
) -> NeedInteraction | None:
    """Ask whether the slope differs by how the child stood on the outcome at the start."""
    if primary.baseline not in data or primary.better not in ("higher", "lower"):
        return None
    return interaction_with_need(
        data, primary.column, kind.name, primary.baseline, options.covariates, primary.baseline, step=kind.step,
        greater_need="lower" if primary.better == "higher" else "higher", wording=wording,
    )


def _for_changes(
    frame: AnalysisFrame,
    data: pd.DataFrame,
    primary: OutcomeSlope,
    kind: Dose,
    options: EngagementOptions,
    wording: DoseWording,
) -> tuple[DoseForChange, ...]:
    """Ask how much more dose goes with the plan's change, or with stated shares of a standard deviation."""
    if primary.better not in ("higher", "lower"):
        return ()
    sign = 1.0 if primary.better == "higher" else -1.0
    spread = primary.measure.sd or float(frame.data[primary.column].std())
    asked: Iterable[float] = [options.change_asked] if options.change_asked else [share * spread for share in CHANGES]
    before = primary.baseline if primary.baseline in data else None
    return tuple(
        dose_for_change(
            data, primary.column, kind.name, sign * change, options.covariates, before,
            school_effects=primary.slope.school_effects, wording=wording,
        )
        for change in asked
        if change > 0
    )


def _for_half(
    data: pd.DataFrame, primary: OutcomeSlope, kind: Dose, options: EngagementOptions, wording: DoseWording
) -> DoseForShare | None:
    """Ask at which dose half of the children are not at risk at the end, by the measure's own cut-point."""
    cut, better = primary.measure.risk, primary.better
    if cut is None or better not in ("higher", "lower"):
        return None
    after = data[primary.column]
    met = (after >= cut if better == "higher" else after < cut).astype(float).where(after.notna())
    words = DoseWording(
        outcome=f"not being at risk in {wording.outcome}", dose=wording.dose, outcome_unit="percent",
        dose_unit=wording.dose_unit,
    )
    return dose_for_share(
        data.assign(not_at_risk=met), "not_at_risk", kind.name, options.covariates,
        primary.baseline if primary.baseline in data else None, wording=words,
    )


def _several(
    cohort: Cohort, data: pd.DataFrame, primary: OutcomeSlope, options: EngagementOptions
) -> SeveralExposures | None:
    held = _varying(data, options.together)
    if len(held) < 2:
        return None
    return several_exposures(
        data, primary.column, held, options.covariates, primary.baseline if primary.baseline in data else None,
        steps={name: dose(cohort, name).step for name in held}, school_effects=primary.slope.school_effects,
    )


def _varying(data: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Doses that the tables hold and that differ between children."""
    return [name for name in names if name in data and data[name].min() < data[name].max()]


def _changes(
    cohort: Cohort, data: pd.DataFrame, primary: OutcomeSlope, kind: Dose, draws: int, seed: int
) -> ChangeByEngagement | None:
    groups = measure_change_groups(cohort, data, primary.measure.name, primary.wave, primary.better)
    if groups is None:
        return None
    return change_by_engagement(
        data.assign(change_group=groups), "change_group", kind, name=primary.measure.name,
        outcome=primary.measure.label, draws=draws, seed=seed,
    )
