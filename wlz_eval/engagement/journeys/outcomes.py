"""Outcomes of children on different journeys, at the same baseline: an association, for no journey was drawn by lot."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from wlz_eval.inference import RobustEstimates, cluster_robust, hc_robust

__all__ = ["OUTCOMES", "journey_differences"]

OUTCOMES = ("journey", "n", "mean_before", "mean_after", "difference", "ci_low", "ci_high", "n_all", "note")
#: Fewest children of a journey for whom a difference is estimated, and fewest in all.
FEWEST, FEWEST_ALL = 10, 40


def journey_differences(
    data: pd.DataFrame, journey: str, outcome: str, baseline: str | None, school: str = "school_id",
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """How far children on each journey ended from the average child with the same baseline.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    journey, outcome, baseline, school : str
        Columns with the journey (words), the outcome, its baseline (or None) and the school.
    fewest : int
        Fewest children of a journey for whom a difference is estimated. At least the threshold of disclosure: the
        differences, each times its children, add up to zero, so one that is hidden would follow from the others.

    Returns
    -------
    DataFrame
        One row a journey: ``journey``, ``n`` (children with both readings), ``mean_before``, ``mean_after``,
        ``difference`` from the average over all children (points of the outcome, at equal baseline), ``ci_low``,
        ``ci_high`` (95%, by school), ``n_all``, ``note`` (why there is none).

    Notes
    -----
    Least squares of the outcome on the baseline and one indicator a journey; each difference is the journey's
    indicator less the average of all, by how common each journey is. CR2 with Imbens and Kolesár's degrees of
    freedom; HC3 where there is one school.

    Examples
    --------
    >>> d = pd.DataFrame({"j": ["A", "B"] * 30, "y": [1.0, 3.0] * 30, "school_id": list("stuvwx") * 10})
    >>> d["y"] += np.tile(np.repeat([-0.5, 0.0, 0.5], 2), 10)
    >>> journey_differences(d, "j", "y", None)["difference"].round(6).tolist()
    [-1.0, 1.0]
    """
    used = data.dropna(subset=[journey, outcome, school, *([baseline] if baseline else [])])
    names = sorted(data[journey].dropna().unique())
    sizes = used[journey].value_counts()
    large = [name for name in names if sizes.get(name, 0) >= max(FEWEST, fewest)]
    table = pd.DataFrame({"journey": names, "n": [int(sizes.get(name, 0)) for name in names]})
    by = used.groupby(journey)
    table["mean_before"] = table["journey"].map(by[baseline].mean()).astype(float) if baseline else math.nan
    table["mean_after"] = table["journey"].map(by[outcome].mean()).astype(float)
    table[["difference", "ci_low", "ci_high"]] = math.nan
    table["n_all"] = len(used)
    table["note"] = np.where(table["journey"].isin(large), "", "Too few children with both readings.")
    fitted = used[used[journey].isin(large)]
    if len(large) < 2 or len(fitted) < FEWEST_ALL:
        table["note"] = "Too few children with both readings to compare journeys."
        return table[list(OUTCOMES)]
    fit = _fit(fitted, journey, outcome, baseline, school, large)
    where = table["journey"].isin(large)
    table.loc[where, ["difference", "ci_low", "ci_high"]] = np.column_stack([fit.estimate, fit.ci_low, fit.ci_high])
    if fit.illustrative.any():
        table.loc[where, "note"] = "So few schools that intervals are only illustrative."
    return table[list(OUTCOMES)]


def _fit(
    used: pd.DataFrame, journey: str, outcome: str, baseline: str | None, school: str, names: list[str]
) -> RobustEstimates:
    X = pd.DataFrame({"constant": 1.0}, index=used.index)
    if baseline:
        X["baseline"] = used[baseline].astype(float)
    for name in names[1:]:
        X[f"journey {name}"] = (used[journey] == name).astype(float)
    share = used[journey].value_counts(normalize=True)
    contrasts = {
        name: {f"journey {other}": float(name == other) - float(share[other]) for other in names[1:]}
        for name in names
    }
    y = used[outcome].to_numpy(dtype=float)
    if used[school].nunique() >= 2:
        return cluster_robust(X, y, used[school].to_numpy(), kind="CR2", df="ik", contrasts=contrasts)
    return hc_robust(X, y, kind="HC3", contrasts=contrasts)
