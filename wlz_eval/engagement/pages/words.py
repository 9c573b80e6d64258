"""The answer of page 05 in words."""

from __future__ import annotations

from wlz_eval.core.finding import Finding
from wlz_eval.engagement.confounding import Reading
from wlz_eval.engagement.exposure import Dose
from wlz_eval.engagement.pages.outcome import OutcomeSlope

__all__ = ["answer_words"]

CAUTION = (
    "How much support a child had was not left to chance: it goes to those in need, and those who want it take it up."
)
#: What the reading adds to a slope that is clear.
CLEAR: dict[str, str] = {
    "fragile": "A modest unseen cause of both may be enough to explain it.",
    "robust": "It would take a strong unseen cause of both to explain it.",
}
#: What a slope that is clear is worth when other ways of allowing for the start do not show it.
DISAGREES = "Other reasonable ways of allowing for the start do not show it, so it should not be relied on."
#: What the reading adds to a slope that is not clear.
EXPLAINED = "Before allowing for the start it would have looked as if there were one."


def answer_words(
    primary: OutcomeSlope, slope: Finding, kind: Dose, reading: Reading | None
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

    Returns
    -------
    tuple
        A template, and the values of its placeholders.
    """
    values: dict[str, Finding | str | None] = {
        "slope": slope, "step": kind.step_label, "outcome": primary.measure.label, "reason": primary.slope.note,
    }
    if not primary.slope.estimated:
        return "No association with {outcome} could be estimated. {reason}", values
    name = reading.name if reading else ""
    if not slope.interval_excludes_zero:
        first = (
            "The data do not show whether more engagement goes with better or worse outcomes: for {step}, "
            "{outcome} differed by {slope} (95% interval {slope:interval}), so there may be no association at all."
        )
        return " ".join(filter(None, [first, EXPLAINED if name == "explained_by_start" else "", CAUTION])), values
    way = "higher" if slope.estimate > 0 else "lower"
    good = {"unclear": "", way: ", which is better"}.get(primary.better, ", which is worse")
    first = (
        f"For {{step}}, {{outcome}} was {{slope:magnitude}} {way}{good} (95% interval {{slope:interval}}). "
        "This is an association: it does not show what the support did."
    )
    second = CLEAR.get(name, DISAGREES) if reading else ""
    return " ".join(filter(None, [first, second, CAUTION])), values
