"""What is put under scrutiny: the primary outcome's effect, its design, and the cohort behind both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from wlz_eval.attribution.attribution import Attribution, OutcomeEffect
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.effects import OutcomeModel
from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.attribution.pipeline import cluster_column
from wlz_eval.attribution.raters import raters_knew
from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.progress.population import years_between
from wlz_eval.reference.measures import Measure
from wlz_eval.reference.reliability import retest

__all__ = ["EFFORTS", "Case", "Effort"]


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much computing a report may spend.

    Parameters
    ----------
    specifications : int or None
        Most specifications of the curve; all reasonable ones when None.
    replicates : int
        Simulated data sets of the calibration, half of them without any effect.
    """

    specifications: int | None
    replicates: int


#: By the names of :data:`wlz_eval.core.effort.EFFORTS`.
EFFORTS: Mapping[str, Effort] = MappingProxyType(
    {
        "draft": Effort(specifications=6, replicates=10),
        "quick": Effort(specifications=40, replicates=40),
        "full": Effort(specifications=None, replicates=300),
    }
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One estimated effect and everything that may be held against it.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    matching : MatchingOptions
    result : Attribution
    effect : OutcomeEffect
        Of the primary outcome, against the plan's own comparison children.
    effort : Effort
    workers, seed : int
    """

    cohort: Cohort
    frame: AnalysisFrame
    matching: MatchingOptions
    result: Attribution
    effect: OutcomeEffect
    effort: Effort
    workers: int = 1
    seed: int = 0

    @property
    def design(self) -> Design:
        """The plan's own design."""
        return self.result.design

    @property
    def data(self) -> pd.DataFrame:
        """The analysis frame's data, outcomes included."""
        return self.frame.data

    @property
    def outcome(self) -> str:
        """Column of the primary outcome."""
        return self.effect.att.outcome

    @property
    def measure(self) -> Measure:
        """Facts of the primary measure."""
        return self.cohort.measure(self.effect.outcome.measure)

    @property
    def agreement(self) -> float | None:
        """Retest correlation of the primary measure from baseline to the outcome's wave; None where none is held."""
        outcome = self.effect.outcome
        found = retest(outcome.measure, years_between(self.cohort, outcome.wave))
        return found.r if found else None

    @property
    def baseline(self) -> str | None:
        """Column of the outcome at the start; None where it is not held for both groups."""
        return self.baseline_of(self.effect)

    def baseline_of(self, effect: OutcomeEffect) -> str | None:
        """Column of an outcome at the start; None where it is not held for both groups."""
        name = f"{effect.outcome.measure}_baseline"
        return name if name in self.data and effect.tier == "A" else None

    @property
    def adjusted_baseline(self) -> str | None:
        """The baseline, where the outcome model adjusts at all."""
        return self.baseline if self.matching.adjust else None

    @property
    def model(self) -> OutcomeModel:
        """Outcome model that the plan asks for."""
        return "interacted" if self.matching.adjust else "unadjusted"

    @property
    def cluster(self) -> str | None:
        """Column of schools; None where none is known."""
        return cluster_column(self.frame)

    @property
    def headline_rows(self) -> pd.Series:
        """Whether each child is of the programme or of the plan's own comparison children."""
        return self.headline_of(self.data)

    def headline_of(self, data: pd.DataFrame) -> pd.Series:
        """Whether each row of an analysis frame's data is of the programme or of the plan's own comparison children."""
        mine = data["programme"] == 1
        if "comparison_type" not in data:
            return mine | True
        kind = data["comparison_type"].astype(object)
        return mine | (kind == self.matching.comparison).fillna(False).astype(bool)

    @property
    def informants(self) -> dict[str, str]:
        """Whose rating counts, by measure, as the plan says."""
        outcomes = [e.outcome for e in self.result.effects]
        return {outcome.measure: outcome.informant for outcome in outcomes if outcome.informant}

    def readings(self, outcome: OutcomeEffect) -> pd.DataFrame:
        """Date, informant, form and whether the rater knew, of one outcome, by child."""
        table = self.cohort.measures
        rows = table[(table["measure"] == outcome.outcome.measure) & (table["wave"] == outcome.outcome.wave)]
        held = [c for c in ("date", "rater_knew", "informant", "form") if c in rows and rows[c].notna().any()]
        index = pd.Index(rows["child_id"].astype(str))
        return rows[held].set_axis(index).loc[~index.duplicated()]

    @property
    def raters_knew(self) -> bool | None:
        """Whether raters of the primary outcome knew who was on the programme; None where it is not recorded."""
        return raters_knew(self.cohort, self.result.map.row(self.effect.outcome.measure, self.effect.outcome.wave))
