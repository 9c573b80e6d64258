"""Findings and sentences of page 8: who owes how much, of what maximum, against targets, what could come anyway."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from wlz_eval.core.finding import Counted, Finding, Unit
from wlz_eval.core.words import listed
from wlz_eval.value.children import everybody
from wlz_eval.value.contract.achieved import attainable_share, maximum_possible
from wlz_eval.value.contract.caused import Caused
from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.parts import (
    Parts,
    amounts,
    counted_in,
    parts_by_payer,
    parts_in_all,
    parts_of_outcomes,
    scaled,
)
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASE_WORDS, OUTCOME_TRIGGERS
from wlz_eval.value.contract.timeline import target_payments

if TYPE_CHECKING:
    from wlz_eval.value.contract.forecast import Forecast
    from wlz_eval.value.contract.investor import Investor
    from wlz_eval.value.contract.result import ContractResult

__all__ = [
    "Words", "answer", "anyway_answer", "forecast_answer", "ground", "investor_answer", "owed_findings",
    "targets_answer",
]

Words = tuple[str, dict[str, Finding | str | None]]
PAID_NOT_CAUSED = (
    "An outcome is paid when a child crosses a line, whatever moved the child across it; "
    "page 4 says what the programme itself can be shown to have changed."
)
#: Said of what is owed.
_MOST = "the most that the contract could pay for these children, if each met every trigger, is {most:short}."
#: What comparison children's payments are where page 4 gives an adjusted difference.
OF_OTHERS = "by the same rules the outcomes of similar children come to"
PRICE_WORDS = {
    "illustrative": "illustrative prices", "published": "published prices", "measured": "the prices of the contract"
}


class _Maker:
    """Makes findings of one contract."""

    def __init__(self, owed: Owed):
        self.owed = owed

    def money(
        self, name: str, quantity: str, value: float, subgroup: str, n: int, parts: Parts | None = None,
        counted: tuple[Counted, ...] = (),
    ) -> Finding:
        owed = self.owed
        return Finding(
            finding_id=f"contract.{name}", quantity=quantity, estimate=value, unit="money", claim="description",
            group="programme", subgroup=subgroup, n_programme=n, price_year=owed.price_year,
            currency=owed.currency, perspective="payers", evidence=owed.evidence,
            method="rate card applied to measured outcomes", note=PAID_NOT_CAUSED, counted=counted,
            **(amounts(parts, value) if parts else {}),
        )

    def target(self, case: str, value: float) -> Finding:
        """Return what the targets of a case come to at the contract's prices."""
        owed = self.owed
        return Finding(
            finding_id=f"contract.target_payment.{case}", quantity="target_payment", estimate=value, unit="money",
            claim="projection", subgroup=f"{CASE_WORDS[case]} target", n_programme=owed.children,
            price_year=owed.price_year, currency=owed.currency, perspective="payers", evidence=owed.evidence,
            method="targets at the prices of the rate card, the contract's cap kept",
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
    paid, n = int(owed.claims["paid"].sum()) / PENNIES, owed.paid_for()
    held = triggers.dropna(subset=["base"])
    whole, of_payer = parts_in_all(owed), parts_by_payer(owed)
    share = paid / owed.maximum if owed.maximum else math.nan
    each, mean = _most_each(owed), everybody(owed.children, over=True)
    # A total that is the contract's cap says nothing of the children.
    claimed = () if paid and paid == owed.terms.contract_cap else counted_in(owed)
    of_share = scaled(claimed, 1 / (each or owed.maximum)) if owed.maximum else ()
    found = [
        make.money("paid_total", "payment", paid, "in all", n, whole, claimed),
        make.money("paid_per_child", "payment", paid / owed.children if owed.children else math.nan,
                   "for each child who started", n, whole, (*claimed, *mean)),
        _paid_for_outcomes(owed),
        make.money("maximum_payment", "largest_payment", owed.maximum, "if every child met every trigger",
                   owed.children, counted=everybody(owed.children, each) if each else ()),
        replace(make.count("share_of_maximum", "share", share, "probability"), **amounts(whole, share),
                counted=(*of_share, *(mean if each else ()))),
        make.count("maximum_possible", "share", maximum_possible(counts["outcomes"], cap), "probability"),
        make.count("attainable", "share", attainable_share(counts["outcomes"], counts["at_risk"], cap), "probability",
                   note="Of what the children could achieve: a child at risk in two areas cannot achieve three."),
        make.count("children", "count", float(owed.children), "children"),
        make.count("targets", "count", float(len(held)), "count", "triggers with a target"),
        make.count("targets_reached", "count", float((held["achieved"] >= held["base"]).sum()), "count",
                   "triggers that reached the middle target"),
    ]
    found += [
        make.money(f"paid.{row['payer']}", "payment", row["amount"], row["group"], row["children"],
                   of_payer[row["payer"]], counted_in(owed, payer=row["payer"]))
        for row in by_payer.to_dict(orient="records")
    ]
    found += [
        make.target(case, amount) for case, amount in target_payments(owed).items() if math.isfinite(amount)
    ]
    for row in triggers.to_dict(orient="records"):
        name, label = row["trigger"], row["label"]
        found.append(make.count(f"achieved.{name}", "count", float(row["achieved"]), "children", label))
        if math.isfinite(row["base"]):
            found.append(make.count(f"target.{name}", "target", float(row["base"]), "count", label))
    return found


def _paid_for_outcomes(owed: Owed) -> Finding:
    """Return what is paid for outcomes, sign-up and engagement apart."""
    return _Maker(owed).money(
        "paid_outcomes", "payment", owed.outcome_payments, "for outcomes", owed.paid_for(OUTCOME_TRIGGERS),
        parts_of_outcomes(owed), counted_in(owed, OUTCOME_TRIGGERS),
    )


def _most_each(owed: Owed) -> float:
    """Return what the contract could pay for each child; 0 where its cap, which is no number of children, binds."""
    capped = owed.terms.contract_cap is not None and owed.maximum >= owed.terms.contract_cap
    return 0.0 if capped or not owed.children else owed.maximum / owed.children


def _number_in(name: str) -> bool:
    """Whether a name holds a number, which a sentence would take for a result typed by hand."""
    return bool(re.search(r"\d", name))


def _areas(names: Iterable[str]) -> str:
    """List areas of the contract inside a sentence; a language keeps its capital."""
    return listed(["English" if name == "english" else name for name in names])


def answer(result: ContractResult) -> Words:
    """Say how much is owed, by whom, and of what maximum: a template and its values."""
    if result.worked is None:
        return "This cohort has no outcomes contract with a rate card, so nothing is owed under one.", {}
    owed, found = result.worked, {f.finding_id: f for f in result.findings()}
    values: dict[str, Finding | str | None] = {
        "paid": found["contract.paid_total"],
        "each": found["contract.paid_per_child"],
        "most": found["contract.maximum_payment"],
        "year": f" of {owed.price_year}" if owed.price_year else "",
        "prices": PRICE_WORDS.get(owed.evidence, "the prices of the contract"),
        "so_far": " so far" if owed.running else "",
    }
    if owed.undecided():
        text = "No trigger has fallen due by the day up to which claims are known, so nothing is owed yet. At {prices}"
        return f"{text}{{year}}, {_MOST}", values
    payers = result.by_payer
    text = "At {prices}{year}, {paid:short} is owed{so_far}"
    for i, row in enumerate(payers.to_dict(orient="records")):
        values[f"payer_{i}"], values[f"amount_{i}"] = row["group"], found[f"contract.paid.{row['payer']}"]
    if any(_number_in(name) for name in payers["group"]):
        text += ", by the payers named below"
        values = {name: value for name, value in values.items() if not name.startswith("payer_")}
    elif len(payers) > 1:
        text += ": " + listed([f"{{amount_{i}:short}} by {{payer_{i}}}" for i in range(len(payers))])
    elif len(payers):
        text += ", all of it by {payer_0}"
    return f"{text}. That is {{each}} for each child who started; {_MOST}", values


def targets_answer(result: ContractResult) -> Words:
    """Say what was paid and achieved beside the contract's targets: a template and its values."""
    if result.worked is None:
        return "There are none; sections of this page that need a contract are left out.", {}
    found: dict[str, Finding | str | None] = {
        f.finding_id.removeprefix("contract.").replace(".", "_"): f for f in result.findings()
    }
    some = any(name.startswith("target_payment") for name in found)
    paid, text = result.paid, f"The contract has no {'middle target' if some else 'targets'} to set this against."
    base = found.get("target_payment_base")
    if isinstance(base, Finding) and result.worked.undecided():
        return "The middle target comes to {target_payment_base:short} by the contract's end.", found
    if isinstance(base, Finding):
        place = "as much as" if paid == base.estimate else "less than" if paid < base.estimate else "more than"
        text = f"{{paid_total:short}} is {place} the {{target_payment_base:short}} that the middle target comes to"
        if {"target_payment_low", "target_payment_high"} <= set(found):
            text += " (low target {target_payment_low:short}, high target {target_payment_high:short})"
        text += ". The middle target was reached for {targets_reached:number} of {targets:number} triggers"
        text += ", with some still open." if result.worked.running else "."
    share = found["attainable"]
    # While readings are still to come, those that are missing would be counted as failures.
    if not result.worked.running and isinstance(share, Finding) and math.isfinite(share.estimate):
        text += (
            " Children achieved {attainable:chance} of the outcomes within their reach, counting no more of one child "
            "than are paid."
        )
    return text, found


def anyway_answer(result: Caused) -> Words:
    """Say how much of the outcome payments could have come with no programme, or that it cannot be said."""
    if not set(OUTCOME_TRIGGERS) & set(result.owed.prices):
        return "The rate card prices no outcome, so no payment can be set beside what would have come anyway.", {}
    if result.owed.undecided(OUTCOME_TRIGGERS):
        return "No outcome is decided yet, so what would have been paid anyway cannot be said.", {}
    n = result.owed.paid_for(OUTCOME_TRIGGERS)
    # A payment for few children gives their number away, however many started.
    found: dict[str, Finding | str | None] = {
        f.finding_id.removeprefix("contract."): replace(f, n_programme=n) for f in result.findings()
    }
    values: dict[str, Finding | str | None] = {}
    text = ""
    if row := result.estimate:
        values = {"paid": found["outcomes_paid.estimated"], "anyway": found["anyway.estimated"],
                  "beyond": found["beyond.estimated"], "areas": _areas(str(row["areas"]).split(", "))}
        other = "with no programme, as far as page 4 can say, it would have been"
        other = other if result.claim == "effect" else OF_OTHERS
        text = (
            "For {areas}, where page 4 compares with similar children, {paid:short} is paid for outcomes; " + other
            + " {anyway:short} (95% interval {anyway:short_interval}). "
        )
        text += _beyond_words(row, result.claim)
    if len(result.at_rates):
        first, last = result.at_rates.iloc[0], result.at_rates.iloc[-1]
        values["others"] = _areas(str(a) for a in result.unknown)
        values["all"] = _paid_for_outcomes(result.owed)
        values["low"], values["high"] = (found[f"anyway.rate_{r['rate']:.0f}"] for r in (first, last))
        text += " " + _at_rates(result)
    return text.strip() or "How much would have been paid with no programme cannot be said.", values


def _at_rates(result: Caused) -> str:
    """Say what all outcomes together would have come to, at the assumed rates for those that nothing compares."""
    rates = (
        "Page 4 compares no outcome that is paid for in {others}. Suppose that from four to seven in ten of the "
        "children at risk there had reached theirs with no programme. Then "
    )
    if not result.estimate or result.claim == "effect":
        rates += (
            "from {low:short} to {high:short} would have been paid anyway, beside the {all:short} that is paid for all "
            "outcomes."
        )
    else:
        rates += "similar children would come to from {low:short} to {high:short}, beside {all:short} for all outcomes."
    return rates + (" That leaves out how unsure the sum for {areas} is." if result.estimate else "")


def ground(claim: str) -> str:
    """Condition under which payments of similar children are those with no programme."""
    if claim == "effect":
        return ", as far as page 4 can say"
    return ", as far as the children compared are alike in all that matters"


def _beyond_words(row: Mapping[str, Any], claim: str) -> str:
    """Say how the two sums differ: as what the programme did only where page 4 calls its differences effects."""
    ends = row["over_low"], row["over_high"]
    if ends[0] <= 0 <= ends[1]:
        return "So all of it could have been paid with no programme: the difference is not told apart from nothing."
    if ends[1] < 0:
        if claim == "effect":
            return "So, as far as these data can say, less is paid than would have been with no programme."
        return (
            "So less is paid than for similar children. The groups may differ in what nobody measured, so this does "
            "not show that the programme lowered it."
        )
    far = "" if claim == "effect" else ground(claim)
    return f"So {{beyond:short}} (95% interval {{beyond:short_interval}}) is paid beyond that{far}."


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
        "With what is still open, {forecast:short} is to be expected in all (95% interval {forecast:short_interval}; "
        "{kind}). It rests on {basis}."
    ), {**found, "basis": result.basis, "kind": result.owed.kind_of_money}


def investor_answer(result: Investor) -> Words:
    """Say what investors put in, how far costs run ahead, and what comes back."""
    if result.owed.terms.investment is None:
        return "The contract does not say how it is financed, so an investor's view is not given.", {}
    if not result.available:
        return "These data hold no costs, so an investor's view is not given.", {}
    found: dict[str, Finding | str | None] = {
        f.finding_id.removeprefix("contract.investor.").replace(".", "_"): f for f in result.findings()
    }
    running, lost = result.owed.running, result.cases.iloc[0]["loss"] > 0
    text = "Investors put in {capital:short} ({kind}). Costs run ahead of payments by up to {peak_deficit_so_far:short}"
    text += (
        ". The contract still runs: were nothing more paid than is owed so far, investors would get back "
        if running else ", and on what is owed investors get back "
    ) + "{multiple_so_far:number} times what they put in"
    would = "would be" if running else "is"
    text += f": {{loss_so_far:short}} {would} lost." if lost else f": none of it {would} lost."
    if "break_even" in found:
        text += " Capital is lost when outcome payments are below {break_even:number} times those of the middle target."
    return text, {**found, "kind": str(result.cases.iloc[0]["kind"])}
