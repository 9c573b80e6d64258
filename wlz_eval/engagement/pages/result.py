"""The whole of notebook 05: dose, its association with each outcome, and what lies behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.engagement.change import change_groups, dose_by_change
from wlz_eval.engagement.confounding import dose_by_need
from wlz_eval.engagement.exposure import Dose, dose, exposure_notes, exposures
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.regress import NO_POINTS, EngagementSlope, engagement_slope
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.labels import column_label
from wlz_eval.reference.measures import Measure

__all__ = ["Engagement", "Outcome", "OutcomeSlope", "engagement"]

#: Doses whose mean is reported where the tables hold them.
REPORTED: tuple[str, ...] = ("hours", "link_worker_interactions", "sessions_attended", "attendance_rate")
CAUTION = (
    "How much support a child had was not left to chance: it goes to those in need, and those who want it take it up."
)


class Outcome(Protocol):
    """What engagement reads of an outcome that the plan names."""

    @property
    def measure(self) -> str: ...  # noqa: D102

    @property
    def wave(self) -> str: ...  # noqa: D102

    @property
    def primary(self) -> bool: ...  # noqa: D102

    @property
    def better(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class OutcomeSlope:
    """The slope of one outcome of the plan.

    Parameters
    ----------
    measure : Measure
        What was measured.
    wave : str
        When.
    primary : bool
        Whether the plan names it as the primary outcome.
    better : str
        ``higher``, ``lower`` or ``unclear``.
    slope : EngagementSlope
        The association of the outcome with dose.
    """

    measure: Measure
    wave: str
    primary: bool
    better: str
    slope: EngagementSlope

    @property
    def finding_id(self) -> str:
        """Id under which the slope is recorded."""
        return f"engagement.slope.{self.measure.name}.{self.wave}"


@dataclass(frozen=True, repr=False)
class Engagement(Result):
    """Dose and outcomes of the programme's children: associations, never effects.

    Parameters
    ----------
    dose : Dose
        The dose that the plan names.
    data : DataFrame
        One row a programme child: the frame's columns and every dose.
    slopes : tuple of OutcomeSlope
        One for each outcome that the cohort holds, in the plan's order.
    needs : DataFrame
        Who got more (:func:`dose_by_need`).
    changes : DataFrame
        Mean dose of those who improved, stayed the same, got worse on the primary outcome.
    notes : tuple of str
        How the dose was recorded.
    available : bool
        Whether the cohort records this dose at all.
    """

    dose: Dose
    data: pd.DataFrame
    slopes: tuple[OutcomeSlope, ...] = ()
    needs: pd.DataFrame | None = None
    changes: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    available: bool = True

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was related to what."""
        return f"Association of outcomes with {self.dose.label} ({self.dose.step_label})"

    @property
    def primary(self) -> OutcomeSlope | None:
        """The slope of the primary outcome, where the cohort holds it."""
        return next((s for s in self.slopes if s.primary), None)

    def table(self) -> pd.DataFrame:
        """One row an outcome: its slope over one step of dose, with interval, children and schools.

        Returns
        -------
        DataFrame
            ``outcome``, ``wave``, ``when``, ``good``, ``estimate``, ``ci_low``, ``ci_high``, ``unit``, ``n``,
            ``n_schools``, ``primary``, ``note``.
        """
        columns = [
            "outcome",
            "wave",
            "when",
            "good",
            "estimate",
            "ci_low",
            "ci_high",
            "unit",
            "n",
            "n_schools",
            "primary",
            "note",
        ]
        rows = [
            (
                s.measure.label,
                s.wave,
                WAVE_WORDS[s.wave],
                {"higher": "higher", "lower": "lower"}.get(s.better, "unclear"),
                s.slope.estimate,
                s.slope.ci_low,
                s.slope.ci_high,
                s.measure.unit,
                s.slope.n,
                s.slope.n_schools,
                s.primary,
                s.slope.note,
            )
            for s in self.slopes
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def dose_axis(self) -> str:
        """Title of an axis of dose."""
        return self.dose.label.capitalize()

    @property
    def outcome_axis(self) -> str:
        """Title of an axis of the primary outcome, with the direction that is good."""
        if self.primary is None:
            return "Outcome"
        good = {"higher": " (higher is better)", "lower": " (lower is better)"}.get(self.primary.better, "")
        return self.primary.measure.label + good

    @property
    def outcome_unit(self) -> str:
        """Unit of the primary outcome."""
        return self.primary.measure.unit if self.primary else "points"

    @property
    def primary_finding(self) -> Finding | None:
        """The slope of the primary outcome as a finding."""
        wanted = self.primary.finding_id if self.primary else ""
        return next((f for f in self._slope_findings() if f.finding_id == wanted), None)

    @property
    def points(self) -> pd.DataFrame:
        """Points, line and band of the primary outcome's figure, with the titles of its axes."""
        points = self.primary.slope.points if self.primary else NO_POINTS
        return points.assign(x_title=self.dose_axis, y_title=self.outcome_axis)

    @property
    def change_doses(self) -> pd.DataFrame:
        """Mean dose by how children changed, with the title of its axis; empty when it cannot be known."""
        columns = ["group", "n", "mean", "ci_low", "ci_high"]
        table = self.changes if self.changes is not None else pd.DataFrame(columns=columns)
        return table.assign(x_title=f"Mean {self.dose.label}, with 95% interval")

    @property
    def need_doses(self) -> pd.DataFrame:
        """Who had more (see :func:`dose_by_need`); empty when the dose is not recorded."""
        columns = ["column", "label", "estimate", "se", "ci_low", "ci_high", "n"]
        return self.needs if self.needs is not None else pd.DataFrame(columns=columns)

    def plot(self) -> object:
        """Draw the primary outcome's binned means and line, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.pages.figures import draw_slope

        return draw_slope(self.points)

    def findings(self) -> list[Finding]:
        """Mean doses, slopes and dose by need as findings; every slope is an association."""
        return [*self._dose_findings(), *self._slope_findings(), *self._need_findings()]

    def _dose_findings(self) -> list[Finding]:
        found = []
        for name in dict.fromkeys((*REPORTED, self.dose.name)):
            if name not in self.data:
                continue
            values = self.data[name].astype(float).dropna()
            unit: Unit = "percent" if name == "attendance_rate" else self._unit(name)
            found.append(
                Finding(
                    finding_id=f"engagement.{name}.mean",
                    quantity="mean",
                    subgroup=_dose_label(name),
                    group="programme",
                    estimate=float(values.mean()) if len(values) else math.nan,
                    unit=unit,
                    claim="description",
                    n_programme=len(values),
                    method="mean over programme children",
                )
            )
        return found

    def _unit(self, name: str) -> Unit:
        units: dict[str, Unit] = {"hours": "hours", "sessions_attended": "sessions"}
        own: Unit = self.dose.unit  # type: ignore[assignment]
        fallback: Unit = "count"
        return units.get(name, own if name == self.dose.name and own != "count" else fallback)

    def _slope_findings(self) -> list[Finding]:
        found = []
        for s in self.slopes:
            unit: Unit = s.measure.unit  # type: ignore[assignment]
            adjusted = "adjusted for baseline" if s.slope.covariates else "not adjusted for a baseline"
            found.append(
                Finding(
                    finding_id=s.finding_id,
                    quantity="slope",
                    outcome=s.measure.name,
                    wave=s.wave,
                    group="programme",
                    estimate=s.slope.estimate,
                    se=s.slope.se,
                    ci_low=s.slope.ci_low,
                    ci_high=s.slope.ci_high,
                    unit=unit,
                    claim="association",
                    n_programme=s.slope.n,
                    primary=s.primary,
                    subgroup=self.dose.step_label,
                    method=f"least squares on {self.dose.label}, {adjusted}, CR2 by school",
                    note=s.slope.note or f"For {self.dose.step_label}. {CAUTION}",
                )
            )
        return found

    def _need_findings(self) -> list[Finding]:
        if self.needs is None:
            return []
        unit: Unit = "hours" if self.dose.unit == "hours" else "years" if self.dose.unit == "years" else "count"
        return [
            Finding(
                finding_id=f"engagement.dose_by_need.{row['column']}",
                quantity="slope",
                outcome=self.dose.name,
                subgroup=str(row["label"]),
                group="programme",
                estimate=float(row["estimate"]),
                se=float(row["se"]),
                ci_low=float(row["ci_low"]),
                ci_high=float(row["ci_high"]),
                unit=unit,
                claim="association",
                n_programme=int(row["n"]),
                method="least squares of dose on one baseline measure, CR2 by school",
            )
            for row in self.needs.to_dict(orient="records")
        ]

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 05 in words: a template and the values of its placeholders."""
        if not self.available:
            return (
                "These data do not record {dose}, so nothing can be said about more or less of it.",
                {"dose": self.dose.label},
            )
        primary = self.primary
        if primary is None:
            return (
                "These data do not hold the primary outcome, so it cannot be related to {dose}.",
                {"dose": self.dose.label},
            )
        found = {f.finding_id: f for f in self.findings()}
        slope = found[primary.finding_id]
        values: dict[str, Finding | str | None] = {
            "slope": slope,
            "step": self.dose.step_label,
            "outcome": primary.measure.label,
            "reason": primary.slope.note,
        }
        if not primary.slope.estimated:
            return "No association with {outcome} could be estimated. {reason}", values
        return _slope_words(slope, primary.better) + " " + CAUTION, values


def _dose_label(name: str) -> str:
    """Words for a dose."""
    words = {
        "hours": "hours of support",
        "link_worker_interactions": "contacts with the Link Worker",
        "sessions_attended": "partner sessions attended",
        "attendance_rate": "share of planned sessions attended",
    }
    return words.get(name, name.replace("_", " "))


def _slope_words(slope: Finding, better: str) -> str:
    """Word a slope: which way, how much, how sure, and that it is an association."""
    if not slope.interval_excludes_zero:
        return (
            "The data do not show whether more engagement goes with better or worse outcomes: for {step}, "
            "{outcome} differed by {slope} (95% interval {slope:interval}), so there may be no association at all."
        )
    way = "higher" if slope.estimate > 0 else "lower"
    good = {"unclear": "", way: ", which is better"}.get(better, ", which is worse")
    return (
        f"For {{step}}, {{outcome}} was {{slope:magnitude}} {way}{good} (95% interval {{slope:interval}}). "
        "This is an association: it does not show what the support did."
    )


def _needs(
    cohort: Cohort, frame: AnalysisFrame, covariates: Sequence[str], outcomes: Sequence[Outcome]
) -> dict[str, str]:
    """Baseline columns by which dose is explained, with labels: outcomes' baselines, covariates, FSM."""
    names = [*(f"{o.measure}_baseline" for o in outcomes), *covariates, "fsm"]
    labels: dict[str, str] = {}
    for name in dict.fromkeys(names):
        if name not in frame.data or not pd.api.types.is_numeric_dtype(frame.data[name]):
            continue
        labels[name] = column_label(cohort, name)
    return labels


def engagement(
    cohort: Cohort, frame: AnalysisFrame, options: EngagementOptions, outcomes: Sequence[Outcome]
) -> Engagement:
    """Relate the outcomes of the plan to dose, among programme children.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    options : EngagementOptions
        Which dose, which covariates, how schools enter.
    outcomes : sequence
        Outcomes of the plan.

    Returns
    -------
    Engagement
        A slope for each outcome that the cohort holds. When it does not record the dose, ``available`` is
        false and there is none.

    Raises
    ------
    OptionError
        When the plan names a dose or a covariate that does not exist.
    """
    doses = exposures(cohort, frame)
    wanted = dose(cohort, options.exposure)
    data = frame.data.loc[doses.index].join(doses[[c for c in doses.columns if c not in frame.data.columns]])
    if wanted.name not in doses or doses[wanted.name].isna().all():
        return Engagement(dose=wanted, data=data, available=False)
    slopes = []
    for outcome in outcomes:
        column = f"{outcome.measure}_{outcome.wave}"
        if column not in data or data[column].isna().all():
            continue
        before = f"{outcome.measure}_baseline"
        measure = cohort.measure(outcome.measure)
        slope = engagement_slope(
            data,
            column,
            wanted.name,
            options.covariates,
            baseline=before if before in data else None,
            step=wanted.step,
            school_effects=options.school_effects,
        )
        slopes.append(OutcomeSlope(measure, outcome.wave, outcome.primary, outcome.better or measure.better, slope))
    return Engagement(
        dose=wanted,
        data=data,
        slopes=tuple(slopes),
        notes=tuple(exposure_notes(cohort)),
        needs=dose_by_need(data, wanted.name, _needs(cohort, frame, options.covariates, outcomes)),
        changes=_changes(data, wanted.name, next((s for s in slopes if s.primary), None)),
    )


def _changes(data: pd.DataFrame, exposure: str, primary: OutcomeSlope | None) -> pd.DataFrame | None:
    """Dose by how children changed on the primary outcome, where its direction and baseline are known."""
    if primary is None or primary.better not in ("higher", "lower"):
        return None
    before, after = f"{primary.measure.name}_baseline", f"{primary.measure.name}_{primary.wave}"
    if before not in data:
        return None
    # A score without population norms may simply rise with age, so its change is judged against the mean.
    expected = 0.0 if primary.measure.mean is not None else float((data[after] - data[before]).mean())
    groups = change_groups(data[before], data[after], primary.better == "higher", expected)
    return dose_by_change(data.assign(change_group=groups), "change_group", exposure)
