"""Who a child is: identifiers, rare words of the tables, months of birth, and how to reach a family."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from wlz_eval.release.gate.material import Case, Material
from wlz_eval.release.gate.nearby import near
from wlz_eval.release.gate.unfold import fold

__all__ = ["children_values", "contacts", "identifiers", "months_of_birth"]

_IDENTIFIER = "holds an identifier of a child, household or school from the cohort's tables"
#: Digits from which a bare number is looked for in running text: a shorter one cannot be told from any other number.
_LONG = 5
_WORD = re.compile(r"[^\W_]+")
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")
_NAME = "(?:sept|" + "|".join(f"{m[:3]}(?:{m[3:]})?" for m in _MONTHS) + ")"
_YEAR = re.compile(r"(?:19|20)\d\d")
#: "March 2014", "17 Mar, 2014", "March of 2014", "2014, March".
_NAMED = re.compile(
    rf"\b({_NAME})\.?,?(?:\s+of)?[\s_-]+((?:19|20)\d\d)(?!\d)|(?<!\d)((?:19|20)\d\d),?[\s_-]+({_NAME})\b"
)
#: "2014-03", "2014.3", "2014-03-17", "17/03/2014", "3/2014".
_DIGITS = re.compile(
    r"(?<![\d-])((?:19|20)\d\d)[-/.](0?[1-9]|1[0-2])(?![\d])(?:[-/.]\d\d)?|"
    r"(?<![\d/.-])(?:[0-3]?\d[-/.])?(0?[1-9]|1[0-2])[-/.]((?:19|20)\d\d)(?![\d])"
)
#: "17 Mar 14", "17/03/14", with the day, since two numbers alone are no date.
_SHORT = re.compile(
    rf"(?<![\w.,/-])[0-3]?\d(?:st|nd|rd|th)?[\s_-]+({_NAME})\.?,?[\s_'’-]+(\d\d)(?![\w.,]*\d)|"
    r"(?<![\w.,/-])[0-3]?\d([/-])(0?[1-9]|1[0-2])\3(\d\d)(?![\w/-]|[.,]\d)"
)
_DAY = re.compile(rf"[\s_-]{_NAME}\b|[/-]\d\d?[/-]")
_BORN = re.compile(
    r"born(?<!\wborn) (?:on|in) (?:\d|" + "|".join(_MONTHS) + r")|date(?<!\wdate) of birth\b\W{0,3}\d|"
    r"(?<![\w.])(?:b\.|d\.?o\.?b\b\.?:?)\s?"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?[\s/.-]+(?:{_NAME}\b|\d{{1,2}}[/.-])|{_NAME}\b|(?:19|20)\d\d)"
)
_MAIL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]*[a-z]{2}|[\w.+-]+\s?[(\[{]\s?at\s?[)\]}]\s?[\w-]+|"
    r"\w+ at [\w-]+\s?[(\[{]?(?:(?<=\s)|(?<=[(\[{]))dot(?:(?=\s)|(?=[)\]}]))[)\]}]?\s?[a-z]{2,}"
)
_AT = re.compile(r"@|[(\[{]\s?at\s?[)\]}]| at [\w-]+\W{1,2}dot\W")
_TELEPHONE = re.compile(
    r"(?<![\w.,/+-])(?:\+44\s?(?:\(0\)\s?)?|\(?0)[1-9]\d{1,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?![\w.,/-])"
)
_DIALLED = re.compile(r"(?:\+44|0[1-9])")
_POSTCODE = re.compile(
    r"(?<![\w#.-])(?:gir ?0aa|[a-pr-uwyz](?:\d{1,2}|[a-hk-y]\d|[a-hk-y]\d\d|\d[a-hjkps-uw]|[a-hk-y]\d[abehmnprv-y])"
    r" \d[abd-hjlnp-uw-z]{2})(?![\w-])"
)
_INWARD = re.compile(r" \d[abd-hjlnp-uw-z]{2}(?![\w-])")
#: Areas of postcodes: without its blank one is told from other words by them.
_AREAS = frozenset([
    "ab", "al", "b", "ba", "bb", "bd", "bh", "bl", "bn", "br", "bs", "bt", "ca", "cb", "cf", "ch", "cm", "co",
    "cr", "ct", "cv", "cw", "da", "dd", "de", "dg", "dh", "dl", "dn", "dt", "dy", "e", "ec", "eh", "en", "ex",
    "fk", "fy", "g", "gl", "gu", "gy", "ha", "hd", "hg", "hp", "hr", "hs", "hu", "hx", "ig", "im", "ip", "iv",
    "je", "ka", "kt", "kw", "ky", "l", "la", "ld", "le", "ll", "ln", "ls", "lu", "m", "me", "mk", "ml", "n", "ne",
    "ng", "nn", "np", "nr", "nw", "ol", "ox", "pa", "pe", "ph", "pl", "po", "pr", "rg", "rh", "rm", "s", "sa",
    "se", "sg", "sk", "sl", "sm", "sn", "so", "sp", "sr", "ss", "st", "sw", "sy", "ta", "td", "tf", "tn", "tq",
    "tr", "ts", "tw", "ub", "w", "wa", "wc", "wd", "wf", "wn", "wr", "ws", "wv", "yo", "ze",
])
_CLOSED = re.compile(r"(?<![\w#.-])([a-z]{1,2})\d{1,2}[a-z]?\d[abd-hjlnp-uw-z]{2}(?![\w-])")
_ENDING = re.compile(r"\d[a-z]?\d[abd-hjlnp-uw-z]{2}(?![\w-])")
_UPN = re.compile(r"[0-9][0-9]{10}[0-9a-hj-np-rt-z](?!\w)(?<=(?<!\w)[a-hj-np-rt-z]\d{11}\w)")
_NHS = re.compile(r"[0-9](?<![\w.,-][0-9])\d\d \d{3} \d{4}(?![\w.,-])")


def identifiers(material: Material, case: Case) -> Iterator[str]:
    """Look for any identifier of the tables, however it is spelled, encoded, parted or turned round."""
    known = case.known
    words = _WORD.findall(material.folded)
    tokens = set(words)
    bare = {i for i in known.numbers if len(i) >= _LONG} & _bare(material) if known.numbers else set()
    pieces = itertools.chain(
        (a + b for a, b in itertools.pairwise(words)),
        (a + b + c for a, b, c in zip(words, words[1:], words[2:], strict=False)),
    )
    if (
        bare
        or not tokens.isdisjoint(known.words)
        or not tokens.isdisjoint(known.reversed)
        or (known.long and not known.long.isdisjoint(pieces))
        or any(_stands(i, material.folded, tokens) for i in known.parted)
    ):
        yield _IDENTIFIER
    elif ({i for i in known.numbers if len(i) < _LONG} | known.common) & _cells(material):
        yield "holds a table cell or list item that is an identifier from the cohort's tables"


def _bare(material: Material) -> set[str]:
    """Numbers that stand where no rule put them."""
    return set(re.findall(r"(?<![\d.,])\d+(?![\d.,]*\d)", f"{material.name} {material.unmarked}")) | {
        cell for header, column in material.columns if _names_someone(header) for cell in column
    }


def _names_someone(header: str) -> bool:
    return bool(re.search(r"(^|_|\b)(id|child|pupil|person|household|school|upn|key)(_|\b|$)", header.casefold()))


def _stands(identifier: str, text: str, tokens: set[str]) -> bool:
    """Whether an identifier of several parts, such as ``hou-03``, stands in a text by itself."""
    pieces = _WORD.findall(identifier)
    if identifier not in text or not tokens.issuperset(pieces):
        return False
    return re.search(rf"(?<![^\W_]){re.escape(identifier)}(?![^\W_])", text) is not None


def _cells(material: Material) -> set[str]:
    """Whatever stands alone: in a cell, in a list, below a header that names somebody."""
    cells = {
        e.text.strip() for e in material.elements if e.tag in ("td", "th", "dd", "li", "option") and not e.has_data
    }
    for header, column in material.columns:
        if _names_someone(header):
            cells |= set(column)
    return {fold(cell) for cell in cells}


def children_values(material: Material, case: Case) -> Iterator[str]:
    """Look for words of free text and unknown columns that only a few children share."""
    if not case.known.values:
        return
    text = " ".join(material.folded.split())
    tokens = set(_WORD.findall(text))
    if any(_stands(value, text, tokens) for value in case.known.values):
        yield f"holds words from the cohort's tables that fewer than {case.threshold} children share"


def months_of_birth(material: Material, case: Case) -> Iterator[str]:
    """Look for a child's month of birth, in digits or in words."""
    text = material.folded
    if _BORN.search(text):
        yield "says when somebody was born"
        return
    months = case.known.months
    written = (f"{number[:4]}-{number[4:]}" for number in _bare(material) if len(number) == len("201403"))
    if months and not months.isdisjoint(itertools.chain(_named(text), _numbered(text), _shortened(text), written)):
        yield "holds a month in which a child of the cohort was born"


