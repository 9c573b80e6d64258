"""When an outcome is achieved: one payable outcome as a rule on two readings, in plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.value.contract.check import check_directions
from wlz_eval.value.contract.terms import PayableOutcome

__all__ = ["Judged", "judged", "readings_of", "steps_of"]

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
#: Steps of scales that are looked for.
STEPS = (1.0, 0.1)


@dataclass(frozen=True)
class Judged:
    """One payable outcome, with its direction and its cut settled.

    Parameters
    ----------
    outcome : PayableOutcome
    up : bool
        Whether more is better.
    cut : float
        Where "at risk" ends; ``nan`` when every measured child counts as at risk.
    strict : bool
        Whether a child exactly at the cut is *not* at risk (``below``), or is (``at_least``).
    label : str
        Name of the measure in reports.
    """

    outcome: PayableOutcome
    up: bool
    cut: float
    strict: bool
    label: str

    def at_risk(self, values: Any) -> Bools:
        """Whether a reading is at risk; one that is missing is not known to be."""
        readings = np.asarray(values, dtype=float)
        if np.isnan(self.cut):
            return np.isfinite(readings)
        with np.errstate(invalid="ignore"):
            return np.asarray(readings < self.cut if self.strict else readings >= self.cut)

    def reached(self, before: Any, after: Any) -> Bools:
        """Whether the outcome is achieved by a child at risk before: crossed out, or gained enough.

        Parameters
        ----------
        before, after : array, shapes that broadcast
            Readings; a missing one achieves nothing.
        """
        first, last = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
        with np.errstate(invalid="ignore"):
            if self.outcome.rule == "crosses_out":
                good = ~self.at_risk(last) & np.isfinite(last)
            else:
                good = (last - first) * (1.0 if self.up else -1.0) >= self.outcome.least
        return np.asarray(self.at_risk(first) & good)


def judged(cohort: Cohort, outcomes: Sequence[PayableOutcome]) -> tuple[Judged, ...]:
    """Settle direction and cut of each payable outcome, by the contract first and the measure's registry second.

    Raises
    ------
    CohortError
        When the direction of a measure is unclear and the contract does not say it.
    """
    check_directions(cohort, outcomes)
    return tuple(_judged(cohort, outcome) for outcome in outcomes)


def _judged(cohort: Cohort, outcome: PayableOutcome) -> Judged:
    measure = cohort.measure(outcome.measure)
    up = (outcome.better or measure.better) != "lower"
    if outcome.below is not None:
        cut, strict = outcome.below, True
    elif outcome.at_least is not None:
        cut, strict = outcome.at_least, False
    else:
        cut, strict = (np.nan if measure.risk is None else measure.risk), up
    return Judged(outcome=outcome, up=up, cut=float(cut), strict=strict, label=measure.label)


def readings_of(data: pd.DataFrame, rules: Sequence[Judged], when: str = "") -> Array:
    """Gather the readings of each outcome's measure, shape (children, outcomes); missing where there are none.

    Parameters
    ----------
    data : DataFrame
        Rows of the analysis frame.
    rules : sequence of Judged
    when : str
        A wave; each outcome's own when empty.
    """
    columns = [f"{rule.outcome.measure}_{when or rule.outcome.wave}" for rule in rules]
    blank = np.full(len(data), np.nan)
    held = [data[c].to_numpy(dtype=float, na_value=np.nan) if c in data else blank for c in columns]
    return np.column_stack(held) if held else np.empty((len(data), 0))


def steps_of(readings: Array) -> Array:
    """Step in which each measure is counted, shape (outcomes,): one, a tenth, or zero where there is no such step.

    Examples
    --------
    >>> steps_of(np.array([[12.0, 97.5, 1 / 3], [9.0, np.nan, 0.5]])).tolist()
    [1.0, 0.1, 0.0]
    """
    steps = []
    for column in readings.T:
        held = column[np.isfinite(column)]
        fits = [s for s in STEPS if len(held) and np.allclose(held / s, np.round(held / s), rtol=0, atol=1e-6)]
        steps.append(fits[0] if fits else 0.0)
    return np.array(steps)
