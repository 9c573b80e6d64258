"""Published shares "no longer at risk", beside what the same choice of children gives with no programme."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from wlz_eval.measures.progress.normal import exit_rate_expected
from wlz_eval.reference.published import published_at_risk
from wlz_eval.reference.reliability import retest

__all__ = ["published_exit_rates"]


def published_exit_rates(years: float = 2.0, shares: Sequence[float] = (0.2, 0.1)) -> pd.DataFrame:
    """Set each published share beside the share to be expected with no programme.

    Two readings are taken as bivariate normal, with the retest correlation of the measure over `years` and its
    range; children are those beyond the cut-point that holds the worst `share` of pupils.

    Parameters
    ----------
    years : float
        Time between the readings.
    shares : sequence of float
        How common being at risk is.

    Returns
    -------
    DataFrame
        ``area``, ``published``, ``worst`` (in words), ``r``, ``r_low``, ``r_high``, ``expected``, ``expected_low``,
        ``expected_high`` (percent; the low end is for the high correlation), ``inside`` (in words), ``source``.

    Examples
    --------
    >>> rows = published_exit_rates().set_index(["area", "worst"])
    >>> round(float(rows.loc[("Emotional wellbeing", "worst fifth"), "expected"].iloc[0]), 1)
    61.9
    """
    words = {0.2: "worst fifth", 0.1: "worst tenth"}
    rows = []
    for row in published_at_risk():
        found = retest(row.measure, years)
        if found is None:
            continue
        for share in shares:
            low, value, high = (100 * exit_rate_expected(r, share) for r in (found.high, found.r, found.low))
            inside = "within" if low <= row.percent <= high else "above" if row.percent > high else "below"
            rows.append(
                {
                    "area": row.area, "published": row.percent, "worst": words.get(share, f"worst {100 * share:g}%"),
                    "r": found.r, "r_low": found.low, "r_high": found.high, "expected": value, "expected_low": low,
                    "expected_high": high, "inside": inside, "source": row.source,
                }
            )
    return pd.DataFrame(rows).drop_duplicates(["area", "published", "worst"]).reset_index(drop=True)
