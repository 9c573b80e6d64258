"""What the programme cost: by item, payer, cash and in kind, in one price year."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.reference.money import published_value
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.prices.deflate import deflate, has_price_index
from wlz_eval.value.prices.discount import discount_factors

__all__ = ["Costs", "costs", "period_year", "programme_years"]

NOT_STATED = "not stated"


def programme_years(cohort: Cohort) -> int:
    """Length of the programme in whole years, at least one: benefits start when it ends."""
    period = cohort.meta.programme
    return max(1, round((period.end - period.start).days / 365.25))


def period_year(period: object, first_year: int) -> int:
    """Year of a cost line, counted from the year in which the programme starts.

    Parameters
    ----------
    period : object
        Text that begins with a year, such as ``2022/23`` or ``2022``; anything else counts as year 0.
    first_year : int
        Calendar year in which the programme starts.

    Examples
    --------
    >>> period_year("2023/24", 2022), period_year("", 2022)
    (1, 0)
    """
    found = re.match(r"\s*((?:19|20)\d\d)\b", str(period)) if isinstance(period, str) else None
    return max(0, int(found.group(1)) - first_year) if found else 0


@dataclass(frozen=True, repr=False)
class Costs(Result):
    """Costs of the programme in one price year.

    Parameters
    ----------
    lines : DataFrame
        One row a cost line: ``item``, ``category``, ``payer``, ``kind``, ``year`` (0 is the year in which
        the programme starts), ``amount`` (in `price_year` prices), ``present_value``.
    children : int
        Programme children who started.
    price_year : int
        Year in whose prices everything is counted.
    currency : str
        ISO code.
    evidence : str
        ``measured``, ``published`` or ``simulated``.
    notes : tuple of str
        What a reader should know.
    """

    lines: pd.DataFrame
    children: int
    price_year: int
    currency: str
    evidence: Evidence = "measured"
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"Costs in {self.currency}, {self.price_year} prices"

    @property
    def available(self) -> bool:
        """Whether any cost is held."""
        return len(self.lines) > 0 and self.children > 0

    @property
    def total(self) -> float:
        """Sum of all lines, not discounted."""
        return float(self.lines["amount"].sum()) if len(self.lines) else float("nan")

    @property
    def present_value(self) -> float:
        """Sum of all lines, discounted to the year in which the programme starts."""
        return float(self.lines["present_value"].sum()) if len(self.lines) else float("nan")

    def by(self, column: str) -> pd.DataFrame:
        """Amounts by ``payer``, ``category``, ``kind`` or ``item``, largest first.

        Returns
        -------
        DataFrame
            ``group``, ``key``, ``amount``, ``per_child``, ``children``, ``price_year``, ``title``.
        """
        sums = self.lines.groupby(column, sort=True)["amount"].sum().sort_values(ascending=False, kind="stable")
        return pd.DataFrame(
            {
                "group": [str(g).replace("_", " ") for g in sums.index],
                "key": list(sums.index),
                "amount": sums.to_numpy(),
                "per_child": sums.to_numpy() / max(self.children, 1),
                "children": self.children,
                "price_year": self.price_year,
                "title": f"{self.currency} a child, {self.price_year} prices",
            }
        )

    def table(self) -> pd.DataFrame:
        """Every cost line in one price year."""
        return self.lines

    def plot(self) -> object:
        """Draw costs a child by payer."""
        from wlz_eval.value.figures import draw_amounts

        return draw_amounts(self.by("payer"))

    def _finding(self, name: str, quantity: str, estimate: float, note: str = "", group: str = "") -> Finding:
        return Finding(
            finding_id=f"value.{name}",
            quantity=quantity,
            estimate=estimate,
            unit="money",
            claim="description",
            subgroup=group,
            n_programme=self.children,
            price_year=self.price_year,
            currency=self.currency,
            perspective="society",
            evidence=self.evidence,
            method="sum of cost lines in one price year",
            note=note,
        )

    def findings(self) -> list[Finding]:
        """Return total, cost a child, and cost a child by payer and kind."""
        if not self.available:
            return []
        n = self.children
        found = [
            self._finding("cost_per_child", "cost_per_child", self.total / n, " ".join(self.notes)),
            self._finding("cost_total", "cost", self.total),
            self._finding("cost_present_value", "cost", self.present_value, "Discounted to the first year."),
        ]
        for column in ("payer", "kind"):
            for row in self.by(column).to_dict(orient="records"):
                words = re.sub(r"[^a-z0-9]+", "_", str(row["key"]).lower()).strip("_")
                found.append(
                    self._finding(f"cost.{column}.{words}", "cost_per_child", row["per_child"], group=row["group"])
                )
        return found


def _common_price_year(table: pd.DataFrame, cohort: Cohort, options: ValueOptions) -> tuple[int, tuple[str, ...]]:
    """Price year of the result: the plan's, unless the currency has no index by which to get there."""
    years = sorted({int(y) for y in table["price_year"]})
    if has_price_index(cohort.currency) or years == [options.price_year]:
        return options.price_year, ()
    if len(years) == 1:
        return years[0], (f"Costs stay in their own price year: no price index is held for {cohort.currency}.",)
    raise OptionError(
        f"Costs are in prices of {', '.join(map(str, years))} and no price index is held for "
        f"{cohort.currency}, so they cannot be added. Give every line in the same price_year."
    )


