"""Short ordered scales: early years areas, fifths of deprivation, answers to feedback questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from wlz_eval.cohort.model import Cohort
from wlz_eval.core.errors import OptionError
from wlz_eval.core.result import Result
from wlz_eval.reference.scales import ordered_scale

__all__ = ["FeedbackSummary", "areas_below", "feedback_answers", "feedback_summary", "imd_quintile", "ordered_words"]


def ordered_words(values: pd.Series, scale: str) -> pd.Series:
    """Say the steps of a short scale in words, as an ordered category.

    Parameters
    ----------
    values : Series
        Whole numbers of the scale; missing stays missing.
    scale : str
        ``eyfs`` or ``feedback``: a scale of ``data/reference/ordered_scales.csv``.

    Examples
    --------
    >>> ordered_words(pd.Series([1, 3, None]), "eyfs").tolist()
    ['below baseline', 'above baseline', nan]
    """
    steps = ordered_scale(scale)
    numbers = pd.Series(values).astype(float)
    unknown = sorted(set(numbers.dropna()) - {float(step.value) for step in steps})
    if unknown:
        valid = ", ".join(f"{step.value} ({step.label})" for step in steps)
        raise OptionError(f"The scale {scale} has no step {unknown[0]:g}. Valid: {valid}.")
    place = {float(step.value): i for i, step in enumerate(steps)}
    codes = numbers.map(place).fillna(-1).to_numpy(dtype=np.int64)
    words = pd.CategoricalDtype([step.label for step in steps], ordered=True)
    return pd.Series(pd.Categorical.from_codes(codes, dtype=words), numbers.index, name=values.name)


def areas_below(areas: pd.DataFrame) -> pd.Series:
    """Count the early years areas in which a child is below baseline.

    Parameters
    ----------
    areas : DataFrame
        One row a child, one column an area; 1 below, 2 at, 3 above baseline.

    Returns
    -------
    Series of float
        Missing where any area is not known: a child with fewer areas judged would seem to need less.

    Examples
    --------
    >>> areas_below(pd.DataFrame({"literacy": [1, 2, 1], "physical": [1, 3, None]})).tolist()
    [2.0, 0.0, nan]
    """
    below = {step.label: not step.favourable for step in ordered_scale("eyfs")}
    words = pd.DataFrame({name: ordered_words(areas[name], "eyfs") for name in areas}, index=areas.index)
    count = sum((words[name].astype(object).map(below).astype(float) for name in words), pd.Series(0.0, areas.index))
    return count.where(areas.notna().all(axis=1))


def imd_quintile(decile: pd.Series) -> pd.Series:
    """Turn deciles of the Index of Multiple Deprivation into quintiles; 1 is the most deprived in both.

    Examples
    --------
    >>> imd_quintile(pd.Series([1, 2, 3, 10, None])).tolist()
    [1, 1, 2, 5, <NA>]
    """
    numbers = decile.astype("Float64")
    if ((numbers < 1) | (numbers > 10) | (numbers != numbers.round())).fillna(False).any():
        raise OptionError("A decile of deprivation is a whole number from 1 (most deprived) to 10: correct the others.")
    return ((numbers + 1) // 2).astype("Int64")


@dataclass(frozen=True, kw_only=True, repr=False)
class FeedbackSummary(Result):
    """Answers to each feedback question.

    Parameters
    ----------
    rows : DataFrame
        One row a question: ``question``, ``children`` who answered, ``mean`` (1 to 5), ``favourable`` (children
        whose answer counts as favourable), ``favourable_percent``, and ``score_1`` to ``score_5``: children a score.
    """

    rows: pd.DataFrame

    title = "Feedback, on a scale from 1 to 5"

    def table(self) -> pd.DataFrame:
        """Return one row a question."""
        return self.rows


def feedback_answers(cohort: Cohort) -> pd.Series:
    """One answer a question and child, from 1 to 5; a child who answered twice counts with the mean, halves up.

    Returns
    -------
    Series of float
        Indexed by ``question`` and ``child_id``, sorted.

    Raises
    ------
    OptionError
        When the cohort has no feedback.
    """
    table = cohort["feedback"].dropna(subset=["score"])
    means = table.assign(score=table["score"].astype(float)).groupby(["question", "child_id"], observed=True)["score"]
    return np.floor(means.mean() + 0.5)


def feedback_summary(cohort: Cohort) -> FeedbackSummary:
    """Count the answers to each feedback question, as :func:`feedback_answers` gives them.

    Raises
    ------
    OptionError
        When the cohort has no feedback.
    """
    steps = ordered_scale("feedback")
    answers = feedback_answers(cohort)
    rows = []
    for question, scores in answers.groupby(level="question", observed=True):
        counts = {f"score_{step.value}": int((scores == step.value).sum()) for step in steps}
        good = sum(counts[f"score_{step.value}"] for step in steps if step.favourable)
        n = len(scores)
        rows.append(
            {"question": str(question), "children": n, "mean": float(scores.mean()), "favourable": good}
            | {"favourable_percent": 100 * good / n}
            | counts
        )
    names = ["question", "children", "mean", "favourable", "favourable_percent", *(f"score_{s.value}" for s in steps)]
    return FeedbackSummary(rows=pd.DataFrame(rows, columns=names).sort_values("question", ignore_index=True))
