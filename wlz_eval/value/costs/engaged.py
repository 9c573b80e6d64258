"""How many children engaged highly, over whom costs may be spread."""

from __future__ import annotations

from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement.exposure import exposures, high_engagement
from wlz_eval.engagement.options import EngagementOptions
from wlz_eval.measures.frame import analysis_frame

__all__ = ["engaged_children"]


def engaged_children(cohort: Cohort, options: EngagementOptions) -> int | None:
    """Count the programme children who engaged highly, as the plan defines it.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : EngagementOptions
        Attendance and interactions that count as high.

    Returns
    -------
    int or None
        ``None`` where the cohort does not record both interactions and sessions.
    """
    doses = exposures(cohort, analysis_frame(cohort))
    high = high_engagement(doses, attendance=options.high_attendance, interactions=options.high_interactions)
    return int(high.fillna(False).sum()) if high.notna().any() else None
