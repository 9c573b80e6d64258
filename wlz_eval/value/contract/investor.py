"""The investor's view: money in, costs out and payments in by month, and what is left for who put the capital in."""

from __future__ import annotations

import contextlib
import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.value.contract.dates import add_months
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.parts import amounts, beside, counted_in, parts_in_all, scaled
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASE_WORDS, CASES, OUTCOME_TRIGGERS
from wlz_eval.value.contract.timeline import counted_so_far, dated_targets, paid_by_month, period_months
from wlz_eval.value.contract.xirr import xirr

__all__ = ["Investor", "Returns", "cash_flow", "investor", "returns"]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Returns:
    """What comes back to investors.

    Parameters
    ----------
    returned : float
        Cash that is left when the last cost is paid and the last payment has come.
    multiple : float
        `returned` over the capital.
    rate : float
        Internal rate of return a year (XIRR), as a share; ``nan`` where nothing comes back.
    peak_deficit : float
        Most that costs had run ahead of payments, before capital.
    shortfall : float
        Most by which costs ran ahead of payments and capital together.
    """

    returned: float
    multiple: float
    rate: float
    peak_deficit: float
    shortfall: float


@dataclass(frozen=True, kw_only=True, repr=False)
class Investor(Result):
    """The investor's view of a contract.

    Parameters
    ----------
    available : bool
        Whether the contract says how it is financed, and the cohort what it costs.
    flow : DataFrame
        ``month``, ``capital``, ``costs``, ``payments``, ``balance`` (cash at the end of the month), ``children``
        (whose payments the last one was), ``everyone`` (children who started), ``title``.
    cases : DataFrame
        ``case`` (so far; low, base and high target), ``payments``, ``returned``, ``multiple``, ``rate`` (percent a
        year), ``loss`` (capital that does not come back), ``peak_deficit``, ``shortfall``, ``children``, ``kind`` (of
        the figures, with their price year).
    capital : float
        What investors put in.
    break_even : float
        Share of the base target's outcome payments at which the capital just comes back; ``nan`` when none does.
    owed : Owed
    """

    available: bool
    flow: pd.DataFrame
    cases: pd.DataFrame
    capital: float
    break_even: float
    owed: Owed

    title = "Cash flow and return to investors"

    def table(self) -> pd.DataFrame:
        """One row a case."""
        return self.cases

    def findings(self) -> list[Finding]:
        """Return peak deficit, money multiple and rate of return, so far and in each case."""
        if not self.available:
            return []
        found = [self._money("capital", "capital", self.capital, "paid in by investors", self.owed.children)]
        paid, claimed = parts_in_all(self.owed), counted_in(self.owed)
        for row in self.cases.to_dict(orient="records"):
            case, n = str(row["case"]), int(row["children"])
            first = len(found)
            name = case.replace(" ", "_")
            found.append(self._money(f"peak_deficit.{name}", "peak_deficit", row["peak_deficit"], case, n))
            found.append(self._money(f"loss.{name}", "capital_lost", row["loss"], case, n))
            found.append(self._plain(f"multiple.{name}", "money_multiple", row["multiple"], "ratio", case, n))
            if math.isfinite(row["rate"]):
                rate = row["rate"] / 100
                found.append(self._plain(f"rate.{name}", "internal_rate_of_return", rate, "ratio", case, n))
            if case == SO_FAR:
                told = {"peak_deficit": row["peak_deficit_counted"], "capital_lost": row["loss_counted"],
                        "money_multiple": row["multiple_counted"]}
                found[first:] = [
                    replace(f, **amounts(paid, f.estimate), counted=told.get(f.quantity, scaled(claimed, 0.0)))
                    for f in found[first:]
                ]
        if math.isfinite(self.break_even):
            found.append(
                self._plain("break_even", "share_of_outcome_payments_at_which_capital_is_lost", self.break_even,
                            "ratio", "of the middle target's outcome payments", self.owed.children)
            )
        return found

    def _money(self, name: str, quantity: str, value: float, subgroup: str, n: int) -> Finding:
        return Finding(
            finding_id=f"contract.investor.{name}", quantity=quantity, estimate=value, unit="money", claim="projection",
            subgroup=subgroup, n_programme=n, method="cash flow by month", currency=self.owed.currency,
            price_year=self.owed.price_year, perspective="investors", evidence=_evidence(self.owed), note=NOTE,
        )

    def _plain(self, name: str, quantity: str, value: float, unit: Unit, subgroup: str, n: int) -> Finding:
        return Finding(
            finding_id=f"contract.investor.{name}", quantity=quantity, estimate=value, unit=unit,
            claim="projection", subgroup=subgroup, n_programme=n, method="cash flow by month",
            evidence=_evidence(self.owed), note=NOTE,
        )



