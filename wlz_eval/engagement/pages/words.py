"""The answer of page 5 in words."""

from __future__ import annotations

from wlz_eval.core.finding import Finding
from wlz_eval.engagement.confounding import Reading
from wlz_eval.engagement.exposure import BeforeReading, Dose
from wlz_eval.engagement.pages.outcome import OutcomeSlope

__all__ = ["answer_words", "window_words", "worth_words"]

CAUTION = (
    "How much support a child had was not left to chance: it may go to those in need, and those who want it take it up."
)
#: What stands against a slope that is clear, the gravest first: the first that holds is said.
FRAGILE: dict[str, str] = {
    "control": "It went with what came before the support as well, so something unseen is at work.",
    "within": "It is not clear among children of the same school.",
    "robustness": "A modest unseen cause of both may be enough to explain it.",
    "benchmark": "A modest unseen cause of both may be enough to explain it.",
    "unbalanced": "Children with more and with less could not be made alike on what was known at the start.",
    "no_start": "Nothing known at the start could be allowed for.",
    "no_yardstick": "Hardly anything is known of why some had more, so something unseen, such as motivation, may "
    "explain it.",
    "no_sensitivity": "How strong an unseen cause of both would have to be to explain it could not be worked out.",
}
#: What a slope that is clear is worth where nothing of that stands against it.
ROBUST = (
    "To explain it away, something unseen would have to go with both more closely than any one thing known at the "
    "start; motivation may."
)
#: What a slope is worth when other ways of allowing for the start, or for schools, say otherwise.
DISAGREES = "Other reasonable ways of allowing for the start do not show it, so it should not be relied on."
DEPENDS = "Whether an association is seen depends on how schools are treated, so it should not be relied on."
#: What the reading adds to a slope that is not clear.
UNCLEAR: dict[str, str] = {
    "explained_by_start": "Before allowing for the start it would have looked as if there were one.",
    "depends_on_schools": DEPENDS,
}


def _worth(reading: Reading) -> str:
    """Say what a slope that is clear is worth."""
    if reading.name == "fragile":
        return next((words for key, words in FRAGILE.items() if key in reading.against), "")
    known = {"robust": ROBUST, "depends_on_schools": DEPENDS}
    return known.get(reading.name, DISAGREES)


def worth_words(slope: Finding, reading: Reading | None, schools_agree: bool = True) -> str:
    """Say what need, the unseen and schools make of a slope, so that no page that quotes it leaves that out.

    Parameters
    ----------
    slope : Finding
        Of the main outcome.
    reading : Reading or None
        What need and the unseen make of it.
    schools_agree : bool
        Whether every treatment of schools says the same of whether there is an association.
    """
    name = reading.name if reading else ""
    # Once is enough to say that the slope should not be relied on.
    schools = DEPENDS if not schools_agree and name in ("robust", "fragile", "nothing_shown", "") else ""
    clear = slope.interval_excludes_zero
    worth = (_worth(reading) if reading else "") if clear else UNCLEAR.get(name, "")
    return " ".join(filter(None, [worth, schools]))


def answer_words(
    primary: OutcomeSlope, slope: Finding, kind: Dose, reading: Reading | None, schools_agree: bool = True
) -> tuple[str, dict[str, Finding | str | None]]:
    """Word the slope of the main outcome: which way, how much, how sure, and that it is an association.

    Parameters
    ----------
    primary : OutcomeSlope
    slope : Finding
        Its finding.
    kind : Dose
    reading : Reading or None
        What need and the unseen make of it.
    schools_agree : bool
        Whether every treatment of schools says the same of whether there is an association.

    Returns
    -------
    tuple
        A template, and the values of its placeholders.
    """
    values: dict[str, Finding | str | None] = {
        "slope": slope, "step": kind.step_label, "outcome": primary.measure.label, "reason": primary.slope.note,
    }
    if not primary.slope.estimated:
        none = "No association between {outcome} and the support before it was read could be estimated. {reason}"
        return none, values
    worth = worth_words(slope, reading, schools_agree)
    if not slope.interval_excludes_zero:
        first = (
            "The data do not show whether more engagement goes with better or worse outcomes: for {step}, "
            "{outcome} differed by {slope} (95% interval {slope:interval}), so there may be no association at all."
        )
        return " ".join(filter(None, [first, worth, CAUTION])), values
    way = "higher" if slope.estimate > 0 else "lower"
    good = {"unclear": "", way: ", which is better"}.get(primary.better, ", which is worse")
    first = (
        f"For {{step}}, {{outcome}} was {{slope:magnitude}} {way}{good} (95% interval {{slope:interval}}). "
        "This is an association: it does not show what the support did."
    )
    return " ".join(filter(None, [first, worth, CAUTION])), values


def window_words(
    kind: Dose, before: BeforeReading | None, by: Finding | None, whole: Finding | None
) -> tuple[str, dict[str, Finding | str | None]]:
    """Say which support is compared with outcomes: what came between an outcome's two readings.

    Parameters
    ----------
    kind : Dose
    before : BeforeReading or None
        None where the main outcome is not held.
    by, whole : Finding or None
        Mean dose up to the main outcome's reading, and over the whole programme.

    Returns
    -------
    tuple
        A template, and the values of its placeholders.
    """
    values: dict[str, Finding | str | None] = {"dose": kind.label, "by": by, "whole": whole}
    if before is not None and kind.name in before.undated:
        return "These data do not date {dose}, so some of it may have come after the outcomes were read.", values
    rule = (
        "The comparisons below count support from a child's reading at the start up to the reading of each outcome: "
        "what came later cannot have brought it about."
    )
    if before is not None and kind.name in before.by_period:
        rule += " What is recorded for a whole school year counts where most of the year lay before the reading."
    if by is None or whole is None:
        return rule, values
    means = "The average of {dose} was {by} up to the reading of the main outcome, and {whole} in all."
    return f"{rule} {means}", values
