"""The one release rule: what may be shown of a count, a statistic or a percentage.

The rule is stateless: the same number gets the same text on every page and in every run. What follows from
showing several numbers together is the business of :mod:`wlz_eval.release.suppression`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from wlz_eval.core.finding import Counted, Finding
from wlz_eval.core.numbers import NOT_AVAILABLE, UNIT_DIGITS, format_interval, format_number, format_value
from wlz_eval.release.counted import any_small, as_public
from wlz_eval.release.limits import Rule, concentrated, round_count, shown_percent, too_few_left

__all__ = [
    "HIDDEN",
    "Released",
    "Rule",
    "hidden_note",
    "hidden_sentence",
    "release_count",
    "release_finding",
    "release_interval",
    "release_number",
    "release_percent",
    "release_statistic",
    "rests_on_too_little",
    "round_half_up",
    "round_significant",
    "withheld",
]

#: Units whose sign stands beside every number.
_SIGNED = ("percent", "share")
Kind = Literal["label", "count", "statistic", "percent", "number", "interval"]

#: What stands where a number is withheld: below the threshold, or since one that is would follow from it. Nothing on a
#: page tells the two apart: who knew which numbers are large could work out more of those that are not.
HIDDEN = "hidden"
#: Significant figures of money in public: an exact total beside an exact mean gives the count of children away.
MONEY_FIGURES = 3


@dataclass(frozen=True, kw_only=True)
class Released:
    """A number as it may be shown.

    Parameters
    ----------
    kind : str
        What the rule took it for.
    text : str
        What the reader sees.
    value, high : float
        The number after rounding (``nan`` when hidden or unknown); `high` is the upper end of an interval.
    hidden : bool
        Whether the rule withheld it.
    ns : tuple of int
        Children behind it. Private: only the ledger holds them.
    counted : tuple of Counted
        Children whose numbers it tells, since it is worked out from them.
    """

    kind: Kind
    text: str
    value: float = math.nan
    high: float = math.nan
    hidden: bool = False
    ns: tuple[int, ...] = ()
    counted: tuple[Counted, ...] = ()

    @property
    def plain(self) -> str:
        """The released value for a machine to read, never more precise than the text; empty if there is none."""
        if math.isnan(self.value):
            return ""
        return f"{self.value:.10g}" if math.isnan(self.high) else f"{self.value:.10g} {self.high:.10g}"


def hidden_note(rule: Rule) -> str:
    """Say below a table what "hidden" means there."""
    return f"Hidden: rests on fewer than {rule.threshold} children, or would give away a number that does."


def hidden_sentence(rule: Rule) -> str:
    """Say in place of a sentence that its result is withheld."""
    return (
        f"Not shown here: a result that rests on fewer than {rule.threshold} children, or that would give away a "
        "number that does."
    )


def round_half_up(value: float, digits: int) -> float:
    """Round as the printed text is rounded: halves away from zero.

    Examples
    --------
    >>> round_half_up(2.25, 1), round_half_up(-0.04, 1)
    (2.3, 0.0)
    """
    if not math.isfinite(value):
        return math.nan
    scale = 10**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9) / scale, value) + 0.0


def round_significant(value: float, figures: int = MONEY_FIGURES) -> float:
    """Round to significant figures, halves away from zero.

    Examples
    --------
    >>> round_significant(753_900.0), round_significant(-0.012345)
    (754000.0, -0.0123)
    """
    if value == 0 or not math.isfinite(value):
        return value
    place = figures - 1 - math.floor(math.log10(abs(value)))
    return round(math.copysign(math.floor(abs(value) * 10.0**place + 0.5 + 1e-9), value) * 10.0**-place, 12)


def _public_money(value: float, unit: str, rule: Rule) -> float:
    return round_significant(value) if unit == "money" and rule.applies else value


def _known(ns: Iterable[float | None]) -> tuple[int, ...]:
    """Children behind a number; one that is not known counts as none at all, so that it hides."""
    return tuple(0 if n is None or not math.isfinite(n) else round(n) for n in ns)


def _counted(ns: Iterable[float | None]) -> tuple[int, ...]:
    """Children behind a number, where known: what cannot be worked out of no children is hidden, not said to be so."""
    return tuple(round(n) for n in ns if n is not None and math.isfinite(n))


def release_count(count: float, rule: Rule) -> Released:
    """Release a count of children.

    Parameters
    ----------
    count : float
        Children; ``nan`` when not known.
    rule : Rule
        Threshold and rounding.

    Returns
    -------
    Released
        "hidden", or the count rounded. A count that reached the threshold is never rounded below it.
        Zero is below the threshold: that there is no child of a kind is a fact about every child.
    """
    if count is None or not math.isfinite(count):
        return Released(kind="count", text=NOT_AVAILABLE)
    n = round(count)
    if not rule.applies:
        return Released(kind="count", text=format_number(n, 0), value=float(n), ns=(n,))
    if n < rule.threshold:
        return Released(kind="count", text=HIDDEN, hidden=True, ns=(n,))
    shown = round_count(n, rule)
    return Released(kind="count", text=format_number(shown, 0), value=float(shown), ns=(n,))


def release_statistic(
    value: float,
    ns: Iterable[float | None],
    rule: Rule,
    unit: str,
    currency: str = "",
    words: bool = False,
    sign: bool = False,
) -> Released:
    """Release a mean, difference, slope or any other number that rests on groups of children.

    Parameters
    ----------
    value : float
        The number.
    ns : iterable of int
        Children in each group that it rests on; it is hidden when any is below the threshold.
    rule : Rule
        Threshold and rounding.
    unit, currency, words, sign
        How it is printed, as in :func:`wlz_eval.core.numbers.format_value`.
    """
    ns = tuple(ns)
    groups = _known(ns)
    missing = value is None or not math.isfinite(value)
    if rule.applies and any(n < rule.threshold for n in (_counted(ns) if missing else groups)):
        return Released(kind="statistic", text=HIDDEN, hidden=True, ns=groups)
    if missing:
        return Released(kind="statistic", text=NOT_AVAILABLE, ns=groups)
    value = _public_money(value, unit, rule)
    text = format_value(value, unit, currency, words=words, sign=sign)
    return Released(kind="statistic", text=text, value=round_half_up(value, UNIT_DIGITS[unit]), ns=groups)


def release_percent(value: float, n: float | None, rule: Rule) -> Released:
    """Release a percentage of children, as a whole number.

    It is hidden unless both the children counted and the children not counted reach the threshold, since
    0% and 100% say something of every single child.

    Parameters
    ----------
    value : float
        Percent of the `n` children.
    n : int
        Children of whom it is a share.
    rule : Rule
        Threshold and rounding.
    """
    whole = _known([n])[0]
    if value is None or not math.isfinite(value):
        if rule.applies and any(n < rule.threshold for n in _counted([n])):
            return Released(kind="percent", text=HIDDEN, hidden=True, ns=(whole,))
        return Released(kind="percent", text=NOT_AVAILABLE, ns=(whole,))
    counted = round(value / 100 * whole)
    if rule.applies and min(counted, whole - counted) < rule.threshold:
        return Released(kind="percent", text=HIDDEN, hidden=True, ns=(whole, counted))
    value = shown_percent(value, counted, whole, rule)
    text = format_value(value, "percent", words=True)
    return Released(kind="percent", text=text, value=round_half_up(value, 0), ns=(whole, counted))


def release_number(value: float, unit: str, currency: str = "", words: bool = False) -> Released:
    """Release a number that is about no child: a price, a rate, a year, a count of schools."""
    if value is None or not math.isfinite(value):
        return Released(kind="number", text=NOT_AVAILABLE)
    text = format_value(value, unit, currency, words=words or unit in _SIGNED)
    return Released(kind="number", text=text, value=round_half_up(value, UNIT_DIGITS[unit]))


def release_interval(
    low: float,
    high: float,
    ns: Iterable[float | None],
    rule: Rule,
    unit: str,
    currency: str = "",
    words: bool = False,
) -> Released:
    """Release an interval under the rule of the number to which it belongs."""
    ns = tuple(ns)
    groups = _known(ns)
    missing = low is None or high is None or not (math.isfinite(low) and math.isfinite(high))
    if rule.applies and any(n < rule.threshold for n in (_counted(ns) if missing else groups)):
        return Released(kind="interval", text=HIDDEN, hidden=True, ns=groups)
    if missing:
        return Released(kind="interval", text=NOT_AVAILABLE, ns=groups)
    low, high = _public_money(low, unit, rule), _public_money(high, unit, rule)
    text = format_interval(low, high, unit, currency)
    if words or unit in _SIGNED:
        text += format_value(1.0, unit, currency, words=True).lstrip("0123456789.") if unit != "money" else ""
    digits = UNIT_DIGITS[unit]
    return Released(
        kind="interval",
        text=text,
        value=round_half_up(low, digits),
        high=round_half_up(high, digits),
        ns=groups,
    )


def withheld(found: Released, why: bool) -> Released:
    """Hide a released number for another reason than its children; what is hidden or unknown stays so."""
    if not why or found.hidden or math.isnan(found.value):
        return found
    return replace(found, text=HIDDEN, value=math.nan, high=math.nan, hidden=True)


#: Quantities that are the value of one child, and those with half of the children on each side.
_OF_ONE_CHILD = ("minimum", "maximum", "range")
_IN_THE_MIDDLE = ("median",)


def rests_on_too_little(finding: Finding, rule: Rule) -> bool:
    """Whether a finding is hidden whatever its number of children.

    That is so for a sum of one or two children's money or time, a sum from which few children or theirs follow, a
    regression with few degrees of freedom, the value of one child, and a median with few children on a side.

    Examples
    --------
    >>> f = Finding(finding_id="a.x", quantity="maximum", estimate=9.0, unit="points", claim="description",
    ...             n_programme=500)
    >>> rests_on_too_little(f, Rule()), release_finding(f, Rule()).text
    (True, 'hidden')
    """
    if not rule.applies:
        return False
    beyond = min((round(n) // 2 for n in finding_ns(finding) if n is not None), default=rule.threshold)
    return (
        concentrated(finding.estimate, finding.largest, finding.second, rule)
        or (finding.fewest is not None and finding.fewest < rule.threshold)
        or any_small(finding.counted, rule)
        or too_few_left(finding.residual_df, rule)
        or finding.quantity in _OF_ONE_CHILD
        or (finding.quantity in _IN_THE_MIDDLE and beyond < rule.threshold)
    )


def finding_ns(finding: Finding) -> tuple[int | None, ...]:
    """Children behind a finding: the groups that it names; empty for what is about no child."""
    return tuple(n for n in (finding.n_programme, finding.n_comparison) if n is not None)


def _percent_base(finding: Finding) -> int | None:
    if finding.group == "programme":
        return finding.n_programme
    if finding.group == "comparison":
        return finding.n_comparison
    known = [n for n in (finding.n_programme, finding.n_comparison) if n is not None]
    return sum(known) if known else None


def release_finding(finding: Finding, rule: Rule, words: bool = True) -> Released:
    """Release the estimate of a finding: as a count, a percentage or a statistic, by its unit.

    Examples
    --------
    >>> f = Finding(finding_id="a.n", quantity="count", estimate=228, unit="children", claim="description")
    >>> release_finding(f, Rule()).text
    '230 children'
    """
    if finding.unit == "children":
        released = release_count(finding.estimate, rule)
        if words and released.text != NOT_AVAILABLE and not released.hidden:
            return Released(**{**released.__dict__, "text": f"{released.text} children"})
        return released
    if finding.unit == "percent" and finding_ns(finding):
        share = release_percent(finding.estimate, _percent_base(finding), rule)
        return withheld(share, rests_on_too_little(finding, rule))
    ns, estimate = finding_ns(finding), as_public(finding, rule).estimate
    found = release_statistic(estimate, ns, rule, finding.unit, finding.currency, words=words)
    return replace(withheld(found, rests_on_too_little(finding, rule)), counted=finding.counted)