def _per_pound(capital: float, row: Mapping[Any, Any]) -> float:
    """Return what one more pound of payments adds to the money multiple; nothing where nothing comes back."""
    return 1 / capital if capital and row["returned"] > 0 else 0.0


#: The case of what is owed until now; the others are targets, which are about no child.
SO_FAR = "so far"
NOTE = "Cash as it moves, in the prices of each year; what is left at the end is taken to go to the investors."


def _evidence(owed: Owed) -> Evidence:
    """Illustrative when prices or capital are, else as the prices."""
    capital = owed.terms.investment.evidence if owed.terms.investment else "illustrative"
    return "illustrative" if "illustrative" in (capital, owed.evidence) else owed.evidence


def _cost_by_month(owed: Owed) -> pd.Series:
    """Cash costs that the contract bears, spread evenly over the months of each line's period inside the programme."""
    table, terms = owed.cohort["costs"], owed.terms
    payers = terms.investment.pays_for if terms.investment else ()
    if "kind" in table:
        table = table[table["kind"].astype(str) != "in_kind"]
    if payers:
        table = table[table["payer"].astype(str).isin(payers)]
    programme = owed.cohort.meta.programme
    first, last = f"{programme.start:%Y-%m}", f"{programme.end:%Y-%m}"
    parts = []
    for line in table.to_dict(orient="records"):
        begin, end = first, last
        with contextlib.suppress(ValueError):
            begin, end = period_months(str(line.get("period", "")))
        begin, end = (max(begin, first), min(end, last)) if begin <= last and end >= first else (begin, end)
        months = [str(m) for m in pd.period_range(begin, end, freq="M")]
        parts.append(pd.Series(float(line["amount"]) / len(months), index=months))
    return pd.concat(parts).groupby(level=0).sum() if parts else pd.Series(dtype=float)


def cash_flow(capital: pd.Series, costs: pd.Series, payments: pd.Series) -> pd.DataFrame:
    """Cash by month: what comes in, what goes out, what is left.

    Parameters
    ----------
    capital, costs, payments : Series of float
        By month (``2022-09``); all above zero.

    Examples
    --------
    >>> flow = cash_flow(pd.Series({"2022-01": 10.0}), pd.Series({"2022-01": 8.0}), pd.Series({"2022-03": 12.0}))
    >>> flow["balance"].tolist()
    [2.0, 2.0, 14.0]
    """
    known = [m for part in (capital, costs, payments) for m in part.index]
    months = [str(m) for m in pd.period_range(min(known), max(known), freq="M")]
    flow = pd.DataFrame({"month": months})
    for name, part in (("capital", capital), ("costs", costs), ("payments", payments)):
        flow[name] = part.groupby(level=0).sum().reindex(months, fill_value=0.0).to_numpy(dtype=float)
    return flow.assign(balance=(flow["capital"] - flow["costs"] + flow["payments"]).cumsum())


def returns(flow: pd.DataFrame, capital: list[tuple[dt.date, float]]) -> Returns:
    """Work out what investors get back from a cash flow.

    Parameters
    ----------
    flow : DataFrame
        Of :func:`cash_flow`.
    capital : list of (date, float)
        What they paid in, and when.

    Notes
    -----
    All that is left after the last month goes to the investors on the last day of that month.
    """
    paid = sum(amount for _, amount in capital)
    back = max(float(flow["balance"].iloc[-1]), 0.0)
    last = pd.Period(flow["month"].iloc[-1], freq="M").end_time.date()
    before = float((flow["payments"] - flow["costs"]).cumsum().min())
    return Returns(
        returned=back,
        multiple=back / paid if paid else math.nan,
        rate=xirr([*(-a for _, a in capital), back], [*(d for d, _ in capital), last]),
        peak_deficit=max(0.0, -before),
        shortfall=max(0.0, -float(flow["balance"].min())),
    )


def _payments(owed: Owed, case: str, outcomes: float = 1.0) -> pd.Series:
    """Payments by month: so far, or what a case's targets come to (outcomes scaled), the contract's cap kept."""
    lag = owed.terms.payment_months
    if case == SO_FAR:
        return owed.payments.groupby("month")["amount"].sum()
    targets = dated_targets(owed)
    own = targets[targets["case"] == case]
    scale = np.where(own["trigger"].isin(OUTCOME_TRIGGERS), outcomes, 1.0)
    worth = own["count"] * own["trigger"].map(owed.prices).astype(float) / PENNIES * scale
    total = worth.groupby(own["month"].map(lambda m: add_months(m, lag))).sum().sort_index()
    cap = math.inf if owed.terms.contract_cap is None else owed.terms.contract_cap
    reached = total.cumsum().clip(upper=cap)
    return reached.diff().fillna(reached.iloc[0] if len(reached) else 0.0)


