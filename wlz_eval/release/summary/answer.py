"""The summary's answer: one or two plain sentences on each question."""

from __future__ import annotations

import re
from dataclasses import replace

from wlz_eval.attribution.claims import claim_sentence, direction_words, doubt
from wlz_eval.attribution.raters import RATERS_KNEW
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.labels import outcome_label
from wlz_eval.release.sentences import Sentence
from wlz_eval.release.summary.numbers import compared, first, which_is_better

__all__ = ["EFFECT_TOPICS", "change", "children", "effect", "engagement", "others", "reality", "value"]

NO_EFFECT = (
    "These findings do not compare the main outcome with that of other children. So they cannot say what would have "
    "happened without the programme."
)
#: Begin the one sentence that the list of all cohorts quotes: the second where no effect may be claimed.
EFFECT_TOPICS = ("What the programme did.", "Beside similar children.")
OTHERS_TOPIC = "Other outcomes."


def children(found: FindingSet, att: Finding | None) -> Sentence:
    """Say how many children there were, and how many of them the comparison is about."""
    topic = "The children."
    programme = first(found, "identification.children.programme", "data.children.programme", "data.started")
    if programme is None:
        counts = found.where(unit="children", group="programme", quantity="count")
        programme = max(counts, key=lambda f: f.estimate, default=None)
    if programme is None:
        return Sentence("The first notebooks have not run, so it is not clear how many took part.", topic=topic)
    if att is not None and att.n_programme:
        what = "What the programme did is worked out for" if att.claim == "effect" else "The comparison is about"
        return Sentence(
            f"This report counts {{programme}} on the programme. {what} "
            "{att:n_programme} of them: those who have a result, and who resemble children that were not on it.",
            {"programme": programme, "att": att},
            topic,
        )
    return Sentence("This report counts {programme} on the programme.", {"programme": programme}, topic)


def change(found: FindingSet, cohort: Cohort, plan: Plan) -> Sentence:
    """Say what changed from start to end, beside what would have changed anyway."""
    topic = "What changed."
    wanted = [plan.primary, *(o for o in plan.outcomes if not o.primary)]
    for outcome in wanted:
        where = f"{outcome.measure}.{outcome.wave}"
        changed = first(found, f"progress.change.{where}")
        if changed is None:
            continue
        way, _ = direction_words(changed.estimate, "unclear")
        values = {"change": changed, "label": outcome_label(cohort, outcome.measure)}
        text = f"{{label}} was {{change:magnitude}} {way} {WAVE_WORDS[outcome.wave]} than at the start"
        text += " (95% interval {change:interval})." if changed.has_interval else "."
        expected = first(found, f"progress.expected_untreated.{where}")
        if expected is not None:
            values["expected"] = expected
            spread = " (95% interval {expected:interval})" if expected.has_interval else ""
            text += f" Such children can be expected to change by about {{expected}}{spread} with no programme at all."
        return Sentence(text + " A change alone does not say why.", values, topic)
    return Sentence("These findings do not say how children changed from start to end.", topic=topic)


def effect(att: Finding | None, tier: Finding | None, label: str, better: str) -> Sentence:
    """Say what may be said of the programme's own part, in the words that the claim allows."""
    if att is not None and att.estimate == att.estimate:
        topic = EFFECT_TOPICS[att.claim != "effect"]
        return Sentence(claim_sentence(att, label, better), {"att": att}, topic)
    if tier is not None and tier.tier == "C":
        return Sentence(claim_sentence(tier, label, better), {"att": tier}, EFFECT_TOPICS[0])
    return Sentence(NO_EFFECT, topic=EFFECT_TOPICS[0])


def others(found: FindingSet, cohort: Cohort, plan: Plan) -> tuple[Sentence, ...]:
    """Tell every further outcome that is clear, for the better or the worse, as page 4 does; or that none is."""
    known = compared(found, plan)
    sure: list[Sentence] = []
    doubted: list[Sentence] = []
    open_: list[str] = []
    for outcome, att in known:
        if not att.interval_excludes_zero:
            open_.append(outcome_label(cohort, outcome.measure))
            continue
        better = outcome.better or which_is_better(cohort, outcome.measure)
        # Why the children's choice stands against more was said before; who rated is each outcome's own.
        reason, many = RATERS_KNEW if RATERS_KNEW in att.note else "", att.only_by_itself
        text = claim_sentence(att, outcome_label(cohort, outcome.measure), better, reason, doubted=many)
        (doubted if many else sure).append(Sentence(text, {"att": att}))
    if doubted:
        last = doubted.pop()
        doubted.append(replace(last, template=f"{last.template} {doubt(len(doubted) + 1, alone=not sure)}"))
    said = sure + doubted
    if said and open_:
        labels = " and ".join(dict.fromkeys(open_))
        said.append(Sentence("There is no clear difference for {labels}.", {"labels": labels}))
    if known and not said:
        return (Sentence("No other outcome of the plan shows a clear difference.", topic=OTHERS_TOPIC),)
    return tuple(replace(sentence, topic="" if i else OTHERS_TOPIC) for i, sentence in enumerate(said))


