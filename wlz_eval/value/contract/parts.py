"""What a sum of payments consists of: for the release rule, which hides one child's sum, and numbers told by prices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from wlz_eval.core.finding import Counted
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES, weights_of
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, TRIGGERS

__all__ = [
    "Parts", "amounts", "beside", "counted_in", "parts_by_payer", "parts_in_all", "parts_of", "parts_of_outcomes",
    "scaled", "worst",
]

#: The two largest contributions of one child as shares of a sum, and the children behind it.
Parts = tuple[float, float, int]


def parts_of(by_child: pd.Series) -> Parts:
    """Return the shares of the two largest contributions, and how many children contribute.

    Examples
    --------
    >>> parts_of(pd.Series([60, 30, 10, 0]))
    (0.6, 0.3, 3)
    """
    paid = by_child[by_child > 0].sort_values(ascending=False).to_numpy(dtype=float)
    total = float(paid.sum())
    if not total:
        return math.nan, math.nan, 0
    return float(paid[0] / total), float(paid[1] / total) if len(paid) > 1 else 0.0, len(paid)


def worst(parts: list[Parts]) -> Parts:
    """Return the most concentrated and the smallest of several sums, any of which may follow from the others."""
    held = [(one, one + two, n) for one, two, n in parts if n]
    if not held:
        return math.nan, math.nan, 0
    one = max(p[0] for p in held)
    return one, max(p[1] for p in held) - one, min(p[2] for p in held)


def parts_by_payer(owed: Owed) -> Mapping[str, Parts]:
    """Return what each payer's payments consist of: a payer pays its share of every claim of a trigger."""
    sums = owed.payments.pivot_table(index="trigger", columns="payer", values="pennies", aggfunc="sum", fill_value=0)
    shares = sums.div(sums.sum(axis=1).where(lambda total: total > 0, 1), axis=0)
    claims = owed.claims.pivot_table(index="child_id", columns="trigger", values="paid", aggfunc="sum", fill_value=0)
    return {
        str(payer): parts_of((claims * shares[payer].reindex(claims.columns, fill_value=0.0)).sum(axis=1))
        for payer in shares
    }


def _by_child(owed: Owed, outcomes: bool) -> Parts:
    own = owed.claims[owed.claims["trigger"].isin(OUTCOME_TRIGGERS) == outcomes]
    return parts_of(own.groupby("child_id")["paid"].sum())


def parts_of_outcomes(owed: Owed) -> Parts:
    """Return what the payments for outcomes consist of."""
    return _by_child(owed, outcomes=True)


def parts_in_all(owed: Owed) -> Parts:
    """Return the worst of the sums that follow from that of all payments: it, each payer's, and all but outcomes."""
    everything = parts_of(owed.claims.groupby("child_id")["paid"].sum())
    return worst([everything, *parts_by_payer(owed).values(), _by_child(owed, outcomes=False)])


def amounts(parts: Parts, total: float) -> dict[str, Any]:
    """Return the parts of a sum as amounts, as a finding takes them; nobody's sum says nothing of anybody.

    Examples
    --------
    >>> amounts((0.5, 0.25, 12), 200.0)
    {'largest': 100.0, 'second': 50.0, 'fewest': 12}
    """
    return {"largest": parts[0] * abs(total), "second": parts[1] * abs(total), "fewest": parts[2] or None}


def beside(name: str, parts: Parts, total: float) -> dict[str, float]:
    """Return the parts of the sum in column `name` as the columns in which the release rule looks for them."""
    return {f"{name}_{which}": math.nan if part is None else part for which, part in amounts(parts, total).items()}


def counted_in(owed: Owed, triggers: Sequence[str] = (), payer: str = "") -> tuple[Counted, ...]:
    """Return the children who make up a sum of payments: of each trigger those who claimed it, and what each brings.

    Parameters
    ----------
    owed : Owed
    triggers : sequence of str
        Those that are paid for; all where empty.
    payer : str
        Who pays; all of them where empty.

    Returns
    -------
    tuple of Counted
        Without triggers that this payer does not pay for, and those still open for every child, which nobody claimed.
    """
    payments = owed.payments if not payer else owed.payments[owed.payments["payer"].astype(str) == payer]
    paid = payments.groupby("trigger")["pennies"].sum() / PENNIES
    children = owed.claims["trigger"].value_counts()
    found = []
    for trigger in (t for t in owed.prices if not triggers or t in triggers):
        n, own = int(children.get(trigger, 0)), float(paid.get(trigger, 0.0))
        nobody = not n and not owed.open[trigger].all()
        if own or (nobody and (not payer or weights_of(owed.card, trigger, owed.terms.payers).get(payer))):
            found.append(Counted(children=TRIGGERS[trigger], n=n, each=own / max(n, 1)))
    return tuple(found)


def scaled(counted: Sequence[Counted], by: float) -> tuple[Counted, ...]:
    """Return children who make up a number that is so many times another.

    Examples
    --------
    >>> scaled([Counted(children="Signed up", n=300, each=600.0)], 0.5)[0].each
    300.0
    """
    return tuple(replace(part, each=part.each * by) for part in counted)
