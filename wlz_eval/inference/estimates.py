"""What a regression estimate with few schools looks like, and how an interval is made from its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.inference.linear import LeastSquares

__all__ = [
    "DF_KINDS",
    "ILLUSTRATIVE_BELOW",
    "WORKING_MODELS",
    "RobustEstimates",
    "check_option",
    "cluster_codes",
    "fit_notes",
    "named_contrasts",
    "rounding_only",
    "t_interval",
]

Array = npt.NDArray[np.float64]

#: Names of degrees of freedom, and what they mean.
DF_KINDS: dict[str, str] = {
    "ik": "Imbens-Kolesár",
    "bm": "Bell-McCaffrey (Satterthwaite)",
    "clusters": "clusters minus one",
    "residual": "rows minus columns",
    "normal": "normal approximation",
    "kenward-roger": "Kenward-Roger",
    "satterthwaite": "Satterthwaite",
    "containment": "clusters minus columns of clusters",
}
#: Working models of the errors, and what fitting under them is called.
WORKING_MODELS: dict[str, str] = {
    "independent": "Least squares",
    "exchangeable": "Least squares with random-intercept weights",
}
#: Under this many degrees of freedom an interval is only illustrative.
ILLUSTRATIVE_BELOW = 3.0
#: A standard error below this share of what the whole outcome, unexplained, would give is made of rounding.
ROUNDING = 1e-13


@dataclass(frozen=True, repr=False)
class RobustEstimates(Result):
    """Estimates of q contrasts with robust standard errors, frozen.

    Parameters
    ----------
    names : tuple of str, length q
        Names of the contrasts (coefficients, unless contrasts were given).
    estimate, se, df, ci_low, ci_high, p : array, shape (q,)
        Estimates, standard errors, degrees of freedom, 95% (or `level`) interval, two-sided p-value. Where the
        columns explain the outcome exactly `se` is 0, and interval and p-value are ``nan``: nothing is left to tell
        how far off the estimate may be.
    covariance : array, shape (q, q)
        Robust covariance of the estimates.
    scores : array, shape (m, q)
        Contribution of each cluster (row, for HC) to each estimate. For two fits on the same clusters,
        the sum of products of their scores is the covariance between their estimates.
    clusters : tuple
        Labels of the m clusters, in the order of `scores`; empty for HC.
    variance_kind, df_kind : str
        Which variance and which degrees of freedom.
    n, n_clusters : int
        Rows used; clusters among them (0 for HC).
    intraclass : float
        Estimated intra-cluster correlation of the residuals (``nan`` for HC).
    level : float
        Confidence level.
    notes : tuple of str
        What a reader should know, such as columns left out.
    working : str
        Working model that weighted the rows, a key of ``WORKING_MODELS``.
    """

    names: tuple[str, ...]
    estimate: Array
    se: Array
    df: Array
    ci_low: Array
    ci_high: Array
    p: Array
    covariance: Array
    scores: Array
    clusters: tuple[object, ...]
    variance_kind: str
    df_kind: str
    n: int
    n_clusters: int
    intraclass: float
    level: float
    notes: tuple[str, ...] = ()
    working: str = "independent"

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: what was fitted on how much."""
        where = f" in {self.n_clusters:,} clusters" if self.n_clusters else ""
        freedom = f"{DF_KINDS[self.df_kind]} degrees of freedom"
        return f"{WORKING_MODELS[self.working]} on {self.n:,} rows{where}, {self.variance_kind}, {freedom}"

    @property
    def illustrative(self) -> npt.NDArray[np.bool_]:
        """Whether each interval rests on so few degrees of freedom that it is only illustrative."""
        return ~(self.df >= ILLUSTRATIVE_BELOW)

    def position(self, name: str) -> int:
        """Position of a contrast by name."""
        if name not in self.names:
            raise OptionError(f"No estimate is called {name!r}. {suggestion(name, self.names)}")
        return self.names.index(name)

    def table(self) -> pd.DataFrame:
        """One row a contrast: estimate, se, df, ci_low, ci_high, p, illustrative."""
        return pd.DataFrame(
            {
                "estimate": self.estimate,
                "se": self.se,
                "df": self.df,
                "ci_low": self.ci_low,
                "ci_high": self.ci_high,
                "p": self.p,
                "illustrative": self.illustrative,
            },
            index=pd.Index(self.names, name="term"),
        )


