"""What a design amounts to, as tables and sentences: pure functions of the views of :mod:`.state`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from wlz_eval.attribution.balance import BalanceTable
from wlz_eval.attribution.design import Design
from wlz_eval.attribution.explore.state import View
from wlz_eval.core.numbers import format_count, format_number

__all__ = ["balance_sentence", "left_out_sentence", "left_out_table", "summary_rows", "summary_table"]

#: Differences between children left out and matched that a sentence names.
NAMED = 3
#: In SDs; below this the left-out are like the matched.
WORTH_NAMING = 0.25


def _column(view: View) -> dict[str, float]:
    """Numbers of one design by the words for them."""
    design, balance = view.design, view.balance
    if design is None or balance is None:
        return {}
    effective = {group: column["Matched (ESS)"] for group, column in design.sizes.to_dict().items()}
    beyond = balance.covariates["smd_after"].abs() > balance.limit
    return {
        "Programme children in the comparison": design.count("Matched", "programme"),
        "Programme children left out": design.count("Left out", "programme"),
        "Comparison children used": design.count("Matched", "comparison"),
        "Comparison children left out": design.count("Left out", "comparison"),
        "Programme children, effectively": float(effective["programme"]),
        "Comparison children, effectively": float(effective["comparison"]),
        "Largest difference before (SDs)": balance.worst_before,
        "Largest difference after (SDs)": balance.worst_after,
        "Covariates beyond the limit": int(beyond.sum()),
    }


def summary_rows(view: View, first: View) -> pd.DataFrame:
    """Put the numbers of a design beside those of the design at the beginning.

    Returns
    -------
    DataFrame
        Index ``what``; columns ``now`` and ``at_first``; missing where there is no design.
    """
    now, before = _column(view), _column(first)
    index = pd.Index([*(now or before)], name="what")
    return pd.DataFrame({"now": pd.Series(now, dtype=float), "at_first": pd.Series(before, dtype=float)}).reindex(index)


def summary_table(view: View, first: View) -> pd.DataFrame:
    """Write :func:`summary_rows` for reading: counts whole, differences with three decimals, nothing as a dash."""
    rows = summary_rows(view, first)
    return pd.DataFrame(
        {name: [_number(what, value) for what, value in rows[name].items()] for name in rows}, index=rows.index
    )


def _number(what: object, value: float) -> str:
    if np.isnan(value):
        return "–"
    if "(SDs)" in str(what):
        return "no end" if np.isinf(value) else format_number(value, 3)
    return format_number(value, 1) if "effectively" in str(what) and value % 1 else format_count(int(value))


def balance_sentence(balance: BalanceTable) -> str:
    """Say what balance amounts to, with the largest difference and the limit."""
    worst = "without end" if np.isinf(balance.worst_after) else f"{format_number(balance.worst_after, 3)} SDs"
    return f"{balance.verdict} The largest difference is {worst}; the limit is {balance.limit:g}."


def left_out_table(design: Design) -> pd.DataFrame:
    """Compare the programme children left out with those in the comparison, the most unlike covariate first.

    Returns
    -------
    DataFrame
        Index ``covariate``; ``matched_mean``, ``unmatched_mean``, ``gap`` in SDs of all programme children (0 where
        neither group varies). No row when nobody is left out or nobody is in.
    """
    profile = design.profile()
    if not len(design.unmatched_programme) or not len(design.matched_programme):
        profile = profile.iloc[:0]
    spread = design.covariates.balance[design.treatment.to_numpy(dtype=bool)].std(ddof=0).reindex(profile.index)
    gap = (profile["unmatched_mean"] - profile["matched_mean"]) / spread.where(spread > 0)
    table = profile[["matched_mean", "unmatched_mean"]].assign(gap=gap.fillna(0.0))
    return table.iloc[np.argsort(-table["gap"].abs().to_numpy(), kind="stable")]


def left_out_sentence(design: Design) -> str:
    """Say how many programme children are left out, and what they are like."""
    out, everyone = len(design.unmatched_programme), len(design.treatment[design.treatment])
    if not out:
        return f"All {format_count(everyone)} programme children are in the comparison."
    text = f"{format_count(out)} of {format_count(everyone)} programme children {'is' if out == 1 else 'are'} left out."
    table = left_out_table(design)
    unlike = table[table["gap"].abs() >= WORTH_NAMING].head(NAMED)
    if unlike.empty:
        return f"{text} On average those left out are much like the others in what is compared."
    named = [f"{'higher' if gap > 0 else 'lower'} in {name} ({gap:+.1f} SDs)" for name, gap in unlike["gap"].items()]
    return f"{text} On average those left out are {'; '.join(named)} than the others, of whom alone the design speaks."
