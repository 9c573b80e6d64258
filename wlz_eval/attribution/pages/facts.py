"""The facts of a matched comparison that a reader must be told: one row each, in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.capabilities import METHODS
from wlz_eval.attribution.design import FOCAL, Design
from wlz_eval.attribution.options import MatchingOptions, SelectionOptions
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.numbers import format_number
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS
from wlz_eval.measures.labels import column_label

__all__ = ["fact_rows"]

#: Ratios in words: a page never speaks of a few children by number.
RATIO_WORDS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NOT_STATED = "Not stated in the plan"


def _days(start: object, end: object) -> str:
    return f"{start:%-d %B %Y} to {end:%-d %B %Y}"


def _names(cohort: Cohort, columns: Sequence[str]) -> str:
    return ", ".join(column_label(cohort, c) for c in columns)


def _how(cohort: Cohort, design: Design, matching: MatchingOptions) -> str:
    """Describe the method, ratio, replacement, caliper and exact columns, in a sentence."""
    can = METHODS[matching.method]
    said = [can.description[:1].upper() + can.description[1:]]
    if "ratio" in can.options:
        often = "may serve several" if matching.replace else "serves once"
        number = RATIO_WORDS[matching.ratio]
        noun = "child" if matching.ratio == 1 else "children"
        said.append(f"{number} comparison {noun} for each programme child")
        said.append(f"a comparison child {often}")
    for name, width in design.caliper_widths.items():
        what = "likelihood of being on the programme" if name == "distance" else column_label(cohort, name)
        said.append(f"children of a pair differ in {what} by {format_number(width, 3)} at most")
    if design.spec.exact:
        said.append(f"and agree on {_names(cohort, design.spec.exact)}")
    return "; ".join(said) + "."


def _waves(cohort: Cohort, result: Attribution) -> str:
    held = [w for w in ("baseline", *dict.fromkeys(row.wave for row in result.map.tiers)) if w in cohort.meta.waves]
    parts = [f"{WAVE_WORDS.get(w, w)}: {_days(cohort.meta.waves[w].start, cohort.meta.waves[w].end)}" for w in held]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _whom(design: Design) -> str:
    """Say who is averaged over, without counts: those stand in tables that know the release rule."""
    focal = FOCAL.get(design.spec.estimand)
    if focal is None:
        return "The children of both groups, those counting most who could as well have been in either."
    if design.count("Left out", focal):
        return f"The {focal} children who could be matched, not all of them."
    return f"All {focal} children."


def _about(result: Attribution, effect_model: str) -> dict[str, str]:
    design = result.design
    missing = design.covariates.missing
    return {
        "Whom it is about": _whom(design),
        "Outcome model": effect_model,
        "Missing at the start": "Nobody lacks a covariate." if missing.empty else
        "Gaps are filled with the average and marked; the marker is matched and adjusted for (table below).",
        "Missing at the end": "Children without the outcome are left out of its estimate; see below what that may do.",
    }


def fact_rows(
    cohort: Cohort,
    result: Attribution,
    selection: SelectionOptions,
    matching: MatchingOptions | None,
    *,
    planned: str,
    departures: Sequence[str] = (),
    funder: str = "",
    evaluator: str = "",
) -> pd.DataFrame:
    """Say what was done, as standards for matched studies ask (STROBE, RECORD).

    Parameters
    ----------
    cohort : Cohort
    result : Attribution
    selection : SelectionOptions
    matching : MatchingOptions or None
    planned : str
        Whether the plan was locked and registered, as a sentence.
    departures : sequence of str
        Keys of the plan that this run changed.
    funder, evaluator : str
        Who paid for the evaluation, and who made it.

    Returns
    -------
    DataFrame
        ``fact`` and ``statement``.
    """
    facts = {
        "Design": "Matched comparison of programme children with children who were not on it; nobody was drawn by lot."
        if result.has_design else "No comparison could be made.",
        "Programme ran": _days(cohort.meta.programme.start, cohort.meta.programme.end) + ".",
        "Measured": _waves(cohort, result),
        "Who was eligible": selection.description or NOT_STATED + ".",
    }
    if result.has_design and matching is not None:
        design = result.design
        primary = result.primary
        others = COMPARISON_WORDS[result.headline]
        facts |= {
            "Compared with": others[:1].upper() + others[1:] + ".",
            "Matched on": _names(cohort, design.formula.columns) + ".",
            "How": _how(cohort, design, matching),
            **_about(result, "" if primary is None else primary.att.method[:1].upper() + primary.att.method[1:] + "."),
        }
    changed = f" Changed since: {', '.join(departures)}." if departures else ""
    facts |= {
        "Planned beforehand": planned + changed,
        "Paid for by": funder or NOT_STATED + ".",
        "Made by": evaluator or NOT_STATED + ".",
    }
    rows = [{"fact": fact, "statement": statement} for fact, statement in facts.items() if statement]
    return pd.DataFrame(rows, columns=["fact", "statement"])
