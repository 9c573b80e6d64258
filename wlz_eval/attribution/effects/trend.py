"""Whether the groups changed alike before the programme began, where two earlier waves exist."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wlz_eval.attribution.effects.analysed import known_treatment, outcome_values
from wlz_eval.attribution.effects.did import difference_in_differences
from wlz_eval.attribution.effects.estimate import EffectEstimate
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result

__all__ = ["ParallelTrend", "parallel_trend"]


@dataclass(frozen=True, kw_only=True, repr=False)
class ParallelTrend(Result):
    """Whether the groups changed alike before the programme began.

    Parameters
    ----------
    change : EffectEstimate
        Difference between the groups in their change before the programme.
    limit : float
        A difference smaller than this, in the outcome's unit, would not matter.
    """

    change: EffectEstimate
    limit: float
    title: str = "Change before the programme began"

    @property
    def verdict(self) -> str:
        """``alike``, ``apart`` or ``cannot_tell``, by whether the interval lies within the limit or excludes zero."""
        low, high = self.change.ci_low, self.change.ci_high
        if not (math.isfinite(low) and math.isfinite(high)):
            return "cannot_tell"
        if -self.limit <= low and high <= self.limit:
            return "alike"
        return "apart" if low > 0 or high < 0 else "cannot_tell"

    @property
    def words(self) -> str:
        """The verdict as a sentence."""
        return {
            "alike": "Before the programme the groups changed alike, within the limit that would matter.",
            "apart": "Before the programme the groups already moved apart, so their later change cannot be put down "
            "to it alone.",
            "cannot_tell": "The change before the programme is not known well enough to tell whether the groups "
            "moved alike.",
        }[self.verdict]

    def table(self) -> pd.DataFrame:
        """One row: ``estimate``, interval and ``p`` of the earlier change, ``limit``, ``verdict``, children."""
        return pd.DataFrame(
            [
                {
                    "estimate": self.change.estimate,
                    "ci_low": self.change.ci_low,
                    "ci_high": self.change.ci_high,
                    "p": self.change.p,
                    "limit": self.limit,
                    "verdict": self.verdict,
                    "n_programme": self.change.n_programme,
                    "n_comparison": self.change.n_comparison,
                }
            ]
        )


def parallel_trend(
    treatment: pd.Series,
    outcomes: pd.DataFrame,
    pre_baseline: str,
    baseline: str,
    *,
    limit_sd: float = 0.1,
    cluster: str | None = "school_id",
) -> ParallelTrend:
    """Test on two waves before the programme whether the groups changed alike.

    A non-significant difference is not taken as likeness: the interval must lie within a limit. Where children were
    chosen for a bad reading at the second wave the groups move apart before the programme by chance alone, and this
    test then fails whatever happens later.

    Parameters
    ----------
    treatment : Series of bool
    outcomes : DataFrame
    pre_baseline, baseline : str
        The two waves, earlier first.
    limit_sd : float
        The limit, in standard deviations of `baseline` among comparison children.
    cluster : str or None
    """
    if not isinstance(limit_sd, int | float) or not 0 < limit_sd < math.inf:
        raise OptionError(f"limit_sd must be a number above 0, not {limit_sd!r}.")
    comparison = treatment.index[~known_treatment(treatment).to_numpy(dtype=bool)]
    change = difference_in_differences(treatment, outcomes, baseline, pre_baseline, cluster=cluster)
    spread = float(outcome_values(outcomes, baseline, comparison).std(ddof=1))
    return ParallelTrend(change=change, limit=limit_sd * spread)