def _evidence(cohort: Cohort) -> Evidence:
    """Where the costs come from: simulated, taken over from a publication, or the programme's own books."""
    if cohort.provenance == "synthetic":
        return "simulated"
    quoted = any(row["quantity"] == "cost_per_child" for row in published_value(cohort.id))
    return "published" if quoted else "measured"


def _column(table: pd.DataFrame, name: str, default: str) -> list[str]:
    if name not in table:
        return [default] * len(table)
    return [default if pd.isna(v) or not str(v) else str(v) for v in table[name]]


def costs(cohort: Cohort, options: ValueOptions, children: int) -> Costs:
    """Add up the costs of the programme in one price year.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Price year and discount schedule.
    children : int
        Programme children who started, over whom costs are spread.

    Returns
    -------
    Costs
        Without lines when the cohort has no costs table.

    Raises
    ------
    OptionError
        When a price year lies outside the price index, or amounts of different price years cannot be brought
        together; a negative amount.
    """
    evidence = _evidence(cohort)
    columns = ["item", "category", "payer", "kind", "year", "amount", "present_value"]
    if not cohort.has("costs"):
        empty = pd.DataFrame(columns=columns)
        return Costs(empty, children, options.price_year, cohort.currency, evidence)
    table = cohort["costs"].reset_index(drop=True)
    negative = table["amount"].astype(float) < 0
    if negative.any():
        raise OptionError(
            f"Cost line {str(table['item'].iloc[int(negative.argmax())])!r} is negative. "
            "put income in the funding table."
        )
    price_year, notes = _common_price_year(table, cohort, options)
    amounts = [
        float(deflate(a, int(y), price_year, cohort.currency))
        for a, y in zip(table["amount"].astype(float), table["price_year"], strict=True)
    ]
    first = cohort.meta.programme.start.year
    years = [period_year(p, first) for p in (table["period"] if "period" in table else [""] * len(table))]
    lines = pd.DataFrame(
        {
            "item": table["item"].astype(str),
            "category": _column(table, "category", NOT_STATED),
            "payer": _column(table, "payer", NOT_STATED),
            "kind": _column(table, "kind", "cash"),
            "year": years,
            "amount": amounts,
            "present_value": np.asarray(amounts) * discount_factors(years, options.schedule),
        }
    )
    return Costs(lines[columns], children, price_year, cohort.currency, evidence, notes)
