"""Costs and benefits together: the whole of page 7."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from wlz_eval.core.finding import Evidence, Finding
from wlz_eval.core.result import Result
from wlz_eval.value.appraisal import tables, words
from wlz_eval.value.appraisal.costeffect import CostEffect, acceptability
from wlz_eval.value.appraisal.findings import IF_ALL, ILLUSTRATIVE, Writer, status
from wlz_eval.value.appraisal.fiscal import fiscal_rows
from wlz_eval.value.appraisal.npv import Appraisal
from wlz_eval.value.benefits import BenefitLine, PublishedSaving, RawChange, published_saving
from wlz_eval.value.costs import Costs
from wlz_eval.value.options import ValueOptions

__all__ = ["ValueResult"]

IF_ALL_BASIS = "If all adjusted differences were effects"
IF_ALL_WORDS = ", if all adjusted differences were effects"


@dataclass(frozen=True, repr=False)
class ValueResult(Result):
    """What the programme is worth, as far as these data can say.

    Parameters
    ----------
    costs : Costs
        The costs.
    lines : tuple of BenefitLine
        Every benefit of the plan with its use and, if it is not in the headline, the reason.
    headline : Appraisal or None
        From effects only; ``None`` when no benefit is an effect, or there are no costs.
    projection : Appraisal or None
        From effects and adjusted differences; ``None`` when there is no adjusted difference.
    children : int
        Programme children who started.
    options : ValueOptions
    effects : tuple of CostEffect
        Cost beside effect for each outcome, the primary one first.
    raw : RawChange or None
        What the change before and after would have claimed.
    quoted : tuple of mapping
        Figures that others published about this cohort: quoted, never added to anything.
    draws : int
        Monte Carlo draws.
    """

    costs: Costs
    lines: tuple[BenefitLine, ...]
    headline: Appraisal | None
    projection: Appraisal | None
    children: int
    options: ValueOptions
    effects: tuple[CostEffect, ...] = ()
    raw: RawChange | None = None
    quoted: tuple[Mapping[str, Any], ...] = ()
    draws: int = 0

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"Costs and benefits in {self.costs.currency}, {self.costs.price_year} prices"

    @property
    def shown(self) -> Appraisal | None:
        """Set of benefits that the page is about: the headline, or else the projection."""
        return self.headline or self.projection

    @property
    def evidence(self) -> Evidence:
        """Where the money of the page comes from, in one word."""
        return self.costs.evidence if self.shown is None else status(self.shown)[1]

    @property
    def basis(self) -> str:
        """What the money of the page rests on, in words."""
        if self.headline is not None:
            return "effects only"
        return "a projection: only if all adjusted differences were effects"

    @property
    def _if_all(self) -> str:
        """End of a caption whose amounts rest on differences that are not shown to be effects; else empty."""
        return IF_ALL_WORDS if self.headline is None and self.shown is not None else ""

    @property
    def priced(self) -> str:
        """End of a table's caption: how its money is counted."""
        return f" ({self.costs.price_year} prices, present value{self._if_all})"

    @property
    def linked(self) -> str:
        """End of the caption of a table that rests on links to money: prices, and what the links are."""
        return f" ({self.costs.price_year} prices, present value, {self.evidence} links to money{self._if_all})"

    @property
    def axis(self) -> str:
        """Title of an axis of money: currency, price year, evidence, basis."""
        basis = "" if self.headline is not None else ", IF all adjusted differences were effects"
        kind = "" if self.shown is None else f", {self.evidence} links"
        return f"{self.costs.currency} a child, {self.costs.price_year} prices, present value{kind}{basis}"

    def table(self) -> pd.DataFrame:
        """One row a benefit of the plan: what it is, what it is used for and why, its price and its source.

        Returns
        -------
        DataFrame
            ``outcome``, ``unit_value``, ``kind``, ``beneficiary``, ``use``, ``reason``, ``price``,
            ``units_per_point``, ``taken_off`` (percent, by additionality and optimism bias), ``evidence``,
            ``source``, ``price_year``.
        """
        return tables.benefit_rows(self.lines, self.costs.price_year)

    def summary(self) -> pd.DataFrame:
        """Net present value a child, ratio, chance of breaking even (percent) and payback year, to society, by basis.

        Returns
        -------
        DataFrame
            ``what`` (and on what basis, where it is not effects only), ``estimate``, ``ci_low``, ``ci_high``,
            ``unit``, ``n``, ``evidence``, ``price_year``, ``remark``.
        """
        names = {
            "net_present_value_per_child": "Net present value, a child",
            "benefit_cost_ratio": "Benefit-cost ratio",
            "breakeven_probability": "Chance that benefits reach costs",
            "payback_year": "Years until it has paid back",
        }
        # With effects and a projection side by side each row says which it is; else the caption says it once.
        bases = {"value": "", "value.projection": IF_ALL_WORDS if self.headline is not None else ""}
        found = {f.finding_id: f for f in self.findings()}
        rows = [
            (what + basis, *_printed(f), f.n_programme, f.evidence, f.price_year, _remark(f))
            for prefix, basis in bases.items()
            for name, what in names.items()
            if (f := found.get(f"{prefix}.{name}")) is not None
        ]  # fmt: skip
        columns = ["what", "estimate", "ci_low", "ci_high", "unit", "n", "evidence", "price_year", "remark"]
        return pd.DataFrame(rows, columns=columns)

    def waterfall(self) -> pd.DataFrame:
        """Return the steps from cost to net value, a child.

        Returns
        -------
        DataFrame
            ``step``, ``amount``, ``children``, ``title``; empty when no benefit is valued.
        """
        part, n = self.shown, self.children
        if part is None or not n:
            return pd.DataFrame({"step": [], "amount": [], "children": [], "title": []})
        rows = [("Cost", -part.cost / n)]
        rows += [
            (f"{x.label} ({x.unit.kind}, {x.evidence} link)", float(m) / n)
            for x, m in zip(part.lines, part.means, strict=True)
        ]
        rows.append(("Net present value", part.net / n))
        return pd.DataFrame(rows, columns=["step", "amount"]).assign(children=n, title=self.axis)

    def perspectives(self) -> pd.DataFrame:
        """Benefit, cost, net value and ratio by perspective, a child (:func:`tables.perspective_rows`)."""
        return tables.perspective_rows(self.shown, self.evidence, self.axis)

    def years(self) -> pd.DataFrame:
        """Return the running net value by year, a child (:func:`tables.years_rows`)."""
        return tables.years_rows(self.shown, self.axis)

    def tornado(self) -> pd.DataFrame:
        """Net value with each input at either end of its range (:func:`tables.tornado_rows`)."""
        return tables.tornado_rows(self.shown, self.axis)

    def two_way(self) -> pd.DataFrame:
        """Net value over the two inputs that move it most (:func:`tables.two_way_rows`)."""
        return tables.two_way_rows(self.shown, self.axis)

    def switching(self) -> pd.DataFrame:
        """Say what would have to be true for it to break even (:func:`tables.switching_rows`)."""
        return tables.switching_rows(self.shown)

    def information(self) -> pd.DataFrame:
        """Which input is worth measuring better (:func:`tables.information_rows`)."""
        return self._information.copy()

    @cached_property
    def _information(self) -> pd.DataFrame:
        return tables.information_rows(self.shown, self.axis)

    @property
    def knowing_matters(self) -> bool:
        """Whether knowing any input exactly could change the decision to fund the programme."""
        return bool((self._information["worth"] >= 0.5).any())

    def scenarios(self) -> pd.DataFrame:
        """Net value in the plan's scenarios, or with everything low, as expected, high (:func:`tables.scenarios`)."""
        return tables.scenarios(self.shown, self.options, self.evidence, self.axis)

    def scenario_inputs(self) -> pd.DataFrame:
        """Say which inputs the plan's scenarios set (:func:`tables.scenario_rows`)."""
        return tables.scenario_rows(self.shown, self.options)

    def optimism(self) -> pd.DataFrame:
        """Give the answer with and without what is taken off for optimism bias (:func:`tables.optimism_rows`)."""
        return tables.optimism_rows(self.shown)

    def fiscal(self) -> pd.DataFrame:
        """Say what comes back to each public purse, and whether it can be cashed (:func:`fiscal.fiscal_rows`)."""
        return fiscal_rows(self.shown, self.axis)

    @property
    def funders_note(self) -> str:
        """Say that outcomes funders count as public, where some pay: a foundation may be among them."""
        pay = (self.costs.lines["purse"] == "outcomes_funders").any()
        return "Outcomes funders count as public here, whoever they are; page 8 says who they are." if pay else ""

    def assumptions(self) -> pd.DataFrame:
        """Every input with value, range, source, evidence and weight in the answer (:func:`tables.assumptions`)."""
        return tables.assumptions(self.shown)

    def conventions(self) -> pd.DataFrame:
        """Say what is fixed by convention or by the plan, in words (:func:`tables.conventions`)."""
        lines = () if self.shown is None else self.shown.lines
        return tables.conventions(self.options, lines, self.costs.price_year)

    def cost_of_points(self) -> pd.DataFrame:
        """Cost of one more point of each outcome (:func:`tables.cost_of_points`)."""
        return tables.cost_of_points(self.effects, self.costs.evidence, self.children)

    def _first_effect(self) -> tuple[CostEffect, int] | None:
        if not self.effects:
            return None
        first = self.effects[0]
        return first, min(first.effect.n_programme or self.children, first.effect.n_comparison or self.children)

    def plane(self) -> pd.DataFrame:
        """Draws of ``effect`` and ``cost`` for the primary outcome, with ``outcome``, ``children``, ``title``."""
        first = self._first_effect()
        title = f"{self.costs.currency} a child, {self.costs.price_year} prices, {self.costs.evidence} costs"
        if first is None:
            return tables.empty("plane")
        return first[0].plane().assign(outcome=first[0].label, children=first[1], title=title)

    @property
    def point_if(self) -> str:
        """Condition under which what a point costs holds; empty where page 4 gives an effect."""
        caused = bool(self.effects) and self.effects[0].effect.claim == "effect"
        return "" if caused else IF_ALL_WORDS

    def acceptability(self) -> pd.DataFrame:
        """Chance of being worth the cost by what a point of the primary outcome is worth."""
        first = self._first_effect()
        if first is None:
            return tables.empty("acceptability")
        title = f"{self.costs.currency} that one point is worth ({first[0].label}), {self.costs.price_year} prices"
        return acceptability(first[0], self.options).assign(children=first[1], title=title)

    def illusion(self) -> pd.DataFrame:
        """Benefits from effects, and what raw change would claim: ``basis``, ``amount``, ``n``, ``title``."""
        if self.raw is None or not self.raw.lines:
            return tables.empty("illusion")
        ns = [x.effect.n_programme or 0 for x in self.raw.lines if x.effect is not None]
        claimed = sum(x.mean for x in self.raw.lines)
        part = self.shown
        shown = 0.0 if part is None else part.benefit / self.children
        what = "Effects against similar children" if self.headline is not None else IF_ALL_BASIS
        rows = [(what if part is not None else "Effects that can be shown: none", shown, self.children)]
        rows.append(("Raw change before to after: NOT an effect", claimed, min(ns)))
        title = f"{self.costs.currency} of benefit a child, {self.costs.price_year} prices, illustrative links"
        return pd.DataFrame(rows, columns=["basis", "amount", "n"]).assign(title=title)

    @property
    def saving(self) -> PublishedSaving | None:
        """The saving that West London Zone publishes: quoted beside cohorts in its currency, never added to them."""
        return published_saving() if self.costs.currency == "GBP" else None

    def saving_account(self) -> pd.DataFrame:
        """Return the published saving and the arithmetic on it (:meth:`PublishedSaving.arithmetic`)."""
        return tables.empty("saving_account") if self.saving is None else self.saving.arithmetic()

    def saving_rows(self) -> pd.DataFrame:
        """Say what each unit value alone would have to be for the published saving (:meth:`PublishedSaving.table`)."""
        return tables.empty("saving_rows") if self.saving is None else self.saving.table()

    @property
    def quoted_note(self) -> str:
        """Sources of the quoted figures, and whether they were confirmed."""
        notes = []
        for row in self.quoted:
            seen = "confirmed" if row["confirmed"] else "not confirmed against its source"
            notes.append(f"{row['source']} ({seen}).")
        return " ".join(notes)

    def plot(self) -> object:
        """Draw the waterfall from cost to net value."""
        from wlz_eval.value.appraisal.figures import draw_waterfall

        return draw_waterfall(self.waterfall())

    def findings(self) -> list[Finding]:
        """Return costs, benefits, net present value, ratio and odds, each with price year and perspective."""
        return list(self._findings)

    @cached_property
    def _findings(self) -> tuple[Finding, ...]:
        write = Writer(self.costs, self.options, self.draws)
        found = [*self.costs.findings()]
        if self.headline is not None:
            found += write.appraisal("value", self.headline)
        elif self.lines:
            found.append(write.missing(self._why_missing()))
        if self.projection is not None:
            found += write.appraisal("value.projection", self.projection)
        found += write.cost_effects(self.effects, self.costs.evidence)
        for part in (self.raw, self.saving):
            found += [] if part is None else part.findings()
        return (*found, *self._quoted())

    def _why_missing(self) -> str:
        if not self.costs.available:
            return "The data hold no costs."
        if self.projection is not None:
            return "No outcome has an effect that these data can show, so no benefit is counted."
        return "No benefit of the plan could be valued."

    def _quoted(self) -> list[Finding]:
        return [
            Finding(
                finding_id=f"value.published.{row['quantity']}",
                quantity=str(row["quantity"]),
                estimate=float(str(row["estimate"])),
                unit=row["unit"],
                claim="projection",
                evidence="published",
                price_year=int(str(row["price_year"])),
                currency=str(row["currency"]),
                perspective=str(row["perspective"]),
                method=str(row["source"]),
                note="" if row["confirmed"] else "Quoted; not confirmed against its source.",
            )
            for row in self.quoted
        ]

    def answer(self) -> words.Words:
        """Answer the question of notebook 07 in words: a template and the values of its placeholders."""
        return words.answer(self)

    def only_by_itself(self) -> tuple[tuple[str, ...], dict[str, str]]:
        """Name benefits whose difference is clear by itself only: a template and its values; none where none is."""
        return words.only_by_itself_sentence(self)

    def paid_by(self) -> words.Words:
        """Say who paid: a template and the values of its placeholders."""
        return words.payers_sentence(self)

    def purse(self) -> words.Words:
        """Say what comes back to the public purse: a template and the values of its placeholders."""
        return words.purse_sentence(self)


def _printed(finding: Finding) -> tuple[float, float, float, str]:
    """Estimate, interval and unit as a table prints them: a probability in percent, as a chance."""
    if finding.unit == "probability":
        return 100 * finding.estimate, math.nan, math.nan, "chance"
    return finding.estimate, finding.ci_low, finding.ci_high, finding.unit


def _remark(finding: Finding) -> str:
    """Say why a number of the summary is missing, in the words of its note."""
    if math.isfinite(finding.estimate):
        return ""
    return finding.note.removeprefix(IF_ALL).removeprefix(ILLUSTRATIVE).strip()
