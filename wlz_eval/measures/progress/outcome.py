"""Progress of the programme's children in one measure to one wave, beside what is to be expected of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Unit
from wlz_eval.measures.options import RiskRule
from wlz_eval.measures.progress.change import Change, Share, clustered_share, paired_change, wilson
from wlz_eval.measures.progress.expected import (
    NOTHING,
    Expected,
    Range,
    Untreated,
    one_reading,
    schools_of,
    untreated,
)
from wlz_eval.measures.progress.population import Readings, readings_of
from wlz_eval.measures.progress.rules import beyond, measure_rule
from wlz_eval.measures.progress.scales import ScaleProgress, scale_progress
from wlz_eval.reference.measures import Better
from wlz_eval.reference.reliability import consistency

__all__ = ["OutcomeProgress", "Transitions", "outcome_progress"]

NO_SHARE = wilson(0, 0)


@dataclass(frozen=True, kw_only=True)
class Transitions:
    """Programme children by whether they were at risk at baseline and at the later wave.

    ``came_out``, ``stayed_in``, ``went_in`` and ``stayed_out`` are counts; ``exit_rate`` is the share of those at
    risk at the start who are no longer, ``entry_rate`` that of the others who are now; the expected rates are in
    percent, with no programme.
    """

    came_out: int = 0
    stayed_in: int = 0
    went_in: int = 0
    stayed_out: int = 0
    exit_rate: Share = NO_SHARE
    entry_rate: Share = NO_SHARE
    expected_exit: Range = NOTHING
    expected_entry: Range = NOTHING

    @property
    def at_risk(self) -> int:
        """Children at risk at the start."""
        return self.came_out + self.stayed_in

    @property
    def not_at_risk(self) -> int:
        """Children not at risk at the start."""
        return self.went_in + self.stayed_out


@dataclass(frozen=True, kw_only=True)
class OutcomeProgress:
    """Progress of the programme's children in one measure to one wave.

    Parameters
    ----------
    measure, wave, label, unit, better : str
        What is measured, and which direction is good.
    change : Change
        Before, after, and their mean difference.
    expected : Range
        Change to be expected of these children with no programme, simulated from their own selection.
    one : Expected
        The same, and exits, in closed form from the first reading alone (bivariate normal).
    drawn : Untreated or None
        What the expectation was drawn from; None where no population is known.
    transitions : Transitions
    scales : ScaleProgress or None
        None where no population is known or the direction is unclear.
    readings : Readings
    """

    measure: str
    wave: str
    label: str
    unit: Unit
    better: str
    change: Change
    expected: Range
    one: Expected
    drawn: Untreated | None
    transitions: Transitions
    scales: ScaleProgress | None
    readings: Readings

    @property
    def caution(self) -> str:
        """What a reader should know about the expectation."""
        parts = (self.drawn.caution if self.drawn else "", self.readings.caution)
        return " ".join(part for part in parts if part)

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is, 0 where it is unclear."""
        return {"higher": 1, "lower": -1}.get(self.better, 0)

    @property
    def verdict(self) -> str:
        """Where the change seen lies against the range to be expected: within, better, worse, outside or unknown."""
        if self.drawn is None:
            return "unknown"
        if self.expected.low <= self.change.change <= self.expected.high:
            return "within"
        if not self.sign:
            return "outside"
        return "better" if self.sign * (self.change.change - self.expected.value) > 0 else "worse"


def outcome_progress(
    cohort: Cohort,
    data: pd.DataFrame,
    measure: str,
    wave: str,
    rules: Sequence[RiskRule],
    better: Better | None,
    *,
    judged: bool,
    draws: int,
    seed: int,
) -> OutcomeProgress:
    """Describe one measure to one wave; `data` is the analysis frame's."""
    facts = cohort.measure(measure)
    way = better or facts.better
    data = data.sort_index()
    own = data[data["programme"] == 1]
    first, last = (own[f"{measure}_{when}"].to_numpy(dtype=float) for when in ("baseline", wave))
    school = schools_of(own)
    both = np.isfinite(first) & np.isfinite(last)
    drawn = untreated(cohort, data, measure, wave, judged=judged, draws=draws, seed=seed)
    rule = measure_rule(cohort, rules, measure)
    x, y, codes = first[both], last[both], schools_of(own[both])
    risk = beyond(x, rule) if rule is not None else np.zeros(len(x), dtype=bool)
    readings = readings_of(cohort, measure, wave)
    alpha = consistency(measure, readings.informant, readings.form)
    sign = {"higher": 1, "lower": -1}.get(way, 0)
    none = Expected(NOTHING, NOTHING)
    return OutcomeProgress(
        measure=measure,
        wave=wave,
        label=facts.label,
        unit=cast(Unit, facts.unit),
        better=way,
        change=paired_change(first, last, school),
        expected=drawn.change() if drawn else NOTHING,
        one=one_reading(drawn, rule, risk, codes, facts.icc or 0.0, seed) if drawn else none,
        drawn=drawn,
        transitions=_transitions(x, y, codes, rule, drawn),
        scales=scale_progress(drawn, y, codes, alpha, sign) if drawn and sign else None,
        readings=readings,
    )


def _transitions(
    x: np.ndarray, y: np.ndarray, school: np.ndarray, rule: RiskRule | None, drawn: Untreated | None
) -> Transitions:
    if rule is None or not len(x):
        return Transitions()
    risk, later = beyond(x, rule), beyond(y, rule)
    free = beyond(drawn.later, rule) if drawn else None
    return Transitions(
        came_out=int((risk & ~later).sum()),
        stayed_in=int((risk & later).sum()),
        went_in=int((~risk & later).sum()),
        stayed_out=int((~risk & ~later).sum()),
        exit_rate=clustered_share(~later[risk], school[risk]),
        entry_rate=clustered_share(later[~risk], school[~risk]),
        expected_exit=drawn.share(~free, risk) if drawn and free is not None else NOTHING,
        expected_entry=drawn.share(free, ~risk) if drawn and free is not None else NOTHING,
    )
