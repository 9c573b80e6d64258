"""The whole of page 8: one verb that works through everything the page shows, and says in a sentence what it found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from wlz_eval.attribution.options import MatchingOptions
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.engagement import EngagementOptions
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.measures.options import RiskRule
from wlz_eval.value.contract.caused import Caused, caused
from wlz_eval.value.contract.families import Families, families
from wlz_eval.value.contract.forecast import Forecast, forecast
from wlz_eval.value.contract.incentives import Incentives, incentives
from wlz_eval.value.contract.indigo import indigo_commitments, indigo_metrics
from wlz_eval.value.contract.investor import Investor, investor
from wlz_eval.value.contract.pages import (
    Words,
    answer,
    anyway_answer,
    forecast_answer,
    ground,
    investor_answer,
    targets_answer,
)
from wlz_eval.value.contract.result import ContractResult, contract
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, TRIGGERS
from wlz_eval.value.contract.timeline import over_time
from wlz_eval.value.contract.trail import TRAIL_COLUMNS, audit_trail

__all__ = ["ContractPage", "contract_page"]

#: Draws by effort.
DRAWS: Mapping[str, int] = MappingProxyType({"draft": 500, "quick": 2000, "full": 10_000})
NO_CONTRACT: Words = ("There is no contract, so there is nothing to say here.", {})
ANYWAY = ("words", "areas", "paid", "beside", "without", "without_low", "without_high", "children", "title",
          "paid_counted", "without_counted", "without_low_counted", "without_high_counted")
CASH = ("month", "capital", "costs", "payments", "balance", "children", "everyone", "title")
CASE_COLUMNS = ("case", "payments", "returned", "multiple", "rate", "loss", "children", "kind")
INFORMANT_WORDS: Mapping[str, str] = MappingProxyType(
    {"teacher": "teacher", "parent": "parent", "self": "the child", "admin": "the school's records or a test"}
)
LINES = ("area", "measure", "line", "compared", "power", "verdict")
TIME = ("month", "paid", "low", "base", "high", "children", "title")
RATERS = ("area", "measure", "informant", "readings", "words")


@dataclass(frozen=True, kw_only=True, repr=False)
class ContractPage(Result):
    """Everything that page 8 shows.

    Parameters
    ----------
    result : ContractResult
        What is owed.
    forecast, caused, investor, incentives : or None
        What is still to come, what would have been paid anyway, the investor's view, and the audit of incentives;
        ``None`` without a contract.
    over_time : DataFrame
        Payments by month beside the projections (:func:`wlz_eval.value.contract.timeline.over_time`).
    families : Families
        Families by areas of need; empty without a table of them.
    """

    result: ContractResult
    forecast: Forecast | None
    caused: Caused | None
    investor: Investor | None
    incentives: Incentives | None
    over_time: pd.DataFrame
    families: Families

    title = "Outcomes contract"

    def table(self) -> pd.DataFrame:
        """One row a trigger."""
        return self.result.table()

    def findings(self) -> list[Finding]:
        """Return the findings of all parts."""
        parts = (self.result, self.forecast, self.caused, self.investor, self.incentives, self.families)
        return [finding for part in parts if part is not None for finding in part.findings()]

    def answer(self) -> Words:
        """Who owes how much, and of what maximum."""
        return answer(self.result)

    def targets_answer(self) -> Words:
        """Say what was paid and achieved beside the targets."""
        return targets_answer(self.result)

    def anyway_answer(self) -> Words:
        """How much of it could have been paid with no programme."""
        if self.caused is None:
            return "What the programme itself can be shown to have changed stands on page 4.", {}
        return anyway_answer(self.caused)

    def forecast_answer(self) -> Words:
        """Say what is still to come."""
        return forecast_answer(self.forecast) if self.forecast else NO_CONTRACT

    def investor_answer(self) -> Words:
        """Say what investors get back."""
        return investor_answer(self.investor) if self.investor else NO_CONTRACT

    def incentives_answer(self) -> Words:
        """Whether readings pile up at lines that are paid for."""
        return self.incentives.answer() if self.incentives else NO_CONTRACT

    @property
    def anyway(self) -> pd.DataFrame:
        """What is paid for outcomes, and what would be with no programme: the estimate, then each assumed rate."""
        owed = self.result.worked
        if owed is None or self.caused is None or not len(self.caused.rows):
            return pd.DataFrame(columns=list(ANYWAY))
        if not set(OUTCOME_TRIGGERS) & set(owed.prices) or owed.undecided(OUTCOME_TRIGGERS):
            return pd.DataFrame(columns=list(ANYWAY))
        words = [
            "Outcomes with an estimate"
            if rate != rate
            else f"All outcomes, if {rate:.0f}%\nof the others had come anyway"
            for rate in self.caused.rows["rate"]
        ]
        children = owed.paid_for(OUTCOME_TRIGGERS)
        return self.caused.rows.assign(words=words, children=children, beside=self.anyway_title)[list(ANYWAY)]

    @property
    def anyway_title(self) -> str:
        """What stands beside the payments: with no programme only where page 4 gives effects, or nothing compares."""
        compared = self.caused is not None and self.caused.estimated and self.caused.claim != "effect"
        return "For similar children" if compared else "With no programme"

    @property
    def anyway_if(self) -> str:
        """Condition under which the payments with no programme hold; empty where nothing is estimated."""
        return ground(self.caused.claim) if self.caused is not None and self.caused.estimated else ""

    @property
    def exits(self) -> list[str]:
        """Ids of page 3's exit rates to be expected with no programme, of the outcomes that are paid for."""
        rules = self.result.worked.rules if self.result.worked else ()
        return [f"progress.exit_rate_expected.{r.outcome.measure}.{r.outcome.wave}" for r in rules]

    @property
    def still_open(self) -> pd.DataFrame:
        """Triggers that are still open, with the share expected to be met."""
        columns = ["label", "known", "expected", "low", "high", "open"]
        if self.forecast is None:
            return pd.DataFrame(columns=columns)
        shares = self.forecast.shares
        return shares.assign(label=shares["trigger"].map(dict(TRIGGERS)))[columns]

    @property
    def cash(self) -> pd.DataFrame:
        """Cash by month."""
        held = self.investor is not None and self.investor.available
        return self.investor.flow if held and self.investor else pd.DataFrame(columns=list(CASH))

    @property
    def cases(self) -> pd.DataFrame:
        """What investors get back so far and in each case."""
        held = self.investor is not None and self.investor.available
        return self.investor.cases if held and self.investor else pd.DataFrame(columns=list(CASE_COLUMNS))

    @property
    def lines(self) -> pd.DataFrame:
        """Lines that are paid for, and whether readings pile up there."""
        if self.incentives is None:
            return pd.DataFrame(columns=list(LINES))
        lines = self.incentives.lines
        return lines.assign(line=lines["line"].map(lambda wave: WAVE_WORDS.get(wave, wave)))

    @property
    def family_rows(self) -> pd.DataFrame:
        """Families by areas of need, with the waves in words."""
        rows = self.families.rows
        return rows.assign(wave=rows["wave"].map(lambda wave: WAVE_WORDS.get(wave, wave)))

    @property
    def raters(self) -> pd.DataFrame:
        """Who read what is paid for, and whether they knew who was on the programme."""
        if self.incentives is None:
            return pd.DataFrame(columns=list(RATERS))
        raters = self.incentives.raters
        said = [", ".join(INFORMANT_WORDS.get(name, name) for name in who.split(", ")) for who in raters["informant"]]
        return raters.assign(informant=said)

    @property
    def cash_money(self) -> str:
        """What the amounts of the investor's view are, for captions."""
        return f"{self.cases['kind'].iloc[0]}, to investors" if len(self.cases) else ""

    @property
    def money(self) -> str:
        """What the amounts of this page are, for captions: price year, kind of figure, whose view."""
        if self.result.worked is None:
            return ""
        return f"{self.result.worked.kind_of_money}, to those who pay"

    @property
    def metrics(self) -> pd.DataFrame:
        """INDIGO's outcome metrics, prices and results, one row a trigger."""
        names = (
            "id", "definition", "targeted_number_of_service_users_or_beneficiaries_total", "price_per_unit",
            "number_with_positive_social_outcomes",
        )
        return indigo_metrics(self.result.owed) if self.result.available else pd.DataFrame(columns=list(names))

    @property
    def commitments(self) -> pd.DataFrame:
        """INDIGO's outcome payment commitments, one row a payer."""
        names = ("organisation_id", "maximum_potential_outcome_payment", "total_outcome_payments", "children")
        return indigo_commitments(self.result.owed) if self.result.available else pd.DataFrame(columns=list(names))

    def trail(self, audience: str) -> pd.DataFrame:
        """Each claim with its evidence for a restricted page; no rows for any other audience."""
        if audience != "restricted" or not self.result.available:
            return pd.DataFrame(columns=list(TRAIL_COLUMNS))
        return audit_trail(self.result.owed, audience)


