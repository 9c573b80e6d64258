"""Plain words for findings: what a number is, and what it may be called."""

from __future__ import annotations

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS

__all__ = [
    "QUANTITY_WORDS",
    "finding_label",
    "outcome_label",
]

QUANTITY_WORDS: dict[str, str] = {
    "att": "Difference from matched children",
    "naive": "Difference from all comparison children, unmatched",
    "naive_difference": "Difference from all comparison children, unmatched",
    "hedges_g": "Size of the difference in standard deviations",
    "in_hundred": "Of a hundred programme children, those better than the middle one of their matched children",
    "family_p": "Chance of so large a difference where there is none, over all outcomes (p, Holm)",
    "change": "Change",
    "expected_untreated": "Change to be expected with no programme",
    "exit_rate": "No longer at risk",
    "slope": "Difference in the outcome that goes with more engagement",
    "mean": "Average",
    "count": "Count",
    "net_present_value": "Net present value",
    "benefit_cost_ratio": "Benefit for each unit of cost",
    "breakeven_probability": "Chance that benefits reach costs",
    "probability": "Chance that benefits reach costs",
    "cost_per_child": "Cost for each child",
    "cost_per_point": "Cost of one more point",
    "fiscal_return": "Cashable savings for each unit that the public purse spent",
    "fiscal_return_at_most": "Savings for each unit that the public purse spent, if all could be cashed",
    "payback_year": "Year by which benefits have paid back the cost",
    "payback_probability": "Chance that benefits pay back the cost within the years counted",
    "switching_value": "Times what it is now at which benefits equal costs",
    "value_of_information": "Worth of knowing an input exactly",
    "raw_change_claim_per_child": "What the raw change would have claimed for each child (not an effect)",
    "published_saving": "Saving that others published, of other children",
}


def outcome_label(cohort: Cohort, outcome: str) -> str:
    """Name of an outcome in reports; the bare name with spaces where no measure has it."""
    try:
        return cohort.measure(outcome).label
    except OptionError:
        return outcome.replace("_", " ")


def finding_label(finding: Finding, cohort: Cohort) -> str:
    """Say what a finding is: quantity, outcome, wave, whom it is about, against whom, and in which year's prices."""
    words = finding.quantity.replace("_", " ")
    parts = [QUANTITY_WORDS.get(finding.quantity, words[:1].upper() + words[1:])]
    if finding.outcome:
        parts[0] += f": {outcome_label(cohort, finding.outcome)}"
    if finding.wave:
        parts.append(WAVE_WORDS.get(finding.wave, finding.wave.replace("_", " ")))
    if finding.subgroup:
        parts.append(finding.subgroup.replace("_", " "))
    elif finding.group and not finding.comparator:
        parts.append(f"{finding.group.replace('_', ' ')} children")
    if finding.comparator:
        against = COMPARISON_WORDS.get(finding.comparator, finding.comparator.replace("_", " "))
        parts.append(f"against {against}")
    if finding.unit == "money" and finding.price_year:
        parts.append(f"{finding.price_year} prices")
    return ", ".join(parts)
