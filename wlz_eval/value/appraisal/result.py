"""Costs and benefits together: net present value, benefit-cost ratio, odds of breaking even."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Claim, Evidence, Finding, FindingCovariance, Unit
from wlz_eval.core.result import Result
from wlz_eval.reference.money import published_value
from wlz_eval.value.appraisal.npv import Appraisal, appraise
from wlz_eval.value.benefits import BenefitLine, benefits
from wlz_eval.value.costs import Costs, costs, programme_years
from wlz_eval.value.options import ValueOptions

__all__ = ["ValueResult", "value"]

IF_ALL = "If all of the adjusted difference were due to the programme."
#: Words for what a benefit is used for.
USE_WORDS = {"headline": "counted", "projection": "projection only", "excluded": "not counted"}


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
    quoted: tuple[Mapping[str, Any], ...] = ()
    draws: int = 0

    @property
    def title(self) -> str:  # type: ignore[override]
        """One line with currency and price year."""
        return f"Costs and benefits in {self.costs.currency}, {self.costs.price_year} prices"

    def table(self) -> pd.DataFrame:
        """One row a benefit of the plan: what it is, what it is used for and why, its price and its source.

        Returns
        -------
        DataFrame
            ``outcome``, ``unit_value``, ``kind``, ``use``, ``reason``, ``price``, ``units_per_point``,
            ``evidence``, ``source``, ``price_year``.
        """
        columns = [
            "outcome",
            "unit_value",
            "kind",
            "beneficiary",
            "use",
            "reason",
            "price",
            "units_per_point",
            "evidence",
            "source",
            "price_year",
        ]
        rows = [
            (
                x.label,
                x.unit.label,
                x.unit.kind,
                x.unit.beneficiary.replace("_", " "),
                USE_WORDS[x.use],
                x.reason,
                x.price,
                x.link.centre,
                x.evidence,
                x.unit.source,
                self.costs.price_year,
            )
            for x in self.lines
        ]
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> pd.DataFrame:
        """Net present value a child and benefit-cost ratio: from effects, and if all differences were effects.

        Returns
        -------
        DataFrame
            ``basis``, ``what``, ``estimate``, ``ci_low``, ``ci_high``, ``unit``, ``n``, ``evidence``.
        """
        names = {
            "net_present_value_per_child": "Net present value, a child",
            "benefit_cost_ratio": "Benefit-cost ratio",
        }
        bases = {"value": "Effects only", "value.projection": "If all adjusted differences were effects"}
        found = {f.finding_id: f for f in self.findings()}
        rows = [
            (basis, what, f.estimate, f.ci_low, f.ci_high, f.unit, f.n_programme, f.evidence, f.price_year)
            for prefix, basis in bases.items()
            for name, what in names.items()
            if (f := found.get(f"{prefix}.{name}")) is not None
        ]
        columns = ["basis", "what", "estimate", "ci_low", "ci_high", "unit", "n", "evidence", "price_year"]
        return pd.DataFrame(rows, columns=columns)

    def waterfall(self) -> pd.DataFrame:
        """Return the steps from cost to net value, a child: of the headline, else of the projection.

        Returns
        -------
        DataFrame
            ``step``, ``amount``, ``children``, ``title``; empty when no benefit is valued.
        """
        chosen = self.headline or self.projection
        if chosen is None or not self.children:
            return pd.DataFrame({"step": [], "amount": [], "children": [], "title": []})
        n = self.children
        rows = [("Cost", -chosen.cost / n)]
        rows += [(f"{x.label} ({x.unit.kind})", float(m) / n) for x, m in zip(chosen.lines, chosen.means, strict=True)]
        rows.append(("Net present value", chosen.net / n))
        basis = "" if self.headline is not None else ", IF all adjusted differences were effects"
        title = f"{self.costs.currency} a child, {self.costs.price_year} prices, present value{basis}"
        return pd.DataFrame(rows, columns=["step", "amount"]).assign(children=n, title=title)

    @property
    def basis(self) -> str:
        """What the waterfall rests on, in words."""
        if self.headline is not None:
            return "effects only"
        return "a projection: only if all adjusted differences were effects"

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
        found = [*self.costs.findings()]
        if self.headline is not None:
            found += self._appraised("value", self.headline)
        elif self.lines:
            found.append(self._missing())
        if self.projection is not None:
            found += self._appraised("value.projection", self.projection)
        return [*found, *self._quoted()]

    def _money(
        self,
        name: str,
        quantity: str,
        estimate: float,
        interval: tuple[float, float],
        *,
        claim: Claim,
        evidence: Evidence,
        note: str,
        unit: Unit = "money",
        n: int | None = None,
    ) -> Finding:
        return Finding(
            finding_id=name,
            quantity=quantity,
            estimate=estimate,
            ci_low=interval[0],
            ci_high=interval[1],
            unit=unit,
            claim=claim,
            n_programme=self.children if n is None else n,
            price_year=self.costs.price_year,
            currency=self.costs.currency,
            perspective="society",
            evidence=evidence,
            note=note,
            method=f"Green Book discounting, {self.draws:,} Monte Carlo draws",
        )

    def _appraised(self, prefix: str, part: Appraisal) -> list[Finding]:
        """Make the findings of one appraisal: a projection, when built on an assumed link or a difference."""
        assumed = any(x.evidence == "illustrative" for x in part.lines)
        differs = any(x.use == "projection" for x in part.lines)
        claim: Claim = "projection" if assumed or differs else "effect"
        evidence: Evidence = "illustrative" if assumed else "published"
        note = IF_ALL if differs else "The links from outcomes to money are illustrative." if assumed else ""
        n = min(x.effect.n_programme or self.children for x in part.lines if x.effect is not None)
        given: dict[str, Any] = {"claim": claim, "evidence": evidence, "note": note, "n": n}
        low, high = (v / self.children for v in part.interval("net"))
        found = [
            self._money(f"{prefix}.net_present_value", "net_present_value", part.net, part.interval("net"), **given),
            self._money(
                f"{prefix}.net_present_value_per_child",
                "net_present_value",
                part.net / self.children,
                (low, high),
                **given,
            ),
            self._money(
                f"{prefix}.benefit_cost_ratio",
                "benefit_cost_ratio",
                part.ratio,
                part.interval("ratio"),
                unit="ratio",
                **given,
            ),
            self._money(
                f"{prefix}.breakeven_probability",
                "probability",
                part.breakeven,
                (math.nan, math.nan),
                unit="probability",
                **given,
            ),
            self._money(f"{prefix}.benefit_present_value", "benefit", part.benefit, part.interval("benefit"), **given),
        ]
        for i, line in enumerate(part.lines):
            low, high = np.quantile(part.draws[:, i], [0.025, 0.975]) / self.children
            name = f"{prefix}.benefit.{line.option.measure}.{line.option.wave}.{line.unit.name}"
            found.append(
                self._money(
                    name,
                    "benefit_per_child",
                    float(part.means[i]) / self.children,
                    (float(low), float(high)),
                    **given,
                )
            )
        return found

    def _missing(self) -> Finding:
        """Net present value that cannot be given, with the reason."""
        if not self.costs.available:
            reason = "The data hold no costs."
        elif self.projection is not None:
            reason = "No outcome has an effect that these data can show, so no benefit is counted."
        else:
            reason = "No benefit of the plan could be valued."
        return self._money(
            "value.net_present_value",
            "net_present_value",
            math.nan,
            (math.nan, math.nan),
            claim="projection",
            evidence="illustrative",
            note=reason,
        )

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

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 07 in words: a template and the values of its placeholders."""
        found = {f.finding_id: f for f in self.findings()}
        cost = found.get("value.cost_per_child")
        values: dict[str, Finding | str | None] = {
            "cost": cost,
            "net": found.get("value.net_present_value_per_child"),
            "ratio": found.get("value.benefit_cost_ratio"),
            "odds": found.get("value.breakeven_probability"),
            "year": str(self.costs.price_year),
            "pnet": found.get("value.projection.net_present_value_per_child"),
            "podds": found.get("value.projection.breakeven_probability"),
        }
        if cost is None:
            return "These data hold no costs, so nothing can be said about value.", values
        spent = "The programme cost {cost} a child ({year} prices)."
        if self.headline is not None:
            note = (
                " The links from outcomes to money are illustrative."
                if any(x.evidence == "illustrative" for x in self.headline.lines)
                else ""
            )
            return (
                "Net present value to society is {net} a child (95% interval {net:interval}, {year} prices): a "
                "benefit-cost ratio of "
                "{ratio} ({ratio:interval}), and chances of {odds:chance} that benefits reach costs. " + spent + note
            ), values
        if self.projection is not None:
            return (
                spent + " No benefit can be counted, since these data show no effect that can be claimed. If all "
                "of the adjusted difference were due to the programme, net present value would be {pnet} a child "
                "(95% interval {pnet:interval}), with chances of {podds:chance} that benefits reach costs; but "
                "it may have other causes."
            ), values
        return (
            spent + " No benefit is valued, so these data do not say whether it was worth its cost.",
            values,
        )


