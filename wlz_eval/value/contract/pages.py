"""Findings and sentences of page 08: who owes how much, of what maximum, against targets, what could come anyway."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.finding import Finding, Unit
from wlz_eval.value.contract.achieved import attainable_share, maximum_possible
from wlz_eval.value.contract.caused import Caused
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES

if TYPE_CHECKING:
    from wlz_eval.value.contract.forecast import Forecast
    from wlz_eval.value.contract.investor import Investor
    from wlz_eval.value.contract.result import ContractResult

__all__ = ["Words", "answer", "anyway_answer", "forecast_answer", "investor_answer", "owed_findings"]

Words = tuple[str, dict[str, Finding | str | None]]
PAID_NOT_CAUSED = (
    "An outcome is paid when a child crosses a line, whatever moved the child across it; "
    "page 4 says what the programme itself can be shown to have changed."
)
PRICE_WORDS = {
    "illustrative": "illustrative prices", "published": "published prices", "measured": "the prices of the contract"
}


class _Maker:
    """Makes findings of one contract."""

    def __init__(self, owed: Owed):
        self.owed = owed

    def money(self, name: str, quantity: str, value: float, subgroup: str) -> Finding:
        owed = self.owed
        return Finding(
            finding_id=f"contract.{name}", quantity=quantity, estimate=value, unit="money", claim="description",
            group="programme", subgroup=subgroup, n_programme=owed.children, price_year=owed.price_year,
            currency=owed.currency, perspective="payers", evidence=owed.evidence,
            method="rate card applied to measured outcomes", note=PAID_NOT_CAUSED,
        )

    def count(self, name: str, quantity: str, value: float, unit: Unit, subgroup: str = "", note: str = "") -> Finding:
        return Finding(
            finding_id=f"contract.{name}", quantity=quantity, estimate=value, unit=unit, claim="description",
            group="programme", subgroup=subgroup, n_programme=self.owed.children,
            evidence=self.owed.evidence if quantity == "target" else "measured",
            method="count under the contract's rules", note=note or (PAID_NOT_CAUSED if "maximum" in name else ""),
        )


def owed_findings(owed: Owed, counts: pd.DataFrame, by_payer: pd.DataFrame, triggers: pd.DataFrame) -> list[Finding]:
    """Return payments in all and by payer, outcomes achieved, targets, and shares of what was possible."""
    make, cap = _Maker(owed), owed.terms.outcomes_paid_per_child
    paid = int(owed.claims["paid"].sum()) / PENNIES
    held = triggers.dropna(subset=["base"])
    found = [
        make.money("paid_total", "payment", paid, "in all"),
        make.money("paid_per_child", "payment", paid / owed.children if owed.children else math.nan,
                   "for each child who started"),
        make.money("maximum_payment", "largest_payment", owed.maximum, "if every child met every trigger"),
        make.count("share_of_maximum", "share", paid / owed.maximum if owed.maximum else math.nan, "probability"),
        make.count("maximum_possible", "share", maximum_possible(counts["outcomes"], cap), "probability"),
        make.count("attainable", "share", attainable_share(counts["outcomes"], counts["at_risk"], cap), "probability",
                   note="Of what the children could achieve: a child at risk in two areas cannot achieve three."),
        make.count("children", "count", float(owed.children), "children"),
        make.count("targets", "count", float(len(held)), "count", "triggers with a target"),
        make.count("targets_reached", "count", float((held["achieved"] >= held["base"]).sum()), "count",
                   "triggers that reached the middle target"),
    ]
    found += [
        make.money(f"paid.{row['payer']}", "payment", row["amount"], row["group"])
        for row in by_payer.to_dict(orient="records")
    ]
    for row in triggers.to_dict(orient="records"):
        name, label = row["trigger"], row["label"]
        found.append(make.count(f"achieved.{name}", "count", float(row["achieved"]), "children", label))
        if math.isfinite(row["base"]):
            found.append(make.count(f"target.{name}", "target", float(row["base"]), "count", label))
    return found


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _areas(names: Iterable[str]) -> str:
    """List areas of the contract inside a sentence; a language keeps its capital."""
    return _listed(["English" if name == "english" else name for name in names])


def answer(result: ContractResult) -> Words:
    """Say who owes how much, of what maximum, and how the targets were met: a template and its values."""
    if result.worked is None:
        return "This cohort has no outcomes contract with a rate card, so nothing is owed under one.", {}
    owed, found = result.worked, {f.finding_id: f for f in result.findings()}
    values: dict[str, Finding | str | None] = {
        "paid": found["contract.paid_total"],
        "each": found["contract.paid_per_child"],
        "share": found["contract.share_of_maximum"],
        "most": found["contract.maximum_payment"],
        "reached": found["contract.targets_reached"],
        "targets": found["contract.targets"],
        "attainable": found["contract.attainable"],
        "year": f" ({owed.price_year} prices)" if owed.price_year else "",
        "prices": PRICE_WORDS.get(owed.evidence, "the prices of the contract"),
    }
    payers = result.by_payer
    text = "At {prices}, {paid:short} is owed{year}: {each} for each child who started"
    if len(payers):
        for i, row in enumerate(payers.to_dict(orient="records")):
            values[f"payer_{i}"], values[f"amount_{i}"] = row["group"], found[f"contract.paid.{row['payer']}"]
        parts = [f"{{amount_{i}:short}} by {{payer_{i}}}" for i in range(len(payers))]
        text += f", of which {_listed(parts)}" if len(parts) > 1 else f", all of it by {parts[0].split(' by ')[1]}"
    text += ". That is {share:chance} of the {most:short} that the contract could pay for these children."
    if found["contract.targets"].estimate:
        text += " The middle target was reached for {reached:number} of {targets:number} triggers."
    return text + " Children achieved {attainable:chance} of the outcomes within their reach.", values


def anyway_answer(result: Caused) -> Words:
    """Say how much of the outcome payments could have come with no programme, or that it cannot be said."""
    found: dict[str, Finding | str | None] = {f.finding_id.removeprefix("contract."): f for f in result.findings()}
    values: dict[str, Finding | str | None] = {}
    text = ""
    if row := result.estimate:
        values = {"paid": found["outcomes_paid.estimated"], "anyway": found["anyway.estimated"],
                  "beyond": found["beyond.estimated"], "areas": _areas(str(row["areas"]).split(", "))}
        text = (
            "For {areas}, where page 04 compares with similar children, {paid:short} is paid for outcomes; with no "
            "programme it would have been {anyway:short} (95% interval {anyway:short_interval}). "
        )
        text += _beyond_words(row, result.claim)
    if len(result.at_rates):
        first, last = result.at_rates.iloc[0], result.at_rates.iloc[-1]
        values["others"] = _areas(str(a) for a in result.unknown)
        values["low"], values["high"] = (found[f"anyway.rate_{r['rate']:.0f}"] for r in (first, last))
        text += (
            " For {others} page 04 has no estimate that compares with similar children: had from "
            "four to seven in ten of the children at risk reached those with no programme, from {low:short} to "
            "{high:short} would have been paid for outcomes anyway."
        )
    return text.strip() or "How much would have been paid with no programme cannot be said.", values


def _beyond_words(row: Mapping[str, Any], claim: str) -> str:
    ends = row["over_low"], row["over_high"]
    if ends[0] <= 0 <= ends[1]:
        return "So all of it could have been paid with no programme: the difference is not told apart from nothing."
    if ends[1] < 0:
        return "So less is paid than would have been with no programme."
    ground = "" if claim == "effect" else ", as far as the children compared are alike in all that matters"
    return "So {beyond:short} (95% interval {beyond:short_interval}) is paid for outcomes beyond those" + ground + "."


def forecast_answer(result: Forecast) -> Words:
    """Say what is still to come, or that everything is decided."""
    if not result.children_open:
        return "Every trigger of these children is decided, so nothing is still to come.", {}
    found: dict[str, Finding | str | None] = {f.finding_id.removeprefix("contract."): f for f in result.findings()}
    if not found:
        return (
            "Some triggers are still open, and too few children are decided to say what is to come; the contract has "
            "no targets to go by either."
        ), {}
    return (
        "With what is still open, {forecast:short} is to be expected in all (95% interval {forecast:short_interval}). "
        "It rests on {basis}."
    ), {**found, "basis": result.basis}


def investor_answer(result: Investor) -> Words:
    """Say what investors put in, how far costs run ahead, and what comes back."""
    if not result.available:
        return "The contract does not say how it is financed, so an investor's view is not given.", {}
    found: dict[str, Finding | str | None] = {
        f.finding_id.removeprefix("contract.investor.").replace(".", "_"): f for f in result.findings()
    }
    text = (
        "Investors put in {capital:short} ({kind}). Costs run ahead of payments by up to {peak_deficit_so_far:short}, "
        "and on what is owed so far investors get back {multiple_so_far:number} times what they put in"
    )
    lost = result.cases.iloc[0]["loss"] > 0
    text += ": {loss_so_far:short} is lost." if lost else ": none of it is lost."
    if "break_even" in found:
        text += " Capital is lost when outcome payments are below {break_even:number} times those of the middle target."
    return text, {**found, "kind": str(result.cases.iloc[0]["kind"])}
