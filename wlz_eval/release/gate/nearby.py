"""Find what a slow pattern finds, but look only near a piece of it that is quick to find."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["near"]


def near(
    pattern: re.Pattern[str], piece: re.Pattern[str], text: str, before: int, after: int
) -> Iterator[re.Match[str]]:
    r"""Yield the matches of a pattern that lie within so many characters of a piece that each of them holds.

    Examples
    --------
    >>> near_twins = near(re.compile(r"\d+ twins"), re.compile("twin"), "of 40 twins and 3 boys", 9, 9)
    >>> [match.group() for match in near_twins]
    ['40 twins']
    """
    for start, stop in _places(piece, text, before, after):
        # What a match looks back at stands in the text; what it looks ahead at must not be cut off.
        for match in pattern.finditer(text, start, stop):
            if match.end() < stop or stop == len(text):
                yield match


def _places(piece: re.Pattern[str], text: str, before: int, after: int) -> Iterator[tuple[int, int]]:
    """Yield stretches of text around the pieces, those that touch as one."""
    start = stop = -1
    for found in piece.finditer(text):
        first, last = max(0, found.start() - before), min(len(text), found.end() + after)
        if first > stop:
            if stop >= 0:
                yield start, stop
            start = first
        stop = last
    if stop >= 0:
        yield start, stop
