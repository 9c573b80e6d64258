"""The answer as a picture: a released estimate and its interval on a line, with no difference marked.

It is drawn from the numbers that the answer itself shows, so it can never say more than the sentence beside it, and
is gone where a number of the sentence is withheld. It is made of borders: they print, and hold in every mode of colour.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from wlz_eval.core.finding import Finding
from wlz_eval.core.words import WAVE_WORDS, claim_words
from wlz_eval.release.findings import FindingSet

__all__ = ["Headline", "below_paragraph", "headline_of"]

#: Estimates that are drawn, and the words for below zero, zero and above it.
SIDES: dict[str, tuple[str, str, str]] = {
    "att": ("lower than matched children", "no difference", "higher than matched children"),
    "net_present_value": ("costs are larger", "benefits equal costs", "benefits are larger"),
}
_PARAGRAPH = re.compile(r"<p\b[^>]*>.*?</p>", re.DOTALL)
_DATA = re.compile(r'<data data-finding="([^"]+)" data-cell="[^"]+" value="([^"]*)">(.*?)</data>', re.DOTALL)
#: Share of the line's length that is left free at either end.
MARGIN = 0.12


@dataclass(frozen=True, kw_only=True)
class Headline:
    """What the picture shows.

    Parameters
    ----------
    after : int
        Which paragraph of the answer it stands below, from 0.
    estimate, interval : str
        The two numbers as the answer shows them, as HTML.
    dot, low, high, zero : float
        Places on the line, in percent of its length.
    below, nothing, above : str
        Words for the two directions and for zero.
    what, claim : str
        Of what it is the estimate, and what it may be called.
    alt : str
        The whole picture in words.
    """

    after: int
    estimate: str
    interval: str
    dot: float
    low: float
    high: float
    zero: float
    below: str
    nothing: str
    above: str
    what: str
    claim: str
    alt: str


def headline_of(answer: str, findings: FindingSet, outcomes: Mapping[str, Mapping[str, str]]) -> Headline | None:
    """Find the first estimate of an answer that can be drawn.

    Parameters
    ----------
    answer : str
        HTML of the answer.
    findings : FindingSet
        Only to know what each number of the answer is and may be called.
    outcomes : mapping
        Of each outcome its ``label``, and which way is ``better``.

    Returns
    -------
    Headline or None
        None where the answer holds no estimate with an interval, or one of the two is withheld.
    """
    for i, match in enumerate(_PARAGRAPH.finditer(answer)):
        said = _DATA.findall(match.group())
        for (name, value, shown), (other, ends, interval) in itertools.pairwise(said):
            finding = findings.get(name)
            if name != other or finding is None or not _may_be_drawn(finding):
                continue
            numbers = [float(x) for x in (*value.split(), *ends.split())]
            if len(value.split()) == 1 and len(numbers) == 3:
                return _drawn(i, finding, numbers, (shown, interval), outcomes.get(finding.outcome, {}))
    return None


def below_paragraph(html: str, number: int, more: str) -> str:
    """Put something below a paragraph, counted from 0.

    Examples
    --------
    >>> below_paragraph("<p>a</p><p>b</p>", 0, "<hr>")
    '<p>a</p><hr><p>b</p>'
    """
    at = [match.end() for match in _PARAGRAPH.finditer(html)][number]
    return html[:at] + more + html[at:]


def _may_be_drawn(finding: Finding) -> bool:
    """Whether it is an answer: what would be so if something not shown were true is none."""
    return finding.quantity in SIDES and not finding.finding_id.startswith("value.projection.")


def _drawn(
    after: int, finding: Finding, numbers: list[float], shown: tuple[str, str], outcome: Mapping[str, Any]
) -> Headline:
    estimate, low, high = numbers
    # A sentence may say the size and put the direction in words.
    said = finding.estimate < 0 < estimate
    estimate = -estimate if said else estimate
    start, end = min(low, estimate, 0.0), max(high, estimate, 0.0)
    span = (end - start) / (1 - 2 * MARGIN) or 1.0
    place = [round(100 * (MARGIN + (x - start) / span), 1) for x in (estimate, low, high, 0.0)]
    below, none, above = _sides(finding, outcome)
    way = f" {below if estimate < 0 else above}" if finding.quantity == "att" else ""
    size = unescape(shown[0])
    what = " ".join(w for w in (outcome.get("label", ""), WAVE_WORDS.get(finding.wave, "")) if w)
    claim = claim_words(finding.claim, not finding.interval_excludes_zero)
    crossing = (
        f"The interval leaves out {none}." if finding.interval_excludes_zero else f"The interval holds {none}."
    )
    return Headline(
        after=after, estimate=shown[0] + (f" {'lower' if estimate < 0 else 'higher'}" if said else ""),
        interval=shown[1], dot=place[0], low=place[1], high=place[2], zero=place[3],
        below=below, nothing=none, above=above, what=what or "Net present value to society, a child", claim=claim,
        alt=f"A line with a dot at the best estimate, {size}{way if said or estimate > 0 else ''}, and a bar for its "
        f"95% interval, {unescape(shown[1])}. {crossing}",
    )


def _sides(finding: Finding, outcome: Mapping[str, Any]) -> tuple[str, str, str]:
    """Words for below zero, zero and above, with the better side marked where it is known."""
    below, none, above = SIDES[finding.quantity]
    better = outcome.get("better", "") if finding.quantity == "att" else ""
    return (
        f"{below} (better)" if better == "lower" else below,
        none,
        f"{above} (better)" if better == "higher" else above,
    )
