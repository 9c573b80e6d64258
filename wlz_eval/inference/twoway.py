"""Clusters that cross: pupils who belong to a pair and to a school, or serve in several pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.inference.estimates import (
    RobustEstimates,
    check_option,
    cluster_codes,
    fit_notes,
    named_contrasts,
    rounding_only,
    t_interval,
)
from wlz_eval.inference.linear import least_squares
from wlz_eval.inference.sandwich import cluster_parts

__all__ = ["TWOWAY_KINDS", "twoway_robust"]

Array = npt.NDArray[np.float64]

TWOWAY_KINDS: tuple[str, ...] = ("CR1", "CR0")


def twoway_robust(
    X: npt.ArrayLike | pd.DataFrame,
    y: npt.ArrayLike,
    one: npt.ArrayLike,
    two: npt.ArrayLike,
    weights: npt.ArrayLike | None = None,
    kind: str = "CR1",
    contrasts: Mapping[str, Mapping[str, float]] | None = None,
    names: Sequence[str] | None = None,
    level: float = 0.95,
) -> RobustEstimates:
    """Estimate a (weighted) linear regression whose errors may go together along two groupings at once.

    The variance clustered by `one`, plus that clustered by `two`, minus that clustered by both labels together,
    which the first two count twice.

    Parameters
    ----------
    X, y, weights, contrasts, names, level
        As in :func:`wlz_eval.inference.cluster_robust`.
    one, two : array, shape (n,)
        Labels of each row, such as its pair and the pupil it repeats, or its pair and its school.
    kind : {"CR1", "CR0"}
        CR1 multiplies each of the three by m / (m - 1), m being its own number of clusters.

    Returns
    -------
    RobustEstimates
        Degrees of freedom are the smaller number of clusters, minus one. `scores` is empty, because no single set
        of clusters carries such a variance.

    Raises
    ------
    OptionError
        As :func:`wlz_eval.inference.cluster_robust`.

    Notes
    -----
    The difference may have negative eigenvalues. They are set to zero, which can only widen intervals; a note says
    so.

    References
    ----------
    Cameron, Gelbach and Miller (2011), Journal of Business & Economic Statistics 29; Abadie and Spiess (2022),
    Journal of the American Statistical Association 117, for matched pairs.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> pair, pupil = np.arange(60) // 2, np.where(np.arange(60) % 2, np.arange(60), np.arange(60) // 6)
    >>> X = pd.DataFrame({"one": 1.0, "programme": np.arange(60) % 2})
    >>> twoway_robust(X, rng.normal(size=60), pair, pupil).df.tolist()
    [29.0, 29.0]
    """
    check_option("kind", kind, TWOWAY_KINDS)
    fit = least_squares(X, y, weights, names)
    first, second = cluster_codes(one, fit)[1], cluster_codes(two, fit)[1]
    both = np.unique(first * (int(second.max()) + 1) + second, return_inverse=True)[1].astype(np.intp)
    p = len(fit.names)
    covariance = np.zeros((p, p))
    for codes, sign in ((first, 1.0), (second, 1.0), (both, -1.0)):
        m = int(codes.max()) + 1
        scores = cluster_parts(fit, codes, "CR0", np.eye(p)).scores
        covariance += sign * (m / (m - 1) if kind == "CR1" else 1.0) * scores.T @ scores
    covariance, mended = _positive(covariance)
    titles, columns = named_contrasts(fit, contrasts)
    fewest = min(int(first.max()), int(second.max())) + 1
    estimate, variance = columns.T @ fit.coefficients, columns.T @ covariance @ columns
    se, df = np.sqrt(np.maximum(np.diag(variance), 0.0)), np.full(len(titles), fewest - 1.0)
    se = np.where(rounding_only(fit, columns, se), 0.0, se)
    low, high, p_values = t_interval(estimate, se, df, level)
    note = ("The two-way variance was not positive; its negative part was set to zero.",) if mended else ()
    return RobustEstimates(
        names=titles,
        estimate=estimate,
        se=se,
        df=df,
        ci_low=low,
        ci_high=high,
        p=p_values,
        covariance=variance,
        scores=np.zeros((0, len(titles))),
        clusters=(),
        variance_kind=f"two-way {kind}",
        df_kind="clusters",
        n=len(fit.y),
        n_clusters=fewest,
        intraclass=float("nan"),
        level=level,
        notes=fit_notes(fit) + note,
    )


def _positive(covariance: Array) -> tuple[Array, bool]:
    """Set negative eigenvalues to zero (on the scale of correlations, so that units do not matter)."""
    scale = np.sqrt(np.abs(np.diag(covariance)))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(covariance / np.outer(safe, safe))
    if values.min() >= -1e-10:
        return covariance, False
    return (vectors * np.maximum(values, 0.0)) @ vectors.T * np.outer(safe, safe), True
