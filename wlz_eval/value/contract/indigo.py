"""The contract in the words of INDIGO, the public database of outcomes contracts (Government Outcomes Lab, Oxford).

What is written follows ``data/reference/indigo_schema.json``: those members of INDIGO's JSON Schema of a project that
are written here, with all that decides what is valid; the file names its source, version and licence. As the schema
neither requires nor forbids a member, what is valid against this part and holds no other name is valid against the
whole. Whether INDIGO would take a project in is for its editors: organisations carry this contract's own names instead
of INDIGO's identifiers.

An export is made from tables whose numbers were *released*: what a table hides is left out, and nothing else of the
children is there.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from wlz_eval.value.contract.owed import Owed
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import TRIGGERS
from wlz_eval.value.contract.timeline import targets_by_trigger

__all__ = ["indigo_commitments", "indigo_metrics", "indigo_project"]

#: Triggers of the rate card as INDIGO lists the metrics of West London Zone's contracts.
DEFINITIONS = {
    "consent": "Parent or carer consents to the child's taking part",
    "sign_up": "Child signs up and starts",
    "high_engagement": "Child engages highly: attends enough sessions and has enough contacts with the Link Worker",
    "outcome_1": "Child achieves at least one outcome",
    "outcome_2": "Child achieves at least two outcomes",
    "outcome_3": "Child achieves at least three outcomes",
}
VALIDATION = "Pre-Post analysis"


def indigo_metrics(owed: Owed) -> pd.DataFrame:
    """One row a priced trigger, in INDIGO's own field names.

    Returns
    -------
    DataFrame
        ``id``, ``definition``, ``targeted_number_of_service_users_or_beneficiaries_total`` (middle target),
        ``price_per_unit``, ``maximum_price_if_all_targets_achieved``, ``number_engaged_in_impact_bond`` and
        ``number_with_positive_social_outcomes`` (children).
    """
    targets = targets_by_trigger(owed.cohort["targets"] if owed.cohort.has("targets") else None)
    rows = []
    for trigger, pennies in owed.prices.items():
        target = float(targets["base"].get(trigger, math.nan))
        rows.append(
            {
                "id": trigger,
                "definition": DEFINITIONS[trigger],
                "targeted_number_of_service_users_or_beneficiaries_total": target,
                "price_per_unit": pennies / PENNIES,
                "maximum_price_if_all_targets_achieved": target * pennies / PENNIES,
                "number_engaged_in_impact_bond": owed.children,
                "number_with_positive_social_outcomes": int(owed.met[trigger].sum()),
            }
        )
    return pd.DataFrame(rows)


def indigo_commitments(owed: Owed) -> pd.DataFrame:
    """One row a payer: ``organisation_id``, the most it could pay, what it pays, and ``children``."""
    total = owed.payments.groupby("payer")["pennies"].sum() / PENNIES
    share = total / total.sum() if total.sum() else total
    return pd.DataFrame(
        {
            "organisation_id": [str(p) for p in total.index],
            "maximum_potential_outcome_payment": (share * owed.maximum).to_numpy(),
            "total_outcome_payments": total.to_numpy(),
            "children": owed.children,
        }
    )


def _known(number: Any) -> bool:
    return isinstance(number, int | float) and math.isfinite(number)


def _value(number: Any) -> dict[str, float]:
    return {"value": float(number)}


def _metric(row: dict[str, Any], owed: Owed) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": row["id"],
        "definition": {"value": row["definition"]},
        "target_population": {"value": "Children at risk in several areas"},
        "unit_type_of_targeted_service_users_or_beneficiaries": {"value": "Individual"},
        "outcome_validation_method": {"value": VALIDATION},
        "notes": f"{owed.evidence} figures",
    }
    target = row["targeted_number_of_service_users_or_beneficiaries_total"]
    if _known(target):
        out["targeted_number_of_service_users_or_beneficiaries_total"] = _value(target)
    return out


def _pricing(row: dict[str, Any], owed: Owed) -> dict[str, Any]:
    out: dict[str, Any] = {
        "outcome_metric_id": {"value": row["id"]},
        "currency": {"value": owed.currency},
        "price_per_unit": {"amount": _value(row["price_per_unit"])},
        "price_description": {"value": f"{TRIGGERS[row['id']]}, {owed.price_year or ''} prices, {owed.evidence}"},
    }
    most = row["maximum_price_if_all_targets_achieved"]
    if _known(most):
        out["maximum_price_if_all_targets_achieved"] = {"amount": {"value": f"{most:.2f}"}}
    return out


def _result(row: dict[str, Any], owed: Owed, period: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "outcome_metric_id": {"value": row["id"]},
        "result_level": {"value": "Outcome level"},
        "result_type": {"value": "Interim" if owed.running else "Final"},
        "period": period,
    }
    for name in ("number_engaged_in_impact_bond", "number_with_positive_social_outcomes"):
        if _known(row[name]):
            out[name] = _value(row[name])
    return out


def _commitment(row: dict[str, Any], owed: Owed, period: dict[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {
        "organisation_id": {"value": row["organisation_id"]},
        "result_type": {"value": "Interim" if owed.running else "Overall"},
        "period": period,
        "notes": f"{owed.evidence} figures",
    }
    for name in ("maximum_potential_outcome_payment", "total_outcome_payments"):
        if _known(row[name]):
            out[name] = {"currency": {"value": owed.currency}, "amount": _value(row[name])}
    return out


def indigo_project(owed: Owed, metrics: pd.DataFrame, commitments: pd.DataFrame) -> dict[str, Any]:
    """Write a contract as a project of INDIGO.

    Parameters
    ----------
    owed : Owed
        For names, dates and terms only: no count and no sum is taken from it.
    metrics : DataFrame
        Of :func:`indigo_metrics`, as released; a number that is missing is left out.
    commitments : DataFrame
        Of :func:`indigo_commitments`, as released.

    Returns
    -------
    dict
        A project for JSON, valid against ``data/reference/indigo_schema.json``.
    """
    programme, terms = owed.cohort.meta.programme, owed.terms
    period = {
        "start_date": {"value": f"{programme.start:%Y-%m-%d}"},
        "end_date": {"value": f"{programme.end:%Y-%m-%d}"},
    }
    finance: dict[str, Any] = {}
    if terms.contract_cap is not None:
        finance["maximum_potential_outcome_payment_v2"] = {
            "currency": {"value": owed.currency}, "amount": _value(terms.contract_cap)
        }
    if terms.investment is not None:
        total = sum(c.amount for c in terms.investment.capital)
        finance["total_investment_commitment"] = {
            "currency": {"value": owed.currency}, "amount": {"exact": _value(total)}
        }
    sheets = [{str(k): v for k, v in row.items()} for row in metrics.to_dict(orient="records")]
    payers = [{str(k): v for k, v in row.items()} for row in commitments.to_dict(orient="records")]
    return {
        "name": {"value": terms.title},
        "stage_development": {"value": "Implementation" if owed.running else "Service delivery complete"},
        "dates": {
            "start_date_of_service_provision": period["start_date"],
            "anticipated_end_date_of_service_provision": period["end_date"],
        },
        "overall_project_finance": finance,
        "outcome_metrics": [_metric(row, owed) for row in sheets],
        "outcome_pricings": [_pricing(row, owed) for row in sheets],
        "results": [_result(row, owed, period) for row in sheets],
        "outcome_payment_commitments": [_commitment(row, owed, period) for row in payers],
    }
