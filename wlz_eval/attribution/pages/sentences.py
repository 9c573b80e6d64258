"""What notebook 04 says of an attribution: sentences as templates whose placeholders are keys of :func:`values`."""

from __future__ import annotations

from collections.abc import Mapping

from wlz_eval.attribution.attribution import Attribution
from wlz_eval.attribution.claims import claim_sentence
from wlz_eval.attribution.raters import RATERS_KNEW
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import COMPARISON_WORDS, WAVE_WORDS

__all__ = [
    "answer", "balance_sentence", "in_hundred", "limits", "nobody_unmatched", "sentences", "values",
    "who_was_compared", "why_not",
]

#: Part of the programme without a match below which it counts as nearly none.
NEARLY_NONE = 0.05


def values(result: Attribution) -> Mapping[str, Finding]:
    """Name the findings as the sentences do: ``english_endline``, ``matched`` and so on."""
    found = {f.finding_id.removeprefix("attribution."): f for f in result.findings()}
    named = {
        f"{e.outcome.measure}_{e.outcome.wave}": found[f"att.{e.name}"] for e in result.headline_effects
    }
    for e in result.effects:
        if not e.headline:
            named[f"{e.outcome.measure}_{e.outcome.wave}_{e.comparison}"] = found[f"att.{e.name}.{e.comparison}"]
    for name, finding_id in (
        ("matched", "matched.programme"),
        ("partners", "matched.comparison"),
        ("imbalance_before", "imbalance.before"),
        ("imbalance_after", "imbalance.after"),
    ):
        if finding_id in found:
            named[name] = found[finding_id]
    primary = result.primary
    if primary is not None:
        named["naive"] = found[f"naive.{primary.name}"]
        if primary.has_hundred:
            named["in_hundred"] = found[f"in_hundred.{primary.name}"]
    return named


def _outcome_sentence(result: Attribution, measure: str, wave: str, reason: str | None = None) -> str:
    row = result.map.row(measure, wave)
    for effect in result.headline_effects:
        if (effect.outcome.measure, effect.outcome.wave) == (measure, wave):
            name = f"{measure}_{wave}"
            if reason is not None and effect.raters_knew:
                reason = f"{reason} {RATERS_KNEW}".strip()
            return claim_sentence(effect.finding("att"), effect.label, effect.better, reason, name, effect.doubted)
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
    """Say who the headline is about, and on whom of them the primary result rests."""
    others = COMPARISON_WORDS[result.headline]
    left_out = len(result.design.unmatched_programme) / float(result.design.treatment.sum())
    # How many were left out follows from the flow, where it may be shown.
    who = "all {matched} of the programme" if left_out == 0 else "{matched} of the programme"
    rest = ""
    if left_out >= NEARLY_NONE:
        rest = "; the rest of the programme had nobody similar enough"
    elif left_out:
        who += ", nearly all of them"
    said = f"This is about {who}, compared with {{partners}} from among {others}{rest}."
    att = None if result.primary is None else result.primary.att
    if att is None or att.n_missing_programme + att.n_missing_comparison == 0:
        return said
    name = f"{result.primary.outcome.measure}_{result.primary.outcome.wave}"  # type: ignore[union-attr]
    return (
        f"{said} The result rests on those whose outcome is known: {{{name}:n_programme}} of the programme and "
        f"{{{name}:n_comparison}} of the others."
    )


def in_hundred(result: Attribution) -> tuple[str, ...]:
    """Say the primary result of a hundred children, where it has an interval and a better side."""
    if result.primary is None or not result.primary.has_hundred:
        return ()
    return (
        "For every hundred children like these on the programme, about {in_hundred} ended better than the middle one "
        "of the comparison children they were matched with (95% interval {in_hundred:interval}). Fifty would be no "
        "difference. This takes scores to be spread like a bell curve.",
    )


def sentences(result: Attribution, primary: bool = True) -> tuple[str, ...]:
    """Give one template for each outcome of the plan, worded as far as its claim allows.

    Parameters
    ----------
    result : Attribution
    primary : bool
        Whether the primary outcome is among them; it is not where :func:`answer` has said it already.
    """
    if not result.has_design:
        return (why_not(result) if primary else "Nothing can be said about them either, for the same reason.",)
    rows = [row for row in result.map.tiers if primary or not row.primary]
    if not rows:
        return ("The plan names no other outcome.",)
    return tuple(_outcome_sentence(result, row.measure, row.wave, reason="") for row in rows)


#: Half of the last digit to which standard deviations are printed.
_PRINTED = 0.005


def balance_sentence(result: Attribution) -> tuple[str, ...]:
    """Say how alike the groups were, before the table and the picture of it."""
    if not result.has_design:
        return ()
    # Rounded, the largest difference may be the limit itself.
    at_limit = abs(result.balance.worst_after - result.balance_limit) < _PRINTED
    within = "within" if result.balance.balanced else "just beyond" if at_limit else "beyond"
    adjusted = result.primary is not None and result.primary.att.model != "unadjusted"
    more = "" if result.balance.balanced or not adjusted else " The outcome model adjusts for what is left."
    return (
        "The largest difference at the start was {imbalance_before} before matching and is {imbalance_after} after it, "
        f"{within} the limit of the plan.{more}",
    )


def nobody_unmatched(result: Attribution) -> tuple[str, ...]:
    """Say that every programme child was matched, where it is so."""
    if not result.has_design or len(result.design.unmatched_programme):
        return ()
    return ("Every programme child found a comparison child under the plan's limits, so nobody was left out.",)


def limits(result: Attribution) -> tuple[str, ...]:
    """Say what may not be concluded, as templates."""
    said = [result.selection.reason]
    if not result.has_design:
        return (why_not(result), *said)
    said[0] += (
        " Everything here rests on that: if anything else helped to choose them, the differences are not the "
        "programme's alone."
        if result.selection.by_rules
        else " So the groups may have differed in ways that matching cannot see, and no difference here is proven."
    )
    said.append(
        "Matching makes the groups alike in what was measured. What was not measured may still differ between them."
    )
    if len(result.design.unmatched_programme):
        said.append("Nothing here is about programme children who could not be matched.")
    said.append(
        "Comparison children of the same schools may have gained from the programme too; those of other schools "
        "were taught elsewhere. Neither comparison is free of doubt, so both are shown and never mixed."
    )
    if any(e.att.illustrative for e in result.headline_effects):
        said.append("Where an interval is marked illustrative, there are too few schools for a firm one.")
    if any(row.tier == "C" for row in result.map.tiers):
        said.append("Outcomes of tier C are no evidence for or against the programme, and no money is put on them.")
    return tuple(said)
