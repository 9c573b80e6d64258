"""The commissioner's summary: a few sentences made from findings only, whatever of them there is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from wlz_eval.attribution.claims import claim_sentence, direction_words
from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.core.words import WAVE_WORDS
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.labels import outcome_label
from wlz_eval.release.sentences import Sentence

__all__ = ["EFFECT_TOPIC", "Summary", "summarise"]

NO_EFFECT = (
    "These findings hold no estimate for the main outcome against comparison children, so nothing can be said about "
    "what would have happened without the programme."
)
#: Begins the one sentence that the list of all cohorts quotes.
EFFECT_TOPIC = "What the programme did."
_NOT_SIGNIFICANT = "It may well be none."


@dataclass(frozen=True)
class Summary(Result):
    """What a commissioner reads.

    Parameters
    ----------
    children, change, effect, engagement, value, caution, reality : Sentence
        One sentence or two on each question.
    label : str
        Name of the main outcome.
    size : Finding or None
        Its difference from matched children in standard deviations.
    key : tuple of Finding
        The findings of the table below them.
    by_comparison : tuple of Finding
        Differences from each kind of comparison children, outcome by outcome.
    sizes : DataFrame
        Differences from matched children in standard deviations, with intervals, one row an outcome; may be empty.
    limits : tuple of Sentence
        What may not be concluded.
    """

    children: Sentence
    change: Sentence
    effect: Sentence
    engagement: Sentence
    value: Sentence
    caution: Sentence
    reality: Sentence
    label: str
    size: Finding | None
    key: tuple[Finding, ...]
    by_comparison: tuple[Finding, ...]
    sizes: pd.DataFrame
    limits: tuple[Sentence, ...]

    title = "Summary"

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the answer, in order."""
        return (self.children, self.change, self.effect, self.engagement, self.value, self.caution, self.reality)

    def table(self) -> pd.DataFrame:
        """Return the templates by topic."""
        return pd.DataFrame([(s.topic, s.template) for s in self.sentences], columns=["topic", "sentence"])


def summarise(found: FindingSet, cohort: Cohort, plan: Plan) -> Summary:
    """Put a cohort's findings into a few plain sentences.

    Parameters
    ----------
    found : FindingSet
        Findings of the other notebooks; any may be missing.
    cohort : Cohort
        For names of measures, and whether the data are real.
    plan : Plan
        For the primary outcome and the direction that is good.

    Returns
    -------
    Summary
        Sentences in which each number is a finding.
    """
    primary = plan.primary
    att = found.get(f"attribution.att.{primary.measure}.{primary.wave}")
    better = primary.better or _better(cohort, primary.measure)
    label = outcome_label(cohort, primary.measure)
    tier = found.get(f"attribution.tier.{primary.measure}.{primary.wave}")
    effect = _effect(att, tier, label, better, primary.wave)
    return Summary(
        children=_children(found, att),
        change=_change(found, cohort, plan),
        effect=effect,
        engagement=_engagement(found, cohort, plan),
        value=_value(found),
        caution=_caution(att),
        reality=Sentence(
            "These data are simulated: no real children stand behind any number, and none may be quoted as a result."
            if cohort.provenance == "synthetic"
            else "These data are of real pupils.",
            topic="Real or simulated.",
        ),
        label=label,
        size=found.get(f"attribution.hedges_g.{primary.measure}.{primary.wave}"),
        key=_key(found, primary.measure, primary.wave),
        by_comparison=_by_comparison(found),
        sizes=_sizes(found, cohort, plan),
        limits=_limits(found, att),
    )


def _better(cohort: Cohort, measure: str) -> str:
    return str(cohort.measure(measure).better)


def _first(found: FindingSet, *ids: str) -> Finding | None:
    return next((f for f in map(found.get, ids) if f is not None and f.estimate == f.estimate), None)


def _children(found: FindingSet, att: Finding | None) -> Sentence:
    topic = "The children."
    programme = _first(found, "identification.children.programme", "data.children.programme", "data.started")
    if programme is None:
        counts = found.where(unit="children", group="programme", quantity="count")
        programme = max(counts, key=lambda f: f.estimate, default=None)
    matched = _first(found, "attribution.matched.programme")
    if programme is None:
        return Sentence(
            "How many children took part is not known, since the first notebooks have not been run.",
            topic=topic,
        )
    if att is not None and matched is not None:
        return Sentence(
            "{programme} on the programme are counted here. Of these, {matched:number} could be matched to similar "
            "children who were not on it, and {att:n_programme} of them have a result on the main outcome.",
            {"programme": programme, "matched": matched, "att": att},
            topic,
        )
    return Sentence("{programme} on the programme are counted here.", {"programme": programme}, topic)