def contract_page(
    cohort: Cohort,
    frame: AnalysisFrame,
    risk: Iterable[RiskRule] = (),
    engagement: EngagementOptions | None = None,
    attribution: Iterable[Finding] = (),
    matching: MatchingOptions | None = None,
    effort: str = "quick",
    seed: int = 0,
    fewest: int = 0,
) -> ContractPage:
    """Work through everything that page 8 shows.

    Parameters
    ----------
    cohort, frame, risk, engagement
        As of :func:`contract`.
    attribution : iterable of Finding
        Findings of notebook 04.
    matching : MatchingOptions or None
        The plan's primary design, by which payments are compared; without it nothing is said of payments anyway.
    effort : str
        ``draft``, ``quick`` or ``full``: how many draws.
    seed : int
        The plan's, as on page 4.
    fewest : int
        Fewest children whose payments may stand alone in a month.

    Returns
    -------
    ContractPage
    """
    result = contract(cohort, frame, risk, engagement)
    homes = families(cohort, frame)
    if not result.available:
        return ContractPage(result=result, forecast=None, caused=None, investor=None, incentives=None,
                            over_time=pd.DataFrame(columns=list(TIME)), families=homes)
    owed, draws = result.owed, DRAWS[effort]
    return ContractPage(
        result=result,
        forecast=forecast(owed, draws, seed),
        caused=caused(owed, frame, attribution, matching, seed),
        investor=investor(owed, fewest),
        over_time=over_time(owed, fewest),
        incentives=incentives(owed, frame),
        families=homes,
    )
