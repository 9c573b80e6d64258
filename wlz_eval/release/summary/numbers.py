"""The table and the figure of the summary."""

from __future__ import annotations

import pandas as pd

from wlz_eval.attribution.options import OutcomeOptions
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.labels import outcome_label

__all__ = ["compared", "first", "main_numbers", "sizes", "which_is_better"]


def which_is_better(cohort: Cohort, measure: str) -> str:
    """Say which direction of a measure is good."""
    return str(cohort.measure(measure).better)


def first(found: FindingSet, *ids: str) -> Finding | None:
    """Return the first of the findings that was estimated."""
    return next((f for f in map(found.get, ids) if f is not None and f.estimate == f.estimate), None)


def compared(found: FindingSet, plan: Plan) -> list[tuple[OutcomeOptions, Finding]]:
    """Further outcomes of the plan that were compared with matched children, each with its difference."""
    pairs = [(o, first(found, f"attribution.att.{o.measure}.{o.wave}")) for o in plan.outcomes if not o.primary]
    return [(o, f) for o, f in pairs if f is not None and f.claim != "description" and f.has_interval]


def main_numbers(found: FindingSet, measure: str, wave: str) -> tuple[Finding, ...]:
    """Pick the findings of the table, in order."""
    wanted = (
        f"progress.change.{measure}.{wave}",
        f"progress.expected_untreated.{measure}.{wave}",
        f"attribution.naive.{measure}.{wave}",
        f"attribution.att.{measure}.{wave}",
        f"attribution.hedges_g.{measure}.{wave}",
        f"engagement.slope.{measure}.{wave}",
        "value.cost_per_child",
        "value.net_present_value_per_child",
        "value.benefit_cost_ratio",
        "value.breakeven_probability",
    )
    return tuple(f for f in map(found.get, wanted) if f is not None and f.estimate == f.estimate)


def sizes(found: FindingSet, cohort: Cohort, plan: Plan) -> pd.DataFrame:
    """Collect differences in standard deviations, turned so that more is better."""
    rows = []
    for outcome in plan.outcomes:
        g = found.get(f"attribution.hedges_g.{outcome.measure}.{outcome.wave}")
        if g is None or not g.has_interval:
            continue
        turned = (outcome.better or which_is_better(cohort, outcome.measure)) == "lower"
        low, high = (-g.ci_high, -g.ci_low) if turned else (g.ci_low, g.ci_high)
        label = f"{outcome_label(cohort, outcome.measure)}, {WAVE_WORDS[outcome.wave]}"
        ns = (g.n_programme or 0, g.n_comparison or 0)
        rows.append((label, -g.estimate if turned else g.estimate, low, high, *ns))
    return pd.DataFrame(rows, columns=["outcome", "size", "low", "high", "n_programme", "n_comparison"])
