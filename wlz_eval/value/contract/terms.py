"""The terms of an outcomes contract: ``contract.yaml`` and the rate card, checked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import CohortError, Problem, nearest_names
from wlz_eval.measures.options import RiskRule

__all__ = [
    "OUTCOME_TRIGGERS",
    "TRIGGERS",
    "ContractTerms",
    "PayableOutcome",
    "contract_terms",
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
FILE = "contract.yaml"
#: How far payers' shares may be from adding up to one: a rounding of the last written digit.
SHARE_TOLERANCE = 1e-6


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


def _unknown(name: str, valid: Iterable[str], what: str) -> str:
    names = list(valid)
    near = nearest_names(name, names)
    return f"{f'Did you mean {near[0]}? ' if near else ''}Valid {what}: {', '.join(names)}."


def _terms(raw: Mapping[str, Any], problems: list[Problem]) -> ContractTerms:
    try:
        return ContractTerms.model_validate(dict(raw))
    except ValidationError as error:
        for detail in error.errors():
            key = ".".join(str(part) for part in detail["loc"])
            if detail["type"] == "extra_forbidden":
                remedy = _unknown(str(detail["loc"][-1]), ContractTerms.model_fields, "keys")
                problems.append(Problem(table=FILE, column=key, message="there is no such key", remedy=remedy))
            else:
                value = "" if isinstance(detail["input"], Mapping | list) else str(detail["input"])[:60]
                problems.append(
                    Problem(
                        table=FILE,
                        column=key,
                        value=value,
                        message=detail["msg"],
                        remedy="Correct the value.",
                    )
                )
        return ContractTerms.model_validate({})


def _check_payers(terms: ContractTerms, card: pd.DataFrame, problems: list[Problem]) -> None:
    total = sum(terms.payers.values())
    if any(share < 0 for share in terms.payers.values()):
        problems.append(
            Problem(table=FILE, column="payers", message="a share is negative", remedy="Give shares from 0 to 1.")
        )
    if terms.payers and abs(total - 1.0) > SHARE_TOLERANCE:
        problems.append(
            Problem(
                table=FILE,
                column="payers",
                value=f"{total:g}",
                message="the shares of the payers do not add up to 1",
                remedy="Give shares that add up to 1, such as 0.4, 0.4 and 0.2.",
            )
        )
    unnamed = (
        card["payer"].isna() | (card["payer"].astype(str) == "")
        if "payer" in card
        else pd.Series(True, index=card.index)
    )
    if unnamed.any() and not terms.payers:
        problems.append(
            Problem(
                table="rate_card",
                column="payer",
                message=f"{int(unnamed.sum())} prices name no payer, and contract.yaml no shares",
                remedy="Name the payer of each price, or give shares under payers in contract.yaml.",
            )
        )


def contract_terms(cohort: Cohort) -> ContractTerms:
    """Read the terms of a cohort's contract and check them with the rate card.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort with ``contract.yaml`` and ``rate_card``.

    Returns
    -------
    ContractTerms

    Raises
    ------
    CohortError
        With every problem: unknown keys or triggers, shares that do not add up, prices without a payer.
    """
    problems: list[Problem] = []
    terms = _terms(cohort.contract or {}, problems)
    card = cohort["rate_card"]
    for position, trigger in enumerate(card["trigger"].astype(str)):
        if trigger not in TRIGGERS:
            problems.append(
                Problem(
                    table="rate_card",
                    row=position + 2,
                    column="trigger",
                    value=trigger,
                    message="this trigger is not known",
                    remedy=_unknown(trigger, TRIGGERS, "triggers"),
                )
            )
    _check_payers(terms, card, problems)
    for i, outcome in enumerate(terms.outcomes):
        if outcome.below is not None and outcome.at_least is not None:
            problems.append(
                Problem(
                    table=FILE,
                    column=f"outcomes.{i}",
                    message="both below and at_least are given",
                    remedy="Give one of them.",
                )
            )
    if problems:
        raise CohortError(problems)
    return terms


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
