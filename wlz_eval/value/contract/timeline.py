"""Payments over time beside what was projected: the first of INDIGO's two graphs."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from wlz_eval.core.errors import CohortError, Problem
from wlz_eval.core.finding import Counted
from wlz_eval.value.contract.dates import add_months, month_of
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.parts import parts_of
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASES

__all__ = [
    "counted_so_far", "dated_targets", "over_time", "paid_by_month", "period_months", "target_payments",
    "targets_by_trigger",
]


def period_months(period: str) -> tuple[str, str]:
    """First and last month of a period: a school year, a calendar year, or a month.

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> period_months("2022/23"), period_months("2023"), period_months("2023-05")
    (('2022-09', '2023-08'), ('2023-01', '2023-12'), ('2023-05', '2023-05'))
    """
    text = period.strip()
    if found := re.fullmatch(r"((?:19|20)\d\d)[/–-](\d\d)(\d\d)?", text):
        year, after = int(found[1]), int(found[1]) + 1
        last = int(found[2] + found[3]) if found[3] else after // 100 * 100 + int(found[2])
        if last == after:
            return f"{year}-09", f"{after}-08"
        if not found[3] and "-" in text and 1 <= int(found[2]) <= 12:
            return text, text
    elif re.fullmatch(r"(19|20)\d\d", text):
        return f"{text}-01", f"{text}-12"
    raise ValueError(f"{period!r} is no period")


def targets_by_trigger(targets: pd.DataFrame | None) -> pd.DataFrame:
    """Targets of the whole contract by trigger: ``low``, ``base``, ``high``."""
    if targets is None:
        return pd.DataFrame(columns=list(CASES), dtype=float)
    table = targets.assign(trigger=lambda d: d["trigger"].astype(str), case=lambda d: d["case"].astype(str))
    wide = table.pivot_table(index="trigger", columns="case", values="count", aggfunc="sum")
    return wide.reindex(columns=list(CASES)).astype(float)


def dated_targets(owed: Owed) -> pd.DataFrame:
    """Targets with the month in which each is to be claimed.

    A target counts in the month in which its trigger falls due, moved into its own period where it has one.

    Returns
    -------
    DataFrame
        ``trigger``, ``case``, ``count``, ``month``.

    Raises
    ------
    CohortError
        For a period that is none.
    """
    if not owed.cohort.has("targets"):
        return pd.DataFrame(columns=["trigger", "case", "count", "month"])
    table, problems, months = owed.cohort["targets"], [], []
    due = {t: month_of(owed.due[t]).mode().iloc[0] for t in owed.prices if len(owed.due)}
    for row, target in enumerate(table.to_dict(orient="records"), start=2):
        month, period = due.get(str(target["trigger"]), ""), target.get("period")
        if isinstance(period, str) and period.strip():
            try:
                first, last = period_months(period)
                month = min(max(month, first), last)
            except ValueError:
                remedy = "Give a school year (2022/23), a calendar year (2023) or a month (2023-05)."
                problems.append(
                    Problem(table="targets", row=row, column="period", value=period, message="this is no period",
                            remedy=remedy)
                )
        months.append(month)
    if problems:
        raise CohortError(problems)
    kept = pd.DataFrame({"trigger": table["trigger"].astype(str), "case": table["case"].astype(str)})
    return kept.assign(count=table["count"].astype(float), month=months)


def _projected(owed: Owed, targets: pd.DataFrame, months: list[str]) -> pd.DataFrame:
    """Cumulative payments that the targets come to, by case; the contract's cap is kept, children's cannot be."""
    out = {}
    for case in CASES:
        own = targets[targets["case"] == case]
        if not len(own):
            out[case] = np.full(len(months), np.nan)
            continue
        worth = own["count"] * own["trigger"].map(owed.prices).astype(float) / PENNIES
        paid = own["month"].map(lambda m: add_months(m, owed.terms.payment_months))
        total = worth.groupby(paid).sum().reindex(months, fill_value=0.0).cumsum()
        cap = owed.terms.contract_cap
        out[case] = total.clip(upper=np.inf if cap is None else cap).to_numpy()
    return pd.DataFrame(out)


def target_payments(owed: Owed) -> dict[str, float]:
    """Add up what the targets of each case come to, the contract's cap kept; missing for a case without targets."""
    targets = dated_targets(owed)
    cap = np.inf if owed.terms.contract_cap is None else owed.terms.contract_cap
    out = {}
    for case in CASES:
        own = targets[targets["case"] == case]
        worth = own["count"] * own["trigger"].map(owed.prices).astype(float) / PENNIES
        out[case] = min(float(worth.sum()), cap) if len(own) else np.nan
    return out


def _months(first: str, last: str) -> list[str]:
    return [str(m) for m in pd.period_range(first, last, freq="M")]


