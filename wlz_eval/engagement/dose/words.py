"""What dose results say: their findings, and sentences whose every number is one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from wlz_eval.core.finding import Finding, Unit

if TYPE_CHECKING:
    from wlz_eval.engagement.dose.change import DoseForChange
    from wlz_eval.engagement.dose.curve import DoseCurve
    from wlz_eval.engagement.dose.need import NeedInteraction
    from wlz_eval.engagement.dose.share import DoseForShare

__all__ = [
    "change_findings", "change_words", "curve_findings", "curve_words", "need_findings", "need_words",
    "share_findings", "share_words",
]

Words = tuple[str, dict[str, Finding | str | None]]

#: Closes every answer: what it does not say.
CAUTION = "This is an association: it does not say that more support would bring the difference."
#: Under this chance a difference is said to be there.
ALPHA = 0.05


def _after(note: str) -> str:
    return " {note}" if note else ""


def curve_findings(result: DoseCurve) -> list[Finding]:
    """Make the findings of :class:`DoseCurve`."""
    stem = f"engagement.curve.{result.outcome}.{result.exposure}"
    about = {"outcome": result.outcome, "group": "programme", "claim": "association", "n_programme": result.n}
    method = "restricted cubic spline, CR2 by school"
    test = Finding(
        finding_id=f"{stem}.linearity", quantity="p_value_linear", estimate=result.p, unit="probability",
        method=f"{method}, approximate Hotelling test of the bends", note=result.note,
        **about,  # type: ignore[arg-type]
    )
    if not result.estimated:
        return [test]
    ends = {"lowest": result.points.iloc[0], "highest": result.points.iloc[-1]}
    doses = [
        Finding(
            finding_id=f"{stem}.{name}", quantity=f"{name}_dose_drawn", estimate=float(row["dose"]),
            unit=result.wording.dose_unit, outcome=result.exposure, group="programme", claim="description",
            n_programme=int(row["n"]), method="mean dose of the children nearest to it",
        )
        for name, row in ends.items()
    ]
    gap = Finding(
        finding_id=f"{stem}.difference", quantity="difference", estimate=float(ends["highest"]["difference"]),
        ci_low=float(ends["highest"]["difference_low"]), ci_high=float(ends["highest"]["difference_high"]),
        unit=result.wording.outcome_unit, subgroup="highest against lowest dose drawn", method=method, note=result.note,
        **about,  # type: ignore[arg-type]
    )
    return [test, *doses, gap]


def curve_words(result: DoseCurve) -> Words:
    """Say whether the association is a straight line, and how far apart its ends are."""
    outcome, dose = result.wording.outcome, result.wording.dose
    values: dict[str, Finding | str | None] = {"outcome": outcome, "dose": dose, "note": result.note}
    if not result.estimated:
        return "No curve of {outcome} by {dose} could be drawn. {note}", values
    found = {f.finding_id.rsplit(".", 1)[1]: f for f in result.findings()}
    values |= {"p": found["linearity"], "gap": found["difference"], "low": found["lowest"], "high": found["highest"]}
    if not math.isfinite(result.p):
        shape = "Whether {outcome} goes with {dose} along a straight line could not be tested."
    elif result.p < ALPHA:
        shape = (
            "The association of {outcome} with {dose} bends: were it a straight line, so large a bend would be seen in "
            "{p:chance} samples."
        )
    else:
        shape = (
            "The data do not rule out that {outcome} goes with {dose} along a straight line, along which so large a "
            "bend would be seen in {p:chance} samples."
        )
    if found["difference"].interval_excludes_zero:
        way = "higher" if found["difference"].estimate > 0 else "lower"
        ends = f" At {{high}} ({{dose}}) it was {{gap:magnitude}} {way} than at {{low}} "
        ends += "(95% interval {gap:interval})."
    else:
        ends = (
            " Between {low} and {high} ({dose}) it differed by {gap} (95% interval {gap:interval}), so there may be no "
            "association at all."
        )
    return shape + ends + " " + CAUTION + _after(result.note), values


def need_findings(result: NeedInteraction) -> list[Finding]:
    """Make the findings of :class:`NeedInteraction`."""
    stem = f"engagement.by_need.{result.outcome}.{result.exposure}.{result.need}"
    unit = result.wording.outcome_unit
    method = "least squares with the product of dose and need, CR2 by school"
    slopes = [
        Finding(
            finding_id=f"{stem}.{row['level']}", quantity="slope", estimate=float(row["estimate"]),
            se=float(row["se"]), ci_low=float(row["ci_low"]), ci_high=float(row["ci_high"]), unit=unit,
            claim="association", outcome=result.outcome, group="programme", subgroup=f"{row['level']} need",
            n_programme=int(row["n"]), method=method, note=result.note,
        )
        for row in result.slopes.to_dict(orient="records")
    ]
    gap = Finding(
        finding_id=f"{stem}.interaction", quantity="slope_difference", estimate=result.interaction, se=result.se,
        ci_low=result.ci_low, ci_high=result.ci_high, unit=unit, claim="association", outcome=result.outcome,
        group="programme", subgroup="one standard deviation more need", n_programme=result.n, method=method,
        note=result.note,
    )
    test = Finding(
        finding_id=f"{stem}.p", quantity="p_value_same_slope", estimate=result.p, unit="probability",
        claim="association", outcome=result.outcome, group="programme", n_programme=result.n, method=method,
    )
    return [*slopes, gap, test]


def need_words(result: NeedInteraction) -> Words:
    """Say whether the slope differs by need."""
    outcome, dose = result.wording.outcome, result.wording.dose
    values: dict[str, Finding | str | None] = {"outcome": outcome, "dose": dose, "note": result.note}
    if not result.estimated:
        return "Whether {dose} matters more for children in greater need could not be estimated. {note}", values
    found = {f.finding_id.rsplit(".", 1)[1]: f for f in result.findings()}
    values |= {"low": found["low"], "high": found["high"], "gap": found["interaction"]}
    both = (
        " Over the same step in {dose} it was {low} for children of low need (95% interval {low:interval}) and {high} "
        "for those of high need (95% interval {high:interval})."
    )
    if found["interaction"].interval_excludes_zero:
        way = "higher" if result.interaction > 0 else "lower"
        first = (
            f"The slope of {{outcome}} on {{dose}} is {{gap:magnitude}} {way} for each standard deviation of need "
            "more (95% interval {gap:interval})."
        )
    else:
        first = (
            "The data do not show that the association of {outcome} with {dose} differs by need; that is no proof that "
            "it is the same."
        )
    return first + both + " " + CAUTION + _after(result.note), values


def change_findings(result: DoseForChange) -> list[Finding]:
    """Make the findings of :class:`DoseForChange`."""
    stem = f"engagement.dose_for_change.{result.outcome}.{result.exposure}.{result.change:g}"
    n, unit = result.slope.n, result.wording.dose_unit
    method = "Fieller's interval of the change over the slope, CR2 by school"
    asked = Finding(
        finding_id=f"{stem}.asked", quantity="change_asked_about", estimate=result.change,
        unit=result.wording.outcome_unit, claim="description", outcome=result.outcome, group="programme",
        n_programme=n, method="given, not estimated",
    )
    bounded = math.isfinite(result.low) and math.isfinite(result.high)
    dose = Finding(
        finding_id=stem, quantity="dose_for_change", estimate=result.dose, unit=unit, claim="association",
        outcome=result.outcome, group="programme", n_programme=n, method=method, note=result.note,
        ci_low=result.low if bounded else math.nan, ci_high=result.high if bounded else math.nan,
    )
    if result.kind != "at_least":
        return [asked, dose]
    return [asked, dose, _limit(stem, "low", result.low, unit, result.outcome, n, method)]


def _limit(stem: str, end: str, value: float, unit: Unit, outcome: str, n: int, method: str) -> Finding:
    return Finding(
        finding_id=f"{stem}.{end}", quantity={"low": "at_least", "high": "at_most"}[end], estimate=value, unit=unit,
        claim="association", outcome=outcome, group="programme", n_programme=n, method=method,
        note="One end of a 95% interval that is open at the other.",
    )


CHANGE_TEMPLATES: dict[str, str] = {
    "bounded": "A difference of {change} in {outcome} goes with {dose} more ({label}; 95% interval {dose:interval}).",
    "at_least": (
        "A difference of {change} in {outcome} goes with at least {low} more ({label}; lower end of the 95% "
        "interval), and no upper limit can be given: the data do not rule out that there is no association at all."
    ),
    "less": (
        "In these data a difference of {change} in {outcome} goes with less of it, not with more ({label}), so there "
        "is no number that would go with such a difference."
    ),
    "either": (
        "The data do not say whether a difference of {change} in {outcome} goes with more or with less ({label}; 95% "
        "interval {dose:interval})."
    ),
    "everything": "The data do not bound it: a difference of {change} in {outcome} may go with any amount ({label}).",
    "not_estimated": "What goes with a difference of {change} in {outcome} could not be estimated ({label}). {note}",
}
CHANGE_BEYOND: dict[str, str] = {
    "": "",
    "upper": " The upper limit is beyond the doses seen here: it continues the line to where no child was.",
    "estimate": " The estimate is beyond the doses seen here: it continues the line to where no child was.",
    "all": " All of that is beyond the doses seen here: it continues the line to where no child was.",
}


#: Beside a lower limit alone: what the line itself says.
AT_LEAST_ESTIMATE: dict[str, str] = {
    "": " The line itself says {dose}.",
    "estimate": " The line itself says {dose}, which is beyond the doses seen here, where no child was.",
}


def change_words(result: DoseForChange) -> Words:
    """Say how much more dose goes with the change, each kind of interval in its own words."""
    found = {f.quantity: f for f in result.findings()}
    values: dict[str, Finding | str | None] = {
        "change": found["change_asked_about"], "dose": found["dose_for_change"], "low": found.get("at_least"),
        "outcome": result.wording.outcome, "label": result.wording.dose, "note": result.note,
    }
    template = CHANGE_TEMPLATES[result.kind]
    if result.kind == "not_estimated":
        return template, values
    if result.kind == "at_least" and result.beyond != "all" and math.isfinite(result.dose):
        template += AT_LEAST_ESTIMATE[result.beyond]
    else:
        template += CHANGE_BEYOND[result.beyond]
    return template + " " + CAUTION + _after(result.note), values


def share_findings(result: DoseForShare) -> list[Finding]:
    """Make the findings of :class:`DoseForShare`."""
    stem = f"engagement.dose_for_share.{result.outcome}.{result.exposure}.{100 * result.share:g}"
    unit, n = result.wording.dose_unit, result.n
    method = "logistic regression averaged over the children, band by CR2 by school asked backwards"
    bounded = result.kind == "bounded"
    dose = Finding(
        finding_id=stem, quantity="dose_for_share", estimate=result.dose, unit=unit, claim="association",
        outcome=result.outcome, group="programme", n_programme=n, method=method, note=result.note,
        ci_low=result.low if bounded else math.nan, ci_high=result.high if bounded else math.nan,
    )
    share = Finding(
        finding_id=f"{stem}.asked", quantity="share_asked_about", estimate=100 * result.share, unit="percent",
        claim="description", outcome=result.outcome, group="programme", n_programme=n, method="given, not estimated",
    )
    ends = {"low": result.low, "high": result.high} if not bounded else {}
    return [
        dose, share,
        *(_limit(stem, k, v, unit, result.outcome, n, method) for k, v in ends.items() if math.isfinite(v)),
    ]


SHARE_TEMPLATES: dict[str, str] = {
    "bounded": "{share} of the children met it at {dose} ({label}; 95% interval {dose:interval}).",
    "at_least": (
        "The dose at which {share} of the children met it is at least {low} ({label}; lower end of the 95% interval); "
        "among the doses seen here there is no upper limit."
    ),
    "at_most": (
        "The dose at which {share} of the children met it is at most {high} ({label}; upper end of the 95% interval); "
        "among the doses seen here there is no lower limit."
    ),
    "either_end": (
        "The dose at which {share} of the children met it may be {low} or less, or {high} or more ({label}), but not "
        "in between: the data do not show which."
    ),
    "everything": "The data do not bound the dose at which {share} of the children met it ({label}).",
    "not_estimated": "At what dose {share} of the children met it could not be estimated ({label}). {note}",
}
SHARE_NONE: dict[str, str] = {
    "above": "More than {share} of the children met it at every dose seen here ({label}), so no dose can be named.",
    "below": "Fewer than {share} of the children met it at every dose seen here ({label}), so no dose can be named.",
}


def share_words(result: DoseForShare) -> Words:
    """Say at which dose the share meets the outcome, each kind of set in its own words."""
    found = {f.quantity: f for f in result.findings()}
    values: dict[str, Finding | str | None] = {
        "dose": found["dose_for_share"], "low": found.get("at_least"), "high": found.get("at_most"),
        "share": "half" if result.share == 0.5 else found["share_asked_about"],
        "outcome": result.wording.outcome, "label": result.wording.dose, "note": result.note,
    }
    template = SHARE_NONE[result.side] if result.kind == "none" else SHARE_TEMPLATES[result.kind]
    about = "On {outcome}: " + template[:1].lower() + template[1:]
    if result.kind == "not_estimated":
        return about, values
    return about + " " + CAUTION + _after(result.note), values
