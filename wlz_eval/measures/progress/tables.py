"""Tables of progress, at full precision."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from wlz_eval.core.finding import Unit
from wlz_eval.measures.progress.change import Share
from wlz_eval.measures.progress.composite import Composite
from wlz_eval.measures.progress.expected import Range
from wlz_eval.measures.progress.outcome import OutcomeProgress, Transitions

__all__ = ["change_table", "flow_table", "scale_table", "transition_table", "ways_table"]

#: Half of the children at risk at the start, and of the others: below the threshold of release, one of the two parts
#: of the group is too, whatever it is, and neither the group nor what makes it up with a total may be shown.
HALVES = ("at_risk_half", "not_at_risk_half")
CHANGE_COLUMNS = [
    "measure", "wave", "label", "unit", "level_unit", "better", "n", "missing", "before", "after", "change", "ci_low",
    "ci_high", "expected_change", "expected_low", "expected_high", "one_change", "one_low", "one_high", "verdict",
    "change_good", "good_low", "good_high", "expected_good", "expected_good_low", "expected_good_high", "r",
    "population", "at_risk", "out", "exit_rate", "exit_low", "exit_high", "expected_exit_rate", "expected_exit_low",
    "expected_exit_high", "one_exit_rate", "one_exit_low", "one_exit_high", "exit_shown", *HALVES, "caution", "method",
]
VERDICT_WORDS = {
    "within": "as to be expected",
    "better": "better than to be expected",
    "worse": "worse than to be expected",
    "outside": "outside what is to be expected",
    "unknown": "not known",
}


def _level_unit(unit: Unit) -> Unit:
    return "percent" if unit == "percentage_points" else unit


def _change_row(o: OutcomeProgress) -> dict[str, object]:
    t, p = o.transitions, o.drawn.population if o.drawn else None
    # In SDs of the population, better to the right, so that measures can share one figure.
    scale = o.sign / p.sd if p and o.sign else math.nan
    good = sorted((scale * o.change.ci_low, scale * o.change.ci_high))
    hoped = sorted((scale * o.expected.low, scale * o.expected.high))
    return {
        "measure": o.measure, "wave": o.wave, "label": o.label, "unit": o.unit, "level_unit": _level_unit(o.unit),
        "better": o.better, "n": o.change.n, "missing": o.change.missing, "before": o.change.before,
        "after": o.change.after, "change": o.change.change, "ci_low": o.change.ci_low, "ci_high": o.change.ci_high,
        "expected_change": o.expected.value, "expected_low": o.expected.low, "expected_high": o.expected.high,
        "one_change": o.one.change.value, "one_low": o.one.change.low, "one_high": o.one.change.high,
        "verdict": VERDICT_WORDS[o.verdict],
        "change_good": scale * o.change.change, "good_low": good[0], "good_high": good[1],
        "expected_good": scale * o.expected.value, "expected_good_low": hoped[0], "expected_good_high": hoped[1],
        "r": p.r if p else math.nan, "population": p.source if p else "not known",
        "at_risk": t.at_risk, "out": t.came_out, "exit_rate": 100 * t.exit_rate.share,
        "exit_low": 100 * t.exit_rate.low, "exit_high": 100 * t.exit_rate.high,
        "expected_exit_rate": t.expected_exit.value, "expected_exit_low": t.expected_exit.low,
        "expected_exit_high": t.expected_exit.high, "one_exit_rate": o.one.exit_rate.value,
        "one_exit_low": o.one.exit_rate.low, "one_exit_high": o.one.exit_rate.high,
        "exit_shown": min(t.came_out, t.stayed_in), **_halves(t), "caution": o.caution, "method": o.change.method,
    }


def _halves(t: Transitions) -> dict[str, float]:
    return dict(zip(HALVES, (t.at_risk / 2, t.not_at_risk / 2), strict=True))


def change_table(outcomes: Iterable[OutcomeProgress]) -> pd.DataFrame:
    """One row a measure and wave."""
    return pd.DataFrame([_change_row(o) for o in outcomes], columns=CHANGE_COLUMNS)


def transition_table(outcomes: Iterable[OutcomeProgress]) -> pd.DataFrame:
    """One row a measure with a cut-point: the four counts, and the rates with what is to be expected."""
    rows = [
        {
            "measure": o.measure, "wave": o.wave, "label": o.label, "n": o.change.n,
            "came_out": o.transitions.came_out, "stayed_in": o.transitions.stayed_in,
            "went_in": o.transitions.went_in, "stayed_out": o.transitions.stayed_out,
            "at_risk": o.transitions.at_risk, "not_at_risk": o.transitions.not_at_risk,
            "entry_rate": 100 * o.transitions.entry_rate.share,
            "entry_low": 100 * o.transitions.entry_rate.low, "entry_high": 100 * o.transitions.entry_rate.high,
            "entry_shown": min(o.transitions.went_in, o.transitions.stayed_out),
            "expected_entry": o.transitions.expected_entry.value, **_halves(o.transitions),
        }
        for o in outcomes
        if o.transitions.at_risk + o.transitions.not_at_risk
    ]
    columns = [
        "measure", "wave", "label", "n", "came_out", "stayed_in", "went_in", "stayed_out", "at_risk", "not_at_risk",
        "entry_rate", "entry_low", "entry_high", "entry_shown", "expected_entry", *HALVES,
    ]
    return pd.DataFrame(rows, columns=columns)


def flow_table(o: OutcomeProgress | None) -> pd.DataFrame:
    """Four rows: where children were, where they are, and how many.

    ``turned`` counts those who began at the same place and went the other way, ``others`` half of those who began
    elsewhere.
    """
    columns = ["start", "end", "children", "turned", "others"]
    if o is None or not o.transitions.at_risk:
        return pd.DataFrame(columns=columns)
    t, half = o.transitions, tuple(_halves(o.transitions).values())
    rows = [
        ("at risk", "not at risk", t.came_out, t.stayed_in, half[1]),
        ("at risk", "at risk", t.stayed_in, t.came_out, half[1]),
        ("not at risk", "at risk", t.went_in, t.stayed_out, half[0]),
        ("not at risk", "not at risk", t.stayed_out, t.went_in, half[0]),
    ]
    return pd.DataFrame(rows, columns=columns)


def scale_table(outcomes: Iterable[OutcomeProgress]) -> pd.DataFrame:
    """One row a measure whose unselected population is known."""
    rows = []
    for o in outcomes:
        s = o.scales
        if s is None:
            continue
        rows.append(
            {
                "measure": o.measure, "wave": o.wave, "label": o.label, "n": o.change.n,
                "standardised": s.standardised.change, "standardised_low": s.standardised.ci_low,
                "standardised_high": s.standardised.ci_high, "standardised_expected": s.standardised_expected.value,
                "standardised_expected_low": s.standardised_expected.low,
                "standardised_expected_high": s.standardised_expected.high,
                "percentile_before": s.percentile.before, "percentile_after": s.percentile.after,
                "percentile_shift": s.percentile.change, "percentile_low": s.percentile.ci_low,
                "percentile_high": s.percentile.ci_high, "percentile_expected": s.percentile_expected.value,
                "percentile_expected_low": s.percentile_expected.low,
                "percentile_expected_high": s.percentile_expected.high,
                "ahead": 100 * s.ahead.share, "ahead_low": 100 * s.ahead.low, "ahead_high": 100 * s.ahead.high,
                "ahead_shown": round(min(s.ahead.share, 1 - s.ahead.share) * o.change.n),
                "reliability": s.reliability, "reliability_source": s.reliability_source,
            }
        )
    columns = [
        "measure", "wave", "label", "n", "standardised", "standardised_low", "standardised_high",
        "standardised_expected", "standardised_expected_low", "standardised_expected_high", "percentile_before",
        "percentile_after", "percentile_shift", "percentile_low", "percentile_high", "percentile_expected",
        "percentile_expected_low", "percentile_expected_high", "ahead", "ahead_low", "ahead_high", "ahead_shown",
        "reliability", "reliability_source",
    ]
    return pd.DataFrame(rows, columns=columns)


def ways_table(found: Composite | None, outcomes: Iterable[OutcomeProgress]) -> pd.DataFrame:
    """One row a yardstick: shares improved, same and worse in percent, seen and to be expected."""
    rows: list[dict[str, object]] = []
    if found is not None:
        rows.append(_way("Number of areas at risk", found.n, found.seen, found.expected))
    for o in outcomes:
        s = o.scales
        if s is not None:
            seen = {"improved": s.improved, "same": s.same, "worse": s.worse}
            hoped = {"improved": s.improved_expected, "same": s.same_expected, "worse": s.worse_expected}
            rows.append(_way(o.label, o.change.n, seen, hoped))
    columns = [
        "label", "n",
        *(f"{way}{end}" for way in ("improved", "same", "worse") for end in
          ("", "_low", "_high", "_expected", "_expected_low", "_expected_high", "_shown")),
    ]
    return pd.DataFrame(rows, columns=columns)


def _way(label: str, n: int, seen: dict[str, Share], hoped: dict[str, Range]) -> dict[str, object]:
    row: dict[str, object] = {"label": label, "n": n}
    for way, share in seen.items():
        free = hoped[way]
        row |= {
            way: 100 * share.share, f"{way}_low": 100 * share.low, f"{way}_high": 100 * share.high,
            f"{way}_expected": free.value, f"{way}_expected_low": free.low, f"{way}_expected_high": free.high,
            f"{way}_shown": round(min(share.share, 1 - share.share) * n),
        }
    return row
