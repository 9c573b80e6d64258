"""What a reader should make of the answer: how sure it is, what to do next, what may not be concluded."""

from __future__ import annotations

import math
from collections.abc import Iterable

from wlz_eval.attribution.claims import agree, agreement_words, direction_words, may_say_caused
from wlz_eval.attribution.sensitivity.rosenbaum import gamma_word
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import COMPARISON_WORDS, listed
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.labels import outcome_label
from wlz_eval.release.sentences import Sentence
from wlz_eval.release.summary.numbers import compared, first, which_is_better

__all__ = ["caution", "how_sure", "limits", "next_steps"]

#: Percent of programme children with the main outcome below which the missing ones are worth asking for.
FEW_RESULTS = 90
#: Most things that a reader is told to do.
MOST_STEPS = 4


def how_sure(found: FindingSet, plan: Plan, att: Finding | None) -> tuple[Sentence, ...]:
    """Say how far the main result can be trusted: rating, comparisons, other ways to compute it, size, plan."""
    where = f"{plan.primary.measure}.{plan.primary.wave}"
    said = [
        Sentence(
            "A 95% interval is the range in which the true number is likely to lie. The wider it is, the less we "
            "know.",
            topic="Intervals.",
        )
    ]
    if rating := first(found, f"attribution.evidence.eef_style.{where.replace('.', '_')}"):
        said.append(
            Sentence(
                "This evidence gets {rating:number} on a scale up to five, the best, like that of the Education "
                "Endowment Foundation. That is the report's own rating: no reviewer has checked it. {reason}",
                {"rating": rating, "reason": rating.note},
                "Rating.",
            )
        )
    said += _agreement([f for f in found.where(quantity="att", id_prefix=f"attribution.att.{where}.") if f.comparator])
    said += _other_ways(found, where.replace(".", "_"))
    smallest = first(found, "attribution.mde_seen", "attribution.mde")
    if smallest is not None and att is not None:
        said.append(
            Sentence(
                "With so many children and schools, the study would often miss a true effect smaller than {smallest}.",
                {"smallest": smallest},
                "Small effects.",
            )
        )
    said.append(_plan(plan))
    return tuple(said)


def _agreement(kinds: list[Finding]) -> list[Sentence]:
    """Set the two kinds of comparison children beside each other."""
    known = [f for f in kinds if f.has_interval][:2]
    if len(known) < 2:
        return []
    one, two = known
    trust = "" if agree(one, two) else " Trust neither alone."
    return [
        Sentence(
            "Against {kind_one} the difference is {one} (95% interval {one:interval}). Against {kind_two} it is {two} "
            "(95% interval {two:interval}). " + agreement_words(one, two) + trust,
            {
                "one": one,
                "two": two,
                "kind_one": COMPARISON_WORDS.get(one.comparator, one.comparator),
                "kind_two": COMPARISON_WORDS.get(two.comparator, two.comparator),
            },
            "Two comparisons.",
        )
    ]


def _other_ways(found: FindingSet, name: str) -> list[Sentence]:
    tried = first(found, f"attribution.specifications.estimated.{name}")
    above, below = (first(found, f"attribution.specifications.{side}_zero.{name}") for side in ("above", "below"))
    if tried is None or above is None or below is None:
        return []
    text = "This report worked out the difference in {tried:number} ways, the planned one among them. "
    sides = [(side, f) for side, f in (("higher", above), ("lower", below)) if f.estimate > 0]
    if not sides:
        return [Sentence(text + "It is clear in none of them.", {"tried": tried}, "Other ways.")]
    clear = listed([f"clearly {side} in {{{side}:number}}" for side, _ in sides])
    only = "" if len(sides) > 1 else f", and clearly {'lower' if sides[0][0] == 'higher' else 'higher'} in none"
    text += f"Programme children come out {clear}{only}."
    return [Sentence(text, {"tried": tried, **dict(sides)}, "Other ways.")]


def _plan(plan: Plan) -> Sentence:
    status = plan.status
    if not status.locked:
        text = "The plan was not locked, so it could date from after the results were in."
    elif status.changed or plan.departures:
        text = "The plan was locked before this run, but the run departs from it. The foot of this page says where."
    else:
        text = "The plan was locked before this run, and the run kept to it."
    return Sentence(text, topic="Plan.")


def next_steps(
    found: FindingSet, cohort: Cohort, plan: Plan, att: Finding | None, label: str, better: str
) -> tuple[Sentence, ...]:
    """Say what to do next, the step that matters most first."""
    if cohort.meta.closed:
        return _of_the_past(found, att, better)
    worse = _on_the_worse(found, cohort, plan)
    steps = [_on_the_effect(att, label, better), *worse, *_on_results(found, plan), *_on_money(found)]
    if not plan.status.locked:
        steps.append(Sentence("Lock the plan before the next results come in.", topic="Plan ahead."))
    return tuple(steps[:MOST_STEPS])


def _of_the_past(found: FindingSet, att: Finding | None, better: str) -> tuple[Sentence, ...]:
    """Say what a study that is over can still be used for: nothing can be asked for, measured or planned any more."""
    over = Sentence(
        "This study is over, and nothing can be added to it. Do not decide on a programme of today by it alone.",
        topic="Use it with care.",
    )
    if att is not None and may_say_caused(att) and (att.estimate > 0) == (better == "higher"):
        again = Sentence("Plan a study of your own to see whether children of today gain as much.", topic="Repeat it.")
    else:
        again = Sentence(
            "In a study of your own, write down how children are chosen. Measure what they are chosen on, and lock the "
            "plan before results come in.",
            topic="Do better next time.",
        )
    return (over, again, *(_on_money(found) if first(found, "value.cost_per_child") is not None else []))


