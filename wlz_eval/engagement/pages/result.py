"""The whole of notebook 05: dose, its association with each outcome, and what lies behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.effort import EffortName
from wlz_eval.core.finding import Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.engagement.exposure import (
    DOSES,
    BeforeReading,
    Dose,
    Exposure,
    describe_exposure,
    dose,
    doses_before_reading,
)
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.engagement.pages.examined import Examined, examine
from wlz_eval.engagement.pages.outcome import Outcome, OutcomeSlope
from wlz_eval.engagement.pages.words import answer_words, window_words, worth_words
from wlz_eval.engagement.regress import NO_POINTS, engagement_slope
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["DRAWS", "Engagement", "engagement"]

#: Doses that the page lists, where the tables hold them; beside them that of the plan and those of the exposures table.
LISTED: tuple[str, ...] = (
    "hours", "link_worker_hours", "partner_hours", "link_worker_interactions", "engagements", "sessions_planned",
    "sessions_attended", "attendance_rate", "hours_per_month", "months_enrolled", "weeks_with_contact",
    "longest_gap_weeks", "days_to_first_contact",
)
#: Draws of the wild bootstrap and of permutation tests, by effort.
DRAWS: dict[EffortName, int] = {"draft": 199, "quick": 999, "full": 9999}
_COLUMNS = (
    "outcome", "wave", "when", "good", "estimate", "ci_low", "ci_high", "unit", "n", "n_schools", "primary", "note",
)


@dataclass(frozen=True, repr=False)
class Engagement(Result):
    """Dose and outcomes of the programme's children: associations, never effects.

    Parameters
    ----------
    dose : Dose
        The dose that the plan names.
    data : DataFrame
        One row a programme child: the frame's columns and every dose, of the whole programme.
    exposure : Exposure
        How much of each dose children had, and how it was recorded.
    slopes : tuple of OutcomeSlope
        One for each outcome that the cohort holds, in the plan's order.
    examined : Examined or None
        The main outcome from every side; None where it has no slope.
    available : bool
        Whether the cohort records this dose at all.
    before : BeforeReading or None
        Doses up to the main outcome's reading, which its slope is about; None where it has none.
    """

    dose: Dose
    data: pd.DataFrame
    exposure: Exposure
    slopes: tuple[OutcomeSlope, ...] = ()
    examined: Examined | None = None
    available: bool = True
    before: BeforeReading | None = None

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line that says what was related to what."""
        return f"Association of outcomes with {self.dose.label} ({self.dose.step_label})"

    @property
    def primary(self) -> OutcomeSlope | None:
        """The slope of the primary outcome, where the cohort holds it."""
        return next((s for s in self.slopes if s.primary), None)

    @property
    def related(self) -> pd.DataFrame:
        """Rows of the primary outcome's slope: :attr:`data` with the doses up to its reading."""
        return self.data if self.before is None else self.data.assign(**self.before.doses)

    def table(self) -> pd.DataFrame:
        """One row an outcome: its slope over one step of dose, with interval, children and schools.

        Returns
        -------
        DataFrame
            ``outcome``, ``wave``, ``when``, ``good``, ``estimate``, ``ci_low``, ``ci_high``, ``unit``, ``n``,
            ``n_schools``, ``primary``, ``note``.
        """
        rows = [
            (
                s.measure.label, s.wave, WAVE_WORDS[s.wave], s.better, s.slope.estimate, s.slope.ci_low,
                s.slope.ci_high, s.measure.unit, s.slope.n, s.slope.n_schools, s.primary, s.slope.note,
            )
            for s in self.slopes
        ]
        return pd.DataFrame(rows, columns=list(_COLUMNS))

    def amounts(self) -> pd.DataFrame:
        """How much support children had: the doses of the page (see :meth:`Exposure.table` for the columns)."""
        table = self.exposure.table()
        shown = table["dose"].isin({*LISTED, self.dose.name}) | ~table["dose"].isin(list(DOSES))
        kinds = table["dose"].str.startswith("partner_hours_")
        return table[shown & ~(kinds & (table["dose"] != self.dose.name))].reset_index(drop=True)

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
    def outcome_difference(self) -> str:
        """Title of an axis of differences in the primary outcome, each row with a step of its own."""
        return f"Difference in {self._outcome_words}, with 95% interval"

    @property
    def step_axis(self) -> str:
        """Title of an axis of differences in the primary outcome over one step of dose, without intervals."""
        return f"Difference in {self._outcome_words} for {self.dose.step_label}"

    @property
    def difference_axis(self) -> str:
        """Title of an axis of differences in the primary outcome over one step of dose."""
        return f"{self.step_axis}, with 95% interval"

    @property
    def _outcome_words(self) -> str:
        return self.primary.measure.label if self.primary else "outcome"

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

    def plot(self) -> object:
        """Draw the primary outcome's binned means and line, unreleased: for exploring, not for a page."""
        from wlz_eval.engagement.pages.figures import draw_slope

        return draw_slope(self.points)

    def findings(self) -> list[Finding]:
        """Return doses, slopes and all that bears on the main one; every slope is an association."""
        found = [*self.exposure.findings(), *self._slope_findings(), *self._before_findings()]
        if self.examined is not None:
            found += self.examined.findings(self.dose.unit)  # type: ignore[arg-type]
        return found

    def _slope_findings(self) -> list[Finding]:
        found = []
        for s in self.slopes:
            unit: Unit = s.measure.unit  # type: ignore[assignment]
            adjusted = "adjusted for baseline" if s.slope.covariates else "not adjusted for a baseline"
            found.append(
                Finding(
                    finding_id=s.finding_id, quantity="slope", outcome=s.measure.name, wave=s.wave, group="programme",
                    estimate=s.slope.estimate, se=s.slope.se, ci_low=s.slope.ci_low, ci_high=s.slope.ci_high,
                    unit=unit, claim="association", n_programme=s.slope.n, primary=s.primary,
                    subgroup=self.dose.step_label, method=f"on {self.dose.label}, {adjusted}: {s.slope.method}",
                    note=s.slope.note, residual_df=s.slope.residual_df,
                )
            )
        return [replace(f, note=self._worth(f)) if f.primary and not f.note else f for f in found]

    def _worth(self, slope: Finding) -> str:
        """Say what stands against the slope of the primary outcome, for whoever quotes it."""
        if self.examined is None or not slope.has_interval:
            return ""
        return worth_words(slope, self.examined.confounding.reading, self.examined.schools.agree)

    def _before_findings(self) -> list[Finding]:
        """Return the mean dose up to the main outcome's reading."""
        if self.before is None or self.primary is None:
            return []
        values = self.before.doses[self.dose.name].astype(float).dropna()
        return [
            Finding(
                finding_id="engagement.window.mean", quantity="mean", estimate=float(values.mean()),
                unit=self.dose.unit,  # type: ignore[arg-type]
                claim="description", group="programme", n_programme=len(values), wave=self.primary.wave,
                subgroup=f"{self.dose.label}, up to the main outcome's reading", method="mean over programme children",
            )
        ]

    def window(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say which support the slopes are about: what came between an outcome's two readings."""
        by = next(iter(self._before_findings()), None)
        whole = next((f for f in self.exposure.findings() if f.finding_id.endswith(f".{self.dose.name}.mean")), None)
        return window_words(self.dose, self.before, by, whole)

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 05 in words: a template and the values of its placeholders."""
        if not self.available:
            return (
                "These data do not record {dose}, so nothing can be said about more or less of it.",
                {"dose": self.dose.label},
            )
        primary, slope = self.primary, self.primary_finding
        if primary is None or slope is None:
            return (
                "These data do not hold the primary outcome, so it cannot be related to {dose}.",
                {"dose": self.dose.label},
            )
        if self.examined is None:
            return answer_words(primary, slope, self.dose, None)
        seen = self.examined
        return answer_words(primary, slope, self.dose, seen.confounding.reading, seen.schools.agree)


def engagement(
    cohort: Cohort,
    frame: AnalysisFrame,
    options: EngagementOptions,
    outcomes: Sequence[Outcome],
    effort: EffortName = "quick",
    seed: int = 0,
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
    effort : str
        How many draws the tests take that need any.
    seed : int

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
    exposure = describe_exposure(cohort, frame, options)
    doses, kind = exposure.children, dose(cohort, options.exposure)
    data = frame.data.loc[doses.index].join(doses[[c for c in doses.columns if c not in frame.data.columns]])
    if kind.name not in doses or doses[kind.name].isna().all():
        return Engagement(dose=kind, data=data, exposure=exposure, available=False)
    slopes, main = [], None
    whole = doses.drop(columns="high_engagement", errors="ignore")
    for outcome in outcomes:
        column = f"{outcome.measure}_{outcome.wave}"
        if column not in data or data[column].isna().all():
            continue
        before = doses_before_reading(cohort, frame, outcome.measure, outcome.wave, whole)
        slopes.append(_slope(cohort, data.assign(**before.doses), outcome, kind, options))
        main = before if outcome.primary else main
    primary = next((s for s in slopes if s.primary and s.slope.estimated), None)
    examined = None
    if primary is not None and main is not None:
        held = data.assign(**main.doses)
        examined = examine(cohort, frame, held, primary, kind, options, DRAWS[effort], seed)
    return Engagement(
        dose=kind, data=data, exposure=exposure, slopes=tuple(slopes), examined=examined, before=main
    )


def _slope(
    cohort: Cohort, data: pd.DataFrame, outcome: Outcome, kind: Dose, options: EngagementOptions
) -> OutcomeSlope:
    """Relate one outcome to the dose that came before its reading."""
    column, before = f"{outcome.measure}_{outcome.wave}", f"{outcome.measure}_baseline"
    measure = cohort.measure(outcome.measure)
    slope = engagement_slope(
        data, column, kind.name, options.covariates, baseline=before if before in data else None, step=kind.step,
        school_effects=options.school_effects,
    )
    return OutcomeSlope(measure, outcome.wave, outcome.primary, outcome.better or measure.better, slope)