def paid_by_month(owed: Owed, fewest: int = 0) -> pd.DataFrame:
    """Payments by month of payment, with the children behind each; no month with few children stands alone.

    Parameters
    ----------
    owed : Owed
    fewest : int
        A month in which fewer children than this are paid for is counted with the next, and at the end with the one
        before: else a small payment, or the step between two totals, would give a small number of children away.

    Returns
    -------
    DataFrame
        Index ``month``: ``amount``, ``children``, and ``one`` and ``two``, the share of the largest and of the two
        largest children's payments in this or any earlier month: a step of the running total is a sum of its own.
    """
    paid = owed.claims[owed.claims["paid"] > 0]
    paid = paid.assign(month=paid["month"].map(lambda m: add_months(m, owed.terms.payment_months)))
    shown: dict[str, str] = {}
    waiting: list[str] = []
    held: set[str] = set()
    for month, own in paid.groupby("month"):
        waiting.append(str(month))
        held |= set(own["child_id"])
        if len(held) >= fewest:
            shown.update(dict.fromkeys(waiting, str(month)))
            waiting, held = [], set()
    last = list(shown.values())[-1] if shown else (waiting or [""])[-1]
    shown.update(dict.fromkeys(waiting, last))
    paid = paid.assign(month=paid["month"].map(shown))
    groups, by_child = paid.groupby("month"), paid.groupby(["month", "child_id"])["paid"].sum()
    parts = by_child.groupby("month").agg(parts_of)
    return pd.DataFrame(
        {
            "amount": groups["paid"].sum() / PENNIES, "children": groups["child_id"].nunique(),
            "one": parts.map(lambda p: p[0]).astype(float).cummax(),
            "two": parts.map(lambda p: p[0] + p[1]).astype(float).cummax(),
        }
    )


def counted_so_far(paid: pd.DataFrame, months: list[str]) -> list[tuple[Counted, ...]]:
    """Return, for each month, the children of the payments up to then: from two running totals those between follow.

    Parameters
    ----------
    paid : DataFrame
        Of :func:`paid_by_month`.
    months : list of str
        In order.

    Returns
    -------
    list of tuple of Counted
        Only the last is named, since earlier totals tell the others.
    """
    steps = [
        (str(month), int(n), float(amount) / max(int(n), 1))
        for month, amount, n in zip(paid.index, paid["amount"], paid["children"], strict=True)
    ]
    found: list[tuple[Counted, ...]] = []
    for month in months:
        here = [step for step in steps if step[0] <= month]
        names = ["" for _ in here[:-1]] + [f"paid for in {m}" for m, _, _ in here[-1:]]
        found.append(tuple(Counted(children=w, n=n, each=e) for w, (_, n, e) in zip(names, here, strict=True)))
    return found


def over_time(owed: Owed, fewest: int = 0) -> pd.DataFrame:
    """Payments so far, month by month, beside what the targets come to.

    Parameters
    ----------
    owed : Owed
    fewest : int
        Fewest children whose payments may stand alone (:func:`paid_by_month`).

    Returns
    -------
    DataFrame
        ``month``, ``paid``, ``low``, ``base``, ``high`` (all cumulative; ``paid`` is missing after the contract's
        `as_of`), ``children`` (whose payments the last step adds; before the first, all), ``title`` (what the
        amounts are); ``paid_largest``, ``paid_second`` and ``paid_counted`` for the release rule.
    """
    targets, lag, paid = dated_targets(owed), owed.terms.payment_months, paid_by_month(owed, fewest)
    known = [*paid.index, *(add_months(m, lag) for m in targets["month"])]
    if not known:
        return pd.DataFrame(columns=["month", "paid", *CASES, "children", "title"])
    # A month before the first and two after the last, so that the first and the last step can be seen.
    months = _months(add_months(min(known), -1), add_months(max(known), 2))
    children = paid["children"].reindex(months).ffill().fillna(owed.children).astype(int)
    total = paid["amount"].reindex(months, fill_value=0.0).cumsum()
    if owed.terms.as_of is not None:
        total[[m > f"{owed.terms.as_of:%Y-%m}" for m in months]] = np.nan
    year = f", {owed.price_year} prices" if owed.price_year else ""
    shares = paid[["one", "two"]].reindex(months).ffill().mul(total, axis=0)
    return pd.DataFrame({"month": months, "paid": total.to_numpy()}).assign(
        **_projected(owed, targets, months), children=children.to_numpy(),
        paid_counted=pd.Series(counted_so_far(paid, months), dtype=object),
        paid_largest=shares["one"].to_numpy(), paid_second=(shares["two"] - shares["one"]).to_numpy(),
        title=f"{owed.currency} in all{year} ({owed.evidence})",
    )