def _change(found: FindingSet, cohort: Cohort, plan: Plan) -> Sentence:
    topic = "What changed."
    wanted = [plan.primary, *(o for o in plan.outcomes if not o.primary)]
    for outcome in wanted:
        where = f"{outcome.measure}.{outcome.wave}"
        change = _first(found, f"progress.change.{where}")
        if change is None:
            continue
        way, _ = direction_words(change.estimate, "unclear")
        values = {"change": change, "label": outcome_label(cohort, outcome.measure)}
        text = f"{{label}} was {{change:magnitude}} {way} {WAVE_WORDS[outcome.wave]} than at the start"
        text += " (95% interval {change:interval})." if change.has_interval else "."
        expected = _first(found, f"progress.expected_untreated.{where}")
        if expected is not None:
            values["expected"] = expected
            text += " With no programme at all, a change of {expected} was to be expected."
        return Sentence(text + " A change alone does not say why.", values, topic)
    return Sentence("No change from start to end is known from these findings.", topic=topic)


def _effect(att: Finding | None, tier: Finding | None, label: str, better: str, wave: str) -> Sentence:
    topic = EFFECT_TOPIC
    if att is not None and att.estimate == att.estimate:
        return Sentence(claim_sentence(att, label, better), {"att": att}, topic)
    if tier is not None and tier.tier == "C":
        return Sentence(claim_sentence(tier, label, better), {"att": tier}, topic)
    return Sentence(NO_EFFECT, topic=topic)


def _engagement(found: FindingSet, cohort: Cohort, plan: Plan) -> Sentence:
    topic = "Engagement."
    primary = plan.primary
    slope = _first(found, f"engagement.slope.{primary.measure}.{primary.wave}")
    if slope is None:
        slopes = [
            f for f in found.where(quantity="slope", id_prefix="engagement.slope") if f.estimate == f.estimate
        ]
        slope = slopes[0] if slopes else None
    if slope is None:
        return Sentence("Nothing can be said about more or less engagement from these data.", topic=topic)
    label = outcome_label(cohort, slope.outcome)
    values = {"slope": slope, "label": label, "step": slope.subgroup or "one step more"}
    if not slope.interval_excludes_zero:
        return Sentence(
            "It is not clear whether more engagement goes with better results: for {step}, {label} differed by "
            f"{{slope}} (95% interval {{slope:interval}}). {_NOT_SIGNIFICANT}",
            values,
            topic,
        )
    way, good = direction_words(slope.estimate, _better(cohort, slope.outcome))
    return Sentence(
        f"Children who took part more did differently: {{label}} was {{slope:magnitude}} {way} for {{step}}, {good} "
        "(95% interval {slope:interval}). The two go together; that does not show what the support did.",
        values,
        topic,
    )


def _value(found: FindingSet) -> Sentence:
    topic = "What it is worth."
    cost = _first(found, "value.cost_per_child")
    ratio = _first(found, "value.benefit_cost_ratio")
    odds = _first(found, "value.breakeven_probability")
    net = _first(found, "value.net_present_value_per_child")
    projected = _first(found, "value.projection.net_present_value")
    if not found.where(id_prefix="value."):
        return Sentence("Nothing is known yet of costs and benefits.", topic=topic)
    if cost is None:
        return Sentence("These data hold no costs, so nothing can be said about value.", topic=topic)
    spent = "The programme cost {cost} a child{basis}."
    values: dict[str, Finding | str | None] = {"cost": cost, "basis": _basis(cost)}
    if net is not None:
        values |= {"net": net, "kind": net.evidence}
        text = (
            spent + " To society, benefits less costs come to {net} a child at present value (95% interval "
            "{net:interval}), with {kind} links from results to money"
        )
        if ratio is not None:
            values["ratio"] = ratio
            text += ": benefits are {ratio:number} times the cost"
            text += " (95% interval {ratio:interval})." if ratio.has_interval else "."
        else:
            text += "."
        if odds is not None:
            values["odds"] = odds
            text += " The chance that benefits reach costs is {odds:chance}."
        return Sentence(text, values, topic)
    if projected is not None:
        text = spent + " No benefit is counted, since no effect of the programme has been shown."
        return Sentence(text, values, topic)
    return Sentence(spent + " No benefit is put into money, so its worth is not known.", values, topic)


