"""The facts of a matched comparison that a reader must be told: one row each, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.capabilities import METHODS
from wlz_eval.attribution.claims import FEWEST_MATCHED
from wlz_eval.attribution.design import FOCAL, Design
from wlz_eval.attribution.options import MatchingOptions, SelectionOptions
from wlz_eval.attribution.pages.labels import in_short
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.numbers import format_number
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS
from wlz_eval.measures.labels import column_label

__all__ = ["fact_rows"]

#: Ratios in words: a page never speaks of a few children by number.
RATIO_WORDS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NOT_STATED = "Not stated in the plan"
NOBODY_NAMED = "The plan names neither a funder nor who made this evaluation, so its independence cannot be judged."
#: What is averaged, in words and by its usual name.
ESTIMAND_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "ATT": "The average difference for the programme children (average treatment effect on the treated, ATT)",
        "ATC": "The average difference for the comparison children (average treatment effect on the controls, ATC)",
        "ATE": "The average difference for all children of both groups (average treatment effect, ATE)",
        "ATO": "The average difference for children who could as well have been in either group (overlap, ATO)",
    }
)


def _days(start: object, end: object) -> str:
    return f"{start:%-d %B %Y} to {end:%-d %B %Y}"


def _names(cohort: Cohort, result: Attribution, columns: Sequence[str]) -> str:
    return ", ".join(in_short(result, [column_label(cohort, c) for c in columns]))


def _how(cohort: Cohort, result: Attribution, matching: MatchingOptions) -> str:
    """Describe the method, ratio, replacement, caliper and exact columns, with the usual term for each."""
    design = result.design
    can = METHODS[matching.method]
    said = [f"{can.description[:1].upper()}{can.description[1:]} ({matching.method})"]
    if "ratio" in can.options:
        often = "may serve several (with replacement)" if matching.replace else "serves once (without replacement)"
        number = RATIO_WORDS[matching.ratio]
        noun = "child" if matching.ratio == 1 else "children"
        said.append(f"{number} comparison {noun} for each programme child")
        said.append(f"a comparison child {often}")
    for name, width in design.caliper_widths.items():
        what = "likelihood of being on the programme" if name == "distance" else _names(cohort, result, [name])
        said.append(f"children of a pair differ in {what} by {format_number(width, 3)} at most (the caliper)")
    if design.spec.exact:
        alone = design.spec.exact == ("school_id",)
        said.append("and are of one school" if alone else f"and agree on {_names(cohort, result, design.spec.exact)}")
    return "; ".join(said) + "."


def _waves(cohort: Cohort, result: Attribution) -> str:
    held = [w for w in ("baseline", *dict.fromkeys(row.wave for row in result.map.tiers)) if w in cohort.meta.waves]
    parts = [f"{WAVE_WORDS.get(w, w)}: {_days(cohort.meta.waves[w].start, cohort.meta.waves[w].end)}" for w in held]
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _whom(design: Design) -> str:
    """Say who is averaged over, without counts: those stand in tables that know the release rule."""
    said = ESTIMAND_WORDS[design.spec.estimand]
    focal = FOCAL.get(design.spec.estimand)
    if focal is not None and design.count("Left out", focal):
        said += ", here of those who could be matched, not of all"
    return said + ". Children who started and left are counted too (intention to treat)."


def _computed(result: Attribution) -> dict[str, str]:
    """Outcome model and clustering of the primary outcome."""
    primary = result.primary
    if primary is None:
        return {}
    model, _, variance = primary.att.method.partition("; ")
    said = {"Outcome model": f"The matched children's outcomes, {model}."}
    if primary.att.clustering == "school":
        said["Children of one school"] = (
            "They are taught together and alike, so intervals rest on the number of schools, not of children alone "
            f"(clustered by school: {variance})."
        )
    elif variance:
        said["Interval"] = f"{variance[:1].upper()}{variance[1:]}."
    return said


def _missing(design: Design) -> dict[str, str]:
    missing = design.covariates.missing
    return {
        "Missing at the start": "Nobody lacks anything that is matched on." if missing.empty else
        "Gaps are filled with the average and marked; the marker is matched and adjusted for.",
        "Missing at the end": "Children without an outcome are left out of its estimate; a section below says what "
        "that may do.",
    }


def _paid(funder: str, evaluator: str) -> dict[str, str]:
    """Funder and independence, in one phrase where the plan names nobody."""
    if not (funder or evaluator):
        return {"Funder and independence": NOBODY_NAMED}
    return {
        "Paid for by": funder or "The plan names no funder.",
        "Made by": evaluator or "The plan does not say who made this evaluation.",
    }


def _with_design(cohort: Cohort, result: Attribution, matching: MatchingOptions) -> dict[str, str]:
    """Everything about the comparison itself."""
    design, primary = result.design, result.primary
    others = COMPARISON_WORDS[result.headline]
    facts = {
        "Compared with": f"{others[:1].upper()}{others[1:]} who were not on the programme; brothers and sisters of "
        "programme children are left out where the tables name them.",
        "Matched on": _names(cohort, result, design.formula.columns) + ".",
        "How": _how(cohort, result, matching),
        "Alike enough": "Groups count as alike where they differ by no more than "
        f"{format_number(result.balance_limit, 2)} standard deviations after matching (the plan's limit).",
        "What is estimated": _whom(design),
    }
    if primary is not None:
        facts["Primary outcome"] = f"{primary.label} {WAVE_WORDS[primary.outcome.wave]}, named in the plan."
    return {
        **facts,
        **_computed(result),
        **_missing(design),
        "Fewest children": f"No effect is claimed with fewer than {FEWEST_MATCHED} matched programme children, the "
        "number below which the Justice Data Lab does not report.",
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
        "Design": "A matched comparison, not a randomised trial: programme children beside children like them who were "
        "not on the programme." if result.has_design else "No comparison could be made.",
        "Programme ran": _days(cohort.meta.programme.start, cohort.meta.programme.end) + ".",
        "Measured": _waves(cohort, result),
        "Who was eligible": selection.description or NOT_STATED + ".",
        "How children were chosen": result.selection.reason,
    }
    if result.has_design and matching is not None:
        facts |= _with_design(cohort, result, matching)
    changed = f" Changed since: {', '.join(departures)}." if departures else ""
    facts |= {"Planned beforehand": planned + changed, **_paid(funder, evaluator)}
    rows = [{"fact": fact, "statement": statement} for fact, statement in facts.items() if statement]
    return pd.DataFrame(rows, columns=["fact", "statement"])
