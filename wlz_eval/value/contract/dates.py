"""When each claim falls due and is paid, and in which intake its child is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, ContractTerms, PayableOutcome

__all__ = ["add_months", "due_dates", "intakes", "month_of", "start_dates", "trigger_dates", "wave_end"]

#: Month in which a school year begins.
SCHOOL_YEAR = 9
#: Day on which a trigger falls due when ``contract.yaml`` does not say.
USUAL_DAY = {"consent": "start", "sign_up": "start", "high_engagement": "programme_end"}


def month_of(dates: pd.Series) -> pd.Series:
    """Month of each day as ``2024-07``.

    Examples
    --------
    >>> month_of(pd.Series(pd.to_datetime(["2024-07-19"]))).tolist()
    ['2024-07']
    """
    return dates.dt.strftime("%Y-%m")


def add_months(month: str, months: int) -> str:
    """Move a month on.

    Examples
    --------
    >>> add_months("2023-11", 3)
    '2024-02'
    """
    return str(pd.Period(month, freq="M") + months)


def start_dates(cohort: Cohort, data: pd.DataFrame) -> pd.Series:
    """Day on which each child started; the programme's first day where the table does not say."""
    first = pd.Timestamp(cohort.meta.programme.start)
    if "index_date" not in data:
        return pd.Series(first, index=data.index)
    return pd.to_datetime(data["index_date"]).fillna(first)


def intakes(starts: pd.Series) -> pd.Series:
    """School year in which each child started, such as ``2022/23``: the contract's own cohorts.

    Examples
    --------
    >>> intakes(pd.Series(pd.to_datetime(["2022-09-05", "2023-01-10", "2023-09-04"]))).tolist()
    ['2022/23', '2022/23', '2023/24']
    """
    year = starts.dt.year - (starts.dt.month < SCHOOL_YEAR).astype(int)
    return year.map(lambda y: f"{y}/{(y + 1) % 100:02d}").astype(str)


def wave_end(cohort: Cohort, wave: str) -> pd.Timestamp:
    """Last day of a wave; of the programme, where the cohort does not date the wave."""
    period = cohort.meta.waves.get(wave)  # type: ignore[call-overload]
    return pd.Timestamp(period.end if period else cohort.meta.programme.end)


def _outcome_days(cohort: Cohort, met: pd.DataFrame, outcomes: Sequence[PayableOutcome]) -> pd.DataFrame:
    """Day on which each child's first, second and third outcome is shown: wave ends of what was met, in order."""
    ends = np.array([wave_end(cohort, o.wave).to_datetime64() for o in outcomes], dtype="datetime64[us]")
    days = np.where(met.to_numpy(dtype=bool), ends, np.datetime64("NaT")) if len(outcomes) else np.empty((len(met), 0))
    days = np.sort(days.astype("datetime64[us]"), axis=1)
    columns = {}
    for k, trigger in enumerate(OUTCOME_TRIGGERS):
        known = k < days.shape[1]
        columns[trigger] = days[:, k] if known else np.full(len(met), np.datetime64("NaT"), dtype="datetime64[us]")
    return pd.DataFrame(columns, index=met.index)


def due_dates(
    cohort: Cohort, data: pd.DataFrame, terms: ContractTerms, outcomes: Sequence[PayableOutcome]
) -> pd.DataFrame:
    """Day on which each trigger would fall due for each child, whether it was met or not.

    Returns
    -------
    DataFrame of datetime
        One row a child, one column a trigger. An outcome that is dated by its wave falls due on the last day of the
        latest wave at which one is judged.
    """
    starts = start_dates(cohort, data)
    ends = [wave_end(cohort, o.wave) for o in outcomes]
    words = {
        "start": starts,
        "programme_end": pd.Timestamp(cohort.meta.programme.end),
        "wave": max(ends, default=pd.Timestamp(cohort.meta.programme.end)),
    }
    out = {}
    for trigger in (*USUAL_DAY, *OUTCOME_TRIGGERS):
        day = terms.claim_dates.get(trigger, USUAL_DAY.get(trigger, "wave"))
        out[trigger] = pd.Timestamp(day) if isinstance(day, dt.date) else words[day]
    return pd.DataFrame(out, index=data.index)


def trigger_dates(
    cohort: Cohort,
    data: pd.DataFrame,
    terms: ContractTerms,
    outcomes: Sequence[PayableOutcome],
    met: pd.DataFrame,
) -> pd.DataFrame:
    """Day on which each trigger was claimed: of its evidence, else the day on which it falls due.

    Parameters
    ----------
    cohort : Cohort
    data : DataFrame
        Programme children of the analysis frame.
    terms : ContractTerms
    outcomes : sequence of PayableOutcome
    met : DataFrame of bool
        Outcomes of each child, one column an area.

    Returns
    -------
    DataFrame of datetime
        One row a child, one column a trigger.
    """
    dates = due_dates(cohort, data, terms, outcomes)
    by_wave = [t for t in OUTCOME_TRIGGERS if terms.claim_dates.get(t, "wave") == "wave"]
    shown = _outcome_days(cohort, met, outcomes)
    for trigger in by_wave:
        dates[trigger] = shown[trigger].fillna(dates[trigger])
    if cohort.has("evidence"):
        table = cohort["evidence"]
        for trigger in dates.columns:
            own = table[table["trigger"].astype(str) == trigger]
            given = pd.Series(pd.to_datetime(own["date"]).to_numpy(), index=own["child_id"].astype(str))
            dates[trigger] = given.reindex(dates.index.astype(str)).set_axis(dates.index).fillna(dates[trigger])
    return dates.astype("datetime64[us]")
