"""Numbers of children in sentences: small ones, shares of few, and values that are one child's."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from wlz_eval.release.gate.material import Case, Material
from wlz_eval.release.gate.nearby import near

__all__ = ["extremes", "percentages", "small_counts"]

_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
    )
}
#: "one child" and "two children" are how a method is explained; from three on it is a count.
_SPOKEN = [word for word, number in _NUMBER_WORDS.items() if number >= 3]
#: A number of children, but not "1 in 4 children", "Year 6 pupils" or "2,670 children".
_NOT_AFTER = "".join(f"(?<!\\b{words} )" for words in ("in", "year", "grade", "stage", "age", "aged", "level", "wave"))
#: Between a number and its noun; not from the last cell of a row to the first of the next.
_SPACE = r"(?:(?!\n{4})\s)+"
_SAID_OF = (
    r"(?:of\s+(?:the|these|those|our|all)\s+)?"
    r"(?:(?:programme|comparison|other|more|eligible|matched|disabled|white|black|asian|older|younger|sen|send|fsm|eal"
    r"|disadvantaged|vulnerable|excluded|absent|remaining)\s+)?"
)
#: Not "students": only West London Zone's own published sentences say so, and the page on its pilot quotes them.
_NOUN = (
    r"(?:children|pupils|child|pupil|girls?|boys?|siblings|twins|kids?|learners|participants|young\s+people)\b"
)
_SMALL = re.compile(
    rf"{_NOT_AFTER}(?<![\d.,/:-])\b(\d{{1,3}}|{'|'.join(_SPOKEN)}){_SPACE}{_SAID_OF}{_NOUN}"
    r"|\b(?:children|pupils|girls|boys)\s*[:=]\s*(\d{1,3})\b(?![.,%]|\s?%|\d)"
    rf"|{_NOT_AFTER}(?<![\d.,/:-])\b(\d{{1,3}})-\d{{1,3}}{_SPACE}{_SAID_OF}{_NOUN}"
    rf"|\bnumber\s+of\s+{_SAID_OF}{_NOUN}\s+(?:was|is|:|=)\s*(?:only\s+)?(\d{{1,3}}|{'|'.join(_SPOKEN)})\b"
    r"(?![.,%]?\d)"
)
#: "n = 4", but not "mean = 4" or "n = 4.5".
_N_IS = re.compile(r"n(?<!\wn)\s*[=:]\s*(\d{1,3})\b(?![.,]\d)")
#: What every number of children stands beside, and how near.
_CHILDREN = re.compile(r"(?:child|pupil|girl|boy|sibling|twin|kid|learner|participant|young\s)")
_BEFORE, _AFTER = 90, 30
#: "1 of 12 children", "three out of 40 pupils"; a rate of every hundred is no count.
_SOME_OF = re.compile(
    rf"(?<![\d.,/:-])\b(\d{{1,3}}|{'|'.join(_NUMBER_WORDS)})(?:\s+(?:out\s+)?of\s+(?:the\s+|every\s+)?|\s?/\s?)"
    rf"(\d[\d,]*|{'|'.join(_NUMBER_WORDS)})\s+{_SAID_OF}{_NOUN}"
)
_EVERY = re.compile(r"\bof\s+every\s")
#: A share of children said in words, with the number it is.
_SHARE = re.compile(
    rf"(?<![\d.,])(\d+(?:\.\d+)?)\s?(?:%|per\s?cent)\s+of\s+(?:the\s+|all\s+|these\s+)?(\d[\d,]*\s+)?{_SAID_OF}{_NOUN}"
)
_OF_THEM = r"\s+(?:was|were|is|are|had|has|:|=|of)?\s*(?:only\s+)?-?\d"
_EXTREME = re.compile(
    r"\b(?:lowest|highest|minimum|maximum|smallest|largest|best|worst|min|max)\s+"
    rf"(?:score|mark|reading|result|attendance|absence|age|difficulties|child|pupil)\b{_OF_THEM}"
    r"|\b(?:youngest|oldest|tallest|weakest|strongest|lowest-scoring|highest-scoring)\s+(?:child|pupil|girl|boy)\b"
    rf"|\b(?:scores?|marks?|readings?)\s+(?:ranged?|ran|from)\s+(?:from\s+)?-?\d[\d.]*\s+(?:to|and)\s+-?\d"
    rf"|\b\d+(?:st|nd|rd|th)\s+percentile\b{_OF_THEM}"
)


def _number(text: str) -> int:
    return _NUMBER_WORDS[text] if text in _NUMBER_WORDS else int(text.replace(",", ""))


def small_counts(material: Material, case: Case) -> Iterator[str]:
    """Look for a number of children below the threshold, in digits or in words."""
    few = f"speaks of fewer than {case.threshold} children by number"
    text = material.sentences
    beside = itertools.chain(near(_SMALL, _CHILDREN, text, _BEFORE, _AFTER), _N_IS.finditer(text))
    if any(_number(next(g for g in match.groups() if g)) < case.threshold for match in beside):
        yield few
        return
    for match in near(_SOME_OF, _CHILDREN, text, _BEFORE, _AFTER):
        some, all_ = _number(match.group(1)), _number(match.group(2))
        before = text[max(0, match.start() - 40) : match.start()]
        if _EVERY.search(match.group()) or (all_ == 100 and "every" in before):
            continue
        if some < case.threshold or 0 < all_ < case.threshold or 0 <= all_ - some < case.threshold:
            yield few
            return


def percentages(material: Material, case: Case) -> Iterator[str]:
    """Look for a share of children that no verb released, that is nobody or everybody, or that is a few of a number."""
    for match in near(_SHARE, _CHILDREN, material.sentences, _BEFORE, _AFTER):
        share, among = float(match.group(1)), match.group(2)
        if share in (0.0, 100.0):
            yield "says that all or none of some children are of one kind"
            return
        if among:
            of_them = round(share * _number(among.strip()) / 100)
            if min(of_them, _number(among.strip()) - of_them) < case.threshold:
                yield f"gives a share that is fewer than {case.threshold} children"
                return
        elif case.ledgers and match.group(1) not in case.numbers:
            yield "gives a share of children that is not in the release ledger"
            return


def extremes(material: Material, case: Case) -> Iterator[str]:
    """Look for a lowest or highest value, or a percentile: each is what one child had."""
    if _EXTREME.search(material.sentences):
        yield "gives a lowest or highest value or a percentile, which is one child's"
