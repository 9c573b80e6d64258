"""What is wrong with a contract: ``contract.yaml``, rate card, targets and evidence, every problem at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
from pydantic import ValidationError

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import CohortError, Problem, nearest_names
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, TRIGGERS, ContractTerms, PayableOutcome

__all__ = ["check_directions", "contract_terms"]

FILE = "contract.yaml"
#: How far payers' shares may be from adding up to one: a rounding of the last written digit.
SHARE_TOLERANCE = 1e-6


def _unknown(name: str, valid: Iterable[str], what: str) -> str:
    names = list(valid)
    near = nearest_names(name, names)
    return f"{f'Did you mean {near[0]}? ' if near else ''}Valid {what}: {', '.join(names)}."


def _problem(column: str, message: str, remedy: str, value: str = "", table: str = FILE) -> Problem:
    return Problem(table=table, column=column, value=value, message=message, remedy=remedy)


def _terms(raw: Mapping[str, Any], problems: list[Problem]) -> ContractTerms:
    try:
        return ContractTerms.model_validate(dict(raw))
    except ValidationError as error:
        for detail in error.errors():
            key = ".".join(str(part) for part in detail["loc"])
            if detail["type"] == "extra_forbidden":
                remedy = _unknown(str(detail["loc"][-1]), ContractTerms.model_fields, "keys")
                problems.append(_problem(key, "there is no such key", remedy))
            else:
                value = "" if isinstance(detail["input"], Mapping | list) else str(detail["input"])[:60]
                problems.append(_problem(key, detail["msg"], "Correct the value.", value))
        return ContractTerms.model_validate({})


def _payers(terms: ContractTerms, card: pd.DataFrame) -> list[Problem]:
    found, total = [], sum(terms.payers.values())
    if any(share < 0 for share in terms.payers.values()):
        found.append(_problem("payers", "a share is negative", "Give shares from 0 to 1."))
    if terms.payers and abs(total - 1.0) > SHARE_TOLERANCE:
        remedy = "Give shares that add up to 1, such as 0.4, 0.4 and 0.2."
        found.append(_problem("payers", "the shares of the payers do not add up to 1", remedy, f"{total:g}"))
    named = card["payer"].dropna().astype(str) if "payer" in card else pd.Series([], dtype=str)
    named = named[named != ""]
    if len(named) < len(card) and not terms.payers:
        found.append(
            _problem(
                "payer",
                f"{len(card) - len(named)} prices name no payer, and contract.yaml no shares",
                "Name the payer of each price, or give shares under payers in contract.yaml.",
                table="rate_card",
            )
        )
    strangers = [name for name in dict.fromkeys(named) if terms.payers and name not in terms.payers]
    for name in strangers:
        remedy = _unknown(name, terms.payers, "payers") + " A payer with no share of the rest has the share 0."
        message = "this payer is not among the payers of contract.yaml"
        found.append(_problem("payer", message, remedy, name, "rate_card"))
    return found


def _triggers(table: str, column: Iterable[Any], valid: Iterable[str]) -> list[Problem]:
    names = list(valid)
    return [
        Problem(
            table=table,
            row=position + 2,
            column="trigger",
            value=str(trigger),
            message="this trigger is not known" if trigger not in TRIGGERS else "this trigger has no price",
            remedy=_unknown(str(trigger), names, "triggers"),
        )
        for position, trigger in enumerate(column)
        if str(trigger) not in names
    ]


def _prices(card: pd.DataFrame) -> list[Problem]:
    below = card[card["price"] < 0]
    found = [
        _problem("price", "a price is negative", "Give what is paid for one, at least 0.", f"{p:g}", "rate_card")
        for p in below["price"]
    ]
    years = sorted(int(y) for y in card["price_year"].dropna().unique()) if "price_year" in card else []
    if len(years) > 1:
        words = ", ".join(str(y) for y in years)
        remedy = "A contract has one price year: give all prices in the same price_year."
        found.append(_problem("price_year", "prices are of several years", remedy, words, "rate_card"))
    return found


def _targets(targets: pd.DataFrame) -> list[Problem]:
    if "period" not in targets:
        return []
    blank = targets["period"].isna() | (targets["period"].astype(str).str.strip() == "")
    if not blank.any() or blank.all():
        return []
    remedy = "Give each target its period, or leave the column out: then all targets are of the whole contract."
    return [_problem("period", f"{int(blank.sum())} targets have no period and others do", remedy, table="targets")]


def _keys(terms: ContractTerms) -> list[Problem]:
    found = [
        _problem(f"claim_dates.{name}", "this trigger is not known", _unknown(name, TRIGGERS, "triggers"))
        for name in terms.claim_dates
        if name not in TRIGGERS
    ]
    found += [
        _problem(f"claim_dates.{name}", "only outcomes have a wave", "Give start, programme_end or a date.", "wave")
        for name, day in terms.claim_dates.items()
        if day == "wave" and name in TRIGGERS and name not in OUTCOME_TRIGGERS
    ]
    return found + [
        _problem(f"outcomes.{i}", "both below and at_least are given", "Give one of them.")
        for i, outcome in enumerate(terms.outcomes)
        if outcome.below is not None and outcome.at_least is not None
    ]


def _pays_for(cohort: Cohort, terms: ContractTerms) -> list[Problem]:
    """Name payers whose costs the contract is to bear and who have none: investors would be said to bear nothing."""
    if terms.investment is None or not cohort.has("costs") or "payer" not in cohort["costs"]:
        return []
    held = sorted(set(cohort["costs"]["payer"].dropna().astype(str)) - {""})
    return [
        _problem("investment.pays_for", "this payer has no cost line", _unknown(name, held, "payers of costs"), name)
        for name in terms.investment.pays_for
        if name not in held
    ]


def _evidence(cohort: Cohort) -> list[Problem]:
    """Name evidence of what no contract pays for; children who are not known are found by the cohort's own check."""
    if not cohort.has("evidence"):
        return []
    return _triggers("evidence", cohort["evidence"]["trigger"].astype(str), TRIGGERS)


