"""Months of progress: what an effect on attainment is often translated into, with its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.reference.attainment import months_confirmed, months_of_progress
from wlz_eval.reference.measures import Measure

__all__ = ["MonthsOfProgress", "effect_in_months"]


@dataclass(frozen=True, kw_only=True, repr=False)
class MonthsOfProgress(Result):
    """An effect on attainment in months, in the table of the Education Endowment Foundation.

    Parameters
    ----------
    outcome : str
    g : float
        Hedges' g, positive where it is good.
    months, low, high : int or None
        Of the estimate and of both ends of its 95% interval; None where there is no interval.
    source : {"toolkit", "trial"}
        Which table.
    confirmed : bool
        Whether the rows of that table were seen at their source.
    n_programme, n_comparison : int
        Children behind the effect.
    """

    outcome: str
    g: float
    months: int
    low: int | None
    high: int | None
    source: str
    confirmed: bool
    n_programme: int
    n_comparison: int

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Months of progress in {self.outcome}"

    def table(self) -> pd.DataFrame:
        """One row: the effect, its months and their interval, and the table they are from.

        Returns
        -------
        DataFrame
            ``outcome``, ``hedges_g``, ``months``, ``months_low``, ``months_high`` (missing: no interval), ``source``,
            ``confirmed``, ``n_programme``, ``n_comparison``.
        """
        row = {
            "outcome": self.outcome,
            "hedges_g": self.g,
            "months": self.months,
            "months_low": math.nan if self.low is None else self.low,
            "months_high": math.nan if self.high is None else self.high,
            "source": self.source,
            "confirmed": self.confirmed,
            "n_programme": self.n_programme,
            "n_comparison": self.n_comparison,
        }
        return pd.DataFrame([row])


def effect_in_months(effect: EffectEstimate, measure: Measure, table: str = "toolkit") -> MonthsOfProgress:
    """Translate an effect on attainment into months of progress.

    A translation, not a measurement: the table is a convention by which an effect size stands for the progress of an
    average pupil in a year, and hides that older pupils progress less in a year. It is never used where an outcome is
    not attainment.

    Parameters
    ----------
    effect : EffectEstimate
        Its Hedges' g is translated, and both ends of its interval.
    measure : Measure
        The registry's row of the outcome.
    table : {"toolkit", "trial"}
        The Toolkit's table, or that of trial reports; see ``data/reference/eef_months.csv``.

    Raises
    ------
    OptionError
        When the measure is no attainment, or the effect has no size in standard deviations.

    References
    ----------
    Education Endowment Foundation, Teaching and Learning Toolkit.
    """
    if measure.family != "attainment":
        raise OptionError(
            f"Months of progress exist for attainment only; {measure.label} ({measure.name}) is of family "
            f"{measure.family}."
        )
    g = effect.g
    if not math.isfinite(g.estimate):
        raise OptionError(f"The effect on {effect.outcome} has no size in standard deviations, so none in months.")
    sign = -1.0 if measure.better == "lower" else 1.0
    ends = sorted((sign * g.ci_low, sign * g.ci_high))
    known = all(math.isfinite(e) for e in ends)
    return MonthsOfProgress(
        outcome=effect.outcome,
        g=sign * g.estimate,
        months=months_of_progress(sign * g.estimate, table),
        low=months_of_progress(ends[0], table) if known else None,
        high=months_of_progress(ends[1], table) if known else None,
        source=table,
        confirmed=months_confirmed(table),
        n_programme=effect.n_programme,
        n_comparison=effect.n_comparison,
    )
