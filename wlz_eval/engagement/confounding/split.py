"""Dose before and after a measurement, child by child: what a negative control on later dose needs."""

from __future__ import annotations

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.engagement.exposure import exposures, reading_dates, straddles
from wlz_eval.measures.frame import AnalysisFrame

__all__ = ["dose_around"]


def dose_around(
    cohort: Cohort, frame: AnalysisFrame, measure: str, wave: str = "midpoint", exposure: str = "hours"
) -> pd.DataFrame:
    """Split the dose of each child at a measurement.

    The cut is the day of the child's reading or the last day of its wave, whichever is later: a reading without a date
    may have been taken on any day of the wave, and what came before it must not count as after it.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    measure, wave : str
        Whose reading.
    exposure : str
        A dose that has days: one of those of interactions and sessions, or an exposure whose periods can be read and
        lie wholly on either side.

    Returns
    -------
    DataFrame
        Indexed by child: ``<exposure>_to_<wave>`` and ``<exposure>_after_<wave>``.

    Raises
    ------
    OptionError
        When the cohort has no such wave, or the dose has no days in it.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> halves = dose_around(cohort, analysis_frame(cohort), "english")
    >>> halves.columns.tolist()
    ['hours_to_midpoint', 'hours_after_midpoint']
    """
    days = reading_dates(cohort, frame, measure, wave)
    period = next(p for w, p in cohort.meta.waves.items() if str(w) == wave)
    last = pd.Timestamp(period.end)
    cut = days.mask(days < last, last)
    if straddles(cohort, exposure, cut):
        raise OptionError(f"Dose {exposure!r} cannot be split by day: a period of it lies on both sides of the {wave}.")
    parts = {
        f"{exposure}_to_{wave}": exposures(cohort, frame, until=cut),
        f"{exposure}_after_{wave}": exposures(cohort, frame, since=cut + pd.Timedelta(days=1)),
    }
    for part in parts.values():
        if exposure not in part:
            raise OptionError(
                f"Dose {exposure!r} cannot be split by day: these data hold no days of it. "
                f"{suggestion(exposure, [str(c) for c in part.columns])}"
            )
    return pd.DataFrame({name: part[exposure] for name, part in parts.items()})
