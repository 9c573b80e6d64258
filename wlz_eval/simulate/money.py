"""Costs, funding and the outcomes contract of a simulated cohort, and what its true effects are worth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from wlz_eval.reference.money import unit_value
from wlz_eval.simulate.options import SimulationOptions
from wlz_eval.simulate.pupils import parameter, stream
from wlz_eval.simulate.truth import Truth
from wlz_eval.value.deflate import deflate
from wlz_eval.value.discount import discount_factors

__all__ = ["PRICE_YEAR", "money_tables", "true_value"]

#: Prices in which simulated costs are counted.
PRICE_YEAR = 2023
#: How what is raised beside the local authority and partners is spent.
_SPLIT = {"link_workers": 0.62, "management": 0.16, "data_and_evaluation": 0.10, "overheads": 0.12}
_ITEMS = {
    "link_workers": "Link Workers in schools", "management": "Management and supervision",
    "data_and_evaluation": "Data and evaluation", "overheads": "Rent and overheads",
    "partners": "Sessions commissioned from partners", "schools": "Rooms and staff time of schools",
}
ILLUSTRATIVE = "illustrative: no price of the contract is published"


def _line(category: str, payer: str, kind: str, period: str, amount: float, item: str = "") -> dict[str, Any]:
    return {
        "item": item or _ITEMS[category], "category": category, "payer": payer, "kind": kind, "period": period,
        "amount": round(amount, 2), "price_year": PRICE_YEAR,
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
_PRICES = {"sign_up": 600.0, "high_engagement": 900.0, "outcome_1": 1500.0, "outcome_2": 1200.0, "outcome_3": 900.0}
#: Illustrative targets as shares of the children, low, base and high.
_TARGETS = {
    "sign_up": (0.95, 1.0, 1.0), "high_engagement": (0.4, 0.5, 0.6), "outcome_1": (0.6, 0.75, 0.9),
    "outcome_2": (0.35, 0.5, 0.65), "outcome_3": (0.15, 0.25, 0.4),
}


def _rate_card() -> pd.DataFrame:
    return pd.DataFrame(
        [{"trigger": t, "price": p, "price_year": PRICE_YEAR, "source": ILLUSTRATIVE} for t, p in _PRICES.items()]
    )


def _targets(options: SimulationOptions) -> pd.DataFrame:
    rows = [
        {"trigger": trigger, "case": case, "count": float(round(share * options.children)), "source": ILLUSTRATIVE}
        for trigger, shares in _TARGETS.items()
        for case, share in zip(("low", "base", "high"), shares, strict=True)
    ]
    return pd.DataFrame(rows)


def _contract(options: SimulationOptions) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "note": ILLUSTRATIVE,
        "outcomes_paid_per_child": 3,
        "child_cap": 6000,
        "contract_cap": 6000 * options.children,
        "payers": {"local_authority": 0.4, "central_government": 0.4, "philanthropy": 0.2},
    }


def money_tables(options: SimulationOptions) -> dict[str, Any]:
    """Make ``costs``, ``funding``, ``rate_card``, ``targets`` and the contents of ``contract.yaml``."""
    tables = {"costs": _costs(options), "funding": _funding(options), "rate_card": _rate_card()}
    typed = {name: table.astype({"price_year": "Int64"}) for name, table in tables.items()}
    return {**typed, "targets": _targets(options), "contract": _contract(options)}


def true_value(options: SimulationOptions, plan: Mapping[str, Any], truth: Truth, costs: pd.DataFrame) -> dict[str, Any]:
    """Work out what the true effects are worth in this world, under the plan's own rules.

    The true link of each outcome to money is one draw from the plan's distribution (normal, cut at zero),
    and so is the unit value. The rest follows the plan: price year, discounting from the start of the
    programme, onset, duration and decay. Costs are not discounted within the two years.

    Returns
    -------
    dict
        ``benefits`` (a line each), ``benefits_total``, ``costs_total``, ``net_present_value``,
        ``benefit_cost_ratio``; for all children who started, in the plan's price year.
    """
    rng = stream(options, "value")
    value = plan["value"]
    children = len(truth.per_child)
    lines = []
    for benefit in value["benefits"]:
        unit = unit_value(benefit["unit_value"])
        link = max(0.0, rng.normal(benefit["units_per_point"], benefit["sd_units_per_point"]))
        each = max(0.0, rng.normal(unit.value, unit.relative_sd * unit.value))
        price = float(deflate(each, unit.price_year, value["price_year"], unit.currency, unit.price_basis))
        good = -1.0 if benefit["measure"].startswith("sdq") and benefit["measure"] != "sdq_prosocial" else 1.0
        effect = good * truth.att(f"{benefit['measure']}_{benefit.get('wave', 'endline')}")
        years = np.arange(benefit.get("duration_years", 1))
        fade = (1 - benefit.get("decay", 0.0)) ** years
        factor = float((fade * discount_factors(years + benefit.get("onset_year", 0))).sum())
        lines.append(
            {
                "measure": benefit["measure"], "unit_value": benefit["unit_value"],
                "units_per_point": float(f"{link:.8g}"), "price": float(f"{price:.8g}"),
                "present_value": round(effect * link * price * factor * children, 2),
            }
        )
    total = sum(line["present_value"] for line in lines)
    cost = float(np.sum([float(deflate(a, int(p), value["price_year"])) for a, p in
                         zip(costs["amount"], costs["price_year"], strict=True)]))
    return {
        "price_year": value["price_year"], "children": children, "benefits": lines,
        "benefits_total": round(total, 2), "costs_total": round(cost, 2),
        "net_present_value": round(total - cost, 2), "benefit_cost_ratio": round(total / cost, 6) if cost else None,
    }
