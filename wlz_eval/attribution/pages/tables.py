"""Rows of notebook 04's tables and figures, at full precision; the release rule decides what of them is shown."""

from __future__ import annotations

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.balance import overlap_table
from wlz_eval.attribution.tiers import TIER_WORDS
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS, claim_words

__all__ = [
    "balance_rows",
    "effect_rows",
    "map_rows",
    "missing_rows",
    "overlap_rows",
    "profile_rows",
    "size_rows",
]

#: A family-wise p-value below this leaves a difference clear after allowing for several outcomes.
CLEAR = 0.05


def map_rows(result: Attribution) -> pd.DataFrame:
    """Rows of the measurement map: one an outcome, tier in words."""
    rows = result.map.table()
    rows["label"] = [f"{label}, {WAVE_WORDS[w]}" for label, w in zip(rows["label"], rows["wave"], strict=True)]
    rows["meaning"] = rows["tier"].map(TIER_WORDS)
    return rows


def size_rows(result: Attribution) -> pd.DataFrame:
    """One row a type of comparison children: matched and unmatched children."""
    rows = result.sizes()
    if rows.empty:
        return rows
    rows["who"] = rows["comparison"].map(COMPARISON_WORDS)
    rows["role"] = rows["headline"].map({True: "headline", False: "beside it"})
    return rows


def balance_rows(result: Attribution) -> pd.DataFrame:
    """Balance of the headline design, with the children behind each side."""
    if not result.has_design:
        return pd.DataFrame()
    rows = result.balance.covariates.reset_index()
    rows["covariate"] = [result.labels.get(str(c), str(c)) for c in rows["covariate"]]
    for stage, suffix in (("All", "before"), ("Matched", "after")):
        for group in ("programme", "comparison"):
            rows[f"n_{group}_{suffix}"] = result.design.count(stage, group)
    return rows


def missing_rows(result: Attribution) -> pd.DataFrame:
    """Covariates that some children lack, and how many in each group."""
    if not result.has_design:
        return pd.DataFrame()
    rows = result.design.covariates.missing.copy()
    rows["covariate"] = [result.labels.get(str(c), str(c)) for c in rows["covariate"]]
    return rows


def overlap_rows(result: Attribution) -> pd.DataFrame:
    """Children by step of the propensity score, headline design."""
    return overlap_table(result.design) if result.has_design else pd.DataFrame()


def profile_rows(result: Attribution) -> pd.DataFrame:
    """Averages of matched and unmatched programme children, for covariates that are scores."""
    if not result.has_design:
        return pd.DataFrame()
    rows = result.design.profile().reset_index()
    rows["covariate"] = [result.labels.get(str(c), str(c)) for c in rows["covariate"]]
    return rows[rows["kind"] == "continuous"].drop(columns="kind")


def effect_rows(result: Attribution, headline: bool | None = None) -> pd.DataFrame:
    """Rows of the effects table, with words for outcome, comparison and claim.

    Parameters
    ----------
    result : Attribution
    headline : bool, optional
        Only the plan's own comparison (True), or only the others (False); both when left out.
    """
    rows = result.table()
    if rows.empty:
        return rows
    rows["outcome"] = [f"{label}, {WAVE_WORDS[w]}" for label, w in zip(rows["label"], rows["wave"], strict=True)]
    rows["wave"] = rows["wave"].map(WAVE_WORDS)
    rows["who"] = rows["comparison"] = rows["comparison"].map(COMPARISON_WORDS)
    rows["good"] = rows["better"].map({"higher": "more", "lower": "less", "unclear": "not clear"})
    includes_zero = (rows["att_low"] <= 0) & (rows["att_high"] >= 0)
    rows["called"] = [claim_words(c, z) for c, z in zip(rows["claim"], includes_zero, strict=True)]
    rows["firm"] = rows["illustrative"].map({True: "illustrative: few schools", False: "yes"})
    rows["clear"] = [("yes" if p < CLEAR else "no") for p in rows["p_family"]]
    return rows if headline is None else rows[rows["headline"] == headline]
