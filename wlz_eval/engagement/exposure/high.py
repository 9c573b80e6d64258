"""Who engaged highly, as the plan or the contract defines it."""

from __future__ import annotations

import pandas as pd

__all__ = ["high_engagement"]

#: Columns of :func:`wlz_eval.engagement.exposure.exposures` that the definition needs.
NEEDED: tuple[str, ...] = ("attendance_rate", "link_worker_interactions")
#: Rates are quotients: a child with exactly the share asked for must not fail by the last bit.
SLACK = 1e-9


def high_engagement(doses: pd.DataFrame, *, attendance: float, interactions: float) -> pd.Series:
    """Say of each child whether they engaged highly: attendance and contacts both at or above their thresholds.

    Parameters
    ----------
    doses : DataFrame
        As :func:`exposures` gives it.
    attendance : float
        Share of planned sessions, from 0 to 1.
    interactions : float
        Link Worker interactions.

    Returns
    -------
    Series of boolean
        Indexed by child. A child for whom no session was planned did not reach the attendance asked for. Missing for
        everyone where the cohort does not record both interactions and sessions, and for a child without a dose.

    Examples
    --------
    >>> doses = pd.DataFrame({"attendance_rate": [100 * 11 / 20, 90.0], "link_worker_interactions": [20.0, 19.0]})
    >>> high_engagement(doses, attendance=0.55, interactions=20).tolist()
    [True, False]
    """
    if not set(NEEDED) <= set(doses.columns):
        return pd.Series(pd.NA, index=doses.index, dtype="boolean", name="high_engagement")
    rate, contacts = (doses[name].astype(float) for name in NEEDED)
    high = (rate.fillna(0.0) >= 100 * attendance - SLACK) & (contacts >= interactions - SLACK)
    return high.astype("boolean").mask(contacts.isna()).rename("high_engagement")
