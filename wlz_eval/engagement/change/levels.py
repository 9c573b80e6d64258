"""How many improved among those who had much support, and among the others."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.engagement.change.groups import GROUPS
from wlz_eval.measures.progress import clustered_share

__all__ = ["HIGH_LEVELS", "THIRDS", "change_by_level", "thirds_of"]

#: Levels of a dose, lowest first.
THIRDS: tuple[str, ...] = ("lowest third", "middle third", "highest third")
HIGH_LEVELS: tuple[str, ...] = ("others", "engaged highly")
_SHORT = {"improved": "improved", "about the same": "same", "got worse": "worse"}


def thirds_of(dose: pd.Series) -> pd.Series:
    """Sort children into thirds of a dose; children with the same dose are never parted, so thirds may be uneven.

    Examples
    --------
    >>> thirds_of(pd.Series([1.0, 2, 3, 3, 3, 9])).tolist()
    ['lowest third', 'lowest third', 'middle third', 'middle third', 'middle third', 'highest third']
    """
    known = dose.dropna()
    place = (known.rank(method="average") - 0.5) / max(len(known), 1)
    third = np.minimum((3 * place.to_numpy()).astype(int), 2)
    words = pd.Series(np.array(THIRDS, dtype=object)[third], index=known.index, dtype=object)
    return words.reindex(dose.index)


def change_by_level(data: pd.DataFrame, group: str, level: str, levels: tuple[str, ...], school: str) -> pd.DataFrame:
    """Share of children who improved, stayed the same and got worse at each level of engagement.

    Parameters
    ----------
    data : DataFrame
        One row a child.
    group, level, school : str
        Columns with the change (see :func:`change_groups`), the level of engagement and the school.
    levels : tuple of str
        The levels, in their order.

    Returns
    -------
    DataFrame
        ``level``, ``n``, and for ``improved``, ``same`` and ``worse`` the count and, with ``_share``, ``_low`` and
        ``_high``, the percentage with Wilson's 95% interval on the number of independent children that they are worth
        (see :func:`wlz_eval.measures.progress.clustered_share`).
    """
    used = data.dropna(subset=[group, level, school])
    rows = []
    for name in levels:
        own = used[used[level] == name]
        row: dict[str, object] = {"level": name, "n": len(own)}
        for words in GROUPS:
            yes, short = (own[group] == words).to_numpy(dtype=bool), _SHORT[words]
            share = clustered_share(yes, own[school].to_numpy())
            row |= {
                short: int(yes.sum()),
                f"{short}_share": 100 * share.share,
                f"{short}_low": 100 * share.low,
                f"{short}_high": 100 * share.high,
            }
        rows.append(row)
    return pd.DataFrame(rows)