def _basis(cost: Finding) -> str:
    """Price year of a cost, and where it comes from when it was not this programme's own."""
    kind = f"{cost.evidence} figure" if cost.evidence in ("published", "illustrative") else ""
    said = [x for x in (f"{cost.price_year} prices" if cost.price_year else "", kind) if x]
    return f" ({', '.join(said)})" if said else ""


def _key(found: FindingSet, measure: str, wave: str) -> tuple[Finding, ...]:
    wanted = (
        f"progress.change.{measure}.{wave}",
        f"progress.expected_untreated.{measure}.{wave}",
        f"attribution.naive.{measure}.{wave}",
        f"attribution.att.{measure}.{wave}",
        f"attribution.hedges_g.{measure}.{wave}",
        f"engagement.slope.{measure}.{wave}",
        "value.cost_per_child",
        "value.net_present_value_per_child",
        "value.benefit_cost_ratio",
        "value.breakeven_probability",
    )
    return tuple(f for f in map(found.get, wanted) if f is not None and f.estimate == f.estimate)


def _by_comparison(found: FindingSet) -> tuple[Finding, ...]:
    """Pick the differences named after a kind of comparison; the headline repeats one of them."""
    return tuple(
        f for f in found.where(quantity="att") if f.comparator and f.finding_id.endswith(f".{f.comparator}")
    )


def _sizes(found: FindingSet, cohort: Cohort, plan: Plan) -> pd.DataFrame:
    """Collect differences in standard deviations, turned so that more is better."""
    rows = []
    for outcome in plan.outcomes:
        g = found.get(f"attribution.hedges_g.{outcome.measure}.{outcome.wave}")
        if g is None or not g.has_interval:
            continue
        turned = (outcome.better or _better(cohort, outcome.measure)) == "lower"
        low, high = (-g.ci_high, -g.ci_low) if turned else (g.ci_low, g.ci_high)
        label = f"{outcome_label(cohort, outcome.measure)}, {WAVE_WORDS[outcome.wave]}"
        ns = (g.n_programme or 0, g.n_comparison or 0)
        rows.append((label, -g.estimate if turned else g.estimate, low, high, *ns))
    return pd.DataFrame(rows, columns=["outcome", "size", "low", "high", "n_programme", "n_comparison"])


def _caution(att: Finding | None) -> Sentence:
    """Say in one breath what the limits below say at length."""
    cause = "that the programme brought this about, " if att is None or att.claim != "effect" else ""
    return Sentence(
        f"{cause}that the change from start to end is the programme's work, that more support would bring more, or "
        "that the money was measured.",
        topic="What may not be concluded:",
    )


def _limits(found: FindingSet, att: Finding | None) -> tuple[Sentence, ...]:
    said = [
        Sentence(
            "A change from start to end is not the work of the programme: children chosen at a low point tend to rise "
            "with no help at all.",
            topic="Before and after.",
        )
    ]
    if att is None or att.claim != "effect":
        reason = att.note if att is not None else ""
        said.append(
            Sentence(
                "No number here shows what the programme brought about. {reason}",
                {"reason": reason},
                topic="Cause.",
            )
        )
    else:
        said.append(
            Sentence(
                "The result holds for the children who were matched, if nothing that was not measured set the two "
                "groups apart.",
                topic="Cause.",
            )
        )
    if found.where(quantity="slope"):
        said.append(
            Sentence(
                "Children who take part more differ in other ways too, so engagement figures do not say what one more "
                "hour would bring.",
                topic="More support.",
            )
        )
    if _assumed(found):
        said.append(
            Sentence(
                "Pounds and dollars rest on assumptions about what a better result is worth; they were not measured "
                "in these children.",
                topic="Money.",
            )
        )
    return tuple(said)


def _assumed(found: Iterable[Finding]) -> bool:
    """Whether any result was put into money."""
    ids = ("value.net_present_value", "value.projection.net_present_value")
    return any(f.finding_id in ids and f.estimate == f.estimate for f in found)
