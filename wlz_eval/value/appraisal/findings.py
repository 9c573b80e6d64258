"""Findings of an appraisal: each with price year, perspective and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wlz_eval.core.finding import Claim, Evidence, Finding, Unit
from wlz_eval.value.appraisal.bias import has_optimism, without_optimism
from wlz_eval.value.appraisal.costeffect import CostEffect
from wlz_eval.value.appraisal.fiscal import SPENT, UNKNOWN
from wlz_eval.value.appraisal.npv import Amounts, Appraisal
from wlz_eval.value.appraisal.payback import payback
from wlz_eval.value.appraisal.scenarios import scenario_values
from wlz_eval.value.children import in_total
from wlz_eval.value.costs import Costs
from wlz_eval.value.options import ValueOptions
from wlz_eval.value.uncertainty.information import information, perfect_information
from wlz_eval.value.uncertainty.oneway import switching

__all__ = ["IF_ALL", "ILLUSTRATIVE", "Writer", "status"]

IF_ALL = "If all of the adjusted difference were due to the programme."
ILLUSTRATIVE = "Links from outcomes to money are illustrative."
NONE = (math.nan, math.nan)


def status(part: Appraisal) -> tuple[Claim, Evidence, str]:
    """Say what an appraisal may be called: a projection, when built on an assumed link or on a mere difference."""
    assumed = any(x.evidence == "illustrative" for x in part.lines)
    differs = any(x.use == "projection" for x in part.lines)
    note = IF_ALL if differs else ILLUSTRATIVE if assumed else ""
    return "projection" if assumed or differs else "effect", "illustrative" if assumed else "published", note


@dataclass(frozen=True)
class Writer:
    """Writes findings about money of one cohort.

    Parameters
    ----------
    costs : Costs
    options : ValueOptions
        Scenarios.
    draws : int
        Monte Carlo draws.
    """

    costs: Costs
    options: ValueOptions
    draws: int

    def money(
        self,
        name: str,
        quantity: str,
        estimate: float,
        interval: tuple[float, float] = NONE,
        *,
        claim: Claim,
        evidence: Evidence,
        note: str,
        n: int,
        unit: Unit = "money",
        perspective: str = "society",
        **more: Any,
    ) -> Finding:
        """Write one finding; an interval that holds one value only is none."""
        if interval[0] == interval[1]:
            interval = NONE
        return Finding(
            finding_id=name, quantity=quantity, estimate=estimate, ci_low=interval[0], ci_high=interval[1], unit=unit,
            claim=claim, n_programme=n, price_year=self.costs.price_year, currency=self.costs.currency,
            perspective=perspective, evidence=evidence, note=note,
            method=f"Green Book discounting, {self.draws:,} Monte Carlo draws", **more,
        )

    def appraisal(self, prefix: str, part: Appraisal) -> list[Finding]:
        """Write everything about one set of benefits."""
        claim, evidence, note = status(part)
        n = min(x.effect.n_programme or part.children for x in part.lines if x.effect is not None)
        given: dict[str, Any] = {"claim": claim, "evidence": evidence, "note": note, "n": n}
        return [
            *self._headline(prefix, part, given),
            *self._unbiased(prefix, part, given),
            *self._by_line(prefix, part, given),
            *self._by_perspective(prefix, part, given),
            *self._fiscal(prefix, part, given),
            *self._when(prefix, part, given),
            *self._sensitivity(prefix, part, given),
        ]

    def _headline(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        n, net = part.children, part.interval("net")
        reason = part.society.ratio_interval.reason
        said = {**given, "note": " ".join(x for x in (given["note"], reason) if x)} if reason else given
        return [
            self.money(f"{prefix}.net_present_value", "net_present_value", part.net, net, **given,
                       counted=in_total(part.net, part.children)),
            self.money(
                f"{prefix}.net_present_value_per_child", "net_present_value", part.net / n, (net[0] / n, net[1] / n),
                **given, subgroup="for each child",
            ),
            self.money(
                f"{prefix}.benefit_cost_ratio", "benefit_cost_ratio", part.ratio, part.interval("ratio"), unit="ratio",
                **said,
            ),
            self.money(f"{prefix}.breakeven_probability", "probability", part.breakeven, unit="probability", **given),
            self.money(f"{prefix}.benefit_present_value", "benefit", part.benefit, part.interval("benefit"), **given,
                       counted=in_total(part.benefit, part.children)),
        ]

    def _unbiased(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        """Write the answer without what was taken off for optimism bias; nothing where nothing was."""
        if not has_optimism(part):
            return []
        plain, name = without_optimism(part), f"{prefix}.without_optimism"
        said = {**given, "note": f"{given['note']} Nothing is taken off for optimism bias.".strip()}
        return [x for x in self._headline(name, plain, said) if not x.finding_id.endswith("benefit_present_value")]

    def _by_line(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        found = []
        for i, line in enumerate(part.lines):
            low, high = np.quantile(part.draws[:, i], [0.025, 0.975]) / part.children
            name = f"{prefix}.benefit.{line.option.measure}.{line.option.wave}.{line.unit.name}"
            amount = float(part.means[i]) / part.children
            found.append(self.money(name, "benefit_per_child", amount, (float(low), float(high)), **given))
        return found

    def _by_perspective(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        n, found = part.children, []
        for seen in part.views[1:]:
            if not (seen.benefit or seen.cost):
                continue
            low, high = seen.interval("net")
            name = f"{prefix}.perspective.{seen.name}"
            more = {**given, "perspective": seen.name, "subgroup": seen.label}
            found.append(
                self.money(f"{name}.net_present_value_per_child", "net_present_value", seen.net / n,
                           (low / n, high / n), **more)
            )
        return found

    def _fiscal(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        """Cashable fiscal benefits over what the public purse spends, and the most that it could be."""
        cashable, known = part.cashable
        purse = part.views[1]
        if purse.cost <= 0 or not any(x.unit.kind == "fiscal" for x in part.lines):
            return []
        more = {**given, "perspective": "public_purse"}
        unknown = {**more, "unit": "ratio", "note": f"{given['note']} {UNKNOWN.capitalize()}.".strip()}
        name = f"{prefix}.fiscal_return"
        found = [self._ratio(f"{name}_at_most", "fiscal_return_at_most", purse, {**more, "unit": "ratio"})]
        found += [
            self._ratio(name, "fiscal_return", cashable, {**more, "unit": "ratio"})
            if known
            else self.money(name, "fiscal_return", math.nan, **unknown)
        ]
        shown = [("back_at_most", purse), ("back", cashable)] if known else [("back_at_most", purse)]
        return found + [self._back(f"{prefix}.{what}", seen, more) for what, seen in shown]

    def _back(self, name: str, seen: Amounts, given: dict[str, Any]) -> Finding:
        """Write what comes back for each thousand spent, as money."""
        low, high = seen.interval("ratio")
        return self.money(
            name, "money_back_for_each_thousand_spent", SPENT * seen.ratio, (SPENT * low, SPENT * high), **given
        )

    def _ratio(self, name: str, quantity: str, seen: Amounts, given: dict[str, Any]) -> Finding:
        return self.money(name, quantity, seen.ratio, seen.interval("ratio"), **given)

    def _when(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        found = payback(part)
        never = "Benefits do not reach costs within the years that are counted." if math.isinf(found.year) else ""
        note = " ".join(x for x in (given["note"], never) if x)
        ends = (found.low, found.high) if math.isfinite(found.low) and math.isfinite(found.high) else NONE
        year = found.year if math.isfinite(found.year) else math.nan
        return [
            self.money(f"{prefix}.payback_year", "payback_year", year, ends, **{**given, "note": note}, unit="years"),
            self.money(
                f"{prefix}.payback_probability", "payback_probability", found.chance, **given, unit="probability",
            ),
        ]

    def _sensitivity(self, prefix: str, part: Appraisal, given: dict[str, Any]) -> list[Finding]:
        n, found = part.children, []
        net = part.drawn.net
        for switch in switching(part.model):
            said = {**given, "note": f"{given['note']} {switch.possible.capitalize()}.".strip()}
            found.append(
                self.money(f"{prefix}.switching.{switch.name}", "switching_value", switch.factor, **said, unit="ratio",
                           subgroup=switch.label)
            )
        for name, amount in scenario_values(part, self.options).items():
            slug = name.strip().lower().replace(" ", "_")
            found.append(
                self.money(f"{prefix}.scenario.{slug}", "net_present_value", amount / n, **given,
                           subgroup=f"{name.lower()} scenario")
            )
        found.append(
            self.money(f"{prefix}.information.all", "value_of_information", perfect_information(net) / n, **given)
        )
        for row in information(part.model, part.drawn).to_dict(orient="records"):
            found.append(
                self.money(f"{prefix}.information.{row['name']}", "value_of_information", float(row["worth"]) / n,
                           **given, subgroup=str(row["label"]))
            )
        return found

    def cost_effects(self, effects: Sequence[CostEffect], evidence: Evidence) -> Iterable[Finding]:
        """Write the cost of one more point of each outcome that has one."""
        for x in effects:
            n = min(x.effect.n_programme or self.costs.children, x.effect.n_comparison or self.costs.children)
            claim: Claim = "effect" if x.effect.claim == "effect" else "projection"
            note = x.reason or ("" if claim == "effect" else IF_ALL)
            yield self.money(
                f"value.cost_per_point.{x.name}", "cost_per_point", x.per_point, (x.interval.low, x.interval.high),
                claim=claim, evidence=evidence, note=note, n=n, outcome=x.effect.outcome, wave=x.effect.wave,
            )

    def missing(self, reason: str) -> Finding:
        """Write that net present value cannot be given, and why."""
        return self.money(
            "value.net_present_value", "net_present_value", math.nan, claim="projection", evidence="illustrative",
            note=reason, n=self.costs.children,
        )
