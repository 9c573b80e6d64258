"""Who started, who left early, who engaged highly as the plan defines it."""

from __future__ import annotations

import math

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.engagement.exposure import high_engagement
from wlz_eval.engagement.options import EngagementOptions

__all__ = ["started_findings"]


def _share(name: str, what: str, flags: pd.Series) -> Finding:
    n = len(flags)
    return Finding(
        finding_id=f"delivery.journey.{name}", quantity="percent", unit="percent", claim="description", subgroup=what,
        group="programme", estimate=100 * float(flags.mean()) if n else math.nan, n_programme=n,
        method="share of programme children",
    )


def started_findings(
    cohort: Cohort, data: pd.DataFrame, doses: pd.DataFrame, options: EngagementOptions
) -> list[Finding]:
    """Count the children who started, and give the shares who left early and engaged highly.

    Parameters
    ----------
    cohort : Cohort
    data, doses : DataFrame
        One row a programme child: the analysis frame, and :func:`exposures`.
    options : EngagementOptions
        What counts as high engagement.

    Returns
    -------
    list of Finding
    """
    n = len(data)
    found = [
        Finding(
            finding_id="delivery.journey.started", quantity="count", estimate=float(n), unit="children",
            claim="description", subgroup="started", n_programme=n, method="count of programme children",
        )
    ]
    if "left" in data:
        early = data["left"].notna() & (data["left"] < pd.Timestamp(cohort.meta.programme.end))
        found.append(_share("left_share", "left before the programme ended", early))
    high = high_engagement(doses, attendance=options.high_attendance, interactions=options.high_interactions).dropna()
    if len(high):
        found.append(_share("high_engagement", "engaged highly, as the plan defines it", high))
    return found
