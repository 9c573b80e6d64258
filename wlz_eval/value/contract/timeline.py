"""Payments over time beside what was projected: the first of INDIGO's two graphs."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from wlz_eval.core.errors import CohortError, Problem
from wlz_eval.value.contract.dates import add_months, month_of
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASES

__all__ = ["dated_targets", "over_time", "period_months", "targets_by_trigger"]


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


def _months(first: str, last: str) -> list[str]:
    return [str(m) for m in pd.period_range(first, last, freq="M")]


def over_time(owed: Owed) -> pd.DataFrame:
    """Payments so far, month by month, beside what the targets come to.

    Returns
    -------
    DataFrame
        ``month``, ``paid``, ``low``, ``base``, ``high`` (all cumulative; ``paid`` is missing after the contract's
        `as_of`), ``children`` (whose payments a month adds; where it adds none, all who were paid before;
        where there were none, all), ``title``
        (what the amounts are).
    """
    targets, lag = dated_targets(owed), owed.terms.payment_months
    paid = owed.claims.assign(month=owed.claims["month"].map(lambda m: add_months(m, lag)))
    known = [*paid["month"], *(add_months(m, lag) for m in targets["month"])]
    if not known:
        return pd.DataFrame(columns=["month", "paid", *CASES, "children", "title"])
    # A month before the first and two after the last, so that the first and the last step can be seen.
    months = _months(add_months(min(known), -1), add_months(max(known), 2))
    new = paid[paid["paid"] > 0].groupby("month")["child_id"].nunique().reindex(months, fill_value=0)
    children = [
        n or paid.loc[(paid["month"] <= m) & (paid["paid"] > 0), "child_id"].nunique() or owed.children
        for m, n in zip(months, new, strict=True)
    ]
    total = paid.groupby("month")["paid"].sum().reindex(months, fill_value=0).cumsum() / PENNIES
    if owed.terms.as_of is not None:
        total[[m > f"{owed.terms.as_of:%Y-%m}" for m in months]] = np.nan
    year = f", {owed.price_year} prices" if owed.price_year else ""
    return pd.DataFrame({"month": months, "paid": total.to_numpy()}).assign(
        **_projected(owed, targets, months), children=children, title=f"{owed.currency} in all{year} ({owed.evidence})"
    )
