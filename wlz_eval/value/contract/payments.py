"""From claims to payments: prices, caps in the order of time, and shares of payers that add up to the penny."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.value.contract.dates import add_months, month_of
from wlz_eval.value.contract.terms import TRIGGERS, ContractTerms

__all__ = ["PENNIES", "apply_caps", "claims_of", "payments_by_payer", "prices_of", "split_pennies", "weights_of"]

PENNIES = 100
CLAIM_COLUMNS = ("child_id", "intake", "trigger", "date", "month", "claimed")
PAYMENT_COLUMNS = ("month", "intake", "trigger", "payer", "pennies", "amount", "children")


def split_pennies(total: int, shares: Sequence[float]) -> list[int]:
    """Share out a whole number of pennies so that the parts add up to it exactly.

    Each part is its share rounded down; the pennies left over go to the largest remainders, the first payer
    first among equals.

    Parameters
    ----------
    total : int
        Pennies.
    shares : sequence of float
        Weights of the parts; they need not add up to one.

    Examples
    --------
    >>> split_pennies(100, [1, 1, 1])
    [34, 33, 33]
    """
    weights = np.asarray(shares, dtype=float)
    if total == 0 or weights.sum() <= 0:
        return [0] * len(weights)
    exact = total * weights / weights.sum()
    parts = np.floor(exact + 1e-9).astype(np.int64)
    left = int(total - parts.sum())
    order = np.argsort(-(exact - parts), kind="stable")
    parts[order[:left]] += 1
    return [int(p) for p in parts]


def prices_of(card: pd.DataFrame) -> dict[str, int]:
    """Price of each trigger in pennies, all payers together, in the order in which triggers are earned."""
    sums = card.assign(trigger=card["trigger"].astype(str)).groupby("trigger")["price"].sum()
    return {t: round(float(sums[t]) * PENNIES) for t in TRIGGERS if t in sums.index}


def claims_of(met: pd.DataFrame, dates: pd.DataFrame, intake: pd.Series, prices: Mapping[str, int]) -> pd.DataFrame:
    """List the claims: one row a child and trigger met.

    Parameters
    ----------
    met : DataFrame of bool
        Triggers met, one row a child.
    dates : DataFrame of datetime
        Day of each claim, same shape.
    intake : Series of str
        Intake of each child.
    prices : mapping of str to int
        Pennies for each trigger.

    Returns
    -------
    DataFrame
        ``child_id``, ``intake``, ``trigger``, ``date``, ``month``, ``claimed`` (pennies), in the order in which
        they are paid: by month, then trigger, then child, whatever the order of the rows given.
    """
    parts = []
    for place, trigger in enumerate(prices):
        own = met.index[met[trigger].to_numpy(dtype=bool)]
        parts.append(
            pd.DataFrame(
                {
                    "child_id": own.astype(str),
                    "intake": intake.loc[own].to_numpy(),
                    "trigger": trigger,
                    "date": dates.loc[own, trigger].to_numpy(),
                    "claimed": prices[trigger],
                    "place": place,
                }
            )
        )
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*CLAIM_COLUMNS, "place"])
    table["date"] = pd.to_datetime(table["date"])
    table["month"] = month_of(table["date"])
    table = table.sort_values(["month", "place", "child_id"], kind="stable").reset_index(drop=True)
    return table[list(CLAIM_COLUMNS)].astype({"claimed": np.int64})


def apply_caps(claims: pd.DataFrame, child_cap: float | None, contract_cap: float | None) -> pd.Series:
    """Cut claims to the caps, first claimed first paid.

    Parameters
    ----------
    claims : DataFrame
        Of :func:`claims_of`, in its order: by month, then by trigger as they are earned, then by child.
    child_cap, contract_cap : float or None
        Caps in whole currency.

    Returns
    -------
    Series of int
        Pennies paid on each claim. A child's claims are paid in order until its cap is used up. Then months are paid
        in order, and triggers in theirs within a month, until the contract's cap is used up; the trigger that
        reaches it is cut in proportion over its claims of that month, to the penny.
    """
    paid = claims["claimed"].to_numpy(dtype=np.int64)
    if child_cap is not None:
        before = claims.groupby("child_id")["claimed"].cumsum().to_numpy(dtype=np.int64) - paid
        paid = np.clip(round(child_cap * PENNIES) - before, 0, paid)
    if contract_cap is not None:
        batch = np.asarray(claims.groupby(["month", "trigger"], sort=False).ngroup(), dtype=np.int64)
        paid = _to_total(paid, batch, round(contract_cap * PENNIES))
    return pd.Series(paid, index=claims.index, name="paid", dtype=np.int64)


def _to_total(
    values: npt.NDArray[np.int64], batch: npt.NDArray[np.int64], cap: int
) -> npt.NDArray[np.int64]:
    paid, left = values.copy(), cap
    for j in range(int(batch.max(initial=-1)) + 1):
        own = batch == j
        asked = int(paid[own].sum())
        if asked > left:
            paid[own] = split_pennies(left, paid[own].tolist())
        left -= min(asked, left)
    return paid


def weights_of(card: pd.DataFrame, trigger: str, shares: Mapping[str, float]) -> dict[str, float]:
    """Return the weight of each payer in one trigger: named prices go to their payer, the rest by shares."""
    rows = card[card["trigger"].astype(str) == trigger]
    weights: dict[str, float] = {}
    for row in rows.to_dict(orient="records"):
        payer, price = row.get("payer"), float(row["price"])
        if isinstance(payer, str) and payer:
            weights[payer] = weights.get(payer, 0.0) + price
        else:
            for name, share in shares.items():
                weights[name] = weights.get(name, 0.0) + price * share
    return weights


def payments_by_payer(claims: pd.DataFrame, card: pd.DataFrame, terms: ContractTerms) -> pd.DataFrame:
    """Payments of each payer, by month of payment, intake and trigger.

    Parameters
    ----------
    claims : DataFrame
        Claims with ``paid``, pennies after caps.
    card : DataFrame
        Rate card.
    terms : ContractTerms
        Shares of payers; months from claim to payment.

    Returns
    -------
    DataFrame
        ``month``, ``intake``, ``trigger``, ``payer``, ``pennies``, ``amount``, ``children``: the pennies of all rows
        add up exactly to what is paid.
    """
    rows = []
    weights = {t: weights_of(card, t, terms.payers) for t in claims["trigger"].unique()}
    for (month, intake, trigger), own in claims.groupby(["month", "intake", "trigger"], sort=False):
        parts = split_pennies(int(own["paid"].sum()), list(weights[trigger].values()))
        due, children = add_months(str(month), terms.payment_months), int((own["paid"] > 0).sum())
        rows += [
            (due, intake, trigger, p, part, part / PENNIES, children)
            for p, part in zip(weights[trigger], parts, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(PAYMENT_COLUMNS))
