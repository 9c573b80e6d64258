"""How few children a standardised difference of a yes or no gives away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.attribution.design import Design

__all__ = ["fewest_behind"]

#: Kinds of row whose standardised difference is one of two shares.
SHARES = frozenset({"binary", "level", "missing"})


def fewest_behind(design: Design, rows: pd.DataFrame) -> pd.DataFrame:
    """Count the children of the smallest group that the standardised difference of a share tells.

    A share, and the number of children that it is of, follow from its standardised difference and the size of both
    groups, to the child. So the smallest group is that of those who have what a row is about, or have it not, on the
    programme or not; after matching also among programme children who were left out. Levels of one thing add up to
    all children, so each of them tells of the smallest.

    Parameters
    ----------
    design : Design
    rows : DataFrame
        Of the balance table: its index is numbered, ``covariate`` are words, ``kind`` is the kind of row, in the order
        of the columns of the design.

    Returns
    -------
    DataFrame
        ``before`` and ``after``, a row each; infinite for what is no share.
    """
    columns = design.covariates.balance
    treated, matched = design.treatment.to_numpy(dtype=bool), design.weights.to_numpy() > 0
    # Nobody left out is no group.
    left_out = treated & ~matched if (treated & ~matched).any() else None
    before, after = [treated, ~treated], [treated & matched, ~treated & matched]
    after += [] if left_out is None else [left_out]
    found = pd.DataFrame(np.inf, index=range(len(rows)), columns=["before", "after"])
    things: list[str] = []
    for i, (name, kind) in enumerate(zip(columns.columns, rows["kind"], strict=True)):
        things.append(str(name).rsplit(": ", 1)[0] if kind == "level" else str(name))
        if kind in SHARES:
            share = columns[name].to_numpy(dtype=float)
            first = _fewest(share, before)
            found.loc[i, "before"], found.loc[i, "after"] = first, min(first, _fewest(share, after))
    return found.groupby(np.array(things, dtype=object)).transform("min")


def _fewest(share: npt.NDArray[np.float64], groups: list[npt.NDArray[np.bool_]]) -> float:
    """Fewest children who have it, or have it not, of any group."""
    return float(min(min((share[group] > 0.5).sum(), (share[group] <= 0.5).sum()) for group in groups))
