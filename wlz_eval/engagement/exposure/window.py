"""Which support could have brought an outcome about: what a child had between its two readings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.engagement.exposure.amounts import exposures
from wlz_eval.engagement.exposure.records import programme_children
from wlz_eval.engagement.exposure.spans import amount_days
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.scoring import readings

__all__ = ["BeforeReading", "doses_before_reading", "reading_dates", "straddles"]


def reading_dates(cohort: Cohort, frame: AnalysisFrame, measure: str, wave: str) -> pd.Series:
    """Day on which each programme child was measured: where dose before an outcome ends, and dose after it begins.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    measure, wave : str

    Returns
    -------
    Series of datetime
        The day of the child's last reading of this measure and wave. Where none is dated, the first day of the wave,
        so that nothing which may have come after the outcome counts as before it; for attendance by the registers
        the last day over which it is counted.

    Raises
    ------
    OptionError
        When the cohort has no such wave.

    Examples
    --------
    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("simulated-complete")
    >>> frame = analysis_frame(cohort)
    >>> day = reading_dates(cohort, frame, "english", "endline")
    >>> later = exposures(cohort, frame, since=day + pd.Timedelta(days=1))
    >>> bool((later["hours"] <= exposures(cohort, frame)["hours"]).all())
    True
    """
    children = programme_children(frame)
    waves = {str(w): period for w, period in cohort.meta.waves.items()}
    if wave not in waves:
        raise OptionError(f"The cohort has no wave {wave!r}. {suggestion(wave, list(waves))}")
    days = pd.Series(pd.NaT, index=children, dtype="datetime64[us]", name="date")
    rows = readings(cohort)
    own = ((rows["measure"] == measure) & (rows["wave"] == wave)).to_numpy(dtype=bool)
    if not own.any() and cohort.measure(measure).family == "attendance":
        windows = {str(w): period for w, period in cohort.meta.attendance_windows.items()}
        return days.fillna(pd.Timestamp(windows.get(wave, waves[wave]).end))
    if "date" in rows:
        rows = rows[own & rows["date"].notna().to_numpy(dtype=bool)]
        days = rows.groupby(rows["child_id"].astype(str))["date"].max().reindex(children).rename("date")
    return days.fillna(pd.Timestamp(waves[wave].start))


@dataclass(frozen=True, kw_only=True)
class BeforeReading:
    """Doses of one outcome: what each child had between its reading at the start and that of the outcome.

    Parameters
    ----------
    doses : DataFrame
        One row a child, columns as :func:`exposures` gives them for the whole programme.
    undated : tuple of str
        Doses that are recorded without days, so that all of them is counted, whenever it was.
    by_period : tuple of str
        Doses that are recorded for whole periods: one counts where most of its days lie between the readings.
    """

    doses: pd.DataFrame
    undated: tuple[str, ...]
    by_period: tuple[str, ...]


def doses_before_reading(
    cohort: Cohort, frame: AnalysisFrame, measure: str, wave: str, whole: pd.DataFrame | None = None
) -> BeforeReading:
    """Count support from the day after the reading at the start to the day of the outcome's reading, child by child.

    What came after an outcome was read cannot have brought it about, and what came before the start is part of where
    the child began. Where the outcome has no reading at the start, everything up to its reading counts.

    Parameters
    ----------
    cohort : Cohort
    frame : AnalysisFrame
    measure, wave : str
        The outcome.
    whole : DataFrame, optional
        Doses of the whole programme, where :func:`exposures` has given them already.

    Returns
    -------
    BeforeReading

    Raises
    ------
    OptionError
        When the cohort has no such wave.

    Examples
    --------
    Of up to three years in a small class, two had passed when reading was tested in grade 2:

    >>> from wlz_eval.cohort import load_cohort
    >>> from wlz_eval.measures import analysis_frame
    >>> cohort = load_cohort("star-1986")
    >>> frame = analysis_frame(cohort)
    >>> float(doses_before_reading(cohort, frame, "sat_reading", "endline").doses["small_class_years"].max())
    2.0
    """
    whole = exposures(cohort, frame) if whole is None else whole
    since = None
    if f"{measure}_baseline" in frame.data and wave != "baseline":
        since = reading_dates(cohort, frame, measure, "baseline") + pd.Timedelta(days=1)
    until = reading_dates(cohort, frame, measure, wave)
    if since is not None:
        since = since.where(since <= until, until)
    within = exposures(cohort, frame, since=since, until=until)
    own = set(cohort["exposures"]["exposure"].astype(str)) if cohort.has("exposures") else set()
    undated = tuple(sorted(name for name in own if name in whole and name not in within))
    doses = within.reindex(columns=whole.columns)
    doses[list(undated)] = whole[list(undated)]
    read = sorted(own - set(undated)) if own and amount_days(cohort)["middle"].notna().any() else []
    return BeforeReading(doses=doses, undated=undated, by_period=tuple(name for name in read if name in whole))


def straddles(cohort: Cohort, exposure: str, cut: pd.Series) -> bool:
    """Whether a period of an exposure has days on both sides of a child's day, so that it cannot be split there."""
    if not cohort.has("exposures"):
        return False
    table = cohort["exposures"]
    own = (table["exposure"].astype(str) == exposure).to_numpy(dtype=bool)
    days = amount_days(cohort)[own]
    on = table.loc[own, "child_id"].astype(str).map(cut)
    return bool(np.any((days["first"] <= on) & (days["last"] > on)))
