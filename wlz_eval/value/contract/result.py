"""What is owed under an outcomes contract: tables of triggers, areas, payers and months."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.value.children import everybody
from wlz_eval.value.contract.owed import Owed, work_through
from wlz_eval.value.contract.pages import owed_findings
from wlz_eval.value.contract.parts import beside, counted_in, parts_by_payer
from wlz_eval.value.contract.payments import PENNIES
from wlz_eval.value.contract.terms import CASES, TRIGGERS
from wlz_eval.value.contract.timeline import over_time, targets_by_trigger

__all__ = ["ContractResult", "contract"]

_TRIGGER_COLUMNS = (
    "trigger", "label", "achieved", "price", "claimed", "paid", "children", *CASES, "price_year", "evidence"
)
_AREA_COLUMNS = ("area", "measure", "at_risk", "achieved", "percent", "rule", "read")
_PAYER_COLUMNS = ("group", "payer", "amount", "per_child", "children", "title")


@dataclass(frozen=True, kw_only=True, repr=False)
class ContractResult(Result):
    """What is owed under the contract.

    Parameters
    ----------
    worked : Owed or None
        The contract worked through for each child; ``None`` when the cohort has no contract or no rate card.
    currency : str
        ISO code.
    """

    worked: Owed | None
    currency: str

    title = "Payments under the outcomes contract"

    @property
    def available(self) -> bool:
        """Whether the cohort has a contract and a rate card."""
        return self.worked is not None

    @property
    def owed(self) -> Owed:
        """The contract worked through.

        Raises
        ------
        OptionError
            When the cohort has no contract.
        """
        if self.worked is None:
            raise OptionError("This cohort has no outcomes contract. Add contract.yaml and rate_card.csv.")
        return self.worked

    @property
    def children(self) -> int:
        """Programme children who started."""
        return self.worked.children if self.worked else 0

    @property
    def paid(self) -> float:
        """Everything that is owed."""
        return int(self.worked.claims["paid"].sum()) / PENNIES if self.worked else 0.0

    @property
    def payments(self) -> pd.DataFrame:
        """Payments by month, intake, trigger and payer; their pennies add up exactly to :attr:`paid`."""
        return self.owed.payments

    @property
    def counts(self) -> pd.DataFrame:
        """One row a child: ``outcomes`` achieved and ``at_risk`` areas. Never for a page."""
        owed = self.owed
        return pd.DataFrame({"outcomes": owed.reached.sum(axis=1), "at_risk": owed.at_risk.sum(axis=1)})

    @property
    def by_payer(self) -> pd.DataFrame:
        """Payments by payer, largest first: ``group``, ``payer``, ``amount``, ``per_child``, its parts, ``title``."""
        if self.worked is None or not len(self.worked.payments):
            return pd.DataFrame(columns=list(_PAYER_COLUMNS))
        owed = self.worked
        pennies = owed.payments.groupby("payer")["pennies"].sum().sort_values(ascending=False, kind="stable")
        amount = pennies.to_numpy() / PENNIES
        table = pd.DataFrame({"payer": [str(p) for p in pennies.index], "amount": amount})
        year = f", {owed.price_year} prices" if owed.price_year else ""
        shared = owed.payments[owed.payments["pennies"] > 0].groupby(owed.payments["payer"].astype(str))["trigger"]
        triggers = {str(payer): sorted(set(own)) for payer, own in shared}
        parts = parts_by_payer(owed)
        each = amount / max(owed.children, 1)
        counted = [(*counted_in(owed, payer=str(p)), *everybody(owed.children, over=True)) for p in table["payer"]]
        of = pd.DataFrame([beside("per_child", parts[p], a) for p, a in zip(table["payer"], each, strict=True)])
        return table.join(of).assign(
            group=table["payer"].str.replace("_", " "),
            per_child=each,
            children=[owed.paid_for(triggers.get(payer, ["nothing"])) for payer in table["payer"]],
            per_child_counted=pd.Series(counted, dtype=object),
            title=f"{owed.currency} a child{year} ({owed.evidence})",
        )[[*_PAYER_COLUMNS, *of, "per_child_counted"]]

    @property
    def by_intake(self) -> pd.DataFrame:
        """Payments by payer and school year of start: ``intake``, ``group``, ``amount``, ``children``."""
        owed = self.owed
        sums = owed.payments.groupby(["intake", "payer"], as_index=False)["pennies"].sum()
        size = owed.intake.value_counts()
        return pd.DataFrame(
            {
                "intake": sums["intake"], "group": sums["payer"].astype(str).str.replace("_", " "),
                "amount": sums["pennies"] / PENNIES, "children": sums["intake"].map(size).astype(int),
            }
        )

    @property
    def triggers(self) -> pd.DataFrame:
        """One row a priced trigger: achieved, price, claimed, paid, and the targets ``low``, ``base``, ``high``."""
        if self.worked is None:
            return pd.DataFrame(columns=list(_TRIGGER_COLUMNS))
        owed, claims = self.worked, self.worked.claims
        targets = targets_by_trigger(owed.cohort["targets"] if owed.cohort.has("targets") else None)
        sums = claims.groupby("trigger")[["claimed", "paid"]].sum()
        rows = [
            {
                "trigger": trigger,
                "label": TRIGGERS[trigger],
                "achieved": int(owed.met[trigger].sum()),
                "price": pennies / PENNIES,
                "claimed": int(sums["claimed"].get(trigger, 0)) / PENNIES,
                "paid": int(sums["paid"].get(trigger, 0)) / PENNIES,
                "children": owed.children,
                **{case: float(targets[case].get(trigger, math.nan)) for case in CASES},
                "price_year": owed.price_year,
                "evidence": owed.evidence,
            }
            for trigger, pennies in owed.prices.items()
        ]
        return pd.DataFrame(rows, columns=list(_TRIGGER_COLUMNS))

    @property
    def areas(self) -> pd.DataFrame:
        """One row a payable outcome: children at risk, achieved, its rule, and those at risk who were read again."""
        if self.worked is None:
            return pd.DataFrame(columns=list(_AREA_COLUMNS))
        owed = self.worked
        rows = []
        for rule in owed.rules:
            o = rule.outcome
            risky, got = owed.at_risk[o.area], int(owed.reached[o.area].sum())
            column = f"{o.measure}_{o.wave}"
            read = risky & (owed.data[column].notna() if column in owed.data else False)
            n = int(risky.sum())
            words = "no longer at risk" if o.rule == "crosses_out" else "more than expected progress"
            share = 100.0 * got / n if n else math.nan
            rows.append((o.area.replace("_", " ").capitalize(), rule.label, n, got, share, words, int(read.sum())))
        return pd.DataFrame(rows, columns=list(_AREA_COLUMNS))

    def targets(self) -> pd.DataFrame:
        """Triggers that have targets: ``label``, ``achieved``, ``low``, ``base``, ``high``."""
        return self.triggers.dropna(subset=list(CASES), how="all")

    def over_time(self) -> pd.DataFrame:
        """Payments so far by month, beside the projections (see :func:`wlz_eval.value.contract.timeline.over_time`)."""
        if self.worked is None:
            return pd.DataFrame(columns=["month", "paid", *CASES, "children", "title"])
        return over_time(self.worked)

    def table(self) -> pd.DataFrame:
        """One row a trigger: achieved, price, claimed, paid, targets."""
        return self.triggers

    def plot(self) -> object:
        """Draw what was achieved beside the targets, unreleased: for exploring, not for a page."""
        from wlz_eval.value.contract.figures import draw_targets

        return draw_targets(self.targets())

    def findings(self) -> list[Finding]:
        """Return payments, outcomes achieved, targets, and the share of the maximum possible."""
        if self.worked is None:
            return []
        return owed_findings(self.worked, self.counts, self.by_payer, self.triggers)


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
        With everything that is wrong with contract, rate card, targets and evidence.
    """
    if cohort.contract is None or not cohort.has("rate_card"):
        return ContractResult(worked=None, currency=cohort.currency)
    options = engagement or EngagementOptions.model_validate({})
    return ContractResult(worked=work_through(cohort, frame, risk, options), currency=cohort.currency)