def value(
    cohort: Cohort,
    options: ValueOptions,
    effects: Iterable[Finding],
    covariances: Iterable[FindingCovariance] = (),
    seed: int = 0,
    draws: int | None = None,
    children: int | None = None,
    better: Mapping[str, str] | None = None,
) -> ValueResult:
    """Appraise costs and benefits of a cohort.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    options : ValueOptions
        Price year, discount schedule, benefits.
    effects : iterable of Finding
        Findings of 04.
    covariances : iterable of FindingCovariance
        Between their estimates.
    seed : int
        Seed of the Monte Carlo.
    draws : int, optional
        How many draws; the plan's number at full effort when left out.
    children : int, optional
        Programme children who started; counted in the children table when left out.
    better : mapping of str to str, optional
        Direction of outcomes where the plan overrides the measure's own.

    Returns
    -------
    ValueResult
        The mean effect of the children who were compared is taken to hold for all who started. Effects of
        tier A or B only: those with the claim ``effect`` make the headline; adjusted differences make a
        separate projection.

    Raises
    ------
    OptionError
        When money cannot be brought to one price year or currency, or benefits overlap.
    """
    table = cohort.children
    if children is None:
        started = table["started"].fillna(True).astype(bool) if "started" in table else True
        children = int(((table["group"] == "programme") & started).sum())
    money = costs(cohort, options, children)
    pairs = tuple(covariances)
    n_draws = options.draws if draws is None else draws
    lines = benefits(cohort, options, effects, programme_years(cohort), better)
    certain = [x for x in lines if x.use == "headline"]
    possible = [x for x in lines if x.use != "excluded"]
    return ValueResult(
        costs=money,
        lines=lines,
        headline=appraise(certain, pairs, money, n_draws, seed),
        projection=appraise(possible, pairs, money, n_draws, seed) if len(possible) > len(certain) else None,
        children=children,
        quoted=tuple(row for row in published_value(cohort.id) if row["quantity"] != "cost_per_child"),
        draws=n_draws,
    )
