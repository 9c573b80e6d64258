"""Brant's test that a step in dose goes with the same odds at every threshold of an ordered outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from wlz_eval.engagement.regress.families import fit_logistic
from wlz_eval.engagement.regress.fitting import Fitted

__all__ = ["proportional_odds"]

COLUMNS = ["term", "statistic", "df", "p", "n"]


def proportional_odds(fit: Fitted) -> pd.DataFrame:
    """Test that slopes are the same at every threshold, by logistic regressions of each (Brant 1990, Biometrics 46).

    The test takes children as independent. With few children at a threshold it sees little.

    Parameters
    ----------
    fit : Fitted
        Of an ordered model.

    Returns
    -------
    DataFrame
        ``term`` (``all``, then each column), ``statistic`` (chi-squared), ``df``, ``p``, ``n``; no rows where there
        are two levels only, or where some threshold alone has no finite slopes.
    """
    X, levels = fit.X.to_numpy(), len(fit.prepared.levels)
    place = [i for i, name in enumerate(fit.X.columns) if name != "constant"]
    fits = [fit_logistic(X, (fit.y >= k).astype(np.float64)) for k in range(1, levels)]
    usable = all(f.converged and np.abs(X @ f.coefficients).max() < 30 for f in fits)
    if levels < 3 or not usable:
        return pd.DataFrame(columns=COLUMNS)
    shares = [special.expit(X @ f.coefficients) for f in fits]
    breads = [np.linalg.inv(X.T @ (X * (p * (1 - p))[:, None])) for p in shares]
    blocks = [
        [
            breads[k] @ (X.T @ (X * (shares[max(k, j)] - shares[k] * shares[j])[:, None])) @ breads[j]
            for j in range(len(fits))
        ]
        for k in range(len(fits))
    ]
    width = len(place)
    slopes = np.concatenate([f.coefficients[place] for f in fits])
    covariance = np.block([[block[np.ix_(place, place)] for block in row] for row in blocks])
    inner = np.arange(len(fits) - 1)

    def row(term: str, which: list[int]) -> tuple[str, float, int, float, int]:
        D = np.zeros((len(inner) * len(which), len(slopes)))
        for k in inner:
            for i, j in enumerate(which):
                D[k * len(which) + i, j] = 1.0
                D[k * len(which) + i, (k + 1) * width + j] = -1.0
        gap = D @ slopes
        statistic = float(gap @ np.linalg.solve(D @ covariance @ D.T, gap))
        return term, statistic, len(gap), float(special.chdtrc(len(gap), statistic)), len(fit.y)

    names = [str(fit.X.columns[i]) for i in place]
    rows = [row("all", list(range(width))), *(row(name, [j]) for j, name in enumerate(names))]
    return pd.DataFrame(rows, columns=COLUMNS)