def _break_even(owed: Owed, capital: pd.Series, costs: pd.Series) -> float:
    """Share of the base case's outcome payments at which the capital just comes back, or nan."""
    from scipy.optimize import brentq

    put_in = float(capital.sum())

    def left(share: float) -> float:
        return float(cash_flow(capital, costs, _payments(owed, "base", share))["balance"].iloc[-1]) - put_in

    if not left(0.0) < 0 < left(10.0):
        return math.nan
    return float(brentq(left, 0.0, 10.0, xtol=1e-10))


def investor(owed: Owed, fewest: int = 0) -> Investor:
    """Look at a contract as its investors do.

    Parameters
    ----------
    owed : Owed
        The contract worked through; ``contract.yaml`` names the capital under ``investment``, the costs table what is
        to be paid from it.
    fewest : int
        Fewest children whose payments may stand alone in the flow by month; returns are worked out from every month
        as it is.

    Returns
    -------
    Investor
        Payments so far, and the low, base and high targets where the cohort has them.
    """
    terms = owed.terms
    if terms.investment is None or not owed.cohort.has("costs"):
        return Investor(available=False, flow=pd.DataFrame(), cases=pd.DataFrame(), capital=0.0, break_even=math.nan,
                        owed=owed)
    put_in = [(c.date, c.amount) for c in terms.investment.capital]
    capital = pd.Series([a for _, a in put_in], index=[f"{d:%Y-%m}" for d, _ in put_in]).groupby(level=0).sum()
    costs, total = _cost_by_month(owed), sum(a for _, a in put_in)
    held = set(dated_targets(owed)["case"])
    rows: list[dict[str, Any]] = []
    everything = parts_in_all(owed)
    for case in (SO_FAR, *(c for c in CASES if c in held)):
        flow = cash_flow(capital, costs, _payments(owed, case))
        got = returns(flow, put_in)
        rows.append(
            {
                "case": case if case == SO_FAR else f"{CASE_WORDS[case]} target",
                "payments": float(flow["payments"].sum()),
                "returned": got.returned, "multiple": got.multiple, "rate": 100 * got.rate,
                "loss": max(total - got.returned, 0.0), "peak_deficit": got.peak_deficit, "shortfall": got.shortfall,
                "children": owed.paid_for() if case == SO_FAR else owed.children,
            }
        )
        if case == SO_FAR:
            # What one more pound of payments adds to each; a rate of return is not in proportion, and shown whole.
            lost, back = -1.0 if rows[-1]["loss"] > 0 else 0.0, 1.0 if got.returned > 0 else 0.0
            by = {"payments": 1.0, "returned": back, "multiple": _per_pound(total, rows[-1]), "rate": 0.0, "loss": lost}
            for name, more in by.items():
                rows[-1] |= beside(name, everything, float(rows[-1][name]))
                rows[-1][f"{name}_counted"] = scaled(counted_in(owed), more)
            lowest = str(flow["month"].iloc[int((flow["payments"] - flow["costs"]).cumsum().argmin())])
            rows[-1]["peak_deficit_counted"] = scaled(counted_so_far(paid_by_month(owed, fewest), [lowest])[0], -1.0)
    year = f", {owed.price_year} prices" if owed.price_year else ""
    kind = _evidence(owed)
    paid = paid_by_month(owed, fewest)
    flow = cash_flow(capital, costs, paid["amount"])
    children = paid["children"].reindex(flow["month"]).ffill().fillna(owed.children).astype(int)
    shares = paid[["one", "two"]].reindex(flow["month"]).ffill().set_axis(flow.index)
    counted = counted_so_far(paid, list(flow["month"]))
    own = [so_far[-1:] if m in paid.index else () for m, so_far in zip(flow["month"], counted, strict=True)]
    flow = flow.assign(balance_counted=pd.Series(counted, dtype=object), payments_counted=pd.Series(own, dtype=object))
    for name in ("payments", "balance"):
        flow[f"{name}_largest"] = shares["one"] * flow[name].abs()
        flow[f"{name}_second"] = (shares["two"] - shares["one"]) * flow[name].abs()
    return Investor(
        available=True,
        flow=flow.assign(children=children.to_numpy(), everyone=owed.children,
                         title=f"{owed.currency} in all{year} ({kind})"),
        cases=pd.DataFrame(rows).assign(kind=kind + year),
        capital=total,
        break_even=_break_even(owed, capital, costs) if "base" in held else math.nan,
        owed=owed,
    )
