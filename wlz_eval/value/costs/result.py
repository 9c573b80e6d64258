"""What the programme cost: by item, payer, cash and in kind, in one price year."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Counted, Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.reference.money import published_value
from wlz_eval.value.children import in_total
from wlz_eval.value.costs.lines import COLUMNS, common_price_year, money_lines, programme_years
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.prices.deflate import deflate, price_notes
from wlz_eval.value.prices.discount import discount_factors

__all__ = ["Costs", "costs", "evidence_of"]


@dataclass(frozen=True, repr=False)
class Costs(Result):
    """Costs of the programme in one price year.

    Parameters
    ----------
    lines : DataFrame
        One row a cost line: ``item``, ``category``, ``payer``, ``purse`` (the payer's group), ``kind``, ``phase``
        (start_up, running), ``variable``, ``year`` (0 is the year in which the programme starts), ``amount`` (in
        `price_year` prices), ``present_value``.
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
    years : int
        Length of the programme in years.
    engaged : int or None
        Children who engaged highly; ``None`` where it cannot be told.
    usual_support : float
        Usual support that only comparison children had, a child, over the programme, not discounted.
    usual_support_present_value : float
        The same, discounted.
    """

    lines: pd.DataFrame
    children: int
    price_year: int
    currency: str
    evidence: Evidence = "measured"
    notes: tuple[str, ...] = ()
    years: int = 1
    engaged: int | None = None
    usual_support: float = 0.0
    usual_support_present_value: float = 0.0

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

    @property
    def additional_present_value(self) -> float:
        """Present value of costs less the usual support that comparison children had instead.

        What an effect against comparison children is to be set against.
        """
        return self.present_value - self.children * self.usual_support_present_value

    @property
    def start_up(self) -> float:
        """What was spent once, to begin."""
        return float(self.lines.loc[self.lines["phase"] == "start_up", "amount"].sum())

    @property
    def running(self) -> float:
        """All but what was spent to begin."""
        return self.total - self.start_up

    @property
    def variable(self) -> float:
        """Running costs that grow with every further child."""
        chosen = self.lines["variable"].astype(bool) & (self.lines["phase"] == "running")
        return float(self.lines.loc[chosen, "amount"].sum())

    @property
    def per_pupil_year(self) -> float:
        """Cost a pupil a year as the Education Endowment Foundation counts it: years 1 to 3, averaged, cash only.

        Start-up costs are in; what was given in kind is not. A programme of less than three years is averaged over
        the years that it has.
        """
        cash = self.lines[(self.lines["kind"] == "cash") & (self.lines["year"] < 3)]
        return float(cash["amount"].sum()) / self.children / min(self.years, 3) if self.available else math.nan

    def by(self, column: str) -> pd.DataFrame:
        """Amounts by ``payer``, ``purse``, ``category``, ``kind``, ``phase``, ``year`` or ``item``, largest first.

        Returns
        -------
        DataFrame
            ``group``, ``key``, ``amount``, ``per_child``, ``share``, ``children``, ``price_year``, ``title``.
        """
        sums = self.lines.groupby(column, sort=True)["amount"].sum().sort_values(ascending=False, kind="stable")
        return pd.DataFrame(
            {
                "group": [str(g).replace("_", " ") for g in sums.index],
                "key": list(sums.index),
                "amount": sums.to_numpy(),
                "per_child": sums.to_numpy() / max(self.children, 1),
                "share": 100 * sums.to_numpy() / self.total if self.total else math.nan,
                "children": self.children,
                "price_year": self.price_year,
                "title": f"{self.currency} a child, {self.price_year} prices",
            }
        )

    def rates(self) -> pd.DataFrame:
        """Average and marginal cost, a child, a child a year, an engaged child: one row each.

        Returns
        -------
        DataFrame
            ``key``, ``what``, ``amount``, ``n`` (children behind it), ``price_year``, ``note``; rows that cannot be
            computed are left out.
        """
        rows = [(*row, self.price_year) for row in self._rates() if math.isfinite(row[2])]
        frame = pd.DataFrame(rows, columns=["key", "what", "amount", "n", "note", "price_year"])
        return frame[["key", "what", "amount", "n", "price_year", "note"]]

    def _rates(self) -> Iterator[tuple[str, str, float, int, str]]:
        n = self.children
        if not self.available:
            return
        yield "per_child", "A child who started, all costs", self.total / n, n, ""
        yield (
            "per_child_year", "A child a year of programme", self.total / n / self.years, n,
            "All who started count for the whole length of the programme.",
        )
        if self.engaged:
            yield (
                "per_engaged_child", "A child who engaged highly", self.total / self.engaged, self.engaged,
                "All costs, spread over those who engaged highly.",
            )
        if self.start_up > 0:
            yield "start_up_per_child", "Start-up, a child", self.start_up / n, n, "Spent once."
            yield "running_per_child", "Running costs, a child", self.running / n, n, ""
        if self.variable > 0:
            yield (
                "marginal_per_child", "One child more (marginal cost)", self.variable / n, n,
                "Only the categories that the plan counts as variable; valid while schools and staff have room.",
            )
        yield (
            "per_pupil_year", "A pupil a year, cash, as EEF counts it", self.per_pupil_year, n,
            "Mean of the first three years, or of the years there are.",
        )
        if self.usual_support > 0:
            usual = self.usual_support
            yield "usual_support_per_child", "Usual support of comparison children", usual, n, "From the plan."
            yield "additional_per_child", "Cost beyond usual support, a child", self.total / n - usual, n, ""

    def table(self) -> pd.DataFrame:
        """Every cost line in one price year."""
        return self.lines

    def plot(self) -> object:
        """Draw costs a child by payer."""
        from wlz_eval.value.figures import draw_amounts

        return draw_amounts(self.by("payer"))

    def _finding(
        self, name: str, quantity: str, estimate: float, note: str = "", group: str = "", n: int | None = None,
        counted: tuple[Counted, ...] = (),
    ) -> Finding:
        return Finding(
            finding_id=f"value.{name}",
            quantity=quantity,
            estimate=estimate,
            unit="money",
            claim="description",
            subgroup=group,
            n_programme=self.children if n is None else n,
            price_year=self.price_year,
            currency=self.currency,
            perspective="society",
            evidence=self.evidence,
            method="sum of cost lines in one price year",
            note=note,
            counted=counted,
        )

    def _over(self, key: str) -> tuple[Counted, ...]:
        """Return the children whom a rate tells beside the cost of a child: those over whom it is spread."""
        if key != "per_engaged_child" or self.engaged is None:
            return ()
        engaged = Counted(children="children who engaged highly", n=self.engaged, over=True)
        return (*in_total(self.total, self.children), engaged)

    def findings(self) -> list[Finding]:
        """Return total, cost a child, the other rates, and cost a child by payer and kind."""
        if not self.available:
            return []
        found = [
            self._finding("cost_per_child", "cost_per_child", self.total / self.children, " ".join(self.notes)),
            self._finding("cost_total", "cost", self.total, counted=in_total(self.total, self.children)),
            self._finding("cost_present_value", "cost", self.present_value, "Discounted to the first year.",
                          counted=in_total(self.present_value, self.children)),
        ]
        for key, what, amount, n, note in self._rates():
            if key != "per_child":
                found.append(self._finding(f"cost.{key}", "cost", amount, note, what, n, self._over(key)))
        for column in ("payer", "kind"):
            for row in self.by(column).to_dict(orient="records"):
                words = re.sub(r"[^a-z0-9]+", "_", str(row["key"]).lower()).strip("_")
                found.append(
                    self._finding(f"cost.{column}.{words}", "cost_per_child", row["per_child"], group=row["group"])
                )
        return found


def evidence_of(cohort: Cohort) -> Evidence:
    """Where the costs come from: simulated, taken over from a publication, or the programme's own books."""
    if cohort.provenance == "synthetic":
        return "simulated"
    quoted = any(row["quantity"] == "cost_per_child" for row in published_value(cohort.id))
    return "published" if quoted else "measured"


def _usual_support(cohort: Cohort, options: ValueOptions, price_year: int, years: int) -> tuple[float, float]:
    """Usual support of a comparison child over the programme: as paid, and discounted."""
    if not options.usual_support:
        return 0.0, 0.0
    own_year = options.usual_support_price_year or price_year
    a_year = float(deflate(options.usual_support, own_year, price_year, cohort.currency))
    return a_year * years, float(np.sum(a_year * discount_factors(range(years), options.schedule)))


def costs(cohort: Cohort, options: ValueOptions, children: int, engaged: int | None = None) -> Costs:
    """Add up the costs of the programme in one price year.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Price year, discount schedule, usual support, categories that are variable or start-up.
    children : int
        Programme children who started, over whom costs are spread.
    engaged : int, optional
        Children who engaged highly (:func:`wlz_eval.value.costs.engaged_children`).

    Returns
    -------
    Costs
        Without lines when the cohort has no costs table.

    Raises
    ------
    OptionError
        When a price year lies outside the price index, or amounts of different price years cannot be brought
        together; a negative amount, an unknown kind or payer.
    """
    if engaged is not None and not 0 <= engaged <= children:
        raise OptionError(f"{engaged} children cannot have engaged highly: {children} started.")
    years = programme_years(cohort)
    evidence = evidence_of(cohort)
    if not cohort.has("costs"):
        empty = pd.DataFrame(columns=COLUMNS)
        return Costs(empty, children, options.price_year, cohort.currency, evidence, years=years, engaged=engaged)
    table = cohort["costs"].dropna(subset=["price_year"])
    price_year, notes = common_price_year(table, cohort, options)
    notes += price_notes((int(y) for y in table["price_year"]), price_year, cohort.currency)
    lines = money_lines(cohort["costs"], "costs", cohort, options, price_year)
    usual, discounted = _usual_support(cohort, options, price_year, years)
    return Costs(
        lines, children, price_year, cohort.currency, evidence, notes, years, engaged, usual, discounted
    )
