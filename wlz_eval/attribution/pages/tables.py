"""Rows of notebook 04's tables and figures, at full precision; the release rule decides what of them is shown."""

from __future__ import annotations

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.balance import overlap_table
from wlz_eval.attribution.balance.table import ADJUST, UNLIKE, verdict_words
from wlz_eval.attribution.pages.labels import in_short
from wlz_eval.attribution.pages.rare import fewest_behind
from wlz_eval.attribution.tiers import ALL_ALIKE
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS, claim_words
from wlz_eval.measures.frame import AnalysisFrame

__all__ = [
    "balance_rows",
    "effect_rows",
    "flow_rows",
    "map_rows",
    "missing_rows",
    "overlap_rows",
    "profile_rows",
    "size_rows",
    "spread_rows",
]


def map_rows(result: Attribution) -> pd.DataFrame:
    """Rows of the measurement map: one an outcome."""
    rows = result.map.table()
    # The words above the table say what "alike" means.
    rows["reason"] = [why.replace(ALL_ALIKE, "both groups, before and after, alike") for why in rows["reason"]]
    rows["label"] = [f"{label}, {WAVE_WORDS[w]}" for label, w in zip(rows["label"], rows["wave"], strict=True)]
    return rows


def flow_rows(frame: AnalysisFrame, result: Attribution) -> pd.DataFrame:
    """Follow the children from before the tables to the primary outcome, with what is lost at each step."""
    rows = [frame.flow]
    if result.has_design:
        count = result.design.count
        # Comparison children who were not matched are the rest of a pool in which most never could be.
        steps = [
            ("matched", "programme", count("Matched", "programme")),
            ("not matched, left out", "programme", count("Left out", "programme")),
            ("matched", "comparison", count("Matched", "comparison")),
        ]
        primary = result.primary
        if primary is not None:
            label = f"matched, with {in_short(result, [primary.label])[0]} {WAVE_WORDS[primary.outcome.wave]}"
            steps += [(label, "programme", primary.att.n_programme), (label, "comparison", primary.att.n_comparison)]
        rows.append(pd.DataFrame(steps, columns=["stage", "group", "count"]))
    return pd.concat(rows, ignore_index=True)


def size_rows(result: Attribution) -> pd.DataFrame:
    """One row a type of comparison children: matched and unmatched children."""
    rows = result.sizes()
    if rows.empty:
        return rows
    rows["who"] = rows["comparison"].map(COMPARISON_WORDS)
    rows["who"] = rows["who"] + rows["headline"].map({True: " (as planned)", False: ""})
    schools = {
        kind: [e.att for e in result.effects if e.comparison == kind] for kind in rows["comparison"]
    }
    for group in ("programme", "comparison"):
        counts = [max((getattr(a, f"schools_{group}") for a in schools[kind]), default=0) for kind in schools]
        rows[f"schools_{group}"] = [float(n) if n else float("nan") for n in counts]
    return rows


def balance_rows(result: Attribution) -> pd.DataFrame:
    """Balance of the headline design, with the children behind each side."""
    if not result.has_design:
        return pd.DataFrame()
    rows = result.balance.covariates.reset_index()
    rows["covariate"] = _covariates(result, rows)
    ratio = float("nan")
    # Nobody is told to adjust: the rows say what was done.
    done = "differ, and are adjusted for" if _adjusted(result) else "differ, and nothing adjusts for it"
    words = {ADJUST: done, UNLIKE: "differ too much"}
    verdicts = [verdict_words(smd, ratio, result.balance_limit) for smd in rows["smd_after"]]
    rows["alike"] = [words.get(word, word) for word in verdicts]
    for stage, suffix in (("All", "before"), ("Matched", "after")):
        for group in ("programme", "comparison"):
            rows[f"n_{group}_{suffix}"] = result.design.count(stage, group)
    fewest = fewest_behind(result.design, rows)
    return rows.assign(smd_before_fewest=fewest["before"].to_numpy(), smd_after_fewest=fewest["after"].to_numpy())


def _adjusted(result: Attribution) -> bool:
    """Whether the outcome models adjust for what is matched on."""
    return any(e.att.model != "unadjusted" for e in result.headline_effects)


def spread_rows(result: Attribution) -> pd.DataFrame:
    """Rows of the balance table that are scores: only these have a spread of their own."""
    rows = balance_rows(result)
    return rows if rows.empty else rows[rows["variance_ratio_after"].notna()]


def _covariates(result: Attribution, rows: pd.DataFrame) -> list[str]:
    return in_short(result, [result.labels.get(str(c), str(c)) for c in rows["covariate"]])


def missing_rows(result: Attribution) -> pd.DataFrame:
    """Covariates that some children lack, and how many in each group."""
    if not result.has_design:
        return pd.DataFrame()
    rows = result.design.covariates.missing.copy()
    rows["covariate"] = _covariates(result, rows)
    return rows


def overlap_rows(result: Attribution) -> pd.DataFrame:
    """Children by step of the propensity score, headline design."""
    return overlap_table(result.design) if result.has_design else pd.DataFrame()


def profile_rows(result: Attribution, shares: bool = False) -> pd.DataFrame:
    """Describe matched and unmatched programme children at the start: averages of scores, or shares in percent.

    No rows where nobody was left unmatched.
    """
    if not result.has_design or not len(result.design.unmatched_programme):
        return pd.DataFrame()
    rows = result.design.profile().reset_index()
    rows["covariate"] = _covariates(result, rows)
    means = ["matched_mean", "unmatched_mean"]
    if not shares:
        return rows[rows["kind"] == "continuous"]
    rows = rows[rows["kind"].isin(["binary", "level"])]
    return rows.assign(**{name: 100 * rows[name] for name in means})


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
    rows["label"] = in_short(result, rows["label"])
    rows["outcome"] = [f"{label}, {WAVE_WORDS[w]}" for label, w in zip(rows["label"], rows["wave"], strict=True)]
    rows["wave"] = rows["wave"].map(WAVE_WORDS)
    rows["who"] = rows["comparison"] = rows["comparison"].map(COMPARISON_WORDS)
    rows["good"] = rows["better"].map({"higher": "more", "lower": "less", "unclear": "not clear"})
    includes_zero = (rows["att_low"] <= 0) & (rows["att_high"] >= 0)
    called = zip(rows["claim"], includes_zero, rows["only_by_itself"], strict=True)
    rows["called"] = [claim_words(*row) for row in called]
    rows["firm"] = rows["illustrative"].map({True: "illustrative: few schools", False: "yes"})
    return rows if headline is None else rows[rows["headline"] == headline]
