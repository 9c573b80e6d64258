"""What one more unit of support costs: an hour, a session, a year."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement import Dose
from wlz_eval.value.costs.result import Costs

__all__ = ["CostOfUnit", "cost_of_a_unit"]


@dataclass(frozen=True, kw_only=True, repr=False)
class CostOfUnit(Result):
    """Average and marginal cost of one unit of a dose. What a unit brings is another matter.

    Parameters
    ----------
    money : Costs
        The costs of the programme.
    dose : Dose
        What is counted.
    total : float
        Units that all children had together.
    children : int
        Children whose dose is known.
    """

    money: Costs
    dose: Dose
    total: float
    children: int

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"Cost of a unit of {self.dose.label} ({self.money.currency}, {self.money.price_year} prices)"

    @property
    def available(self) -> bool:
        """Whether there are costs, and units over which to spread them."""
        return self.money.available and self.total > 0

    @property
    def average(self) -> float:
        """Everything that was spent, over all units."""
        return self.money.total / self.total if self.available else math.nan

    @property
    def marginal(self) -> float:
        """What grows with more children, over all units: what one more unit costs where the rest is paid already."""
        return self.money.variable / self.total if self.available else math.nan

    def table(self) -> pd.DataFrame:
        """Rows ``average`` and ``marginal``: ``what``, ``label``, ``amount``, ``n``, ``price_year``, ``evidence``."""
        rows = [
            ("average", "All costs", self.average),
            ("marginal", "Only costs that grow with every further child", self.marginal),
        ]
        table = pd.DataFrame(rows if self.available else [], columns=["what", "label", "amount"])
        return table.assign(n=self.children, price_year=self.money.price_year, evidence=self.money.evidence)

    def plot(self) -> object:
        """Draw both as bars, unreleased: for exploring, not for a page."""
        from wlz_eval.value.figures import draw_amounts

        table = self.table().rename(columns={"label": "group", "amount": "per_child"})
        return draw_amounts(table.assign(title=f"{self.money.currency} a unit, {self.money.price_year} prices"))

    def findings(self, prefix: str = "engagement.cost_of_a_unit") -> list[Finding]:
        """Return ``.average`` and ``.marginal``."""
        return [
            Finding(
                finding_id=f"{prefix}.{row['what']}", quantity="cost", estimate=float(row["amount"]), unit="money",
                claim="description", subgroup=str(row["label"]), group="programme", n_programme=self.children,
                price_year=self.money.price_year, currency=self.money.currency, perspective="society",
                evidence=self.money.evidence, method=f"sum of cost lines over all {self.dose.label}",
            )
            for row in self.table().to_dict(orient="records")
        ]

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Say what one more unit costs: a template and its values."""
        values: dict[str, Finding | str | None] = {
            "dose": self.dose.label, "year": str(self.money.price_year), "kind": self.money.evidence,
        }
        if not self.available:
            return "These data hold no costs, or nothing over which to spread them, so {dose} cannot be priced.", values
        average, marginal = self.findings()
        values |= {"average": average, "marginal": marginal}
        grows = "{marginal} of that grows" if self.marginal else "no part of that is known to grow"
        return (
            f"Over all {{dose}}, the programme cost {{average}} for each; {grows} with every further child "
            "({kind} costs, {year} prices, to whoever pays). What it costs says nothing of what it brings."
        ), values


def cost_of_a_unit(money: Costs, kind: Dose, doses: pd.Series) -> CostOfUnit:
    """Spread the costs of a programme over a dose.

    Parameters
    ----------
    money : Costs
        As :func:`wlz_eval.value.costs` gives them.
    kind : Dose
        An amount that adds up over children: hours, sessions, contacts, years. Not a share.
    doses : Series
        Dose of each child; missing where it is not known.

    Returns
    -------
    CostOfUnit

    Raises
    ------
    OptionError
        For a dose that does not add up, such as a share of sessions.

    Examples
    --------
    >>> lines = pd.DataFrame({"amount": [300.0, 700.0], "variable": [True, False], "phase": "running"})
    >>> hours = Dose("hours", "hours of support", "hours", 10.0, "ten more hours")
    >>> found = cost_of_a_unit(Costs(lines, 2, 2023, "GBP"), hours, pd.Series([4.0, 6.0]))
    >>> found.average, found.marginal
    (100.0, 30.0)
    """
    if kind.unit in ("percent", "ratio"):
        raise OptionError(
            f"{kind.label.capitalize()} cannot be priced: shares of children do not add up. Name hours, sessions or "
            "contacts."
        )
    known = doses.astype(float).dropna()
    return CostOfUnit(money=money, dose=kind, total=float(known.sum()), children=len(known))
