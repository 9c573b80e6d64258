"""The summary as one object: what notebook 09 shows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.plan import Plan
from wlz_eval.release.findings import FindingSet
from wlz_eval.release.labels import outcome_label
from wlz_eval.release.sentences import Sentence
from wlz_eval.release.summary import answer, judgement
from wlz_eval.release.summary.numbers import main_numbers, sizes, which_is_better

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True)
class Summary(Result):
    """What a commissioner reads.

    Parameters
    ----------
    children, change, effect, engagement, value, caution, reality : Sentence
        One sentence or two on each question.
    others : tuple of Sentence
        Each further outcome that is clear, or that none is.
    sure, next_steps, limits : tuple of Sentence
        How far the result can be trusted, what to do next, and what may not be concluded.
    label : str
        Name of the main outcome.
    size : Finding or None
        Its difference from matched children in standard deviations.
    key : tuple of Finding
        The findings of the table below them.
    sizes : DataFrame
        Differences from matched children in standard deviations, with intervals, one row an outcome; may be empty.
    """

    children: Sentence
    change: Sentence
    effect: Sentence
    others: tuple[Sentence, ...]
    engagement: Sentence
    value: Sentence
    caution: Sentence
    reality: Sentence
    sure: tuple[Sentence, ...]
    next_steps: tuple[Sentence, ...]
    limits: tuple[Sentence, ...]
    label: str
    size: Finding | None
    key: tuple[Finding, ...]
    sizes: pd.DataFrame

    title = "Summary"

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences of the answer, in order."""
        said = (self.children, self.change, self.effect, *self.others, self.engagement, self.value)
        return (*said, self.caution, self.reality)

    def table(self) -> pd.DataFrame:
        """Return the templates by topic."""
        every = (*self.sentences, *self.sure, *self.next_steps, *self.limits)
        return pd.DataFrame([(s.topic, s.template) for s in every], columns=["topic", "sentence"])


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
    tier = found.get(f"attribution.tier.{primary.measure}.{primary.wave}")
    better = primary.better or which_is_better(cohort, primary.measure)
    label = outcome_label(cohort, primary.measure)
    return Summary(
        children=answer.children(found, att),
        change=answer.change(found, cohort, plan),
        effect=answer.effect(att, tier, label, better),
        others=answer.others(found, cohort, plan),
        engagement=answer.engagement(found, cohort, plan),
        value=answer.value(found),
        caution=judgement.caution(att),
        reality=answer.reality(cohort),
        sure=judgement.how_sure(found, plan, att),
        next_steps=judgement.next_steps(found, cohort, plan, att, label, better),
        limits=judgement.limits(found, att),
        label=label,
        size=found.get(f"attribution.hedges_g.{primary.measure}.{primary.wave}"),
        key=main_numbers(found, primary.measure, primary.wave),
        sizes=sizes(found, cohort, plan),
    )
