"""Differences in probability that go with a step in dose, from a logistic or an ordered model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.engagement.regress.fitting import Fitted
from wlz_eval.inference.estimates import t_interval

__all__ = ["MARGIN_COLUMNS", "average_margins", "standardised"]

Array = npt.NDArray[np.float64]

MARGIN_COLUMNS = ("level", "share", "estimate", "se", "df", "ci_low", "ci_high", "p", "n", "n_schools")


def _gradient(fit: Fitted, k: int, columns: Array, weights: Array) -> dict[str, float]:
    """Differentiate a weighted mean of the probability of level k or more, by coefficient."""
    parts = weights @ columns
    names = fit.all_terms.names
    found = dict(zip(names[fit.thresholds :], parts.tolist(), strict=True))
    if fit.thresholds:
        found[names[k]] = float(weights.sum())
    return found


def _above(fit: Fitted, k: int, predictor: Array) -> Array:
    shift = fit.all_terms.estimate[k] if fit.thresholds else 0.0
    return np.asarray(special.expit(predictor + shift))


def _difference(fit: Fitted, k: int, step: float) -> tuple[float, dict[str, float]]:
    """Average difference in the probability of threshold k, and its gradient."""
    columns, n = fit.X[fit.columns].to_numpy(), len(fit.y)
    moved = columns.copy()
    moved[:, -1] += step
    before, after = (_above(fit, k, matrix @ fit.slopes) for matrix in (columns, moved))
    high, low = (_gradient(fit, k, m, p * (1 - p) / n) for m, p in ((moved, after), (columns, before)))
    return float((after - before).mean()), {name: high[name] - low[name] for name in high}


def _interval(fit: Fitted, values: dict[str, float], gradients: dict[str, dict[str, float]]) -> pd.DataFrame:
    found = fit.contrasts(gradients)
    estimate = np.array([values[name] for name in found.names])
    low, high, p = t_interval(estimate, found.se, found.df, found.level)
    return pd.DataFrame(
        {"estimate": estimate, "se": found.se, "df": found.df, "ci_low": low, "ci_high": high, "p": p},
        index=list(found.names),
    )


def average_margins(fit: Fitted, step: float) -> pd.DataFrame:
    """Average difference, in percentage points, in the probability of each level or more, over a step in dose.

    Each child's probability as fitted is taken from what it would be fitted at with a step more of the dose; the
    differences are averaged over the children (average marginal difference). Standard errors are by the delta method
    from the fit's own cluster-robust variance, with the degrees of freedom of the very combination of coefficients,
    and hold for these children's covariates.

    Returns
    -------
    DataFrame
        ``level`` (that or a higher one), ``share`` (percent of children there), ``estimate``, ``se``, ``df``,
        ``ci_low``, ``ci_high``, ``p``, ``n``, ``n_schools``.
    """
    names = [str(level) for level in fit.prepared.levels[1:]]
    pairs = {name: _difference(fit, k, step) for k, name in enumerate(names)}
    table = _interval(fit, {n: v for n, (v, _) in pairs.items()}, {n: g for n, (_, g) in pairs.items()})
    table[["estimate", "se", "ci_low", "ci_high"]] *= 100.0
    table.insert(0, "level", names)
    table.insert(1, "share", [100.0 * float((fit.y >= k + 1).mean()) for k in range(len(names))])
    return table.assign(n=len(fit.y), n_schools=fit.prepared.n_schools).reset_index(drop=True)[list(MARGIN_COLUMNS)]


def standardised(fit: Fitted, doses: npt.ArrayLike) -> pd.DataFrame:
    """Average probability of a logistic model, had every child each of these doses: estimate, ci_low, ci_high."""
    columns, n = fit.X[fit.columns].to_numpy(), len(fit.y)
    values: dict[str, float] = {}
    gradients: dict[str, dict[str, float]] = {}
    make: Callable[[float], Array] = lambda d: np.column_stack([columns[:, :-1], np.full(n, d)])  # noqa: E731
    for i, d in enumerate(np.asarray(doses, dtype=float)):
        moved = make(float(d))
        p = _above(fit, 0, moved @ fit.slopes)
        values[str(i)] = float(p.mean())
        gradients[str(i)] = _gradient(fit, 0, moved, p * (1 - p) / n)
    return _interval(fit, values, gradients).reset_index(drop=True)