def contract_terms(cohort: Cohort) -> ContractTerms:
    """Read the terms of a cohort's contract and check them with rate card, targets and evidence.

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
        With every problem: unknown keys, triggers or payers, shares that do not add up, prices without a payer,
        below zero or of several years, a currency that is not the cohort's, targets of which only some have a period,
        costs to be borne of a payer that has none.
    """
    problems: list[Problem] = []
    terms = _terms(cohort.contract or {}, problems)
    card = cohort["rate_card"]
    problems += _triggers("rate_card", card["trigger"].astype(str), TRIGGERS)
    problems += _prices(card) + _payers(terms, card) + _keys(terms) + _evidence(cohort)
    problems += _pays_for(cohort, terms)
    if cohort.has("targets"):
        problems += _triggers("targets", cohort["targets"]["trigger"].astype(str), card["trigger"].astype(str).unique())
        problems += _targets(cohort["targets"])
    if terms.currency and terms.currency != cohort.currency:
        remedy = f"Give every amount in {cohort.currency}, or correct the currency in cohort.yaml: none is converted."
        problems.append(_problem("currency", "the contract is not in the cohort's currency", remedy, terms.currency))
    if problems:
        raise CohortError(problems)
    return terms


def check_directions(cohort: Cohort, outcomes: Iterable[PayableOutcome]) -> None:
    """Check that each payable outcome says which direction is good, by itself or by its measure.

    Raises
    ------
    CohortError
        When neither does: support may itself raise such a measure, so that no direction is guessed.
    """
    problems = [
        _problem(
            f"outcomes.{outcome.area}",
            f"which direction of {outcome.measure} is good is not clear",
            "List the outcome under outcomes in contract.yaml with better: higher or better: lower.",
        )
        for outcome in outcomes
        if outcome.better is None and cohort.measure(outcome.measure).better == "unclear"
    ]
    if problems:
        raise CohortError(problems)