def check_option(option: str, value: str, valid: Sequence[str]) -> None:
    """Refuse a value that is not among the valid ones."""
    if value not in valid:
        raise OptionError(f"{option} {value!r} is not known. {suggestion(value, list(valid))}")


def named_contrasts(
    fit: LeastSquares, contrasts: Mapping[str, Mapping[str, float]] | None
) -> tuple[tuple[str, ...], Array]:
    """Turn named combinations of coefficients into columns; without any, each coefficient is its own."""
    if contrasts is None:
        return fit.names, np.eye(len(fit.names))
    columns = np.zeros((len(fit.names), len(contrasts)))
    for j, (label, parts) in enumerate(contrasts.items()):
        for name, factor in parts.items():
            if name in fit.aliased:
                raise OptionError(
                    f"{label} asks for the coefficient of {name}, which cannot be told apart from the columns before "
                    "it. Leave one of them out."
                )
            if name not in fit.names:
                raise OptionError(
                    f"{label} names no column of the regression: {name!r}. {suggestion(name, fit.names)}"
                )
            columns[fit.names.index(name), j] = factor
    return tuple(contrasts), columns


def rounding_only(fit: LeastSquares, contrasts: Array, se: Array) -> npt.NDArray[np.bool_]:
    """Mark contrasts about whose rows the columns explain the outcome exactly, so that no error is left to see.

    A constant outcome, or one that a column repeats, leaves residuals of rounding only: an interval made of them
    would be as narrow as the computer's numbers and leave zero out by accident.
    """
    pull = np.sqrt((((fit.X @ (fit.bread @ contrasts)) * fit.weights[:, None]) ** 2).sum(axis=0))
    return np.asarray(se <= ROUNDING * np.abs(fit.y).max(initial=0.0) * pull)


def fit_notes(fit: LeastSquares) -> tuple[str, ...]:
    """Say which columns were left out."""
    if not fit.aliased:
        return ()
    return (f"Left out, because columns before them already say the same: {', '.join(fit.aliased)}.",)


def t_interval(estimate: Array, se: Array, df: Array, level: float) -> tuple[Array, Array, Array]:
    """Lower end, upper end and two-sided p-value by Student's t; ``nan`` where `se` or `df` says nothing.

    Examples
    --------
    >>> low, high, p = t_interval(np.array([1.0]), np.array([0.5]), np.array([np.inf]), 0.95)
    >>> [round(float(v[0]), 3) for v in (low, high, p)]
    [0.02, 1.98, 0.046]
    """
    usable = (df > 0) & (se > 0)
    safe = np.where(usable, df, 1.0)
    half = np.where(usable, special.stdtrit(safe, 0.5 + level / 2) * se, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * special.stdtr(safe, -np.abs(estimate / se))
    return estimate - half, estimate + half, np.where(usable, p, np.nan)


def cluster_codes(
    cluster: npt.ArrayLike, fit: LeastSquares
) -> tuple[tuple[object, ...], npt.NDArray[np.intp]]:
    """Labels of the clusters, sorted, and the number of the cluster of each row of the fit."""
    if np.ndim(cluster) != 1 or len(np.asarray(cluster)) != fit.n_given:
        raise OptionError(f"cluster must give one label for each of the {fit.n_given:,} rows of X.")
    values = pd.Series(np.asarray(cluster)).iloc[fit.rows]
    if values.isna().any():
        raise OptionError(
            f"{int(values.isna().sum())} rows have no cluster. Give each row its school, or leave it out."
        )
    codes, labels = pd.factorize(values, sort=True)
    if len(labels) < 2:
        raise OptionError("Cluster-robust inference needs at least two clusters; the rows used have one.")
    return tuple(labels), codes.astype(np.intp)
