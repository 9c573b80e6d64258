"""Regression estimates with standard errors and intervals that hold with few schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError, suggestion
from wlz_eval.core.result import Result
from wlz_eval.inference.linear import LeastSquares, least_squares
from wlz_eval.inference.sandwich import cluster_parts, intraclass_moments, satterthwaite

__all__ = [
    "CLUSTER_KINDS",
    "DF_KINDS",
    "ILLUSTRATIVE_BELOW",
    "RobustEstimates",
    "cluster_robust",
    "hc_robust",
]

Array = npt.NDArray[np.float64]

CLUSTER_KINDS: tuple[str, ...] = ("CR0", "CR1", "CR1S", "CR2", "CR3")
HC_KINDS: tuple[str, ...] = ("HC0", "HC1", "HC2", "HC3")
#: Names of degrees of freedom, and what they mean.
DF_KINDS: dict[str, str] = {
    "ik": "Imbens-Kolesár",
    "bm": "Bell-McCaffrey (Satterthwaite)",
    "clusters": "clusters minus one",
    "residual": "rows minus columns",
    "normal": "normal approximation",
}
#: Under this many degrees of freedom an interval is only illustrative.
ILLUSTRATIVE_BELOW = 3.0


@dataclass(frozen=True, repr=False)
class RobustEstimates(Result):
    """Estimates of q contrasts with robust standard errors, frozen.

    Parameters
    ----------
    names : tuple of str, length q
        Names of the contrasts (coefficients, unless contrasts were given).
    estimate, se, df, ci_low, ci_high, p : array, shape (q,)
        Estimates, standard errors, degrees of freedom, 95% (or `level`) interval, two-sided p-value.
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

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line: what was fitted on how much."""
        where = f" in {self.n_clusters:,} clusters" if self.n_clusters else ""
        freedom = f"{DF_KINDS[self.df_kind]} degrees of freedom"
        return f"Least squares on {self.n:,} rows{where}, {self.variance_kind}, {freedom}"

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


def _check(option: str, value: str, valid: Sequence[str]) -> None:
    if value not in valid:
        raise OptionError(f"{option} {value!r} is not known. {suggestion(value, list(valid))}")


def _contrasts(
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


def _notes(fit: LeastSquares) -> tuple[str, ...]:
    if not fit.aliased:
        return ()
    return (f"Left out, because columns before them already say the same: {', '.join(fit.aliased)}.",)


def _assemble(
    fit: LeastSquares,
    names: tuple[str, ...],
    contrasts: Array,
    scores: Array,
    scale: float,
    df: Array,
    **facts: object,
) -> RobustEstimates:
    estimate = contrasts.T @ fit.coefficients
    scores = scores * np.sqrt(scale)
    covariance = scores.T @ scores
    se = np.sqrt(np.diag(covariance))
    level = float(facts["level"])  # type: ignore[arg-type]
    known = np.isfinite(df) & (df > 0) & (se > 0)
    safe = np.where(known | np.isposinf(df), df, 1.0)
    quantile = special.stdtrit(safe, 0.5 + level / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * special.stdtr(safe, -np.abs(estimate / se))
    usable = known | (np.isposinf(df) & (se > 0))
    half = np.where(usable, quantile * se, np.nan)
    return RobustEstimates(
        names=names,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=estimate - half,
        ci_high=estimate + half,
        p=np.where(usable, p, np.nan),
        covariance=covariance,
        scores=scores,
        notes=_notes(fit),
        n=len(fit.y),
        **facts,  # type: ignore[arg-type]
    )


def cluster_robust(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    cluster: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    kind: str = "CR2",
    df: str = "ik",
    contrasts: Mapping[str, Mapping[str, float]] | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> RobustEstimates:
    """Estimate a (weighted) linear regression with cluster-robust inference for few clusters.

    Parameters
    ----------
    X : array or DataFrame, shape (n, p)
        Design matrix with its intercept. Columns that repeat others are left out, with a note.
    y : array, shape (n,)
        Outcome.
    cluster : array, shape (n,)
        Cluster (school) of each row.
    weights : array, shape (n,), optional
        Regression weights; the working model stays one of equal variances, as clubSandwich has it for ``lm``.
    kind : {"CR2", "CR0", "CR1", "CR1S", "CR3"}
        Variance. CR2 is unbiased under the working model; CR3 is the cluster jackknife.
    df : {"ik", "bm", "clusters", "residual", "normal"}
        Degrees of freedom: Satterthwaite under a working model with the estimated within-cluster correlation
        (Imbens and Kolesar 2016), under independence (Bell and McCaffrey 2002), or a simple count.
    contrasts : mapping of str to mapping of str to float, optional
        Named linear combinations of coefficients, such as ``{"gap": {"a": 1, "b": -1}}``; each coefficient
        when left out. Few contrasts cost less.
    names : sequence of str, optional
        Names of the columns when X is not a data frame.
    level : float
        Confidence level of the interval.

    Returns
    -------
    RobustEstimates

    Raises
    ------
    OptionError
        For an unknown option, values of different lengths, missing values, or fewer than two clusters.

    Notes
    -----
    A column that differs from zero in a single cluster has no variance that any of these could see: its standard
    error is then too small. Have at least two clusters on either side of a comparison.

    References
    ----------
    Pustejovsky and Tipton (2018), Journal of Business & Economic Statistics 36; Bell and McCaffrey (2002),
    Survey Methodology 28; Imbens and Kolesar (2016), Review of Economics and Statistics 98.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> school = np.repeat(np.arange(8), 20)
    >>> X = pd.DataFrame({"one": 1.0, "programme": (school < 4) * 1.0})
    >>> y = rng.normal(size=8)[school] + rng.normal(size=160)
    >>> fit = cluster_robust(X, y, school)
    >>> bool(fit.df[1] < 7)
    True
    """
    _check("kind", kind, CLUSTER_KINDS)
    _check("df", df, tuple(DF_KINDS))
    fit = least_squares(X, y, weights, names)
    labels, codes = _cluster_codes(cluster, fit)
    m, n, p = len(labels), len(fit.y), fit.X.shape[1]
    titles, columns = _contrasts(fit, contrasts)
    scale = {"CR1": m / (m - 1), "CR1S": m * (n - 1) / ((m - 1) * (n - p))}.get(kind, 1.0)
    parts = cluster_parts(fit, codes, kind if kind in ("CR2", "CR3") else "CR0", columns)
    within, between = intraclass_moments(fit.residuals, codes)
    working = {"bm": (1.0, 0.0), "ik": (within, between)}
    if df in working:
        freedom = np.array([satterthwaite(parts, j, *working[df]) for j in range(columns.shape[1])])
    else:
        count = {"clusters": m - 1.0, "residual": float(n - p), "normal": np.inf}[df]
        freedom = np.full(columns.shape[1], count)
    total = within + between
    return _assemble(
        fit,
        titles,
        columns,
        parts.scores,
        scale,
        freedom,
        clusters=labels,
        variance_kind=kind,
        df_kind=df,
        n_clusters=m,
        intraclass=between / total if total > 0 else 0.0,
        level=level,
    )


def _cluster_codes(
    cluster: npt.ArrayLike, fit: LeastSquares
) -> tuple[tuple[object, ...], npt.NDArray[np.intp]]:
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


def hc_robust(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    kind: str = "HC3",
    contrasts: Mapping[str, Mapping[str, float]] | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> RobustEstimates:
    """Estimate a (weighted) linear regression with heteroskedasticity-robust inference, rows independent.

    Parameters
    ----------
    X, y, weights, contrasts, names, level
        As in :func:`cluster_robust`.
    kind : {"HC3", "HC0", "HC1", "HC2"}
        Variance, after MacKinnon and White (1985); degrees of freedom are rows minus columns.

    Returns
    -------
    RobustEstimates

    Examples
    --------
    >>> X = np.column_stack([np.ones(4), [0.0, 0, 1, 1]])
    >>> hc_robust(X, [1.0, 2, 4, 5], kind="HC0").se.round(4).tolist()
    [0.3536, 0.5]
    """
    _check("kind", kind, HC_KINDS)
    fit = least_squares(X, y, weights, names)
    n, p = fit.X.shape
    titles, columns = _contrasts(fit, contrasts)
    leverage = fit.weights * ((fit.X @ fit.bread) * fit.X).sum(axis=1)
    spare = np.maximum(1.0 - leverage, 1e-12)
    factor = {"HC0": 1.0, "HC1": 1.0, "HC2": spare**-0.5, "HC3": 1.0 / spare}[kind]
    scores = (fit.weights * fit.residuals * factor)[:, None] * (fit.X @ (fit.bread @ columns))
    return _assemble(
        fit,
        titles,
        columns,
        scores,
        n / (n - p) if kind == "HC1" else 1.0,
        np.full(columns.shape[1], float(n - p)),
        clusters=(),
        variance_kind=kind,
        df_kind="residual",
        n_clusters=0,
        intraclass=float("nan"),
        level=level,
    )
