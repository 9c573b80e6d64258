"""Rubin's rules: one estimate and interval from the analyses of several imputed data sets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result

__all__ = ["PooledEstimate", "pool_rubin"]


@dataclass(frozen=True, kw_only=True, repr=False)
class PooledEstimate(Result):
    """An estimate pooled over imputations.

    Parameters
    ----------
    estimate, se, df, ci_low, ci_high, p : float
        Mean of the estimates; standard error that counts the uncertainty of the missing values; degrees of
        freedom by Barnard and Rubin; 95% interval; two-sided p-value.
    fraction_missing : float
        Share of what is not known about the estimate that is owed to missing values.
    within, between : float
        Mean variance of the analyses, and variance between them.
    imputations : int
    """

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float
    fraction_missing: float
    within: float
    between: float
    imputations: int

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line."""
        return f"Estimate pooled over {self.imputations} imputations"

    def table(self) -> pd.DataFrame:
        """One row: estimate, se, df, ci_low, ci_high, p, fraction_missing, imputations."""
        names = ("estimate", "se", "df", "ci_low", "ci_high", "p", "fraction_missing", "imputations")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])


def _freedom(share: float, m: int, df_complete: float) -> float:
    """Degrees of freedom of Barnard and Rubin, where `share` of the variance is owed to missing values."""
    observed = (df_complete + 1) / (df_complete + 3) * df_complete * (1 - share) if np.isfinite(df_complete) else np.inf
    if share <= 0:
        # Nothing varies between the analyses: they have the freedom of one without missing values.
        return df_complete
    old = (m - 1) / share**2
    return float(1 / (1 / old + 1 / observed)) if observed > 0 else 0.0


def _without_interval(estimate: float, m: int) -> PooledEstimate:
    """Pool analyses of which at least one could give no standard error: then neither can all together."""
    names = ("se", "df", "ci_low", "ci_high", "p", "fraction_missing", "within", "between")
    return PooledEstimate(estimate=estimate, imputations=m, **dict.fromkeys(names, float("nan")))


def pool_rubin(
    estimates: npt.ArrayLike, variances: npt.ArrayLike, df_complete: float = float("inf")
) -> PooledEstimate:
    """Pool the analyses of several imputed data sets.

    Parameters
    ----------
    estimates, variances : array, shape (m,)
        Estimate of each data set and its squared standard error; where one is missing or zero, no interval is given.
    df_complete : float
        Degrees of freedom that the analysis would have without missing values.

    Returns
    -------
    PooledEstimate

    Raises
    ------
    OptionError
        When the lengths differ, there is no estimate, or a variance is negative.

    References
    ----------
    Rubin (1987), Multiple Imputation, chapter 3; Barnard and Rubin (1999), Biometrika 86.

    Examples
    --------
    >>> pooled = pool_rubin([1.0, 1.2, 1.4], [0.04, 0.04, 0.04])
    >>> round(pooled.estimate, 3), round(pooled.se, 3)
    (1.2, 0.306)
    """
    try:
        q, u = np.asarray(estimates, dtype=float).reshape(-1), np.asarray(variances, dtype=float).reshape(-1)
    except (TypeError, ValueError):
        raise OptionError("Estimates and variances must be numbers, one of each for each imputation.") from None
    if len(q) != len(u) or not len(q):
        raise OptionError(f"{len(q)} estimates and {len(u)} variances: give one of each for each imputation.")
    if (u < 0).any() or df_complete <= 0:
        raise OptionError("Variances must not be negative, and degrees of freedom must be above 0.")
    m = len(q)
    if not (np.isfinite(u).all() and (u > 0).all()) or np.isnan(df_complete):
        return _without_interval(float(q.mean()), m)
    within = float(u.mean())
    between = float(q.var(ddof=1)) if m > 1 else 0.0
    extra = (1 + 1 / m) * between
    total = within + extra
    share = extra / total if total > 0 else 0.0
    df = _freedom(share, m, df_complete)
    ratio = extra / within if within > 0 else np.inf if extra > 0 else 0.0
    small = 2 / (df + 3) if np.isfinite(df) and share > 0 else 0.0
    estimate, se = float(q.mean()), float(np.sqrt(total))
    reach = float(special.stdtrit(df, 0.975) if np.isfinite(df) else special.ndtri(0.975)) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        t = -abs(np.float64(estimate) / se)
    return PooledEstimate(
        estimate=estimate,
        se=se,
        df=df,
        ci_low=estimate - reach,
        ci_high=estimate + reach,
        p=float(2 * (special.stdtr(df, t) if np.isfinite(df) else special.ndtr(t))),
        fraction_missing=float((ratio + small) / (ratio + 1)) if np.isfinite(ratio) else 1.0,
        within=within,
        between=between,
        imputations=m,
    )
