"""Who funded the programme, what each payer's pound drew in beside it, and whether funding met costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.value.costs.lines import COLUMNS, money_lines
from wlz_eval.value.costs.result import Costs
from wlz_eval.value.options import ValueOptions

__all__ = ["Funding", "funding"]


@dataclass(frozen=True, repr=False)
class Funding(Result):
    """Pooled funding of the programme, in the price year of its costs.

    Parameters
    ----------
    lines : DataFrame
        Funding lines, with the columns of :class:`Costs.lines`.
    costs : Costs
        What was spent.
    """

    lines: pd.DataFrame
    costs: Costs

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"Funding in {self.costs.currency}, {self.costs.price_year} prices"

    @property
    def available(self) -> bool:
        """Whether any funding is held."""
        return len(self.lines) > 0 and self.costs.children > 0

    @property
    def total(self) -> float:
        """Sum of all funding, cash and in kind."""
        return float(self.lines["amount"].sum()) if len(self.lines) else math.nan

    def table(self) -> pd.DataFrame:
        """Each purse: what it gave, and what others put in for each pound of it.

        Returns
        -------
        DataFrame
            ``group``, ``key``, ``cash``, ``in_kind``, ``amount``, ``per_child``, ``share`` (percent), ``matched``
            (money of others for each unit of its own: leverage), ``children``, ``price_year``, ``title``; largest
            first.
        """
        n, total = max(self.costs.children, 1), self.total
        kinds = self.lines.pivot_table(index="purse", columns="kind", values="amount", aggfunc="sum", fill_value=0.0)
        kinds = kinds.reindex(columns=["cash", "in_kind"], fill_value=0.0).astype(float)
        amount = kinds.sum(axis=1).sort_values(ascending=False, kind="stable")
        kinds = kinds.loc[amount.index]
        own = amount.to_numpy(dtype=float)
        matched = np.divide(total - own, own, out=np.full(len(own), math.nan), where=own > 0)
        return pd.DataFrame(
            {
                "group": [str(g).replace("_", " ") for g in amount.index],
                "key": list(amount.index),
                "cash": kinds["cash"].to_numpy(),
                "in_kind": kinds["in_kind"].to_numpy(),
                "amount": own,
                "per_child": own / n,
                "share": 100 * own / total if total else math.nan,
                "matched": matched,
                "children": self.costs.children,
                "price_year": self.costs.price_year,
                "title": f"{self.costs.currency} a child, {self.costs.price_year} prices",
            }
        )

    def against_costs(self) -> pd.DataFrame:
        """Funding less costs, by year, and over all years in the last row.

        Returns
        -------
        DataFrame
            ``year`` (text, counted from the first), ``funding``, ``cost``, ``balance``, each a child; ``children``,
            ``price_year``.
        """
        parts = {"funding": self.lines, "cost": self.costs.lines}
        years = sorted({int(y) for part in parts.values() for y in part["year"]})
        table = pd.DataFrame({"year": [str(y + 1) for y in years]})
        for name, part in parts.items():
            sums = part.groupby("year")["amount"].sum()
            table[name] = [float(sums.get(y, 0.0)) / max(self.costs.children, 1) for y in years]
        whole = {"year": "all", "funding": table["funding"].sum(), "cost": table["cost"].sum()}
        table = pd.concat([table, pd.DataFrame([whole])], ignore_index=True)
        balance = table["funding"] - table["cost"]
        return table.assign(balance=balance, children=self.costs.children, price_year=self.costs.price_year)

    def plot(self) -> object:
        """Draw funding a child by purse."""
        from wlz_eval.value.figures import draw_amounts

        return draw_amounts(self.table())

    def findings(self) -> list[Finding]:
        """Return funding a child by purse, the leverage of each, and the balance with costs."""
        if not self.available:
            return []
        rows = [("funding_per_child", "funding_per_child", self.total / self.costs.children, "money", "", "")]
        for row in self.table().to_dict(orient="records"):
            purse = str(row["key"]).replace(" ", "_")
            rows.append((f"funding.{purse}", "funding_per_child", row["per_child"], "money", row["group"], ""))
            if math.isfinite(row["matched"]):
                note = "Money of others for each unit of its own; it does not say that one brought the other."
                rows.append((f"leverage.{purse}", "leverage", row["matched"], "ratio", row["group"], note))
        if self.costs.available:
            balance = float(self.against_costs()["balance"].iloc[-1])
            rows.append(("funding_balance", "funding_less_cost_per_child", balance, "money", "", ""))
        return [
            Finding(
                finding_id=f"value.{name}", quantity=quantity, estimate=float(estimate), unit=unit,  # type: ignore[arg-type]
                claim="description", subgroup=group, n_programme=self.costs.children, price_year=self.costs.price_year,
                currency=self.costs.currency, perspective="society", evidence=self.costs.evidence,
                method="sum of funding lines in one price year", note=note,
            )
            for name, quantity, estimate, unit, group, note in rows
        ]


def funding(cohort: Cohort, options: ValueOptions, money: Costs) -> Funding:
    """Add up who funded the programme, in the price year of its costs.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Discount schedule and own payers.
    money : Costs
        The costs.

    Returns
    -------
    Funding
        Without lines when the cohort has no funding table.

    Raises
    ------
    OptionError
        As :func:`costs` does.
    """
    if not cohort.has("funding"):
        return Funding(pd.DataFrame(columns=COLUMNS), money)
    return Funding(money_lines(cohort["funding"], "funding", cohort, options, money.price_year), money)
