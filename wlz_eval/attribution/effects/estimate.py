"""What an estimated effect looks like: the number, its interval, who stands behind it, and its standardised size."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.balance import weighted_variance
from wlz_eval.core.result import Result
from wlz_eval.inference import ILLUSTRATIVE_BELOW

__all__ = [
    "ILLUSTRATIVE_NOTE",
    "MEASURES",
    "MEASURE_WORDS",
    "MODEL_WORDS",
    "EffectEstimate",
    "EffectMeasure",
    "HedgesG",
    "hedges_g",
]

EffectMeasure = Literal["difference", "risk_difference", "risk_ratio", "odds_ratio"]
MEASURES: tuple[EffectMeasure, ...] = ("difference", "risk_difference", "risk_ratio", "odds_ratio")
MEASURE_WORDS: dict[str, str] = {
    "difference": "Difference",
    "risk_difference": "Difference in risk",
    "risk_ratio": "Ratio of risks",
    "odds_ratio": "Ratio of odds",
}
#: Measures on which no effect is one, and whose interval is made on the log scale.
RATIOS: tuple[str, ...] = ("risk_ratio", "odds_ratio")

MODEL_WORDS: dict[str, str] = {
    "interacted": "adjusted for covariates that may matter differently in each group",
    "additive": "adjusted for covariates",
    "unadjusted": "not adjusted further",
    "logistic": "adjusted for covariates by a logistic model",
    "aipw": "weighted by the likelihood of being on the programme and adjusted for covariates, cross-fitted",
}

ILLUSTRATIVE_NOTE = "Few schools: the interval is only illustrative."


@dataclass(frozen=True, kw_only=True)
class HedgesG:
    """A standardised effect: the difference over the pooled SD of the outcome, corrected for small samples."""

    estimate: float
    ci_low: float
    ci_high: float
    sd: float


@dataclass(frozen=True, kw_only=True, repr=False)
class EffectEstimate(Result):
    """The difference between the groups on one outcome.

    Parameters
    ----------
    outcome : str
        Column of the outcome.
    estimate, se, df, ci_low, ci_high, p : float
        Programme against comparison, in the outcome's own unit, or as a share, or as a ratio (`measure`); 95%
        interval. `se` is that of the logarithm for a ratio. The last five are ``nan`` where there are too few
        schools to know.
    n_programme, n_comparison : int
        Children with a known outcome and a weight above zero.
    n_missing_programme, n_missing_comparison : int
        Children of the design whose outcome is not known.
    schools_programme, schools_comparison : int
        Clusters in each group; 0 without clustering.
    intraclass : float
        Correlation of residuals within a school.
    g : HedgesG
        Missing for a ratio.
    model, variance, freedom, clustering : str
        How it was estimated.
    scores : Series
        Contribution of each cluster; sums of products give covariances between outcomes.
    programme : Index
        Labels of the programme children behind the estimate.
    notes : tuple of str
    measure : {"difference", "risk_difference", "risk_ratio", "odds_ratio"}
    mean_programme, mean_comparison : float
        The two averages that are compared, over the same children: all with the programme, none with it.
    """

    outcome: str
    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float
    n_programme: int
    n_comparison: int
    n_missing_programme: int
    n_missing_comparison: int
    schools_programme: int
    schools_comparison: int
    intraclass: float
    g: HedgesG
    model: str
    variance: str
    freedom: str
    clustering: str
    scores: pd.Series
    programme: pd.Index
    notes: tuple[str, ...] = ()
    measure: EffectMeasure = "difference"
    mean_programme: float = math.nan
    mean_comparison: float = math.nan

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"{MEASURE_WORDS[self.measure]} in {self.outcome}, {self.method}"

    @property
    def illustrative(self) -> bool:
        """Whether the interval rests on so few schools that it only illustrates."""
        return not self.df >= ILLUSTRATIVE_BELOW

    @property
    def method(self) -> str:
        """How it was estimated, in a few words."""
        by = f" by {self.clustering}" if self.clustering else ""
        return f"{MODEL_WORDS[self.model]}; {self.variance}{by}, {self.freedom} degrees of freedom"

    def numbers(self) -> dict[str, float]:
        """Estimate, se, df, interval, p and children: the cells that tables of several estimates share."""
        names = ("estimate", "se", "df", "ci_low", "ci_high", "p", "n_programme", "n_comparison")
        return {name: getattr(self, name) for name in names}

    def table(self) -> pd.DataFrame:
        """One row: estimate, se, df, interval, p, children, schools, Hedges' g, measure and the two averages."""
        return pd.DataFrame(
            [
                {
                    "outcome": self.outcome,
                    "estimate": self.estimate,
                    "se": self.se,
                    "df": self.df,
                    "ci_low": self.ci_low,
                    "ci_high": self.ci_high,
                    "p": self.p,
                    "n_programme": self.n_programme,
                    "n_comparison": self.n_comparison,
                    "schools_programme": self.schools_programme,
                    "schools_comparison": self.schools_comparison,
                    "hedges_g": self.g.estimate,
                    "illustrative": self.illustrative,
                    "measure": self.measure,
                    "mean_programme": self.mean_programme,
                    "mean_comparison": self.mean_comparison,
                }
            ]
        )


def hedges_g(
    difference: float,
    low: float,
    high: float,
    y: npt.ArrayLike,
    treated: npt.ArrayLike,
    weights: npt.ArrayLike,
) -> HedgesG:
    """Standardise a difference by the pooled within-group SD of the outcome, unconditional on covariates.

    Parameters
    ----------
    difference, low, high : float
        Difference and its interval in the outcome's unit.
    y, treated, weights : array
        The children analysed.

    Examples
    --------
    >>> round(hedges_g(1.0, 0.0, 2.0, [1.0, 3, 1, 3], [1, 1, 0, 0], [1, 1, 1, 1]).estimate, 4)
    0.4041
    """
    value, mask, w = np.asarray(y, float), np.asarray(treated, bool), np.asarray(weights, float)
    n1, n0 = int(mask.sum()), int((~mask).sum())
    freedom = n1 + n0 - 2
    one = weighted_variance(value[mask], w[mask]) if n1 > 1 else 0.0
    none = weighted_variance(value[~mask], w[~mask]) if n0 > 1 else 0.0
    sd = float(np.sqrt(((n1 - 1) * one + (n0 - 1) * none) / freedom)) if freedom > 0 else float("nan")
    # The SD of a constant outcome is not quite zero, but rounding.
    spread = freedom > 0 and sd > 1e-12 * float(np.abs(value).max())
    factor = (1 - 3 / (4 * freedom - 1)) / sd if spread else float("nan")
    return HedgesG(estimate=difference * factor, ci_low=low * factor, ci_high=high * factor, sd=sd)