def engagement(found: FindingSet, cohort: Cohort, plan: Plan) -> Sentence:
    """Say whether more engagement goes with better results; it is never called an effect."""
    topic = "Engagement."
    primary = plan.primary
    slope = first(found, f"engagement.slope.{primary.measure}.{primary.wave}")
    lead = ""
    if slope is None:
        lead = "For the main outcome these data cannot say. "
        slopes = [f for f in found.where(quantity="slope", id_prefix="engagement.slope") if f.estimate == f.estimate]
        slope = slopes[0] if slopes else None
    if slope is None:
        return Sentence("These data cannot say whether more engagement goes with better results.", topic=topic)
    label = outcome_label(cohort, slope.outcome)
    when = WAVE_WORDS.get(slope.wave, "")
    values = {"slope": slope, "label": f"{label} {when}".strip(), "step": slope.subgroup or "one step more"}
    worth = ""
    if slope.note and not re.search(r"\d", slope.note):
        values["worth"], worth = slope.note, " {worth}"
    if not slope.interval_excludes_zero:
        return Sentence(
            f"{lead}It is not clear whether more engagement goes with better results. "
            "For {step}, {label} differed by {slope} (95% interval {slope:interval}). "
            "There may be no difference at all." + worth,
            values,
            topic,
        )
    way, good = direction_words(slope.estimate, which_is_better(cohort, slope.outcome))
    return Sentence(
        f"{lead}For {{step}}, {{label}} was {{slope:magnitude}} {way}, {good} (95% interval {{slope:interval}}). "
        "The two go together. That does not show what the support did." + worth,
        values,
        topic,
    )


def value(found: FindingSet) -> Sentence:
    """Say what it cost and, where an effect allows it, what that is worth."""
    topic = "What it is worth."
    cost = first(found, "value.cost_per_child")
    net = first(found, "value.net_present_value_per_child")
    if not found.where(id_prefix="value."):
        return Sentence("These findings hold no costs and no benefits yet.", topic=topic)
    if cost is None:
        return Sentence("These data hold no costs, so they say nothing about value.", topic=topic)
    spent = "The programme cost {cost} a child{basis}."
    values: dict[str, Finding | str | None] = {"cost": cost, "basis": _basis(cost)}
    if net is not None:
        return _worth(found, net, spent, values)
    if first(found, "value.projection.net_present_value") is not None:
        text = spent + " This report counts no benefit, since no effect of the programme has been shown."
        return Sentence(text, values, topic)
    text = spent + " This report puts no benefit into money, so it cannot say what that is worth."
    return Sentence(text, values, topic)


def _worth(
    found: FindingSet, net: Finding, spent: str, values: dict[str, Finding | str | None]
) -> Sentence:
    """Set benefits against the cost; what is taken off gains for optimism bias is said beside."""
    ratio = first(found, "value.benefit_cost_ratio")
    odds = first(found, "value.breakeven_probability")
    uncut = first(found, "value.without_optimism.net_present_value_per_child")
    values |= {"net": net, "kind": net.evidence}
    text = spent + " To society, benefits less costs come to {net} a child"
    text += " (95% interval {net:interval})." if net.has_interval else "."
    if ratio is not None:
        values["ratio"] = ratio
        text += " Benefits are below zero:" if ratio.estimate < 0 else " Benefits are"
        text += " {ratio:number} times the cost"
        text += " (95% interval {ratio:interval})." if ratio.has_interval else "."
    if odds is not None:
        values["odds"] = odds
        text += " The chance that benefits reach costs is {odds:chance}."
    text += " The sums rest on {kind} links from results to money."
    if uncut is not None:
        # Nothing is taken off a loss: where no gain is expected, the result is the same without.
        text += " Hopes tend to run high, so the sums first take something off each gain (optimism bias). "
        same = uncut.estimate == net.estimate
        values |= {} if same else {"uncut": uncut}
        text += "Here no gain is expected." if same else "Without that, the result would be {uncut} a child."
    return Sentence(text, values, "What it is worth.")


def _basis(cost: Finding) -> str:
    """Price year of a cost, and where it comes from when it was not this programme's own."""
    kind = f"{cost.evidence} figure" if cost.evidence in ("published", "illustrative") else ""
    said = [x for x in (f"{cost.price_year} prices" if cost.price_year else "", kind) if x]
    return f" ({', '.join(said)})" if said else ""


def reality(cohort: Cohort) -> Sentence:
    """Say whether real children stand behind the numbers, and what else their owner says of them."""
    text = (
        "These data are simulated. No real children stand behind any number, so nobody may quote one as a result."
        if cohort.provenance == "synthetic"
        else "These data are of real pupils."
    )
    if not cohort.meta.about:
        return Sentence(text, topic="Real or simulated.")
    return Sentence(f"{text} {{about}}", {"about": cohort.meta.about}, "Real or simulated.")
