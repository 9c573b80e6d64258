"""Children's feedback with intervals, and how much those who did not answer could change."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.finding import Finding
from wlz_eval.core.result import Result
from wlz_eval.engagement.delivery.means import clustered_difference, clustered_mean
from wlz_eval.measures.progress.change import clustered_share
from wlz_eval.measures.scoring import feedback_answers
from wlz_eval.reference.scales import ordered_scale

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FEEDBACK", "ChildFeedback", "child_feedback"]

FEEDBACK = (
    "question", "children", "started", "silent", "response", "favourable", "unfavourable", "share", "ci_low", "ci_high",
    "mean", "mean_low", "mean_high", "least", "most",
)
NO_GAP = (math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True, kw_only=True, repr=False)
class ChildFeedback(Result):
    """Children's answers, from 1 (worst) to 5 (best).

    Parameters
    ----------
    rows : DataFrame
        One row a question: ``children`` who answered of those who ``started``, ``silent`` (the others) and ``response``
        (percent), ``favourable`` and ``unfavourable`` answers, ``share`` favourable (percent) and ``mean`` with 95%
        intervals by school, and the share favourable if none (``least``) or all (``most``) of the silent had answered
        favourably.
    gap : tuple of float
        Mean attendance at partner sessions of children who answered anything less that of those who answered nothing:
        estimate, 95% interval, children in the smaller group. Missing without sessions or without either group.
    """

    rows: pd.DataFrame
    gap: tuple[float, float, float, int]

    title = "Children's feedback"

    def table(self) -> pd.DataFrame:
        """Return one row a question, in the order of the alphabet."""
        return self.rows

    def plot(self) -> Figure:
        """Draw shares favourable, unreleased."""
        from wlz_eval.engagement.delivery.figures import draw_feedback

        return draw_feedback(self.rows)

    def findings(self) -> list[Finding]:
        """Return each question's share favourable, the lowest response, and how those who answered attended."""
        made = [
            Finding(
                finding_id=f"delivery.feedback.{slug}", quantity="percent_favourable", unit="percent",
                claim="description", group="programme", subgroup=str(row["question"]), estimate=row["share"],
                ci_low=row["ci_low"], ci_high=row["ci_high"], n_programme=int(row["children"]),
                method="Wilson's interval on the number of independent children, clustered by school",
            )
            for slug, (_, row) in zip(_slugs(self.rows["question"]), self.rows.iterrows(), strict=True)
        ]
        if len(self.rows):
            row = self.rows.sort_values("response", kind="stable").iloc[0]
            made.append(
                Finding(
                    finding_id="delivery.feedback.response", quantity="response_rate", unit="percent",
                    claim="description", group="programme", estimate=row["response"], n_programme=int(row["started"]),
                    subgroup="question with fewest answers", method="children who answered of those who started",
                )
            )
        if math.isfinite(self.gap[0]):
            made.append(
                Finding(
                    finding_id="delivery.feedback.attended", quantity="mean_difference", unit="percentage_points",
                    claim="description", group="programme", estimate=self.gap[0], ci_low=self.gap[1],
                    ci_high=self.gap[2], n_programme=self.gap[3],
                    subgroup="attendance of children who answered less that of those who did not",
                    method="difference of mean attendance of a child, CR2 clustered by school",
                )
            )
        return made

    def sentence(self) -> tuple[str, dict[str, Finding]]:
        """Say how many answered and what that leaves open: a template and its values."""
        if self.rows.empty:
            return "These data hold no feedback from children.", {}
        found = {f.finding_id.rsplit(".", 1)[1]: f for f in self.findings()}
        words: dict[str, Finding] = {name: found[name] for name in ("response", "attended") if name in found}
        text = (
            "At least {response} of the children who started answered each question. Those who did not may think "
            "otherwise: the last columns say how far they could move each share."
        )
        if "attended" in words and words["attended"].interval_excludes_zero:
            way = "more" if words["attended"].estimate > 0 else "less"
            text += (
                f" Those who answered anything attended {way} of their partner sessions than those who answered "
                "nothing, by {attended:magnitude} (95% interval {attended:interval}): a sign of whose voice is missing."
            )
        return text, words


def _slugs(questions: pd.Series) -> list[str]:
    """Turn questions into ends of ids; questions that differ only in their marks are numbered."""
    words = questions.astype(str).str.casefold().str.replace(r"[^a-z0-9]+", "_", regex=True).str.strip("_")
    place = words.groupby(words).cumcount() + 1
    return [f"asked_{word}" + (f"_{n}" if n > 1 else "") for word, n in zip(words, place, strict=True)]


def _gap(answered: pd.Index, attendance: pd.Series | None, school: pd.Series) -> tuple[float, float, float, int]:
    if attendance is None:
        return NO_GAP
    rate = attendance.dropna()
    voice = rate.index.isin(answered)
    fewest = int(min(voice.sum(), (~voice).sum()))
    return (*clustered_difference(rate, voice, school.reindex(rate.index)), fewest)


def child_feedback(cohort: Cohort, school: pd.Series, attendance: pd.Series | None = None) -> ChildFeedback:
    """Describe children's feedback.

    Parameters
    ----------
    cohort : Cohort
        Its feedback table may be absent.
    school : Series
        School of each programme child who started, indexed by child.
    attendance : Series, optional
        Percent of planned sessions that each attended.

    Returns
    -------
    ChildFeedback
    """
    answers = feedback_answers(cohort).rename("score").reset_index() if cohort.has("feedback") else pd.DataFrame()
    answers = answers[answers["child_id"].isin(school.index)] if len(answers) else answers
    if answers.empty:
        return ChildFeedback(rows=pd.DataFrame(columns=list(FEEDBACK)), gap=NO_GAP)
    good = [step.value for step in ordered_scale("feedback") if step.favourable]
    started, rows = len(school), []
    for question, part in answers.groupby("question", sort=True, observed=True):
        where = school.reindex(part["child_id"]).to_numpy(dtype=object)
        yes = part["score"].isin(good).to_numpy()
        n, count = len(part), int(yes.sum())
        share, mean = clustered_share(yes, where), clustered_mean(part["score"], where)
        low, high = 100 * count / started, 100 * (count + started - n) / started
        rows.append(
            (str(question), n, started, started - n, 100 * n / started, count, n - count, 100 * share.share,
             100 * share.low, 100 * share.high, mean[0], max(mean[1], 1.0), min(mean[2], 5.0), low, high)
        )
    gap = _gap(pd.Index(answers["child_id"].unique()), attendance, school)
    return ChildFeedback(rows=pd.DataFrame(rows, columns=list(FEEDBACK)), gap=gap)
