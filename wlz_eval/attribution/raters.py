"""Whether those who rated an outcome knew who was on the programme."""

from __future__ import annotations

from wlz_eval.attribution.tiers import OutcomeTier
from wlz_eval.cohort.model import Cohort

__all__ = ["RATERS_KNEW", "raters_knew"]

#: Said beside every difference in such an outcome, whatever it may be called.
RATERS_KNEW = "Raters of this outcome knew who was on the programme, and may have seen what they hoped for."


def raters_knew(cohort: Cohort, row: OutcomeTier) -> bool | None:
    """Whether any rater of an outcome knew who was on the programme; None where it is not recorded.

    Parameters
    ----------
    cohort : Cohort
    row : OutcomeTier
        The outcome's row of the measurement map.
    """
    if row.informant == "admin":
        return False
    readings = cohort.measures
    rows = readings[(readings["measure"] == row.measure) & (readings["wave"] == row.wave)]
    if "rater_knew" not in rows or not rows["rater_knew"].notna().any():
        return None
    return bool(rows["rater_knew"].dropna().astype(bool).any())
