"""What the rebuilt anchors share: numbers read from published figures, readings as rows, and even spreads.

Nothing here is drawn at random. What is not published (a child's own score, who has which background) is put as plainly
as the published numbers allow, and the same bytes come out every time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from wlz_eval.core.errors import OptionError
from wlz_eval.pilot.expression import evaluate, parse
from wlz_eval.pilot.rounding import fitting_counts
from wlz_eval.pilot.tables import figures, known_values
from wlz_eval.reference.scales import teacher_levels

__all__ = [
    "BASELINE",
    "CUT",
    "ENDLINE",
    "PLAN_OPENING",
    "SCALE",
    "START",
    "Anchor",
    "count_for",
    "evenly",
    "level_above",
    "level_at_or_below",
    "marginal",
    "midpoint",
    "mixed_up",
    "number",
    "rows_of",
    "scores_below",
    "spread_counts",
]

#: The 20th percentile of standardised scores: the pilot's line in English and maths.
CUT = 87.38
#: School year 2015/16. The report names no days: these let the first readings stand before the start.
BASELINE, START, ENDLINE = ("2015-09-03", "2015-10-16"), "2015-10-19", ("2016-06-06", "2016-07-20")
#: How the plan of every anchor begins.
PLAN_OPENING = """\
# The pilot's own rules, on a cohort rebuilt from what it published. Nothing here was planned before the outcomes.
schema_version: 1

selection:
  basis: judgement
  description: Children were chosen by {chosen}.

"""
#: Level of a teacher's scale whose range ("between 90 and 100") the report gives; the lowest one beyond the line.
SCALE = "five_levels"


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """One rebuilt anchor.

    Parameters
    ----------
    id, title : str
    children, measures : DataFrame
        As the tables of a cohort.
    interactions : DataFrame
        Empty where the report gives no number of them.
    plan : str
        Text of ``plan.yaml``.
    extra : mapping
        Further keys of ``cohort.yaml``.
    """

    id: str
    title: str
    children: pd.DataFrame
    measures: pd.DataFrame
    plan: str
    interactions: pd.DataFrame = field(default_factory=pd.DataFrame)
    extra: Mapping[str, Any] = field(default_factory=dict)


def number(expression: str) -> int:
    """Read a whole number off the published figures, such as ``number("PIL-103")``.

    Examples
    --------
    >>> number("PIL-103"), number("of(PIL-061)")
    (20, 30)
    """
    value = evaluate(parse(expression), known_values())
    if isinstance(value, tuple) or value.denominator != 1:
        raise OptionError(f"{expression!r} is not a whole number.")
    return int(value)


def marginal(figure: str, children: int) -> tuple[int, int]:
    """How many children of how many have a characteristic, from its printed percentage.

    The whole is the cohort, or the largest smaller number of children that can give the percentage at all; the
    others are taken as not known. Rounding is tried before cutting off.

    Examples
    --------
    >>> marginal("PIL-087", 34), marginal("PIL-092", 51)
    ((17, 33), (23, 51))
    """
    for whole in range(children, 0, -1):
        count = _first_count(figure, whole, Fraction(1), 100)
        if count is not None:
            return count, whole
    raise OptionError(f"No number of children gives {figure}.")


def _first_count(figure: str, whole: int, step: Fraction, scale: int) -> int | None:
    found = fitting_counts(Fraction(figures()[figure].value), [whole], step, scale=scale)
    return next((pairs[0][0] for pairs in found.values() if pairs), None)


def count_for(figure: str, whole: int) -> int:
    """Whole count that gives a printed percentage of `whole` children, or total that gives a printed mean.

    Examples
    --------
    >>> count_for("PIL-099", 30), count_for("PIL-127", 14)
    (26, 337)
    """
    mean = figures()[figure].unit.endswith("_mean")
    count = _first_count(figure, whole, Fraction(1, 10) if mean else Fraction(1), 1 if mean else 100)
    if count is None:
        raise OptionError(f"No count of {whole} gives {figure}.")
    return count


def mixed_up(n: int) -> npt.NDArray[np.intp]:
    """Order of `n` places that follows nothing else, the same every time: by multiples of the golden ratio."""
    return np.argsort(np.arange(1, n + 1) * (math.sqrt(5) - 1) / 2 % 1, kind="stable")


def evenly(total: int, n: int) -> npt.NDArray[np.intp]:
    """Share a total out as evenly as whole numbers allow.

    Examples
    --------
    >>> evenly(7, 3).tolist()
    [3, 2, 2]
    """
    return np.full(n, total // n) + (np.arange(n) < total % n)


def spread_counts(total: int, n: int) -> npt.NDArray[np.intp]:
    """Share a total out with the spread that chance alone would give: a variance about as large as the mean.

    The report gives means without their spread. Even counts would make the means look far surer than they can be.

    Examples
    --------
    >>> counts = spread_counts(337, 14)
    >>> int(counts.sum()), round(float(counts.var()), 0)
    (337, 22.0)
    """
    mean = total / n
    wanted = np.maximum(mean + math.sqrt(mean) * special.ndtri((np.arange(n) + 0.5) / n), 0)
    wanted *= total / wanted.sum()
    whole = np.floor(wanted).astype(np.intp)
    most_left = np.argsort(-(wanted - whole), kind="stable")[: total - int(whole.sum())]
    whole[most_left] += 1
    return whole[mixed_up(n)]


def scores_below(n: int, *, below: bool) -> npt.NDArray[np.float64]:
    """Scores of `n` children on one side of the pilot's line, spread as the nation's are there; whole, lowest first.

    Examples
    --------
    >>> scores_below(3, below=True).tolist(), scores_below(2, below=False).tolist()
    ([72.0, 81.0, 85.0], [96.0, 113.0])
    """
    share = float(special.ndtr((CUT - 100) / 15))
    places = (np.arange(n) + 0.5) / n
    ranks = share * places if below else share + (1 - share) * places
    return np.round(100 + 15 * special.ndtri(ranks))


def midpoint(level: int) -> float:
    """Score that a level stands for."""
    return _midpoints()[level]


def _midpoints() -> dict[int, float]:
    return {row.level: (row.low + row.high) / 2 for row in teacher_levels(SCALE)}


def level_above(score: float, at_least: float = 0.0) -> int:
    """Lowest level whose midpoint lies above a score, and at or above `at_least`; the highest where none does."""
    fits = [level for level, middle in _midpoints().items() if middle > score and middle >= at_least]
    return min(fits, default=max(_midpoints()))


def level_at_or_below(score: float) -> int:
    """Highest level whose midpoint is no more than a score; the lowest where none is."""
    return max((level for level, middle in _midpoints().items() if middle <= score), default=min(_midpoints()))


def rows_of(
    ids: Sequence[str], measure: str, wave: str, values: npt.ArrayLike, informant: str = "", form: str = ""
) -> pd.DataFrame:
    """Make readings of one measure at one wave, one row a child; a child whose value is missing has none."""
    numbers = np.asarray(values, dtype=float)
    rows = pd.DataFrame({"child_id": list(ids), "measure": measure, "wave": wave, "value": numbers})
    return rows.assign(informant=informant, form=form).dropna(subset=["value"])
