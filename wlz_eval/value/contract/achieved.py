"""Which children met which trigger of the contract, from the analysis frame and the doses alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.engagement import EngagementOptions, exposures
from wlz_eval.engagement.exposure.high import high_engagement
from wlz_eval.measures.frame import AnalysisFrame
from wlz_eval.value.contract.rules import Judged, readings_of
from wlz_eval.value.contract.terms import OUTCOME_TRIGGERS, ContractTerms

__all__ = ["areas_at_risk", "attainable_share", "evidenced", "maximum_possible", "outcomes_met", "triggers_met"]


def areas_at_risk(data: pd.DataFrame, rules: Sequence[Judged]) -> pd.DataFrame:
    """Whether each child was at risk at baseline in each area; an unknown baseline is not at risk."""
    before = readings_of(data, rules, "baseline")
    flags = {rule.outcome.area: rule.at_risk(before[:, j]) for j, rule in enumerate(rules)}
    return pd.DataFrame(flags, index=data.index, dtype=bool)


def outcomes_met(data: pd.DataFrame, rules: Sequence[Judged]) -> pd.DataFrame:
    """Whether each child achieved each payable outcome.

    Only a child at risk in an area at baseline can achieve its outcome. A missing reading earns nothing: it
    is not known to be an outcome.

    Parameters
    ----------
    data : DataFrame
        Rows of the analysis frame.
    rules : sequence of Judged
        What is paid for.

    Returns
    -------
    DataFrame of bool
        One column an area.
    """
    before, after = readings_of(data, rules, "baseline"), readings_of(data, rules)
    met = {rule.outcome.area: rule.reached(before[:, j], after[:, j]) for j, rule in enumerate(rules)}
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


def evidenced(cohort: Cohort, terms: ContractTerms, children: pd.Index, triggers: Sequence[str]) -> pd.DataFrame:
    """Whether each child's trigger has evidence in time; true for all where the contract sets no last day.

    Returns
    -------
    DataFrame of bool
        One row a child, one column a trigger.
    """
    if terms.evidence_by is None:
        return pd.DataFrame(True, index=children, columns=list(triggers))
    if not cohort.has("evidence"):
        return pd.DataFrame(False, index=children, columns=list(triggers))
    table = cohort["evidence"]
    table = table[table["date"] <= pd.Timestamp(terms.evidence_by)]
    have = pd.MultiIndex.from_arrays([table["child_id"].astype(str), table["trigger"].astype(str)])
    ids = children.astype(str)
    return pd.DataFrame(
        {t: pd.MultiIndex.from_product([ids, [t]]).isin(have) for t in triggers}, index=children, dtype=bool
    )


def triggers_met(
    cohort: Cohort, frame: AnalysisFrame, terms: ContractTerms, met: pd.DataFrame, engagement: EngagementOptions
) -> pd.DataFrame:
    """Whether each programme child met each trigger of the rate card, before evidence and leaving are looked at.

    Parameters
    ----------
    cohort : Cohort
        A loaded cohort.
    frame : AnalysisFrame
        Its analysis frame: the children who started.
    terms : ContractTerms
        Cap of outcomes, thresholds.
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
    attendance = terms.engagement.attendance if terms.engagement else engagement.high_attendance
    interactions = terms.engagement.interactions if terms.engagement else engagement.high_interactions
    high = high_engagement(exposures(cohort, frame), attendance=attendance, interactions=interactions)
    flags = pd.DataFrame(
        {
            # Children without consent were dropped while loading; a blank earns nothing.
            "consent": data["consented"].fillna(0.0) > 0 if "consented" in data else False,
            "sign_up": True,
            "high_engagement": high.reindex(children).fillna(False).to_numpy(dtype=bool),
        },
        index=children,
    )
    counts = np.minimum(met.to_numpy(dtype=int).sum(axis=1), terms.outcomes_paid_per_child)
    for number, trigger in enumerate(OUTCOME_TRIGGERS, start=1):
        flags[trigger] = counts >= number
    return flags.astype(bool)
