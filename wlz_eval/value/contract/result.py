"""What is owed under an outcomes contract: from measures to outcomes, claims and payments."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Evidence, Finding, Unit
from wlz_eval.core.result import Result
from wlz_eval.engagement import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.value.contract.achieved import (
    areas_at_risk,
    attainable_share,
    maximum_possible,
    outcomes_met,
    triggers_met,
)
from wlz_eval.value.contract.payments import PENNIES, apply_caps, child_claims, payments_by_payer
from wlz_eval.value.contract.terms import TRIGGERS, ContractTerms, contract_terms, payable_outcomes

__all__ = ["ContractResult", "contract"]

PAID_NOT_CAUSED = (
    "An outcome is paid when a child crosses a line, whatever moved the child across it; "
    "page 4 says what the programme itself can be shown to have changed."
)

_TRIGGER_COLUMNS = (
    "trigger",
    "label",
    "achieved",
    "price",
    "claimed",
    "paid",
    "children",
    "low",
    "base",
    "high",
    "price_year",
    "evidence",
)
_AREA_COLUMNS = ("area", "measure", "at_risk", "achieved", "percent", "rule")


@dataclass(frozen=True, repr=False)
class ContractResult(Result):
    """What is owed under the contract.

    Parameters
    ----------
    available : bool
        Whether the cohort has a contract and a rate card.
    terms : ContractTerms
        Terms of the contract.
    children : int
        Programme children who started.
    triggers : DataFrame
        ``trigger``, ``label``, ``achieved`` (children), ``price``, ``claimed``, ``paid``, ``children``, and
        the targets ``low``, ``base``, ``high``.
    areas : DataFrame
        ``area``, ``at_risk``, ``achieved``, ``percent``, ``rule``: each payable outcome.
    payments : DataFrame
        By trigger and payer (see :func:`wlz_eval.value.payments.payments_by_payer`).
    counts : DataFrame
        One row a child: ``outcomes`` achieved and ``at_risk`` areas. Never for a page.
    currency : str
        ISO code.
    price_year : int or None
        Price year of the rate card; ``None`` when it does not say or its rows differ.
    evidence : str
        Where the prices come from.
    """

    available: bool
    terms: ContractTerms = field(default_factory=lambda: ContractTerms.model_validate({}))
    children: int = 0
    triggers: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_TRIGGER_COLUMNS)))
    areas: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_AREA_COLUMNS)))
    payments: pd.DataFrame = field(default_factory=pd.DataFrame)
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = ""
    price_year: int | None = None
    evidence: Evidence = "illustrative"

    title = "Payments under the outcomes contract"

    @property
    def paid(self) -> float:
        """Everything that is owed."""
        return int(self.payments["pennies"].sum()) / PENNIES if len(self.payments) else 0.0

    @property
    def by_payer(self) -> pd.DataFrame:
        """Payments by payer, largest first: ``group``, ``payer``, ``amount``, ``per_child``."""
        columns = ["group", "payer", "amount", "per_child", "children", "title"]
        if not len(self.payments):
            return pd.DataFrame(columns=columns)
        pennies = self.payments.groupby("payer")["pennies"].sum().sort_values(ascending=False, kind="stable")
        amount = pennies.to_numpy() / PENNIES
        table = pd.DataFrame({"payer": [str(p) for p in pennies.index], "amount": amount})
        year = f", {self.price_year} prices" if self.price_year else ""
        return table.assign(
            group=table["payer"].str.replace("_", " "),
            per_child=amount / max(self.children, 1),
            children=self.children,
            title=f"{self.currency} a child{year} ({self.evidence})",
        )[columns]

    def targets(self) -> pd.DataFrame:
        """Triggers that have targets: ``label``, ``achieved``, ``low``, ``base``, ``high``."""
        return self.triggers.dropna(subset=["low", "base", "high"], how="all")

    def table(self) -> pd.DataFrame:
        """One row a trigger: achieved, price, claimed, paid, targets."""
        return self.triggers

    def plot(self) -> object:
        """Draw what was achieved beside the targets, unreleased: for exploring, not for a page."""
        from wlz_eval.value.contract.figures import draw_targets

        return draw_targets(self.targets())

    def _finding(
        self,
        name: str,
        quantity: str,
        estimate: float,
        unit: Unit,
        note: str = "",
        subgroup: str = "",
        n: int | None = None,
    ) -> Finding:
        money = unit == "money"
        return Finding(
            finding_id=f"contract.{name}",
            quantity=quantity,
            estimate=estimate,
            unit=unit,
            claim="description",
            group="programme",
            subgroup=subgroup,
            n_programme=self.children if n is None else n,
            price_year=self.price_year if money else None,
            currency=self.currency if money else "",
            perspective="payers" if money else "",
            evidence=self.evidence if money else "measured",
            method="rate card applied to measured outcomes" if money else "count under the contract's rules",
            note=note or (PAID_NOT_CAUSED if name.startswith(("paid", "maximum")) else ""),
        )

    def findings(self) -> list[Finding]:
        """Return payments, outcomes achieved, targets, and the share of the maximum possible."""
        if not self.available:
            return []
        cap = self.terms.outcomes_paid_per_child
        counts = self.counts
        found = [
            self._finding("paid_total", "payment", self.paid, "money", subgroup="in all"),
            self._finding(
                "paid_per_child",
                "payment",
                self.paid / self.children if self.children else math.nan,
                "money",
                subgroup="for each child who started",
            ),
            self._finding("maximum_possible", "share", maximum_possible(counts["outcomes"], cap), "probability"),
            self._finding(
                "attainable",
                "share",
                attainable_share(counts["outcomes"], counts["at_risk"], cap),
                "probability",
                "Of what the children could achieve: a child at risk in two areas cannot achieve three.",
            ),
            self._finding("children", "count", float(self.children), "children"),
        ]
        for row in self.by_payer.to_dict(orient="records"):
            found.append(
                self._finding(f"paid.{row['payer']}", "payment", row["amount"], "money", subgroup=row["group"])
            )
        for row in self.triggers.to_dict(orient="records"):
            name, label = row["trigger"], row["label"]
            n = int(row["achieved"])
            found.append(self._finding(f"achieved.{name}", "count", float(n), "children", subgroup=label))
            if row["base"] == row["base"]:
                found.append(self._finding(f"target.{name}", "target", float(row["base"]), "count", subgroup=label))
        return found

    def answer(self) -> tuple[str, dict[str, Finding | str | None]]:
        """Answer the question of notebook 08 in words: a template and the values of its placeholders."""
        if not self.available:
            return "This cohort has no outcomes contract with a rate card, so nothing is owed under one.", {}
        found = {f.finding_id: f for f in self.findings()}
        values: dict[str, Finding | str | None] = {
            "paid": found["contract.paid_total"],
            "each": found["contract.paid_per_child"],
            "most": found["contract.maximum_possible"],
            "attainable": found["contract.attainable"],
            "year": f" ({self.price_year} prices)" if self.price_year else "",
            "prices": {"illustrative": "illustrative prices", "published": "published prices"}.get(
                self.evidence, "the prices of the contract"
            ),
        }
        return (
            "At {prices}, {paid} is owed{year}: {each} for each child who started. Children achieved "
            "{most:chance} of the outcomes that are possible if every child achieves three, and "
            "{attainable:chance} of those within their reach."
        ), values


def _targets(cohort: Cohort) -> pd.DataFrame:
    """Targets by trigger: ``low``, ``base``, ``high``, over all periods."""
    if not cohort.has("targets"):
        return pd.DataFrame(columns=["low", "base", "high"], dtype=float)
    table = cohort["targets"].assign(trigger=lambda d: d["trigger"].astype(str), case=lambda d: d["case"].astype(str))
    wide = table.pivot_table(index="trigger", columns="case", values="count", aggfunc="sum")
    return wide.reindex(columns=["low", "base", "high"]).astype(float)


def _price_year(card: pd.DataFrame) -> int | None:
    years = list(card["price_year"].dropna().unique()) if "price_year" in card else []
    if len(years) > 1:
        raise OptionError(
            f"The rate card has prices of {', '.join(str(int(y)) for y in sorted(years))}. A contract has "
            "one price year: give all prices in the same price_year."
        )
    return int(years[0]) if len(years) else None


def _evidence(card: pd.DataFrame, terms: ContractTerms) -> Evidence:
    """Illustrative when any price says so, else as the contract says."""
    sources = card["source"].astype(str).str.lower() if "source" in card else pd.Series([], dtype=str)
    return "illustrative" if sources.str.startswith("illustrative").any() else terms.evidence


def _trigger_table(
    met: pd.DataFrame, claims: pd.DataFrame, paid: pd.DataFrame, targets: pd.DataFrame, card: pd.DataFrame
) -> pd.DataFrame:
    prices = card.assign(trigger=card["trigger"].astype(str)).groupby("trigger")["price"].sum()
    rows = []
    for trigger in claims.columns:
        target = targets.loc[trigger].to_dict() if trigger in targets.index else {}
        rows.append(
            {
                "trigger": trigger,
                "label": TRIGGERS[str(trigger)],
                "achieved": int(met[trigger].sum()),
                "price": float(prices[str(trigger)]),
                "claimed": int(claims[trigger].sum()) / PENNIES,
                "paid": int(paid[trigger].sum()) / PENNIES,
                "children": len(met),
                **{case: float(target.get(case, math.nan)) for case in ("low", "base", "high")},
            }
        )
    return pd.DataFrame(rows)


def contract(
    cohort: Cohort,
    frame: AnalysisFrame,
    risk: Iterable[RiskRule] = (),
    engagement: EngagementOptions | None = None,
) -> ContractResult:
    """Work out what is owed under a cohort's outcomes contract.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame.
    risk : iterable of RiskRule
        Risk rules of the plan: what is paid when ``contract.yaml`` lists no outcomes.
    engagement : EngagementOptions, optional
        What counts as high engagement when the contract does not say.

    Returns
    -------
    ContractResult
        With ``available`` false when the cohort has no contract or no rate card.

    Raises
    ------
    CohortError
        When contract or rate card break their format.
    OptionError
        When prices are of different price years.
    """
    if cohort.contract is None or not cohort.has("rate_card"):
        return ContractResult(available=False, currency=cohort.currency)
    terms = contract_terms(cohort)
    card = cohort["rate_card"]
    outcomes = payable_outcomes(cohort, terms, risk)
    data = frame.data[frame.data["programme"] == 1]
    at_risk, reached = areas_at_risk(cohort, data, outcomes), outcomes_met(cohort, data, outcomes)
    met = triggers_met(cohort, frame, terms, reached, engagement or EngagementOptions.model_validate({}))
    claims = child_claims(met, card)
    paid = apply_caps(claims, terms.child_cap, terms.contract_cap)
    areas = [
        (
            o.area.replace("_", " ").capitalize(),
            cohort.measure(o.measure).label,
            int(at_risk[o.area].sum()),
            int(reached[o.area].sum()),
            _percent(reached[o.area].sum(), at_risk[o.area].sum()),
            _rule_words(o.rule, o.least),
        )
        for o in outcomes
    ]
    return ContractResult(
        available=True,
        terms=terms,
        children=len(data),
        currency=cohort.currency,
        price_year=_price_year(card),
        triggers=_trigger_table(met, claims, paid, _targets(cohort), card).assign(
            price_year=_price_year(card), evidence=_evidence(card, terms)
        ),
        evidence=_evidence(card, terms),
        areas=pd.DataFrame(areas, columns=list(_AREA_COLUMNS)),
        payments=payments_by_payer(paid, card, terms),
        counts=pd.DataFrame({"outcomes": reached.sum(axis=1), "at_risk": at_risk.sum(axis=1)}),
    )


def _percent(part: float, whole: float) -> float:
    return 100.0 * float(part) / float(whole) if whole else math.nan


def _rule_words(rule: str, least: float) -> str:
    return "no longer at risk" if rule == "crosses_out" else "more than expected progress"
