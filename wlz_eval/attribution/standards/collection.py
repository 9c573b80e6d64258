"""How the outcome was taken in each group: when, by whom, on which form, and whether the rater knew."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.attribution.asked import asked_for_number
from wlz_eval.core.errors import DesignError, OptionError
from wlz_eval.core.result import Result

__all__ = ["CollectionDifferences", "collection_differences"]

#: Columns that may be compared, and what they are called.
COLUMN_WORDS: dict[str, str] = {
    "date": "Day on which it was taken",
    "rater_knew": "Raters who knew who was on the programme",
    "informant": "Who answered",
    "form": "Form that was used",
}


@dataclass(frozen=True, kw_only=True, repr=False)
class CollectionDifferences(Result):
    """Differences between the groups in how an outcome was taken.

    Parameters
    ----------
    data : DataFrame
        See :meth:`table`.
    """

    data: pd.DataFrame
    title: str = "How the outcome was taken in each group"

    @property
    def flagged(self) -> tuple[str, ...]:
        """Items that differ so much that they could be mistaken for an effect."""
        return tuple(self.data.loc[self.data["flag"], "item"])

    @property
    def raters_knew(self) -> bool:
        """Whether more than a few raters are known to have known who was on the programme."""
        return "rater_knew" in self.flagged

    def table(self) -> pd.DataFrame:
        """One row an item.

        Returns
        -------
        DataFrame
            ``item`` (date, rater_knew, informant, form), ``label``, ``programme``, ``comparison``, ``difference``,
            ``unit`` (``days``: mean day since the earliest; ``percent``: of raters who knew, or of children by the
            commonest answer of all; the difference of informants and forms is the percent of children that would have
            to change), ``limit``, ``flag``, ``n_programme``, ``n_comparison`` (children for whom it is known).
        """
        return self.data.copy()


def _row(
    item: str, groups: list[pd.Series], values: tuple[float, float], difference: float, unit: str, limit: float,
    flag: bool,
) -> dict[str, object]:
    return {
        "item": item,
        "label": COLUMN_WORDS[item],
        "programme": values[0],
        "comparison": values[1],
        "difference": difference,
        "unit": unit,
        "limit": limit,
        "flag": flag,
        "n_programme": len(groups[0]),
        "n_comparison": len(groups[1]),
    }


def _dates(groups: list[pd.Series], days: float) -> dict[str, object]:
    dated = [pd.to_datetime(g, errors="coerce", format="ISO8601") for g in groups]
    if any(g.isna().any() for g in dated):
        raise OptionError("Some values of 'date' are no dates. Give days as YYYY-MM-DD.")
    first = min(g.min() for g in dated)
    means = [float((g - first).dt.days.mean()) for g in dated]
    gap = means[0] - means[1]
    return _row("date", groups, (means[0], means[1]), gap, "days", days, abs(gap) > days)


def _raters(groups: list[pd.Series], share: float) -> dict[str, object]:
    shares = [100 * float(g.astype(float).mean()) for g in groups]
    # A rater who knew is a risk in either group, not only where the groups differ.
    flag = max(shares) > share
    return _row("rater_knew", groups, (shares[0], shares[1]), shares[0] - shares[1], "percent", share, flag)


def _categories(item: str, groups: list[pd.Series], share: float) -> dict[str, object]:
    counts = [g.astype(str).value_counts(normalize=True) for g in groups]
    levels = sorted(set(counts[0].index) | set(counts[1].index))
    one, none = (100 * c.reindex(levels).fillna(0.0) for c in counts)
    distance = float(np.abs(one - none).sum() / 2)
    commonest = str((one + none).idxmax())
    values = (float(one[commonest]), float(none[commonest]))
    return _row(item, groups, values, distance, "percent", share, distance > share)


def collection_differences(
    treatment: pd.Series, details: pd.DataFrame, *, days: float = 14.0, share: float = 5.0
) -> CollectionDifferences:
    """Flag where the groups differ in how the outcome was taken, which could be mistaken for an effect.

    Children grow with every week, and a rater who knows who was on the programme may see what was hoped for.

    Parameters
    ----------
    treatment : Series of bool
        Programme children whose outcome is analysed, indexed by child.
    details : DataFrame
        Indexed by child, any of ``date``, ``rater_knew`` (yes/no), ``informant``, ``form`` of the outcome's reading.
    days : float
        Mean dates further apart than this are flagged.
    share : float
        Percent: raters who knew, in either group, above this, and answers or forms distributed further apart
        than this, are flagged.

    Raises
    ------
    DesignError
        When a child has several rows.
    OptionError
        When there is none of these columns.

    Examples
    --------
    >>> treatment = pd.Series([True, True, False, False], index=list("abcd"))
    >>> details = pd.DataFrame({"date": ["2024-07-01", "2024-07-03", "2024-06-01", "2024-06-03"]}, index=list("abcd"))
    >>> collection_differences(treatment, details).flagged
    ('date',)
    """
    asked_for_number("days", days, 0)
    asked_for_number("share", share, 0, 100)
    if not isinstance(treatment, pd.Series) or not isinstance(details, pd.DataFrame):
        raise OptionError("treatment must be a Series and details a DataFrame, both indexed by child.")
    held = [c for c in COLUMN_WORDS if c in details.columns]
    if not held:
        raise OptionError(f"The details hold none of {', '.join(COLUMN_WORDS)}. Give at least one of them.")
    if not details.index.is_unique:
        raise DesignError("The details have several rows for one child. Each child must have exactly one.")
    if len(treatment) and not treatment.index.isin(details.index).any():
        raise DesignError("No child of the comparison is in the details. Index both by child.")
    rows = []
    for item in held:
        values = details[item].reindex(treatment.index).dropna()
        on = treatment.loc[values.index].to_numpy(dtype=bool)
        groups = [values[on], values[~on]]
        if min(map(len, groups)) == 0:
            nan = math.nan
            rows.append(_row(item, groups, (nan, nan), nan, "days" if item == "date" else "percent", nan, False))
        elif item == "date":
            rows.append(_dates(groups, days))
        elif item == "rater_knew":
            rows.append(_raters(groups, share))
        else:
            rows.append(_categories(item, groups, share))
    return CollectionDifferences(data=pd.DataFrame(rows))
