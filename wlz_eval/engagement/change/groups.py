"""How much support those children had who improved, stayed the same or got worse."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.inference import cluster_robust, hc_robust

__all__ = ["GROUPS", "change_groups", "dose_by_change"]

GROUPS: tuple[str, ...] = ("improved", "about the same", "got worse")
#: A change of at least this share of the baseline's SD counts as a change: half an SD is a customary reading
#: of the smallest difference that matters, and it holds for measures on any scale.
MARGIN_SD = 0.5


def change_groups(baseline: pd.Series, outcome: pd.Series, higher_is_better: bool, expected: float = 0.0) -> pd.Series:
    """Sort children by whether they improved, stayed about the same or got worse.

    Parameters
    ----------
    baseline, outcome : Series of float
        Both readings of each child.
    higher_is_better : bool
        Which direction is good.
    expected : float
        Change that counts as staying the same: 0 for scores that are standardised by age; the children's own
        mean change for scores that rise with age.

    Returns
    -------
    Series of str
        One of :data:`GROUPS`; missing where a reading is. A change counts from half a standard deviation of
        the baseline on.

    Examples
    --------
    >>> change_groups(pd.Series([0.0, 1, 2]), pd.Series([2.0, 1, 0]), True).tolist()
    ['improved', 'about the same', 'got worse']
    """
    change = (outcome - baseline - expected) * (1.0 if higher_is_better else -1.0)
    margin = MARGIN_SD * float(baseline[change.notna()].std())
    words = np.select([change >= margin, change <= -margin], [GROUPS[0], GROUPS[2]], default=GROUPS[1])
    return pd.Series(words, index=change.index).where(change.notna())


def dose_by_change(data: pd.DataFrame, group: str, exposure: str, school: str = "school_id") -> pd.DataFrame:
    """Mean dose in each group of change, with an interval that allows for schools.

    Parameters
    ----------
    data : DataFrame
        One row a child.
    group, exposure, school : str
        Columns with the group (see :func:`change_groups`), the dose and the school.

    Returns
    -------
    DataFrame
        ``group``, ``n``, ``mean``, ``ci_low``, ``ci_high``; a group of fewer than two children has no mean.
    """
    used = data.dropna(subset=[group, exposure, school])
    counts = used[group].value_counts()
    large = [g for g in GROUPS if counts.get(g, 0) >= 2]
    fitted = used[used[group].isin(large)]
    table = pd.DataFrame({"group": list(GROUPS), "n": [int(counts.get(g, 0)) for g in GROUPS]}).set_index("group")
    table[["mean", "ci_low", "ci_high"]] = np.nan
    # Means of groups, without an intercept: one column a group.
    X = pd.DataFrame({g: (fitted[group] == g).astype(float) for g in large})
    if large and len(fitted) > len(large) + 1:
        y = fitted[exposure].to_numpy(dtype=float)
        if fitted[school].nunique() >= 2:
            fit = cluster_robust(X, y, fitted[school].to_numpy(), kind="CR2", df="ik")
        else:
            fit = hc_robust(X, y, kind="HC3")
        table.loc[list(fit.names), ["mean", "ci_low", "ci_high"]] = np.column_stack(
            [fit.estimate, fit.ci_low, fit.ci_high]
        )
    return table.reset_index()
