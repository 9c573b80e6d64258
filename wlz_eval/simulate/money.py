"""Costs, funding and the outcomes contract of a simulated cohort, and what its true effects are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import parameter, stream
from wlz_eval.simulate.truth import Truth
from wlz_eval.value import ValueOptions, costs, programme_years
from wlz_eval.value.benefits.lines import make_line

__all__ = ["PRICE_YEAR", "money_tables", "true_value"]

#: Prices in which simulated costs are counted.
PRICE_YEAR = 2023
#: How what is raised beside the local authority and partners is spent.
_SPLIT = {"link_workers": 0.62, "management": 0.16, "data_and_evaluation": 0.10, "overheads": 0.12}
_ITEMS = {
    "link_workers": "Link Workers in schools",
    "management": "Management and supervision",
    "data_and_evaluation": "Data and evaluation",
    "overheads": "Rent and overheads",
    "partners": "Sessions commissioned from partners",
    "schools": "Rooms and staff time of schools",
}
ILLUSTRATIVE = "illustrative: no price of the contract is published"


def _line(category: str, payer: str, kind: str, period: str, amount: float, item: str = "") -> dict[str, Any]:
    return {
        "item": item or _ITEMS[category],
        "category": category,
        "payer": payer,
        "kind": kind,
        "period": period,
        "amount": round(amount, 2),
        "price_year": PRICE_YEAR,
    }


def _costs(options: SimulationOptions) -> pd.DataFrame:
    n, y = options.children, options.start_year
    partners, authority = parameter("cost_partners"), parameter("cost_local_authority")
    rest = parameter("cost_raised") + authority - partners
    lines = []
    for year in (y, y + 1):
        period = f"{year}/{(year + 1) % 100:02d}"
        lines.append(_line("partners", "philanthropy", "cash", period, partners * n))
        for category, share in _SPLIT.items():
            if category == "link_workers":
                lines.append(_line(category, "local_authority", "cash", period, authority * n))
                lines.append(_line(category, "outcomes_funders", "cash", period, (share * rest - authority) * n))
            else:
                lines.append(_line(category, "outcomes_funders", "cash", period, share * rest * n))
        lines.append(_line("schools", "schools", "in_kind", period, parameter("cost_in_kind") * n))
    return pd.DataFrame(lines)


def _funding(options: SimulationOptions) -> pd.DataFrame:
    n, y = options.children, options.start_year
    authority, raised, partners = (parameter(f"cost_{k}") for k in ("local_authority", "raised", "partners"))
    lines = []
    for year in (y, y + 1):
        period = f"{year}/{(year + 1) % 100:02d}"
        for payer, amount, item in (
            ("local_authority", authority, "Contribution of the local authority"),
            ("outcomes_funders", raised - partners, "Outcome payments and grants of government"),
            ("philanthropy", partners, "Gifts of foundations and companies"),
        ):
            lines.append(_line(payer, payer, "cash", period, amount * n, item))
        lines.append(_line("schools", "schools", "in_kind", period, parameter("cost_in_kind") * n))
    return pd.DataFrame(lines).assign(category="income")


#: Illustrative prices of the rate card, in pounds; where they come from is said on every row.
_PRICES = {
    "sign_up": 600.0,
    "high_engagement": 900.0,
    "outcome_1": 1500.0,
    "outcome_2": 1200.0,
    "outcome_3": 900.0,
}
#: Illustrative targets as shares of the children, low, base and high.
_TARGETS = {
    "sign_up": (0.95, 1.0, 1.0),
    "high_engagement": (0.4, 0.5, 0.6),
    "outcome_1": (0.6, 0.75, 0.9),
    "outcome_2": (0.35, 0.5, 0.65),
    "outcome_3": (0.15, 0.25, 0.4),
}


def _rate_card() -> pd.DataFrame:
    return pd.DataFrame(
        [{"trigger": t, "price": p, "price_year": PRICE_YEAR, "source": ILLUSTRATIVE} for t, p in _PRICES.items()]
    )


def _targets(options: SimulationOptions) -> pd.DataFrame:
    first, last = (f"{y}/{(y + 1) % 100:02d}" for y in (options.start_year, options.start_year + 1))
    rows = [
        {
            "trigger": trigger,
            "case": case,
            "period": first if trigger == "sign_up" else last,
            "count": float(round(share * options.children)),
            "source": ILLUSTRATIVE,
        }
        for trigger, shares in _TARGETS.items()
        for case, share in zip(("low", "base", "high"), shares, strict=True)
    ]
    return pd.DataFrame(rows)


#: Illustrative capital for each child in each of two payments: enough to pay all costs before the last payment comes.
_CAPITAL_PER_CHILD = 1100.0


def _contract(options: SimulationOptions) -> dict[str, Any]:
    n, y = options.children, options.start_year
    return {
        "schema_version": 1,
        "title": "Simulated outcomes contract",
        "note": ILLUSTRATIVE,
        "outcomes_paid_per_child": 3,
        "child_cap": 6000,
        "contract_cap": 6000 * n,
        "payers": {"local_authority": 0.4, "central_government": 0.4, "philanthropy": 0.2},
        "claim_dates": {
            "sign_up": "start",
            "high_engagement": "programme_end",
            **dict.fromkeys(("outcome_1", "outcome_2", "outcome_3"), "wave"),
        },
        "payment_months": 1,
        "currency": "GBP",
        "investment": {
            "capital": [
                {"date": f"{y}-09-01", "amount": _CAPITAL_PER_CHILD * n},
                {"date": f"{y + 1}-09-01", "amount": _CAPITAL_PER_CHILD * n},
            ],
            "pays_for": ["outcomes_funders"],
            "evidence": "illustrative",
        },
    }


def money_tables(options: SimulationOptions) -> dict[str, Any]:
    """Make ``costs``, ``funding``, ``rate_card``, ``targets`` and the contents of ``contract.yaml``."""
    tables = {"costs": _costs(options), "funding": _funding(options), "rate_card": _rate_card()}
    typed = {name: table.astype({"price_year": "Int64"}) for name, table in tables.items()}
    return {**typed, "targets": _targets(options), "contract": _contract(options)}


def true_value(options: SimulationOptions, cohort: Cohort, plan: Mapping[str, Any], truth: Truth) -> dict[str, Any]:
    """Work out what the true effects are worth in this world, by the plan's own rules.

    What is uncertain in the plan is settled here by one draw from the plan's distribution: the link of each
    outcome to money, the worth of each unit, how long it lasts and how fast it fades. The rest
    follows the plan: price year, discounting to the start of the programme, onset, additionality.

    Returns
    -------
    dict
        ``benefits`` (a line each), ``benefits_total``, ``costs_total``, ``net_present_value`` and
        ``benefit_cost_ratio``, for all children who started, in the plan's price year.
    """
    rng, settled = stream(options, "value"), stream(options, "value_years")
    terms = ValueOptions.model_validate(plan["value"])
    children, years = len(truth.per_child), programme_years(cohort)
    worth: dict[str, float] = {}
    lines: list[dict[str, Any]] = []
    present: list[float] = []
    for benefit in terms.benefits:
        line = make_line(cohort, terms, benefit, years, None, "headline", "", None)
        link = float(line.link.at(rng.standard_normal()))
        each = worth.setdefault(line.unit.name, float(line.worth.at(rng.standard_normal())))
        effect = line.direction * truth.att(f"{benefit.measure}_{benefit.wave}")
        lasts, fades = line.fading.duration, line.fading.decay
        kept = float(line.fading.factor(lasts.at(settled.standard_normal()), fades.at(settled.standard_normal())))
        # What is true carries no optimism: that is taken off by who has to guess.
        amount = effect * link * each * kept * line.additional * line.weight * children
        present.append(round(float(amount), 2))
        lines.append(
            {
                "measure": benefit.measure,
                "wave": benefit.wave,
                "unit_value": line.unit.name,
                "units_per_point": float(f"{link:.8g}"),
                "price": float(f"{each:.8g}"),
                "present_value": present[-1],
            }
        )
    total = sum(present)
    cost = float(costs(cohort, terms, children).additional_present_value)
    return {
        "price_year": terms.price_year,
        "children": children,
        "benefits": lines,
        "benefits_total": round(total, 2),
        "costs_total": round(cost, 2),
        "net_present_value": round(total - cost, 2),
        "benefit_cost_ratio": round(total / cost, 6) if cost else None,
    }
