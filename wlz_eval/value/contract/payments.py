"""From claims to payments: prices, caps, and shares of payers that add up to the penny."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.value.contract.terms import TRIGGERS, ContractTerms

__all__ = ["apply_caps", "child_claims", "payments_by_payer", "split_pennies"]

PENNIES = 100


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


def _prices(card: pd.DataFrame) -> dict[str, int]:
    """Price of each trigger in pennies, all payers together."""
    sums = card.assign(trigger=card["trigger"].astype(str)).groupby("trigger")["price"].sum()
    return {str(t): round(float(p) * PENNIES) for t, p in sums.items()}


def child_claims(met: pd.DataFrame, card: pd.DataFrame) -> pd.DataFrame:
    """Pennies claimed for each child by trigger, before any cap.

    Parameters
    ----------
    met : DataFrame of bool
        Triggers met, one row a child.
    card : DataFrame
        Rate card: ``trigger``, ``price``.
    """
    prices = _prices(card)
    order = [t for t in TRIGGERS if t in prices]
    return pd.DataFrame({t: met[t].astype(np.int64) * prices[t] for t in order}, index=met.index)


def apply_caps(claims: pd.DataFrame, child_cap: float | None, contract_cap: float | None) -> pd.DataFrame:
    """Cut claims to the caps: first each child's, later triggers first; then the contract's.

    Parameters
    ----------
    claims : DataFrame of int
        Pennies by child and trigger, triggers in the order in which they are earned.
    child_cap, contract_cap : float or None
        Caps in whole currency.

    Returns
    -------
    DataFrame of int
        What is paid. When the contract's cap is reached, triggers are paid in their order until it is used
        up, and the last one is cut in proportion over its children.
    """
    values = claims.to_numpy(dtype=np.int64)
    if child_cap is not None:
        running = np.minimum(np.cumsum(values, axis=1), round(child_cap * PENNIES))
        values = np.diff(running, axis=1, prepend=0)
    if contract_cap is not None:
        values = _to_total(values, round(contract_cap * PENNIES))
    return pd.DataFrame(values, index=claims.index, columns=claims.columns)


def _to_total(values: npt.NDArray[np.int64], cap: int) -> npt.NDArray[np.int64]:
    paid = values.copy()
    left = cap
    for j in range(paid.shape[1]):
        asked = int(paid[:, j].sum())
        if asked > left:
            paid[:, j] = split_pennies(left, paid[:, j].tolist())
        left -= min(asked, left)
    return paid


def _weights(card: pd.DataFrame, trigger: str, shares: Mapping[str, float]) -> dict[str, float]:
    """Weight of each payer in one trigger: named prices to their payer, the rest by shares."""
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


def payments_by_payer(paid: pd.DataFrame, card: pd.DataFrame, terms: ContractTerms) -> pd.DataFrame:
    """Payments of each payer for each trigger.

    Parameters
    ----------
    paid : DataFrame of int
        Pennies paid by child and trigger, after caps.
    card : DataFrame
        Rate card.
    terms : ContractTerms
        Shares of payers.

    Returns
    -------
    DataFrame
        ``trigger``, ``payer``, ``pennies``, ``amount``, ``children``: the amounts of all rows add up
        exactly to what is paid.
    """
    rows = []
    for trigger in paid.columns:
        weights = _weights(card, str(trigger), terms.payers)
        parts = split_pennies(int(paid[trigger].sum()), list(weights.values()))
        children = int((paid[trigger] > 0).sum())
        rows += [(trigger, p, part, part / PENNIES, children) for p, part in zip(weights, parts, strict=True)]
    return pd.DataFrame(rows, columns=["trigger", "payer", "pennies", "amount", "children"])
