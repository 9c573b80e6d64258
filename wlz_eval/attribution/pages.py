"""What notebook 04 shows of an attribution: rows ready for a table or figure, and sentences ready to be said.

Rows are at full precision; the release rule decides what of them is shown. Sentences are templates whose
placeholders are keys of :func:`values`.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.claims import claim_sentence
from wlz_eval.attribution.overlap import overlap_table
from wlz_eval.attribution.tiers import TIER_WORDS
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS, claim_words

__all__ = [
    "answer",
    "balance_rows",
    "effect_rows",
    "limits",
    "map_rows",
    "missing_rows",
    "overlap_rows",
    "profile_rows",
    "sentences",
    "size_rows",
    "values",
    "who_was_compared",
]

#: A family-wise p-value below this leaves a difference clear after allowing for several outcomes.
CLEAR = 0.05


def values(result: Attribution) -> Mapping[str, Finding]:
    """Name the findings as the sentences do: ``english_endline``, ``matched``, ``unmatched`` and so on."""
    found = {f.finding_id.removeprefix("attribution."): f for f in result.findings()}
    named = {
        f"{e.outcome.measure}_{e.outcome.wave}": found[f"att.{e.name}"] for e in result.headline_effects
    }
    for name, finding_id in (
        ("matched", "matched.programme"),
        ("partners", "matched.comparison"),
        ("unmatched", "unmatched.programme"),
        ("imbalance_before", "imbalance.before"),
        ("imbalance_after", "imbalance.after"),
    ):
        if finding_id in found:
            named[name] = found[finding_id]
    primary = result.primary
    if primary is not None:
        named["naive"] = found[f"naive.{primary.name}"]
    return named


def _outcome_sentence(result: Attribution, measure: str, wave: str, reason: str | None = None) -> str:
    row = result.map.row(measure, wave)
    for effect in result.headline_effects:
        if (effect.outcome.measure, effect.outcome.wave) == (measure, wave):
            return claim_sentence(effect.finding("att"), effect.label, effect.better, reason, f"{measure}_{wave}")
    if row.tier == "C":
        return (
            f"{row.label} {WAVE_WORDS[wave]}: {row.reason}, so these data cannot say what the programme did for it."
        )
    return f"{row.label} {WAVE_WORDS[wave]}: no comparison could be made."


def answer(result: Attribution) -> tuple[str, ...]:
    """Answer the notebook's question in one or two sentences: the primary outcome first."""
    primary = next((row for row in result.map.tiers if row.primary), None)
    if not result.has_design:
        return (why_not(result),)
    first = () if primary is None else (_outcome_sentence(result, primary.measure, primary.wave),)
    return (*first, who_was_compared(result))


def why_not(result: Attribution) -> str:
    """Why there is no matched comparison, without numbers."""
    if result.headline in result.refusals:
        return (
            "No programme child has a comparison child similar enough under the plan's limits, so nothing can be "
            f"said about what would have happened anyway ({COMPARISON_WORDS[result.headline]})."
        )
    return result.reason


def who_was_compared(result: Attribution) -> str:
    """Say who the headline is about."""
    others = COMPARISON_WORDS[result.headline]
    if len(result.design.unmatched_programme) == 0:
        return f"This is about all {{matched}} of the programme, compared with {{partners}} from among {others}."
    return (
        f"This is about {{matched}} of the programme, compared with {{partners}} from among {others}; "
        "{unmatched} of the programme had nobody similar enough."
    )


def sentences(result: Attribution) -> tuple[str, ...]:
    """Give one template for each outcome of the plan, worded as far as its claim allows."""
    if not result.has_design:
        return (why_not(result),)
    return tuple(_outcome_sentence(result, row.measure, row.wave, reason="") for row in result.map.tiers)


def limits(result: Attribution) -> tuple[str, ...]:
    """Say what may not be concluded, as templates."""
    said = [result.selection.reason]
    if not result.has_design:
        return (why_not(result), *said)
    if not result.selection.by_rules:
        said[0] += (
            " So the groups may have differed in ways that matching cannot see, and no difference here is proven."
        )
    said.append(
        "Matching makes the groups alike in what was measured. What was not measured may still differ between them."
    )
    if len(result.design.unmatched_programme):
        said.append("Nothing here is about programme children who could not be matched ({unmatched}).")
    said.append(
        "Comparison children of the same schools may have gained from the programme too; those of other schools "
        "were taught elsewhere. Neither comparison is free of doubt, so both are shown and never mixed."
    )
    if any(e.att.illustrative for e in result.headline_effects):
        said.append("Where an interval is marked illustrative, there are too few schools for a firm one.")
    if any(row.tier == "C" for row in result.map.tiers):
        said.append("Outcomes of tier C are no evidence for or against the programme, and no money is put on them.")
    return tuple(said)


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
