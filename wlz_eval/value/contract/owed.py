"""The contract worked through for every child: outcomes, triggers, dated claims, payments. Never for a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Evidence
from wlz_eval.engagement import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.value.contract.achieved import areas_at_risk, evidenced, outcomes_met, triggers_met
from wlz_eval.value.contract.check import contract_terms
from wlz_eval.value.contract.dates import due_dates, intakes, start_dates, trigger_dates
from wlz_eval.value.contract.payments import PENNIES, apply_caps, claims_of, payments_by_payer, prices_of
from wlz_eval.value.contract.rules import Judged, judged, readings_of
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, ContractTerms, payable_outcomes

__all__ = ["Owed", "work_through"]


@dataclass(frozen=True, kw_only=True)
class Owed:
    """Everything that follows from a contract for each programme child.

    Parameters
    ----------
    cohort : Cohort
    terms : ContractTerms
    card : DataFrame
        Rate card.
    prices : dict of str to int
        Pennies for each trigger, in the order in which they are earned.
    rules : tuple of Judged
        Payable outcomes.
    data : DataFrame
        Programme children of the analysis frame.
    at_risk, reached : DataFrame of bool
        By child and area: at risk at baseline; outcome achieved.
    met : DataFrame of bool
        By child and trigger: earned, with evidence where the contract asks for it, and not after the child left.
    open : DataFrame of bool
        By child and trigger: still to be decided, so that it is forecast and not counted as missed.
    due : DataFrame of datetime
        By child and trigger: day on which it would fall due.
    intake : Series of str
        School year in which each child started.
    claims : DataFrame
        Each claim with ``claimed`` and ``paid``, in pennies.
    payments : DataFrame
        By month, intake, trigger and payer.
    price_year : int or None
    currency : str
    evidence : str
        Where prices come from.
    """

    cohort: Cohort
    terms: ContractTerms
    card: pd.DataFrame
    prices: dict[str, int]
    rules: tuple[Judged, ...]
    data: pd.DataFrame
    at_risk: pd.DataFrame
    reached: pd.DataFrame
    met: pd.DataFrame
    open: pd.DataFrame
    due: pd.DataFrame
    intake: pd.Series
    claims: pd.DataFrame
    payments: pd.DataFrame
    price_year: int | None
    currency: str
    evidence: Evidence

    @property
    def children(self) -> int:
        """Programme children who started."""
        return len(self.data)

    def paid_for(self, triggers: Sequence[str] = ()) -> int:
        """Children for whom something is paid, for any trigger or for these: what a shown payment rests on.

        All who started where the contract can pay nothing, since no payment then says anything of a child.
        """
        if not self.maximum:
            return self.children
        paid = self.claims[self.claims["paid"] > 0]
        return int(paid.loc[paid["trigger"].isin(triggers) if triggers else paid.index, "child_id"].nunique())

    def undecided(self, triggers: Iterable[str] = ()) -> bool:
        """Whether every priced trigger, or every one of these, is still open for every child."""
        names = [t for t in self.prices if t in (set(triggers) or set(self.prices))]
        return bool(names) and bool(self.open[names].to_numpy().all())

    @property
    def outcome_payments(self) -> float:
        """Everything that is owed for outcomes."""
        return int(self.claims.loc[self.claims["trigger"].isin(OUTCOME_TRIGGERS), "paid"].sum()) / PENNIES

    @property
    def maximum(self) -> float:
        """Most that the contract could pay for these children, every trigger met and the caps kept."""
        paid = [p for t, p in self.prices.items() if t not in OUTCOME_TRIGGERS[self.terms.outcomes_paid_per_child :]]
        each = sum(paid)
        if self.terms.child_cap is not None:
            each = min(each, round(self.terms.child_cap * PENNIES))
        total = each * self.children
        if self.terms.contract_cap is not None:
            total = min(total, round(self.terms.contract_cap * PENNIES))
        return total / PENNIES

    @property
    def kind_of_money(self) -> str:
        """What the amounts are, in words: price year and where the prices come from."""
        return f"{self.price_year} prices, {self.evidence}" if self.price_year else str(self.evidence)

    @property
    def running(self) -> bool:
        """Whether something is still to be decided."""
        return bool(self.open.loc[:, list(self.prices)].to_numpy().any())


def _evidence(card: pd.DataFrame, terms: ContractTerms) -> Evidence:
    """Illustrative when any price says so, else as the contract says."""
    sources = card["source"].astype(str).str.lower() if "source" in card else pd.Series([], dtype=str)
    return "illustrative" if sources.str.startswith("illustrative").any() else terms.evidence


def _price_year(card: pd.DataFrame) -> int | None:
    years = card["price_year"].dropna() if "price_year" in card else pd.Series([], dtype=int)
    return int(years.iloc[0]) if len(years) else None


def _open(
    terms: ContractTerms, rules: tuple[Judged, ...], data: pd.DataFrame, intake: pd.Series, due: pd.DataFrame
) -> pd.DataFrame:
    """Mark what is still to be decided: due after `as_of`, or of an intake without any later reading yet."""
    if terms.as_of is not None:
        return due > pd.Timestamp(terms.as_of)
    still = pd.DataFrame(False, index=due.index, columns=due.columns)
    held = np.isfinite(readings_of(data, rules)).any(axis=1) if rules else np.ones(len(data), dtype=bool)
    waiting = ~pd.Series(held, index=data.index).groupby(intake.to_numpy()).transform("any")
    # Where no child of any intake has one, the cohort holds no outcome at all: nothing says that it is still to come.
    if not waiting.all():
        still.loc[waiting.to_numpy(dtype=bool), list(OUTCOME_TRIGGERS)] = True
    return still


def _withdrawn(data: pd.DataFrame, terms: ContractTerms, dates: pd.DataFrame) -> pd.DataFrame:
    """Whether each claim falls due after its child left, where the contract then pays nothing."""
    if terms.withdrawn == "as_evidenced" or "left" not in data:
        return pd.DataFrame(False, index=dates.index, columns=dates.columns)
    left = pd.to_datetime(data["left"]).to_numpy()[:, None]
    late = dates.to_numpy() > left
    return pd.DataFrame(late, index=dates.index, columns=dates.columns)


def work_through(
    cohort: Cohort, frame: AnalysisFrame, risk: Iterable[RiskRule], engagement: EngagementOptions
) -> Owed:
    """Work a contract through, from measures to payments.

    Parameters
    ----------
    cohort : Cohort
        With ``contract.yaml`` and ``rate_card``.
    frame : AnalysisFrame
    risk : iterable of RiskRule
        What is paid when ``contract.yaml`` lists no outcomes.
    engagement : EngagementOptions
        High engagement, where the contract does not say.

    Raises
    ------
    CohortError
        With all that is wrong with the contract.
    """
    terms, card = contract_terms(cohort), cohort["rate_card"]
    rules = judged(cohort, payable_outcomes(cohort, terms, risk))
    data = frame.data[frame.data["programme"] == 1]
    reached = outcomes_met(data, rules)
    outcomes = [rule.outcome for rule in rules]
    intake, due = intakes(start_dates(cohort, data)), due_dates(cohort, data, terms, outcomes)
    dates = trigger_dates(cohort, data, terms, outcomes, reached)
    still = _open(terms, rules, data, intake, due)
    earned = triggers_met(cohort, frame, terms, reached, engagement)
    names = list(earned.columns)
    kept = evidenced(cohort, terms, data.index, names) & ~_withdrawn(data, terms, dates)[names] & ~still[names]
    prices = prices_of(card)
    claims = claims_of(earned & kept, dates, intake, prices)
    claims["paid"] = apply_caps(claims, terms.child_cap, terms.contract_cap)
    return Owed(
        cohort=cohort,
        terms=terms,
        card=card,
        prices=prices,
        rules=rules,
        data=data,
        at_risk=areas_at_risk(data, rules),
        reached=reached,
        met=earned & kept,
        open=still,
        due=due,
        intake=intake,
        claims=claims,
        payments=payments_by_payer(claims, card, terms),
        price_year=_price_year(card),
        currency=cohort.currency,
        evidence=_evidence(card, terms),
    )
