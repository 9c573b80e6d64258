"""Which children met which trigger of the contract, from the analysis frame and the doses alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement import EngagementOptions, exposures
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, ContractTerms, PayableOutcome

__all__ = ["areas_at_risk", "attainable_share", "maximum_possible", "outcomes_met", "triggers_met"]


def _at_risk(values: pd.Series, outcome: PayableOutcome, higher_is_better: bool, cut: float | None) -> pd.Series:
    if outcome.below is not None:
        return values < outcome.below
    if outcome.at_least is not None:
        return values >= outcome.at_least
    if cut is None:
        return values.notna()
    return values < cut if higher_is_better else values >= cut


def areas_at_risk(cohort: Cohort, data: pd.DataFrame, outcomes: Sequence[PayableOutcome]) -> pd.DataFrame:
    """Whether each child was at risk at baseline in each area; an unknown baseline is not at risk."""
    flags = {}
    for outcome in outcomes:
        column, measure = f"{outcome.measure}_baseline", cohort.measure(outcome.measure)
        values = data[column] if column in data else pd.Series(np.nan, index=data.index)
        flags[outcome.area] = _at_risk(values, outcome, measure.better != "lower", measure.risk) & values.notna()
    return pd.DataFrame(flags, index=data.index, dtype=bool)


def outcomes_met(cohort: Cohort, data: pd.DataFrame, outcomes: Sequence[PayableOutcome]) -> pd.DataFrame:
    """Whether each child achieved each payable outcome.

    Only a child at risk in an area at baseline can achieve its outcome. A missing reading earns nothing: it
    is not known to be an outcome.

    Parameters
    ----------
    cohort : Cohort
        For the measures' directions and cut-points.
    data : DataFrame
        Rows of the analysis frame.
    outcomes : sequence of PayableOutcome
        What is paid for.

    Returns
    -------
    DataFrame of bool
        One column an area.
    """
    risk = areas_at_risk(cohort, data, outcomes)
    met = {}
    for outcome in outcomes:
        measure = cohort.measure(outcome.measure)
        up = measure.better != "lower"
        late = f"{outcome.measure}_{outcome.wave}"
        after = data[late] if late in data else pd.Series(np.nan, index=data.index)
        if outcome.rule == "crosses_out":
            reached = ~_at_risk(after, outcome, up, measure.risk) & after.notna()
        else:
            before = data.get(f"{outcome.measure}_baseline", pd.Series(np.nan, index=data.index))
            reached = (after - before) * (1.0 if up else -1.0) >= outcome.least
        met[outcome.area] = risk[outcome.area] & reached
    return pd.DataFrame(met, index=data.index, dtype=bool)


def maximum_possible(counts: pd.Series, cap: int = 3) -> float:
    """Outcomes as a share of three for every child: sum of min(outcomes, cap) over cap x children.

    Examples
    --------
    >>> maximum_possible(pd.Series([4, 0, 2]))
    0.5555555555555556
    """
    return float(counts.clip(upper=cap).sum() / (cap * len(counts))) if len(counts) and cap else float("nan")


def attainable_share(counts: pd.Series, at_risk: pd.Series, cap: int = 3) -> float:
    """Outcomes achieved as a share of those that the children could achieve.

    A child at risk in two areas cannot achieve three, so the share is of min(areas at risk, cap).

    Examples
    --------
    >>> attainable_share(pd.Series([2, 1]), pd.Series([2, 4]))
    0.6
    """
    possible = float(at_risk.clip(upper=cap).sum())
    return float(counts.clip(upper=cap).sum()) / possible if possible else float("nan")


def _evidenced(cohort: Cohort, met: pd.DataFrame, terms: ContractTerms) -> pd.DataFrame:
    """Keep only claims with evidence in time, where the contract asks for it."""
    if terms.evidence_by is None:
        return met
    if not cohort.has("evidence"):
        return met & False
    table = cohort["evidence"]
    table = table[table["date"] <= pd.Timestamp(terms.evidence_by)]
    have = pd.MultiIndex.from_arrays([table["child_id"].astype(str), table["trigger"].astype(str)])
    kept = {t: met[t] & pd.MultiIndex.from_product([met.index.astype(str), [t]]).isin(have) for t in met.columns}
    return pd.DataFrame(kept, index=met.index)


def triggers_met(
    cohort: Cohort,
    frame: AnalysisFrame,
    terms: ContractTerms,
    met: pd.DataFrame,
    engagement: EngagementOptions,
) -> pd.DataFrame:
    """Whether each programme child met each trigger of the rate card.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame: the children who started.
    terms : ContractTerms
        Cap of outcomes, thresholds, last day of evidence.
    met : DataFrame of bool
        Outcomes of each child (:func:`outcomes_met`).
    engagement : EngagementOptions
        Thresholds of high engagement, where the contract has none.

    Returns
    -------
    DataFrame of bool
        ``consent``, ``sign_up``, ``high_engagement``, ``outcome_1`` to ``outcome_3``.
    """
    children = met.index
    data = frame.data.loc[children]
    out: Mapping[str, pd.Series | bool] = {
        # Children without consent were dropped while loading; a blank earns nothing.
        "consent": data["consented"].fillna(0.0) > 0 if "consented" in data else False,
        "sign_up": True,
        "high_engagement": _high_engagement(cohort, frame, terms, engagement),
    }
    counts = met.sum(axis=1).clip(upper=terms.outcomes_paid_per_child)
    flags = pd.DataFrame(out, index=children)
    for number, trigger in enumerate(OUTCOME_TRIGGERS, start=1):
        flags[trigger] = counts >= number
    return _evidenced(cohort, flags.astype(bool), terms)


def _high_engagement(
    cohort: Cohort, frame: AnalysisFrame, terms: ContractTerms, engagement: EngagementOptions
) -> pd.Series | bool:
    doses = exposures(cohort, frame)
    if not {"attendance_rate", "link_worker_interactions"} <= set(doses.columns):
        return False
    attendance = terms.engagement.attendance if terms.engagement else engagement.high_attendance
    interactions = terms.engagement.interactions if terms.engagement else engagement.high_interactions
    return (doses["attendance_rate"].fillna(0.0) >= 100 * attendance) & (
        doses["link_worker_interactions"] >= interactions
    )