def _on_the_effect(att: Finding | None, label: str, better: str) -> Sentence:
    if att is None or att.estimate != att.estimate or att.claim == "description":
        return Sentence(
            "Measure {label} for similar children who are not on the programme, at the start and at the end. Until "
            "then no number can show what the programme does.",
            {"label": label},
            "Measure both groups.",
        )
    if att.claim != "effect":
        return Sentence(
            "First mend what stands in the way of a firmer answer. The words on cause, above, name it.",
            topic="Mend the comparison.",
        )
    if not may_say_caused(att):
        return Sentence(
            "Do not read an unclear result as no effect. More children in more schools would give a clearer answer.",
            topic="Keep looking.",
        )
    gain = (att.estimate > 0) == (better == "higher")
    if better in ("higher", "lower") and not gain:
        return Sentence(
            "Find out why it went the wrong way. Read page 6 on what children were given, and talk to schools and "
            "families before more children start.",
            topic="Look into it.",
        )
    return Sentence(
        "See whether the next year's children gain as much. One year's result may be partly luck.", topic="Repeat it."
    )


def _on_the_worse(found: FindingSet, cohort: Cohort, plan: Plan) -> list[Sentence]:
    """Ask after further outcomes on which programme children clearly did worse, whatever brought it about."""
    wrong = []
    for outcome, att in compared(found, plan):
        better = outcome.better or which_is_better(cohort, outcome.measure)
        if att.interval_excludes_zero and direction_words(att.estimate, better)[1] == "which is worse":
            wrong.append(outcome_label(cohort, outcome.measure))
    if not wrong:
        return []
    text = "Find out why programme children did worse than children like them on {labels}, whatever brought it about."
    return [Sentence(text, {"labels": " and ".join(dict.fromkeys(wrong))}, "Look at what went worse.")]


def _on_results(found: FindingSet, plan: Plan) -> list[Sentence]:
    share = first(found, f"data.complete.{plan.primary.measure}.{plan.primary.wave}.programme")
    if share is None or share.estimate >= FEW_RESULTS:
        return []
    text = "Only {share} of programme children have a result on the main outcome. Ask their schools for the rest."
    return [Sentence(text, {"share": share}, "Find missing results.")]


def _on_money(found: FindingSet) -> list[Sentence]:
    net = first(found, "value.net_present_value_per_child")
    if first(found, "value.cost_per_child") is None:
        return [Sentence("Collect what the programme costs, and who pays.", topic="Count the cost.")]
    if net is None:
        return []
    if net.has_interval and net.ci_high < 0:
        text = (
            "On these links the programme costs more than it brings back in money. Ask what else it is for, and check "
            "the links on page 7, before you decide."
        )
    elif net.has_interval and net.ci_low > 0:
        text = "On these links the programme brings back more than it costs. Check them on page 7 before you use this."
    else:
        text = "The sums leave open whether the programme pays for itself. Page 7 says which of them matter most."
    return [Sentence(text, topic="Weigh the money.")]


def caution(att: Finding | None) -> Sentence:
    """Say in one breath what the limits below say at length."""
    cause = "that the programme brought this about, " if att is None or att.claim != "effect" else ""
    return Sentence(
        f"{cause}that the programme made the change from start to end, that more support would bring more, or that "
        "anyone measured the money.",
        topic="This does not show",
    )


def limits(found: FindingSet, att: Finding | None) -> tuple[Sentence, ...]:
    """Say what may not be concluded, and why."""
    said = [
        Sentence(
            "A change from start to end is not the work of the programme. Children chosen at a low point tend to rise "
            "with no help at all.",
            topic="Before and after.",
        )
    ]
    if att is None or att.claim != "effect":
        said.append(
            Sentence(
                "No number here shows what the programme brought about. {reason}",
                {"reason": att.note if att is not None else ""},
                "Cause.",
            )
        )
    else:
        said.append(_holds(found, att))
    if found.where(quantity="slope"):
        said.append(
            Sentence(
                "Children who take part more differ in other ways too. So engagement figures do not say what one more "
                "hour would bring.",
                topic="More support.",
            )
        )
    if _assumed(found):
        said.append(
            Sentence(
                "Sums of money rest on assumptions about what a better result is worth. Nobody measured that in these "
                "children.",
                topic="Money.",
            )
        )
    return tuple(said)


def _holds(found: FindingSet, att: Finding) -> Sentence:
    """Say for whom an effect holds, and how little that nobody measured would undo it."""
    text = (
        "The result holds for the children who found a match. It fails if something that nobody measured set the two "
        "groups apart."
    )
    gamma = first(found, "attribution.sensitivity.gamma_lost")
    if gamma is None or not att.interval_excludes_zero or not math.isfinite(gamma.estimate):
        return Sentence(text, topic="Cause.")
    return Sentence(
        f"{text} A {{size}} difference could do so: the odds of a place {{gamma:number}} times as high for one child "
        "of a pair.",
        {"gamma": gamma, "size": gamma_word(gamma.estimate)},
        "Cause.",
    )


def _assumed(found: Iterable[Finding]) -> bool:
    """Whether any result was put into money."""
    ids = ("value.net_present_value", "value.projection.net_present_value")
    return any(f.finding_id in ids and f.estimate == f.estimate for f in found)
