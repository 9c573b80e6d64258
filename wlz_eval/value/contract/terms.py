"""The terms of an outcomes contract: what ``contract.yaml`` may say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from wlz_eval.cohort.model import Cohort
from wlz_eval.measures.options import RiskRule

__all__ = [
    "CASES",
    "CASE_WORDS",
    "OUTCOME_TRIGGERS",
    "TRIGGERS",
    "ContractTerms",
    "Investment",
    "PayableOutcome",
    "payable_outcomes",
]

#: What a rate card can price, in the order in which it is earned, and how it is called in reports.
TRIGGERS: Mapping[str, str] = {
    "consent": "Consent given",
    "sign_up": "Signed up",
    "high_engagement": "High engagement",
    "outcome_1": "First outcome",
    "outcome_2": "Second outcome",
    "outcome_3": "Third outcome",
}
OUTCOME_TRIGGERS: tuple[str, ...] = ("outcome_1", "outcome_2", "outcome_3")
#: Projections of a contract, from the most cautious.
CASES: tuple[str, ...] = ("low", "base", "high")
#: Cases as the page calls them.
CASE_WORDS: Mapping[str, str] = {"low": "low", "base": "middle", "high": "high"}
#: Days that ``claim_dates`` may name by a word: the child's own start, the end of the programme, and for outcomes
#: the last day of the wave at which each is judged.
DAY_WORDS: tuple[str, ...] = ("start", "programme_end", "wave")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EngagementThresholds(_Strict):
    """What counts as high engagement under the contract."""

    attendance: float = Field(ge=0, le=1, description="Least share of planned sessions attended")
    interactions: int = Field(ge=0, description="Least number of Link Worker interactions")


class PayableOutcome(_Strict):
    """One outcome that the contract pays for."""

    area: str = Field(description="Area of risk")
    measure: str = Field(description="Measure by which it is judged")
    wave: Literal["midpoint", "endline", "followup"] = Field("endline", description="When it is judged")
    rule: Literal["crosses_out", "progress"] = Field(
        description="crosses_out: no longer at risk; progress: gained at least `least` points the good way"
    )
    below: float | None = Field(None, description="At risk at baseline strictly below this value")
    at_least: float | None = Field(None, description="At risk at baseline at this value and above")
    least: float = Field(1.0, gt=0, description="Least gain that counts as progress, in points")
    better: Literal["higher", "lower"] | None = Field(
        None, description="Which direction is good; must be said where the measure's own is unclear"
    )


class Capital(_Strict):
    """Capital that investors put in on one day."""

    date: dt.date = Field(description="Day on which it is paid in")
    amount: float = Field(gt=0, description="How much")


class Investment(_Strict):
    """How the contract is financed until payments arrive."""

    capital: tuple[Capital, ...] = Field(min_length=1, description="What investors pay in, and when")
    pays_for: tuple[str, ...] = Field(
        (), description="Payers of cost lines whose cash costs the contract must bear; empty for all cash costs"
    )
    evidence: Literal["illustrative", "published", "measured"] = Field(
        "illustrative", description="Where the amounts come from"
    )


class ContractTerms(_Strict):
    """The contents of ``contract.yaml``."""

    schema_version: Literal[1] = Field(1, description="Version of the format")
    title: str = Field("Outcomes contract", description="Name of the contract")
    note: str = Field("", description="What a reader should know, such as that prices are illustrative")
    evidence: Literal["illustrative", "published", "measured"] = Field(
        "illustrative", description="Where prices and terms come from: measured means an agreed contract"
    )
    outcomes_paid_per_child: int = Field(3, ge=0, le=3, description="Most outcomes paid for one child")
    child_cap: float | None = Field(None, ge=0, description="Most money paid for one child")
    contract_cap: float | None = Field(None, ge=0, description="Most money paid in all")
    payers: dict[str, float] = Field(
        default_factory=dict, description="Share of each payer in what the rate card names no payer for"
    )
    engagement: EngagementThresholds | None = Field(
        None, description="What counts as high engagement; the plan's thresholds when left out"
    )
    outcomes: tuple[PayableOutcome, ...] = Field(
        (), description="Outcomes that are paid; the plan's risk rules with outcome_area when left out"
    )
    evidence_by: dt.date | None = Field(
        None, description="Last day for evidence; with it, a claim without evidence by then is not paid"
    )
    claim_dates: dict[str, dt.date | Literal["start", "programme_end", "wave"]] = Field(
        default_factory=dict,
        description=(
            "Day on which a trigger falls due where the evidence table gives none: start (of the child), "
            "programme_end, wave (last day of the outcome's wave), or a date"
        ),
    )
    payment_months: int = Field(0, ge=0, le=24, description="Months from claim to payment")
    as_of: dt.date | None = Field(
        None, description="Day up to which claims are known; what falls due later is forecast. Empty: all of the data"
    )
    withdrawn: Literal["as_evidenced", "until_left"] = Field(
        "as_evidenced",
        description="Children who left: paid for all that is measured of them, or for nothing due afterwards",
    )
    currency: str | None = Field(
        None, pattern=r"^[A-Z]{3}$", description="ISO code of the contract's money; the cohort's when left out"
    )
    investment: Investment | None = Field(None, description="How it is financed; the investor's view needs it")


def _rule(cohort: Cohort, risk: RiskRule, wave: Literal["midpoint", "endline", "followup"]) -> PayableOutcome | None:
    """Payable outcome of one risk rule: crossing out, or progress for attainment."""
    stem, _, when = risk.column.rpartition("_")
    if when != "baseline" or not risk.outcome_area:
        return None
    rule = "progress" if cohort.measure(stem).family == "attainment" else "crosses_out"
    given = {"area": risk.area, "measure": stem, "wave": wave, "rule": rule}
    return PayableOutcome.model_validate({**given, "below": risk.below, "at_least": risk.at_least})


def payable_outcomes(cohort: Cohort, terms: ContractTerms, risk: Iterable[RiskRule]) -> tuple[PayableOutcome, ...]:
    """Outcomes that the contract pays for: its own list, else one for each risk rule on a measured baseline.

    An attainment outcome is more progress than pupils of that age are expected to make; any other is crossing
    out of "at risk".
    """
    if terms.outcomes:
        return terms.outcomes
    made = (_rule(cohort, r, "endline") for r in risk)
    return tuple(outcome for outcome in made if outcome is not None)