def _named(text: str) -> Iterator[str]:
    for match in near(_NAMED, _YEAR, text, 20, 20):
        name, year = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
        yield f"{year}-{_month(name):02d}"


def _shortened(text: str) -> Iterator[str]:
    """Give the months of dates whose year has two digits."""
    for match in near(_SHORT, _DAY, text, 20, 20):
        name, year = match.group(1), match.group(2) or match.group(5)
        number = int(match.group(4)) if name is None else _month(name)
        yield f"20{year}-{number:02d}"


def _month(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name[:3]))


def _numbered(text: str) -> Iterator[str]:
    for match in near(_DIGITS, _YEAR, text, 20, 20):
        year, month = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
        yield f"{year}-{int(month):02d}"


def contacts(material: Material, case: Case) -> Iterator[str]:
    """Look for what reaches a family or names a pupil anywhere: address, number, code of a place."""
    text = material.folded
    if _UPN.search(text) or _NHS.search(text):
        yield "holds what looks like a pupil's or patient's number"
    closed = (match.group(1) for match in near(_CLOSED, _ENDING, text, 8, 8))
    if any(near(_POSTCODE, _INWARD, text, 8, 8)) or not _AREAS.isdisjoint(closed):
        yield "holds what looks like a postcode"
    if any(near(_MAIL, _AT, text, 70, 260)):
        yield "holds an e-mail address"
    if any(near(_TELEPHONE, _DIALLED, material.sentences, 8, 40)):
        yield "holds what looks like a telephone number"
