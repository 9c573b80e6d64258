"""Undo the ways in which the same text can be written differently: letter forms, invisible characters, encodings."""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import re
import sys
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

__all__ = ["fold", "unescape_css", "unfold"]

#: Letters of other alphabets that look like Latin ones, and dashes that look like hyphens.
_LOOK = str.maketrans(
    "АВЕЅІЈКМНОРСТХУаеѕіјорсухΑΒΕΖΗΙΚΜΝΟΡΤΥΧο" + "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABESIJKMHOPCTXYaesijopcyxABEZHIKMNOPTYXo" + "-" * 7,
)
#: Characters that show nothing: joiners, marks of direction, tags, fillers, selectors of a variant.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e01ef]+"
)
_LIKE = re.compile("[" + "".join(map(chr, _LOOK)) + "]")
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{6,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){4,}")
_BASE_32 = re.compile(r"[A-Z2-7]{8,}|[a-z2-7]{8,}")
_ESCAPED = re.compile(r"\\(?:u\{?([0-9a-fA-F]{4,6})\}?|x([0-9a-fA-F]{2}))")
_CSS = re.compile(r"\\([0-9a-fA-F]{1,6})\s?")


def fold(text: str) -> str:
    r"""Return a text in one spelling: no invisible characters, plain digits and letters, small letters.

    Examples
    --------
    >>> fold("KID\u200b０００１"), fold("Ｋid0001")
    ('kid0001', 'kid0001')
    """
    if not text.isascii():
        text = _plain(text)
    return text.casefold()


def unfold(text: str) -> str:
    """Return a text in one spelling, with all that was encoded in it after it.

    Examples
    --------
    >>> "kid0001" in unfold("S0lEMDAwMQ=="), "kid0001" in unfold("%4BID0001"), "kid0001" in unfold("&#75;ID0001")
    (True, True, True)
    >>> "kid0001" in unfold("JNEUIMBQGAYQ====")
    True
    """
    parts = [text]
    if not text.isascii():
        parts[0] = text = _plain(text)
    undone = (unescape_css(text), _ESCAPED.sub(_character, text))
    for plain in (html.unescape(html.unescape(text)), unquote(text), *undone):
        if plain != text:
            parts.append(plain)
    once = list(_decoded(text))
    parts += [*once, *_decoded("\n".join(once))]
    return fold("\n".join(parts))


def unescape_css(text: str) -> str:
    r"""Return a text of a style as it would be printed.

    Examples
    --------
    >>> unescape_css(r"\34  children")
    '4 children'
    """
    return _CSS.sub(_character, text)


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _LIKE.sub(lambda match: chr(_LOOK[ord(match.group())]), bare)


def _character(match: re.Match[str]) -> str:
    code = int(next(group for group in match.groups() if group), 16)
    return chr(code) if code <= sys.maxunicode else ""


def _decoded(text: str) -> Iterator[str]:
    """Yield what stands in base 64, in base 32 or in hexadecimal digits, where that is text."""
    for token in set(_ENCODED.findall(text)):
        bare = token.rstrip("=")
        raw: list[bytes] = []
        if _HEX.fullmatch(bare):
            raw.append(bytes.fromhex(bare))
        if _BASE_32.fullmatch(bare):
            with contextlib.suppress(binascii.Error):
                raw.append(base64.b32decode(bare + "=" * (-len(bare) % 8), casefold=True))
        with contextlib.suppress(binascii.Error, ValueError):
            raw.append(base64.urlsafe_b64decode(bare.replace("+", "-").replace("/", "_") + "=" * (-len(bare) % 4)))
        for found in raw:
            if found.isascii() and (plain := found.decode("ascii")).isprintable():
                yield plain
