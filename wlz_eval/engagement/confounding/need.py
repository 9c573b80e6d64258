"""Who gets more support: dose explained by what was known at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.engagement.regress import FEWEST_CHILDREN, engagement_slope

__all__ = ["dose_by_need"]


def dose_by_need(
    data: pd.DataFrame, exposure: str, needs: Mapping[str, str], school: str = "school_id"
) -> pd.DataFrame:
    """Say who got more: the difference in dose that goes with one SD of each baseline measure.

    Parameters
    ----------
    data : DataFrame
        One row a programme child.
    exposure : str
        Column with the dose.
    needs : mapping of str to str
        Baseline columns, and the label of each.
    school : str
        Column by which standard errors are clustered.

    Returns
    -------
    DataFrame
        ``column``, ``label``, ``estimate`` (units of dose for one SD more of the column), ``se``, ``ci_low``,
        ``ci_high``, ``n``; columns that do not vary or are held for too few children are left out.
    """
    rows = []
    for column, label in needs.items():
        if column not in data:
            raise OptionError(f"The data have no column {column!r} by which to explain dose.")
        values = data[column].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        sd = np.nanstd(values, ddof=1) if np.isfinite(values).sum() >= FEWEST_CHILDREN else 0.0
        if not sd > 0:
            continue
        slope = engagement_slope(data.assign(**{column: values / sd}), exposure, column, school=school)
        if slope.estimated:
            rows.append((column, label, slope.estimate, slope.se, slope.ci_low, slope.ci_high, slope.n))
    names: Sequence[str] = ("column", "label", "estimate", "se", "ci_low", "ci_high", "n")
    return pd.DataFrame(rows, columns=list(names))
