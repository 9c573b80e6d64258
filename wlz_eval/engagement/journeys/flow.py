"""From need at the start, through support, to outcome: counts of children in bands."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from wlz_eval.engagement.journeys.sequences import beside_smallest

__all__ = ["FLOW", "flow_counts", "in_order", "thirds"]

FLOW = ("part", "start", "end", "children", "beside")
NEEDS = ("higher need", "middling need", "lower need")
SUPPORTS = ("less support", "middling support", "more support")
#: The words of the bands, as a reader goes through them; journeys stand in the order of their names.
ORDER = (*NEEDS, *SUPPORTS[::-1], "improved", "about the same", "got worse")


def thirds(values: pd.Series, words: tuple[str, str, str]) -> pd.Series:
    """Sort children into thirds by a number, ties together.

    Parameters
    ----------
    values : Series of float
        One a child.
    words : tuple of str
        Words for the lowest, the middle and the highest third.

    Returns
    -------
    Series
        Missing where the number is; all in the middle where every child has the same.

    Examples
    --------
    >>> thirds(pd.Series([1.0, 2, 3, 3, 9, 8]), ("low", "middle", "high")).tolist()
    ['low', 'low', 'middle', 'middle', 'high', 'high']
    """
    known = values.dropna().astype(float)
    if known.empty or known.max() == known.min():
        return pd.Series(words[1], index=values.index, dtype=object).where(values.notna())
    low, high = np.quantile(known, [1 / 3, 2 / 3])
    found = np.where(values <= low, words[0], np.where(values > high, words[2], words[1]))
    return pd.Series(found, index=values.index, dtype=object).where(values.notna())


def in_order(names: Iterable[str]) -> list[str]:
    """Sort the words of bands: journeys by name, then as :data:`ORDER` has them.

    Examples
    --------
    >>> in_order(["lower need", "higher need"])
    ['higher need', 'lower need']
    """
    return sorted(names, key=lambda name: (ORDER.index(name) if name in ORDER else -1, name))


def flow_counts(need: pd.Series, support: pd.Series, outcome: pd.Series) -> pd.DataFrame:
    """Count the children in each band from need to support and from support to outcome.

    Parameters
    ----------
    need, support, outcome : Series of str
        One a child; children of whom one is missing are left out of both parts.

    Returns
    -------
    DataFrame
        ``part`` ("need to support", "support to outcome"), ``start``, ``end``, ``children``, ``beside`` (see
        :func:`wlz_eval.engagement.journeys.sequences.beside_smallest`).
    """
    known = pd.DataFrame({"need": need, "support": support, "outcome": outcome}).dropna()
    parts = []
    for name, start, end in (("need to support", "need", "support"), ("support to outcome", "support", "outcome")):
        # A band without a child is a row too: that there is none is hidden as any small number is.
        every = pd.MultiIndex.from_product([in_order(known[start].unique()), in_order(known[end].unique())])
        sizes = known.groupby([start, end]).size().reindex(every.set_names([start, end]), fill_value=0)
        counts = sizes.rename("children").reset_index()
        parts.append(counts.rename(columns={start: "start", end: "end"}).assign(part=name))
    table = pd.concat(parts, ignore_index=True)
    if table.empty:
        return pd.DataFrame(columns=list(FLOW))
    table["beside"] = beside_smallest(table["children"], [table["part"]])
    return table[list(FLOW)]
