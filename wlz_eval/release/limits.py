"""What the release rule is made of: its numbers, how it rounds, and when a sum or a regression rests on too little.

The numbers are those of a regime of ``data/reference/disclosure_regimes.csv``; a plan may be stricter.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from wlz_eval.reference.disclosure import looser

__all__ = ["Rule", "concentrated", "no_weaker", "round_count", "rule_of", "shown_percent", "strictest", "too_few_left"]

#: Width of the bands of midpoint-6 rounding.
BAND = 6


@dataclass(frozen=True)
class Rule:
    """Threshold, rounding, and what a sum or a regression must rest on; the defaults are this suite's own regime.

    Parameters
    ----------
    threshold : int
        Fewest children behind a number that is shown.
    round_to : int
        Counts of children are rounded to the nearest of these.
    applies : bool
        False for internal pages, which show aggregates as they are.
    rounding : str
        ``nearest`` multiple, or ``midpoint`` between two multiples.
    percentages : str
        From ``exact`` counts, counts ``rounded`` as they are shown, or by ``midpoint``-6 rounding.
    totals : str
        A table's total is rounded on its ``own``, or is the sum of its rounded ``parts``.
    residual_df : int
        Fewest residual degrees of freedom of a regression.
    dominance_units, dominance_percent
        A sum is hidden where its so many largest units make up more than this percent of it.
    p_percent : float
        A sum is hidden where all but its two largest units come to less than this percent of the largest.

    Examples
    --------
    >>> round_count(228, Rule()), round_count(228, Rule(round_to=6, rounding="midpoint"))
    (230, 225)
    """

    threshold: int = 10
    round_to: int = 5
    applies: bool = True
    rounding: Literal["nearest", "midpoint"] = "nearest"
    percentages: Literal["exact", "rounded", "midpoint"] = "exact"
    totals: Literal["own", "parts"] = "own"
    residual_df: int = 10
    dominance_units: int = 2
    dominance_percent: float = 90.0
    p_percent: float = 10.0


_KEYS = tuple(field.name for field in fields(Rule) if field.name != "applies")


def rule_of(options: Any, audience: str) -> Rule:
    """Make the rule of a plan's disclosure key for an audience."""
    return Rule(applies=audience == "public", **{key: getattr(options, key) for key in _KEYS})


def strictest(options: Iterable[Any], audience: str) -> Rule:
    """Make the rule of several plans together: of each key the strictest, and never looser than this suite's own."""
    kept = {key: getattr(Rule(), key) for key in _KEYS}
    for one in options:
        for key in _KEYS:
            if looser(key, kept[key], getattr(one, key)):
                kept[key] = getattr(one, key)
    return Rule(applies=audience == "public", **kept)


def no_weaker(rule: Rule, than: Rule) -> bool:
    """Whether what one rule lets through, another would too.

    Examples
    --------
    >>> no_weaker(Rule(threshold=12), than=Rule()), no_weaker(Rule(residual_df=5), than=Rule())
    (True, False)
    """
    if not than.applies:
        return True
    return rule.applies and not any(looser(key, getattr(rule, key), getattr(than, key)) for key in _KEYS)


def round_count(n: int, rule: Rule) -> int:
    """Round a count that has reached the threshold, never below it.

    Examples
    --------
    >>> [round_count(n, Rule(threshold=8)) for n in (8, 12, 13)]
    [10, 10, 15]
    """
    step = rule.round_to
    shown = _middle(n, step) if rule.rounding == "midpoint" else step * math.floor(n / step + 0.5)
    while shown < rule.threshold:
        shown += step
    return shown


def _middle(n: int, band: int) -> int:
    """Return the middle of the band in which a count lies: of 1 to 6, 7 to 12 and so on."""
    return max(band * math.ceil(n / band) - band // 2, 0)


def shown_percent(value: float, counted: int, whole: int, rule: Rule) -> float:
    """Return a percentage as the rule works it out, before it is printed whole.

    Examples
    --------
    >>> shown_percent(50.0, 20, 40, Rule()), round(shown_percent(50.0, 20, 40, Rule(percentages="midpoint")), 1)
    (50.0, 53.8)
    """
    if rule.percentages == "exact" or not rule.applies:
        return value
    if rule.percentages == "midpoint":
        return 100 * _middle(counted, BAND) / _middle(whole, BAND)
    return min(100 * round_count(counted, rule) / round_count(whole, rule), 100.0)


def concentrated(total: float, largest: float, second: float, rule: Rule) -> bool:
    """Whether a sum is so much that of one or two units that it would say what they contributed.

    Parameters
    ----------
    total : float
        The sum.
    largest, second : float
        Its two largest contributions of one unit, in the unit of the sum; ``nan`` where it is no sum of units.
    rule : Rule
        Dominance and p%.

    Examples
    --------
    >>> concentrated(100.0, 60.0, 35.0, Rule()), concentrated(100.0, 20.0, 20.0, Rule())
    (True, False)
    """
    if not rule.applies or not math.isfinite(largest) or not math.isfinite(total) or total == 0:
        return False
    total, second = abs(total), second if math.isfinite(second) else 0.0
    top = largest + (second if rule.dominance_units == 2 else 0.0)
    slack = 1e-9 * total
    return top > rule.dominance_percent / 100 * total + slack or (
        total - largest - second < rule.p_percent / 100 * largest - slack
    )


def too_few_left(residual_df: float, rule: Rule) -> bool:
    """Whether a regression has too few residual degrees of freedom; ``nan`` for what is no regression."""
    return rule.applies and math.isfinite(residual_df) and residual_df < rule.residual_df
