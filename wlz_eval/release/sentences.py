"""Sentences whose every number is a finding: templates, their placeholders, and what may be typed by hand."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

from wlz_eval.core.errors import ReleaseError
from wlz_eval.core.finding import Finding
from wlz_eval.core.numbers import NOT_AVAILABLE, format_chance, format_money_short
from wlz_eval.release.counted import as_public
from wlz_eval.release.rule import (
    Released,
    Rule,
    finding_ns,
    hidden_sentence,
    release_count,
    release_finding,
    release_interval,
    release_statistic,
    rests_on_too_little,
    withheld,
)

__all__ = ["SPECS", "Sentence", "Spoken", "release_as", "speak"]

#: What may follow the colon in ``{att:interval}``.
SPECS: tuple[str, ...] = (
    "",
    "number",
    "interval",
    "magnitude",
    "chance",
    "short",
    "short_interval",
    "n_programme",
    "n_comparison",
)

#: Digits that are words, not results: 95%, years, school years and grades, pages, scales, ratios, notebook numbers.
_ALLOWED_DIGITS = re.compile(
    r"95(?:%| per ?cent)"
    r"|\b(?:19|20)\d\d(?:[/–-]\d\d(?:\d\d)?)?\b"
    r"|\b(?:Key Stage|key stage|KS|[Gg]rade|[Yy]ear|[Tt]able|[Ff]igure|[Ss]ection|[Ll]evel|[Pp]age|Step)\s?\d{1,2}\b"
    r"|\b1:\d{1,2}\b"
    r"|\b0\d(?:_[a-z_]+)?\b"
    r"|\b\d{1,2}-(?:point|item|year)\b"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence not yet shown.

    Parameters
    ----------
    template : str
        Words with placeholders.
    values : mapping
        Findings and words for them.
    topic : str
        A word or two before it that say what it is about.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    topic: str = ""


@dataclass(frozen=True)
class Spoken:
    """A sentence as it may be shown.

    Parameters
    ----------
    html, text : str
        With every number in a ``<data>`` element; and as plain text.
    numbers : tuple of (str, Released, str)
        Placeholder, released number, and finding id, in the order of the text.
    """

    html: str
    text: str
    numbers: tuple[tuple[str, Released, str], ...]


def check_words(text: str, what: str) -> None:
    """Check that a text holds no number typed by hand.

    Raises
    ------
    ReleaseError
        Naming the number and where it stands.

    Examples
    --------
    >>> check_words("the 95% interval for grade 2 in 2023/24", "template")
    """
    left = _ALLOWED_DIGITS.sub("", text)
    found = re.search(r"\d[\d.,]*", left)
    if found:
        raise ReleaseError(
            f"The {what} holds the number {found.group()!r} typed by hand: {text[:120]!r}. Record it as a finding and "
            "give it by a placeholder, such as {att}, so that it is released by the rule and can be traced."
        )


def release_as(name: str, finding: Finding, spec: str, rule: Rule) -> Released:
    """Release what one placeholder asks of a finding."""
    if spec in ("n_programme", "n_comparison"):
        count = getattr(finding, spec)
        return release_count(float("nan") if count is None else float(count), rule)
    return replace(_as(name, as_public(finding, rule), spec, rule), counted=finding.counted)


def _as(name: str, finding: Finding, spec: str, rule: Rule) -> Released:
    ns = finding_ns(finding)
    if spec == "interval":
        estimate = release_finding(finding, rule)
        if estimate.hidden:
            return replace(estimate, kind="interval")
        return release_interval(
            finding.ci_low, finding.ci_high, ns, rule, finding.unit, finding.currency, words=True
        )
    if spec in ("short", "short_interval"):
        return _short(finding, spec, rule)
    if spec == "magnitude":
        finding = replace(finding, estimate=abs(finding.estimate))
    if spec == "chance":
        chance = release_statistic(100 * finding.estimate, ns, rule, "count")
        chance = withheld(chance, rests_on_too_little(finding, rule))
        return (
            chance
            if chance.hidden or chance.text == NOT_AVAILABLE
            else replace(chance, text=format_chance(chance.value))
        )
    if spec not in SPECS:
        raise ReleaseError(
            f"Placeholder {{{name}:{spec}}} asks for {spec!r}. Valid: {', '.join(s for s in SPECS if s)}."
        )
    return release_finding(finding, rule, words=spec != "number")


def _short(finding: Finding, spec: str, rule: Rule) -> Released:
    """Release a large sum of money in words a reader can keep in mind: £1.1 million, £546,000."""
    released = _as("", finding, "interval" if spec == "short_interval" else "", rule)
    if released.hidden or released.text == NOT_AVAILABLE or finding.unit != "money":
        return released
    # Shortened from the number itself: rounding what is already rounded would round twice.
    low_or_estimate, upper = (
        (finding.ci_low, finding.ci_high) if spec == "short_interval" else (finding.estimate, math.nan)
    )
    value = _short_value(low_or_estimate, released.value)
    high = _short_value(upper, released.high)
    words = [format_money_short(v, finding.currency) for v in (value, high) if not math.isnan(v)]
    return replace(released, text=" to ".join(words), value=value, high=high)


def _short_value(value: float, released: float) -> float:
    """Round a large sum to thousands or tenths of a million or billion; a smaller one stands as it was released."""
    if math.isnan(value) or abs(value) < 10_000:
        return released
    units = ((999_500_000, 100_000_000), (99_950_000, 1_000_000), (999_500, 100_000), (0, 1_000))
    unit = next(unit for least, unit in units if abs(value) >= least)
    return float(unit * math.floor(value / unit + 0.5))


def data_element(shown: str, released: Released, finding_id: str = "", key: str = "") -> str:
    """Wrap a shown number in ``<data>``, so that a reader of the page can trace it."""
    trace = f' data-finding="{escape(finding_id)}"' if finding_id else ""
    cell = f' data-cell="{escape(key)}"' if key else ""
    return f'<data{trace}{cell} value="{escape(released.plain)}">{escape(shown)}</data>'


def speak(template: str, values: Mapping[str, Any], rule: Rule, block: str = "s") -> Spoken:
    """Fill a template.

    Parameters
    ----------
    template : str
        Words with placeholders such as ``{att}``, ``{att:interval}``, ``{label}``.
    values : mapping
        For each placeholder a :class:`Finding`, a word (str), or None when the number is not known.
    rule : Rule
        Threshold and rounding.
    block : str
        Begins the key of each number.

    Raises
    ------
    ReleaseError
        When a number is typed by hand, a value is a raw number, or a placeholder has no value.

    Examples
    --------
    >>> f = Finding(finding_id="a", quantity="att", estimate=3.14, unit="points", claim="effect", n_programme=50)
    >>> speak("Scores rose by {att}.", {"att": f}, Rule()).text
    'Scores rose by 3.1 points.'
    """
    html: list[str] = []
    text: list[str] = []
    numbers: list[tuple[str, Released, str]] = []
    for literal, name, spec, _ in string.Formatter().parse(template):
        if literal:
            check_words(literal, "template")
            html.append(escape(literal))
            text.append(literal)
        if name is None:
            continue
        if name not in values:
            raise ReleaseError(
                f"The template asks for {{{name}}} but no value {name!r} was given: {template[:120]!r}."
            )
        value = values[name]
        if isinstance(value, str):
            check_words(value, f"value {name!r}")
            html.append(escape(value))
            text.append(value)
        elif value is None:
            html.append(NOT_AVAILABLE)
            text.append(NOT_AVAILABLE)
        elif isinstance(value, Finding):
            released = release_as(name, value, spec or "", rule)
            html.append(data_element(released.text, released, value.finding_id, f"{block}.{len(numbers)}"))
            text.append(released.text)
            numbers.append((name, released, value.finding_id))
        else:
            raise ReleaseError(
                f"Value {name!r} is {type(value).__name__} {str(value)[:40]!r}. A sentence takes findings and words, "
                "never raw numbers: record it with nb.record(...) and give the finding."
            )
    if any(released.hidden and released.kind != "count" for _, released, _ in numbers):
        # The words around a hidden number say which way it points, so they go with it.
        words = hidden_sentence(rule)
        return Spoken(html=escape(words), text=words, numbers=tuple(numbers))
    return Spoken(html="".join(html), text="".join(text), numbers=tuple(numbers))
